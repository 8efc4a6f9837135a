"""A drawing as ink alone: paper is 0, a full stroke is 1, whatever the paper, the light, the pen and the size.

Training and detection see drawings through this module only. Needs OpenCV.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..arrays import DoubleArray, FloatArray, ImageArray

WORKING_SIZE: Final = 768
"""The longer side to which larger pictures are brought, in pixels."""
_LARGE: Final = 3.0
"""Pictures more times as large as the working copy are averaged down to so many times first: pens draw no thinner."""
_PAPER_CELLS: Final = 48
_WIDEST_STROKE: Final = 0.3
"""What is narrower than this share of the picture is ink; what is wider is paper of another shade."""
_FAINTEST: Final = 0.12
"""Contrast of the strongest strokes below which they are not made as strong as ink, so that blank paper stays blank."""
_STRONGEST: Final = 99.3
"""The percentile of all pixels that counts as a full stroke: lines cover a few hundredths of a picture."""


def ink(picture: ImageArray) -> FloatArray:
    """How much of a stroke lies on each pixel of a picture of at most `WORKING_SIZE` pixels.

    Args:
        picture: (H, W, 3) or grey (H, W).

    Returns:
        (H, W) in [0, 1].
    """
    channels = picture[..., None] if picture.ndim == 2 else picture
    if channels.shape[2] == 3 and _is_grey(channels):
        channels = channels[..., :1]
    if _is_dark(channels):
        channels = np.bitwise_not(channels)
    strength = np.zeros(channels.shape[:2], np.float32)
    for number in range(channels.shape[2]):
        channel = np.ascontiguousarray(channels[..., number])
        paper = _paper(channel)
        np.maximum(strength, 1.0 - channel / np.maximum(paper, 24.0), out=strength)
    floor = float(np.median(strength))
    return full_strength(np.maximum(strength - 1.5 * floor - 0.01, 0.0))


def full_strength(strength: FloatArray) -> FloatArray:
    """Make the strongest strokes 1, unless they are hardly any."""
    top = max(float(np.percentile(strength, _STRONGEST)), 0.4 * float(strength.max(initial=0.0)), _FAINTEST)
    return np.minimum(strength / np.float32(top), np.float32(1.0))


def working_copy(image: ImageArray) -> tuple[ImageArray, float]:
    """A picture (H, W, 3) at a size to work on, and how many of its pixels one of the full picture is.

    Thin strokes survive: before the picture is averaged down they are widened, be they dark or light.
    """
    factor = max(image.shape[:2]) / WORKING_SIZE
    if factor <= 1.0:
        return image, 1.0
    size = _divided(image, factor)
    if factor > 1.2 * _LARGE:
        image = np.asarray(cv2.resize(image, _divided(image, factor / _LARGE), interpolation=cv2.INTER_AREA), np.uint8)
    left = max(image.shape[:2]) / WORKING_SIZE
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    if left >= 1.5:
        kernel = np.ones((round(left / 2.0) + 1,) * 2, np.uint8)
        dark = _is_dark(np.asarray(small, np.uint8))
        widened = cv2.dilate(image, kernel) if dark else cv2.erode(image, kernel)
        small = cv2.resize(widened, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8), 1.0 / factor


def _divided(image: ImageArray, factor: float) -> tuple[int, int]:
    """Width and height of a picture, divided."""
    return max(1, round(image.shape[1] / factor)), max(1, round(image.shape[0] / factor))


def warped(strength: FloatArray, matrix: DoubleArray, size: int) -> FloatArray:
    """A region of ink (H, W) as (size, size): averaged where it shrinks, and at full strength again.

    Args:
        strength: what `ink` gave.
        matrix: (2, 3) from pixels of the result to pixels of `strength`; it turns and scales evenly.
        size: of the result in pixels.
    """
    shrinking = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    if shrinking > 1.3:
        kernel = np.ones((round(shrinking / 3.0) + 1,) * 2, np.uint8)
        strength = np.asarray(cv2.dilate(strength, kernel), dtype=np.float32)
        strength = np.asarray(cv2.GaussianBlur(strength, (0, 0), 0.35 * shrinking), dtype=np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    region = cv2.warpAffine(strength, matrix, (size, size), flags=flags)
    return full_strength(np.asarray(region, dtype=np.float32))


def _is_grey(channels: ImageArray) -> bool:
    return bool(
        np.array_equal(channels[..., 0], channels[..., 1]) and np.array_equal(channels[..., 1], channels[..., 2])
    )


def _is_dark(channels: ImageArray) -> bool:
    """Whether strokes are lighter than the paper, which is what most pixels show.

    Strokes may be a few pixels of a thousand: those count most that differ most from the paper.
    """
    sample = channels[:: max(1, channels.shape[0] // 200), :: max(1, channels.shape[1] // 200)].astype(np.float32)
    grey: FloatArray = sample.mean(axis=2)
    lighter = grey - np.float32(np.median(grey))
    return bool(np.square(lighter[lighter > 0.0]).sum() > np.square(lighter[lighter < 0.0]).sum())


def _paper(channel: ImageArray) -> FloatArray:
    """(H, W) what the paper would show without the strokes: a coarse closing, which strokes do not survive."""
    height, width = channel.shape
    scale = _PAPER_CELLS / max(height, width)
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    small = cv2.resize(channel, size, interpolation=cv2.INTER_AREA)
    reach = max(3, round(_WIDEST_STROKE * _PAPER_CELLS) | 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, kernel, borderType=cv2.BORDER_REFLECT)
    smooth = cv2.GaussianBlur(closed.astype(np.float32), (0, 0), 1.0)
    return np.asarray(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
