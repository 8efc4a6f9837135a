"""Hands and arms that are joined or crossed: wherever the sentence puts them, it is in the middle."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..language import Apart, Element, Place, Side, Spot, Touch
from .names import other_of, side_relation, spot
from .phrases import SIDES
from .sheet import Sheet

_MIDDLE: Final[dict[str, Spot]] = {"chest": "chest", "cheek": "nose", "eye": "nose", "waist": "belly"}
"""The place in the middle of two that each hand has on its side."""
_PARTS: Final = frozenset({"hand", "fingers", "wrist", "elbow", "forearm"})
_NEAR_M: Final = (0.05, 0.2)
"""Metres that joined hands are before the chest or another place in the middle."""
_ALONG: Final = frozenset({"ahead", "above", "below", "level"})


def centre(sheet: Sheet) -> None:
    """Bring what joined and crossed arms do to the middle of the body."""
    met = {each.part.partition("_")[2] for each in sheet.shared if isinstance(each, Touch) and _is_pair(each)}
    if sheet.arms_crossed:
        _to_other_shoulders(sheet)
    if not met & _PARTS:
        return
    crossed = "wrist" in met and "hand" not in met
    for side in SIDES:
        contacts = [_in_middle(each) for each in sheet.arms[side].contacts]
        sheet.arms[side].contacts = list(dict.fromkeys([*contacts, *_beside_middle(contacts, side, crossed=crossed)]))


def _is_pair(touch: Touch) -> bool:
    one, _, part = touch.part.partition("_")
    other, _, place = touch.place.partition("_")
    return part == place and {one, other} == set(SIDES)


def _in_middle(element: Element) -> Element:
    """An element of a part of an arm, at the middle where it was at its own side's place."""
    if isinstance(element, Place) and (middle := _MIDDLE.get(element.other.partition("_")[2])) is not None:
        return replace(element, other=middle)
    if isinstance(element, Touch) and (middle := _MIDDLE.get(element.place.partition("_")[2])) is not None:
        own = element.part.partition("_")[0] == element.place.partition("_")[0]
        return replace(element, place=middle) if own else element
    return element


def _beside_middle(contacts: list[Element], side: Side, *, crossed: bool) -> list[Element]:
    """The left hand is on the left of the middle and the right one on its right; crossed, the other way round."""
    for each in contacts:
        if isinstance(each, Place) and each.relation in _ALONG and each.other.partition("_")[0] not in SIDES:
            turned = crossed and each.part.endswith(("hand", "fingers"))
            beside = Place(each.part, side_relation(other_of(side) if turned else side), each.other, 0.0)
            near = each.relation == "ahead" and side == "left" and not crossed
            return [beside, Apart(each.part, each.other, *_NEAR_M)] if near else [beside]
    return []


def _to_other_shoulders(sheet: Sheet) -> None:
    """`arms crossed, hands on the shoulders`: each on the other one."""
    for side in SIDES:
        own = Touch(spot("hand", side), spot("shoulder", side))
        over = Touch(spot("hand", side), spot("shoulder", other_of(side)))
        sheet.arms[side].contacts = [over if each == own else each for each in sheet.arms[side].contacts]
