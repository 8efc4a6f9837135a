"""Frames in which somebody is not seen: filled in between what is seen before and after.

Convention: T frames evenly spaced; rotations parent-relative.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray, IntArray
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .contacts import runs

LONG_GAP_S: Final = 0.3
"""What feet do in longer gaps nobody can tell."""


def with_gaps_filled(
    rotations: AnyFloatArray, pelvis: AnyFloatArray, seen: BoolArray
) -> tuple[DoubleArray, DoubleArray]:
    """Ease from the last pose before each gap to the first one after it; at an end of the take hold the nearest.

    That is nearer to the truth than what the pose model says of frames that show nothing, more so the longer the gap.

    Args:
        rotations: (T, 24, 3, 3).
        pelvis: (T, 3) metres.
        seen: (T,) one take; without any frame that is seen all stays as it is.
    """
    turned, place = np.array(rotations, np.float64), np.array(pelvis, np.float64)
    if not seen.any():
        return turned, place
    for gap in runs(~seen):
        before, after = gap.start - 1, gap.stop
        start, end = (before if before >= 0 else after), (after if after < len(seen) else before)
        share = np.arange(1.0, gap.stop - gap.start + 1.0) / (gap.stop - gap.start + 1.0)
        share = share * share * (3.0 - 2.0 * share)
        turns = matrix_to_axis_angle(np.swapaxes(turned[start], -1, -2) @ turned[end])
        turned[gap] = turned[start] @ axis_angle_to_matrix(share[:, None, None] * turns)
        place[gap] = place[start] + share[:, None] * (place[end] - place[start])
    return turned, place


def without_empty_takes(shot: IntArray, seen: BoolArray) -> IntArray:
    """(T,) which take each frame belongs to, where takes that show nobody count with the one before, or the first.

    Args:
        shot: (T,) ascending.
        seen: (T,) with at least one frame that is seen.
    """
    there = np.unique(shot[seen])
    before = np.searchsorted(there, shot, side="right") - 1
    return there[np.maximum(before, 0)]


def in_long_gaps(seen: BoolArray, fps: float) -> BoolArray:
    """(T,) which frames lie in gaps that are too long to tell what happens in them."""
    found = np.zeros(len(seen), np.bool_)
    for gap in runs(~seen):
        found[gap] = gap.stop - gap.start > LONG_GAP_S * fps
    return found
