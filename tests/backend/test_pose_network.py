"""What the pose network makes of evidence by itself: in the mirror, and with and without world landmarks."""

from __future__ import annotations

import dataclasses

import torch

from contrapposto.backend.estimate.evidence import Evidence
from contrapposto.backend.estimate.pose_network import PoseNetwork
from training.pose_source import mirror


def small_network() -> PoseNetwork:
    torch.manual_seed(4)
    network = PoseNetwork(width=32, depth=1).eval()
    torch.nn.init.normal_(network.leave.weight, std=0.3)
    return network


def three_people() -> Evidence:
    return dataclasses.replace(
        Evidence.nothing(3), points=torch.randn(3, 33, 2), confidence=torch.rand(3, 33), size=0.2 + torch.rand(3, 1),
        has_points=torch.ones(3, 1), world=torch.randn(3, 33, 3), has_world=torch.ones(3, 1),
        rotations=torch.randn(3, 24, 6), rotations_known=(torch.rand(3, 24) > 0.5).float(),
        pins=torch.randn(3, 24, 3), pins_known=(torch.rand(3, 24) > 0.5).float(),
    )  # fmt: skip


def test_a_mirrored_picture_gives_the_mirrored_pose() -> None:
    network, seen = small_network(), three_people()
    twice = seen.mirrored().mirrored()
    assert all(torch.equal(value, getattr(twice, name)) for name, value in vars(seen).items())
    with torch.inference_mode():
        here, there = network.expected(seen), network.expected(seen.mirrored())
        alone = network(seen.features())
    for name, value in vars(there.mirrored()).items():
        assert torch.allclose(value, getattr(here, name), atol=1e-5)
    assert not torch.allclose(alone.six, here.six, atol=1e-3)
    assert torch.allclose(mirror(here.rotations), there.rotations, atol=1e-5)


def test_world_landmarks_count_half() -> None:
    network, seen = small_network(), three_people()
    blind = seen.without_world()
    with torch.inference_mode():
        with_them, without, mixed = network(seen.features()), network.expected(blind), network.expected(seen)
        mirrored = network(seen.mirrored().features()).mirrored()
    assert not blind.world.any()
    assert not blind.has_world.any()
    assert torch.equal(blind.points, seen.points)
    assert torch.equal(blind.pins, seen.pins)
    half = 0.25 * (with_them.six + mirrored.six) + 0.5 * without.six
    assert torch.allclose(mixed.six, half, atol=1e-5)
    assert not torch.allclose(mixed.six, without.six, atol=1e-3)
    assert torch.allclose(mixed.up.norm(dim=1), torch.ones(3), atol=1e-6)


def test_who_has_no_world_landmarks_is_read_the_same_beside_others() -> None:
    network, seen = small_network(), three_people()
    first = (torch.arange(3) == 0).float()[:, None]
    mixed = dataclasses.replace(seen, world=seen.world * first[..., None], has_world=first)
    with torch.inference_mode():
        beside, alone = network.expected(mixed), network.expected(seen.without_world())
    assert torch.allclose(beside.six[1:], alone.six[1:], atol=1e-5)
    assert not torch.allclose(beside.six[0], alone.six[0], atol=1e-3)
