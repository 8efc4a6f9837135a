"""What is said of feet, ankles, toes and heels: on the ground, off it, pointed, turned out, a step away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..language import Element, Ground, Place, Relation, Side, Spot
from .directions import of_limb
from .limits import steps
from .names import other_of, side_relation, spot
from .phrases import Predicate, Ref
from .sheet import Sheet

FOOT_KINDS: Final = frozenset({"foot", "ankle", "toes", "heel", "sole"})
_STEP_M: Final = {"a_little": 0.12, "much": 0.45, "fully": 0.5}
_STEP_USUAL_M: Final = 0.25
_LIFT_M: Final = {"a_little": 0.08, "much": 0.45, "fully": 0.5}
_OFF_GROUND_M: Final = {"heel": 0.08, "toes": 0.08}
_GROUND_SPOT: Final = {"foot": "sole", "leg": "sole"}
_OPPOSITE: Final = {"ahead": "behind", "behind": "ahead", "left_of": "right_of", "right_of": "left_of"}


def ground_spot(ref: Ref, side: Side) -> Spot:
    """The place of a part of the leg that meets the ground."""
    return spot(_GROUND_SPOT.get(ref.kind, ref.kind), side)


def on_ground(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    """On the ground, or off it."""
    limb, meaning = sheet.legs[side], predicate.meaning
    if predicate.negated and meaning in {"on_ground", "off_ground"}:
        meaning = "off_ground" if meaning == "on_ground" else "on_ground"
    if meaning == "on_ground" or (meaning == "flat" and ref.kind in {"foot", "sole", "heel"}):
        put_on_ground(limb.contacts, Ground(ground_spot(ref, side)))
        return True
    if meaning != "off_ground" or ref.kind not in {"heel", "toes", "foot", "sole", "knee"}:
        return False
    if ref.kind == "heel" and both:
        sheet.support_words.append("tiptoe")
        return True
    metres = predicate.metres() or _OFF_GROUND_M.get(ref.kind, 0.15)
    put_on_ground(limb.contacts, Ground(ground_spot(ref, side), max(metres, 0.02)))
    return True


def put_on_ground(contacts: list[Element], element: Ground) -> None:
    """Put a height above the ground in the place of an earlier one."""
    kept = [each for each in contacts if not (isinstance(each, Ground) and each.part == element.part)]
    contacts[:] = [*kept, element]


def turned(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    """Ankles that bend, toes that point, feet that turn."""
    limb, meaning, dirs = sheet.legs[side], predicate.meaning, set(predicate.dirs)
    if meaning in {"pointed", "point", "stretch", "straighten"} and dirs <= {"down"}:
        limb.end_bend = -steps("ankle", predicate.amount or "much")
    elif meaning == "bend":
        degrees = predicate.degrees()
        value = steps("ankle", predicate.amount) if degrees is None else degrees
        limb.end_bend = sheet.within("ankle", value, what=f"the {side} ankle")
    elif meaning in {"turned_out", "turned_in"}:
        limb.end = ("forward", "out" if meaning == "turned_out" else "across")
    elif meaning in {"turn", "point"} and dirs & {"out", "across"}:
        limb.end = ("forward", "out" if "out" in dirs else "across")
    elif meaning in {"turn", "point"} and dirs and ref.kind in {"foot", "toes"}:
        limb.end = of_limb(predicate, side)
    else:
        return False
    return True


def heel_raised(sheet: Sheet, side: Side, *, both: bool) -> bool:
    """One heel off the ground on its toes; both are standing on tiptoe."""
    if both:
        sheet.support_words.append("tiptoe")
    else:
        sheet.legs[side].contacts += [Ground(spot("heel", side), 0.06), Ground(spot("toes", side))]
    return True


def toes_raised(sheet: Sheet, side: Side) -> bool:
    """Toes off the ground, the heel on it."""
    contacts = sheet.legs[side].contacts
    put_on_ground(contacts, Ground(spot("toes", side), _OFF_GROUND_M["toes"]))
    put_on_ground(contacts, Ground(spot("heel", side)))
    return True


def is_lift(predicate: Predicate, dirs: Sequence[str]) -> bool:
    """Whether a predicate takes a foot or a leg up."""
    return predicate.meaning in {"raise", "off_ground", "swing"} or "up" in dirs


def moved(sheet: Sheet, *, side: Side, predicate: Predicate, dirs: tuple[str, ...], both: bool) -> bool:
    """A foot that steps stays on the ground; one that is lifted leaves it."""
    contacts = sheet.legs[side].contacts
    if predicate.levels:
        kind = predicate.levels[0].refs[0].kind
        beside = kind in {"knee", "shin", "thigh", "hip", "ankle"}
        contacts.append(Place(spot("foot", side), "level", spot(kind, other_of(side)) if beside else "belly"))
    elif (is_lift(predicate, dirs) and predicate.negated) or predicate.meaning in {"lower", "hang"}:
        contacts.append(Ground(spot("sole", side)))
    elif is_lift(predicate, dirs):
        if not any(isinstance(each, Ground) and each.above > 0.0 for each in contacts):
            contacts.append(Ground(spot("sole", side), _LIFT_M.get(predicate.amount, 0.2)))
    elif dirs and not both:
        return stepped(sheet, side, dirs=dirs, amount=predicate.amount)
    else:
        return bool(dirs)
    return True


def stepped(sheet: Sheet, side: Side, *, dirs: Sequence[str], amount: str) -> bool:
    """A foot put a step away from the other."""
    limb, other = sheet.legs[side], other_of(side)
    metres = _STEP_M.get(amount, _STEP_USUAL_M)
    ways: dict[str, tuple[Relation, float]] = {
        "forward": ("ahead", metres),
        "back": ("behind", metres),
        "out": (side_relation(side), metres + 0.1),
        "across": (side_relation(other), 0.05),
    }
    for each in dirs:
        if each in ways:
            relation, away = ways[each]
            element = Place(spot("foot", side), relation, spot("foot", other), away)
            limb.contacts = [old for old in limb.contacts if not _is_against(old, element)] + [element]
    return True


def _is_against(old: Element, new: Place) -> bool:
    if not isinstance(old, Place) or old.part != new.part:
        return False
    return old.relation in {new.relation, _OPPOSITE.get(new.relation)}
