"""Backs that rise from the ground: the cobra, the bridge on the shoulders, the wheel, and who is propped on the elbows.

The supports have the body lie flat; these are what carries it, what must hold and where it starts when words lift the
chest or the hips.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

from .chains import bare, chain_of_spot, side_of
from .language import Bend, Element, Ground, Place, Point, SupportKind, Touch, Trunk

Arch: TypeAlias = Literal["chest", "hips", "wheel", "propped", "reclined", "left_prop", "right_prop"]
"""The chest is lifted off the ground while the hips lie on it, the hips while the shoulders do, or both; or the chest
is propped on the elbows: of who lies on the front, on the back, or on the left or the right side."""
_LIFTED_M: Final = 0.10
_LEANING_DEG: Final = 75.0
_STRAIGHT_DEG: Final = 60.0
_CHEST: Final = frozenset({"chest", "heart", "throat", "chin", "shoulder", "head_top", "nose", "upper_back"})
_HIPS: Final = frozenset({"bottom", "crotch", "hip", "buttock", "lower_back", "belly", "waist"})


def arch_of(kind: SupportKind | None, elements: Sequence[Element]) -> Arch | None:
    """What is lifted, of all elements together and the support that they have."""
    down = {element.part for element in elements if isinstance(element, Ground) and element.above <= 0.0}
    hands = {side_of(spot) for spot in down if bare(spot) in {"hand", "fingers"}}
    feet = {side_of(spot) for spot in down if bare(spot) in {"foot", "sole", "heel", "toes"}}
    if kind in {None, "lying_back"} and len(hands) == 2 and len(feet) == 2:
        faces_up = kind == "lying_back" or any(_belly_up(element) for element in elements)
        if faces_up and any(_lifts(element, _HIPS) or _belly_up(element) for element in elements):
            return "wheel"
    if kind == "lying_back" and any(_lifts(element, _HIPS) for element in elements):
        return "hips"
    return _propped(kind, elements, down) or _cobra(kind, elements, hands)


def _propped(kind: SupportKind | None, elements: Sequence[Element], down: Collection[str]) -> Arch | None:
    """Whether elbows or forearms on the ground carry the chest; hands that are elsewhere just lie there."""
    elbows = {side_of(spot) for spot in down if bare(spot) in {"elbow", "forearm"}}
    touched = {chain_of_spot(spot) for each in elements if isinstance(each, Touch) for spot in (each.part, each.place)}
    if kind in {"lying_left", "lying_right"}:
        side = "left" if kind == "lying_left" else "right"
        return ("left_prop" if side == "left" else "right_prop") if side in elbows else None
    if len(elbows) < 2 or touched & {"left_arm", "right_arm"}:
        return None
    return "propped" if kind == "lying_front" else "reclined" if kind == "lying_back" else None


def _cobra(kind: SupportKind | None, elements: Sequence[Element], hands: Collection[str | None]) -> Arch | None:
    if kind == "lying_front" and (any(_lifts_chest(each) for each in elements) or (hands and _pushes(elements))):
        return "chest"
    return None


def _lifts(element: Element, spots: frozenset[str]) -> bool:
    """Whether it has one of these places above the ground, or above another place of the body."""
    match element:
        case Ground(part=part, above=above):
            return above >= _LIFTED_M and bare(part) in spots
        case Place(part=part, relation="above"):
            return bare(part) in spots
        case Place(other=other, relation="below"):
            return bare(other) in spots
        case _:
            return False


def _belly_up(element: Element) -> bool:
    """Whether it has the front of the trunk above its back, or its middle above its ends."""
    if not isinstance(element, Place) or element.relation != "above":
        return False
    back = {"lower_back", "upper_back", "nape", "head_back", "bottom", "buttock"}
    return bare(element.part) in {"belly", "crotch", "chest"} and bare(element.other) in {*back, "chest", "shoulder"}


def _lifts_chest(element: Element) -> bool:
    match element:
        case Trunk(forward=float() | int() as forward):
            return forward < _LEANING_DEG
        case Point(limb="torso", directions=directions):
            return "up" in directions
        case _:
            return _lifts(element, _CHEST)


def _pushes(elements: Sequence[Element]) -> bool:
    """Whether both elbows are told to be nearly straight, or the arms to point down."""
    straight = {
        e.joint for e in elements if isinstance(e, Bend) and bare(e.joint) == "elbow" and e.degrees < _STRAIGHT_DEG
    }
    down = {e.limb for e in elements if isinstance(e, Point) and bare(e.limb) == "arm" and "down" in e.directions}
    return max(len(straight), len(down)) == 2
