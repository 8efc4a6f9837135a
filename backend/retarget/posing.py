"""Turns and places wanted in armature space -> the channels of each bone, parents first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ..arrays import DoubleArray
from ..matrices import product, stacked, transform, transposed
from ..rotations import matrix_to_quaternion
from .parent_spaces import (
    Displacement,
    carried,
    follows_of,
    location_axes,
    nearest_rotation,
    own_displacement,
    parent_turn,
)
from .rig_spec import Follow, RigSpec


class Posing:
    """T poses of a rig while they are being built: bones are turned or placed one after the other.

    Attributes:
        done: how far each bone is from its rest pose, armature space.
        locations: (T, 3) per bone that was placed: its `location` channel.
    """

    def __init__(self, rig: RigSpec, follows: Mapping[str, Follow], frames: int) -> None:
        self._rig, self._follows, self._frames = rig, follows, frames
        self._wanted: dict[str, tuple[DoubleArray, DoubleArray]] = {}
        self.done: dict[str, Displacement] = {}
        self.locations: dict[str, DoubleArray] = {}

    def turn(self, name: str, wanted: DoubleArray, *, at_rest: bool = False) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest, where its parents and its location now (or none) put it."""
        bone = self._rig.index[name]
        rest_head = self._rig.heads[bone].astype(np.float64)
        carrier = carried(self._follows[name], self.done, self._frames)
        head = carrier.apply(rest_head)
        if not at_rest and self._rig.basis[bone, :3, 3].any():
            head = head + transform(location_axes(self._rig, bone, carrier), self._rig.basis[bone, :3, 3])
        self._put(name, wanted, head)

    def place(self, name: str, wanted: DoubleArray, head: DoubleArray) -> None:
        """Turn a bone by `wanted` (T, 3, 3) from rest and put its head at (T, 3)."""
        rest_head = self._rig.heads[self._rig.index[name]].astype(np.float64)
        carrier = carried(self._follows[name], self.done, self._frames)
        self.locations[name] = in_axes(self.axes(name), head - carrier.apply(rest_head))
        self._put(name, wanted, head)

    def _put(self, name: str, wanted: DoubleArray, head: DoubleArray) -> None:
        rest_head = self._rig.heads[self._rig.index[name]].astype(np.float64)
        self.set_rotation(name, self.space(name), wanted)
        self.done[name] = Displacement(wanted, head - transform(wanted, rest_head))

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

    def displacement(self, name: str) -> Displacement:
        """How far any bone is from its rest pose; one that is not posed stays in its parent's space as it is now."""
        if name in self.done:
            return self.done[name]
        carrier = carried(follows_of(self._rig, (name,), mapped=self.done)[name], self.done, self._frames)
        own = own_displacement(self._rig, name)
        through = carrier.turn if carrier.matrix is None else carrier.matrix
        turn = product(carrier.turn, nearest_rotation(own[:3, :3]))
        return Displacement(turn, carrier.apply(own[:3, 3]), product(through, own[:3, :3]))

    def set_rotation(self, name: str, around: DoubleArray, wanted: DoubleArray) -> None:
        """A bone shall be turned by `wanted` in a space turned by `around`, both (T, 3, 3)."""
        self._wanted[name] = (around, wanted)

    @property
    def posed(self) -> list[str]:
        """The bones that have a rotation, in the order in which they got it."""
        return list(self._wanted)

    def rotations(self, names: Sequence[str]) -> DoubleArray:
        """(T, N, 4) unit quaternions of these bones, in their own rest space."""
        around, wanted = (stacked([self._wanted[name][part] for name in names]) for part in (0, 1))
        rest = self._rig.rest[[self._rig.index[name] for name in names], None, :3, :3]
        turned = product(transposed(rest), product(product(transposed(around), wanted), rest))
        return np.swapaxes(matrix_to_quaternion(turned), 0, 1)


def in_axes(axes: DoubleArray, offsets: DoubleArray) -> DoubleArray:
    """(T, 3): the channels that move a bone by `offsets` (T, 3), with `axes` (T, 3, 3) as of `Posing.axes`."""
    return np.linalg.solve(axes, offsets[..., None])[..., 0]
