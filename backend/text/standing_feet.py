"""Which feet carry drafts that stand, so that these are planted and balanced though nothing says how they stand."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray
from .body_solids import GROUND_PARTS, Points, centre_of_mass, joined
from .chains import Chain
from .measures import Body
from .spots import SPOTS

_Bools: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
_UPRIGHT_COSINE: Final = 0.35
"""A trunk that leans no further than 70 degrees."""
_NEAR_M, _TOES_UP_M = 0.10, 0.08
_CLEAR_M: Final = 0.12
_LEVEL_DEG: Final = 35.0
_POINTED_DEG, _HANGING_COSINE = 45.0, 0.86
_SEATED_DEG, _SEATED_BEHIND_M = 55.0, 0.08
_LEGS: Final = ("knee", "shin", "calf", "ankle", "heel", "sole", "foot", "toes")
_ABOVE_LEGS: Final = np.array([not spot.endswith(_LEGS) for spot in SPOTS])
_KNEES: Final = np.array([spot.endswith(("knee", "shin")) for spot in SPOTS])


def under_foot(
    poses: DoubleArray, *, lifted: frozenset[Chain] = frozenset(), on_toes: frozenset[str] = frozenset()
) -> tuple[Points, _Bools]:
    """Feet, knees and shins, and (A, C) which of their points are to be on the ground; none in poses that sit or lie.

    Args:
        poses: (A, 24, 3) axis-angle.
        lifted: legs that are told to be elsewhere.
        on_toes: sides whose heel is told to be up.
    """
    body = Body.posed(poses)
    kneels, points = _kneels(body), list[Points]()
    carrying, stands = list[_Bools](), _stands(body) & ~kneels
    for side in ("left", "right"):
        foot, leg = GROUND_PARTS[f"{side}_foot"], joined([GROUND_PARTS[f"{side}_{part}"] for part in ("knee", "shin")])
        down = _down(foot.of(body)[..., 1] - body.ground[:, None]) & stands[:, None]
        down[:, :2] &= side not in on_toes
        both = np.concatenate([down, np.repeat(kneels[:, None], len(leg.joints), axis=1)], axis=1)
        points += [foot, leg]
        carrying.append(both & (f"{side}_leg" not in lifted))
    return joined(points), np.concatenate(carrying, axis=1)


def _kneels(body: Body) -> _Bools:
    """(A,) whether it is upright on both knees, its shins about level and its thighs about upright."""
    shins = np.stack([body.limb("left_shin"), body.limb("right_shin")], axis=1)
    thighs = np.stack([body.limb("left_thigh")[:, 1], body.limb("right_thigh")[:, 1]], axis=1)
    level = (np.abs(shins[..., 1]) < np.sin(np.radians(_LEVEL_DEG))) & (shins[..., 2] < 0.0)
    upright = body.limb("torso")[:, 1] > _UPRIGHT_COSINE
    return level.all(1) & (-thighs > np.cos(np.radians(_LEVEL_DEG))).all(1) & upright


def _down(heights: DoubleArray) -> _Bools:
    """(A, 5) corners of a foot, two of its heel, two of its ball and the toes: whether they are to be on the ground.

    A foot that is near to it is flat on it, or stands on ball and toes where the heel is well up.
    """
    heel, ball = heights[:, :2].mean(1), heights[:, 2:].mean(1)
    on_ball = (heel - ball) > _TOES_UP_M
    down = heights.min(1) < _NEAR_M
    found = np.repeat(down[:, None], heights.shape[1], axis=1)
    found[:, :2] &= ~on_ball[:, None]
    return found


def _stands(body: Body) -> _Bools:
    """(A,) whether nothing but the feet carries it: what sits on something unseen, leans back behind them."""
    heights = body.spots[..., 1] - body.ground[:, None]
    clear = (heights[:, _ABOVE_LEGS].min(1) > _CLEAR_M) & (heights[:, _KNEES].min(1) > _CLEAR_M)
    upright = body.limb("torso")[:, 1] > _UPRIGHT_COSINE
    level = np.cos(np.radians(_SEATED_DEG))
    thighs = np.stack([-body.limb("left_thigh")[:, 1], -body.limb("right_thigh")[:, 1]], axis=1).max(1)
    feet = 0.5 * (body.spot("left_heel") + body.spot("right_heel"))
    behind = (body.frame[:, 2] * (feet - centre_of_mass(body))).sum(1)
    seated = (thighs < level) & (behind > _SEATED_BEHIND_M)
    return clear & upright & ~seated & ~_leaps(body)


def _leaps(body: Body) -> _Bools:
    """(A,) whether both feet point down and the thighs do not hang: it is in the air."""
    pointed = np.stack([-body.limb("left_foot")[:, 1], -body.limb("right_foot")[:, 1]], axis=1).min(1)
    thighs = np.stack([-body.limb("left_thigh")[:, 1], -body.limb("right_thigh")[:, 1]], axis=1).min(1)
    return (pointed > np.cos(np.radians(_POINTED_DEG))) & (thighs < _HANGING_COSINE)
