"""Fingers: driven by MANO's joints, or relaxed where nothing is known about them."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray
from ..rotations import axis_angle_to_matrix, normalized, swing_between
from ..skeleton import JOINT_INDEX, REST_OFFSETS
from .bone_map import FINGERS
from .character_frame import SIDES, MappedRig

_KNUCKLES_NEEDED: Final = 2
_TAIL_COUNTS: Final = np.cos(np.radians(60.0))

# A hand that hangs loose is curled a little, more towards the little finger. Degrees of flexion of the three joints,
# our own estimate from photographs of relaxed hands.
_CURL: Final = {
    "index": (12.0, 24.0, 14.0), "middle": (17.0, 28.0, 16.0), "pinky": (25.0, 32.0, 18.0), "ring": (22.0, 31.0, 18.0),
    "thumb": (4.0, 12.0, 15.0),
}  # fmt: skip
_HINGE: Final = (0.0, 0.0, -1.0)
_THUMB_HINGE: Final = (0.54, 0.83, -0.10)
"""Axes that flex the left hand's fingers in SMPL's T-pose: fingers along +x, palm down, thumb to the front."""


def _relaxed_hands() -> FloatArray:
    left = np.zeros((15, 3))
    for finger, angles in _CURL.items():
        hinge = np.array(_THUMB_HINGE if finger == "thumb" else _HINGE)
        for number, angle in enumerate(angles):
            left[3 * FINGERS.index(finger) + number] = np.radians(angle) * normalized(hinge)
    hands = np.stack([left, left * [1.0, -1.0, -1.0]]).astype(np.float32)
    hands.setflags(write=False)
    return hands


RELAXED_HANDS: Final[FloatArray] = _relaxed_hands()
"""(2, 15, 3) axis-angle in MANO order, left hand first: fingers curled as in a hand that hangs loose."""


def finger_turns(
    seen: MappedRig,
    hands: AnyFloatArray | None,
    *,
    wanted: Mapping[str, DoubleArray],
    relaxed: Collection[str],
) -> dict[str, DoubleArray]:
    """Per finger bone how far its orientation is from rest, (T, 3, 3) in armature space.

    Fingers of the rig are straightened in the plane of the palm first, so that a curled rest does not add up; a thumb
    keeps its rest, as rigs differ too much in what a straight thumb is.

    Args:
        seen: the rig.
        hands: (T, 2, 15, 3) in MANO order, or None.
        wanted: turns of the wrists' bones.
        relaxed: sides to relax where `hands` is None; of other sides nothing is returned.
    """
    turns: dict[str, DoubleArray] = {}
    for side_index, side in enumerate(SIDES):
        wrist = seen.bone_map.joints.get(f"{side}_wrist")
        if wrist is None or (hands is None and side not in relaxed):
            continue
        local = RELAXED_HANDS[None, side_index] if hands is None else hands[:, side_index]
        turns |= _turns_of_hand(seen, side, matrices=axis_angle_to_matrix(local), wrist=wanted[wrist.bones[-1]])
    return turns


def _turns_of_hand(seen: MappedRig, side: str, *, matrices: DoubleArray, wrist: DoubleArray) -> dict[str, DoubleArray]:
    """The same of one hand: `matrices` (T or 1, 15, 3, 3) in MANO order, `wrist` (T, 3, 3) the turn of its bone."""
    hand, axes = seen.to_t_pose[f"{side}_wrist"], seen.frame.axes
    flat = flat_hand(seen, side, hand=hand)
    turns: dict[str, DoubleArray] = {}
    for position, finger in enumerate(FINGERS):
        turned = wrist @ hand.T @ axes
        for number in (1, 2, 3):
            turned = turned @ matrices[:, 3 * position + number - 1]
            joint = f"{side}_{finger}{number}"
            if joint in flat:
                full = turned @ (axes.T @ flat[joint])
                turns.update(dict.fromkeys(seen.bone_map.joints[joint].bones, full))
    return turns


def flat_hand(seen: MappedRig, side: str, *, hand: DoubleArray) -> dict[str, DoubleArray]:
    """Per mapped finger joint the rotation (3, 3) in armature space from rest to a flat hand in SMPL's T-pose.

    `hand` (3, 3) is that rotation of the wrist's bone.
    """
    knuckles = [seen.head(f"{side}_{finger}1") for finger in FINGERS if finger != "thumb"]
    palm_is_known = sum(head is not None for head in knuckles) >= _KNUCKLES_NEEDED
    turns: dict[str, DoubleArray] = {}
    for finger in FINGERS:
        names = [f"{side}_{finger}{number}" for number in (1, 2, 3)]
        joints = [name for name in names if name in seen.bone_map.joints]
        before, along = hand, None
        for joint, following in itertools.zip_longest(joints, joints[1:]):
            direction = _bone_direction(seen, joint, following, before=before, along=along)
            if finger != "thumb" and direction is not None:
                if along is None:
                    along = _in_palm(direction, seen.frame.axes, side=side) if palm_is_known else direction
                before = swing_between(direction, along) @ before
            turns[joint] = before
    return turns


def _bone_direction(
    seen: MappedRig, joint: str, following: str | None, *, before: DoubleArray, along: DoubleArray | None
) -> DoubleArray | None:
    """(3,) of length 1 in the T-pose so far; of a last bone its tail, if that points about along the finger."""
    start = seen.needed_head(joint)
    if following is not None:
        return normalized(before @ (seen.needed_head(following) - start))
    bone = seen.rig.index[seen.bone_map.joints[joint].bones[-1]]
    tail = normalized(before @ seen.rig.rest[bone, :3, 1].astype(np.float64))
    return tail if along is not None and float(tail @ along) > _TAIL_COUNTS else None


def _in_palm(direction: DoubleArray, axes: DoubleArray, *, side: str) -> DoubleArray:
    """(3,) without its part across the palm; along the hand where little is left."""
    up = axes[:, 1]
    flat = direction - up * (direction @ up)
    if np.linalg.norm(flat) > 0.5:
        return normalized(flat)
    return normalized(axes @ REST_OFFSETS[JOINT_INDEX[f"{side}_hand"]])
