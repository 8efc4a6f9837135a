"""Which way a rig faces, how tall it stands, and the turns that bring its rest pose to SMPL's T-pose."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..errors import RigError
from ..rotations import normalized, swing_between
from ..skeleton import JOINT_INDEX, REST_OFFSETS
from .bone_map import BoneMap
from .interpolation import swing_and_twist, turn_about
from .rig_spec import RigSpec

SIDES: Final = ("left", "right")
LIMB_CHILD: Final[dict[str, str]] = {
    f"{side}_{joint}": f"{side}_{child}"
    for side in SIDES
    for joint, child in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
}
"""The limbs, each with the joint at its far end."""

_SNAP_UP: Final = np.cos(np.radians(20.0))
_SNAP_LEFT: Final = np.cos(np.radians(6.0))
_CROSSED: Final = -0.5
"""Cosine between the lines from hip to hip and from shoulder to shoulder, below which left and right are mixed up."""
_KNUCKLES: Final = ("index1", "middle1", "ring1", "pinky1")


@dataclass(frozen=True)
class CharacterFrame:
    """How the inner frame lies in armature space.

    Attributes:
        axes: (3, 3) columns left, up, forward: a rotation from the inner frame to armature space.
        leg_length: mean of both legs, in armature units.
        hips: (3,) rest position of the middle between the hip joints, in armature space.
    """

    axes: DoubleArray
    leg_length: float
    hips: DoubleArray


@dataclass(frozen=True)
class MappedRig:
    """A rig seen through its bone map: where SMPL's joints are in its rest pose."""

    rig: RigSpec
    bone_map: BoneMap

    def head(self, joint: str) -> DoubleArray | None:
        """(3,) rest position of a joint in armature space, or None where it is not mapped."""
        bone = self.bone_map.first(joint)
        return None if bone is None else self.rig.heads[self.rig.index[bone]].astype(np.float64)

    def needed_head(self, joint: str) -> DoubleArray:
        """(3,) rest position of a joint in armature space.

        Raises:
            RigError: the joint is not mapped.
        """
        head = self.head(joint)
        if head is None:
            raise RigError(f"{self.rig.name}: no bone is mapped to {joint.replace('_', ' ')}. Complete the bone map.")
        return head

    def limb_end(self, joint: str) -> DoubleArray:
        """(3,) where a limb ends: the head of the next joint; the tail of the last bone only where there is none."""
        end = self.head(LIMB_CHILD[joint])
        if end is not None:
            return end
        last = self.rig.index[self.bone_map.joints[joint].bones[-1]]
        tail = self.rig.heads[last] + self.rig.rest[last, :3, 1] * self.rig.lengths[last]
        return tail.astype(np.float64)

    @cached_property
    def frame(self) -> CharacterFrame:
        """How the character stands in armature space.

        Raises:
            RigError: an essential joint is not mapped, or the joints lie on top of each other.
        """
        return _character_frame(self)

    @cached_property
    def to_t_pose(self) -> dict[str, DoubleArray]:
        """Per joint the rotation (3, 3) in armature space that brings its bones from rest to SMPL's T-pose.

        Limbs swing from parent to child, so that a bent or hanging arm is straightened about its own hinges; torso,
        neck, head and collars keep their rest; feet keep their slope and are aligned in yaw. Directions go from joint
        to joint.

        Raises:
            RigError: as `frame`.
        """
        return _to_t_pose(self)


def _character_frame(mapped: MappedRig) -> CharacterFrame:
    """Left from hip to hip and shoulder to shoulder, up from hips to neck or shoulders, forward = left x up."""
    hips = np.stack([mapped.needed_head(f"{side}_hip") for side in SIDES])
    shoulders = np.stack([mapped.needed_head(f"{side}_shoulder") for side in SIDES])
    legs = [_leg_length(mapped, side) for side in SIDES]
    neck = mapped.head("neck")
    top = shoulders.mean(axis=0) if neck is None else neck
    up = _snapped(top - hips.mean(axis=0), _SNAP_UP)
    across = normalized(hips[0] - hips[1]), normalized(shoulders[0] - shoulders[1])
    if across[0] @ across[1] < _CROSSED:
        raise RigError(
            f"{mapped.rig.name}: {mapped.bone_map.first('left_shoulder')} (left upper arm) is on the side of "
            f"{mapped.bone_map.first('right_hip')} (right thigh). Exchange left and right of the arms, or of the legs, "
            "in the bone map."
        )
    left = across[0] + across[1]
    left = _snapped(left - up * (left @ up), _SNAP_LEFT)
    axes = np.stack([left, up, np.cross(left, up)], axis=1)
    if min(legs) <= 1e-9 or not np.allclose(axes.T @ axes, np.eye(3), atol=1e-3):
        raise RigError(f"{mapped.rig.name}: hips, knees and shoulders lie on top of each other. Check the bone map.")
    return CharacterFrame(axes, float(np.mean(legs)), hips.mean(axis=0))


