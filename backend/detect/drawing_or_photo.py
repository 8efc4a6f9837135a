"""Whether a picture is a drawing or a photo, by how plain its ground is, how few its tones are, and how thin its darks.

It decides which way a picture takes by itself, and when to ask. Needs OpenCV; runs no model.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from ..arrays import DoubleArray, ImageArray
from ..packages import require_opencv
from .drawing_ink import ink, working_copy

MEASURES: Final = ("plain", "few tones", "tones", "half", "wide")
WEIGHTS: Final = (4.03, 3.093, -0.806, -2.119, -19.094)
BIAS: Final = -1.079
"""Of the logistic regression that `python -m training.fit_looks_drawn` made from photos and synthetic drawings."""
_SIZE: Final = 256


def looks_drawn(image: ImageArray) -> float:
    """How sure it is that a picture (H, W, 3) RGB is a drawing: 1 is certainly a drawing, 0 certainly a photo.

    Raises:
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    evidence = float(measures(image) @ np.array(WEIGHTS)) + BIAS
    return float(1.0 / (1.0 + np.exp(-np.clip(evidence, -30.0, 30.0))))


def measures(image: ImageArray) -> DoubleArray:
    """(5,) what tells drawings from photos, in the order of `MEASURES`.

    - plain: the share of pixels in whose surroundings nothing changes;
    - few tones: the share of the four commonest of 4,096 colours;
    - tones: the logarithm of how many of them make up nine tenths of the picture;
    - half: the share of pixels that are neither paper nor ink;
    - wide: the share of ink in areas wider than a stroke.
    """
    small, _ = working_copy(image)
    factor = min(_SIZE / max(small.shape[:2]), 1.0)
    size = (max(8, round(small.shape[1] * factor)), max(8, round(small.shape[0] * factor)))
    small = np.asarray(cv2.GaussianBlur(cv2.resize(small, size, interpolation=cv2.INTER_AREA), (0, 0), 0.8), np.uint8)
    light = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    around = np.ones((5, 5), np.uint8)
    change = cv2.dilate(light, around).astype(np.float32) - cv2.erode(light, around)
    coarse = (small >> 4).astype(np.intp) @ np.array([256, 16, 1])
    shares = np.sort(np.bincount(coarse.ravel(), minlength=4096))[::-1] / coarse.size
    strength = ink(small)
    wide = cv2.morphologyEx(strength, cv2.MORPH_OPEN, np.ones((13, 13), np.uint8))
    return np.array([
        float((change < 10).mean()),
        float(shares[:4].sum()),
        float(np.log(1 + np.searchsorted(np.cumsum(shares), 0.9))),
        float(((strength > 0.2) & (strength < 0.7)).mean()),
        float((np.asarray(wide) > 0.3).mean()),
    ])  # fmt: skip
