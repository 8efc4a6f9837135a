"""Bezier keys as Blender evaluates them, channel by channel, without Blender."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, IntArray, checked

ON_A_KEY: Final = 1e-4
"""Frames: nearer to a key than this the key's own value counts, as in Blender's search for it."""
_STEPS: Final = 60
_EXACT: Final = 1e-12


@dataclass(frozen=True)
class BezierKeys:
    """K keys shared by C F-curves, ascending in time; the handles' times are shared too.

    Attributes:
        times: (K,) frames.
        values: (K, C).
        left_times, right_times: (K,) frames of the handles before and after each key.
        left_values, right_values: (K, C) of the handles.

    Raises:
        InputError: a shape does not fit, or a number is not finite.
    """

    times: FloatArray
    values: FloatArray
    left_times: FloatArray
    right_times: FloatArray
    left_values: FloatArray
    right_values: FloatArray

    def __post_init__(self) -> None:
        count, width = np.shape(self.values)
        for name in ("times", "left_times", "right_times"):
            object.__setattr__(self, name, checked(name, getattr(self, name), (count,)))
        for name in ("values", "left_values", "right_values"):
            object.__setattr__(self, name, checked(name, getattr(self, name), (count, width)))

    @property
    def count(self) -> int:
        """K."""
        return len(self.times)

    def only(self, columns: slice) -> BezierKeys:
        """The keys of some of the curves."""
        values = (self.values[:, columns], self.left_values[:, columns], self.right_values[:, columns])
        return BezierKeys(self.times, values[0], self.left_times, self.right_times, values[1], values[2])

    def evaluated(self, times: AnyFloatArray) -> FloatArray:
        """(F,) frames -> (F, C) what Blender's F-curves hold there; before the first and after the last key, theirs.

        Between two keys with handles P1 and P2 the curve is the cubic Bezier of P0, P1, P2, P3 in time and value, and
        its parameter is found from the time (Blender's `fcurve_eval_keyframes_interpolate`). Handles that reach beyond
        the other key are shortened first, as `BKE_fcurve_correct_bezpart` does.
        """
        times = np.asarray(times, np.float32).astype(np.float64)
        own = self.times.astype(np.float64)
        if self.count == 1:
            return np.broadcast_to(self.values[0], (len(times), self.values.shape[1])).astype(np.float32)
        place = np.clip(np.searchsorted(own, times, side="right") - 1, 0, self.count - 2)
        found = self._between(place, np.clip(times, own[0], own[-1]))
        nearest = place + (times - own[place] > own[place + 1] - times)
        on_key = np.abs(times - own[nearest]) < ON_A_KEY
        found[on_key] = self.values[nearest[on_key]]
        return found.astype(np.float32)

    def _between(self, place: IntArray, times: DoubleArray) -> DoubleArray:
        """(F, C) at times (F,) that lie between the keys `place` (F,) and the next ones."""
        start, end = self.times[place].astype(np.float64), self.times[place + 1].astype(np.float64)
        first, second = self.right_times[place].astype(np.float64), self.left_times[place + 1].astype(np.float64)
        span = end - start
        short_first, short_second = _share(span, start - first), _share(span, end - second)
        first, second = start - short_first * (start - first), end - short_second * (end - second)
        share = solved_time(np.stack([start, first, second, end]), times)
        begin, stop = self.values[place].astype(np.float64), self.values[place + 1].astype(np.float64)
        after = begin + short_first[:, None] * (self.right_values[place] - begin)
        before = stop + short_second[:, None] * (self.left_values[place + 1] - stop)
        rest, share = 1.0 - share[:, None], share[:, None]
        return rest**3 * begin + 3 * rest**2 * share * after + 3 * rest * share**2 * before + share**3 * stop


def _share(span: DoubleArray, length: DoubleArray) -> DoubleArray:
    """How much of a handle is left when it may be as long as `span`."""
    return np.minimum(span / np.maximum(np.abs(length), 1e-30), 1.0)


def solved_time(points: DoubleArray, times: DoubleArray) -> DoubleArray:
    """The parameters (F,) in [0, 1] at which Beziers with the times `points` (4, F) reach `times` (F,).

    Handles lie between their keys, so that time never runs back and there is one solution: Newton's method, kept
    inside the bracket.
    """
    low, high = np.zeros_like(times), np.ones_like(times)
    share = np.clip((times - points[0]) / np.maximum(points[3] - points[0], 1e-30), 0.0, 1.0)
    first, second, third = (3.0 * (points[step + 1] - points[step]) for step in range(3))
    for _ in range(_STEPS):
        rest = 1.0 - share
        error = points[0] * rest**3 + 3.0 * share * rest * (rest * points[1] + share * points[2])
        error += share**3 * points[3] - times
        low, high = np.where(error < 0.0, share, low), np.where(error > 0.0, share, high)
        slope = first * rest**2 + 2.0 * second * rest * share + third * share**2
        step = share - error / np.where(slope > _EXACT, slope, 1.0)
        inside = (slope > _EXACT) & (step >= low) & (step <= high)
        following = np.where(error == 0.0, share, np.where(inside, step, 0.5 * (low + high)))
        if np.abs(following - share).max(initial=0.0) < _EXACT:
            return following
        share = following
    return share


def keys_from_slopes(
    times: AnyFloatArray, values: AnyFloatArray, *, before: AnyFloatArray, after: AnyFloatArray
) -> BezierKeys:
    """Keys whose handles lie at thirds of the way to the next keys, where time runs evenly along the Bezier.

    Args:
        times: (K,) frames, ascending.
        values: (K, C).
        before, after: (K, C) how fast the curves move when they reach and when they leave the keys, per frame.
    """
    times, values = np.asarray(times, np.float32), np.asarray(values, np.float32)
    spans = np.diff(times.astype(np.float64)) / 3.0
    outside = spans if len(spans) else np.full(1, 1.0 / 3.0)
    to_left, to_right = np.concatenate([outside[:1], spans]), np.concatenate([spans, outside[-1:]])
    return BezierKeys(
        times,
        values,
        (times - to_left).astype(np.float32),
        (times + to_right).astype(np.float32),
        (values - np.asarray(before) * to_left[:, None]).astype(np.float32),
        (values + np.asarray(after) * to_right[:, None]).astype(np.float32),
    )
