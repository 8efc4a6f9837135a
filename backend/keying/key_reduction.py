"""Dense motion -> few Bezier keys whose curves keep a stated bound in every frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from ..arrays import BoolArray, DoubleArray, IntArray
from ..errors import InputError
from ..job import Job, Progress
from .bezier import BezierKeys
from .error_bound import EndJoints, ErrorBound, Judge, MotionError
from .key_fit import KeyFit
from .motion_channels import ChannelGroup, MotionChannels

Handles = Literal["ALIGNED", "FREE"]

_CHUNK: Final = 128
"""Frames that are prepared and checked at a time."""
_GRID: Final = 24
"""Frames between the first keys; most of them are taken away again where they are not needed."""
_LONGEST: Final = 240
"""Frames between two keys at most, so that no single fit holds the window for long."""
_NEARLY_WORST: Final = 0.7
"""A preferred frame with this share of the worst error is as good a place for a key as the worst frame."""
_PASSES: Final = 6
_DEAREST: Final = 1.5
"""A key without which the error was so many times the bound is not tried again in the same pass."""
_MENDED_TOGETHER: Final = 2
"""Of bones with keys of their own, so many get one where all together move a hand or a foot too far off."""
STAGE: Final = "Choosing keys"


@dataclass(frozen=True)
class ReducedMotion:
    """Keys of some groups of channels.

    Attributes:
        groups: what the keys are of.
        curves: per group its keys, with the group's channels.
        frames: (K,) positions in the motion where any group has a key.
        error: the worst error of all frames, as Blender evaluates the keys.
        frame_count: T of the motion.
    """

    groups: tuple[ChannelGroup, ...]
    curves: tuple[BezierKeys, ...]
    frames: IntArray
    error: MotionError
    frame_count: int

    @property
    def key_count(self) -> int:
        """Keys of all F-curves together."""
        return sum(curve.values.size for curve in self.curves)


@dataclass(frozen=True)
class Reduction:
    """How to reduce.

    Attributes:
        bound: the largest errors.
        handles: "ALIGNED" curves run smoothly through their keys; "FREE" ones may bend there, with fewer keys.
        whole_poses: all bones have their keys at the same frames; else each bone has its own.
        preferred: positions in the motion that make good keys, such as where a foot comes down or leaves the ground.
    """

    bound: ErrorBound = field(default_factory=ErrorBound)
    handles: Handles = "ALIGNED"
    whole_poses: bool = True
    preferred: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.handles not in ("ALIGNED", "FREE"):
            raise InputError(f"Handles must be ALIGNED or FREE, not {self.handles}.")


def contact_changes(contacts: BoolArray) -> tuple[int, ...]:
    """Frames of (T, N) truths at which a contact begins, and the last frames of those that end."""
    held = np.asarray(contacts, np.bool_)
    change = np.diff(held.astype(np.int8), axis=0)
    begins, ends = np.flatnonzero((change > 0).any(axis=1)) + 1, np.flatnonzero((change < 0).any(axis=1))
    return tuple(sorted({*begins.tolist(), *ends.tolist()}))


def reduce_keys(
    groups: Sequence[ChannelGroup],
    reduction: Reduction,
    *,
    joints: EndJoints | None = None,
    first_frame: float = 0.0,
) -> Job[ReducedMotion]:
    """Choose key frames and fit curves, so that no frame breaks the bound; a job.

    Keys are added where the error is worst until the bound holds, then those are taken away or moved that it holds
    without. Last, every frame is evaluated from the float32 keys as Blender does, and a key is added at any that is
    over the bound. A frame with a key has no error, so the bound always holds in the end.

    Args:
        groups: the motion, all with the same T frames.
        reduction: how.
        joints: forward kinematics of joints whose places count.
        first_frame: scene frame of the first frame.

    Raises:
        InputError: there are no groups, or their numbers of frames differ.
    """
    channels = MotionChannels(groups)
    judge = Judge(channels, reduction.bound, joints=joints)
    for start in range(0, channels.frame_count, _CHUNK):
        yield Progress(STAGE, 0.1 * start / channels.frame_count)
        judge.prepare(start, start + _CHUNK)
    inside = {frame for frame in reduction.preferred if 0 <= frame < channels.frame_count}
    preferred, extremes = np.array(sorted(inside), np.intp), np.array(_extremes(judge.speeds), np.intp)
    parts = _Parts(channels, judge, reduction)
    for part, fit in enumerate(parts.fits):
        for done in _fit_one(fit, channels.frame_count, preferred=preferred, extremes=extremes):
            yield Progress(STAGE, 0.1 + 0.8 * (part + done) / len(parts.fits))
    return (yield from parts.checked(first_frame, preferred=preferred))


def _extremes(speeds: DoubleArray) -> list[int]:
    """Frames at which the body as a whole is slowest: poses that an animator would call extremes."""
    if len(speeds) < 3:
        return []
    smooth = np.convolve(np.pad(speeds, 2, mode="edge"), np.ones(4) / 4.0, mode="valid")
    lowest = (smooth[1:-1] < smooth[:-2]) & (smooth[1:-1] <= smooth[2:])
    return (np.flatnonzero(lowest) + 1).tolist()


def _fit_one(fit: KeyFit, frames: int, *, preferred: IntArray, extremes: IntArray) -> Iterator[float]:
    """Add keys until the bound holds, then take away what it holds without; yields the share done.

    Preferred frames are keys from the start, and are taken away last.
    """
    if frames < 2:
        return
    fit.start(sorted({*range(0, frames - 1, _GRID), *preferred.tolist(), frames - 1}))
    for place, knot in enumerate(list(fit.knots)):
        fit.refit(knot)
        yield 0.1 * place / len(fit.knots)
    yield from _add_keys(fit, np.union1d(preferred, extremes))
    kept = set(preferred.tolist())
    for attempt in range(_PASSES):
        before = len(fit.knots)
        for done in _take_away(fit, [knot for knot in fit.knots[1:-1] if knot not in kept]):
            yield 0.5 + 0.5 * (attempt + done) / _PASSES
        if len(fit.knots) == before:
            if not kept:
                break
            kept.clear()


def _add_keys(fit: KeyFit, preferred: IntArray) -> Iterator[float]:
    while True:
        worst = int(np.argmax(fit.scores))
        if fit.scores[worst] <= 1.0:
            return
        span = fit.neighbours(worst)
        fit.inserted(worst if fit.has(worst) else _best_frame(fit.scores, span, worst, preferred=preferred))
        yield 0.1 + 0.4 * float((fit.scores <= 1.0).mean())


def _best_frame(scores: DoubleArray, span: tuple[int, int], worst: int, *, preferred: IntArray) -> int:
    """The preferred frame between two keys that is nearest to the worst one and nearly as bad, or the worst itself."""
    low, high = np.searchsorted(preferred, [span[0] + 1, span[1]])
    inside = preferred[low:high]
    good = inside[scores[inside] >= max(_NEARLY_WORST * float(scores[worst]), 1.0)]
    return int(good[np.argmin(np.abs(good - worst))]) if good.size else worst


def _take_away(fit: KeyFit, knots: Sequence[int]) -> Iterator[float]:
    """One pass over these keys, those that are missed least first."""
    costs: dict[int, float] = {}
    for place, knot in enumerate(knots):
        costs[knot] = fit.without(knot).worst
        yield 0.5 * place / len(knots)
    for place, knot in enumerate(sorted(costs, key=costs.__getitem__)):
        if costs[knot] > _DEAREST:
            break
        before, after = fit.neighbours(knot)
        if after - before <= _LONGEST:
            found = fit.without(knot)
            if found.worst <= 1.0:
                fit.accept(found)
        yield 0.5 + 0.5 * place / len(knots)


class _Parts:
    """The channels that share their key frames: all of them, or each group by itself; and what they make together."""

    def __init__(self, channels: MotionChannels, judge: Judge, reduction: Reduction) -> None:
        self._channels, self._judge = channels, judge
        aligned = reduction.handles == "ALIGNED"
        if reduction.whole_poses:
            self.fits, self._groups = [KeyFit(channels, judge, aligned=aligned)], [range(len(channels.groups))]
            return
        own = [MotionChannels([group]) for group in channels.groups]
        self._groups = [range(place, place + 1) for place in range(len(own))]
        self.fits = [KeyFit(one, _prepared(one, reduction.bound), aligned=aligned) for one in own]

    def checked(self, first_frame: float, *, preferred: IntArray) -> Job[ReducedMotion]:
        """The keys, after those are added that the bound needs with all channels together and in float32."""
        count = self._channels.frame_count
        while True:
            curves = self._curves(first_frame)
            over: list[int] = []
            error = MotionError()
            for start in range(0, count, _CHUNK):
                yield Progress("Checking keys", 0.9 + 0.1 * start / count)
                frames = np.arange(start, min(start + _CHUNK, count))
                values = self._evaluated(curves, first_frame + frames)
                over += (frames[self._judge.scores(values, start) > 1.0]).tolist()
                error = error.with_worse(self._judge.worst(values, start))
            if not over:
                return ReducedMotion(self._channels.groups, curves, self._frames(), error, count)
            for done in self._mended(_worst_of_runs(over), preferred=preferred):
                yield Progress("Checking keys", 0.9 + 0.1 * done)

    def _mended(self, frames: Sequence[int], *, preferred: IntArray) -> Iterator[float]:
        """Add keys at frames that are over the bound, to the parts that have the largest errors there."""
        touched: set[int] = set()
        for place, frame in enumerate(frames):
            errors = np.array([fit.scores[frame] for fit in self.fits])
            for part in np.argsort(-errors, kind="stable")[:_MENDED_TOGETHER].tolist():
                self.fits[part].inserted(frame)
                touched.add(part)
            yield place / len(frames)
        for part in sorted(touched):
            yield from _add_keys(self.fits[part], preferred)

    def _curves(self, first_frame: float) -> tuple[BezierKeys, ...]:
        """Per group."""
        found: list[BezierKeys] = []
        for fit, groups in zip(self.fits, self._groups, strict=True):
            keys = fit.keys(first_frame)
            base = self._channels.columns[groups[0]].start
            for group in groups:
                columns = self._channels.columns[group]
                found.append(keys.only(slice(columns.start - base, columns.stop - base)))
        return tuple(found)

    def _evaluated(self, curves: Sequence[BezierKeys], times: DoubleArray) -> DoubleArray:
        return np.concatenate([curve.evaluated(times) for curve in curves], axis=1).astype(np.float64)

    def _frames(self) -> IntArray:
        return np.array(sorted({knot for fit in self.fits for knot in fit.knots}), np.intp)


def _prepared(channels: MotionChannels, bound: ErrorBound) -> Judge:
    judge = Judge(channels, bound)
    judge.prepare(0, channels.frame_count)
    return judge


def _worst_of_runs(frames: Sequence[int]) -> list[int]:
    """The middle frame of each run of neighbouring frames."""
    runs = np.split(np.array(frames), np.flatnonzero(np.diff(frames) > 1) + 1)
    return [int(run[len(run) // 2]) for run in runs]
