"""Who is who from one frame to the next: predicted places, distances between bodies, and the cheapest matching."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

import numpy as np
from scipy.optimize import linear_sum_assignment  # pyright: ignore[reportUnknownVariableType]

from ..arrays import AnyFloatArray, DoubleArray, IntArray
from .landmarks import Landmarks
from .roi import Roi

_SETTLING_S: Final = 0.12
"""Over so many seconds a velocity follows what is seen; shorter and it follows the jitter of the landmarks."""
_FASTEST: Final = 3.0
"""Sides of the region per second: a sprinter, seen whole, covers about that."""
_COASTING_S: Final = 0.6
"""For so long somebody hidden is expected to walk on as before."""
_ONE_BODY: Final = 0.08
"""Two answers are one body when their median landmark distance is below this share of the smaller one's size. People
who cross keep apart by more, but for the moment in which one hides the other anyway."""
_REACH: Final = 0.35
"""Within so many sides of where they are expected people are found again at once; each second adds `_DRIFT`."""
_DRIFT: Final = 1.0
_PLACE_WEIGHT: Final = 0.45
MOST_COST: Final = 0.7
"""Dearer matches are none. Somebody lost long ago, or before a cut, can only match by looks, which must differ by less
than 0.25 then: from the mean of their first eight frames so do 18 of 32 and 22 of 22 later sights of the people in the
two shared clips, and 2 of 31 pairs of people in one photo."""
_NO_PLACE: Final = 1.0
_GROWTH: Final = 2.5
"""Somebody who was just seen is not so many times larger or smaller now."""


@dataclass(frozen=True)
class Motion:
    """Where somebody was last seen and how fast they moved; constant velocity.

    Attributes:
        roi: the region that the landmark model asked for.
        velocity: (2,) pixels per second of its middle.
        time_s: when.
    """

    roi: Roi
    velocity: tuple[float, float]
    time_s: float

    def at(self, time_s: float) -> Roi:
        """The expected region; after `_COASTING_S` without a sight it stays where it is."""
        span = min(max(time_s - self.time_s, 0.0), _COASTING_S)
        return replace(self.roi, x=self.roi.x + self.velocity[0] * span, y=self.roi.y + self.velocity[1] * span)

    def seen(self, roi: Roi, time_s: float) -> Motion:
        """After another sight."""
        span = time_s - self.time_s
        if span <= 0.0:
            return replace(self, roi=roi)
        follow = 1.0 - math.exp(-span / _SETTLING_S)
        limit = _FASTEST * roi.side
        velocity = [
            float(np.clip((1.0 - follow) * old + follow * (now - then) / span, -limit, limit))
            for old, now, then in zip(self.velocity, (roi.x, roi.y), (self.roi.x, self.roi.y), strict=True)
        ]
        return Motion(roi, (velocity[0], velocity[1]), time_s)


def body_size(points_px: AnyFloatArray) -> float:
    """The longer side of the box around landmarks (33, 2), in pixels."""
    return float(np.ptp(points_px, axis=0).max())


def body_distance(first: AnyFloatArray, second: AnyFloatArray) -> float:
    """The median distance between the landmarks (33, 2) of two answers, as a share of the smaller one's size."""
    distances: DoubleArray = np.linalg.norm(np.asarray(first, np.float64) - second, axis=-1)
    return float(np.median(distances)) / max(min(body_size(first), body_size(second)), 1e-6)


def one_body(first: AnyFloatArray, second: AnyFloatArray) -> bool:
    """Whether two answers (33, 2) are about the same person."""
    return body_distance(first, second) < _ONE_BODY


def converged(points: Sequence[AnyFloatArray]) -> list[tuple[int, int]]:
    """All pairs among answers (33, 2) that are about the same person."""
    return [
        (first, second)
        for first in range(len(points))
        for second in range(first + 1, len(points))
        if one_body(points[first], points[second])
    ]


def place_cost(motion: Motion | None, sight: Landmarks, time_s: float) -> float:
    """How ill a sight fits to where somebody is expected, from 0 to 1; infinite where it cannot be them.

    Without a motion (after a cut) any place is equally unlikely.
    """
    if motion is None:
        return _NO_PLACE
    gap = max(time_s - motion.time_s, 0.0)
    expected, found = motion.at(time_s), sight.next_roi
    side = max(min(expected.side, found.side), 1e-6)
    if gap < 1.0 and max(expected.side, found.side) > _GROWTH * side:
        return math.inf
    away = math.hypot(expected.x - found.x, expected.y - found.y) / side
    return min(away / (_REACH + _DRIFT * gap), _NO_PLACE)


def matching_cost(place: float, looks: float) -> float:
    """Of a match, from `place_cost` and the distance of the looks in [0, 1] (`appearance.distance`)."""
    return _PLACE_WEIGHT * place + looks


def assigned(costs: AnyFloatArray, *, most: float = MOST_COST) -> list[tuple[int, int]]:
    """The matching of rows to columns (R, C) of the least total cost; pairs dearer than `most` are left out.

    Kuhn's Hungarian method (1955) in scipy.
    """
    if not costs.size:
        return []
    # what may not be matched costs the same, more than any number of pairs that may
    refused = (len(costs) + costs.shape[1]) * (most + 1.0)
    allowed = np.where(costs <= most, costs, refused)
    rows, columns = cast("tuple[IntArray, IntArray]", linear_sum_assignment(allowed))
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True) if costs[row, column] <= most]


def overlap(first: AnyFloatArray, second: AnyFloatArray) -> float:
    """How much of the smaller box (4,) lies in the other one, in [0, 1]."""
    low, high = np.maximum(first[:2], second[:2]), np.minimum(first[2:], second[2:])
    shared = float(np.prod(np.clip(high - low, 0.0, None)))
    least = min(float(np.prod(np.clip(box[2:] - box[:2], 0.0, None))) for box in (first, second))
    return shared / max(least, 1e-6)
