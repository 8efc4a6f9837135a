"""Twist of limbs made alike in all files: elbows and knees bend about their hinges, forearms carry the wrists' twist.

Files disagree about how limbs are twisted in their T-pose (the upper arms of CMU's own skeleton by 30 degrees), and
some were made by software that put the twist anywhere. Where the joints are does not change.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray, FloatArray
from contrapposto.backend.retarget.interpolation import swing_and_twist
from contrapposto.backend.retarget.rig_spec import BoolArray
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle, normalized
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, REST_OFFSETS

_HINGES: Final = (
    ("left_shoulder", "left_elbow", "left_wrist", (0.0, -1.0, 0.0)),
    ("right_shoulder", "right_elbow", "right_wrist", (0.0, 1.0, 0.0)),
    ("left_hip", "left_knee", "left_ankle", (1.0, 0.0, 0.0)),
    ("right_hip", "right_knee", "right_ankle", (1.0, 0.0, 0.0)),
)
"""Upper joint, hinge, end, and the axis that the hinge bends about in the T-pose."""
_STRAIGHT, _BENT = np.sin(np.radians(15.0)), np.sin(np.radians(30.0))
"""Sines of the bend below which a limb tells nothing of its hinge, and above which it tells all."""
_FARTHEST: Final = np.radians(100.0)
"""A frame whose hinge is further from the clip's is not followed."""


_LARGEST: Final = {
    "hip": 150.0, "knee": 160.0, "ankle": 80.0, "foot": 75.0, "spine1": 75.0, "spine2": 60.0, "spine3": 60.0,
    "neck": 75.0, "head": 75.0, "collar": 60.0, "elbow": 165.0, "wrist": 105.0,
}  # fmt: skip
"""Degrees from the T-pose beyond which a joint's rotation is a fault of the file."""


def plausible(rotations: FloatArray) -> BoolArray:
    """(T,) whether no joint of the poses (T, 24, 3) is turned further than any body's."""
    angles = np.degrees(np.linalg.norm(rotations, axis=-1))
    limits = [_LARGEST.get(name.rpartition("_")[2], np.inf) for name in JOINT_NAMES]
    limits[0] = np.inf
    return (angles <= limits).all(axis=-1)


def with_true_hinges(rotations: FloatArray) -> FloatArray:
    """The same poses (T, 24, 3) of one clip, upper arms and thighs twisted so that elbows and knees are hinges.

    Where a limb is nearly straight the twist is the clip's mean.
    """
    turned = axis_angle_to_matrix(rotations)
    for upper, lower, end, axis in _HINGES:
        first, second = JOINT_INDEX[upper], JOINT_INDEX[lower]
        along, onward = normalized(REST_OFFSETS[second]), normalized(REST_OFFSETS[JOINT_INDEX[end]])
        angle = _hinge_angle(turned[:, second] @ onward, along, np.array(axis))
        twist = axis_angle_to_matrix(angle[:, None] * along)
        turned[:, first] = turned[:, first] @ twist
        turned[:, second] = np.swapaxes(twist, -1, -2) @ turned[:, second]
    return matrix_to_axis_angle(turned).astype(np.float32)


def _hinge_angle(onward: DoubleArray, along: DoubleArray, axis: DoubleArray) -> DoubleArray:
    """(T,) radians about `along` from the hinge's axis to the one that the limb bends about in each frame."""
    hinge = np.cross(along, onward)
    cosine, sine = hinge @ axis, hinge @ np.cross(along, axis)
    mean = np.arctan2(sine.sum(), cosine.sum())
    mean = mean if abs(mean) < _FARTHEST else 0.0  # a knee that is only ever overstretched
    apart = (np.arctan2(sine, cosine) - mean + np.pi) % (2.0 * np.pi) - np.pi
    share = np.clip((np.hypot(sine, cosine) - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    share = np.where(np.abs(apart) > _FARTHEST, 0.0, share * share * (3.0 - 2.0 * share))
    return mean + share * apart


def with_twist_in_forearms(rotations: FloatArray) -> FloatArray:
    """The same poses (T, 24, 3) with the wrists' twist about the forearm moved to the elbow joint, which carries it."""
    turned = axis_angle_to_matrix(rotations)
    for side in ("left", "right"):
        elbow, wrist = JOINT_INDEX[f"{side}_elbow"], JOINT_INDEX[f"{side}_wrist"]
        along = normalized(REST_OFFSETS[wrist])
        # wrist = twist @ rest, with the twist about the forearm, which is the inverse of inverse = swing @ twist.
        _, angle = swing_and_twist(np.swapaxes(turned[:, wrist], -1, -2), along)
        twist = axis_angle_to_matrix(-angle[:, None] * along)
        turned[:, elbow] = turned[:, elbow] @ twist
        turned[:, wrist] = np.swapaxes(twist, -1, -2) @ turned[:, wrist]
    return matrix_to_axis_angle(turned).astype(np.float32)
