"""A motion before the camera -> poses in the world: smoothed, on the ground, with feet that stand.

All of it is fast enough to do again whenever the artist changes a setting; the video is not read again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.ndimage import gaussian_filter1d  # pyright: ignore[reportUnknownVariableType]

from ..arrays import AnyFloatArray, BoolArray, DoubleArray
from ..errors import InputError
from ..job import Job, Progress
from ..pose_sequence import PoseSequence
from ..proportions import scaled_offsets
from ..rotations import frame_from_axes, matrix_to_axis_angle
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


@dataclass(frozen=True)
class FinishedMotion:
    """What is keyed.

    Attributes:
        poses: T poses; the ground is y = 0, and the first stands over the origin.
        stands: (T, 4) when left heel, left ball, right heel and right ball stand.
    """

    poses: PoseSequence
    stands: BoolArray


def finish_motion(raw: RawMotion, settings: MotionSettings | None = None) -> Job[FinishedMotion]:
    """Smooth a motion, put it into the world and lock its feet, every take of the camera by itself."""
    settings = settings or MotionSettings()
    offsets = scaled_offsets(raw.log_scales).astype(np.float64)
    takes: list[tuple[DoubleArray, DoubleArray, BoolArray]] = []
    for part in raw.shots:
        take = yield from _take(raw, part, offsets=offsets, settings=settings)
        takes.append(take)
    rotations = np.concatenate([take[0] for take in takes])
    pelvis = _one_way([take[1] for take in takes])
    if settings.in_place:
        pelvis[:, [0, 2]] = 0.0
    sure = 1.0 - np.exp(-_RIGHT_WITHIN / np.maximum(raw.sigma, 1e-3))
    poses = PoseSequence(
        matrix_to_axis_angle(rotations).astype(np.float32),
        pelvis.astype(np.float32),
        confidence=(sure * np.where(raw.seen, 1.0, _UNSEEN)[:, None]).astype(np.float32),
        fps=raw.fps,
    )
    return FinishedMotion(poses, np.concatenate([take[2] for take in takes]))


def _take(
    raw: RawMotion, part: slice, *, offsets: DoubleArray, settings: MotionSettings
) -> Job[tuple[DoubleArray, DoubleArray, BoolArray]]:
    """Rotations, pelvis and contacts of one take in the world."""
    yield Progress("Smoothing", 0.0)
    turned = smoothed_rotations(raw.rotations[part], raw.sigma[part], cutoff=settings.smoothing_hz, fps=raw.fps)
    pelvis, up = raw.pelvis[part].astype(np.float64), raw.up[part].astype(np.float64)
    found = yield from in_the_world(turned, pelvis, up, seen=raw.seen[part], offsets=offsets, fps=raw.fps)
    places = soles(found.rotations, found.pelvis, offsets=offsets)
    stands = without_steps(steps(found.likely, fps=raw.fps), places, across=found.across, fps=raw.fps)
    if settings.lock_feet:
        yield Progress("Locking the feet", 0.9)
        locked = with_locked_feet(found.rotations, found.pelvis, stands, offsets=offsets, fps=raw.fps)
        found = replace(found, rotations=locked[0], pelvis=locked[1])
    return found.rotations, found.pelvis, stands


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
