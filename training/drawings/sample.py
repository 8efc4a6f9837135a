"""What one synthetic drawing is: the picture, and all that is to be found in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.keypoints import FIGURE_23

BoolArray: TypeAlias = npt.NDArray[np.bool_]
SIZE: Final = 192
"""Width and height of a drawing in pixels."""
POINT_COUNT: Final = len(FIGURE_23)


@dataclass(frozen=True)
class DrawnSample:
    """One drawing and its truth; where no figure is drawn, `figure` is False and the rest of the truth is zero.

    Attributes:
        image: (192, 192) uint8 grey, as a scan, a photo or a screen shows it.
        keypoints: (23, 2) pixels, x right, y down, the centre of the first pixel at (0, 0); also those that are hidden
            or beyond the edge.
        visible: (23,) drawn, inside the picture and not hidden by the figure itself.
        inside: (23,) inside the picture.
        depth: (23,) how much nearer to the viewer than the pelvis, as a share of the drawn body's stature: metres along
            the view, divided by the metres from sole to skull of that body, with its own proportions, upright.
        rotations: (24, 3) axis-angle of the SMPL joints, the root in the inner frame of the view (x right, y up, z to
            the viewer).
        style: the name of the way it is drawn.
        figure: whether a figure is drawn.
    """

    image: np.ndarray
    keypoints: FloatArray
    visible: BoolArray
    inside: BoolArray
    depth: FloatArray
    rotations: FloatArray
    style: str
    figure: bool


def without_figure(image: np.ndarray, style: str) -> DrawnSample:
    """A picture (192, 192) in which nobody is."""
    nowhere = np.zeros(POINT_COUNT, dtype=bool)
    zeros = np.zeros((POINT_COUNT, 2), dtype=np.float32)
    turns = np.zeros((24, 3), dtype=np.float32)
    return DrawnSample(image, zeros, nowhere, nowhere, zeros[:, 0], turns, style, figure=False)


def point(name: str) -> int:
    """Position of a keypoint of `FIGURE_23`."""
    return FIGURE_23.index[name]


def points(*names: str) -> IntArray:
    """Positions of keypoints of `FIGURE_23`."""
    return np.array([FIGURE_23.index[name] for name in names])
