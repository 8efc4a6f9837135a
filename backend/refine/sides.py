"""Repairs keypoints whose left and right a detector exchanged for some frames of a video."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..arrays import AnyFloatArray, BoolArray, DoubleArray, IntArray
from ..keypoints import BLAZEPOSE_33

_OTHER: Final = np.array(BLAZEPOSE_33.mirror)
"""(33,) the landmark of the other side; one of the middle is its own."""
_PARTS: Final = (
    ("elbow", "wrist", "pinky", "index", "thumb"),
    ("knee", "ankle", "heel", "foot_index"),
)
_FARTHEST: Final = 0.15
"""Of the person's size: a point that leaves its path farther than this is off, however far."""
_EXCHANGED: Final = 0.01
"""What it costs to take a frame for exchanged, in squares of the person's size summed over a part's points."""
_CHANGED: Final = 0.01
"""What it costs to change one's mind from one frame to the next."""


def other_sides(points_px: AnyFloatArray, confidence: AnyFloatArray) -> tuple[BoolArray, BoolArray]:
    """In which frames the detector exchanged the sides.

    Of all sequences of exchanged and kept frames that is taken along which the points leave their paths least, where a
    path goes on as it came (Viterbi's algorithm over pairs of frames).

    Args:
        points_px: (T, 33, 2) BlazePose's landmarks.
        confidence: (T, 33).

    Returns:
        (T,) of the whole body, and (T, 2) of the arms and of the legs, on top of that.
    """
    count = len(points_px)
    body, parts = np.zeros(count, np.bool_), np.zeros((count, 2), np.bool_)
    if count < 4:  # no path to leave
        return body, parts
    points = np.asarray(points_px, np.float64) / size_px(points_px, confidence)
    sure = np.asarray(confidence, np.float64)
    sided = np.flatnonzero(np.arange(len(_OTHER)) != _OTHER)
    body = _exchanged(points, sure, sided)
    points, sure = exchanged(points, body), exchanged(sure, body)
    for place, part in enumerate(_PARTS):
        ends = np.array([BLAZEPOSE_33.index[f"{side}_{name}"] for side in ("left", "right") for name in part])
        parts[:, place] = _exchanged(points, sure, ends)
    return body, parts


def with_own_sides(values: AnyFloatArray, body: BoolArray, parts: BoolArray) -> AnyFloatArray:
    """Landmarks (T, 33, ...) with the sides exchanged back where `other_sides` says so."""
    found = exchanged(values, body)
    for place, part in enumerate(_PARTS):
        ends = [BLAZEPOSE_33.index[f"{side}_{name}"] for side in ("left", "right") for name in part]
        swapped = exchanged(found, parts[:, place])
        found = found.copy()
        found[:, ends] = swapped[:, ends]
    return found


def exchanged(values: AnyFloatArray, frames: BoolArray) -> AnyFloatArray:
    """(T, 33, ...) with left and right exchanged in these frames (T,)."""
    found = np.array(values)
    found[frames] = found[frames][:, _OTHER]
    return found


def size_px(points_px: AnyFloatArray, confidence: AnyFloatArray) -> float:
    """The person's height or width in pixels, in the median of the frames that show anything."""
    seen: BoolArray = np.asarray(confidence, np.float64).max(1) > 0.0
    points = points_px[seen] if seen.any() else points_px
    extent: DoubleArray = (points.max(1) - points.min(1)).max(-1)
    return max(float(np.median(extent)), 1.0)


def _exchanged(points: DoubleArray, sure: DoubleArray, chosen: IntArray) -> BoolArray:
    """(T,) whether the chosen landmarks lie better on their paths with the sides exchanged."""
    bends = _bends(points, sure, chosen)
    cost = np.array([[0.0, _CHANGED], [_CHANGED, 2.0 * _EXCHANGED]])  # of the best way to (state before, state now)
    came = np.zeros((len(points), 2, 2), np.int8)
    for frame in range(2, len(points)):
        ways = cost[:, :, None] + bends[frame - 2]
        came[frame] = ways.argmin(0)
        cost = ways.min(0)
    return _way_back(cost, came)


def _bends(points: DoubleArray, sure: DoubleArray, chosen: IntArray) -> DoubleArray:
    """(T - 2, 2, 2, 2): what each way through three frames costs, by whether each of them is exchanged."""
    either = np.stack([points[:, chosen], points[:, _OTHER[chosen]]])
    weight = np.stack([sure[:, chosen], sure[:, _OTHER[chosen]]])
    costs = np.empty((len(points) - 2, 2, 2, 2))
    for first, second, third in np.ndindex(2, 2, 2):
        ahead = 2.0 * either[second, 1:-1] - either[first, :-2]
        off = np.square(either[third, 2:] - ahead).sum(-1)
        held = np.minimum(np.minimum(weight[third, 2:], weight[second, 1:-1]), weight[first, :-2])
        costs[:, first, second, third] = (held * np.minimum(off, _FARTHEST**2)).sum(-1)
        costs[:, first, second, third] += _EXCHANGED * third + _CHANGED * (second != third)
    return costs


def _way_back(cost: DoubleArray, came: NDArray[np.int8]) -> BoolArray:
    count = len(came)
    states = np.zeros(count, np.int8)
    states[-2], states[-1] = np.unravel_index(int(cost.argmin()), cost.shape)
    for frame in range(count - 1, 1, -1):
        states[frame - 2] = came[frame, states[frame - 1], states[frame]]
    return states.astype(np.bool_)
