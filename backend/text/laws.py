"""The laws of the supports: what carries the body, what must hold of it, and whether it must keep its balance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from .arches import Arch
from .language import Limb, SupportKind
from .measures import Angle, Away, Check, Distance, Height, Offset, Trunk

Side = Literal["left", "right"]
STEADY: Final = 0.6
_BACK: Final = (0.0, 0.0, -1.0)
_FORWARD: Final = (0.0, 0.0, 1.0)
_UP: Final = (0.0, 1.0, 0.0)
_DOWN: Final = (0.0, -1.0, 0.0)
_SIDES: Final[tuple[Side, Side]] = ("left", "right")
LEVEL_PARTS: Final = ("hip", "shoulder")
"""What is level in the air, unless the trunk is told to be elsewhere."""
_SEATED: Final = 0.95
SEAT_M: Final = 0.45
"""A chair's seat."""
_LOWEST_SEAT, _HIGHEST_SEAT, _FEET_REACH = 0.03, 0.95, 0.60


@dataclass(frozen=True)
class Law:
    """A support.

    Attributes:
        carriers: parts on the ground, names of `body_solids.GROUND_PARTS`.
        checks: what must hold, but for limbs that are told to be elsewhere.
        balanced: the centre of mass lies above the carriers.
        wishes: what makes it look natural, of limbs that nothing else is about.
        steady: the centre of mass keeps to this share of what carries it; who sits need not sit over the feet.
    """

    carriers: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    balanced: bool = False
    wishes: tuple[Check, ...] = ()
    steady: float = STEADY


def _low(spot: str, most: float = 0.03) -> Check:
    return Check(Height(spot), high=most, slack=0.03)


def _high(spot: str, least: float) -> Check:
    return Check(Height(spot), low=least, slack=0.03)


def _away(limb: Limb, direction: tuple[float, float, float], most: float, *, slack: float = 10.0) -> Check:
    return Check(Away(limb, direction), high=most, slack=slack)


def _limb(side: Side, name: str) -> Limb:
    return f"{side}_{name}"  # pyright: ignore[reportReturnType]


def _bent(side: Side, joint: str, low: float, high: float) -> Check:  # noqa: PLR0917 - as short as a table's row
    return Check(Angle(f"{side}_{joint}"), low, high, slack=8.0)  # pyright: ignore[reportArgumentType]


def _both(checks: Callable[[Side], tuple[Check, ...]]) -> tuple[Check, ...]:
    return checks("left") + checks("right")


def _other(side: Side) -> Side:
    return "right" if side == "left" else "left"


def _sole(side: Side) -> tuple[Check, ...]:
    return _low(f"{side}_sole", 0.02), _low(f"{side}_heel"), _low(f"{side}_toes")


def _standing() -> Law:
    straight = _both(lambda side: (_bent(side, "knee", 140.0, 181.0),))
    return Law(("left_foot", "right_foot"), _both(_sole) + straight, balanced=True)


def _one_leg(side: Side) -> Law:
    off = _other(side)
    raised = tuple(_high(f"{off}_{part}", 0.13) for part in ("sole", "toes", "heel"))
    return Law((f"{side}_foot",), (*_sole(side), *raised), balanced=True)


def _tiptoe() -> Law:
    checks = _both(lambda side: (_low(f"{side}_toes"), _high(f"{side}_heel", 0.07), _bent(side, "knee", 140.0, 181.0)))
    return Law(("left_toes", "right_toes"), checks, balanced=True)


def _squatting() -> Law:
    checks = _both(lambda side: (*_sole(side), _bent(side, "knee", 20.0, 85.0)))
    trunk = Check(Trunk("forward"), -5.0, 50.0, slack=10.0)
    return Law(
        ("left_foot", "right_foot"), (*checks, Check(Height("bottom"), 0.08, 0.45, slack=0.05), trunk), balanced=True
    )


def _lunge(front: Side) -> Law:
    back = _other(front)
    checks = (
        *_sole(front),
        _bent(front, "knee", 80.0, 115.0),
        _away(_limb(front, "shin"), _DOWN, 20.0),
        Check(Offset(f"{front}_heel", f"{back}_toes", "forward"), low=0.45, slack=0.08),
        _low(f"{back}_toes"),
        _bent(back, "knee", 125.0, 181.0),
        _high(f"{back}_knee", 0.10),
        _away("torso", _UP, 25.0),
    )
    return Law((f"{front}_foot", f"{back}_toes"), checks, balanced=True)


def _knee(side: Side) -> tuple[Check, ...]:
    """On the ground, with its shin."""
    return _low(f"{side}_knee"), _low(f"{side}_shin", 0.05), _away(_limb(side, "shin"), _BACK, 25.0)


def _kneeling() -> Law:
    checks = _both(lambda side: (*_knee(side), _away(_limb(side, "thigh"), _DOWN, 15.0)))
    return Law(_carried_by_shins("left", "right"), (*checks, _away("torso", _UP, 20.0)), balanced=True)


def _carried_by_shins(*sides: Side) -> tuple[str, ...]:
    return tuple(f"{side}_{part}" for side in sides for part in ("knee", "shin"))


