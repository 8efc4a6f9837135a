"""A motion before the camera -> poses in the world: smoothed, on the ground, with feet that stand.

All of it is fast enough to do again whenever the artist changes a setting; the video is not read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import gaussian_filter1d  # pyright: ignore[reportUnknownVariableType]

from ..arrays import AnyFloatArray, BoolArray, DoubleArray
from ..errors import InputError
from ..job import Job, Progress
from ..keying.resample import columns_at, resample_at, source_places
from ..pose_sequence import PoseSequence
from ..proportions import scaled_offsets
from ..rotations import axis_angle_to_matrix, frame_from_axes, matrix_to_axis_angle
from .contacts import soles, steps, without_steps
from .foot_lock import with_locked_feet
from .smoothing import smoothed
from .world_motion import in_the_world

if TYPE_CHECKING:
    from ..estimate.motion import RawMotion

SMOOTHING_HZ: Final = 4.0
"""By default faster movements are taken for trembling."""
_LEAST_HZ: Final = 0.2
_STILL_SHARE: Final = 0.4
_FAST_SHARE: Final = 1.25
_FAST: Final = 10.0
"""The cutoffs of joints that do not turn, and that turn by so many radians a second, as shares of what is asked."""
_EVENED_S: Final = 0.1
"""How fast a joint turns is evened over about this time."""
_RIGHT_WITHIN: Final = np.radians(20.0)
"""A joint's confidence is how likely it is less wrong than this."""
_UNSEEN: Final = 0.3
"""Of the confidence, where the person was not seen."""
_IN_BOTH: Final = 1.0 - 1e-6
"""Of two frames that are mixed, both stand."""


@dataclass(frozen=True)
class MotionSettings:
    """How a motion is finished.

    Attributes:
        smoothing_hz: movements faster than this are smoothed away; at half the frame rate or above nothing is.
        lock_feet: feet that stand do not slide.
        in_place: the body stays over the place where it begins; only its height changes.

    Raises:
        InputError: a number is out of range.
    """

    smoothing_hz: float = SMOOTHING_HZ
    lock_feet: bool = True
    in_place: bool = False

    def __post_init__(self) -> None:
        if not _LEAST_HZ <= self.smoothing_hz < np.inf:
            raise InputError(f"Smoothing must be at least {_LEAST_HZ} Hz, not {self.smoothing_hz}.")

    @property
    def feet_stand(self) -> bool:
        """Whether feet stand where they are in the world: in place the body is moved over them."""
        return self.lock_feet and not self.in_place


@dataclass(frozen=True)
class FinishedMotion:
    """What is keyed.

    Attributes:
        poses: T poses; the ground is y = 0, and the first stands over the origin.
        stands: (T, 4) when left heel, left ball, right heel and right ball stand.
        places: (T,) where in the raw motion, in frames from its first.
        takes: the frames of each take of the camera; with the first of each a contact ends.
    """

    poses: PoseSequence
    stands: BoolArray
    places: DoubleArray
    takes: tuple[slice, ...] = ()


def finish_motion(
    raw: RawMotion, settings: MotionSettings | None = None, *, fps: float | None = None
) -> Job[FinishedMotion]:
    """Smooth a motion, put it into the world and lock its feet, every take of the camera by itself.

    At another frame rate, `fps`, feet are locked after the frames have changed: in between locked feet would slide.

    Raises:
        InputError: `fps` is not a positive number.
    """
    settings = settings or MotionSettings()
    offsets = scaled_offsets(raw.log_scales).astype(np.float64)
    places = source_places(raw.frame_count, raw.fps, fps=raw.fps if fps is None else fps)
    takes: list[FinishedMotion] = []
    for part in raw.shots:
        inside = places[(places >= part.start - 0.5) & (places < part.stop - 0.5)]
        if len(inside):
            near = np.clip(inside - part.start, 0.0, part.stop - part.start - 1.0)
            take = yield from _take(raw, part, near, offsets=offsets, settings=settings, fps=fps)
            takes.append(take)
    poses = takes[0].poses.followed_by(*(take.poses for take in takes[1:]))
    pelvis = _one_way([take.poses.translation.astype(np.float64) for take in takes])
    if settings.in_place:
        pelvis[:, [0, 2]] = 0.0
    poses = replace(poses, translation=pelvis.astype(np.float32))
    stands = np.concatenate([take.stands for take in takes])
    ends = np.cumsum([take.poses.frame_count for take in takes]).tolist()
    stands[ends[:-1]] = False
    return FinishedMotion(poses, stands, places, tuple(slice(first, end) for first, end in pairwise([0, *ends])))


