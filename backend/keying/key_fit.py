"""Curves through chosen key frames that lie as near to a motion as they can: a part of it at a time."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import BoolArray, DoubleArray, IntArray
from .bezier import BezierKeys, keys_from_slopes
from .error_bound import Judge
from .motion_channels import MotionChannels

_PULL: Final = 1e-3
"""Weight of the motion's own slope beside the fit: decides where a span has no frames of its own to fit."""
_NEIGHBOURS: Final = 3
"""Keys on each side whose handles change with a key; farther ones hardly matter for a smooth cubic spline."""
_TRIES: Final = 3
"""Fits with more weight on the worst frames, after the plain one (C. L. Lawson's reweighting)."""
_HOPELESS: Final = 2.0
"""Times the bound: worse than this is not mended by other weights."""


@dataclass(frozen=True)
class Fitted:
    """A part of the motion, fitted: N keys, and the F frames from the first of them to the last."""

    knots: IntArray
    poses: DoubleArray
    before: DoubleArray
    after: DoubleArray
    values: DoubleArray
    scores: DoubleArray

    @property
    def worst(self) -> float:
        """The largest error as a share of its bound."""
        return float(self.scores.max())


class KeyFit:
    """Key frames of a motion, the slopes of the curves there, and the errors of every frame.

    Between keys the curves are cubic, with handles at thirds. Values and slopes at the keys minimise the squares of the
    errors, so that a key may miss the motion's own pose by as much as the bound allows, which spares keys;
    where the least squares break the bound, other weights try to keep it.

    Args:
        channels: the motion.
        judge: prepared for all frames.
        aligned: curves keep their direction at keys; else each side of a key has its own.
    """

    def __init__(self, channels: MotionChannels, judge: Judge, *, aligned: bool) -> None:
        self._dense, self._judge, self._aligned = channels.values, judge, aligned
        self.knots: list[int] = []
        self.poses, self.before, self.after = (np.zeros_like(self._dense) for _ in range(3))
        self._exact = np.zeros(len(self._dense), np.bool_)
        self.values = np.zeros_like(self._dense)
        self.scores = np.zeros(len(self._dense))
        self.start(sorted({0, len(self._dense) - 1}))

    def start(self, knots: list[int]) -> None:
        """Choose the first key frames, ascending and with both ends; nothing is fitted yet."""
        self.knots = list(knots)
        self.poses[knots] = self._dense[knots]
        self.before[knots] = self.after[knots] = self._slopes(np.array(knots))

    def keys(self, first_frame: float) -> BezierKeys:
        """The keys as they are now, with the motion's first frame at `first_frame`."""
        knots = np.array(self.knots)
        poses, before, after = self.poses[knots], self.before[knots], self.after[knots]
        return keys_from_slopes(first_frame + knots, poses, before=before, after=after)

    def refit(self, knot: int) -> None:
        """Fit anew around a key frame."""
        self.accept(self._fitted(self._around(bisect_left(self.knots, knot)), tries=0))

    def has(self, frame: int) -> bool:
        """Whether a frame is a key frame."""
        place = bisect_left(self.knots, frame)
        return place < len(self.knots) and self.knots[place] == frame

    def neighbours(self, frame: int) -> tuple[int, int]:
        """The key frames before and after a frame, itself not counted; at an end of the motion, that end."""
        place = bisect_left(self.knots, frame)
        return self.knots[max(place - 1, 0)], self.knots[min(place + self.has(frame), len(self.knots) - 1)]

    def inserted(self, frame: int) -> None:
        """Make a frame a key frame, or give the key that is there the motion's own pose, and fit around it."""
        if self.has(frame):
            self._exact[frame] = True
        else:
            insort(self.knots, frame)
        self.refit(frame)

    def without(self, knot: int) -> Fitted:
        """What the motion would be around a key frame if it were none."""
        place = bisect_left(self.knots, knot)
        window = self._around(place)
        return self._fitted([other for other in window if other != knot], tries=_TRIES)

    def accept(self, fitted: Fitted) -> None:
        """Make a fitted part what the motion is."""
        first, last = int(fitted.knots[0]), int(fitted.knots[-1])
        low, high = bisect_left(self.knots, first), bisect_left(self.knots, last)
        self.knots[low : high + 1] = fitted.knots.tolist()
        self.poses[fitted.knots] = fitted.poses
        self.before[fitted.knots], self.after[fitted.knots] = fitted.before, fitted.after
        self.values[first : last + 1], self.scores[first : last + 1] = fitted.values, fitted.scores

    def _slopes(self, knots: IntArray) -> DoubleArray:
        """(N, C): how the motion itself moves there, a frame."""
        after, before = np.minimum(knots + 1, len(self._dense) - 1), np.maximum(knots - 1, 0)
        return (self._dense[after] - self._dense[before]) / np.maximum(after - before, 1)[:, None]

    def _around(self, place: int) -> list[int]:
        return self.knots[max(place - _NEIGHBOURS, 0) : place + _NEIGHBOURS + 1]

    def _fitted(self, window: list[int], *, tries: int) -> Fitted:
        """The keys of a window, of which the slopes at its ends stay unless the motion ends there."""
        knots = np.array(window)
        frames = np.arange(window[0], window[-1] + 1)
        spans = _Spans(knots, frames, aligned=self._aligned)
        weights = np.ones(len(frames))
        best = self._solved(spans, weights)
        for _ in range(tries):
            if best.worst <= 1.0 or best.worst > _HOPELESS:
                break
            weights *= np.maximum(best.scores, 0.05)
            weights *= len(weights) / weights.sum()
            found = self._solved(spans, weights)
            best = found if found.worst < best.worst else best
        return best

    def _solved(self, spans: _Spans, weights: DoubleArray) -> Fitted:
        knots, dense = spans.knots, self._dense[spans.knots[0] : spans.knots[-1] + 1]
        slopes = self._slopes(knots)
        prior = spans.unknowns(self._dense[knots], slopes, slopes)
        now = spans.unknowns(self.poses[knots], self.before[knots], self.after[knots])
        fixed = spans.shared_with_others(at_start=knots[0] > 0, at_end=knots[-1] < len(self._dense) - 1)
        exact = np.flatnonzero(self._exact[knots])
        now[exact], fixed[exact] = self._dense[knots[exact]], True
        target = dense - spans.design[:, fixed] @ now[fixed]
        design = spans.design[:, ~fixed]
        weighted = design.T * weights
        normal = weighted @ design + _PULL * np.eye(design.shape[1])
        now[~fixed] = np.linalg.solve(normal, weighted @ target + _PULL * prior[~fixed])
        values = spans.design @ now
        found = spans.sides(now, self.before[knots], self.after[knots])
        return Fitted(knots, *found, values, self._judge.scores(values, int(knots[0])))


