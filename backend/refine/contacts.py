"""When heels and balls of the feet stand: told by how fast and how high they are.

Convention: a world whose y points up; metres; T frames evenly spaced. The four soles are left heel, left ball, right
heel, right ball, as in `evidence.PointModel.soles`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from scipy.ndimage import median_filter  # pyright: ignore[reportUnknownVariableType]

from ..arrays import BoolArray, DoubleArray
from ..kinematics import global_rotations, joint_positions
from .evidence import PointModel

STANDS_MPS: Final = 0.6
_UNSURE: Final = 0.15
"""A sole that stands moves slower than this, give or take 15 % of it: errors of the estimate included."""
_AT_LEAST: Final = 0.6
"""Of a sole's speed, what it moves at least where the camera sees it stand: depths tremble by about so much."""
_LOW_M: Final = 0.12
_UNSURE_M: Final = 0.04
"""So near to the ground it is, give or take."""
_GROUND_SHARE: Final = 0.1
"""The lowest sole is on the ground in at least this share of the frames."""
LIKELY: Final = 0.5
"""A sole that stands more likely than this stands."""
_SAME_PLACE_M: Final = 0.12
_SLOW_MPS: Final = 0.27
"""A contact in which the sole gets further than this holds a step: it stands only where it is slower than that."""
SHORTEST_S: Final = 0.1
"""Contacts do not last shorter, nor do steps between them."""


def soles(rotations: DoubleArray, pelvis: DoubleArray, *, offsets: DoubleArray) -> DoubleArray:
    """(T, 4, 3) where heels and balls are, on the sole.

    Args:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the world.
        pelvis: (T, 3).
        offsets: (24, 3) metres, the body's rest offsets.
    """
    model = PointModel.soles()
    world = global_rotations(rotations)
    joints = joint_positions(world, pelvis, offsets=offsets)
    carried = (world[:, model.joints] @ model.offsets[..., None])[..., 0]
    return joints[:, model.joints] + carried


def speeds(places: DoubleArray, *, fps: float) -> DoubleArray:
    """(T, ...) metres a second of places (T, ..., 3), by central differences."""
    if len(places) < 2:
        return np.zeros(places.shape[:-1])
    change: DoubleArray = np.asarray(np.gradient(places, axis=0), np.float64)  # pyright: ignore[reportUnknownMemberType]
    return np.linalg.norm(change, axis=-1) * fps


def speeds_across(places: DoubleArray, *, fps: float) -> DoubleArray:
    """(T, ...) metres a second across the rays from the origin to places (T, ..., 3): what a camera there sees.

    How far away something is may be wrong; whether it stands still in the picture is not.
    """
    distance = np.maximum(np.linalg.norm(places, axis=-1), 0.1)
    return speeds(places / distance[..., None], fps=fps) * distance


def ground_height(places: DoubleArray) -> float:
    """Metres: how high the ground is under soles at (T, 4, 3), if they stand on it in some of the frames."""
    lowest: DoubleArray = np.min(places[..., 1], axis=1)
    return float(np.quantile(lowest, _GROUND_SHARE))


def standing(
    places: DoubleArray, *, fps: float, slower_than: float = STANDS_MPS, across: DoubleArray | None = None
) -> DoubleArray:
    """(T, 4) in [0, 1]: how likely each sole stands.

    Args:
        places: (T, 4, 3) of the soles.
        fps: frames per second.
        slower_than: metres a second that a standing sole is slower than.
        across: (T, 4) `speeds_across` of the soles as a standing camera sees them: where that is slower it counts, but
            not for less than a share of the other, as a foot that comes nearer does not move across either.
    """
    speed = speeds(places, fps=fps)
    if across is not None:
        speed = np.minimum(speed, np.maximum(across, _AT_LEAST * speed))
    slow = _sigmoid((1.0 - speed / slower_than) / _UNSURE)
    low = _sigmoid((_LOW_M - (places[..., 1] - ground_height(places))) / _UNSURE_M)
    return slow * low


def steps(likely: DoubleArray, *, fps: float) -> BoolArray:
    """(T, 4) when each sole stands: without contacts and gaps that are too short to be any."""
    width = 2 * round(0.5 * SHORTEST_S * fps) + 1
    kept: DoubleArray = np.asarray(median_filter(likely, size=(width, 1), mode="nearest"), np.float64)
    return kept > LIKELY


def without_steps(stands: BoolArray, places: DoubleArray, *, across: DoubleArray, fps: float) -> BoolArray:
    """(T, 4) contacts in which a sole goes nowhere: of one that does, only the frames in which it is slow stay.

    Args:
        stands: (T, 4) contacts.
        places: (T, 4, 3) metres of the soles.
        across: as in `standing`.
        fps: frames per second.
    """
    slow = steps(standing(places, fps=fps, slower_than=_SLOW_MPS, across=across), fps=fps)
    kept = stands.copy()
    for sole in range(stands.shape[1]):
        for run in runs(stands[:, sole]):
            extent: DoubleArray = np.ptp(places[run, sole][:, [0, 2]], axis=0)
            if np.linalg.norm(extent) > _SAME_PLACE_M:
                kept[run, sole] &= slow[run, sole]
    return kept


def runs(stands: BoolArray) -> Iterator[slice]:
    """The frames (T,) of each contact."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stands, [False]]).astype(np.int8)))
    for first, last in edges.reshape(-1, 2).tolist():
        yield slice(first, last)


def _sigmoid(value: DoubleArray) -> DoubleArray:
    return 1.0 / (1.0 + np.exp(-np.clip(value, -40.0, 40.0)))
