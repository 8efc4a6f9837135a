"""Lunges that are told by their parts: the front knee bent, the other leg straight behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..language import Bend, Element, Place, Raise, Side, Support
from .names import other_of
from .phrases import SIDES
from .sheet import Sheet

_FRONT_KNEE_DEG: Final = 60.0
_REAR_KNEE_DEG: Final = 30.0
"""Bent at least, and at most, so far."""


def lunging(sheet: Sheet, by_leg: Mapping[Side, list[Element]]) -> Side | None:
    """The side in front of a lunge, raised parts taken out, as both feet are on the ground; None of others."""
    for front in SIDES:
        rear = other_of(front)
        bent = _knee(by_leg[front], front) >= _FRONT_KNEE_DEG and _knee(by_leg[rear], rear) <= _REAR_KNEE_DEG
        if not bent or sheet.legs[rear].whole.raised:
            continue
        told = sheet.has_front and front == sheet.front and sheet.legs[rear].bend is not None
        if told or any(_is_behind(each, rear) for each in by_leg[rear]):
            for legs in by_leg.values():
                legs[:] = [each for each in legs if not isinstance(each, Raise)]
            return front
    return None


def with_bent_knee(support: Support, by_leg: Mapping[Side, list[Element]]) -> Support:
    """A lunge whose only bent knee is in front: `lunging with the right knee bent`."""
    bent = [side for side in SIDES if _knee(by_leg[side], side) >= _FRONT_KNEE_DEG]
    return Support("lunge_left" if bent[0] == "left" else "lunge_right") if len(bent) == 1 else support


def _knee(elements: list[Element], side: Side) -> float:
    """Degrees that a knee is told to bend; 0 where nothing is."""
    return max(
        (each.degrees for each in elements if isinstance(each, Bend) and each.joint == f"{side}_knee"), default=0.0
    )


def _is_behind(element: Element, side: Side) -> bool:
    match element:
        case Raise(limb=limb, toward="back"):
            return limb == f"{side}_leg"
        case Place(part=part, relation="behind", other=other):
            return part == f"{side}_foot" and other == f"{other_of(side)}_foot"
        case _:
            return False
