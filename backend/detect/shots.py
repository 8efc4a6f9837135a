"""Cuts between shots: where the picture changes in colours and in structure at once."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import FloatArray, ImageArray

_WIDTH, _HEIGHT = 48, 27
_PLAIN: Final = 1e-3
_CHANGE: Final = 0.47
"""A cut changes colours (distance) and structure (half of the lost likeness) by more than this together. Frames of one
shot half a second apart, and whip pans by a third of the picture, stay below 0.44; above are 78 of 78 pairs of photos
of different places, and 8 of 13 pairs of halves of one photo, which stand for a cut within one place."""
_SAME_STRUCTURE: Final = 0.75
"""A flash changes all colours, but not where it is light and dark."""
_ROWS, _COLUMNS = slice(5, 22), slice(9, 39)
"""The middle of the picture, which is looked for in the other one: pans move it by at most a fifth."""


class ShotFinder:
    """Notices cuts in frames that are given one after the other.

    Args:
        last: (27, 48, 3) float32, the small copy of the last frame, to go on from (`last`).
    """

    def __init__(self, last: FloatArray | None = None) -> None:
        self.last = last

    def is_cut(self, image: ImageArray) -> bool:
        """Whether another shot begins with this frame (H, W, 3) RGB."""
        now = small_copy(image)
        before, self.last = self.last, now
        if before is None:
            return False
        structure = structure_likeness(before, now)
        change = colour_distance(before, now) + 0.5 * (1.0 - structure)
        return structure < _SAME_STRUCTURE and change > _CHANGE


def small_copy(image: ImageArray) -> FloatArray:
    """(27, 48, 3) in [0, 1] of an image of any size."""
    import cv2

    # of large frames one pixel in so many is enough, and much faster than averaging them all
    stride = max(min(image.shape[1] // (4 * _WIDTH), image.shape[0] // (4 * _HEIGHT)), 1)
    small = cv2.resize(image[::stride, ::stride], (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32) / 255.0


def colour_distance(first: FloatArray, second: FloatArray) -> float:
    """Hellinger distance between the colour histograms of two small copies, from 0 to 1."""
    histograms = [_colours(copy) for copy in (first, second)]
    alike = float(np.sqrt(histograms[0] * histograms[1]).sum())
    return float(np.sqrt(max(1.0 - alike, 0.0)))


def structure_likeness(first: FloatArray, second: FloatArray) -> float:
    """Correlation of the brightness of two small copies, at best over shifts by up to a fifth of their size.

    Returns:
        From -1 to 1; 1 where both are plain, 0 where one is.
    """
    light = [copy.mean(axis=2, dtype=np.float32) for copy in (first, second)]
    plain = [float(each[_ROWS, _COLUMNS].std()) < _PLAIN for each in light]
    if any(plain):
        return 1.0 if all(plain) else 0.0
    return max(_found_in(light[1], light[0]), _found_in(light[0], light[1]))


def _found_in(whole: FloatArray, other: FloatArray) -> float:
    """How alike the middle of `other` (27, 48) and the likest part of `whole` are."""
    import cv2

    return float(np.max(np.asarray(cv2.matchTemplate(whole, other[_ROWS, _COLUMNS], cv2.TM_CCOEFF_NORMED))))


def _colours(copy: FloatArray) -> FloatArray:
    """(512,) shares of the colours in 8 x 8 x 8 cells, each pixel spread over the cells around it by a blur."""
    cells = np.minimum((copy * 8.0).astype(int), 7)
    counts = np.bincount((cells[..., 0] * 64 + cells[..., 1] * 8 + cells[..., 2]).reshape(-1), minlength=512)
    cube = counts.reshape(8, 8, 8).astype(np.float32)
    for axis in range(3):
        padded = np.pad(cube, [(1, 1) if each == axis else (0, 0) for each in range(3)])
        low, middle, high = (np.take(padded, np.arange(8) + step, axis=axis) for step in range(3))
        cube = 0.25 * low + 0.5 * middle + 0.25 * high
    return (cube / max(float(cube.sum()), 1e-6)).reshape(-1)
