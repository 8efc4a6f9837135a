"""Small square pictures of boxes in a large picture."""

from __future__ import annotations

import numpy as np

from .arrays import FloatArray, ImageArray
from .observation import Observation

_SEEN = 0.5
_FEW_POINTS = 8
_SAMPLES = 3
"""Samples along each side of a thumbnail's pixel; they are averaged."""
_OUTSIDE = 0.4
"""How bright the surroundings of the box stay, so that it is seen who is meant where people overlap."""


def square_thumbnail(image: ImageArray, box_px: FloatArray, *, size: int = 128, margin: float = 0.08) -> FloatArray:
    """The square around a box, scaled to `size` pixels, with all outside the box dimmed.

    The square is moved into the picture where it can be; what is beyond the picture is transparent.

    Args:
        image: (H, W, 3) RGB.
        box_px: (4,) left, top, right, bottom in pixels.
        size: pixels along each side of the thumbnail.
        margin: share of the box's longer side that is added all round.

    Returns:
        (size, size, 4) RGBA in [0, 1], the top row first.
    """
    left, top, right, bottom = (float(edge) for edge in box_px)
    side = max(right - left, bottom - top, 1.0) * (1.0 + 2.0 * margin)
    height, width = image.shape[:2]
    steps = (np.arange(size * _SAMPLES) + 0.5) / (size * _SAMPLES) * side
    x = _start(left, right, side=side, length=width) + steps
    y = _start(top, bottom, side=side, length=height) + steps
    columns = np.clip(x, 0, width - 1).astype(np.intp)
    rows = np.clip(y, 0, height - 1).astype(np.intp)
    inside = ((y >= top) & (y <= bottom))[:, None] & ((x >= left) & (x <= right))[None, :]
    there = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))[None, :]
    light = np.where(inside, np.float32(1.0), np.float32(_OUTSIDE)) * there
    rgba = np.empty((*light.shape, 4), np.float32)
    np.multiply(image[rows[:, None], columns[None, :]], light[..., None] / 255.0, out=rgba[..., :3])
    rgba[..., 3] = there
    summed = rgba.reshape(size, _SAMPLES, -1).sum(axis=1).reshape(size, size, _SAMPLES, 4).sum(axis=2)
    return summed / np.float32(_SAMPLES**2)


def figure_box(observation: Observation) -> FloatArray:
    """(4,) left, top, right, bottom of the points that are seen in the first frame: nearer than a detector's box is.

    Where too few of them are seen, the detector's box, or that of all points.
    """
    points, seen = observation.keypoints_px[0], observation.confidence[0] >= _SEEN
    if int(seen.sum()) >= _FEW_POINTS:
        points = points[seen]
    elif observation.box_px is not None:
        return observation.box_px[0]
    return np.concatenate([points.min(axis=0), points.max(axis=0)]).astype(np.float32)


def square_around(box_px: FloatArray, image: ImageArray, *, margin: float = 0.15) -> FloatArray:
    """(4,) the square around a box, moved into the picture where it can be: `square_thumbnail` of it dims nothing.

    Args:
        box_px: (4,) left, top, right, bottom in pixels.
        image: (H, W, 3), of which only the size matters.
        margin: share of the box's longer side that is added all round.
    """
    left, top, right, bottom = (float(edge) for edge in box_px)
    side = max(right - left, bottom - top, 1.0) * (1.0 + 2.0 * margin)
    x = _start(left, right, side=side, length=image.shape[1])
    y = _start(top, bottom, side=side, length=image.shape[0])
    return np.array([x, y, x + side, y + side], np.float32)


def _start(low: float, high: float, *, side: float, length: int) -> float:
    """Where a stretch of `side` pixels around low to high begins, moved into 0 to `length` if it fits there."""
    start = (low + high - side) / 2.0
    if side > length:
        return (length - side) / 2.0
    return min(max(start, 0.0), length - side)
