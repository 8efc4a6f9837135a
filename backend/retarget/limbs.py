"""Legs and arms of a rig found by shape alone: paths of three joints down the tree, paired with their mirror image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, cast

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment  # pyright: ignore[reportUnknownVariableType]

from ..arrays import DoubleArray, IntArray
from ..rotations import normalized
from .skeleton_tree import SkeletonTree

_MOST: Final = 300
"""Paths that are compared with each other, the likeliest first."""
_STRAIGHT_LEG: Final = 0.9
_STRAIGHT_ARM: Final = 0.55
_FAR_BEHIND: Final = 15.0
"""Cost by which a pair of legs is too unlikely beside the best to look for arms above it."""

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class BodyFrame:
    """How a body that stands upright lies in armature space; which side is left is not known yet.

    Attributes:
        across: (3,) from the other side to the one that is taken for left.
        up: (3,).
        middle: (3,) between the hip joints.
        leg: length of a leg, in armature units.
    """

    across: DoubleArray
    up: DoubleArray
    middle: DoubleArray
    leg: float

    @property
    def forward(self) -> DoubleArray:
        """(3,) left x up."""
        return np.cross(self.across, self.up)

    def local(self, points: DoubleArray) -> DoubleArray:
        """(..., 3) armature space -> left, up, forward from the middle of the hips, in leg lengths."""
        axes = np.stack([self.across, self.up, self.forward], axis=1)
        return (points - self.middle) @ axes / self.leg


@dataclass(frozen=True)
class LimbPair:
    """A limb and its mirror image, each three bones from the body outwards.

    Attributes:
        one, two: the limb taken for left, and the other.
        cost: how unlike such a limb they are.
        margins: (2, 3) for each joint how much worse the limb would be with the best other bone in its place.
    """

    one: tuple[int, int, int]
    two: tuple[int, int, int]
    cost: float
    margins: DoubleArray

    @property
    def both(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """The limb taken for left, and the other."""
        return self.one, self.two


def leg_pairs(tree: SkeletonTree, *, most: int = 6) -> list[tuple[LimbPair, BodyFrame]]:
    """The likeliest pairs of legs, each with the frame that it stands in, the best first."""
    paths, first, second = tree.limb_paths
    whole = np.linalg.norm(tree.heads[paths[:, 2]] - tree.heads[paths[:, 0]], axis=1)
    ratio = np.abs(np.log(first / second))
    fits = (whole > _STRAIGHT_LEG * (first + second)) & (whole > 0.12 * tree.extent)
    paths, first, second, whole = paths[fits], first[fits], second[fits], whole[fits]
    own = (ratio[fits] / 0.2) ** 2 - 4.0 * np.log(whole / tree.extent) + tree.ties(paths) + _kinks(tree, paths)
    own -= np.where(tree.reach[paths[:, 2]] > 0.05 * whole, 0.7, 0.0)
    kept = np.argsort(own, kind="stable")[:_MOST]
    if len(kept) < 2:
        return []
    cost = _leg_costs(tree, paths[kept], parts=np.stack([first[kept], second[kept]], axis=1), own=own[kept])
    found: list[tuple[LimbPair, BodyFrame]] = []
    best: IntArray = np.argsort(cost, axis=None, kind="stable")[: 2 * most]
    for flat in best:
        row, column = divmod(int(flat), len(kept))
        one, two, total = int(kept[row]), int(kept[column]), float(cost[row, column])
        frame = _frame(tree, paths[one], paths[two]) if np.isfinite(total) else None
        if frame is not None:
            pair = _pair(tree, paths, (one, two), own=own, cost=total)
            found.append((replace(pair, cost=pair.cost + _mirror_cost(tree, frame, pair)), frame))
    found.sort(key=lambda item: item[0].cost)
    return [item for item in found[:most] if item[0].cost < found[0][0].cost + _FAR_BEHIND]


def _leg_costs(tree: SkeletonTree, paths: IntArray, *, parts: DoubleArray, own: DoubleArray) -> DoubleArray:
    """(N, N) for each two paths how unlike a pair of legs they are; infinite on and below the diagonal."""
    starts = tree.heads[paths[:, 0]]
    along = normalized(tree.heads[paths[:, 2]] - starts)
    parallel = along @ along.T
    unlike: DoubleArray = np.sum(np.abs(np.log(parts[:, None] / parts[None])), axis=-1)
    apart = np.linalg.norm(starts[:, None] - starts[None], axis=-1) / parts.sum(axis=1)
    cost = own[:, None] + own[None] + (unlike / 0.1) ** 2 + 4.0 * (1.0 - parallel)
    cost += np.minimum((np.log(np.maximum(apart, 1e-6) / 0.2) / 0.5) ** 2, 4.0)
    wrong = (parallel < 0.7) | (unlike > 0.5) | (apart < 0.03) | tree.related(paths)
    return np.where(wrong | ~np.triu(np.ones_like(wrong), 1), np.inf, cost)


def _pair(tree: SkeletonTree, paths: IntArray, chosen: tuple[int, int], *, own: DoubleArray, cost: float) -> LimbPair:
    starts = paths[list(chosen), 0]
    margins = np.stack(
        [
            _margins(tree, paths, index, own=np.where(tree.below[paths[:, 0], other], np.inf, own))
            for index, other in zip(chosen, starts[::-1], strict=True)
        ]
    )
    return LimbPair(_triple(paths[chosen[0]]), _triple(paths[chosen[1]]), cost, margins)


def _margins(tree: SkeletonTree, paths: IntArray, chosen: int, *, own: DoubleArray) -> DoubleArray:
    """(3,) how far the best limb with another bone in place of each joint is behind; infinite where there is none."""
    path, found = paths[chosen], np.full(3, np.inf)
    same = paths == path
    for joint in range(3):
        rivals = same[:, [index for index in range(3) if index != joint]].all(axis=1) & ~same[:, joint]
        rivals &= np.linalg.norm(tree.heads[paths[:, joint]] - tree.heads[path[joint]], axis=1) > 0.005 * tree.extent
        found[joint] = float(own[rivals].min(initial=np.inf)) - float(own[chosen])
    return found


def _triple(path: IntArray) -> tuple[int, int, int]:
    return int(path[0]), int(path[1]), int(path[2])


def _frame(tree: SkeletonTree, one: IntArray, two: IntArray) -> BodyFrame | None:
    """Up against both legs, across from hip to hip; snapped to the armature's axes where these are near."""
    heads = tree.heads
    down = normalized(heads[one[2]] - heads[one[0]]) + normalized(heads[two[2]] - heads[two[0]])
    up = _snapped(-down, 10.0)
    across = heads[one[0]] - heads[two[0]]
    level = across - up * (across @ up)
    if np.linalg.norm(level) < 0.7 * np.linalg.norm(across):
        return None
    lengths = [np.linalg.norm(heads[leg[2]] - heads[leg[0]]) for leg in (one, two)]
    middle = 0.5 * (heads[one[0]] + heads[two[0]])
    return BodyFrame(_snapped(level, 6.0), up, middle, float(np.mean(lengths)))


