"""BlazePose's landmark model: raw outputs of one crop -> points in the image and in metres.

Formulas and constants are those of the graph options that MediaPipe publishes with the model (TensorsToLandmarks,
RefineLandmarksFromHeatmap, LandmarkProjection, WorldLandmarkProjection).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray
from .boxes import sigmoid
from .roi import Roi, apply_affine

INPUT_SIZE: Final = 256
"""Side of the landmark model's square input in pixels."""
LANDMARKS: Final = 33
_POINTS: Final = 39
_HIPS, _CIRCLE = 33, 34
_REACH: Final = 4
"""Cells to each side: the published options say kernel 7, but the package's answers are those of 9 x 9 (to 1e-4)."""
_LEAST_HEAT: Final = 0.5
_SAME_LOOK: Final = 0.05


@dataclass(frozen=True)
class Landmarks:
    """One person as seen in one crop.

    Attributes:
        points_px: (33, 2) pixels of the full image.
        world: (33, 3) metres in the inner axes, origin between the hips.
        confidence: (33,) in [0, 1].
        presence: how sure the model is that the crop holds a person, in [0, 1].
        next_roi: the region that the two auxiliary points ask for next.
    """

    points_px: DoubleArray
    world: DoubleArray
    confidence: FloatArray
    presence: float
    next_roi: Roi


def decode(outputs: tuple[FloatArray, ...], roi: Roi) -> Landmarks:
    """Outputs points (1, 195), presence (1, 1), heat maps (1, 64, 64, 39) and world (1, 117) of the crop `roi`.

    Each of the 39 points has x, y, z in pixels of the crop, visibility and presence as logits. A landmark's confidence
    is the smaller of the two: hidden behind something, or outside the picture.
    """
    raw, presence, heat, raw_world = outputs
    values = raw.reshape(_POINTS, 5)
    shares = refine(values[:, :2] / INPUT_SIZE, heat.reshape(heat.shape[-3:]))
    points = apply_affine(roi.to_image(1), shares)
    return Landmarks(
        points_px=points[:LANDMARKS],
        world=world_to_inner(raw_world.reshape(_POINTS, 3)[:LANDMARKS], roi.angle),
        confidence=sigmoid(values[:LANDMARKS, 3:5]).min(axis=1),
        presence=float(presence.reshape(-1)[0]),
        next_roi=Roi.around(points[_HIPS], points[_CIRCLE]),
    )


def averaged(looks: Sequence[Landmarks]) -> Landmarks:
    """The mean of several looks at one person; presence and the next region are those of the last.

    A look whose median landmark lies elsewhere than the last one's, by 5 % of the body, saw somebody else and is left
    out: in a crowd the second crop may move on to a neighbour.
    """
    size = float(np.ptp(looks[-1].points_px, axis=0).max())
    looks = [look for look in looks if _median_distance(look, looks[-1]) <= _SAME_LOOK * size]
    return replace(
        looks[-1],
        points_px=np.mean([look.points_px for look in looks], axis=0),
        world=np.mean([look.world for look in looks], axis=0),
        confidence=np.mean([look.confidence for look in looks], axis=0, dtype=np.float32),
    )


def _median_distance(first: Landmarks, second: Landmarks) -> float:
    distances: DoubleArray = np.linalg.norm(first.points_px - second.points_px, axis=-1)
    return float(np.median(distances))


def refine(shares: AnyFloatArray, heat: FloatArray) -> FloatArray:
    """Move points (K, 2), in [0, 1] of the crop, to the centre of mass of their heat maps (H, W, K) close by.

    The mass is the sigmoid of the 9 x 9 cells around the point. A point stays where it is when no cell there reaches
    0.5, or when it lies outside the map.
    """
    height, width, count = heat.shape
    size = np.array([width, height])
    cells = np.floor(shares * size).astype(int)
    inside = ((cells >= 0) & (cells < size)).all(axis=1)
    steps = np.arange(-_REACH, _REACH + 1)
    x, y = cells[:, 0, None] + steps, cells[:, 1, None] + steps
    on_map = ((y >= 0) & (y < height))[:, :, None] & ((x >= 0) & (x < width))[:, None, :]
    rows, columns = np.clip(y, 0, height - 1)[:, :, None], np.clip(x, 0, width - 1)[:, None, :]
    mass = np.where(on_map, sigmoid(heat[rows, columns, np.arange(count)[:, None, None]]), 0.0)
    total = np.maximum(mass.sum(axis=(1, 2)), 1e-12)
    centre = np.stack([(mass.sum(axis=1) * x).sum(axis=1), (mass.sum(axis=2) * y).sum(axis=1)], axis=1) / total[:, None]
    moved = inside & (mass.max(axis=(1, 2)) >= _LEAST_HEAT)
    return np.where(moved[:, None], centre / size, shares).astype(np.float32)


def world_to_inner(world: AnyFloatArray, angle: float) -> DoubleArray:
    """Points (..., 3) in metres of a crop turned by `angle` -> upright, in the inner axes.

    BlazePose: x to the image's right, y down, z away from the camera (nearer is smaller). Inner: x right, y up, z
    towards the viewer.
    """
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y, z = world[..., 0], world[..., 1], world[..., 2]
    return np.stack([cosine * x - sine * y, -(sine * x + cosine * y), -z], axis=-1).astype(np.float64)
