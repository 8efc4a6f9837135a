"""Whether a picture is a drawing or a photo: by plain ground, few tones, and edges that are strokes of one ink.

It decides which way a picture takes by itself, and when to ask. Needs OpenCV; runs no model.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..arrays import DoubleArray, FloatArray, ImageArray
from ..packages import require_opencv
from .drawing_ink import ink, working_copy

MEASURES: Final = ("plain", "tones", "half", "lined", "inks", "strokes")
WEIGHTS: Final = (4.69, -0.479, -5.915, 5.702, -5.672, 3.54)
BIAS: Final = -4.75
"""Of the logistic regression that `python -m training.fit_looks_drawn` made from photos and synthetic drawings."""
_SIZE: Final = 256
_LEAST_SPREAD: Final = 40.0
"""Of 255: pictures whose lightest and darkest differ by less are taken as if they differed by this much."""
_EDGE, _LINE, _ALIKE = 0.25, 0.2, 0.25
"""Shares of the picture's spread, and of the contrast at an edge."""
_THIN, _THICK = 7, 13
"""Pixels of 256: lines are thinner, and thick strokes and limbs."""
_LEAST_INK: Final = 20
"""Pixels below which nothing is said of inks."""
_ASIDE: Final = (3, 6, 9, 12)
"""Pixels of 256 on both sides of an edge, at which the picture is compared."""
_EDGES: Final = 4000


def looks_drawn(image: ImageArray) -> float:
    """How sure it is that a picture (H, W, 3) RGB is a drawing: 1 is certainly a drawing, 0 certainly a photo.

    Raises:
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    evidence = float(measures(image) @ np.array(WEIGHTS)) + BIAS
    return float(1.0 / (1.0 + np.exp(-np.clip(evidence, -30.0, 30.0))))


def measures(image: ImageArray) -> DoubleArray:
    """(6,) what tells drawings from photos, in the order of `MEASURES`; a picture without edges is a blank sheet.

    - plain: the share of pixels in whose surroundings nothing changes;
    - tones: the logarithm of how many of 4,096 colours make up nine tenths of the picture;
    - half: the share of pixels that are neither paper nor ink;
    - lined: the share of edges beside which there is a thin line, dark or light as most lines are;
    - inks: how far the colours of strokes and other thin things are off those of one ink on its paper: what lies across
      the main direction of their differences from their surroundings, as a share of these;
    - strokes: the share of edges beyond which the picture soon is what it was before, as on both sides of a stroke.
      The edge of a thing in a photo parts the thing from what is behind it, which looks different.
    """
    small = _small(image)
    light = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), np.uint8)
    strength = ink(small)
    return np.array([
        float((_change(light) < 10).mean()),
        _tones(small),
        float(((strength > 0.2) & (strength < 0.7)).mean()),
        _lined(small),
        _inks(small),
        _strokes(small, light),
    ])  # fmt: skip


def _small(image: ImageArray) -> ImageArray:
    """The picture at 256 pixels at most, its noise smoothed."""
    copy, _ = working_copy(image)
    factor = min(_SIZE / max(copy.shape[:2]), 1.0)
    size = (max(8, round(copy.shape[1] * factor)), max(8, round(copy.shape[0] * factor)))
    return np.asarray(cv2.GaussianBlur(cv2.resize(copy, size, interpolation=cv2.INTER_AREA), (0, 0), 0.8), np.uint8)


def _change(picture: ImageArray) -> FloatArray:
    """(H, W) or (H, W, 3) how much each channel changes around each pixel."""
    around = np.ones((5, 5), np.uint8)
    return cv2.dilate(picture, around).astype(np.float32) - cv2.erode(picture, around)


def _tones(small: ImageArray) -> float:
    coarse = (small >> 4).astype(np.intp) @ np.array([256, 16, 1])
    shares = np.sort(np.bincount(coarse.ravel(), minlength=4096))[::-1] / coarse.size
    return float(np.log(1 + np.searchsorted(np.cumsum(shares), 0.9)))


def _spread(small: ImageArray) -> float:
    """How far the lightest and the darkest of a picture differ, a few pixels aside."""
    darkest, lightest = np.percentile(small, (0.5, 99.5))
    return max(float(lightest - darkest), _LEAST_SPREAD)


def _thin(small: ImageArray, width: int) -> FloatArray:
    """(H, W, 3) how far what is thinner than so many pixels differs from what is around; dark or light, as most is."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    dark, bright = (
        np.asarray(cv2.morphologyEx(small, way, kernel), np.float32) for way in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT)
    )
    return dark if dark.max(axis=2).sum() >= bright.max(axis=2).sum() else bright


def _lined(small: ImageArray) -> float:
    spread = _spread(small)
    edges = _change(small).max(axis=2) > _EDGE * spread
    if not edges.any():
        return 1.0
    lines = cv2.dilate(_thin(small, _THIN).max(axis=2), np.ones((3, 3), np.uint8))
    return float((np.asarray(lines) > _LINE * spread)[edges].mean())


def _inks(small: ImageArray) -> float:
    thin = _thin(small, _THICK)
    ink_pixels = thin[thin.max(axis=2) > _EDGE * _spread(small)].astype(np.float64)
    if len(ink_pixels) < _LEAST_INK:
        return 0.0
    squares = np.linalg.eigvalsh(ink_pixels.T @ ink_pixels)
    return float(np.sqrt(max(1.0 - squares[-1] / squares.sum(), 0.0)))


def _strokes(small: ImageArray, light: ImageArray) -> float:
    grey = light.astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    slope = np.hypot(across, down)
    rows, columns = np.nonzero(slope > max(0.25 * float(np.percentile(slope, 99.5)), 20.0))
    if not len(rows):
        return 1.0
    some = np.linspace(0, len(rows) - 1, min(len(rows), _EDGES)).astype(np.intp)
    rows, columns = rows[some], columns[some]
    ways = np.stack([down[rows, columns], across[rows, columns]]) / slope[rows, columns]
    smooth = cv2.GaussianBlur(small, (0, 0), 1.0).astype(np.float32)

    def aside(distance: int) -> FloatArray:
        places = np.round(np.stack([rows, columns]) + distance * ways).astype(np.intp)
        row, column = np.clip(places, 0, np.array(light.shape)[:, None] - 1)
        return smooth[row, column]

    near, behind = aside(_ASIDE[0]), aside(-_ASIDE[0])
    contrast = np.abs(near - behind).max(axis=1)
    left = contrast
    for distance in _ASIDE[1:]:
        for one, other in ((aside(distance), behind), (near, aside(-distance))):
            left = np.minimum(left, np.abs(one - other).max(axis=1))
    return float((left < _ALIKE * np.maximum(contrast, _EDGE * _spread(small))).mean())
