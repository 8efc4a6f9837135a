"""Variations of a drawing's ink: turned, mirrored, cropped, drawn thicker, paler, with gaps and things around."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import DoubleArray, FloatArray, ImageArray
from contrapposto.backend.detect.drawing_network import INPUT_SIZE
from contrapposto.backend.keypoints import FIGURE_23

_MOST_ZOOM: Final = 1.7
_MIDDLE: Final = (INPUT_SIZE - 1) / 2.0


OTHER_SIDE: Final = np.array(FIGURE_23.mirror)
"""(23,) where the same keypoint of the figure's other side is."""


def random_view(points: FloatArray | None, rng: np.random.Generator) -> DoubleArray:
    """(2, 3) from pixels of the drawing to pixels of a variation of it.

    Args:
        points: (K, 2) of the figure to look at closely, as a second look does; or None for the whole drawing.
        rng: chooses.
    """
    scale, middle = math.exp(rng.normal(-0.08, 0.15)), np.full(2, _MIDDLE)
    if points is not None:
        low, high = points.min(0), points.max(0)
        scale = min(rng.uniform(0.55, 0.9) * INPUT_SIZE / max(float((high - low).max()), 1.0), _MOST_ZOOM)
        middle = (low + high) / 2.0
    angle = rng.normal(0.0, 0.15) if rng.random() < 0.8 else rng.uniform(-0.8, 0.8)
    cosine, sine = scale * math.cos(angle), scale * math.sin(angle)
    matrix = np.array([[cosine, -sine], [sine, cosine]])
    if rng.random() < 0.25:
        stretch = math.exp(rng.normal(0.0, 0.1))
        matrix = matrix * [[stretch], [1.0 / stretch]]
    target = _MIDDLE + rng.normal(0.0, 0.05, 2) * INPUT_SIZE
    if rng.random() < 0.5:
        matrix = matrix * [[-1.0], [1.0]]
    return np.column_stack([matrix, target - matrix @ middle])


def is_mirrored(view: DoubleArray) -> bool:
    """Whether a view shows the figure's left as its right."""
    return bool(np.linalg.det(view[:, :2]) < 0.0)


def vary(
    ink: ImageArray, view: DoubleArray, rng: np.random.Generator, *, thing: ImageArray | None = None
) -> FloatArray:
    """A drawing's ink (192, 192) as seen by `view`, in [0, 1], in other strokes, and perhaps with a thing about."""
    shown = cv2.warpAffine(ink, view, (INPUT_SIZE, INPUT_SIZE), flags=cv2.INTER_LINEAR)
    chance = rng.random(7)
    if chance[0] < 0.15:
        shown = cv2.dilate(shown, np.ones((2, 2) if chance[0] < 0.1 else (3, 3), np.uint8))
    elif chance[0] < 0.22:
        shown = cv2.erode(shown, np.ones((2, 2), np.uint8))
    if chance[1] < 0.25:
        shown = cv2.GaussianBlur(shown, (3, 3), float(rng.uniform(0.4, 1.2)))
    if thing is not None:
        shown = np.maximum(shown, cv2.warpAffine(thing, random_view(None, rng), shown.shape, flags=cv2.INTER_LINEAR))
    strength = np.asarray(shown, np.float32) / np.float32(255.0)
    if chance[2] < 0.6:
        strength **= np.float32(math.exp(rng.normal(0.0, 0.35)))
        strength = np.minimum(strength * np.float32(rng.uniform(0.6, 1.5)), np.float32(1.0))
    if chance[3] < 0.2:
        strength = _gaps(strength, rng)
    if chance[4] < 0.2:
        strength = _lines(strength, rng)
    if chance[5] < 0.2:
        strength += rng.uniform(0.02, 0.12) * np.abs(rng.standard_normal(strength.shape, dtype=np.float32))
    return np.clip(strength, 0.0, 1.0, dtype=np.float32)


def _gaps(strength: FloatArray, rng: np.random.Generator) -> FloatArray:
    for _ in range(rng.integers(1, 4)):
        width, height = rng.integers(6, 36, 2)
        left, top = rng.integers(0, INPUT_SIZE - 6, 2)
        strength[top : top + height, left : left + width] *= rng.choice([0.0, 0.0, 0.3])
    return strength


def _lines(strength: FloatArray, rng: np.random.Generator) -> FloatArray:
    """What else is on the paper: a floor, the edge of a table, construction lines."""
    for _ in range(rng.integers(1, 5)):
        ends = rng.uniform(-20, INPUT_SIZE + 20, (2, 2))
        if rng.random() < 0.4:
            ends[1, int(rng.integers(2))] = ends[0, int(rng.integers(2))]
        start, end = (tuple(int(16 * value) for value in point) for point in ends)
        cv2.line(strength, start, end, float(rng.uniform(0.2, 1.0)), int(rng.integers(1, 3)), cv2.LINE_AA, 4)
    return strength
