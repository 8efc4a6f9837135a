"""From a few measured poses of a rig: which mapped bone each mapped bone follows, fully, partly or not at all."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import geodesic_angle
from .interpolation import between
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
    sources = _Sources(samples.names, turned, samples.pose[..., :3, 3], rest[:, :3, 3])
    found: dict[str, Follow] = {}
    for position, name in enumerate(samples.names):
        head = samples.pose[:, position, :3, 3]
        local = rest[position, :3, :3] @ samples.basis[0, position, :3, 3]
        found[name] = _explained(sources, position, space=spaces[:, position], head=head, local=local)
    return found


class _Sources:
    """Displacements of everything that may be followed: the armature itself, then the mapped bones."""

    def __init__(
        self, names: tuple[str, ...], turned: DoubleArray, heads: DoubleArray, rest_heads: DoubleArray
    ) -> None:
        still = np.broadcast_to(np.eye(3), (turned.shape[0], 1, 3, 3))
        self.names: tuple[str | None, ...] = (None, *names)
        self.turns = np.concatenate([still, turned], axis=1)
        shifts = heads - np.einsum("snij,nj->sni", turned, rest_heads)
        self.shifts = np.concatenate([np.zeros((turned.shape[0], 1, 3)), shifts], axis=1)
        self.rest_heads = rest_heads

    def offsets(self, space: DoubleArray) -> DoubleArray:
        """(N + 1, 3, 3): what each source would have to add to give `space` in the first sample."""
        return np.swapaxes(self.turns[0], -1, -2) @ space[0]


def _explained(sources: _Sources, bone: int, *, space: DoubleArray, head: DoubleArray, local: DoubleArray) -> Follow:
    others = [index for index in range(len(sources.names)) if index != bone + 1]
    offsets = sources.offsets(space)
    misses = geodesic_angle(sources.turns @ offsets, space[:, None]).max(axis=0)
    first = min(others, key=lambda index: misses[index])
    second, weight = None, 0.0
    turn = offsets[first]
    if misses[first] > _FITS:
        blend = _blend(sources, others, space)
        if blend is not None and blend[3] < misses[first]:
            first, second, weight, turn = blend[0], sources.names[blend[1]], blend[2], np.eye(3)
    carrier, place = _carrier(sources, others, bone=bone, head=head - space @ local)
    matrix = np.eye(4)
    matrix[:3, :3] = offsets[carrier]
    matrix[:3, 3] = place - offsets[carrier] @ sources.rest_heads[bone]
    return Follow(
        first=sources.names[first],
        second=second,
        weight=weight,
        turn=turn.astype(np.float32),
        place_of=sources.names[carrier],
        place=matrix.astype(np.float32),
    )


def _blend(sources: _Sources, others: list[int], space: DoubleArray) -> tuple[int, int, float, float] | None:
    """First, second, weight, miss in radians of the blend of two sources that explains `space` best, or None."""
    best = None
    for first, second in itertools.combinations(others, 2):
        one, two = sources.turns[:, first], sources.turns[:, second]
        apart = geodesic_angle(one, two)[1:]
        weight = float(np.mean(geodesic_angle(one, space)[1:] / np.maximum(apart, 1e-6)))
        if not 0.0 < weight < 1.0:
            continue
        miss = float(geodesic_angle(between(one, two, weight), space).max())
        if best is None or miss < best[3]:
            best = (first, second, weight, miss)
    return best


def _carrier(sources: _Sources, others: list[int], *, bone: int, head: DoubleArray) -> tuple[int, DoubleArray]:
    """The source in whose space the head (S, 3) stays put, and where it is there (3,)."""
    seen = np.einsum("snji,snj->sni", sources.turns, head[:, None] - sources.shifts)
    drift = np.linalg.norm(seen - seen[:1], axis=-1).max(axis=0)
    carrier = min(others, key=lambda index: drift[index])
    return carrier, seen[0, carrier]


def _unscaled(matrices: DoubleArray) -> DoubleArray:
    return matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
