"""A pose with its sides exchanged, or one side as the other: exact, and as checks.

In the mirror x = 0 a turn about the axis (x, y, z) becomes one about (x, -y, -z), of the joint on the other side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..arrays import DoubleArray
from ..kinematics import local_rotations
from ..rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle
from ..skeleton import JOINT_INDEX, MIRROR
from .chains import CHAIN_JOINTS, side_of
from .language import Mirror
from .measures import Body, Check


@dataclass(frozen=True)
class Turned:
    """How far joints are from given parent-relative turns, the worst of them."""

    joints: tuple[int, ...]
    goal: tuple[tuple[float, float, float], ...]
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees."""
        turns = local_rotations(body.world)[:, self.joints]
        return np.degrees(geodesic_angle(turns, axis_angle_to_matrix(np.array(self.goal)))).max(1)


def mirrored(rotations: DoubleArray, mirror: Mirror) -> DoubleArray:
    """Axis-angle rotations (24, 3) with their sides exchanged, or one side as the other: exact."""
    seen = rotations[MIRROR] * (1.0, -1.0, -1.0)
    names = _mirrored_joints(mirror)
    found = rotations.copy()
    for name in names:
        joint = JOINT_INDEX[name]
        if mirror.source is None or side_of(name) not in {mirror.source, None}:
            found[joint] = seen[joint]
    if mirror.source is not None and mirror.part == "body":
        for name in ("pelvis", "spine1", "spine2", "spine3", "neck", "head"):
            found[JOINT_INDEX[name]] = _without_side(rotations[JOINT_INDEX[name]], root=name == "pelvis")
    return found


def _mirrored_joints(mirror: Mirror) -> tuple[str, ...]:
    if mirror.part == "body":
        return tuple(JOINT_INDEX)
    if mirror.part == "arms":
        return CHAIN_JOINTS["left_arm"] + CHAIN_JOINTS["right_arm"]
    return CHAIN_JOINTS["left_leg"] + CHAIN_JOINTS["right_leg"]


def _without_side(turn: DoubleArray, *, root: bool) -> DoubleArray:
    """The part of a turn (3,) that is the same in a mirror: about x. The root keeps which way it faces."""
    if not root:
        return turn * (1.0, 0.0, 0.0)
    matrix = axis_angle_to_matrix(turn)
    left = matrix[:, 0]
    yaw = np.arctan2(-left[2], left[0]) if np.hypot(left[0], left[2]) > 0.35 else 0.0
    about = axis_angle_to_matrix(np.array([0.0, yaw, 0.0]))
    return matrix_to_axis_angle(about @ axis_angle_to_matrix(matrix_to_axis_angle(about.T @ matrix) * (1.0, 0.0, 0.0)))


def mirrored_body(body: Body, mirror: Mirror) -> Body:
    """One pose, mirrored."""
    rotations = matrix_to_axis_angle(local_rotations(body.world))[0]
    return Body.posed(mirrored(rotations, mirror)[None])


def mirror_checks(mirror: Mirror, current: Body) -> tuple[tuple[Check, ...], str]:
    """That the joints are as the mirror shows those of the current pose."""
    rotations = matrix_to_axis_angle(local_rotations(current.world))[0]
    goal = mirrored(rotations, mirror)
    joints = tuple(JOINT_INDEX[name] for name in _mirrored_joints(mirror))
    turns = tuple((float(x), float(y), float(z)) for x, y, z in goal[list(joints)])
    return (Check(Turned(joints, turns), high=0.5, slack=3.0),), ""
