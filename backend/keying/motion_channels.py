"""The channels of a rig's bones over time, and what rotations and places they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, IntArray, not_finite
from ..errors import InputError
from ..retarget.channels import channels_to_quaternion
from ..retarget.rig_spec import ROTATION_MODES

LOCATION: Final = "LOCATION"
_WIDTHS: Final = {"QUATERNION": 4, "AXIS_ANGLE": 4}


@dataclass(frozen=True)
class ChannelGroup:
    """The rotation channels of one bone, or its location.

    Attributes:
        name: of the bone.
        mode: the bone's rotation mode, or "LOCATION".
        values: (T, 4) w, x, y, z or angle and axis, (T, 3) Euler angles in radians, or (T, 3) a location; as Blender's
            F-curves hold them: without jumps in sign or by whole turns.
        mm_per_unit: how far a location of 1 moves the bone in the scene.

    Raises:
        InputError: the mode is none, the shape does not fit it, or a number is not finite.
    """

    name: str
    mode: str
    values: AnyFloatArray
    mm_per_unit: float = 1000.0

    def __post_init__(self) -> None:
        if self.mode not in (*ROTATION_MODES, LOCATION):
            raise InputError(f"{self.name}: {self.mode} is no rotation mode. Use one of Blender's, or {LOCATION}.")
        values = np.asarray(self.values, np.float32)
        width = _WIDTHS.get(self.mode, 3)
        if values.ndim != 2 or values.shape[1] != width or not len(values):
            raise InputError(f"{self.name}: {self.mode} needs (T, {width}) values with T > 0, not {values.shape}.")
        place = not_finite(values)
        if place is not None:
            raise InputError(f"{self.name}: channel {place[1]} is not finite in frame {place[0]} (counted from 0).")
        object.__setattr__(self, "values", values)

    @property
    def is_location(self) -> bool:
        """Whether it is a location and no rotation."""
        return self.mode == LOCATION


class MotionChannels:
    """Groups side by side: (T, C) values, of which R groups are rotations and L are locations.

    Attributes:
        groups: as given.
        values: (T, C) in float64, each number as float32 holds it.
        columns: per group its slice of C.
        rotations, locations: the positions of both kinds among `groups`.
        mm_per_unit: (L,) of the locations.

    Raises:
        InputError: there is no group, or their numbers of frames differ.
    """

    def __init__(self, groups: Sequence[ChannelGroup]) -> None:
        self.groups = tuple(groups)
        counts = {len(group.values) for group in self.groups}
        if len(counts) != 1:
            raise InputError(
                f"Channels must all have the same number of frames, not {sorted(counts) or 'none at all'}."
            )
        ends = np.cumsum([group.values.shape[1] for group in self.groups]).tolist()
        self.columns = tuple(slice(end - group.values.shape[1], end) for group, end in zip(groups, ends, strict=True))
        self.values: DoubleArray = np.concatenate([group.values for group in self.groups], axis=1).astype(np.float64)
        self.rotations = tuple(place for place, group in enumerate(self.groups) if not group.is_location)
        self.locations = tuple(place for place, group in enumerate(self.groups) if group.is_location)
        self.mm_per_unit = np.array([self.groups[place].mm_per_unit for place in self.locations])
        self._modes = self._by_mode()
        self._located = self._gathered(self.locations)

    @property
    def frame_count(self) -> int:
        """T."""
        return len(self.values)

    def quaternions(self, values: DoubleArray) -> DoubleArray:
        """(F, C) channels -> (F, R, 4) unit quaternions w, x, y, z, as Blender makes them of the channels."""
        found = np.empty((len(values), len(self.rotations), 4))
        for mode, (places, columns) in self._modes.items():
            found[:, places] = channels_to_quaternion(values[:, columns], mode)
        return found

    def places(self, values: DoubleArray) -> DoubleArray:
        """(F, C) channels -> (F, L, 3) locations in their own units."""
        return values[:, self._located]

    def _by_mode(self) -> dict[str, tuple[IntArray, IntArray]]:
        """Per mode the positions among the R rotations, and their columns (R', 3 or 4)."""
        modes = [self.groups[place].mode for place in self.rotations]
        chosen = {mode: [index for index, other in enumerate(modes) if other == mode] for mode in dict.fromkeys(modes)}
        return {
            mode: (np.array(places), self._gathered([self.rotations[place] for place in places]))
            for mode, places in chosen.items()
        }

    def _gathered(self, places: Sequence[int]) -> IntArray:
        if not places:
            return np.zeros((0, 3), np.intp)
        return np.array([range(self.columns[place].start, self.columns[place].stop) for place in places], np.intp)
