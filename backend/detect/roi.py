"""Square, turned regions of a picture and their affine maps.

Convention: continuous pixel coordinates; the first pixel covers [0, 1] and its middle is 0.5. x right, y down, so a
positive angle turns clockwise as seen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray

_MARGIN: Final = 1.25
"""The person's circle is widened by this much (MediaPipe's published graph options, RectTransformation)."""
_TARGET_ANGLE: Final = math.pi / 2.0


@dataclass(frozen=True)
class Roi:
    """A square of the image: its middle and side in pixels, and how far it is turned, in radians in [-pi, pi)."""

    x: float
    y: float
    side: float
    angle: float = 0.0

    @classmethod
    def around(cls, hips: AnyFloatArray, scale_point: AnyFloatArray) -> Roi:
        """From the middle of the hips (2,) and a point (2,) on the circle around the whole person, in pixels.

        The second point lies above the head of the upright person, so its direction is the body's up (Bazarevsky et
        al., "BlazePose", 2020, section 2.2: the Vitruvian circle).
        """
        dx, dy = float(scale_point[0] - hips[0]), float(scale_point[1] - hips[1])
        angle = _TARGET_ANGLE - math.atan2(-dy, dx)
        angle -= 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))
        return cls(float(hips[0]), float(hips[1]), 2.0 * _MARGIN * math.hypot(dx, dy), angle)

    @classmethod
    def letterbox(cls, image_size: tuple[int, int]) -> Roi:
        """The smallest upright square that holds the whole picture (width, height)."""
        width, height = image_size
        return cls(width / 2.0, height / 2.0, float(max(width, height)))

    def to_image(self, size: int) -> DoubleArray:
        """(2, 3) affine map from the pixels of a `size` x `size` crop to those of the image."""
        scale = self.side / size
        cosine, sine = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = size / 2.0
        return np.array([
            [cosine, -sine, self.x - half * (cosine - sine)],
            [sine, cosine, self.y - half * (sine + cosine)],
        ])  # fmt: skip

    def corners(self) -> DoubleArray:
        """(4, 2) in pixels of the image."""
        return apply_affine(self.to_image(1), np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))


def half_tiles(image_size: tuple[int, int]) -> list[Roi]:
    """Overlapping squares of half the picture's longer side (width, height) that cover it: six to nine."""
    width, height = image_size
    side = max(image_size) / 2.0
    return [Roi(x, y, side) for y in _middles(height, side) for x in _middles(width, side)]


def _middles(length: float, side: float) -> list[float]:
    """Where squares of `side` are centred so that they cover `length` and overlap by half or more."""
    if length <= side:
        return [length / 2.0]
    count = math.ceil(2.0 * (length - side) / side) + 1
    return [float(middle) for middle in np.linspace(side / 2.0, length - side / 2.0, count)]


def apply_affine(matrix: AnyFloatArray, points: AnyFloatArray) -> DoubleArray:
    """Points (..., 2) through an affine map (2, 3)."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], dtype=np.float64)
