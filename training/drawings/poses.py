"""Poses that drawings are full of and motion capture is not: crossed legs, hands on hips, chin, knees and head.

Convention: local rotations (N, 24, 3, 3), the root in a world whose y axis points up; metres on our neutral adult.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import roma
import torch

from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS
from training.pose_source import Mixture, PoseSource

_Rest: TypeAlias = tuple[str, tuple[float, float, float]]
# Where a left hand may rest, in the axes of a joint; the right hand's places are mirrored.
_RESTS: Final[tuple[_Rest, ...]] = (
    ("head", (0.02, -0.06, 0.11)), ("head", (0.09, 0.0, 0.07)), ("head", (0.08, 0.06, -0.08)),
    ("head", (0.0, 0.16, 0.03)),
    ("head", (0.03, 0.06, 0.12)), ("head", (0.10, 0.02, 0.16)), ("pelvis", (0.17, 0.06, 0.02)),
    ("pelvis", (0.16, 0.06, -0.06)), ("pelvis", (0.0, 0.05, 0.16)), ("spine3", (0.0, 0.03, 0.15)),
    ("spine3", (-0.14, 0.0, 0.14)), ("right_elbow", (-0.02, 0.03, 0.06)), ("right_wrist", (-0.04, 0.02, 0.04)),
    ("right_shoulder", (-0.05, 0.02, 0.07)), ("left_knee", (0.0, 0.03, 0.08)), ("right_knee", (0.0, 0.03, 0.08)),
    ("left_hip", (0.0, -0.22, 0.10)), ("left_hip", (0.05, -0.30, 0.08)), ("right_hip", (0.0, -0.28, 0.09)),
    ("left_ankle", (0.0, 0.05, 0.06)), ("right_ankle", (0.0, 0.05, 0.06)),
)  # fmt: skip
# Least and most of turns in degrees: the hip about x (forwards is negative), y (toes outwards), z (outwards), the knee.
_LEGS: Final = {
    "tailor": ((-100.0, -65.0), (25.0, 65.0), (25.0, 55.0), (105.0, 140.0)),
    "crossed": ((-100.0, -75.0), (-10.0, 30.0), (-28.0, -8.0), (60.0, 115.0)),
    "apart": ((-100.0, -70.0), (0.0, 30.0), (5.0, 45.0), (50.0, 110.0)),
    "standing": ((-15.0, 10.0), (0.0, 30.0), (-12.0, 12.0), (0.0, 20.0)),
    "hugged": ((-135.0, -105.0), (-10.0, 15.0), (-5.0, 15.0), (110.0, 145.0)),
}
_BOTH: Final = (
    ("tailor", "tailor"), ("crossed", "apart"), ("apart", "crossed"), ("apart", "apart"),
    ("standing", "crossed"), ("standing", "standing"), ("hugged", "hugged"), ("tailor", "apart"),
)  # fmt: skip
# Where a left hand goes of somebody who sits bent forwards, or crouches; named twice is chosen twice as often.
_BENT_RESTS: Final[tuple[_Rest, ...]] = (
    ("head", (0.02, -0.06, 0.11)), ("head", (0.02, -0.06, 0.11)), ("head", (0.08, -0.02, 0.08)),
    ("head", (0.09, 0.0, 0.07)), ("head", (0.03, 0.08, 0.12)), ("left_knee", (0.0, 0.04, 0.08)),
    ("left_knee", (0.0, 0.04, 0.08)), ("right_knee", (0.0, 0.04, 0.08)), ("right_knee", (0.03, -0.06, 0.09)),
    ("left_knee", (-0.16, -0.12, 0.05)), ("left_knee", (-0.10, -0.20, 0.10)), ("right_wrist", (-0.04, 0.02, 0.04)),
    ("right_elbow", (-0.02, 0.03, 0.06)), ("left_hip", (0.0, -0.28, 0.09)), ("right_hip", (0.0, -0.28, 0.09)),
    ("left_ankle", (0.0, 0.10, 0.08)),
)  # fmt: skip


class DrawnPoses:
    """Draws poses for drawings.

    Args:
        rotations: (M, 24, 3) axis-angle of the mocap poses.
    """

    def __init__(self, rotations: torch.Tensor) -> None:
        self._source = PoseSource(
            rotations, mixture=Mixture(everyday=0.22, recombined=0.4, perturbed=0.3, lying=0.04, free_arm=0.1)
        )

    def draw(self, count: int) -> torch.Tensor:
        """(count, 24, 3, 3) local rotations, turned any way about the vertical."""
        poses = self._source.draw(count)
        chosen = (torch.rand(count) < 0.22).nonzero()[:, 0]
        poses[chosen] = _legs(poses[chosen])
        for side in ("left", "right"):
            resting = (torch.rand(count) < 0.22).nonzero()[:, 0]
            poses[resting] = rested(poses[resting], side)
        bent = (torch.rand(count) < 0.2).nonzero()[:, 0]
        poses[bent] = bent_forwards(poses[bent])
        return poses


def standing(count: int) -> torch.Tensor:
    """(count, 24, 3, 3) as children draw people: from the front, limbs straight, arms at any angle to the body."""
    turns = 0.06 * torch.randn(count, 24, 3)
    alike = torch.rand(count, 1) < 0.6
    arms = torch.empty(count, 2).uniform_(-1.3, 0.9)
    arms = torch.where(alike, arms[:, :1] + 0.1 * torch.randn(count, 2), arms)
    legs = 0.12 + 0.14 * torch.randn(count, 1) + 0.06 * torch.randn(count, 2)
    for position, (side, sign) in enumerate((("left", 1.0), ("right", -1.0))):
        turns[:, JOINT_INDEX[f"{side}_shoulder"], 2] = sign * arms[:, position]
        turns[:, JOINT_INDEX[f"{side}_elbow"], 2] = sign * 0.5 * torch.randn(count) * (torch.rand(count) < 0.4)
        turns[:, JOINT_INDEX[f"{side}_hip"], 2] = sign * legs[:, position]
        turns[:, JOINT_INDEX[f"{side}_ankle"], 1] = sign * torch.empty(count).uniform_(0.0, 1.3)
    return roma.rotvec_to_rotmat(turns)


def _legs(poses: torch.Tensor) -> torch.Tensor:
    """Legs, and a trunk that is nearly upright; both turned as before about the vertical."""
    poses = poses.clone()
    count = len(poses)
    kinds = torch.randint(len(_BOTH), (count,))
    for position, (side, sign) in enumerate((("left", 1.0), ("right", -1.0))):
        table = torch.tensor([_LEGS[both[position]] for both in _BOTH])[kinds].deg2rad()
        angle = table[..., 0] + torch.rand(count, 4) * (table[..., 1] - table[..., 0])
        hip = _about(2, sign * angle[:, 2]) @ _about(1, sign * angle[:, 1]) @ _about(0, angle[:, 0])
        poses[:, JOINT_INDEX[f"{side}_hip"]] = hip
        poses[:, JOINT_INDEX[f"{side}_knee"]] = _about(0, angle[:, 3])
        poses[:, JOINT_INDEX[f"{side}_ankle"]] = _about(0, torch.empty(count).uniform_(-0.2, 0.6))
    facing = torch.atan2(poses[:, 0, 0, 2], poses[:, 0, 2, 2])
    lean = torch.empty(count).uniform_(-0.2, 0.45)
    poses[:, 0] = _about(1, facing) @ _about(2, 0.1 * torch.randn(count)) @ _about(0, lean)
    return poses


def bent_forwards(poses: torch.Tensor) -> torch.Tensor:
    """Seated or crouching, the trunk over the thighs, the hands at the face, on the legs or between them."""
    poses = poses.clone()
    count = len(poses)
    facing = torch.atan2(poses[:, 0, 0, 2], poses[:, 0, 2, 2])
    lean = torch.empty(count).uniform_(0.1, 0.9)
    poses[:, 0] = _about(1, facing) @ _about(2, 0.08 * torch.randn(count)) @ _about(0, lean)
    for name in ("spine1", "spine2", "spine3"):
        poses[:, JOINT_INDEX[name]] = _about(0, torch.empty(count).uniform_(-0.05, 0.3)) @ _small(count)
    for name in ("neck", "head"):
        poses[:, JOINT_INDEX[name]] = _about(0, torch.empty(count).uniform_(-0.5, 0.25)) @ _small(count)
    forwards = torch.empty(count).uniform_(1.0, 1.9)
    for side, sign in (("left", 1.0), ("right", -1.0)):
        thigh = forwards + 0.15 * torch.randn(count)
        hip = _about(2, sign * torch.empty(count).uniform_(-0.2, 0.6)) @ _about(0, -thigh - lean)
        knee = (thigh + torch.empty(count).uniform_(-0.45, 0.6)).clamp(0.2, 2.5)
        poses[:, JOINT_INDEX[f"{side}_hip"]] = hip @ _about(1, sign * torch.empty(count).uniform_(-0.2, 0.4))
        poses[:, JOINT_INDEX[f"{side}_knee"]] = _about(0, knee)
        poses[:, JOINT_INDEX[f"{side}_ankle"]] = _about(0, torch.empty(count).uniform_(-0.2, 0.8))
    for side in ("left", "right"):
        poses = rested(poses, side, rests=_BENT_RESTS)
    return poses


def _small(count: int) -> torch.Tensor:
    """(N, 3, 3) turns of a few degrees about any axis."""
    return roma.rotvec_to_rotmat(0.1 * torch.randn(count, 3))


def rested(poses: torch.Tensor, side: str, *, rests: Sequence[_Rest] = _RESTS) -> torch.Tensor:
    """One hand put on some place of the body, the elbow anywhere but inside it; (N, 24, 3, 3)."""
    count = len(poses)
    sign = 1.0 if side == "left" else -1.0
    offsets = torch.from_numpy(REST_OFFSETS.copy()).expand(count, 24, 3)
    world, joints = pose_torch(poses, torch.zeros(count, 3), offsets=offsets)
    places = rests if side == "left" else [_mirrored(rest) for rest in rests]
    target = _targets(world, joints, places) + 0.025 * torch.randn(count, 3)
    shoulder, collar = joints[:, JOINT_INDEX[f"{side}_shoulder"]], world[:, JOINT_INDEX[f"{side}_collar"]]
    upper, lower = abs(float(REST_OFFSETS[18, 0])), abs(float(REST_OFFSETS[20, 0])) + 0.04
    way = target - shoulder
    distance = way.norm(dim=1).clamp(0.16, upper + lower - 0.005)
    along = torch.nn.functional.normalize(way, dim=1)
    # Elbows point outwards, down and back, more or less.
    hint = collar @ torch.tensor([sign * 0.7, -0.8, -0.35]) + 0.5 * torch.randn(count, 3)
    out = torch.nn.functional.normalize(hint - (hint * along).sum(1, keepdim=True) * along, dim=1)
    inner = ((upper**2 + distance**2 - lower**2) / (2 * upper * distance)).clamp(-1.0, 1.0).acos()
    first = inner.cos()[:, None] * along + inner.sin()[:, None] * out
    second = torch.nn.functional.normalize(distance[:, None] * along - upper * first, dim=1)
    bend = (first * second).sum(1).clamp(-1.0, 1.0).acos()
    z = torch.nn.functional.normalize(second - (first * second).sum(1, keepdim=True) * first, dim=1)
    x = sign * first
    turn = torch.stack([x, torch.linalg.cross(z, x), z], dim=2)
    poses = poses.clone()
    poses[:, JOINT_INDEX[f"{side}_shoulder"]] = collar.transpose(1, 2) @ turn
    poses[:, JOINT_INDEX[f"{side}_elbow"]] = _about(1, -sign * bend) @ _about(0, torch.empty(count).uniform_(-0.9, 0.9))
    poses[:, JOINT_INDEX[f"{side}_wrist"]] = roma.rotvec_to_rotmat(0.3 * torch.randn(count, 3))
    return poses


def _targets(world: torch.Tensor, joints: torch.Tensor, rests: Sequence[_Rest]) -> torch.Tensor:
    """(N, 3) one of the places for each pose."""
    rows, chosen = torch.arange(len(world)), torch.randint(len(rests), (len(world),))
    carriers = torch.tensor([JOINT_INDEX[name] for name, _ in rests])[chosen]
    places = torch.tensor([place for _, place in rests])[chosen]
    return joints[rows, carriers] + (world[rows, carriers] @ places[..., None])[..., 0]


def _mirrored(rest: _Rest) -> _Rest:
    name, (x, y, z) = rest
    return _other(name), (-x, y, z)


def _other(name: str) -> str:
    return name.replace("left", "right") if "left" in name else name.replace("right", "left")


def _about(axis: int, angle: torch.Tensor) -> torch.Tensor:
    """(N,) radians -> (N, 3, 3) about a coordinate axis."""
    turn = torch.zeros(len(angle), 3)
    turn[:, axis] = angle
    return roma.rotvec_to_rotmat(turn)