def _snapped(direction: DoubleArray, degrees: float) -> DoubleArray:
    direction = normalized(direction)
    axis = int(np.argmax(np.abs(direction)))
    if abs(direction[axis]) < np.cos(np.radians(degrees)):
        return direction
    return np.sign(direction[axis]) * np.eye(3)[axis]


def _mirror_cost(tree: SkeletonTree, frame: BodyFrame, pair: LimbPair) -> float:
    """How far the second limb is from the first one's mirror image, by an assignment of its joints."""
    one, two = frame.local(tree.heads[list(pair.one)]), frame.local(tree.heads[list(pair.two)])
    away = np.linalg.norm((one * (-1.0, 1.0, 1.0))[:, None] - two[None], axis=-1)
    rows, columns = cast("tuple[IntArray, IntArray]", linear_sum_assignment(away))
    exchanged = float(np.sum(rows != columns))
    return float(np.sum((away[rows, columns] / 0.15) ** 2)) + 4.0 * exchanged


def arm_pairs(tree: SkeletonTree, frame: BodyFrame, *, without: BoolArray, most: int = 4) -> list[LimbPair]:
    """The likeliest pairs of arms of a body in this frame, the best first; `without` (B,) are bones of the legs."""
    paths, first, second = tree.limb_paths
    heads = frame.local(tree.heads)
    reach = (first + second) / frame.leg
    shoulder, away = heads[paths[:, 0]], heads[paths[:, 2]] - heads[paths[:, 0]]
    whole = np.linalg.norm(away, axis=1)
    side = np.sign(shoulder[:, 0])
    fits = (whole > _STRAIGHT_ARM * reach) & (shoulder[:, 1] > 0.2)
    fits &= (reach > 0.2) & (away[:, 1] < 0.7 * whole) & (np.abs(shoulder[:, 0]) > 0.005)
    fits &= (side * away[:, 0] > -0.15 * whole) & ~without[paths].any(axis=1)
    paths, side = paths[fits], side[fits]
    own = _arm_costs(tree, heads, paths, ratio=np.log(first / second)[fits], reach=reach[fits])
    one, two = (np.flatnonzero(side == sign) for sign in (1.0, -1.0))
    one, two = (half[np.argsort(own[half], kind="stable")][: _MOST // 2] for half in (one, two))
    if not (len(one) and len(two)):
        return []
    apart = np.linalg.norm((heads[paths[one]] * (-1.0, 1.0, 1.0))[:, None] - heads[paths[two]][None], axis=-1)
    cost = own[one][:, None] + own[two][None] + _fit(apart, 0.1).sum(axis=-1)
    cost = np.where(_clash(tree, paths[one], paths[two]), np.inf, cost)
    best: IntArray = np.argsort(cost, axis=None, kind="stable")[:most]
    cells = [divmod(int(flat), len(two)) for flat in best]
    return [
        _pair(tree, paths, (int(one[row]), int(two[column])), own=own, cost=float(cost[row, column]))
        for row, column in cells
        if np.isfinite(cost[row, column])
    ]


def _arm_costs(
    tree: SkeletonTree, heads: DoubleArray, paths: IntArray, *, ratio: DoubleArray, reach: DoubleArray
) -> DoubleArray:
    """(N,) how unlike an arm each path is, from heads (B, 3) in the body's frame."""
    shoulder, wrist = heads[paths[:, 0]], paths[:, 2]
    size = np.sqrt(shoulder[:, 1])  # between a leg and a trunk, for figures with short legs
    own = _fit(ratio - 0.12, 0.25) + _fit(np.log(shoulder[:, 1] / 0.62), 0.35) + _fit(shoulder[:, 2], 0.2)
    breadth = np.log(np.abs(shoulder[:, 0]) / size / 0.24)
    own += 0.5 * _fit(breadth, 0.4) + _fit(np.log(reach / size / 0.8), 0.4)
    own += _kinks(tree, paths) + _tips(tree, paths)
    own += tree.ties(paths) - np.where(tree.fans[wrist] >= 2, 1.0, 0.0) - np.where(tree.fans[wrist] >= 3, 2.0, 0.0)
    own += np.where(tree.has_hand_below[wrist], 1.5, 0.0)
    return own - np.where(tree.is_leaf[wrist], 0.0, 0.5)


def _kinks(tree: SkeletonTree, paths: IntArray) -> DoubleArray:
    """(N,) what it costs that bones between the joints lie off the line, and so bend it themselves."""
    first, second = tree.off_line[paths[:, 0], paths[:, 1]], tree.off_line[paths[:, 1], paths[:, 2]]
    return np.asarray(np.minimum((first / 0.08) ** 2, 2.0) + np.minimum((second / 0.08) ** 2, 2.0), dtype=np.float64)


def _tips(tree: SkeletonTree, paths: IntArray) -> DoubleArray:
    """(N,) what it costs to end in a bone that ends a chain with a short last step."""
    parents = tree.rig.parents[paths[:, 2]]
    step = np.linalg.norm(tree.heads[paths[:, 2]] - tree.heads[parents], axis=1)
    before = np.linalg.norm(tree.heads[parents] - tree.heads[paths[:, 1]], axis=1)
    return np.where(tree.is_leaf[paths[:, 2]] & (parents != paths[:, 1]) & (step < 0.3 * before), 1.0, 0.0)


def _clash(tree: SkeletonTree, one: IntArray, two: IntArray) -> BoolArray:
    return tree.below[one[:, 0]][:, two[:, 0]] | tree.below[two[:, 0]][:, one[:, 0]].T


def _fit(value: DoubleArray, spread: float) -> DoubleArray:
    """Squared distance from 0 in units of `spread`; one oddity alone rules nothing out."""
    return np.minimum((value / spread) ** 2, 9.0)
