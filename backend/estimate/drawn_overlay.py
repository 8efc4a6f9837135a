"""Lays a solved body over the drawing: its place before the camera, and proportions near to the drawn ones."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..camera import Camera
from ..kinematics import global_rotations
from ..proportions import GROUP_OF_JOINT, LENGTH_GROUPS
from ..skeleton import PARENTS, REST_OFFSETS
from .drawn_bones import POINTS
from .drawn_proportions import DrawnSkeleton

_PLACE_SIGMA_M: Final = 0.015
_FACTOR_SIGMA: Final = 0.4
_PELVIS_SIGMA_M: Final = (10.0, 10.0, 0.3)
"""The camera stays about where it is: a small body nearer to it looks alike."""
_FACTORS: Final = (0.45, 2.2)
_GROUPS: Final = len(LENGTH_GROUPS)


def overlaid(local: DoubleArray, figure: DrawnSkeleton, camera: Camera) -> tuple[DoubleArray, DoubleArray]:
    """The pelvis (3,) in metres before the camera (inner frame), and logarithms of length factors (10,).

    Linear least squares: points of a posed body are linear in the factors of its lengths, and a point (X, Y, Z) that is
    seen at (u, v) from the principal point, v up, has f X + u Z = 0 and f Y + v Z = 0.

    Args:
        local: (24, 3, 3) parent-relative rotations, that of the pelvis before the camera.
        figure: the drawn keypoints.
        camera: of the drawing.
    """
    parts = _parts(global_rotations(local))
    seen = figure.seen
    centred = (figure.points_px[seen] - [camera.cx, camera.cy]) * [1.0, -1.0]
    away = camera.fy / figure.scale
    weight = figure.confidence[seen][:, None, None] / (camera.fy * _PLACE_SIGMA_M)
    focal = np.array([camera.fx, camera.fy])
    # Unknowns: the pelvis (its depth from the usual one), then the factors.
    by_place = np.zeros((len(centred), 2, 3))
    by_place[:, 0, 0], by_place[:, 1, 1], by_place[:, :, 2] = focal[0], focal[1], centred
    by_factor = focal[:, None] * parts[seen, :2] + centred[..., None] * parts[seen, 2:]
    rows = (np.concatenate([by_place, by_factor], -1) * weight).reshape(-1, 3 + _GROUPS)
    right = ((centred * away)[..., None] * weight).reshape(-1)
    held = np.eye(3 + _GROUPS)
    held[np.arange(3), np.arange(3)] = 1.0 / np.array(_PELVIS_SIGMA_M)
    held[3:] /= _FACTOR_SIGMA
    mean = held @ np.concatenate([np.zeros(3), np.ones(_GROUPS)])
    found = np.linalg.lstsq(np.concatenate([rows, held]), np.concatenate([right, mean]), rcond=None)[0]
    factors = np.clip(found[3:], *_FACTORS)
    rest = right - rows[:, 3:] @ factors
    place = np.linalg.lstsq(
        np.concatenate([rows[:, :3], held[:3, :3]]), np.concatenate([rest, np.zeros(3)]), rcond=None
    )[0]
    return place - [0.0, 0.0, away], np.log(factors)


def _parts(world: DoubleArray) -> DoubleArray:
    """(23, 3, 10): how each keypoint, from the pelvis, grows with each length factor."""
    joints = np.zeros((len(PARENTS), 3, _GROUPS))
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[joint] = joints[parent]
            joints[joint, :, GROUP_OF_JOINT[joint]] += world[parent] @ REST_OFFSETS[joint]
    found = joints[POINTS.joints]
    own = (world[POINTS.joints] @ POINTS.offsets[..., None])[..., 0]
    found[np.arange(len(found)), :, POINTS.groups] += own
    return found