class _Spans:
    """The spans between N key frames as cubic Hermite polynomials of the F frames.

    The unknowns are N values, then N slopes, or with free handles 2 (N - 1): one at each end of each span.
    """

    def __init__(self, knots: IntArray, frames: IntArray, *, aligned: bool) -> None:
        self.knots, self._aligned = knots, aligned
        count = len(knots)
        span = np.clip(np.searchsorted(knots, frames, side="right") - 1, 0, count - 2)
        length = np.diff(knots)[span].astype(np.float64)
        share = (frames - knots[span]) / length
        rest, rows = 1.0 - share, np.arange(len(frames))
        leave, reach = (span, span + 1) if aligned else (2 * span, 2 * span + 1)
        self.design = np.zeros((len(frames), count + (count if aligned else 2 * (count - 1))))
        self.design[rows, span] += rest**2 * (1.0 + 2.0 * share)
        self.design[rows, span + 1] += share**2 * (3.0 - 2.0 * share)
        self.design[rows, count + leave] += length * share * rest**2
        self.design[rows, count + reach] -= length * share**2 * rest

    def unknowns(self, poses: DoubleArray, before: DoubleArray, after: DoubleArray) -> DoubleArray:
        """From (N, C) values at the keys and slopes on both sides of them."""
        if self._aligned:
            return np.concatenate([poses, after])
        return np.concatenate([poses, np.stack([after[:-1], before[1:]], axis=1).reshape(-1, before.shape[1])])

    def shared_with_others(self, *, at_start: bool, at_end: bool) -> BoolArray:
        """Which unknowns count for the spans before and after these too, where there are any, and have to stay."""
        count = len(self.knots)
        fixed = np.zeros(self.design.shape[1], np.bool_)
        fixed[[0, count - 1]] = at_start, at_end
        if self._aligned:
            fixed[[count, -1]] = at_start, at_end
        return fixed

    def sides(
        self, unknowns: DoubleArray, before: DoubleArray, after: DoubleArray
    ) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
        """The inverse of `unknowns`; the outer sides of the outer keys stay."""
        poses, slopes = unknowns[: len(self.knots)], unknowns[len(self.knots) :]
        if self._aligned:
            return poses, slopes, slopes
        pairs = slopes.reshape(-1, 2, slopes.shape[1])
        return poses, np.concatenate([before[:1], pairs[:, 1]]), np.concatenate([pairs[:, 0], after[-1:]])
