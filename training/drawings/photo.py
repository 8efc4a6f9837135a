"""A sheet photographed from aside: its perspective, its edges, what lies beyond them; and what was rubbed out."""

from __future__ import annotations

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray

from .figure import CANVAS
from .hand import smooth_noise
from .sample import SIZE


def view_of_sheet(rng: np.random.Generator) -> FloatArray:
    """(3, 3) from the canvas to the canvas as a camera sees the sheet, a little from aside."""
    corners = np.array([[0, 0], [CANVAS, 0], [CANVAS, CANVAS], [0, CANVAS]], np.float32)
    inset = rng.uniform(-0.03, 0.1) * CANVAS
    middle = np.full(2, 0.5 * CANVAS)
    moved = corners + np.sign(middle - corners) * inset + rng.normal(0.0, 0.035 * CANVAS, (4, 2))
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def warped(canvas: np.ndarray, view: FloatArray) -> np.ndarray:
    """A canvas as the camera sees it."""
    return cv2.warpPerspective(canvas, view, (CANVAS, CANVAS), flags=cv2.INTER_LINEAR)


def moved(pixels: FloatArray, view: FloatArray) -> FloatArray:
    """Points (N, 2) of the canvas as the camera sees them."""
    return cv2.perspectiveTransform(np.asarray(pixels, np.float32)[None], view)[0]


def beyond(view: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(192, 192) what the light of a picture is multiplied by: 1 on the sheet, another tone beside it."""
    sheet = np.full((CANVAS, CANVAS), 255, np.uint8)
    on = cv2.resize(warped(sheet, view), (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    return on + (1.0 - on) * rng.uniform(0.15, 1.1)


def rubbed_out(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The canvas with a faint trace of its own lines beside them, as after a correction, or smears."""
    shift = np.float32([[1, 0, rng.normal(0.0, 0.03) * CANVAS], [0, 1, rng.normal(0.0, 0.03) * CANVAS]])
    trace = cv2.warpAffine(canvas, shift, (CANVAS, CANVAS))
    window = np.zeros((CANVAS, CANVAS), np.uint8)
    way = np.cumsum(smooth_noise(12, rng), axis=0) * 0.08 * CANVAS + rng.uniform(0.2, 0.8, 2) * CANVAS
    cv2.polylines(window, [np.round(way).astype(np.int32)], False, 255, int(rng.uniform(0.1, 0.3) * CANVAS))
    trace = cv2.GaussianBlur(trace & window, (0, 0), rng.uniform(0.5, 2.0))
    return np.maximum(canvas, (trace * rng.uniform(0.1, 0.4)).astype(np.uint8))
