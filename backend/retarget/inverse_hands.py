"""Fingers of a rig's motion -> MANO's joints: the inverse of the solver's hands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from ..arrays import DoubleArray, FloatArray
from ..rotations import geodesic_angle, matrix_to_axis_angle
from ..skeleton import JOINT_INDEX
from .bone_map import FINGERS
from .character_frame import SIDES, MappedRig
from .hands import RELAXED_HANDS, flat_hand

_AT_REST: Final = np.radians(1.0)


def hands_from_turns(seen: MappedRig, turns: Mapping[str, DoubleArray], world: DoubleArray) -> FloatArray | None:
    """(T, 2, 15, 3) axis-angle in MANO order, or None where no finger ever leaves its rest pose.

    Fingers that were never posed say nothing about the hand; a hand without evidence beside one with is relaxed.

    Args:
        seen: the rig.
        turns: per bone how far it is from rest, (T, 3, 3) in armature space.
        world: (T, 24, 3, 3) orientations of SMPL's joints in the inner frame.
    """
    hands = np.broadcast_to(RELAXED_HANDS.astype(np.float64), (len(world), 2, 15, 3)).copy()
    posed = [side for side in SIDES if _is_posed(seen, turns, side)]
    for side in posed:
        hands[:, SIDES.index(side)] = _hand(seen, turns, world[:, JOINT_INDEX[f"{side}_wrist"]], side=side)
    return hands.astype(np.float32) if posed else None


def _is_posed(seen: MappedRig, turns: Mapping[str, DoubleArray], side: str) -> bool:
    joints = seen.bone_map.joints
    if f"{side}_wrist" not in joints:
        return False
    hand = turns[joints[f"{side}_wrist"].bones[-1]]
    fingers = [joint for joint in joints if joint.startswith(f"{side}_") and joint not in JOINT_INDEX]
    apart = [geodesic_angle(hand, turns[joints[finger].bones[-1]]) for finger in fingers]
    return bool(fingers) and float(np.max(apart)) > _AT_REST


def _hand(seen: MappedRig, turns: Mapping[str, DoubleArray], body: DoubleArray, *, side: str) -> DoubleArray:
    """(T, 15, 3) of one hand; `body` (T, 3, 3) is the wrist's orientation. A joint without a bone is straight."""
    flat, axes = flat_hand(seen, side, hand=seen.to_t_pose[f"{side}_wrist"]), seen.frame.axes
    local = np.zeros((len(body), 15, 3))
    for first, finger in enumerate(FINGERS):
        before = body
        for number in (1, 2, 3):
            joint = f"{side}_{finger}{number}"
            if joint not in flat:
                continue
            turned = axes.T @ turns[seen.bone_map.joints[joint].bones[-1]] @ (flat[joint].T @ axes)
            local[:, 3 * first + number - 1] = matrix_to_axis_angle(np.swapaxes(before, -1, -2) @ turned)
            before = turned
    return local
