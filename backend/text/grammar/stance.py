"""What carries the body: standing, kneeling, sitting, lying, and on which parts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from ..language import Bend, Element, Ground, Place, Raise, Side, Support, SupportKind, Touch
from .contact import real_sides
from .limits import SEATS
from .names import joint, other_of, side_relation, spot, swung_limb
from .phrases import SIDES, USUAL, Phrase, Predicate, Ref
from .sheet import Sheet

STANCES: Final = frozenset({
    "stand", "sit", "kneel", "lie", "squat", "lunge", "balance", "jump", "all_fours", "one_knee", "cross_legged",
    "tiptoe", "on_heels", "airborne", "upside_down", "supine", "prone", "on_side",
})  # fmt: skip
_SEATED_ON: Final = frozenset({"chair", "stool", "bench", "sofa", "bar stool"})
"""Furniture that one sits on, also where the sentence only says that somebody is on it."""
_CARRIERS: Final = frozenset({
    "knee", "shin", "foot", "leg", "back", "belly", "chest", "heel", "toes", "hand", "palm", "elbow", "forearm",
    "buttock", "bottom", "hip", "upper_back", "shoulder",
})  # fmt: skip
_HEELS_UP: Final = frozenset({"squatting", "sitting"})
"""Supports that may be on the toes."""
_HEEL_M: Final = 0.06
_LEANT_ON, _HANDS = frozenset({"elbow", "forearm"}), frozenset({"hand", "palm"})
_ABOVE_GROUND: Final = frozenset({None, "standing", "left_leg", "right_leg", "tiptoe", "sitting"})
"""Supports that leave elbows too high for the ground."""
_LYING: Final = frozenset({"lie", "supine", "prone", "on_side", "lying_left", "lying_right"})
_NAMED: Final = {"stand": "standing", "sit": "sitting", "kneel": "kneeling", "lie": "lying", "squat": "squatting"}
_GO_TOGETHER: Final = frozenset({("kneel", "sit"), ("sit", "kneel")})
"""Somebody who kneels may sit on the heels."""
_Carriers: TypeAlias = Mapping[str, tuple[Side, ...]]


def stance(sheet: Sheet, predicate: Predicate, *, instruments: Sequence[Ref]) -> bool:
    """Take what a predicate says of what carries the body; whether it said anything."""
    meaning = predicate.meaning
    if predicate.negated:
        return False
    words = sheet.support_words
    said = meaning in STANCES
    if said:
        words.append(meaning)
    if meaning == "lunge":
        _lunge(sheet, predicate, instruments)
    for prep in predicate.preps:
        said = _carried(sheet, prep, meaning) or said
    if meaning in {"on_ground", "off_ground"}:
        words.append("ground" if meaning == "on_ground" else "airborne")
        said = True
    if meaning == "lie":
        ways = {"left": "lying_left", "right": "lying_right", "side": "on_side", "back": "supine"}
        words.extend(word for way, word in ways.items() if way in predicate.dirs)
    metres = predicate.metres()
    if metres is not None and "sit" in words:
        sheet.seat = sheet.within("seat", metres, what="a seat")
    return said


def _lunge(sheet: Sheet, predicate: Predicate, instruments: Sequence[Ref]) -> None:
    refs = [*instruments, *(ref for prep in predicate.preps for ref in prep.refs)]
    sides: list[Side] = [side for ref in refs if ref.group == "leg" for side in real_sides(sheet, ref.sides)]
    if len(set(sides)) == 1:
        sheet.front = sides[0]
    elif {"left", "right"} & set(predicate.dirs):
        sheet.front = "left" if "left" in predicate.dirs else "right"


def _carried(sheet: Sheet, prep: Phrase, meaning: str) -> bool:
    """`on the left knee`, `on a chair`, `on the back`."""
    if prep.meaning not in {"on", "in", "at", "over", "against"}:
        return False
    if prep.place:
        return prep.meaning not in {"over", "against"} and _placed(sheet, prep, meaning)
    carriers = [(ref.kind, real_sides(sheet, ref.sides)) for ref in prep.refs if ref.kind in _CARRIERS]
    sheet.carriers.extend(carriers)
    return bool(carriers)


def _placed(sheet: Sheet, prep: Phrase, meaning: str) -> bool:
    """On furniture, on the ground, in the air."""
    if prep.place in SEATS and (
        meaning == "sit" or (meaning in {"be", "squat", "cross_legged"} and prep.place in _SEATED_ON)
    ):
        metres = prep.measure.metres if prep.measure is not None else None
        if metres is not None:
            sheet.seat = sheet.within("seat", metres, what="a seat")
        sheet.seat = SEATS[prep.place] if sheet.seat is None else sheet.seat
        sheet.support_words.append("sit")
        return True
    word = {"ground": "ground", "air": "airborne"}.get(prep.place)
    if word is not None:
        sheet.support_words.append(word)
    return word is not None or prep.place == "wall"


def support_of(sheet: Sheet) -> tuple[Support | None, list[Element]]:
    """The support that all words together amount to, and what else follows from them."""
    kind, more = _kind(sheet), list[Element]()
    named = [word for word in dict.fromkeys(sheet.support_words) if word in _NAMED]
    for pair in itertools.pairwise(named):
        if pair not in _GO_TOGETHER:
            sheet.overruled("the body", (_NAMED[pair[0]], _NAMED[pair[1]]))
    elbows = _carrying(sheet, _LEANT_ON)
    if kind in _ABOVE_GROUND:
        more += _leaning(sheet, "elbow", elbows)
    if kind is None and not sheet.posed:
        more += _leaning(sheet, "hand", _carrying(sheet, _HANDS))
    if kind is None:
        return None, more
    if kind != "all_fours" and kind not in _ABOVE_GROUND:
        more += [Ground(spot(carrier, side)) for carrier, side in elbows]
    if "tiptoe" in sheet.support_words and kind in _HEELS_UP:
        more += [Ground(spot("heel", side), _HEEL_M) for side in SIDES]
    return Support(kind, sheet.seat if kind == "sitting" else None), more


def _carrying(sheet: Sheet, kinds: frozenset[str]) -> list[tuple[str, Side]]:
    """The carriers of these kinds, a side each."""
    return [(kind, side) for kind, sides in sheet.carriers if kind in kinds for side in sides or USUAL]


def _leaning(sheet: Sheet, end: str, carriers: Sequence[tuple[str, Side]]) -> list[Element]:
    """On an elbow or a hand of somebody who stands or sits: it is beside the trunk, which leans over it."""
    sides: list[Side] = list(dict.fromkeys(side for _, side in carriers))
    if not sides:
        return []
    sheet.note(f"What the {end} leans on is taken to be as high as it: a counter, a table or the back of a chair.")
    sheet.trunk.setdefault("forward", 14.0 if len(sides) == 1 else 25.0)
    if len(sides) == 1:
        sheet.trunk.setdefault("left", 14.0 if sides[0] == "left" else -14.0)
    found: list[Element] = []
    for side in sides:
        told = [each for each in (*sheet.arms[side].contacts, *sheet.shared) if isinstance(each, Touch)]
        if not any(spot("hand", side) in {each.part, each.place} for each in told):
            found.append(Raise(swung_limb("upper_arm", side), "forward" if len(sides) == 2 else "out", 35.0))
            found.append(Bend(joint("elbow", side), 105.0 if end == "elbow" else 12.0))
    return found


def _kind(sheet: Sheet) -> SupportKind | None:
    words, carriers = sheet.support_words, dict(sheet.carriers)
    stances = [word for word in words if word in STANCES]
    last = next((word for word in reversed(stances) if word != "tiptoe"), "tiptoe" if stances else None)
    if "all_fours" in words:
        return "all_fours"
    if last not in {"stand", "sit", "kneel", "squat"} and _LYING & set(words):
        return _lying(words, carriers)
    if last in {"stand", "squat", "lunge", "jump"}:
        return _upright(sheet, last, carriers)
    on_knees = carriers.keys() & {"knee", "shin"} and last in {None, "balance"}
    if {"kneel", "one_knee"} & set(words) or on_knees:
        return _kneeling(words, carriers)
    if {"sit", "cross_legged", "on_heels"} & set(words):
        return _sitting(sheet, carriers)
    return _upright(sheet, last, carriers)


def _lying(words: Sequence[str], carriers: _Carriers) -> SupportKind:
    arms = carriers.get("elbow") or carriers.get("forearm") or ()
    if "prone" in words or carriers.keys() & {"belly", "chest"}:
        return "lying_front"
    if "lying_left" in words or "lying_right" in words:
        return "lying_left" if "lying_left" in words else "lying_right"
    if "on_side" in words or len(arms) == 1:
        under = arms or carriers.get("hip") or carriers.get("shoulder")
        return "lying_right" if under == ("right",) else "lying_left"
    return "lying_front" if arms else "lying_back"


def _kneeling(words: Sequence[str], carriers: _Carriers) -> SupportKind:
    sides = carriers.get("knee", ()) or carriers.get("shin", ())
    if carriers.keys() & {"hand", "palm"} and len(sides) == 2:
        return "all_fours"
    if len(sides) == 1:
        return "kneeling_left" if sides[0] == "left" else "kneeling_right"
    if "one_knee" in words:
        return "kneeling_right"
    on_heels = "sit" in words or "on_heels" in words or "heel" in carriers
    return "sitting_heels" if on_heels else "kneeling"


def _sitting(sheet: Sheet, carriers: _Carriers) -> SupportKind:
    words, on_floor = set(sheet.support_words), sheet.seat is None
    if "cross_legged" in words and on_floor:
        return "sitting_cross_legged"
    if "cross_legged" in words:
        sheet.legs_crossed = sheet.legs_crossed or "knee"
    if "on_heels" in words or "heel" in carriers:
        return "sitting_heels"
    if not (on_floor and ("ground" in words or "hand" in carriers)):
        return "sitting"
    if sheet.legs_crossed == "knee":
        sheet.legs_crossed = ""
        return "sitting_cross_legged"
    return "sitting_floor"


def _upright(sheet: Sheet, last: str | None, carriers: _Carriers) -> SupportKind | None:
    on_hands = carriers.keys() & {"hand", "palm"} and last in {"stand", "balance"}
    lunge: SupportKind = "lunge_left" if sheet.front == "left" else "lunge_right"
    told: tuple[tuple[bool, SupportKind], ...] = (
        (last == "upside_down" or bool(on_hands), "handstand"),
        (last in {"jump", "airborne"}, "airborne"),
        (last == "squat", "squatting"),
        (last == "lunge", lunge),
        ("tiptoe" in sheet.support_words or "toes" in carriers, "tiptoe"),
    )
    for is_told, kind in told:
        if is_told:
            return kind
    on_part = _on_one_leg(carriers) or (_on_trunk(carriers) if last is None else None)
    if on_part is not None:
        return on_part
    return "right_leg" if last == "balance" else "standing" if last == "stand" else None


def _on_one_leg(carriers: _Carriers) -> SupportKind | None:
    for kind in ("leg", "foot"):
        sides = carriers.get(kind, ())
        if len(sides) == 1:
            return "left_leg" if sides[0] == "left" else "right_leg"
    return None


def _on_trunk(carriers: _Carriers) -> SupportKind | None:
    if carriers.keys() & {"back", "upper_back"}:
        return "lying_back"
    return "lying_front" if carriers.keys() & {"belly", "chest"} else None


def crossed_legs(sheet: Sheet, kind: str | None) -> list[Element]:
    """Crossed legs as the support has them: ankles one before the other, or a knee over the other."""
    if not sheet.legs_crossed or kind == "sitting_cross_legged":
        return []
    over, under = sheet.leg_over, other_of(sheet.leg_over)
    if sheet.legs_crossed == "knee" and kind == "sitting":
        knees = Place(spot("knee", over), "above", spot("knee", under), 0.03)
        return [Touch(spot("calf", over), spot("knee", under)), knees]
    ankles = (spot("ankle", over), spot("ankle", under))
    return [Place(ankles[0], side_relation(under), ankles[1], 0.03), Touch(*ankles)]
