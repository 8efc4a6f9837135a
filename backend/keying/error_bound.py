"""How far curves may be from the motion that they stand for, and how far they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, BoolArray, DoubleArray
from ..errors import InputError
from .motion_channels import MotionChannels

Positions = Callable[[DoubleArray, DoubleArray], DoubleArray]
"""(F, R, 4) unit quaternions and (F, L, 3) locations, in the order of `MotionChannels` -> (F, J, 3) metres."""

_KEPT_BACK: Final = 0.995
"""Share of the bound that is used: Blender's own rounding of handles needs a little of it."""


@dataclass(frozen=True)
class ErrorBound:
    """The largest errors allowed in any frame.

    Attributes:
        degrees: of every bone's own rotation.
        millimetres: of every location, and of the end joints where forward kinematics are given.
        standing_millimetres: of feet while they stand, where that is known, so that they do not slide.

    Raises:
        InputError: a bound is not a positive number.
    """

    degrees: float = 2.0
    millimetres: float = 20.0
    standing_millimetres: float = 4.0

    def __post_init__(self) -> None:
        for name in ("degrees", "millimetres", "standing_millimetres"):
            value = getattr(self, name)
            if not 0.0 < value < np.inf:
                raise InputError(
                    f"The largest error in {name.replace('_', ' ')} must be a positive number, not {value}."
                )


@dataclass(frozen=True)
class EndJoints:
    """Joints whose places in the scene count: hands, feet, head.

    Attributes:
        positions: forward kinematics.
        bounds_mm: (T, J) own bounds, tighter for feet on the ground for instance; None for `ErrorBound.millimetres`.
    """

    positions: Positions
    bounds_mm: AnyFloatArray | None = None

    def while_standing(self, standing: BoolArray, bound: ErrorBound) -> EndJoints:
        """With the tighter bound where joints (T, J) are told to stand."""
        tight = min(bound.standing_millimetres, bound.millimetres)
        return EndJoints(self.positions, np.where(standing, tight, bound.millimetres))


@dataclass(frozen=True)
class MotionError:
    """The worst of all frames: of the bones' rotations, of locations, and of the end joints."""

    degrees: float = 0.0
    location_mm: float = 0.0
    joints_mm: float = 0.0

    def with_worse(self, other: MotionError) -> MotionError:
        """The larger of each."""
        degrees, location = max(self.degrees, other.degrees), max(self.location_mm, other.location_mm)
        return MotionError(degrees, location, max(self.joints_mm, other.joints_mm))


class Judge:
    """Measures the errors of evaluated channels; `prepare` it for a range of frames before these are judged.

    Args:
        channels: the motion.
        bound: what is allowed.
        joints: the end joints, or None.

    Attributes:
        speeds: (T - 1,) how fast the body as a whole turns between frames; only its ups and downs mean something.
    """

    def __init__(self, channels: MotionChannels, bound: ErrorBound, *, joints: EndJoints | None = None) -> None:
        self._channels, self._joints = channels, joints
        self._bound_rad = np.radians(bound.degrees) * _KEPT_BACK
        self._bound_mm = bound.millimetres * _KEPT_BACK
        frames = channels.frame_count
        self._quaternions = np.empty((frames, len(channels.rotations), 4))
        self._positions: DoubleArray | None = None
        self.speeds = np.zeros(max(frames - 1, 0))

    def prepare(self, start: int, stop: int) -> None:
        """Work out the true rotations and places of the frames `start` to `stop`, without it; in order of time."""
        values = self._channels.values[start:stop]
        self._quaternions[start:stop] = self._channels.quaternions(values)
        before = max(start - 1, 0)
        turned = np.abs(np.diff(self._quaternions[before:stop], axis=0)).sum(axis=(1, 2))
        self.speeds[before : before + len(turned)] = turned
        if self._joints is None:
            return
        places = self._joints.positions(self._quaternions[start:stop], self._channels.places(values))
        if self._positions is None:
            self._positions = np.empty((self._channels.frame_count, *places.shape[1:]))
        self._positions[start:stop] = places

    def scores(self, values: DoubleArray, start: int) -> DoubleArray:
        """(F,) the largest error of each frame as a share of its bound; `values` (F, C) are from frame `start` on.

        Where rotations or locations are too far off already, the end joints are not looked at.
        """
        found = self.quaternions_and_places(values)
        angles, millimetres = self._angles(found[0], start), self._location_errors(values, start)
        scores = np.maximum(angles / self._bound_rad, millimetres / self._bound_mm)
        if self._joints is not None and scores.max(initial=0.0) <= 1.0:
            errors = self._joint_errors(*found, start=start)
            scores = np.maximum(scores, (errors / self._joint_bounds(start, len(values))).max(axis=-1, initial=0.0))
        return scores

    def worst(self, values: DoubleArray, start: int) -> MotionError:
        """The worst of the frames from `start` on, of which `values` (F, C) are the channels."""
        found = self.quaternions_and_places(values)
        joints = 0.0 if self._joints is None else float(self._joint_errors(*found, start=start).max(initial=0.0))
        angle = float(self._angles(found[0], start).max(initial=0.0))
        location = float(self._location_errors(values, start).max(initial=0.0))
        return MotionError(float(np.degrees(angle)), location, joints)

    def quaternions_and_places(self, values: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """(F, C) -> (F, R, 4) and (F, L, 3)."""
        return self._channels.quaternions(values), self._channels.places(values)

    def _angles(self, quaternions: DoubleArray, start: int) -> DoubleArray:
        """(F,) radians: from the chord, which is exact for small angles: |p - q| = 2 sin(angle / 4)."""
        wanted = self._quaternions[start : start + len(quaternions)]
        apart, over = (np.square(quaternions - sign * wanted).sum(axis=-1) for sign in (1.0, -1.0))
        chord = np.sqrt(np.minimum(apart, over).max(axis=-1, initial=0.0))
        return 4.0 * np.arcsin(np.minimum(0.5 * chord, 1.0))

    def _location_errors(self, values: DoubleArray, start: int) -> DoubleArray:
        if not self._channels.locations:
            return np.zeros(len(values))
        wanted = self._channels.places(self._channels.values[start : start + len(values)])
        apart = np.linalg.norm(self._channels.places(values) - wanted, axis=-1)
        return (apart * self._channels.mm_per_unit).max(axis=-1)

    def _joint_errors(self, quaternions: DoubleArray, places: DoubleArray, *, start: int) -> DoubleArray:
        """(F, J) millimetres."""
        if self._joints is None or self._positions is None:
            return np.zeros((len(quaternions), 0))
        found = self._joints.positions(quaternions, places)
        return 1000.0 * np.linalg.norm(found - self._positions[start : start + len(found)], axis=-1)

    def _joint_bounds(self, start: int, count: int) -> AnyFloatArray | float:
        own = None if self._joints is None else self._joints.bounds_mm
        return self._bound_mm if own is None else _KEPT_BACK * np.asarray(own)[start : start + count]
