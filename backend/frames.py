"""The frames: inner (x right, y up, z to the viewer), camera (x right, y down, z forward), Blender (z up, front -y)."""

from __future__ import annotations

from typing import Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray

INNER_TO_BLENDER: Final[DoubleArray] = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
"""(3, 3) rotation: (x, y, z) -> (x, -z, y), so that whoever faces the camera faces Blender's front view."""
INNER_TO_BLENDER.setflags(write=False)


def inner_to_blender(vectors: AnyFloatArray) -> AnyFloatArray:
    """Points or directions (..., 3) of the inner frame in Blender's axes: (x, y, z) -> (x, -z, y)."""
    return np.stack([vectors[..., 0], -vectors[..., 2], vectors[..., 1]], axis=-1)


def blender_to_inner(vectors: AnyFloatArray) -> AnyFloatArray:
    """The inverse of `inner_to_blender`: (x, y, z) -> (x, z, -y)."""
    return np.stack([vectors[..., 0], vectors[..., 2], -vectors[..., 1]], axis=-1)


def inner_to_camera(vectors: AnyFloatArray) -> AnyFloatArray:
    """Directions (..., 3) of the inner frame in camera axes: (x, -y, -z). Its own inverse."""
    return vectors * np.array([1.0, -1.0, -1.0], dtype=vectors.dtype)
