"""What was said of a limb as elements of the pose language."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias, cast

from ..language import Bend, Element, Palm, Place, Point, Raise, Side
from .names import directions, joint, limb, side_relation, spot, swung_limb
from .sheet import Sheet, Swing

Kind: TypeAlias = Literal["arm", "leg"]
Toward: TypeAlias = Literal["forward", "out", "back", "across"]
_UPPER: Final = {"arm": "upper_arm", "leg": "thigh"}
_LOWER: Final = {"arm": "forearm", "leg": "shin"}
_JOINT: Final = {"arm": "elbow", "leg": "knee"}
_END_JOINT: Final = {"arm": "wrist", "leg": "ankle"}
_END: Final = {"arm": "hand", "leg": "foot"}
ON_HANDS: Final = frozenset({"all_fours", "plank", "handstand"})
"""Arms that carry the body are only straight where they are outstretched."""
_BENT_DEG: Final = 20.0
"""From here on a limb is aimed by its upper part."""
_LEVEL_DEG, _BACK_DEG, _ACROSS_DEG = 90.0, 45.0, 45.0
_ALONG_TRUNK_DEG, _BEYOND_HEAD_DEG = 12.0, 170.0


def arm_elements(sheet: Sheet, side: Side, *, kind: str | None) -> list[Element]:
    """Of an arm; `kind` of the support, as arms of somebody who lies are told along the trunk."""
    told = sheet.arms[side]
    if told.whole.assumed and (kind in ON_HANDS or sheet.on_hands):
        told.whole = Swing()
    if told.upper.dirs == ("out",) and told.upper.angle is None and told.contacts:
        told.upper.dirs = ()
        told.others.append(Place(spot("elbow", side), side_relation(side), spot("shoulder", side), 0.12))
    if kind is not None and kind.startswith("lying"):
        for swing in (told.whole, told.upper):
            _lay(swing, on_front=kind == "lying_front")
    return _aimed(sheet, side, "arm") + told.contacts + told.others + _ends(sheet, side, "arm")


def leg_elements(sheet: Sheet, side: Side, *, kind: str | None) -> list[Element]:
    """Of a leg; on all fours a leg that is stretched back is level."""
    told = sheet.legs[side]
    if len(told.whole.dirs) > 1:
        told.whole.dirs = tuple(each for each in told.whole.dirs if each != "up")
    if kind in {"all_fours", "plank"} and told.whole.dirs == ("back",):
        told.whole.angle = None
    return _aimed(sheet, side, "leg") + _ends(sheet, side, "leg") + told.contacts + told.others


def _aimed(sheet: Sheet, side: Side, kind: Kind) -> list[Element]:
    """Directions, and the bend of the elbow or knee."""
    told = (sheet.arms if kind == "arm" else sheet.legs)[side]
    found: list[Element] = []
    bent = (told.bend is not None and told.bend > _BENT_DEG) or bool(told.lower)
    if told.whole.is_said:
        found.append(_swung(sheet, told.whole, side, part=_UPPER[kind] if bent else kind, kind=kind))
    if told.upper.is_said:
        found.append(_swung(sheet, told.upper, side, part=_UPPER[kind], kind=kind))
    if told.lower:
        found.append(Point(limb(_LOWER[kind], side), directions(told.lower)))
    if told.bend is not None and (bent or told.bend > 0.0 or not told.whole.is_said):
        found.append(Bend(joint(_JOINT[kind], side), told.bend))
    return found


def _ends(sheet: Sheet, side: Side, kind: Kind) -> list[Element]:
    """Wrist and hand, ankle and foot."""
    told = (sheet.arms if kind == "arm" else sheet.legs)[side]
    found: list[Element] = []
    if told.end_bend is not None:
        found.append(Bend(joint(_END_JOINT[kind], side), told.end_bend))
    if told.end:
        found.append(Point(limb(_END[kind], side), directions(told.end)))
    if told.palm:
        found.append(Palm(side, directions(told.palm)))
    return found


def _lay(swing: Swing, *, on_front: bool) -> None:
    """Arms of somebody who lies: down is along the trunk, overhead beyond the head."""
    if swing.dirs == ("down",):
        swing.dirs, swing.angle = ("out",), _ALONG_TRUNK_DEG
    elif swing.overhead or (on_front and swing.dirs in {("up",), ("forward",)}):
        swing.dirs, swing.angle, swing.raised = ("forward",), _BEYOND_HEAD_DEG, False


def _swung(sheet: Sheet, swing: Swing, side: Side, *, part: str, kind: Kind) -> Element:
    """A direction of a limb as one element."""
    level = [each for each in swing.dirs if each not in {"up", "down"}]
    toward = cast(Toward, level[0] if level else "out" if kind == "arm" else "forward")
    named = swung_limb(part, side)
    if swing.angle is not None and len(level) <= 1:
        what = f"the {named.replace('_', ' ')} {toward}"
        return Raise(named, toward, sheet.within(f"{kind} {toward}", swing.angle, what=what))
    if kind == "arm":
        if swing.raised and len(level) == 1 and "up" not in swing.dirs and toward in {"forward", "out"}:
            return Raise(named, toward, _LEVEL_DEG)
        alone = {"back": _BACK_DEG, "across": _ACROSS_DEG}.get(toward) if len(swing.dirs) == 1 else None
        if alone is not None:
            return Raise(named, toward, alone)
    return Point(limb(part, side), directions(swing.dirs or ("up",)))
