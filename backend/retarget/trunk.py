"""What joins the limbs of a body found by structure: hips, spine, neck, head, collars, and the balls of the feet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ..arrays import DoubleArray, IntArray
from .fingers import finger_chains, have_end_bones
from .limbs import BodyFrame, LimbPair
from .skeleton_tree import SkeletonTree

BoolArray = npt.NDArray[np.bool_]

_NECK: Final = 0.3
"""Height of the head's joint above the shoulders, in lengths of the trunk."""
_ONE_OF_SEVERAL: Final = 0.05
"""Margin of one toe before the next."""
_ENDS_ARE_SURE: Final = 6.0
_ENDS_ARE_LIKELY: Final = 4.5
_NECK_OR_HEAD: Final = 0.8
_NO_HEAD: Final = 4.0


@dataclass(frozen=True)
class Trunk:
    """The bones of the trunk, from below.

    Attributes:
        pelvis: the bone that carries legs and spine, and the hips' own below it where there is one.
        spine, neck, head: the middle; any may be missing.
        head_margin: how much worse the next best head would be.
        collars: between chest and arm, of the side taken for left and of the other.
        feet: the ball of each foot, and how much worse the next best would be.
        cost: how unlike a body's trunk they lie.
    """

    pelvis: tuple[int, ...]
    spine: tuple[int, ...]
    neck: tuple[int, ...]
    head: int | None
    head_margin: float
    collars: tuple[tuple[int, ...], tuple[int, ...]]
    feet: tuple[tuple[int | None, float], tuple[int | None, float]]
    cost: float


def trunk_of(tree: SkeletonTree, frame: BodyFrame, *, legs: LimbPair, arms: LimbPair, end_bones: float) -> Trunk | None:
    """The bones between legs and arms, or None where nothing joins them; `end_bones` as `cost_of_ends` tells."""
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
    head, margin, cost = _head(tree, heads, chest=chest, arms=arms, end_bones=end_bones, necked=bool(low))
    neck = [*low, *(tree.between(chest, head) if head is not None else [])]
    # Where the spine is turned from its middle, bones lead down from there to the hips.
    hanging = [] if pelvis == hips else [*tree.between(pelvis, hips), hips]
    upright = abs(float(shoulders[0])) / 0.1 + abs(float(shoulders[2])) / 0.4
    off = float(np.linalg.norm(heads[pelvis]) / 0.5)
    return Trunk(
        pelvis=(pelvis, *hanging[-1:]),
        spine=(*hanging[:-1], *spine) or ((chest,) if chest != pelvis else ()),
        neck=tuple(neck),
        head=head,
        head_margin=margin,
        collars=_collars(tree, chest, arms),
        feet=(_foot(tree, heads, legs.one), _foot(tree, heads, legs.two)),
        cost=cost + upright**2 + off**2,
    )


def _head(
    tree: SkeletonTree, heads: DoubleArray, *, chest: int, arms: LimbPair, end_bones: float, necked: bool
) -> tuple[int | None, float, float]:
    """The bone of the head, how far the next best is behind, and what it costs; `necked` if `chest` is the neck."""
    shoulders = 0.5 * (heads[arms.one[0]] + heads[arms.two[0]])
    height = max(float(shoulders[1]), 1e-6)
    above = (heads[:, 1] - shoulders[1]) / height
    fits = tree.below[chest] & (np.abs(heads[:, 0]) < 0.2 * height) & (above > 0.03) & (above < 0.9)
    for limb in arms.both:
        fits &= ~(tree.below[limb[0]] | tree.below[:, limb[0]])
    found = np.flatnonzero(fits)
    if not len(found):
        return None, 0.0, _NO_HEAD
    plain = np.array([_head_cost(tree, heads, bone, fits=fits, above=above) for bone in found])
    ends = np.array([tree.is_leaf[bone] and len(tree.between(chest, bone)) > 1 for bone in found])
    cost = plain + np.where(ends, end_bones, 0.0)
    order = np.argsort(cost, kind="stable")
    best = int(found[order[0]])
    apart = np.linalg.norm(heads[found] - heads[best], axis=1) > 0.03 * height
    margin = float(cost[apart].min(initial=np.inf) - cost[order[0]])
    if end_bones < _ENDS_ARE_SURE and np.argmin(plain) != order[0]:
        margin = min(margin, _ONE_OF_SEVERAL)
    ahead = tree.below[best] & fits
    if not (end_bones or necked) and ahead.sum() == 1 and tree.is_leaf[ahead].all() and tree.is_leaf[found].sum() == 1:
        margin -= _NECK_OR_HEAD  # a head below its end looks like a neck below its head
    return best, margin, max(0.0, float(cost[order[0]]))


