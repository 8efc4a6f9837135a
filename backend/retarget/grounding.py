"""Where the lowest part of the body is above the ground, on SMPL and on the rig, so that planted feet stay planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..kinematics import joint_positions
from ..skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M
from .character_frame import SIDES, MappedRig
from .parent_spaces import Displacement

_FEET: Final = {
    f"{side}_{joint}": below
    for side in SIDES
    for joint, below in (("ankle", SOLE_BELOW_ANKLE_M), ("foot", SOLE_BELOW_FOOT_M))
}
"""Joints above a sole, and how far."""
_BODY_M: Final = {
    "hip": 0.09, "knee": 0.05, "shoulder": 0.06, "elbow": 0.04, "wrist": 0.03, "head": 0.08,
}  # fmt: skip
"""About how thick the body is around other joints that may touch the ground."""
_BODY: Final = {
    joint: thickness
    for part, thickness in _BODY_M.items()
    for joint in ([part] if part == "head" else [f"{side}_{part}" for side in SIDES])
}
_FEET_LOWEST_M, _FEET_HIGH_M = 0.05, 0.25
_LARGEST_GROUND_GAP: Final = 0.2
"""Feet at rest that are further than this share of a leg from the origin's height do not stand on it."""


@dataclass(frozen=True)
class Soles:
    """The rig's points that may touch the ground.

    Attributes:
        points: joint -> (3,) place in armature space at rest, that the joint's bone carries.
        thickness: joint -> how far the surface is below the point, in armature units, whichever way the bone turns.
    """

    points: Mapping[str, DoubleArray]
    thickness: Mapping[str, float]

    @classmethod
    def of(cls, mapped: MappedRig, *, scale: float) -> Soles:
        """`scale`: armature units a metre of SMPL's body."""
        up = mapped.frame.axes[:, 1]
        feet = {joint: head for joint in _FEET if (head := mapped.head(joint)) is not None}
        ground = _ground(mapped, feet, scale=scale)
        points = {joint: head - up * (head @ up - ground) for joint, head in feet.items()}
        body = {joint: head for joint in _BODY if (head := mapped.head(joint)) is not None}
        thickness = {joint: scale * _BODY[joint] for joint in body}
        return cls({**points, **body}, {**dict.fromkeys(points, 0.0), **thickness})


def _ground(mapped: MappedRig, feet: Mapping[str, DoubleArray], *, scale: float) -> float:
    """Height of the ground under the rest pose: the armature's origin, if the feet stand about there."""
    up = mapped.frame.axes[:, 1]
    lowest = {joint: float(head @ up) - scale * _FEET[joint] for joint, head in feet.items()}
    height = min(lowest.values(), default=0.0)
    return 0.0 if abs(height) < _LARGEST_GROUND_GAP * mapped.frame.leg_length else height


def height_correction(
    mapped: MappedRig,
    carried: Mapping[str, Displacement],
    *,
    world: DoubleArray,
    translation: AnyFloatArray,
    scale: float,
) -> DoubleArray:
    """(T,) armature units to raise the rig by, so that its lowest point is as far above the ground as SMPL's.

    While a foot is the lowest part of the body, or nearly, the feet alone count; lying, kneeling or on the hands, all
    joints do. In between it fades, so that nothing jumps.

    Args:
        mapped: the rig.
        carried: joint -> displacement of its bone in the pose.
        world: (T, 24, 3, 3) orientations of SMPL's joints.
        translation: (T, 3) metres, SMPL's pelvis.
        scale: armature units a metre of SMPL's body.
    """
    soles = Soles.of(mapped, scale=scale)
    joints = [joint for joint in soles.points if joint in carried]
    feet = [joint for joint in joints if joint in _FEET]
    if not feet:
        return np.zeros(len(translation))
    up = mapped.frame.axes[:, 1]
    ground = float(min(soles.points[joint] @ up for joint in feet))
    rig = {joint: carried[joint].apply(soles.points[joint]) @ up - soles.thickness[joint] - ground for joint in joints}
    smpl = _smpl_heights(world, translation, joints)
    lowest_foot, lowest = _lowest(smpl, feet), _lowest(smpl, joints)
    for_feet = scale * lowest_foot - _lowest(rig, feet)
    for_all = scale * lowest - _lowest(rig, joints)
    share = np.clip((lowest_foot - lowest - _FEET_LOWEST_M) / (_FEET_HIGH_M - _FEET_LOWEST_M), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    return for_feet + share * (for_all - for_feet)


def _smpl_heights(world: DoubleArray, translation: AnyFloatArray, joints: list[str]) -> dict[str, DoubleArray]:
    places = joint_positions(world, translation)
    heights: dict[str, DoubleArray] = {}
    for joint in joints:
        index = JOINT_INDEX[joint]
        height = places[:, index, 1]
        # A sole lies below its joint as the foot is turned; elsewhere the body is about as thick all around.
        below = world[:, index, 1, 1] * _FEET[joint] if joint in _FEET else _BODY[joint]
        heights[joint] = height - below
    return heights


def _lowest(heights: Mapping[str, DoubleArray], joints: list[str]) -> DoubleArray:
    return np.min([heights[joint] for joint in joints], axis=0)
