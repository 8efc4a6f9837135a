"""Held-out poses before random cameras, as a detector sees them, and what each way makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.estimate.learned import Seen, fit_reading, see
from contrapposto.backend.estimate.pose_network import PoseNetwork, Reading
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.observation import Observation
from contrapposto.backend.proportions import LENGTH_GROUPS, scaled_offsets_torch
from contrapposto.backend.rotations import axis_angle_to_matrix
from training.evaluate_pose import AS_RECORDED
from training.metrics import limb_angles, mpjpe, pa_mpjpe, root_angle
from training.pose_source import PoseSource
from training.synthesis import Given, Noise, Sighting, Synthesis

PICTURE: Final = (1600, 1200)
_DIAGONAL: Final = 2000.0
EXACT: Final = Noise(
    exact=1.0,
    block=0.0,
    cut=0.0,
    exchanged=0.0,
    limb_exchanged=0.0,
    limb_lost=0.0,
    dropped=0.0,
    convention=0.0,
    independent=0.0,
    any_angle=0.0,
)
NOISY: Final = Noise(independent=0.0, any_angle=0.0)
TURNED: Final = Noise(independent=0.0, any_angle=1.0)


@dataclass(frozen=True)
class Case:
    """N sightings of one kind.

    Attributes:
        name: for the table.
        sighting: the truth and the evidence.
        seen: the same as an estimator takes it.
    """

    name: str
    sighting: Sighting
    seen: Seen

    @property
    def observation(self) -> Observation:
        """As N frames of one person."""
        return observation_of(self.sighting)

    def person(self, index: int) -> Case:
        """One of the people."""
        sighting = self.sighting.person(index)
        return Case(self.name, sighting, see(observation_of(sighting), torch.device("cpu")))


@dataclass(frozen=True)
class Found:
    """N poses: local rotations (N, 24, 3, 3), the root in the view's axes, and length factors (N, 10)."""

    local: torch.Tensor
    log_scales: torch.Tensor

    @property
    def joints(self) -> torch.Tensor:
        """(N, 24, 3) metres from the pelvis."""
        pelvis = torch.zeros_like(self.local[:, 0, :, 0])
        return pose_torch(self.local, pelvis, offsets=scaled_offsets_torch(self.log_scales))[1]


PLAIN: Final = Noise(
    independent=1.0,
    independent_level=0.02,
    level_spread=0.0,
    block=0.2,
    cut=0.0,
    exchanged=0.03,
    limb_exchanged=0.0,
    any_angle=0.0,
)
"""The noise of the pilot that the goals were set by: 2 % of the box, 8 % of the points four times that, 5 % dropped."""


def case(name: str, poses: torch.Tensor, noise: Noise, *, world: bool, count: int, seed: int = 11) -> Case:
    """`count` of the poses before random cameras of unknown focal length; the same every time."""
    torch.manual_seed(seed)
    given = Given(points=1.0, world=1.0 if world else 0.0, rotations=0.0, pins=0.0, camera=0.0)
    source = PoseSource(poses, mixture=AS_RECORDED)
    sighting = Synthesis(noise=noise, given=given, largest=0.5).see(source.draw(count))
    return Case(name, sighting, see(observation_of(sighting), torch.device("cpu")))


def observation_of(sighting: Sighting) -> Observation:
    """What was detected, in pixels of a picture of 1600 x 1200."""
    middle = torch.tensor([PICTURE[0] / 2.0, PICTURE[1] / 2.0])
    world = None
    if bool(sighting.evidence.has_world.any()):
        world = (sighting.evidence.world @ sighting.turn.transpose(1, 2)).numpy()
    return Observation(
        (sighting.rays * _DIAGONAL + middle).numpy(),
        sighting.confidence.numpy(),
        BLAZEPOSE_33,
        PICTURE,
        keypoints_world=world,
    )


Way = Callable[[Case], Found]


def analytic(each: Case) -> Found:
    """The closed form, from world landmarks."""
    poses = run_job(AnalyticEstimator().estimate(each.observation))[0].poses
    local = torch.from_numpy(axis_angle_to_matrix(poses.rotations).astype(np.float32))
    local[:, 0] = each.seen.view.turn.transpose(1, 2) @ local[:, 0]
    return Found(local, torch.zeros(len(local), len(LENGTH_GROUPS)))


def model(network: PoseNetwork) -> Way:
    """What the network reads."""
    return lambda each: _of(network.expected(each.seen.evidence))


def model_and_fit(network: PoseNetwork, *, constant_sigma: bool = False) -> Way:
    """That, fitted to the points; without the network's own uncertainty, all joints are equally sure."""

    def solve(each: Case) -> Found:
        reading = network.expected(each.seen.evidence)
        if constant_sigma:
            names = ("log_rotation_sigma", "log_body_sigma")
            even = {name: getattr(reading, name).mean().expand_as(reading.six[..., 0]) for name in names}
            reading = replace(reading, **even)
        return fitted(each, reading)

    return solve


def fitted(each: Case, reading: Reading, *, definite: bool = False) -> Found:
    """A reading fitted to the points of a case."""
    fit = fit_reading(each.seen, reading, definite=definite)
    local = fit.rotations.clone()
    local[:, 0] = each.seen.view.turn.transpose(1, 2) @ local[:, 0]
    return Found(local, fit.log_scales)


def _of(reading: Reading) -> Found:
    return Found(reading.rotations, reading.log_scales)


def errors(found: Found, each: Case) -> dict[str, torch.Tensor]:
    """Per pose: MPJPE and PA-MPJPE in mm, mean limb angle and root angle in degrees."""
    truth = each.sighting.truth
    return {
        "MPJPE": mpjpe(found.joints, truth.joints),
        "PA-MPJPE": pa_mpjpe(found.joints, truth.joints),
        "limbs": limb_angles(found.joints, truth.joints).mean(1),
        "root": root_angle(found.local[:, 0], truth.local[:, 0]),
    }
