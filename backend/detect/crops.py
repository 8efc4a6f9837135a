"""The pixels of square, turned regions of a picture, cheaply also for very large pictures."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray, ImageArray
from .anchors import INPUT_SIZE as DETECTOR_SIZE
from .roi import Roi

_LEAST_SAMPLING: Final = 3
"""So many pixels are left to each one of the crop when a large region is averaged down."""


class Picture:
    """An image and, where it is large, a smaller copy from which coarse crops are taken.

    Args:
        image: (H, W, 3) RGB.
    """

    def __init__(self, image: ImageArray) -> None:
        self._image = image
        self.size = (image.shape[1], image.shape[0])
        """Width and height in pixels."""
        # fine enough for the detector's tiles, which show half of the longer side
        self._factor = max(int(max(self.size) / (2 * DETECTOR_SIZE * _LEAST_SAMPLING)), 1)
        self._overview = image if self._factor == 1 else _averaged(image, self._factor)

    def crop(self, roi: Roi, size: int, *, replicate: bool) -> ImageArray:
        """Like `crop`, in pixels of the full image."""
        if self._factor == 1 or roi.side < size * _LEAST_SAMPLING * self._factor:
            return crop(self._image, roi, size, replicate=replicate)
        x, y = ((middle + 0.5) / self._factor - 0.5 for middle in (roi.x, roi.y))
        coarse = Roi(x, y, roi.side / self._factor, roi.angle)
        return crop(self._overview, coarse, size, replicate=replicate)


def crop(image: ImageArray, roi: Roi, size: int, *, replicate: bool) -> ImageArray:
    """The pixels of `roi` as (size, size, 3), bilinear.

    Regions of six or more pixels to one of the crop are averaged down first, to three to six: without it a large photo
    is sampled at so few of its pixels that noise and fine patterns alias. Like MediaPipe this maps pixel numbers, not
    the middles of pixels, onto each other: the models were made with it.

    Args:
        replicate: whether the surroundings of the picture repeat its edge, or else are black.
    """
    import cv2

    matrix = roi.to_image(size)
    reduction = int(roi.side / (size * _LEAST_SAMPLING))
    if reduction >= 2:
        image, offset = _reduced(image, roi, reduction)
        # pixel number n of the image lies at n + 0.5, and so at (n + 0.5) / reduction - 0.5 of the reduced one
        matrix[:, 2] -= offset
        matrix /= reduction
        matrix[:, 2] += 0.5 / reduction - 0.5
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    border = cv2.BORDER_REPLICATE if replicate else cv2.BORDER_CONSTANT
    return np.asarray(cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border), dtype=np.uint8)


def _reduced(image: ImageArray, roi: Roi, reduction: int) -> tuple[ImageArray, DoubleArray]:
    """The part of `image` around `roi`, averaged over `reduction` x `reduction` pixels, and where it starts (2,)."""
    size = np.array([image.shape[1], image.shape[0]])
    corners = roi.corners()
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - reduction, 0, size - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + reduction, low + 1, size)
    part = image[low[1] : high[1], low[0] : high[0]]
    return _averaged(part, reduction), low.astype(np.float64)


def _averaged(image: ImageArray, reduction: int) -> ImageArray:
    """The means of the whole `reduction` x `reduction` blocks; what is left over at the far edges is dropped."""
    import cv2

    height, width = (max(length // reduction, 1) for length in image.shape[:2])
    whole = image[: height * reduction, : width * reduction]
    return np.asarray(cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8)
