"""What joins the limbs of a body found by structure: hips, spine, neck, head, collars, and the balls of the feet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..arrays import DoubleArray, IntArray
from .limbs import BodyFrame, LimbPair
from .skeleton_tree import SkeletonTree

BoolArray = npt.NDArray[np.bool_]

_NECK: Final = 0.3
"""Height of the head's joint above the shoulders, in lengths of the trunk."""
_ONE_OF_SEVERAL: Final = 0.05
"""Margin of one toe before the next."""
_NO_HEAD: Final = 4.0


@dataclass(frozen=True)
class Trunk:
    """The bones of the trunk, from below.

    Attributes:
        pelvis, spine, neck, head: the middle; any but the first may be missing.
        head_margin: how much worse the next best head would be.
        collars: between chest and arm, of the side taken for left and of the other.
        feet: the ball of each foot, and how much worse the next best would be.
        cost: how unlike a body's trunk they lie.
    """

    pelvis: int
    spine: tuple[int, ...]
    neck: tuple[int, ...]
    head: int | None
    head_margin: float
    collars: tuple[tuple[int, ...], tuple[int, ...]]
    feet: tuple[tuple[int | None, float], tuple[int | None, float]]
    cost: float


def trunk_of(tree: SkeletonTree, frame: BodyFrame, *, legs: LimbPair, arms: LimbPair) -> Trunk | None:
    """The bones between legs and arms, or None where nothing joins them."""
    heads = frame.local(tree.heads)
    hips, chest = tree.common(legs.one[0], legs.two[0]), tree.common(arms.one[0], arms.two[0])
    if hips is None or chest is None or chest in (arms.one[0], arms.two[0]):
        return None
    pelvis = tree.common(hips, chest)
    if pelvis is None or pelvis in (legs.one[0], legs.two[0]):
        return None
    shoulders = 0.5 * (heads[arms.one[0]] + heads[arms.two[0]])
    spine = [] if pelvis == chest else [*tree.between(pelvis, chest), chest]
    low: list[int] = []
    if len(spine) > 1 and heads[chest, 1] > shoulders[1] - 0.02:
        low = [spine.pop()]  # collars that hang on the neck
    head, margin, cost = _head(tree, heads, chest=chest, arms=arms, end_bones=_has_end_bones(tree, legs))
    neck = [*low, *(tree.between(chest, head) if head is not None else [])]
    upright = abs(float(shoulders[0])) / 0.1 + abs(float(shoulders[2])) / 0.4
    off = float(np.linalg.norm(heads[pelvis]) / 0.5)
    return Trunk(
        pelvis=pelvis,
        spine=tuple(spine) or ((chest,) if chest != pelvis else ()),
        neck=tuple(neck),
        head=head,
        head_margin=margin,
        collars=_collars(tree, chest, arms),
        feet=(_foot(tree, heads, legs.one), _foot(tree, heads, legs.two)),
        cost=cost + upright**2 + off**2,
    )


def _head(
    tree: SkeletonTree, heads: DoubleArray, *, chest: int, arms: LimbPair, end_bones: bool
) -> tuple[int | None, float, float]:
    """The bone of the head, how far the next best is behind, and what it costs."""
    shoulders = 0.5 * (heads[arms.one[0]] + heads[arms.two[0]])
    height = max(float(shoulders[1]), 1e-6)
    above = (heads[:, 1] - shoulders[1]) / height
    fits = tree.below[chest] & tree.candidates & (np.abs(heads[:, 0]) < 0.2 * height) & (above > 0.03) & (above < 0.9)
    for limb in arms.both:
        fits &= ~(tree.below[limb[0]] | tree.below[:, limb[0]])
    found = np.flatnonzero(fits)
    if not len(found):
        return None, 0.0, _NO_HEAD
    cost = np.array(
        [
            _head_cost(
                tree, heads, bone, fits=fits, above=above, may_end=end_bones and len(tree.between(chest, bone)) > 1
            )
            for bone in found
        ]
    )
    order = np.argsort(cost, kind="stable")
    best = int(found[order[0]])
    apart = np.linalg.norm(heads[found] - heads[best], axis=1) > 0.03 * height
    margin = float(cost[apart].min(initial=np.inf) - cost[order[0]])
    return best, margin, max(0.0, float(cost[order[0]]))


def _head_cost(
    tree: SkeletonTree, heads: DoubleArray, bone: int, *, fits: BoolArray, above: DoubleArray, may_end: bool
) -> float:
    """How unlike the head a bone is; `above` (B,) heights over the shoulders in lengths of the trunk."""
    parent = int(tree.rig.parents[bone])
    cost = ((float(above[bone]) - _NECK) / 0.15) ** 2 + (float(heads[bone, 0]) / 0.08) ** 2
    over = tree.below[:, bone] & fits
    if tree.fans[bone] >= 3:
        cost -= 2.0
    if (tree.fans[over] >= 3).any():
        cost += 2.5
    if not over.any() and (above[tree.below[bone] & fits] > above[bone] + 0.08).any():
        cost += 1.0  # rather the neck
    if tree.is_leaf[bone]:
        step = float(above[bone] - above[parent])
        cost += 3.0 if may_end else (-1.5 if step > 0.1 else 0.5)
    return cost


def _has_end_bones(tree: SkeletonTree, legs: LimbPair) -> bool:
    """Whether chains end in bones that move nothing: there is a second bone beyond the ankle."""
    under = np.flatnonzero(tree.below[legs.one[2]])
    return any(int(parent) in under for parent in tree.rig.parents[under])


def _collars(tree: SkeletonTree, chest: int, arms: LimbPair) -> tuple[tuple[int, ...], tuple[int, ...]]:
    one, two = (tuple(tree.between(chest, limb[0])) for limb in arms.both)
    return one, two


def _foot(tree: SkeletonTree, heads: DoubleArray, limb: tuple[int, int, int]) -> tuple[int | None, float]:
    """The ball of the foot, below the ankle and away from the leg's axis, and how far another toe is behind."""
    ankle = limb[2]
    under: IntArray = np.flatnonzero(tree.below[ankle] & tree.candidates)
    away = heads[under] - heads[ankle]
    level = np.linalg.norm(away[:, [0, 2]], axis=1)
    fits = (level > 0.08) & (away[:, 1] < 0.05)
    if not fits.any():
        return None, 0.0
    under, away = under[fits], away[fits]
    first = ~tree.below[np.ix_(under, under)].any(axis=0)
    under, away = under[first], away[first]
    cost = np.abs(level[fits][first] - 0.17) / 0.1 + 10.0 * np.abs(away[:, 0] - away[:, 0].mean())
    order = np.argsort(cost, kind="stable")
    ball = int(under[order[0]])
    inside = [bone for bone in np.flatnonzero(tree.below[ball]) if np.allclose(heads[bone], heads[ball], atol=1e-3)]
    return (inside[-1] if inside else ball), (_ONE_OF_SEVERAL if len(order) > 1 else float("inf"))
