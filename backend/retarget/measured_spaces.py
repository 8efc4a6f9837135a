"""From a few measured poses of a rig: which mapped bone each mapped bone follows, fully, partly or not at all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, cast

import numpy as np

from ..arrays import DoubleArray
from ..rotations import matrix_to_quaternion
from .interpolation import angle_between, slerp
from .rig_spec import Follow, RigSpec

_FITS: Final = np.radians(0.1)
_MAKES_NO_SENSE: Final = np.radians(5.0)
"""A bone that nothing explains better than this is moved by something else, such as IK or a circle of constraints."""
_STAYS: Final = 1e-4
"""A head stays put in a space when it drifts there by less than this share of the rig's size."""


@dataclass(frozen=True)
class MeasuredPoses:
    """S poses of N mapped bones in which each was turned differently; the first is the current pose.

    Attributes:
        names: N bone names.
        pose: (S, N, 4, 4) evaluated matrices in armature space.
        basis: (S, N, 4, 4) the channels that were set.
    """

    names: tuple[str, ...]
    pose: DoubleArray
    basis: DoubleArray

    def only(self, names: list[str]) -> MeasuredPoses:
        """Of these bones alone."""
        positions = [self.names.index(name) for name in names]
        return MeasuredPoses(tuple(names), self.pose[:, positions], self.basis[:, positions])


def follows_from(rig: RigSpec, samples: MeasuredPoses) -> dict[str, Follow]:
    """The parent space of each bone: the simplest rule that explains all samples within 0.1 degrees.

    Tried are: one bone (or none) with a fixed offset, then a blend of two; if nothing fits, the nearest single bone. A
    bone that even this misses by more than 5 degrees is left out: its parents are a better guess.
    Several bones may explain one equally well, such as two that turn about one point: each bone then follows one that
    is explained without it, so that nobody follows in a circle.
    """
    waiting, sources = _measured(rig, samples)
    known, follows = {0}, dict[str, Follow]()
    while waiting:
        bone = next((bone for bone in waiting if bone.is_explained_by(known)), None)
        if bone is None:
            bone = waiting[0]
            known = set(range(len(sources.names)))
        waiting.remove(bone)
        if bone.miss <= _MAKES_NO_SENSE:
            follows[bone.name] = bone.follow(known)
        known.add(bone.source)
    return follows


def _measured(rig: RigSpec, samples: MeasuredPoses) -> tuple[list[_Bone], _Sources]:
    """Each bone's own parent space and carried head in the samples, and what they may follow."""
    indices = [rig.index[name] for name in samples.names]
    rest = rig.rest[indices].astype(np.float64)
    pose, basis = _unscaled(samples.pose[..., :3, :3]), _unscaled(samples.basis[..., :3, :3])
    turned = pose @ np.swapaxes(rest[:, :3, :3], -1, -2)
    spaces = pose @ np.swapaxes(rest[:, :3, :3] @ basis, -1, -2)
    heads, rest_heads = samples.pose[..., :3, 3], rest[:, :3, 3]
    sources = _Sources(samples.names, turned, heads - np.einsum("snij,nj->sni", turned, rest_heads))
    # A location is along the bone's own axes, or the armature's where the bone says so, as Rigify's IK controls do.
    moved = samples.basis[0, :, :3, 3]
    along = np.einsum("nij,nj->ni", rest[:, :3, :3], moved)
    local = np.where(rig.local_location[indices][:, None], along, moved)
    carried = heads - np.einsum("snij,nj->sni", spaces, local)
    size = float(np.ptp(rest_heads, axis=0).max())
    above = [set(rig.ancestors(bone)) for bone in indices]
    bones = [
        _Bone(
            sources,
            place,
            carries={index + 1 for index, ancestors in enumerate(above) if indices[place] in ancestors},
            space=spaces[:, place],
            head=carried[:, place],
            rest_head=rest_heads[place],
            size=size,
        )
        for place in range(len(samples.names))
    ]
    return bones, sources


class _Sources:
    """Displacements of everything that may be followed: the armature itself (first), then the mapped bones."""

    def __init__(self, names: tuple[str, ...], turned: DoubleArray, shifts: DoubleArray) -> None:
        samples = turned.shape[0]
        self.names: tuple[str | None, ...] = (None, *names)
        self.turns = np.concatenate([np.broadcast_to(np.eye(3), (samples, 1, 3, 3)), turned], axis=1)
        self.shifts = np.concatenate([np.zeros((samples, 1, 3)), shifts], axis=1)
        self.quaternions = matrix_to_quaternion(self.turns)


