"""A motion as a standing camera sees it -> the motion in a world whose ground is y = 0.

How far away somebody is a camera tells badly, that a foot stands it tells well: feet stand where the pelvis can take a
way along which they do not move. How far somebody gets it tells better than the strides do, which are read too short
along the view: the pelvis then takes a way on which standing feet may slide a little, and locked feet make up for it.

Convention: metres, y up, x and z as the camera's once it is held level; T frames evenly spaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded  # pyright: ignore[reportUnknownVariableType]

from ..arrays import BoolArray, DoubleArray
from ..job import Job, Progress
from ..rotations import normalized, swing_between
from .contacts import ground_height, soles, speeds_across, standing
from .gaps import in_long_gaps
from .smoothing import penalty_bands, smoothed, strength_of

_SLOWER_MPS: Final = (1.5, 1.2, 0.8, 0.6, 0.45)
"""In each round of asking where the feet stand and where the pelvis then is, standing soles are slower than this: at
first the camera's errors are in it."""
_ASIDE: Final = 0.004
"""Standard error of the pelvis across its ray, as a share of its distance."""
_DRIFT: Final = 0.016
_DRIFT_HZ: Final = 1.0
"""How far the pelvis drifts from where the camera has it, as a share of its distance, in a second; faster than so many
times a second what the camera says trembles."""
_FOLLOWED: Final = 0.02
_OF_THE_WAY: Final = 0.3
"""A camera that follows somebody contradicts their steps: at first it is believed as little as the one, then by this
share of how far the way that the steps make is from where it has the pelvis."""
_FOLLOWS: Final = (0.055, 0.075)
"""From so far on, as a share of the distance, it is less and less, and not at all, a camera that stands."""
_UNSEEN: Final = 1e-4
"""What an unseen frame counts."""
_EVEN_M: Final = 0.03
"""How even the ground is."""
_PELVIS_HZ: Final = 5.0
_TILT: Final = 0.06
"""Radians: how far off the direction of gravity that the model reads is, as a standard error."""
_PLANE_M: Final = 0.05
"""How far the soles of contacts are from a plane before the ground is known."""
_LEAST_CONTACTS: Final = 12
_UP: Final = np.array([0.0, 1.0, 0.0])


@dataclass(frozen=True)
class _Belief:
    """What counts for how much where the pelvis's way is looked for.

    Attributes:
        deep: standard error of the pelvis along its ray, as a share of its distance. The depth is off for seconds:
            whoever bends forward seems to come nearer.
        step_m: how far a standing sole may move from one frame to the next.
    """

    deep: float
    step_m: float


_IN_FEET: Final = _Belief(0.2, 0.001)
_IN_THE_CAMERA: Final = _Belief(0.05, 0.006)


@dataclass(frozen=True)
class WorldMotion:
    """T frames in the world.

    Attributes:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the world.
        pelvis: (T, 3) metres; the ground is y = 0.
        steady: (T, 3) metres: the pelvis on the way along which standing feet move least; by it contacts are told.
        likely: (T, 4) in [0, 1]: how likely each sole stands.
        across: (T, 4) metres a second that each sole moves as the camera sees it.
    """

    rotations: DoubleArray
    pelvis: DoubleArray
    steady: DoubleArray
    likely: DoubleArray
    across: DoubleArray


