"""A picture as a server takes it: scaled down, as a JPEG, in a data URL. Needs OpenCV."""

from __future__ import annotations

import base64
from typing import Final

import numpy as np

from ...arrays import ImageArray
from ...errors import InputError
from ...packages import require_opencv

LONGEST_SIDE_PX: Final = 768
"""More, most models scale down themselves."""
_QUALITY: Final = 85


def data_url(picture: ImageArray) -> str:
    """The picture (H, W, 3) RGB as `data:image/jpeg;base64,...`, its longer side at most 768 pixels.

    Raises:
        InputError: it is no picture.
        MissingPackageError: OpenCV is not installed.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise InputError("The picture for the language model must be RGB, 8 bits a channel.")
    require_opencv()
    import cv2

    height, width = picture.shape[:2]
    scale = min(1.0, LONGEST_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else picture
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(encoded.tobytes()).decode('ascii')}"
