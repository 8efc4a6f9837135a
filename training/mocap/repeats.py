"""Finds training clips that show what a held-out clip shows, as the same recording in another archive does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from contrapposto.backend.arrays import AnyFloatArray, FloatArray
from contrapposto.backend.retarget.character_frame import LIMB_CHILD
from contrapposto.backend.rotations import frame_from_axes, normalized
from contrapposto.backend.skeleton import JOINT_INDEX

WINDOW: Final = 15
"""Frames, one second, over which two clips are compared."""
_OTHER_SIDE: Final = [1, 0, 3, 2, 5, 4, 7, 6]
_MIRROR: Final = np.array([-1.0, 1.0, 1.0], np.float32)


SAME_RECORDING: Final = 3.1
"""Degrees: one recording read from two archives is 0.8 to 3.0 apart; two people who walk alike are 3.8 apart, and two
dancers who stand before they begin 3.3."""


def limb_directions(joints: AnyFloatArray) -> FloatArray:
    """Joints (T, 24, 3) -> (T, 8, 3) directions of upper arms, forearms, thighs and shins, right after left of each.

    They are seen from the trunk, so that neither turning nor leaning counts.
    """
    start, end = ([JOINT_INDEX[name] for name in _paired(names)] for names in (LIMB_CHILD, LIMB_CHILD.values()))
    hips = joints[:, [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]]
    up = joints[:, JOINT_INDEX["neck"]] - hips.mean(axis=1)
    trunk = frame_from_axes(up, hips[:, 0] - hips[:, 1])[..., [1, 0, 2]]
    return (normalized(joints[:, end] - joints[:, start]) @ trunk).astype(np.float32)


def _paired(names: Iterable[str]) -> list[str]:
    lefts = [name for name in names if name.startswith("left_")]
    return [name for left in lefts for name in (left, left.replace("left_", "right_"))]


def closest_second(one: FloatArray, other: FloatArray) -> float:
    """How far apart the limbs (T, 8, 3) and (S, 8, 3) of two clips are in the second in which they agree best.

    The root mean square of the angles in degrees, one of the clips as it is or seen in a mirror. Clips of less than a
    second agree nowhere: infinity.
    """
    mirrored = one[:, _OTHER_SIDE] * _MIRROR
    return min(_closest(one, other), _closest(mirrored, other))


def _closest(one: FloatArray, other: FloatArray) -> float:
    rows, columns = len(one) - WINDOW + 1, len(other) - WINDOW + 1
    if rows < 1 or columns < 1:
        return float("inf")
    cosines = one.reshape(len(one), -1) @ other.reshape(len(other), -1).T / one.shape[1]
    total = np.zeros((rows, columns), np.float32)
    for shift in range(WINDOW):
        total += cosines[shift : shift + rows, shift : shift + columns]
    # Of small angles the mean of the squares follows from the mean of the cosines.
    return float(np.degrees(np.arccos(np.clip(total.max() / WINDOW, -1.0, 1.0))))