def _leg_length(mapped: MappedRig, side: str) -> float:
    hip, knee = mapped.needed_head(f"{side}_hip"), mapped.needed_head(f"{side}_knee")
    ankle = mapped.limb_end(f"{side}_knee")
    return float(np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee))


def _snapped(direction: DoubleArray, cosine: float) -> DoubleArray:
    """(3,) of length 1: the armature's axis where that is near, since rigs are built along the axes."""
    direction = normalized(direction)
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) < cosine:
        return direction
    return np.sign(direction[axis]) * np.eye(3)[axis]


def _to_t_pose(mapped: MappedRig) -> dict[str, DoubleArray]:
    turns: dict[str, DoubleArray] = {}
    for side in SIDES:
        for upper, lower in (("shoulder", "elbow"), ("hip", "knee")):
            first = _limb_turn(mapped, f"{side}_{upper}", before=np.eye(3))
            turns[f"{side}_{upper}"] = first
            turns[f"{side}_{lower}"] = _limb_turn(mapped, f"{side}_{lower}", before=first)
        forearm, hand = _hand_turns(mapped, side, before=turns[f"{side}_elbow"])
        turns[f"{side}_elbow"], turns[f"{side}_wrist"] = forearm, hand
        turns[f"{side}_ankle"] = turns[f"{side}_foot"] = _foot_turn(mapped, side)
    return turns


def _limb_turn(mapped: MappedRig, joint: str, *, before: DoubleArray) -> DoubleArray:
    start = mapped.head(joint)
    if start is None:
        return before
    wanted = mapped.frame.axes @ REST_OFFSETS[JOINT_INDEX[LIMB_CHILD[joint]]]
    return swing_between(before @ (mapped.limb_end(joint) - start), wanted) @ before


def _hand_turns(mapped: MappedRig, side: str, *, before: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Forearm and hand: wrist to knuckles along SMPL's hand, palm down; the forearm takes half of that twist."""
    start = mapped.head(f"{side}_wrist")
    heads = [mapped.head(f"{side}_{knuckle}") for knuckle in _KNUCKLES]
    found = [head for head in heads if head is not None]
    if start is None or not found:
        return before, before
    middle = heads[1] if heads[1] is not None else np.mean(found, axis=0)
    axes = mapped.frame.axes
    wanted = normalized(axes @ REST_OFFSETS[JOINT_INDEX[f"{side}_hand"]])
    hand = swing_between(before @ (middle - start), wanted) @ before
    twist = _palm_twist(hand @ (found[-1] - found[0]), wanted, -axes[:, 2]) if len(found) > 1 else 0.0
    return turn_about(wanted, 0.5 * twist) @ before, turn_about(wanted, twist) @ hand


def _palm_twist(across: DoubleArray, axis: DoubleArray, backward: DoubleArray) -> float:
    """Radians about `axis` that bring the line from index to little finger to the back; 0 where that is no hand."""
    flat = across - axis * (across @ axis)
    if np.linalg.norm(flat) < 1e-9:
        return 0.0
    swing = swing_between(flat, backward)
    _, twist = swing_and_twist(swing, axis)
    return float(twist) if abs(twist) < np.radians(120.0) else 0.0


def _foot_turn(mapped: MappedRig, side: str) -> DoubleArray:
    ankle, toe = mapped.head(f"{side}_ankle"), mapped.head(f"{side}_foot")
    if ankle is None or toe is None:
        return np.eye(3)
    along = mapped.frame.axes.T @ (toe - ankle)
    if np.hypot(along[0], along[2]) < 0.2 * np.linalg.norm(along):
        return np.eye(3)
    wanted = REST_OFFSETS[JOINT_INDEX[f"{side}_foot"]]
    yaw = np.arctan2(wanted[0], wanted[2]) - np.arctan2(along[0], along[2])
    yaw = (yaw + np.pi) % (2.0 * np.pi) - np.pi
    return turn_about(mapped.frame.axes[:, 1], yaw if abs(yaw) < np.radians(60.0) else 0.0)
