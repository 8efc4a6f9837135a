"""Knees that are hugged while the body sits on the floor: they are drawn up to the chest, and how the solver starts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np

from ..arrays import DoubleArray
from ..refine.joint_limits import clamped_to_limits, rotations_from_angles
from ..skeleton import JOINT_COUNT, JOINT_INDEX
from .chains import bare, mover, side_of
from .language import Apart, Bend, Element, Place, Point, Raise, Touch
from .measures import Angle, Check, Hinge

Side = Literal["left", "right"]
_SHINS: Final = frozenset({"shin", "calf", "ankle", "knee"})
_HANDS: Final = frozenset({"hand", "fingers", "wrist", "forearm"})
_TORSO: Final = frozenset({"chest", "heart", "belly", "chin", "throat", "shoulder"})
_KNEE: Final[dict[Side, Hinge]] = {"left": "left_knee", "right": "right_knee"}
_NEAR_M: Final = 0.45
# Degrees about x: thighs steeply up, heels near the bottom, the back round.
_DRAWN_UP: Final = {"hip": -117.0, "knee": 118.0, "ankle": -8.0}


def hugged(elements: Sequence[Element]) -> tuple[Side, ...]:
    """Sides whose knee is to be near the chest, and of which nothing says how it is bent."""
    told = {side_of(each.joint) for each in elements if isinstance(each, Bend) and bare(each.joint) == "knee"}
    told |= {
        side_of(each.limb)
        for each in elements
        if isinstance(each, Raise | Point) and bare(each.limb) in {"leg", "thigh", "shin"}
    }
    near = {side for each in elements for side in _draws_up(each)}
    shins = [side for each in elements for side in _holds_shin(each)]
    if len(shins) >= 2:
        near |= set(shins)
    sides: tuple[Side, Side] = ("left", "right")
    return tuple(side for side in sides if side in near and side not in told)


def _draws_up(element: Element) -> tuple[str, ...]:
    """Sides whose knee an element brings to the trunk, or before which it has a hand that the other one meets."""
    match element:
        case Touch(part=one, place=other) | Apart(first=one, second=other, most=float()):
            if isinstance(element, Apart) and element.most > _NEAR_M:
                return ()
            pairs = ((one, other), (other, one))
            return tuple(str(side_of(a)) for a, b in pairs if bare(a) in {"knee", "thigh"} and bare(b) in _TORSO)
        case Place(part=part, relation="ahead", other=other):
            return (str(side_of(other)),) if bare(part) in _HANDS and bare(other) in {"knee", "shin"} else ()
        case _:
            return ()


def _holds_shin(element: Element) -> tuple[str, ...]:
    if not isinstance(element, Touch):
        return ()
    moved, still = mover(element.part, element.place)
    return (str(side_of(still)),) if bare(moved) in _HANDS and bare(still) in _SHINS - {"knee"} else ()


def hugged_wishes(elements: Sequence[Element]) -> tuple[Check, ...]:
    """Knees bent deep, with an angle of 50 to 75 degrees."""
    return tuple(Check(Angle(_KNEE[side]), 50.0, 72.0, slack=8.0) for side in hugged(elements))


def drawn_up(poses: DoubleArray, elements: Sequence[Element]) -> DoubleArray:
    """Poses (A, 24, 3) that sit on the floor, with hugged knees drawn up."""
    found, angles = poses.copy(), np.zeros((JOINT_COUNT, 3))
    joints = [f"{side}_{joint}" for side in hugged(elements) for joint in _DRAWN_UP]
    for name in joints:
        angles[JOINT_INDEX[name], 0] = np.radians(_DRAWN_UP[bare(name)])
    turns = clamped_to_limits(rotations_from_angles(angles))
    for name in joints:
        found[:, JOINT_INDEX[name]] = turns[JOINT_INDEX[name]]
    return found
