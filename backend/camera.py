"""A pinhole camera: pixels of the full image, origin top left, no distortion."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from .arrays import AnyFloatArray, FloatArray
from .errors import InputError

FULL_FRAME_DIAGONAL_MM: Final = math.hypot(36.0, 24.0)
"""Of 35 mm film: an equivalent focal length is one with the same angle over the diagonal (CIPA DCG-001)."""


@dataclass(frozen=True)
class Camera:
    """Focal lengths and principal point in pixels of the full image.

    Raises:
        InputError: a focal length is not positive or a number is not finite.
    """

    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        numbers = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(number) for number in numbers) or min(self.fx, self.fy) <= 0.0:
            raise InputError(f"A camera needs positive focal lengths and finite numbers, not {numbers}.")

    @classmethod
    def assumed(cls, image_size: tuple[int, int]) -> Camera:
        """For a picture (width, height) of unknown camera: focal length = diagonal, principal point in the middle.

        That is a 43 mm lens on 35 mm film, and the guess of WHAM (Shin et al., CVPR 2024) and CLIFF (Li et al., 2022).
        """
        width, height = image_size
        focal = math.hypot(width, height)
        return cls(focal, focal, width / 2.0, height / 2.0)

    def equivalent_mm(self, image_size: tuple[int, int]) -> float:
        """The focal length that has this angle over the picture's diagonal on 35 mm film."""
        return math.sqrt(self.fx * self.fy) / math.hypot(*image_size) * FULL_FRAME_DIAGONAL_MM

    def project(self, points_cam: AnyFloatArray) -> FloatArray:
        """Points (..., 3) in metres and camera axes -> (..., 2) pixels. Points nearer than 1 cm count as 1 cm away."""
        depth = np.maximum(points_cam[..., 2], 1e-2)
        x = self.fx * points_cam[..., 0] / depth + self.cx
        y = self.fy * points_cam[..., 1] / depth + self.cy
        return np.stack([x, y], axis=-1).astype(np.float32)

    def as_array(self) -> FloatArray:
        """(4,): fx, fy, cx, cy."""
        return np.array([self.fx, self.fy, self.cx, self.cy], dtype=np.float32)
