"""A rig as a tree of joints that may belong to a body, with what the search for limbs asks of it again and again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from ..arrays import BoolArray, DoubleArray, IntArray
from .rig_spec import RigSpec

_SAME_PLACE: Final = 0.004
"""Share of the rig's extent below which two joints are in one place."""
_UNLIKE: Final = 2.2
"""Upper and lower part of a limb differ at most by this factor."""
_TIE: Final = 0.05
"""What it costs to take the less usual of several bones in one place."""


@dataclass(frozen=True)
class SkeletonTree:
    """The bones of a rig in the pose that is looked at.

    Attributes:
        rig: the bones.
        heads: (B, 3) joints in armature space, of the rest pose or another.
    """

    rig: RigSpec
    heads: DoubleArray

    @cached_property
    def tails(self) -> DoubleArray:
        """(B, 3) the ends of the bones at rest; of bones that are posed otherwise they mean nothing."""
        along = self.rig.rest[:, :3, 1].astype(np.float64) * self.rig.lengths[:, None]
        return self.rig.heads.astype(np.float64) + along

    @cached_property
    def extent(self) -> float:
        """Diagonal of the box around the middle nine tenths of the joints."""
        low, high = np.percentile(self.heads, [5.0, 95.0], axis=0)
        return max(float(np.linalg.norm(high - low)), 1e-9)

    @property
    def same_place(self) -> float:
        """Distance up to which two joints are in one place."""
        return _SAME_PLACE * self.extent

    @cached_property
    def below(self) -> BoolArray:
        """(B, B) whether the second bone descends from the first."""
        count = len(self.rig.bones)
        below = np.zeros((count, count), dtype=np.bool_)
        for bone, parent in enumerate(self.rig.parents):
            if parent >= 0:
                below[:, bone] = below[:, parent]
                below[parent, bone] = True
        return below

    @cached_property
    def paths(self) -> IntArray:
        """(N, 3) all bones a above b above c."""
        found: list[IntArray] = []
        for bone in range(len(self.rig.bones)):
            above = np.flatnonzero(self.below[:, bone])
            upper, lower = np.triu_indices(len(above), 1)
            found.append(np.stack([above[upper], above[lower], np.full(len(upper), bone)], axis=1))
        return np.concatenate(found) if found else np.zeros((0, 3), dtype=np.intp)

    @cached_property
    def limb_paths(self) -> tuple[IntArray, DoubleArray, DoubleArray]:
        """(N, 3) the paths that may be limbs, and the lengths (N,) of their two parts, which are not too unlike."""
        paths = self.paths
        first = np.linalg.norm(self.heads[paths[:, 1]] - self.heads[paths[:, 0]], axis=1)
        second = np.linalg.norm(self.heads[paths[:, 2]] - self.heads[paths[:, 1]], axis=1)
        fits = (np.minimum(first, second) > 0.02 * self.extent) & (
            np.maximum(first, second) < _UNLIKE * np.minimum(first, second)
        )
        return paths[fits], first[fits], second[fits]

    @cached_property
    def off_line(self) -> DoubleArray:
        """(B, B) how far the bones between two lie off the line from one to the other, as a share of its length."""
        top, middle, bottom = self.paths.T
        along, away = self.heads[bottom] - self.heads[top], self.heads[middle] - self.heads[top]
        length = np.maximum(np.linalg.norm(along, axis=1), 1e-9)
        off = np.zeros((len(self.rig.bones), len(self.rig.bones)))
        np.maximum.at(off, (top, bottom), np.linalg.norm(np.cross(along, away), axis=1) / length**2)
        return off

    @cached_property
    def fans(self) -> IntArray:
        """(B,) in how many directions a bone branches, without what lies in its place or along another branch."""
        fans = np.zeros(len(self.rig.bones), dtype=np.intp)
        children: dict[int, list[int]] = {}
        for bone in range(len(fans) - 1, -1, -1):
            ways: list[DoubleArray] = []
            for child in children.get(bone, ()):
                away = self.heads[child] - self.heads[bone]
                length = float(np.linalg.norm(away))
                if length <= self.same_place:
                    fans[bone] = max(fans[bone], fans[child])
                elif all(away @ way < 0.985 * length for way in ways):
                    ways.append(away / length)
            fans[bone] = max(fans[bone], len(ways))
            children.setdefault(int(self.rig.parents[bone]), []).append(bone)
        return fans

    @cached_property
    def has_hand_below(self) -> BoolArray:
        """(B,) whether a bone below branches in three directions or more, as a hand does."""
        return self.below[:, self.fans >= 3].any(axis=1)

    @cached_property
    def reach(self) -> DoubleArray:
        """(B,) distance to the furthest bone below each."""
        reach = np.zeros(len(self.rig.bones))
        for bone in range(len(reach)):
            under = np.flatnonzero(self.below[bone])
            if len(under):
                reach[bone] = np.linalg.norm(self.heads[under] - self.heads[bone], axis=1).max()
        return reach

    @cached_property
    def is_leaf(self) -> BoolArray:
        """(B,) bones without children."""
        return np.bincount(self.rig.parents[self.rig.parents >= 0], minlength=len(self.rig.bones)) == 0

    def ties(self, paths: IntArray) -> DoubleArray:
        """(N,) a little for each joint that shares its place with a better one.

        Better is the lower of two that start a limb or bend it, and the upper of two that end it.
        """
        worse = np.where(self._twin_below[paths[:, :2]], _TIE, 0.0).sum(axis=1)
        return worse + np.where(self._twin_above[paths[:, 2]], _TIE, 0.0)

    @cached_property
    def _twins(self) -> tuple[IntArray, IntArray]:
        parents = self.rig.parents
        near = np.linalg.norm(self.heads - self.heads[parents], axis=1) <= self.same_place
        lower = np.flatnonzero(near & (parents >= 0))
        return parents[lower], lower

    @cached_property
    def _twin_below(self) -> BoolArray:
        flags = np.zeros(len(self.rig.bones), dtype=np.bool_)
        flags[self._twins[0]] = True
        return flags

    @cached_property
    def _twin_above(self) -> BoolArray:
        flags = np.zeros(len(self.rig.bones), dtype=np.bool_)
        flags[self._twins[1]] = True
        return flags

    def related(self, paths: IntArray) -> BoolArray:
        """(N, N) whether the first bone of one path is, or descends from, the first of the other."""
        first = paths[:, 0]
        under = self.below[first][:, first]
        return under | under.T | (first[:, None] == first[None])

    def common(self, one: int, two: int) -> int | None:
        """The lowest bone that both descend from or are."""
        above = (self.below[:, one] | _only(one, len(self.rig.bones))) & (
            self.below[:, two] | _only(two, len(self.rig.bones))
        )
        found = np.flatnonzero(above)
        return int(found[-1]) if len(found) else None

    def steps(self, top: int, bottom: int) -> int:
        """How many bones in different places lead from `top` to `bottom`, without it."""
        heads = self.heads[[top, *self.between(top, bottom), bottom]]
        return int((np.linalg.norm(np.diff(heads, axis=0), axis=1) > self.same_place).sum())

    def between(self, top: int, bottom: int) -> list[int]:
        """The bones below `top` and above `bottom`, from the top."""
        return [int(bone) for bone in np.flatnonzero(self.below[top] & self.below[:, bottom])]


def _only(bone: int, count: int) -> BoolArray:
    flags = np.zeros(count, dtype=np.bool_)
    flags[bone] = True
    return flags


def posed_heads(rig: RigSpec) -> DoubleArray:
    """(B, 3) joints of the current pose in armature space, without what constraints do to it."""
    rest = rig.rest.astype(np.float64)
    pose = rest @ rig.basis
    for bone, parent in enumerate(rig.parents):
        if parent >= 0:
            pose[bone] = pose[parent] @ np.asarray(np.linalg.inv(rest[parent]), dtype=np.float64) @ pose[bone]
    return pose[:, :3, 3]
