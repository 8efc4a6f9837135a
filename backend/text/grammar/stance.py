"""What carries the body: standing, kneeling, sitting, lying, and on which parts."""

from __future__ import annotations

import itertools
from typing import Final, cast

from ..language import Element, Place, Side, Spot, Support, SupportKind, Touch
from .contact import real_sides
from .limits import SEATS
from .phrases import Phrase, Predicate, Ref
from .sheet import Sheet

STANCES: Final = frozenset({
    "stand", "sit", "kneel", "lie", "squat", "lunge", "balance", "jump", "all_fours", "one_knee", "cross_legged", "tiptoe",
    "on_heels", "airborne", "upside_down", "supine", "prone", "on_side",
})  # fmt: skip


def stance(sheet: Sheet, predicate: Predicate, *, instruments: list[Ref]) -> bool:
    """Take what a predicate says of what carries the body; whether it said anything."""
    meaning = predicate.meaning
    if predicate.negated and meaning in STANCES:
        return False
    if meaning in STANCES:
        sheet.support_words.append(meaning)
    said = meaning in STANCES
    if meaning == "lunge":
        _lunge(sheet, predicate, instruments)
    for prep in predicate.preps:
        said = _carried(sheet, prep, meaning) or said
    if meaning in {"on_ground", "off_ground"}:
        sheet.support_words.append("ground" if meaning == "on_ground" else "airborne")
        said = True
    if meaning == "lie" and {"left", "right"} & set(predicate.dirs):
        sheet.support_words.append("lying_left" if "left" in predicate.dirs else "lying_right")
    if meaning == "lie" and "side" in predicate.dirs:
        sheet.support_words.append("on_side")
    if meaning == "lie" and "back" in predicate.dirs:
        sheet.support_words.append("supine")
    metres = predicate.metres()
    if metres is not None and "sit" in sheet.support_words:
        sheet.seat = sheet.within("seat", metres, what="a seat")
    return said


def _lunge(sheet: Sheet, predicate: Predicate, instruments: list[Ref]) -> None:
    refs = [*instruments, *(ref for prep in predicate.preps for ref in prep.refs)]
    sides = [side for ref in refs if ref.group == "leg" for side in real_sides(sheet, ref.sides)]
    if len(set(sides)) == 1:
        sheet.front = sides[0]
    elif {"left", "right"} & set(predicate.dirs):
        sheet.front = "left" if "left" in predicate.dirs else "right"


def _carried(sheet: Sheet, prep: Phrase, meaning: str) -> bool:
    """`on the left knee`, `on a chair`, `on the back`."""
    if prep.meaning not in {"on", "in", "at", "over", "against"}:
        return False
    if prep.place and prep.meaning in {"on", "in", "at"}:
        if prep.place in SEATS and meaning in {"sit", "be", "squat"}:
            if meaning == "sit" or prep.place in {"chair", "stool", "bench", "sofa", "bar stool"}:
                told = prep.measure.metres if prep.measure is not None else None
                if told is not None:
                    sheet.seat = sheet.within("seat", told, what="a seat")
                sheet.seat = SEATS[prep.place] if sheet.seat is None else sheet.seat
                sheet.support_words.append("sit")
                return True
        if prep.place == "ground":
            sheet.support_words.append("ground")
        if prep.place == "air":
            sheet.support_words.append("airborne")
        return prep.place in {"ground", "air", "wall"}
    said = False
    for ref in prep.refs:
        sides = real_sides(sheet, ref.sides)
        if ref.kind in {
            "knee",
            "shin",
            "foot",
            "leg",
            "back",
            "belly",
            "chest",
            "heel",
            "toes",
            "hand",
            "palm",
            "elbow",
            "forearm",
            "buttock",
            "bottom",
            "hip",
            "upper_back",
            "shoulder",
        }:
            sheet.carriers.append((ref.kind, sides))
            said = True
    return said


def support_of(sheet: Sheet) -> tuple[Support | None, list[Element]]:
    """The support that all words together amount to, and what else follows from them."""
    words, more = sheet.support_words, list[Element]()
    kind = _kind(sheet)
    _note_contradiction(sheet)
    if kind is None:
        return None, more
    for carrier, sides in sheet.carriers:
        if carrier in {"elbow", "forearm"} and kind != "all_fours":
            from ..language import Ground

            more += [Ground(cast(Spot, f"{side}_{carrier}")) for side in sides or ("right",)]
    height = sheet.seat if kind == "sitting" else None
    return Support(kind, height), more


def _note_contradiction(sheet: Sheet) -> None:
    named = [word for word in dict.fromkeys(sheet.support_words) if word in _APART_FROM]
    for first, second in itertools.pairwise(named):
        if second not in _TOGETHER.get(first, ()) and first not in _TOGETHER.get(second, ()):
            sheet.overruled("the body", (_APART_FROM[first], _APART_FROM[second]))


_APART_FROM: Final = {"stand": "standing", "sit": "sitting", "kneel": "kneeling", "lie": "lying", "squat": "squatting"}
_TOGETHER: Final = {"kneel": ("sit",), "one_knee": ("kneel",)}


