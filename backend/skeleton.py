"""The 24 SMPL joints: names, parents, mirror pairs, and the rest offsets of our own neutral adult.

Convention: T-pose in the inner frame (metres; x to the person's left, y up, z forward, all joint frames aligned).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from .arrays import FloatArray, IntArray

JOINT_NAMES: Final[tuple[str, ...]] = (
    "pelvis", "left_hip", "right_hip", "spine1", "left_knee", "right_knee", "spine2", "left_ankle", "right_ankle",
    "spine3", "left_foot", "right_foot", "neck", "left_collar", "right_collar", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist", "left_hand", "right_hand",
)  # fmt: skip
JOINT_COUNT: Final = len(JOINT_NAMES)
JOINT_INDEX: Final[dict[str, int]] = {name: index for index, name in enumerate(JOINT_NAMES)}
PARENTS: Final[tuple[int, ...]] = (
    -1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21,
)  # fmt: skip


def _mirror_of(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    if name.startswith("right_"):
        return "left_" + name.removeprefix("right_")
    return name


MIRROR: Final[IntArray] = np.array([JOINT_INDEX[_mirror_of(name)] for name in JOINT_NAMES])
"""(24,) index of the joint on the other side; a joint of the middle is its own mirror."""

STATURE_M: Final = 1.70
"""Stature of the neutral adult, near the mean of adult women and men."""

# Limb lengths as shares of stature: R. Drillis and R. Contini, "Body Segment Parameters", New York University 1966,
# as printed in D. A. Winter, "Biomechanics and Motor Control of Human Movement", figure 4.1 (upper arm .186, forearm
# .146, hand .108, thigh .245, shank .246, ankle height .039, foot length .152, half shoulder breadth .129). Hip joint
# centres, the split of the trunk and the collar are read off the CC0 MakeHuman base mesh's default skeleton, rounded
# to 5 mm. `left_hand` is the knuckle row, `left_foot` the ball of the foot, `head` the joint between skull and neck.
_OFFSETS_LEFT_AND_MIDDLE: Final[dict[str, tuple[float, float, float]]] = {
    "pelvis": (0.0, 0.0, 0.0),
    "left_hip": (0.095, -0.065, 0.0),
    "spine1": (0.0, 0.100, -0.020),
    "left_knee": (0.0, -0.245 * STATURE_M, 0.0),
    "spine2": (0.0, 0.125, 0.0),
    "left_ankle": (0.0, -0.246 * STATURE_M, -0.015),
    "spine3": (0.0, 0.095, 0.0),
    "left_foot": (0.010, -0.045, 0.115),
    "neck": (0.0, 0.165, -0.010),
    "left_collar": (0.055, 0.110, 0.0),
    "head": (0.0, 0.095, 0.030),
    "left_shoulder": (0.129 * STATURE_M - 0.055, 0.010, -0.010),
    "left_elbow": (0.186 * STATURE_M, 0.0, 0.0),
    "left_wrist": (0.146 * STATURE_M, 0.0, 0.0),
    "left_hand": (0.095, 0.0, 0.0),
}


def _rest_offsets() -> FloatArray:
    offsets = np.zeros((JOINT_COUNT, 3), dtype=np.float32)
    for name, (x, y, z) in _OFFSETS_LEFT_AND_MIDDLE.items():
        offsets[JOINT_INDEX[name]] = (x, y, z)
        if name.startswith("left_"):
            offsets[JOINT_INDEX[_mirror_of(name)]] = (-x, y, z)
    offsets.setflags(write=False)
    return offsets


REST_OFFSETS: Final[FloatArray] = _rest_offsets()
"""(24, 3) metres: each joint relative to its parent in the T-pose; the pelvis is the origin."""

SOLE_BELOW_ANKLE_M: Final = 0.039 * STATURE_M + 0.010
"""How far the sole lies below the ankle joint; the ball of the foot (`left_foot`) is about 2 cm above the sole."""
SOLE_BELOW_FOOT_M: Final = SOLE_BELOW_ANKLE_M - 0.045
