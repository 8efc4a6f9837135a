"""In what space each mapped bone is posed, and where the bones end up: forward kinematics of the mapped bones alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ..arrays import DoubleArray
from ..errors import RigError
from ..matrices import product, transform
from .interpolation import between
from .rig_spec import Follow, RigSpec


@dataclass(frozen=True)
class Displacement:
    """How far a bone is from its rest pose, armature space: x -> matrix (T, 3, 3) x + shift (T, 3).

    `turn` (T, 3, 3) is the rotation that is wanted of it; where nothing is scaled that is the matrix.
    """

    turn: DoubleArray
    shift: DoubleArray
    matrix: DoubleArray | None = None

    def apply(self, point: DoubleArray) -> DoubleArray:
        """(3,) or (T, 3) -> (T, 3)."""
        return transform(self.turn if self.matrix is None else self.matrix, point) + self.shift


def follows_of(rig: RigSpec, names: tuple[str, ...], *, mapped: Collection[str] | None = None) -> dict[str, Follow]:
    """The parent space of each bone: as measured, or else as the list of parents and current poses say.

    `mapped` are the bones that may be followed; without it, those of `names`.
    """
    wanted = set(names if mapped is None else mapped)
    return {name: rig.follows.get(name) or _by_parents(rig, name, wanted) for name in names}


def _by_parents(rig: RigSpec, name: str, mapped: set[str]) -> Follow:
    bone = rig.index[name]
    path: list[int] = []
    source = None
    for ancestor in rig.ancestors(bone):
        if rig.bones[ancestor] in mapped:
            source = rig.bones[ancestor]
            break
        path.append(ancestor)
    first, turn = source, np.eye(3)
    place: DoubleArray = np.eye(4)
    for ancestor in reversed(path):
        moved = own_displacement(rig, rig.bones[ancestor])
        if not rig.inherit_rotation[ancestor]:
            first, turn = None, np.eye(3)
        turn, place = turn @ nearest_rotation(moved[:3, :3]), place @ moved
    if not rig.inherit_rotation[bone]:
        first, turn = None, np.eye(3)
    return Follow(first=first, turn=turn.astype(np.float32), place_of=source, place=place.astype(np.float32))


def own_displacement(rig: RigSpec, name: str) -> DoubleArray:
    """(4, 4) armature space: how far the current channels of a bone move it where its parents are at rest."""
    bone = rig.index[name]
    rest = rig.rest[bone].astype(np.float64)
    return rest @ rig.basis[bone] @ np.asarray(np.linalg.inv(rest), dtype=np.float64)


def nearest_rotation(matrix: DoubleArray) -> DoubleArray:
    """The nearest rotation (3, 3): polar decomposition, without scale and shear."""
    u, _, vt = np.linalg.svd(matrix)
    return (u * [1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt


def in_order(follows: Mapping[str, Follow], *, rig: str) -> list[str]:
    """The mapped bones, each after those that it follows; `rig` names the armature.

    Raises:
        RigError: two bones follow each other.
    """
    ordered: list[str] = []
    waiting = dict(follows)
    while waiting:
        ready = [name for name, follow in waiting.items() if not follow.sources & waiting.keys()]
        if not ready:
            circle = _circle(waiting)
            raise RigError(
                f"{rig}: constraints or drivers make these bones follow each other in a circle: {', '.join(circle)}. "
                "Mute the constraints between them."
            )
        ordered.extend(ready)
        for name in ready:
            del waiting[name]
    return ordered


def _circle(waiting: Mapping[str, Follow]) -> list[str]:
    """Some bones of which each follows the next, and the last the first."""
    path = [min(waiting)]
    while True:
        following = min(waiting[path[-1]].sources & waiting.keys())
        if following in path:
            return path[path.index(following) :]
        path.append(following)


def parent_turn(follow: Follow, done: Mapping[str, Displacement], frames: int) -> DoubleArray:
    """(T, 3, 3): how the space that the bone rotates in is turned from rest."""
    turn = _turn_of(follow.first, done, frames)
    if follow.weight > 0.0:
        turn = between(turn, _turn_of(follow.second, done, frames), follow.weight)
    return turn if np.array_equal(follow.turn, np.eye(3)) else product(turn, follow.turn)


def _turn_of(name: str | None, done: Mapping[str, Displacement], frames: int) -> DoubleArray:
    return np.broadcast_to(np.eye(3), (frames, 3, 3)) if name is None else done[name].turn


def carried(follow: Follow, done: Mapping[str, Displacement], frames: int) -> Displacement:
    """The displacement that carries the bone's head."""
    turn, shift = follow.place[:3, :3].astype(np.float64), follow.place[:3, 3].astype(np.float64)
    if follow.place_of is None:
        return Displacement(np.broadcast_to(turn, (frames, 3, 3)), np.broadcast_to(shift, (frames, 3)))
    source = done[follow.place_of]
    if np.array_equal(follow.place, np.eye(4)):
        return source
    return Displacement(product(source.turn, turn), source.apply(shift))


def location_axes(rig: RigSpec, bone: int, carrier: Displacement) -> DoubleArray:
    """(T, 3, 3): armature-space displacement = axes @ the bone's `location` channel."""
    if rig.local_location[bone]:
        return product(carrier.turn, rig.rest[bone, :3, :3])
    parent = int(rig.parents[bone])
    # Blender applies such a location along the axes of the posed parent, or of the armature where there is none.
    return product(carrier.turn, np.eye(3) if parent < 0 else rig.rest[parent, :3, :3])