def _take(
    raw: RawMotion,
    part: slice,
    places: DoubleArray,
    *,
    offsets: DoubleArray,
    settings: MotionSettings,
    fps: float | None,
) -> Job[FinishedMotion]:
    """One take in the world, at these places, in frames from its first."""
    yield Progress("Smoothing", 0.0)
    turned = smoothed_rotations(raw.rotations[part], raw.sigma[part], cutoff=settings.smoothing_hz, fps=raw.fps)
    pelvis, up = raw.pelvis[part].astype(np.float64), raw.up[part].astype(np.float64)
    found = yield from in_the_world(turned, pelvis, up, seen=raw.seen[part], offsets=offsets, fps=raw.fps)
    sure = 1.0 - np.exp(-_RIGHT_WITHIN / np.maximum(raw.sigma[part], 1e-3))
    poses = PoseSequence(
        matrix_to_axis_angle(found.rotations).astype(np.float32),
        found.pelvis.astype(np.float32),
        confidence=(sure * np.where(raw.seen[part], 1.0, _UNSEEN)[:, None]).astype(np.float32),
        fps=raw.fps,
    )
    stands, across, steady = steps(found.likely, fps=raw.fps), found.across, found.steady
    if fps is not None and fps != raw.fps:
        poses = yield from resample_at(poses, places, fps=fps)
        # Between two frames a sole stands if it does in both: it has not landed yet half-way to the first.
        stands = columns_at(stands.astype(np.float64), places) > _IN_BOTH
        across, steady = columns_at(across, places), columns_at(steady, places)
    at = soles(axis_angle_to_matrix(poses.rotations), steady, offsets=offsets)
    stands = without_steps(stands, at, across=across, fps=poses.fps)
    done = FinishedMotion(poses, stands, places)
    return (yield from locked(done, offsets=offsets)) if settings.lock_feet else done


def locked(motion: FinishedMotion, *, offsets: DoubleArray) -> Job[FinishedMotion]:
    """With feet that stand where they do, of a body with these rest offsets (24, 3)."""
    yield Progress("Locking the feet", 0.9)
    poses = motion.poses
    turns, pelvis = with_locked_feet(
        axis_angle_to_matrix(poses.rotations),
        poses.translation.astype(np.float64),
        motion.stands,
        offsets=offsets,
        fps=poses.fps,
    )
    turned = matrix_to_axis_angle(turns).astype(np.float32)
    return replace(motion, poses=replace(poses, rotations=turned, translation=pelvis.astype(np.float32)))


def smoothed_rotations(rotations: AnyFloatArray, sigma: AnyFloatArray, *, cutoff: float, fps: float) -> DoubleArray:
    """(T, 24, 3, 3) smoothed, sure frames (sigma (T, 24) radians) counting more; the mean rotation, not of angles.

    Where a joint is nearly still the cutoff is less than half as high; where it turns fast, as in a blow, higher.
    """
    if cutoff >= 0.5 * fps:
        return np.array(rotations, np.float64)
    weights = 1.0 / np.square(np.maximum(np.asarray(sigma, np.float64), 1e-2))
    weights /= weights.mean(0)
    columns = np.asarray(rotations, np.float64)[..., :2].reshape(len(rotations), -1)
    once = _of_columns(smoothed(columns, weights, cutoff=cutoff, fps=fps))
    own = cutoff * np.interp(_turning_speeds(once, fps=fps), (0.0, _FAST), (_STILL_SHARE, _FAST_SHARE))
    return _of_columns(smoothed(columns, weights, cutoff=own, fps=fps))


def _of_columns(columns: DoubleArray) -> DoubleArray:
    """(T, J, 3, 3) rotations whose first two columns are nearest to (T, 6 J)."""
    six = columns.reshape(len(columns), -1, 3, 2)
    return frame_from_axes(six[..., 0], six[..., 1])


def _turning_speeds(rotations: DoubleArray, *, fps: float) -> DoubleArray:
    """(T, J) radians a second, evened over a few frames."""
    if len(rotations) < 2:
        return np.zeros(rotations.shape[:2])
    turns = np.swapaxes(rotations[:-1], -1, -2) @ rotations[1:]
    speed = fps * np.linalg.norm(matrix_to_axis_angle(turns), axis=-1)
    width = _EVENED_S * fps
    each = np.concatenate([speed, speed[-1:]])
    return np.asarray(gaussian_filter1d(each, width, axis=0, mode="nearest"), np.float64)


def _one_way(ways: list[DoubleArray]) -> DoubleArray:
    """The ways (T, 3) one after the other, each beginning where the one before ended, the first at the origin."""
    here, found = np.zeros(3), list[DoubleArray]()
    for way in ways:
        moved = way - way[0] * (1.0, 0.0, 1.0) + here
        found.append(moved)
        here = moved[-1] * (1.0, 0.0, 1.0)
    return np.concatenate(found)
