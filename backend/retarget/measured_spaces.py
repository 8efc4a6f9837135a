"""From a few measured poses of a rig: which mapped bone each mapped bone follows, fully, partly or not at all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import geodesic_angle, matrix_to_quaternion
from .interpolation import angle_between, slerp
from .rig_spec import Follow, RigSpec

_FITS: Final = np.radians(0.1)


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


def follows_from(rig: RigSpec, samples: MeasuredPoses) -> dict[str, Follow]:
    """The parent space of each bone: the simplest rule that explains all samples within 0.1 degrees.

    Tried are: one bone (or none) with a fixed offset, then a blend of two; if nothing fits, the nearest single bone.
    """
    indices = [rig.index[name] for name in samples.names]
    rest = rig.rest[indices].astype(np.float64)
    pose, basis = _unscaled(samples.pose[..., :3, :3]), _unscaled(samples.basis[..., :3, :3])
    turned = pose @ np.swapaxes(rest[:, :3, :3], -1, -2)
    spaces = pose @ np.swapaxes(rest[:, :3, :3] @ basis, -1, -2)
    heads, rest_heads = samples.pose[..., :3, 3], rest[:, :3, 3]
    sources = _Sources(samples.names, turned, heads - np.einsum("snij,nj->sni", turned, rest_heads))
    local = np.einsum("nij,nj->ni", rest[:, :3, :3], samples.basis[0, :, :3, 3])
    carried = heads - np.einsum("snij,nj->sni", spaces, local)
    return {
        name: _explained(sources, _Bone(position, spaces[:, position], carried[:, position], rest_heads[position]))
        for position, name in enumerate(samples.names)
    }


class _Sources:
    """Displacements of everything that may be followed: the armature itself (first), then the mapped bones."""

    def __init__(self, names: tuple[str, ...], turned: DoubleArray, shifts: DoubleArray) -> None:
        samples = turned.shape[0]
        self.names: tuple[str | None, ...] = (None, *names)
        self.turns = np.concatenate([np.broadcast_to(np.eye(3), (samples, 1, 3, 3)), turned], axis=1)
        self.shifts = np.concatenate([np.zeros((samples, 1, 3)), shifts], axis=1)
        self.quaternions = matrix_to_quaternion(self.turns)


@dataclass(frozen=True)
class _Bone:
    """What was measured of one bone: its parent space (S, 3, 3), head (S, 3) as carried, and rest head (3,)."""

    position: int
    space: DoubleArray
    head: DoubleArray
    rest_head: DoubleArray


def _explained(sources: _Sources, bone: _Bone) -> Follow:
    others = [index for index in range(len(sources.names)) if index != bone.position + 1]
    offsets = np.swapaxes(sources.turns[0], -1, -2) @ bone.space[0]
    misses = geodesic_angle(sources.turns @ offsets, bone.space[:, None]).max(axis=0)
    first = min(others, key=lambda index: misses[index])
    second, weight, turn = None, 0.0, offsets[first]
    if misses[first] > _FITS:
        one, two, share, miss = _best_blend(sources, others, space=bone.space)
        if miss < misses[first]:
            first, second, weight, turn = one, sources.names[two], share, np.eye(3)
    carrier, place = _carrier(sources, others, head=bone.head)
    matrix = np.eye(4)
    matrix[:3, :3] = offsets[carrier]
    matrix[:3, 3] = place - offsets[carrier] @ bone.rest_head
    return Follow(
        first=sources.names[first],
        second=second,
        weight=weight,
        turn=turn.astype(np.float32),
        place_of=sources.names[carrier],
        place=matrix.astype(np.float32),
    )


def _best_blend(sources: _Sources, others: list[int], *, space: DoubleArray) -> tuple[int, int, float, float]:
    """First, second, weight and miss in radians of the blend of two sources that explains `space` (S, 3, 3) best."""
    one, two = np.array(list(itertools.combinations(others, 2))).T
    seen = matrix_to_quaternion(space)[:, None]
    start, end = sources.quaternions[:, one], sources.quaternions[:, two]
    shares = angle_between(start, seen)[1:] / np.maximum(angle_between(start, end)[1:], 1e-6)
    weights = np.clip(shares.mean(axis=0), 0.0, 1.0)
    blended = slerp(start, end, np.broadcast_to(weights, start.shape[:-1]))
    misses = angle_between(blended, seen).max(axis=0)
    best = int(np.argmin(misses))
    return int(one[best]), int(two[best]), float(weights[best]), float(misses[best])


def _carrier(sources: _Sources, others: list[int], *, head: DoubleArray) -> tuple[int, DoubleArray]:
    """The source in whose space the head (S, 3) stays put, and where it is there (3,)."""
    seen = np.einsum("snji,snj->sni", sources.turns, head[:, None] - sources.shifts)
    drift = np.linalg.norm(seen - seen[:1], axis=-1).max(axis=0)
    carrier = min(others, key=lambda index: drift[index])
    return carrier, seen[0, carrier]


def _unscaled(matrices: DoubleArray) -> DoubleArray:
    return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