def _head_cost(tree: SkeletonTree, heads: DoubleArray, bone: int, *, fits: BoolArray, above: DoubleArray) -> float:
    """How unlike the head a bone is; `above` (B,) heights over the shoulders in lengths of the trunk."""
    parent = int(tree.rig.parents[bone])
    cost = ((float(above[bone]) - _NECK) / 0.15) ** 2 + (float(heads[bone, 0]) / 0.08) ** 2
    over = tree.below[:, bone] & fits
    cost -= 2.0 if tree.fans[bone] >= 3 else float(tree.fans[bone] == 2)  # eyes, ears, hair
    if (tree.fans[over] >= 3).any():
        cost += 2.5
    if not over.any() and (above[tree.below[bone] & fits] > above[bone] + 0.08).any():
        cost += 1.0  # rather the neck
    if tree.is_leaf[bone]:
        step = float(above[bone] - above[parent])
        cost += -1.5 if step > 0.1 else 0.5
    return cost


def cost_of_ends(tree: SkeletonTree, legs: LimbPair, arms: LimbPair) -> float:
    """What it costs a bone to end its chain: much, where the other chains end in bones that move nothing.

    Toes tell: there is a second bone beyond the ankle. Fingers confirm it or speak against it.
    """
    under = np.flatnonzero(tree.below[legs.one[2]])
    fingers = have_end_bones(finger_chains(tree, arms.one))
    if fingers is False or not any(int(parent) in under for parent in tree.rig.parents[under]):
        return 0.0
    return _ENDS_ARE_SURE if fingers else _ENDS_ARE_LIKELY


def _collars(tree: SkeletonTree, chest: int, arms: LimbPair) -> tuple[tuple[int, ...], tuple[int, ...]]:
    one, two = (tuple(tree.between(chest, limb[0])) for limb in arms.both)
    return one, two


def _foot(tree: SkeletonTree, heads: DoubleArray, limb: tuple[int, int, int]) -> tuple[int | None, float]:
    """The ball of the foot, below the ankle and away from the leg's axis, and how far another toe is behind.

    Of separate toes it is the second: the foot's axis runs through it.
    """
    ankle = limb[2]
    under: IntArray = np.flatnonzero(tree.below[ankle])
    away = heads[under] - heads[ankle]
    level = np.linalg.norm(away[:, [0, 2]], axis=1)
    fits = (level > 0.08) & (away[:, 1] < 0.05)
    if not fits.any():
        return None, 0.0
    under, away = under[fits], away[fits]
    first = ~tree.below[np.ix_(under, under)].any(axis=0)
    under, away = under[first], away[first]
    level = level[fits][first]
    row = np.argsort(np.abs(heads[under, 0]), kind="stable")  # from the body's middle outwards
    toes = len(row) > 2 and _in_a_row(away)
    cost = np.abs(level - 0.17) / 0.1 + 10.0 * np.abs(away[:, 0] - away[:, 0].mean())
    ball = int(under[row[1] if toes else np.argmin(cost)])
    inside = [bone for bone in np.flatnonzero(tree.below[ball]) if np.allclose(heads[bone], heads[ball], atol=1e-3)]
    return (inside[-1] if inside else ball), (float("inf") if toes or len(row) == 1 else _ONE_OF_SEVERAL)


def _in_a_row(away: DoubleArray) -> bool:
    """Whether bones (N, 3) from the ankle on lie side by side in one direction, as toes do and a heel does not."""
    level = away[:, [0, 2]] / np.linalg.norm(away[:, [0, 2]], axis=1, keepdims=True)
    return bool((level @ level.T).min() > 0.7)
