"""Poses to train on: mocap, mirrored, recombined, perturbed, and everyday poses that mocap hardly has.

Convention: local rotations (N, 24, 3, 3) with the root in a world whose y axis points up; angles in the tables are
degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import roma
import torch

from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, MIRROR

_ARM: Final = ("collar", "shoulder", "elbow", "wrist", "hand")
_LEG: Final = ("hip", "knee", "ankle", "foot")
_PARTS: Final = (
    ("spine1", "spine2", "spine3"),
    ("neck", "head"),
    tuple(f"left_{name}" for name in _ARM),
    tuple(f"right_{name}" for name in _ARM),
    tuple(f"left_{name}" for name in _LEG),
    tuple(f"right_{name}" for name in _LEG),
)
"""What is exchanged between poses."""
_MOST_PERTURBED: Final = {
    "hand": 0.3,
    "foot": 0.5,
    "spine1": 0.5,
    "spine2": 0.5,
    "spine3": 0.5,
    "elbow": 0.8,
    "knee": 0.8,
}

# Least and most of a joint's turn in degrees. Hip about x (forwards is negative), y (toes outwards, left leg), z
# (outwards, left leg); then the knee's bend. The trunk's lean about x for each.
_LEGS: Final = {
    "sit": ((-115.0, -60.0), (-20.0, 30.0), (-5.0, 30.0), (35.0, 125.0), (-25.0, 35.0)),
    "squat": ((-130.0, -85.0), (-10.0, 40.0), (0.0, 40.0), (95.0, 150.0), (-5.0, 50.0)),
    "kneel": ((-35.0, 20.0), (-10.0, 20.0), (-5.0, 25.0), (70.0, 150.0), (-20.0, 30.0)),
    "all fours": ((-120.0, -55.0), (-10.0, 20.0), (-5.0, 25.0), (60.0, 120.0), (65.0, 110.0)),
    "any": ((-120.0, 25.0), (-35.0, 40.0), (-15.0, 55.0), (0.0, 140.0), (-30.0, 60.0)),
}


@dataclass(frozen=True)
class Mixture:
    """Shares of poses to which something is done.

    `part` is the share of a recombined pose's parts that another pose gives, `perturbation` the largest
    standard deviation of a joint's turn in degrees.
    """

    mirrored: float = 0.5
    recombined: float = 0.0
    part: float = 0.4
    perturbed: float = 0.0
    perturbation: float = 12.0
    everyday: float = 0.15
    lying: float = 0.06
    free_arm: float = 0.08
    bent_elbow: float = 0.06


class PoseSource:
    """Draws poses.

    Args:
        rotations: (M, 24, 3) axis-angle of the mocap poses.
        mixture: what is done to them.
        device: where they are kept and drawn.
    """

    def __init__(self, rotations: torch.Tensor, *, mixture: Mixture | None = None, device: str = "cpu") -> None:
        self._poses = roma.rotvec_to_rotmat(rotations).to(device)
        self._mixture = mixture or Mixture()
        self._device = device

    def draw(self, count: int) -> torch.Tensor:
        """(count, 24, 3, 3) local rotations, turned any way about the vertical."""
        mixture = self._mixture
        poses = self._some(count)
        mixed = self._chance(count, mixture.recombined)
        for part in _PARTS:
            taken = mixed & self._chance(count, mixture.part)
            joints = [JOINT_INDEX[name] for name in part]
            poses[:, joints] = torch.where(taken[:, None, None, None], self._some(count)[:, joints], poses[:, joints])
        everyday = self._chance(count, mixture.everyday).nonzero()[:, 0]
        poses[everyday] = self._everyday(poses[everyday])
        self._free_arms(poses)
        poses = self._perturbed(poses)
        lying = self._chance(count, mixture.lying)[:, None, None]
        anyhow = roma.random_rotmat(count, device=torch.device(self._device))
        poses[:, 0] = torch.where(lying, anyhow, poses[:, 0])
        poses[:, 0] = _about(1, self._between(count, -math.pi, math.pi)) @ poses[:, 0]
        return poses

    def _some(self, count: int) -> torch.Tensor:
        poses = self._poses[torch.randint(len(self._poses), (count,), device=self._device)]
        mirrored = self._chance(count, self._mixture.mirrored)[:, None, None, None]
        return torch.where(mirrored, mirror(poses), poses)

    def _perturbed(self, poses: torch.Tensor) -> torch.Tensor:
        count = len(poses)
        share = [_MOST_PERTURBED.get(name.removeprefix("left_").removeprefix("right_"), 1.0) for name in JOINT_NAMES]
        size = math.radians(self._mixture.perturbation) * poses.new_tensor(share)[:, None]
        strength = self._chance(count, self._mixture.perturbed) * torch.rand(count, device=self._device)
        turn = torch.randn(count, 24, 3, device=self._device) * size * strength[:, None, None]
        return poses @ roma.rotvec_to_rotmat(turn)

    def _everyday(self, poses: torch.Tensor) -> torch.Tensor:
        """Legs and trunk of poses that are thin in mocap; arms and spine stay as they were."""
        poses = poses.clone()
        count = len(poses)
        kind = torch.randint(len(_LEGS), (count,), device=self._device)
        ranges = torch.tensor(list(_LEGS.values()), device=self._device)[kind].deg2rad()
        for side, sign in (("left", 1.0), ("right", -1.0)):
            alike = self._chance(count, 0.5)[:, None]
            drawn = torch.rand(count, 5, device=self._device)
            share = torch.where(alike, (torch.rand(1, 5, device=self._device) + 0.1 * drawn) / 1.1, drawn)
            angle = ranges[..., 0] + share * (ranges[..., 1] - ranges[..., 0])
            hip = _about(2, sign * angle[:, 2]) @ _about(1, sign * angle[:, 1]) @ _about(0, angle[:, 0])
            poses[:, JOINT_INDEX[f"{side}_hip"]] = hip
            poses[:, JOINT_INDEX[f"{side}_knee"]] = _about(0, angle[:, 3])
            poses[:, JOINT_INDEX[f"{side}_ankle"]] = _about(0, self._between(count, -0.35, 0.7))
        lean = ranges[:, 4, 0] + torch.rand(count, device=self._device) * (ranges[:, 4, 1] - ranges[:, 4, 0])
        roll = 0.12 * torch.randn(count, device=self._device)
        poses[:, 0] = _about(2, roll) @ _about(0, lean)
        return poses

    def _free_arms(self, poses: torch.Tensor) -> None:
        """Upper arms that point anywhere but far behind, elbows bent by any angle."""
        count = len(poses)
        for side, sign in (("left", 1.0), ("right", -1.0)):
            elbow, shoulder = JOINT_INDEX[f"{side}_elbow"], JOINT_INDEX[f"{side}_shoulder"]
            aim = torch.nn.functional.normalize(torch.randn(count, 3, device=self._device), dim=1)
            aim[:, 2] = aim[:, 2].abs() * torch.where(aim[:, 2] < -0.4, 1.0, aim[:, 2].sign())
            along = torch.tensor([sign, 0.0, 0.0], device=self._device).expand_as(aim)
            swing = _swing(along, torch.nn.functional.normalize(aim + 0.3 * along, dim=1))
            turned = swing @ _about(0, self._between(count, -1.2, 1.2))
            free = self._chance(count, self._mixture.free_arm)
            poses[:, shoulder] = torch.where(free[:, None, None], turned, poses[:, shoulder])
            bent = (free | self._chance(count, self._mixture.bent_elbow))[:, None, None]
            bend = _about(1, -sign * self._between(count, 0.0, 2.6)) @ _about(0, self._between(count, -0.8, 0.8))
            poses[:, elbow] = torch.where(bent, bend, poses[:, elbow])

    def _chance(self, count: int, share: float) -> torch.Tensor:
        return torch.rand(count, device=self._device) < share

    def _between(self, count: int, low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(count, device=self._device)


def mirror(poses: torch.Tensor) -> torch.Tensor:
    """(N, 24, 3, 3) seen in a mirror in the plane x = 0."""
    flip = torch.diag(poses.new_tensor([-1.0, 1.0, 1.0]))
    return flip @ poses[:, torch.from_numpy(MIRROR.copy()).to(poses.device)] @ flip


def _about(axis: int, angle: torch.Tensor) -> torch.Tensor:
    """(N,) radians -> (N, 3, 3) about a coordinate axis."""
    turn = torch.zeros(len(angle), 3, device=angle.device)
    turn[:, axis] = angle
    return roma.rotvec_to_rotmat(turn)


def _swing(start: torch.Tensor, end: torch.Tensor) -> torch.Tensor:
    """(N, 3, 3) the smallest turns between unit vectors (N, 3)."""
    axis = torch.linalg.cross(start, end)
    sine, cosine = axis.norm(dim=1), (start * end).sum(1)
    return roma.rotvec_to_rotmat(axis / sine.clamp_min(1e-6)[:, None] * torch.atan2(sine, cosine)[:, None])
