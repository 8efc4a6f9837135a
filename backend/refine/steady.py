"""Keypoints of a video at even times, on their own sides, and without what moves faster than people do.

A detector's errors are not those of a person: what is left of them would be turned into poses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, IntArray
from ..errors import InputError
from ..job import Job, Progress
from ..keypoints import BLAZEPOSE_33
from ..observation import Observation
from .sides import other_sides, size_px, with_own_sides
from .smoothing import Robust, robustly_smoothed, smoothed

POINTS_HZ: Final = 5.0
"""Faster movements of keypoints are taken for errors: people walk, box and dance below it."""
WORLD_HZ: Final = 3.0
"""The same of world landmarks, which tremble more."""
_POINT_ERROR: Final = 0.01
"""An ordinary error of a keypoint, as a share of the person's size."""
_WORLD_ERROR_M: Final = 0.04
_EVEN: Final = 0.1
"""Times that are off by a smaller share of a frame are even: containers round them."""
_FASTEST_FPS: Final = 120.0
_TOLD: Final = 8
_STAGE: Final = "Following the joints"


def at_even_times(seen: Observation, time_s: AnyFloatArray) -> tuple[Observation, IntArray]:
    """The keypoints at even times, and for each the frame nearest to it.

    Args:
        seen: T frames.
        time_s: (T,) when they were taken.

    Raises:
        InputError: there are not as many times as frames, or they do not ascend.
    """
    times = np.asarray(time_s, np.float64)
    if len(times) != seen.frame_count:
        raise InputError(f"{seen.frame_count} frames need as many times, not {len(times)}.")
    if len(times) == 1:
        return seen, np.zeros(1, np.intp)
    steps = np.diff(times)
    if steps.min() <= 0.0:
        raise InputError("The times of the frames do not ascend. Convert the video to a constant frame rate.")
    usual, mean = 1.0 / float(np.median(steps)), (len(times) - 1) / float(times[-1] - times[0])
    fps = min(max(usual, mean), _FASTEST_FPS)  # the mean where long and short frames alternate, else pauses would count
    if np.abs(steps * fps - 1.0).max() < _EVEN:
        return replace(seen, fps=mean), np.arange(len(times))
    even = times[0] + np.arange(round(float(times[-1] - times[0]) * fps) + 1) / fps
    halfway: DoubleArray = 0.5 * (times[1:] + times[:-1])
    nearest: IntArray = np.asarray(np.searchsorted(halfway, even), np.intp)
    return _interpolated(seen, times, even, fps=fps), nearest


def _interpolated(seen: Observation, times: DoubleArray, even: DoubleArray, *, fps: float) -> Observation:
    def between(values: FloatArray) -> FloatArray:
        columns: list[DoubleArray] = [np.interp(even, times, column) for column in values.reshape(len(times), -1).T]
        return np.stack(columns, 1).reshape(len(even), *values.shape[1:]).astype(np.float32)

    world, box = seen.keypoints_world, seen.box_px
    return replace(
        seen,
        keypoints_px=between(seen.keypoints_px),
        confidence=between(seen.confidence),
        keypoints_world=None if world is None else between(world),
        box_px=None if box is None else between(box),
        fps=fps,
    )


def steadied(seen: Observation) -> Job[Observation]:
    """One shot's landmarks of BlazePose on their own sides and smoothed; what is far off its path does not count."""
    yield Progress(_STAGE, 0.0)
    sides = other_sides(seen.keypoints_px, seen.confidence)
    pixels, sure = with_own_sides(seen.keypoints_px, *sides), with_own_sides(seen.confidence, *sides)
    error = Robust(_POINT_ERROR * size_px(pixels, sure))
    found = yield from _points(pixels, sure, cutoff=POINTS_HZ, fps=seen.fps, robust=error)
    world = seen.keypoints_world
    if world is not None:
        world = with_own_sides(world, *sides)
        world = yield from _points(world, sure, cutoff=WORLD_HZ, fps=seen.fps, robust=Robust(_WORLD_ERROR_M))
    trust = np.clip(smoothed(sure, np.ones(len(sure)), cutoff=POINTS_HZ, fps=seen.fps), 0.0, 1.0)
    return replace(seen, keypoints_px=found, confidence=trust.astype(np.float32), keypoints_world=world)


def _points(
    values: AnyFloatArray, sure: AnyFloatArray, *, cutoff: float, fps: float, robust: Robust
) -> Job[FloatArray]:
    found = np.empty(values.shape, np.float32)
    for point in range(len(BLAZEPOSE_33)):
        if point % _TOLD == 0:
            yield Progress(_STAGE, point / len(BLAZEPOSE_33))
        found[:, point] = robustly_smoothed(values[:, point], sure[:, point], cutoff=cutoff, fps=fps, robust=robust)
    return found
