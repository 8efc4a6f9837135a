"""What somebody looks like: the colours of torso and thighs, by which they are known again."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, ImageArray
from ..keypoints import BLAZEPOSE_33

_PARTS: Final = (
    ("left_shoulder", "right_shoulder", "left_hip", "right_hip"),
    ("left_hip", "right_hip", "left_knee", "right_knee"),
)
_CORNERS: Final = np.array([[BLAZEPOSE_33.index[name] for name in part] for part in _PARTS])
_SAMPLES: Final = 14
"""Along each side of a part."""
_INSET: Final = 0.12
"""So much of a part's length is left out at its edges, where the background shows."""
_THINNEST: Final = 0.3
"""A part seen from the side is sampled as wide as this share of its length."""
_HUES, _SATURATIONS, _VALUES = 12, 2, 8
_SPREAD: Final = np.array([1.0, 2.0, 3.0, 2.0, 1.0]) / 9.0
BINS: Final = _HUES * _SATURATIONS + _VALUES
_LEAST_CONFIDENCE: Final = 0.3
_LEAST_SAMPLES: Final = 30
_MOST_WEIGHT: Final = 30
"""A running mean forgets older frames after so many."""


def look_of(image: ImageArray, points_px: AnyFloatArray, confidence: AnyFloatArray) -> FloatArray:
    """The colours (2, BINS) of torso and thighs of a person with landmarks (33, 2) and (33,) in an image (H, W, 3) RGB.

    Each part is a histogram over hue and saturation, weighted by how colourful a pixel is, beside one over brightness;
    it sums to 1, or to 0 where the part is hidden or outside of the picture.
    """
    looks = np.zeros((len(_CORNERS), BINS), np.float32)
    for part, corners in enumerate(_CORNERS):
        if float(np.min(confidence[corners])) < _LEAST_CONFIDENCE:
            continue
        pixels = _pixels_of(image, np.asarray(points_px[corners], np.float64))
        if len(pixels) >= _LEAST_SAMPLES:
            looks[part] = _histogram(pixels)
    return looks


def merged(mean: FloatArray, weights: AnyFloatArray, look: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A running mean (2, BINS) with its weights (2,), after one more look (2, BINS)."""
    there = (look.sum(axis=1) > 0.0).astype(np.float32)
    weights = np.minimum(weights + there, _MOST_WEIGHT).astype(np.float32)
    share = np.where(weights > 0.0, there / np.maximum(weights, 1.0), 0.0)[:, None]
    return ((1.0 - share) * mean + share * look).astype(np.float32), weights


def distance(first: FloatArray, second: FloatArray) -> float | None:
    """How different two looks (2, BINS) are, from 0 to 1 (Hellinger); None where they share no visible part."""
    shared = (first.sum(axis=1) > 0.0) & (second.sum(axis=1) > 0.0)
    if not shared.any():
        return None
    alike = np.sqrt(first[shared] * second[shared]).sum(axis=1)
    return float(np.sqrt(np.clip(1.0 - alike, 0.0, 1.0)).mean())


def _pixels_of(image: ImageArray, corners: DoubleArray) -> ImageArray:
    """(N, 3) RGB inside a quadrilateral, corners (4, 2): left and right above, left and right below."""
    above, below = corners[:2].mean(axis=0), corners[2:].mean(axis=0)
    along = below - above
    length = float(np.linalg.norm(along))
    across = ((corners[0] - corners[1]) + (corners[2] - corners[3])) / 2.0
    if np.linalg.norm(across) < _THINNEST * length:
        across = np.array([-along[1], along[0]]) * _THINNEST
    steps = np.linspace(_INSET, 1.0 - _INSET, _SAMPLES)
    places = above + steps[:, None, None] * along + (steps[None, :, None] - 0.5) * across
    columns, rows = np.floor(places.reshape(-1, 2).T).astype(np.intp)
    inside = (columns >= 0) & (rows >= 0) & (columns < image.shape[1]) & (rows < image.shape[0])
    return image[rows[inside], columns[inside]]


def _histogram(pixels: ImageArray) -> FloatArray:
    """(BINS,) of pixels (N, 3) RGB."""
    import cv2

    hsv = np.asarray(cv2.cvtColor(pixels[None], cv2.COLOR_RGB2HSV))[0].astype(np.float64)
    hue, saturation, value = hsv[:, 0] / 180.0, hsv[:, 1] / 255.0, hsv[:, 2] / 255.0
    chroma = saturation * value
    bins = np.minimum((hue * _HUES).astype(int), _HUES - 1) * _SATURATIONS + (saturation > 0.5)
    colours = np.bincount(bins, weights=chroma, minlength=_HUES * _SATURATIONS).reshape(_HUES, _SATURATIONS)
    # a pixel of no colour has a hue by chance: what it lacks in chroma it counts in brightness
    values = np.bincount(
        np.minimum((value * _VALUES).astype(int), _VALUES - 1), weights=1.0 - chroma, minlength=_VALUES
    )
    # light changes: neighbouring bins are nearly the same
    colours = 0.5 * colours + 0.25 * (np.roll(colours, 1, axis=0) + np.roll(colours, -1, axis=0))
    values = np.convolve(np.pad(values, 2, mode="reflect"), _SPREAD, mode="valid")
    values *= (1.0 - chroma).sum() / max(float(values.sum()), 1e-9)
    return (np.concatenate([colours.reshape(-1), values]) / len(pixels)).astype(np.float32)