def in_the_world(
    rotations: DoubleArray, pelvis: DoubleArray, up: DoubleArray, *, seen: BoolArray, offsets: DoubleArray, fps: float
) -> Job[WorldMotion]:
    """Put one take into the world.

    Args:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the camera's inner frame.
        pelvis: (T, 3) metres in it.
        up: (T, 3) unit vector against gravity in it, as each frame says.
        seen: (T,) where the person was seen.
        offsets: (24, 3) metres, the body's rest offsets.
        fps: frames per second.
    """
    gravity = normalized(np.median(up[seen] if seen.any() else up, axis=0))
    turned, measured = _upright(rotations, pelvis, swing_between(gravity, _UP))
    steady, likely, _ = yield from _walked(turned, measured, seen=seen, offsets=offsets, fps=fps)
    level = swing_between(_ground_normal(soles(turned, steady, offsets=offsets), likely), _UP)
    turned, measured = _upright(turned, measured, level)
    steady, likely, aside = yield from _walked(turned, measured, seen=seen, offsets=offsets, fps=fps)
    carried = soles(turned, np.zeros_like(measured), offsets=offsets)
    ground = ground_height(carried + steady[:, None])
    precision = _precisions(measured, seen, aside=aside, deep=_IN_THE_CAMERA.deep)
    way = _way(
        measured, precision, carried, likely=likely, ground=ground, seen=seen, fps=fps, step_m=_IN_THE_CAMERA.step_m
    )
    way += _follows(_away(steady, measured)) * (steady - way)
    for each in (steady, way):
        each[:, 1] -= ground_height(carried + each[:, None])
    across = speeds_across(carried + measured[:, None], fps=fps)
    return WorldMotion(turned, way, steady, likely, across)