def _kind(sheet: Sheet) -> SupportKind | None:
    words = sheet.support_words
    named = [word for word in words if word in _ALREADY]
    last = next((word for word in reversed(words) if word in STANCES), None)
    carriers = dict(sheet.carriers)
    if "all_fours" in words:
        return "all_fours"
    if last not in {"stand", "sit", "kneel", "squat"} and _LYING_WORDS & set(words):
        return _lying(words, carriers)
    if last in {"stand", "squat", "lunge", "jump"}:
        return cast(SupportKind, named[-1]) if named else _upright(sheet, last, carriers)
    if "kneel" in words or "one_knee" in words or (carriers.keys() & {"knee", "shin"} and last in {None, "balance"}):
        return _kneeling(sheet, words, carriers)
    if "sit" in words or "cross_legged" in words or "on_heels" in words:
        return _sitting(sheet, words, carriers)
    if named:
        return cast(SupportKind, named[-1])
    return _upright(sheet, last, carriers)


_LYING_WORDS: Final = frozenset({"lie", "supine", "prone", "on_side", "lying_left", "lying_right"})
_ALREADY: Final = frozenset({"left_leg", "right_leg", "lunge_left", "lunge_right", "plank", "handstand", "squatting"})


def _lying(words: list[str], carriers: dict[str, tuple[Side, ...]]) -> SupportKind:
    if "prone" in words or carriers.keys() & {"belly", "chest"}:
        return "lying_front"
    if "lying_left" in words or "lying_right" in words:
        return "lying_left" if "lying_left" in words else "lying_right"
    if "on_side" in words:
        arms = carriers.get("elbow") or carriers.get("forearm") or carriers.get("hip") or carriers.get("shoulder")
        return "lying_right" if arms == ("right",) else "lying_left"
    if {"elbow", "forearm"} & carriers.keys():
        sides = carriers.get("elbow") or carriers.get("forearm") or ()
        return "lying_left" if sides == ("left",) else "lying_right" if sides == ("right",) else "lying_front"
    return "lying_back"


def _kneeling(sheet: Sheet, words: list[str], carriers: dict[str, tuple[Side, ...]]) -> SupportKind:
    sides = carriers.get("knee", ()) or carriers.get("shin", ())
    if carriers.keys() & {"hand", "palm"} and len(sides) == 2:
        return "all_fours"
    if len(sides) == 1:
        return "kneeling_left" if sides[0] == "left" else "kneeling_right"
    if "one_knee" in words:
        return "kneeling_right"
    if "sit" in words or "on_heels" in words or "heel" in carriers:
        return "sitting_heels"
    return "kneeling"


def _sitting(sheet: Sheet, words: list[str], carriers: dict[str, tuple[Side, ...]]) -> SupportKind:
    if "cross_legged" in words:
        if sheet.seat is None:
            return "sitting_cross_legged"
        sheet.legs_crossed = sheet.legs_crossed or "knee"
    if "on_heels" in words or "heel" in carriers:
        return "sitting_heels"
    if ("ground" in words or "hand" in carriers) and sheet.seat is None:
        if sheet.legs_crossed == "knee" and "cross_legged" not in words:
            sheet.legs_crossed = ""
            return "sitting_cross_legged"
        return "sitting_floor"
    return "sitting"


def _upright(sheet: Sheet, last: str | None, carriers: dict[str, tuple[Side, ...]]) -> SupportKind | None:
    if last == "upside_down" or (carriers.keys() & {"hand", "palm"} and last in {"stand", "balance"}):
        return "handstand"
    if last in {"jump", "airborne"}:
        return "airborne"
    if last == "squat":
        return "squatting"
    if last == "lunge":
        return "lunge_left" if sheet.front == "left" else "lunge_right"
    if last == "tiptoe" or "tiptoe" in sheet.support_words or "toes" in carriers:
        return "tiptoe"
    for kind in ("leg", "foot"):
        if len(carriers.get(kind, ())) == 1:
            return "left_leg" if carriers[kind][0] == "left" else "right_leg"
    lying = _on_trunk(carriers)
    if lying is not None and last is None:
        return lying
    if last == "balance":
        return "right_leg"
    return "standing" if last == "stand" else None


def _on_trunk(carriers: dict[str, tuple[Side, ...]]) -> SupportKind | None:
    if carriers.keys() & {"back", "upper_back"}:
        return "lying_back"
    return "lying_front" if carriers.keys() & {"belly", "chest"} else None


def crossed_legs(sheet: Sheet, kind: str | None) -> list[Element]:
    """Crossed legs as the support has them: ankles one before the other, or a knee over the other."""
    if not sheet.legs_crossed or kind == "sitting_cross_legged":
        return []
    if sheet.legs_crossed == "knee" and kind == "sitting":
        return [Touch("right_calf", "left_knee"), Place("right_knee", "above", "left_knee", 0.03)]
    return [Place("right_ankle", "left_of", "left_ankle", 0.03), Touch("right_ankle", "left_ankle")]
