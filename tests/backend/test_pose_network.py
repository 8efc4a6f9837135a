"""What the pose network makes of evidence by itself: in the mirror, and with and without world landmarks."""

from __future__ import annotations

import dataclasses

import torch

from contrapposto.backend.estimate.evidence import FEATURE_PARTS, FEATURES, Evidence
from contrapposto.backend.estimate.mirror import Mirror
from contrapposto.backend.estimate.pose_network import PoseNetwork, Reading
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.rotations import matrix_from_6d_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import MIRROR
from training.pose_source import mirror

OTHER_JOINT = MIRROR.tolist()
OTHER_LANDMARK = list(BLAZEPOSE_33.mirror)
ASIDE = torch.tensor([-1.0, 1.0, 1.0])


def small_network() -> PoseNetwork:
    """Its weights are random; the mean pose is the one at rest, which is its own mirror image."""
    torch.manual_seed(4)
    network = PoseNetwork(width=32, depth=2).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    network.mean_pose.copy_(matrix_to_6d_torch(torch.eye(3).expand(24, 3, 3)))
    return network


def in_the_mirror(seen: Evidence) -> Evidence:
    """The same people in the plane x = 0: left is right."""
    return dataclasses.replace(
        seen,
        points=(seen.points * ASIDE[:2])[:, OTHER_LANDMARK],
        confidence=seen.confidence[:, OTHER_LANDMARK],
        picture_up=seen.picture_up * ASIDE[:2],
        world=(seen.world * ASIDE)[:, OTHER_LANDMARK],
        rotations=matrix_to_6d_torch(mirror(matrix_from_6d_torch(seen.rotations))),
        rotations_known=seen.rotations_known[:, OTHER_JOINT],
        pins=(seen.pins * ASIDE)[:, OTHER_JOINT],
        pins_known=seen.pins_known[:, OTHER_JOINT],
    )


def assert_mirrored(here: Reading, there: Reading) -> None:
    assert torch.allclose(mirror(here.rotations), there.rotations, atol=1e-4)
    assert torch.allclose(here.up * ASIDE, there.up, atol=1e-4)
    assert torch.allclose(here.log_scales, there.log_scales, atol=1e-4)
    assert torch.allclose(here.log_point_sigma[:, OTHER_LANDMARK], there.log_point_sigma, atol=1e-4)
    for name in ("log_rotation_sigma", "log_body_sigma", "log_position_sigma"):
        assert torch.allclose(getattr(here, name)[:, OTHER_JOINT], getattr(there, name), atol=1e-4)


def three_people() -> Evidence:
    return dataclasses.replace(
        Evidence.nothing(3), points=torch.randn(3, 33, 2), confidence=torch.rand(3, 33), size=0.2 + torch.rand(3, 1),
        picture_up=torch.randn(3, 2), has_points=torch.ones(3, 1), world=torch.randn(3, 33, 3),
        has_world=torch.ones(3, 1), rotations=matrix_to_6d_torch(matrix_from_6d_torch(torch.randn(3, 24, 6))),
        rotations_known=(torch.rand(3, 24) > 0.5).float(),
        pins=torch.randn(3, 24, 3), pins_known=(torch.rand(3, 24) > 0.5).float(),
    )  # fmt: skip


def test_a_mirrored_picture_gives_the_mirrored_pose() -> None:
    network, seen = small_network(), three_people()
    with torch.inference_mode():
        here, there = network.expected(seen), network.expected(in_the_mirror(seen))
    assert_mirrored(here, there)
    assert not torch.allclose(here.rotations, there.rotations, atol=1e-2)


def test_mirrored_noise_flows_to_the_mirrored_pose() -> None:
    network, seen = small_network(), three_people()
    noise = matrix_to_6d_torch(matrix_from_6d_torch(torch.randn(3, 24, 6)))
    mirrored = matrix_to_6d_torch(mirror(matrix_from_6d_torch(noise)))
    here, there = network.sample(seen, noise), network.sample(in_the_mirror(seen), mirrored)
    assert_mirrored(here, there)
    assert not torch.allclose(here.six, network.sample(seen, mirrored).six, atol=1e-2)


def test_a_mirror_knows_what_it_is_told() -> None:
    seen, told = three_people(), Mirror(FEATURE_PARTS)
    assert torch.allclose(told(seen.features()), in_the_mirror(seen).features(), atol=1e-5)
    assert torch.equal(told(told(seen.features())), seen.features())
    assert seen.features().shape == (3, FEATURES)


def test_world_landmarks_count_half() -> None:
    network, seen = small_network(), three_people()
    blind = seen.without_world()
    with torch.inference_mode():
        with_them, without, mixed = network(seen.features()), network.expected(blind), network.expected(seen)
    assert not blind.world.any()
    assert not blind.has_world.any()
    assert torch.equal(blind.points, seen.points)
    assert torch.equal(blind.pins, seen.pins)
    half = 0.5 * (with_them.six + without.six)
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
