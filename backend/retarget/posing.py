"""Turns and places wanted in armature space -> the channels of each bone, parents first."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..arrays import DoubleArray
from ..rotations import matrix_to_quaternion
from .parent_spaces import Displacement, carried, location_axes, parent_turn
from .rig_spec import Follow, RigSpec


class Posing:
    """T poses of a rig while they are being built: bones are turned or placed one after the other.

    Attributes:
        done: how far each bone is from its rest pose, armature space.
        rotations: (T, 4) unit quaternions per bone, in its own rest space.
        locations: (T, 3) per bone that was placed: its `location` channel.
    """

    def __init__(self, rig: RigSpec, follows: Mapping[str, Follow], frames: int) -> None:
        self._rig, self._follows, self._frames = rig, follows, frames
        self.done: dict[str, Displacement] = {}
        self.rotations: dict[str, DoubleArray] = {}
        self.locations: dict[str, DoubleArray] = {}

    def turn(self, name: str, wanted: DoubleArray, *, at_rest: bool = False) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest, where its parents and its location now (or none) put it."""
        bone = self._rig.index[name]
        rest_head = self._rig.heads[bone].astype(np.float64)
        carrier = carried(self._follows[name], self.done, self._frames)
        head = carrier.apply(rest_head)
        if not at_rest and self._rig.basis[bone, :3, 3].any():
            head = head + location_axes(self._rig, bone, carrier) @ self._rig.basis[bone, :3, 3]
        self._rotate(name, wanted)
        self.done[name] = Displacement(wanted, head - _apply(wanted, rest_head))

    def place(self, name: str, wanted: DoubleArray, head: DoubleArray) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest and put its head at (T, 3)."""
        rest_head = self._rig.heads[self._rig.index[name]].astype(np.float64)
        axes = self.axes(name)
        carrier = carried(self._follows[name], self.done, self._frames)
        self.locations[name] = in_axes(axes, head - carrier.apply(rest_head))
        self._rotate(name, wanted)
        self.done[name] = Displacement(wanted, head - _apply(wanted, rest_head))

    def move(self, name: str, offset: DoubleArray) -> None:
        """Move a bone by (T, 3) in armature space, and with it every bone that it carries."""
        moved = {name}
        for other in self.done:
            if self._follows[other].place_of in moved:
                moved.add(other)
        for other in moved:
            before = self.done[other]
            self.done[other] = Displacement(before.turn, before.shift + offset)

    def axes(self, name: str) -> DoubleArray:
        """(T, 3, 3): displacement of a bone in armature space = axes @ its `location` channel."""
        carrier = carried(self._follows[name], self.done, self._frames)
        return location_axes(self._rig, self._rig.index[name], carrier)

    def space(self, name: str) -> DoubleArray:
        """(T, 3, 3): how the space that a bone rotates in is turned from rest."""
        return parent_turn(self._follows[name], self.done, self._frames)

    def set_rotation(self, name: str, around: DoubleArray, wanted: DoubleArray) -> None:
        """The channel of a bone that shall be turned by `wanted` in a space turned by `around`, both (T, 3, 3)."""
        rest = self._rig.rest[self._rig.index[name], :3, :3].astype(np.float64)
        self.rotations[name] = matrix_to_quaternion(rest.T @ (np.swapaxes(around, -1, -2) @ wanted) @ rest)

    def _rotate(self, name: str, wanted: DoubleArray) -> None:
        self.set_rotation(name, self.space(name), wanted)


def in_axes(axes: DoubleArray, offsets: DoubleArray) -> DoubleArray:
    """(T, 3): the channels that move a bone by `offsets` (T, 3), with `axes` (T, 3, 3) as of `Posing.axes`."""
    return np.linalg.solve(axes, offsets[..., None])[..., 0]


def _apply(turn: DoubleArray, point: DoubleArray) -> DoubleArray:
    return turn @ point