def _upright(rotations: DoubleArray, pelvis: DoubleArray, turn: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    turned = np.array(rotations, np.float64)
    turned[:, 0] = turn @ turned[:, 0]
    return turned, pelvis @ turn.T


def _ground_normal(places: DoubleArray, likely: DoubleArray) -> DoubleArray:
    """(3,) of the plane through the soles that stand, which gravity is not far from."""
    weight, points = likely.reshape(-1), places.reshape(-1, 3)
    if weight.sum() < _LEAST_CONTACTS:
        return _UP
    middle = (weight[:, None] * points).sum(0) / weight.sum()
    x, y, z = (points - middle).T
    rows = np.stack([x, z], axis=1)
    # Contacts of one step err together, so they count as few.
    scaled = weight * (_LEAST_CONTACTS / weight.sum()) / _PLANE_M**2
    square = rows.T @ (scaled[:, None] * rows) + np.eye(2) / _TILT**2
    slope: DoubleArray = np.asarray(np.linalg.solve(square, rows.T @ (scaled * y)), np.float64)
    return normalized(np.array([-slope[0], 1.0, -slope[1]]))


def _walked(
    rotations: DoubleArray, measured: DoubleArray, *, seen: BoolArray, offsets: DoubleArray, fps: float
) -> Job[tuple[DoubleArray, DoubleArray, float]]:
    """The pelvis's way (T, 3) along which feet stand, how likely each sole stands (T, 4), and the error across rays."""
    carried = soles(rotations, np.zeros_like(measured), offsets=offsets)
    across = speeds_across(carried + measured[:, None], fps=fps)
    likely, way, aside = np.zeros(carried.shape[:2]), measured, _FOLLOWED
    for turn, slower in enumerate(_SLOWER_MPS):
        yield Progress("Finding where the feet stand", turn / len(_SLOWER_MPS))
        ground = ground_height(carried + way[:, None])
        precision = _precisions(measured, seen, aside=aside, deep=_IN_FEET.deep)
        way = _way(
            measured, precision, carried, likely=likely, ground=ground, seen=seen, fps=fps, step_m=_IN_FEET.step_m
        )
        likely = standing(carried + way[:, None], fps=fps, slower_than=slower, across=across)
        likely[in_long_gaps(seen, fps)] = 0.0
        if turn > 0:
            aside = float(np.clip(_OF_THE_WAY * _away(way, measured), _ASIDE, _FOLLOWED))
    return way, likely, aside


def _follows(away: float) -> float:
    """Share in [0, 1] of a camera that follows: the way that steps make is right, and not what it sees of it."""
    low, high = _FOLLOWS
    return min(max((away - low) / (high - low), 0.0), 1.0)


def _away(way: DoubleArray, measured: DoubleArray) -> float:
    """How far the pelvis is from its ray, as a share of its distance, in the median frame."""
    distance = np.maximum(np.linalg.norm(measured, axis=1, keepdims=True), 0.1)
    along = measured / distance
    off = way - measured
    aside: DoubleArray = np.linalg.norm(off - np.sum(off * along, axis=1, keepdims=True) * along, axis=1)
    shares: DoubleArray = aside / distance[:, 0]
    return float(np.median(shares))


def _precisions(rays: DoubleArray, seen: BoolArray, *, aside: float, deep: float) -> DoubleArray:
    """(T, 3, 3): how exactly the camera says where the pelvis is, across its ray and along it."""
    distance = np.maximum(np.linalg.norm(rays, axis=-1), 0.1)[:, None, None]
    along = (rays / distance[:, 0])[:, :, None]
    along = along @ np.swapaxes(along, 1, 2)
    found = (np.eye(3) - along) / np.square(aside * distance) + along / np.square(deep * distance)
    return found * np.where(seen, 1.0, _UNSEEN)[:, None, None]


def _way(
    measured: DoubleArray, precision: DoubleArray, carried: DoubleArray, *, likely: DoubleArray, ground: float,
    seen: BoolArray, fps: float, step_m: float,
) -> DoubleArray:  # fmt: skip
    """(T, 3) by linear least squares: near what the camera says, as fast, with standing soles still on the ground."""
    count = len(measured)
    if count < 4:
        return measured.copy()
    bands = np.zeros((10, 3 * count))  # upper bands of a matrix over (frame, axis)
    right = (precision @ measured[..., None])[..., 0]
    for first in range(3):
        for second in range(first, 3):
            bands[9 - (second - first), second::3] += precision[:, first, second]
    traces: DoubleArray = np.asarray(np.einsum("tii->t", precision), np.float64)
    typical = float(np.median(traces)) / 3.0
    smooth = typical * strength_of(_PELVIS_HZ / fps) * penalty_bands(count)
    for apart in range(4):
        for axis in range(3):
            bands[9 - 3 * apart, axis::3] += smooth[3 - apart]
    _hold_steps(bands, right, _as_fast(measured, seen, fps=fps), steps=np.diff(_calm(measured, seen, fps=fps), axis=0))
    for sole in range(carried.shape[1]):
        held = likely[1:, sole] * likely[:-1, sole] / step_m**2
        _hold_steps(bands, right, held, steps=-np.diff(carried[:, sole], axis=0))
        level = likely[:, sole] / _EVEN_M**2
        bands[9, 1::3] += level
        right[:, 1] += level * (ground - carried[:, sole, 1])
    return np.asarray(solveh_banded(bands, right.reshape(-1)), np.float64).reshape(count, 3)


def _hold_steps(bands: DoubleArray, right: DoubleArray, weight: DoubleArray, *, steps: DoubleArray) -> None:
    """Add to the equations that from frame to frame the pelvis moves by `steps` (T - 1, 3), so surely (T - 1,)."""
    for axis in range(3):
        bands[9, axis::3][1:] += weight
        bands[9, axis::3][:-1] += weight
        bands[6, axis::3][1:] -= weight
    right[1:] += weight[:, None] * steps
    right[:-1] -= weight[:, None] * steps


def _as_fast(measured: DoubleArray, seen: BoolArray, *, fps: float) -> DoubleArray:
    """(T - 1,) how surely the pelvis moves from each frame to the next as the camera has it."""
    distance = np.maximum(np.linalg.norm(measured, axis=1), 0.1)
    drift = _DRIFT / np.sqrt(fps) * np.maximum(distance[1:], distance[:-1])
    return (seen[1:] & seen[:-1]) / np.square(drift)


def _calm(measured: DoubleArray, seen: BoolArray, *, fps: float) -> DoubleArray:
    """(T, 3) where the camera has the pelvis, without what trembles."""
    return smoothed(measured, np.where(seen, 1.0, _UNSEEN), cutoff=_DRIFT_HZ, fps=fps)