def _half_kneeling(side: Side) -> Law:
    front = _other(side)
    checks = (
        *_knee(side),
        _away(_limb(side, "thigh"), _DOWN, 20.0),
        *_sole(front),
        _bent(front, "knee", 75.0, 110.0),
        _away(_limb(front, "shin"), _DOWN, 20.0),
        _away("torso", _UP, 20.0),
    )
    return Law((*_carried_by_shins(side), f"{front}_foot"), checks, balanced=True)


def _sitting(height: float) -> Law:
    """On something; where the seat is too high for the feet to reach the ground, they hang."""
    seat = float(np.clip(height, _LOWEST_SEAT, _HIGHEST_SEAT))
    trunk = (_away("torso", _UP, 20.0),)
    if seat > _FEET_REACH:
        hanging = _both(lambda side: (_away(_limb(side, "thigh"), _UP, 115.0), _away(_limb(side, "shin"), _DOWN, 35.0)))
        level = _both(lambda side: (_away(_limb(side, "thigh"), _DOWN, 110.0),))
        return Law((), (*hanging, *level, *trunk))
    checks = _both(lambda side: (_low(f"{side}_sole", 0.02), _low(f"{side}_heel"), _low(f"{side}_toes")))
    if seat >= 0.35:
        checks += _both(
            lambda side: (
                Check(Away(_limb(side, "thigh"), _UP), 72.0, 108.0, slack=10.0),
                _away(_limb(side, "shin"), _DOWN, 22.0),
            )
        )
    bottom = Check(Height("bottom"), seat - 0.02, seat + 0.02, slack=0.03)
    return Law(("left_foot", "right_foot"), (*checks, bottom, *trunk))


def _sitting_floor() -> Law:
    heels = _both(
        lambda side: (_low(f"{side}_heel", 0.04), Check(Away(_limb(side, "thigh"), _UP), 30.0, 110.0, slack=10.0))
    )
    upright = _away("torso", _UP, 25.0)
    return Law(("bottom", "left_heel", "right_heel"), (_low("bottom"), *heels, upright))


def _cross_legged() -> Law:
    checks = _both(
        lambda side: (
            _bent(side, "knee", 20.0, 85.0),
            Check(Height(f"{side}_knee"), 0.0, 0.24, slack=0.06),
            Check(Height(f"{side}_ankle"), 0.0, 0.16, slack=0.04),
            Check(Offset(f"{side}_ankle", "crotch", "forward"), 0.05, 0.38, slack=0.06),
        )
    )
    crossed = (
        Check(Offset("left_ankle", "right_ankle", "left"), high=-0.06, slack=0.05),
        Check(Offset("left_knee", "right_knee", "left"), low=0.45, slack=0.08),
    )
    carriers = ("bottom", "left_ankle_side", "right_ankle_side")
    return Law(carriers, (_low("bottom"), *checks, *crossed, _away("torso", _UP, 22.0)), True, steady=_SEATED)


def _sitting_heels() -> Law:
    checks = _both(
        lambda side: (
            _low(f"{side}_knee"),
            _low(f"{side}_shin", 0.05),
            _bent(side, "knee", 15.0, 50.0),
            Check(Distance(f"{side}_buttock", f"{side}_heel"), high=0.14, slack=0.05),
        )
    )
    return Law(_carried_by_shins("left", "right"), (*checks, _away("torso", _UP, 22.0)))


def _resting(*spots: str) -> tuple[Check, ...]:
    return tuple(Check(Height(spot), high=0.05, slack=0.08) for spot in spots)


def _lying(direction: tuple[float, float, float], touching: tuple[str, ...], carriers: tuple[str, ...]) -> Law:
    checks = (_away("torso", direction, 15.0), *(_low(spot, 0.06) for spot in touching))
    return Law(carriers, checks, wishes=_resting("left_hand", "right_hand", "left_elbow", "right_elbow"))


def _lying_side(side: Side) -> Law:
    way = (1.0, 0.0, 0.0) if side == "left" else (-1.0, 0.0, 0.0)
    raised = _high(f"{_other(side)}_hip", 0.2), _high(f"{_other(side)}_shoulder", 0.15)
    law = _lying(way, (f"{side}_hip",), (f"{side}_side",))
    checks = (*law.checks, _low(f"{side}_shoulder", 0.10), *raised)
    return Law(law.carriers, checks, wishes=_resting(f"{side}_hand", f"{side}_elbow"))


def _all_fours() -> Law:
    checks = _both(
        lambda side: (
            *_knee(side),
            _away(_limb(side, "thigh"), _DOWN, 22.0),
            _low(f"{side}_hand", 0.04),
            _away(_limb(side, "arm"), _DOWN, 28.0),
            _bent(side, "elbow", 150.0, 181.0),
        )
    )
    carriers = (*_carried_by_shins("left", "right"), "left_hand", "right_hand")
    return Law(carriers, (*checks, _away("torso", _FORWARD, 22.0)), balanced=True)


