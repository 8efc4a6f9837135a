"""Poses at another frame rate: smooth between the frames, exact at them, in time to the last frame."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray, FloatArray, IntArray
from ..errors import InputError
from ..job import Job, Progress, run_job
from ..matrices import product, transposed
from ..pose_sequence import PoseSequence
from ..retarget.interpolation import slerp
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle, matrix_to_quaternion, quaternion_to_matrix

_CHUNK: Final = 128
"""Frames made at a time."""
_SAME_RATE: Final = 1e-6
"""Frame rates that differ by a smaller share are one; also the share of a frame by which the end may be missed."""


def resampled(poses: PoseSequence, fps: float) -> PoseSequence:
    """`resample` at once.

    Raises:
        InputError: `fps` is not a positive number.
    """
    return run_job(resample(poses, fps))


def resample(poses: PoseSequence, fps: float) -> Job[PoseSequence]:
    """The same motion at `fps` frames a second; a job.

    Frame k is what the motion shows at k / fps seconds, so that nothing drifts; the first frame stays, and the last is
    the last that still lies within the motion. Rotations follow cubic curves on the sphere: de Casteljau's construction
    with slerp (K. Shoemake, "Animating rotation with quaternion curves", SIGGRAPH 1985) and Catmull-Rom's tangents;
    places follow Catmull-Rom's curves. Frames in between that a lower rate leaves out are not averaged.

    Raises:
        InputError: `fps` is not a positive number.
    """
    places = source_places(poses.frame_count, poses.fps, fps=fps)
    if abs(fps / poses.fps - 1.0) < _SAME_RATE:
        return replace(poses, fps=fps)
    return (yield from resample_at(poses, places, fps=fps))


def resample_at(poses: PoseSequence, places: DoubleArray, *, fps: float) -> Job[PoseSequence]:
    """As `resample`, but at these places, counted in frames from the first; a job.

    Args:
        poses: T poses.
        places: (T',) ascending, in [0, T - 1].
        fps: of the result.
    """
    turns = poses.rotations
    if poses.hands is not None:
        turns = np.concatenate([turns, poses.hands.reshape(poses.frame_count, -1, 3)], axis=1)
    found: list[FloatArray] = []
    for start in range(0, len(places), _CHUNK):
        yield Progress("Changing the frame rate", start / len(places))
        found.append(_turns_at(turns, places[start : start + _CHUNK]))
    turned, joints = np.concatenate(found), poses.rotations.shape[1]
    hands = None if poses.hands is None else turned[:, joints:].reshape(len(places), *poses.hands.shape[1:])
    return replace(
        poses,
        rotations=turned[:, :joints],
        translation=_places_at(poses.translation, places),
        confidence=columns_at(poses.confidence, places).astype(np.float32),
        shown=None if poses.shown is None else columns_at(poses.shown, places).astype(np.float32),
        hands=hands,
        fps=fps,
    )


def source_places(frames: int, source_fps: float, *, fps: float) -> DoubleArray:
    """(T',) where the frames at `fps` lie among `frames` frames at `source_fps`, in [0, frames - 1].

    Raises:
        InputError: `fps` is not a positive number.
    """
    if not 0.0 < fps < np.inf:
        raise InputError(f"Frames per second must be a positive number, not {fps}.")
    count = int(np.floor((frames - 1) * fps / source_fps + _SAME_RATE)) + 1
    return np.minimum(np.arange(count) * (source_fps / fps), frames - 1.0)


def resampled_flags(flags: BoolArray, source_fps: float, *, fps: float) -> BoolArray:
    """(T, ...) truths, such as contacts, of the nearest frames of `resample`d poses: (T', ...)."""
    return flags[np.rint(source_places(len(flags), source_fps, fps=fps)).astype(np.intp)]


def _neighbours(times: DoubleArray, frames: int) -> tuple[IntArray, DoubleArray]:
    """(F, 4) the frames around each time, at the ends the end's own, and (F,) the share between the middle two."""
    start = np.minimum(times.astype(np.intp), max(frames - 2, 0))
    return np.clip(start[:, None] + np.arange(-1, 3), 0, frames - 1), times - start


def _turns_at(axis_angles: AnyFloatArray, times: DoubleArray) -> FloatArray:
    """(T, J, 3) -> (F, J, 3)."""
    around, share = _neighbours(times, len(axis_angles))
    low, high = int(around.min()), int(around.max())
    matrices = axis_angle_to_matrix(axis_angles[low : high + 1])
    near = matrices[around - low]
    steps = [matrix_to_axis_angle(product(transposed(near[:, step]), near[:, step + 1])) for step in range(3)]
    # At an end of the motion there is one step alone, whose speed stands for both.
    first, second = ((around[:, place + 1] - around[:, place] == 0)[:, None, None] for place in (0, 2))
    leave = np.where(first, steps[1], 0.5 * (steps[0] + steps[1])) / 3.0
    reach = np.where(second, steps[1], 0.5 * (steps[1] + steps[2])) / 3.0
    controls = [
        near[:, 1],
        product(near[:, 1], axis_angle_to_matrix(leave)),
        product(near[:, 2], axis_angle_to_matrix(-reach)),
        near[:, 2],
    ]
    points = [matrix_to_quaternion(control) for control in controls]
    while len(points) > 1:
        points = [slerp(one, other, share[:, None]) for one, other in pairwise(points)]
    return matrix_to_axis_angle(quaternion_to_matrix(points[0])).astype(np.float32)


def _places_at(places: AnyFloatArray, times: DoubleArray) -> FloatArray:
    """(T, 3) -> (F, 3)."""
    around, share = _neighbours(times, len(places))
    near, share = places.astype(np.float64)[around], share[:, None]
    steps = [near[:, step + 1] - near[:, step] for step in range(3)]
    first, second = ((around[:, place + 1] == around[:, place])[:, None] for place in (0, 2))
    leave = np.where(first, steps[1], 0.5 * (steps[0] + steps[1])) / 3.0
    reach = np.where(second, steps[1], 0.5 * (steps[1] + steps[2])) / 3.0
    points: list[DoubleArray] = [near[:, 1], near[:, 1] + leave, near[:, 2] - reach, near[:, 2]]
    while len(points) > 1:
        points = [(1.0 - share) * one + share * other for one, other in pairwise(points)]
    return points[0].astype(np.float32)


def columns_at(values: AnyFloatArray, places: DoubleArray) -> DoubleArray:
    """(T, D) at these places (T',), counted in frames from the first, on straight lines: (T', D)."""
    around, share = _neighbours(places, len(values))
    share = share[:, None]
    return np.asarray((1.0 - share) * values[around[:, 1]] + share * values[around[:, 2]], np.float64)