class _Bone:
    """One bone's parent space (S, 3, 3) and head (S, 3) as carried, and all that explains them within the tolerance.

    The bones that it carries explain nothing: they move with it.
    """

    def __init__(
        self,
        sources: _Sources,
        position: int,
        *,
        carries: set[int],
        space: DoubleArray,
        head: DoubleArray,
        rest_head: DoubleArray,
        size: float,
    ) -> None:
        self.name = cast(str, sources.names[position + 1])
        self.source = position + 1
        self._sources, self._rest_head = sources, rest_head
        others = [index for index in range(len(sources.names)) if index != self.source and index not in carries]
        self._offsets: DoubleArray = np.swapaxes(sources.turns[0], -1, -2) @ space[0]
        misses = _apart(sources.turns @ self._offsets, space[:, None]).max(axis=0)
        self._turners = _fitting(misses, others, tolerance=_FITS)
        self._blend: _Blend | None = None
        if misses[self._turners[0]] > _FITS and len(others) > 1:
            blend = _best_blend(sources, others, space=space)
            self._blend = blend if blend.miss < misses[self._turners[0]] else None
        self.miss = self._blend.miss if self._blend else float(misses[self._turners[0]])
        self._places: DoubleArray = np.einsum("snji,snj->sni", sources.turns, head[:, None] - sources.shifts)
        drift = np.linalg.norm(self._places - self._places[:1], axis=-1).max(axis=0)
        self._carriers = _fitting(drift, others, tolerance=_STAYS * size)

    def is_explained_by(self, known: set[int]) -> bool:
        """Whether turn and place follow from the sources in `known` alone."""
        turned = {self._blend.one, self._blend.two} <= known if self._blend else bool(known & set(self._turners))
        return turned and bool(known & set(self._carriers))

    def follow(self, known: set[int]) -> Follow:
        """The best explanation among the sources in `known`; where the bone's turn fits its place too, that one."""
        names = self._sources.names
        if self._blend:
            first, second, weight, turn = self._blend.one, names[self._blend.two], self._blend.weight, np.eye(3)
        else:
            first = next(index for index in self._turners if index in known)
            second, weight, turn = None, 0.0, self._offsets[first]
        carriers = [index for index in self._carriers if index in known]
        carrier = first if first in carriers else carriers[0]
        matrix = np.eye(4)
        matrix[:3, :3] = self._offsets[carrier]
        matrix[:3, 3] = self._places[0, carrier] - self._offsets[carrier] @ self._rest_head
        return Follow(
            first=names[first],
            second=second,
            weight=weight,
            turn=turn.astype(np.float32),
            place_of=names[carrier],
            place=matrix.astype(np.float32),
        )


def _apart(first: DoubleArray, second: DoubleArray) -> DoubleArray:
    """Radians between rotations (..., 3, 3): their difference has the norm 2 sqrt(2) sin(angle / 2)."""
    return 2.0 * np.arcsin(np.minimum(np.linalg.norm(first - second, axis=(-2, -1)) / np.sqrt(8.0), 1.0))


def _fitting(misses: DoubleArray, others: list[int], *, tolerance: float) -> list[int]:
    """Those of `others` that miss by less than the tolerance, the best first; the best alone where none does."""
    ordered = sorted(others, key=lambda index: misses[index])
    return [index for index in ordered if misses[index] <= tolerance] or ordered[:1]


@dataclass(frozen=True)
class _Blend:
    """`weight` of source `two` and the rest of source `one`, which misses what was measured by `miss` radians."""

    one: int
    two: int
    weight: float
    miss: float


def _best_blend(sources: _Sources, others: list[int], *, space: DoubleArray) -> _Blend:
    """The blend of two sources that explains `space` (S, 3, 3) best."""
    one, two = np.array(list(itertools.combinations(others, 2))).T
    seen = matrix_to_quaternion(space)[:, None]
    start, end = sources.quaternions[:, one], sources.quaternions[:, two]
    shares = angle_between(start, seen)[1:] / np.maximum(angle_between(start, end)[1:], 1e-6)
    weights = np.clip(shares.mean(axis=0), 0.0, 1.0)
    blended = slerp(start, end, np.broadcast_to(weights, start.shape[:-1]))
    misses = angle_between(blended, seen).max(axis=0)
    best = int(np.argmin(misses))
    return _Blend(int(one[best]), int(two[best]), float(weights[best]), float(misses[best]))


def _unscaled(matrices: DoubleArray) -> DoubleArray:
    return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
