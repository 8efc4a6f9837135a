"""The fit's terms for drawings: their derivatives, and what each of them does to a body."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from contrapposto.backend.estimate.drawn_bones import BONE_INDEX, BONES, POINTS, SPANS, weights_of  # noqa: E402
from contrapposto.backend.estimate.drawn_rules import STRAIGHT_JOINTS  # noqa: E402
from contrapposto.backend.refine.drawn_terms import DrawnBones, Spans, StraightChains, Touches  # noqa: E402
from contrapposto.backend.refine.energy import Body, Energy, Given  # noqa: E402
from contrapposto.backend.refine.fit import Fit, fit_poses  # noqa: E402
from contrapposto.backend.refine.settings import FitSettings  # noqa: E402
from contrapposto.backend.skeleton import JOINT_INDEX  # noqa: E402
from posed_people import People, joints, people  # noqa: E402

CAMERA = np.array([1500.0, 1500.0, 500.0, 500.0])


def bones_of(
    crowd: People, *, dtype: torch.dtype = torch.float32, turned: float = 0.0, sigma: float = 0.03
) -> DrawnBones:
    """The truth's bones as a camera far away sees them, all turned in the picture by so many radians."""
    truth = joints(crowd.rotations, crowd.log_scales)
    count, bones = len(truth), len(BONES)
    directions, cosines = np.tile([1.0, 0.0], (count, bones, 1)), np.ones((count, bones))
    known = np.full((count, bones), np.inf)
    for name in ("upper_arm", "forearm", "thigh", "shin"):
        for side in ("left", "right"):
            bone = BONES[BONE_INDEX[f"{side}_{name}"]]
            along = truth[:, JOINT_INDEX[bone.end[0]]] - truth[:, JOINT_INDEX[bone.start[0]]]
            flat = along[:, :2] @ np.array([[np.cos(turned), np.sin(turned)], [-np.sin(turned), np.cos(turned)]])
            seen = np.linalg.norm(flat, axis=1)
            directions[:, BONE_INDEX[bone.name]] = flat / seen[:, None]
            cosines[:, BONE_INDEX[bone.name]] = seen / np.linalg.norm(along, axis=1)
            known[:, BONE_INDEX[bone.name]] = sigma

    def tensor(array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.array(array)).to(dtype)

    camera = np.broadcast_to(CAMERA, (count, 4))
    return DrawnBones(SPANS, tensor(directions), tensor(known), tensor(cosines), tensor(known * 5.0), tensor(camera))


def touch(first: str, second: str, *, count: int, dtype: torch.dtype = torch.float32) -> Touches:
    spans = Spans(POINTS, weights_of((first,)), weights_of((second,)))
    return Touches(spans, torch.zeros(count, 1, dtype=dtype), torch.full((count, 1), 0.02, dtype=dtype))


def seen_direction(fit: Fit, name: str) -> np.ndarray:
    """(N, 2) unit vectors, without perspective."""
    bone = BONES[BONE_INDEX[name]]
    found = joints(fit.rotations.double().numpy(), fit.log_scales.double().numpy())
    along = (found[:, JOINT_INDEX[bone.end[0]]] - found[:, JOINT_INDEX[bone.start[0]]])[:, :2]
    return along / np.linalg.norm(along, axis=1, keepdims=True)


def far(crowd: People) -> torch.Tensor:
    """(N, 3) a pelvis so far away that there is no perspective."""
    return torch.tensor([[0.0, 0.0, -60.0]]).expand(len(crowd.pelvis), 3)


def test_the_gradient_is_that_of_the_energy() -> None:
    crowd = people(4, seed=3, guess_off=25.0)
    straight = StraightChains(STRAIGHT_JOINTS, torch.full((4, 4), 0.1, dtype=torch.float64))
    given = Given(
        bones=bones_of(crowd, dtype=torch.float64, sigma=0.2),
        straight=straight,
        touches=touch("left_wrist", "right_hip", count=4, dtype=torch.float64),
    )
    energy = Energy(crowd.prior(torch.float64), given, settings=FitSettings())
    body = energy.start(
        torch.from_numpy(crowd.guess), torch.tensor([[0.2, 0.1, -3.0]], dtype=torch.float64).expand(4, 3)
    )
    body = Body(body.quaternions, body.rest + 0.03)
    _, gradient = energy.normal_equations(energy.linearised(body), 2.0)
    mixed = torch.randn(12, gradient.shape[1], generator=torch.manual_seed(0), dtype=torch.float64)
    for direction in (*mixed, *torch.eye(gradient.shape[1], dtype=torch.float64)[72:]):
        step = (1e-6 * direction).expand_as(gradient)
        ahead, behind = (energy.linearised(energy.moved(body, sign * step)) for sign in (1.0, -1.0))
        difference = (energy.value(ahead, 2.0) - energy.value(behind, 2.0)) / 2e-6
        assert torch.allclose(difference, gradient @ direction, rtol=1e-4, atol=1e-4 * gradient.abs().max().item())


def test_bones_turn_until_they_are_parallel_to_the_drawn_ones() -> None:
    crowd = people(40, seed=5, guess_off=15.0)
    bones = bones_of(crowd, turned=0.1)
    fit = fit_poses(crowd.prior(), Given(bones=bones), start_pelvis=far(crowd), iterations=15)
    worst: list[float] = []
    for name in ("left_upper_arm", "right_forearm", "left_thigh", "right_shin"):
        long = bones.cosines[:, BONE_INDEX[name]].numpy() > 0.5
        cosine = (seen_direction(fit, name) * bones.directions[:, BONE_INDEX[name]].numpy()).sum(1)
        worst.append(float(np.degrees(np.median(np.arccos(np.clip(cosine[long], -1.0, 1.0))))))
    assert max(worst) < 4.0


def test_a_limb_bent_past_a_right_angle_straightens_and_does_not_fold() -> None:
    crowd = people(1, seed=1)
    bent = np.tile(np.eye(3), (1, 24, 1, 1))
    angle = np.radians(120.0)
    bent[:, JOINT_INDEX["left_knee"]] = [
        [1.0, 0.0, 0.0], [0.0, np.cos(angle), -np.sin(angle)], [0.0, np.sin(angle), np.cos(angle)]
    ]  # fmt: skip
    sigma = torch.tensor([[torch.inf, torch.inf, 0.02, torch.inf]])
    fit = fit_poses(
        crowd.prior(),
        Given(straight=StraightChains(STRAIGHT_JOINTS, sigma)),
        start_rotations=torch.from_numpy(bent).float(),
        start_pelvis=far(crowd),
        iterations=20,
    )
    knee = fit.rotations[0, JOINT_INDEX["left_knee"]]
    assert np.degrees(np.arccos(np.clip((float(knee.trace()) - 1.0) / 2.0, -1.0, 1.0))) < 15.0


def test_points_that_touch_come_to_one_depth() -> None:
    crowd = people(20, seed=7)
    before, after = (
        fit_poses(crowd.prior(), given, start_pelvis=far(crowd))
        for given in (Given(), Given(touches=touch("left_wrist", "right_hip", count=20)))
    )

    def gap(fit: Fit) -> np.ndarray:
        found = joints(fit.rotations.double().numpy(), fit.log_scales.double().numpy())
        return np.abs(found[:, JOINT_INDEX["left_wrist"], 2] - found[:, JOINT_INDEX["right_hip"], 2])

    near = gap(before) < 0.3
    assert near.sum() >= 5
    assert np.median(gap(after)[near]) < 0.4 * np.median(gap(before)[near])
