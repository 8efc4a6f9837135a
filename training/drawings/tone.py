"""Tone on figures with a surface: flat colours, shade, hatching.

Convention: a canvas is (H, W) uint8, 0 where there is no ink.
"""

from __future__ import annotations

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray

from .sample import BoolArray
from .skin import View


def toned(view: View, garments: IntArray, *, slope_unit: float, rng: np.random.Generator) -> np.ndarray:
    """Tone of one kind.

    Args:
        view: the figure.
        garments: (H, W) what covers it; 0 where it is bare.
        slope_unit: metres of a canvas pixel.
        rng: its chance.
    """
    on = view.triangle >= 0
    kind = rng.random()
    if kind < 0.35:
        levels = rng.uniform(0.0, 200.0, 5) * (rng.random(5) < 0.7)
        return np.where(on, levels[garments], 0.0).astype(np.uint8)
    shade = cv2.GaussianBlur(_shade(view, slope_unit, rng).astype(np.float32), (0, 0), 2.0)
    if kind < 0.65:
        return (np.where(on, shade, 0.0) * rng.uniform(60.0, 180.0)).astype(np.uint8)
    return _hatched(on & (shade > rng.uniform(0.3, 0.6)), rng)


def _shade(view: View, slope_unit: float, rng: np.random.Generator) -> FloatArray:
    """(H, W) 0 where it faces the light to 1 where it turns away."""
    planes = np.concatenate([view.planes, [[0.0, 0.0, 0.0]]])[:, :2] / slope_unit
    angle = rng.uniform(0.0, 2.0 * np.pi)
    light = np.array([np.cos(angle), np.sin(angle)])
    facing = (1.0 - 1.2 * planes @ light) / np.sqrt(1.0 + (planes**2).sum(1)) / 1.56
    return np.clip(1.0 - facing, 0.0, 1.0)[view.triangle]


def _hatched(where: BoolArray, rng: np.random.Generator) -> np.ndarray:
    angle, every = rng.uniform(0.0, np.pi), rng.uniform(4.0, 12.0)
    x, y = np.meshgrid(np.arange(where.shape[1]), np.arange(where.shape[0]))
    phase = (x * np.cos(angle) + y * np.sin(angle)) / every
    return (where * (phase % 1.0 < rng.uniform(0.15, 0.35)) * rng.uniform(90.0, 255.0)).astype(np.uint8)