def _plank() -> Law:
    checks = _both(
        lambda side: (
            _low(f"{side}_hand", 0.04),
            _low(f"{side}_toes"),
            _bent(side, "knee", 160.0, 181.0),
            _bent(side, "elbow", 150.0, 181.0),
            _bent(side, "hip", 0.0, 18.0),
        )
    )
    carriers = ("left_hand", "right_hand", "left_toes", "right_toes")
    return Law(carriers, (*checks, _away("torso", _FORWARD, 35.0)), balanced=True)


def _handstand() -> Law:
    checks = _both(
        lambda side: (
            _low(f"{side}_hand", 0.06),
            _away(_limb(side, "arm"), _DOWN, 15.0),
            _bent(side, "elbow", 155.0, 181.0),
            _away(_limb(side, "leg"), _UP, 20.0),
        )
    )
    return Law(("left_hand", "right_hand"), (*checks, _away("torso", _DOWN, 15.0)), balanced=True)


def _airborne() -> Law:
    level = tuple(Check(Offset(f"left_{part}", f"right_{part}", "up"), -0.02, 0.02, slack=0.06) for part in LEVEL_PARTS)
    feet = _both(lambda side: (Check(Away(_limb(side, "foot"), _DOWN), high=48.0, slack=12.0),))
    return Law((), feet, wishes=level)


def _upright_upper_arm(side: Side) -> tuple[Check, ...]:
    return (_away(_limb(side, "upper_arm"), _DOWN, 30.0),)


def _propped_side(side: Side) -> Law:
    """On a hip and a forearm, the chest raised between them."""
    return Law(
        (f"{side}_hip_side", f"{side}_forearm", f"{side}_ankle_side"),
        (_low(f"{side}_hip", 0.06), _high(f"{side}_shoulder", 0.18), _high(f"{_other(side)}_hip", 0.2)),
        balanced=True,
        wishes=_upright_upper_arm(side),
    )


_LAWS: Final[dict[SupportKind, Law]] = {
    "standing": _standing(),
    "left_leg": _one_leg("left"),
    "right_leg": _one_leg("right"),
    "tiptoe": _tiptoe(),
    "squatting": _squatting(),
    "lunge_left": _lunge("left"),
    "lunge_right": _lunge("right"),
    "kneeling": _kneeling(),
    "kneeling_left": _half_kneeling("left"),
    "kneeling_right": _half_kneeling("right"),
    "sitting_floor": _sitting_floor(),
    "sitting_cross_legged": _cross_legged(),
    "sitting_heels": _sitting_heels(),
    "lying_back": _lying(_BACK, ("upper_back", "left_buttock", "right_buttock", "left_heel", "right_heel"),
                         ("back", "left_heel", "right_heel")),
    "lying_front": _lying(_FORWARD, ("left_chest", "right_chest", "left_thigh", "right_thigh"),
                          ("front", "left_knee", "right_knee")),
    "lying_left": _lying_side("left"),
    "lying_right": _lying_side("right"),
    "all_fours": _all_fours(),
    "plank": _plank(),
    "handstand": _handstand(),
    "airborne": _airborne(),
}  # fmt: skip


ARCHED_LAWS: Final[dict[Arch, Law]] = {
    "chest": Law(
        ("hips_front", "left_thigh_front", "right_thigh_front"),
        _both(lambda side: (_low(f"{side}_thigh", 0.06), _low(f"{side}_knee", 0.06))),
        wishes=(_high("chest", 0.22),),
    ),
    "hips": Law(
        ("shoulders_back", "left_foot", "right_foot"),
        (*_both(_sole), _low("upper_back", 0.10), _high("bottom", 0.22),
         Check(Distance("left_knee", "right_knee"), high=0.36, slack=0.10)),
        balanced=True,
        wishes=_both(lambda side: (_bent(side, "knee", 60.0, 100.0), *_resting(f"{side}_hand", f"{side}_elbow"))),
    ),
    "wheel": Law(
        ("left_hand", "right_hand", "left_foot", "right_foot"),
        (*_both(lambda side: (*_sole(side), _low(f"{side}_hand", 0.05))), _high("bottom", 0.4)),
        balanced=True,
        wishes=(Check(Offset("belly", "lower_back", "up"), low=0.12, slack=0.08),),
    ),
    "propped": Law(
        ("hips_front", "left_thigh_front", "right_thigh_front", "left_forearm", "right_forearm"),
        _both(lambda side: (_low(f"{side}_thigh", 0.06), _low(f"{side}_knee", 0.06))),
        wishes=(_high("chest", 0.20), *_both(_upright_upper_arm)),
    ),
    "reclined": Law(
        ("bottom", "left_heel", "right_heel", "left_forearm", "right_forearm"),
        (_low("bottom", 0.06), *_both(lambda side: (_low(f"{side}_heel", 0.06),)), _high("upper_back", 0.14)),
        wishes=_both(_upright_upper_arm),
    ),
    "left_prop": _propped_side("left"),
    "right_prop": _propped_side("right"),
}  # fmt: skip


def law_of(kind: SupportKind, height: float | None = None) -> Law:
    """The law of a support; `height` in metres of a seat."""
    return _sitting(SEAT_M if height is None else height) if kind == "sitting" else _LAWS[kind]
