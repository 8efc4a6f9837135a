"""What is to change relative to the current pose: `more`, `higher`, `by 20 degrees`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, TypeAlias, cast

from ..language import Amount, Change, Spot, Touch
from .contact import contacts, real_sides
from .names import directions
from .phrases import SIDES, USUAL, Clause, Predicate, Ref
from .sheet import Sheet

FINGERS: Final = "Fingers are not posed by words."
_JOINT: Final = {
    "elbow": "elbow", "arm": "elbow", "forearm": "elbow", "hand": "wrist", "wrist": "wrist", "upper_arm": "elbow",
    "knee": "knee", "leg": "knee", "thigh": "knee", "shin": "knee", "ankle": "ankle", "foot": "ankle",
}  # fmt: skip
_LIMB: Final = {
    "arm": "arm", "upper_arm": "arm", "elbow": "arm", "forearm": "forearm", "hand": "hand", "fist": "hand",
    "palm": "hand", "wrist": "hand", "fingers": "hand", "leg": "leg", "thigh": "leg", "knee": "leg", "shin": "shin",
    "calf": "shin", "foot": "foot", "ankle": "foot", "heel": "foot", "toes": "foot", "sole": "foot",
    "shoulder": "shoulder",
}  # fmt: skip
_MIDDLE: Final = {
    "head": "head", "face": "head", "chin": "head", "neck": "head", "gaze": "head", "eye": "head", "nose": "head",
    "torso": "torso", "body": "torso", "back": "torso", "chest": "torso", "waist": "torso", "belly": "torso",
    "upper_back": "torso", "lower_back": "torso", "pelvis": "hips", "hip": "hips",
}  # fmt: skip
_PAIR: Final = {"arm": "arms", "hand": "arms", "elbow": "arms", "foot": "feet", "heel": "feet"}
_OPPOSITE: Final = {
    "bend": "straighten", "straighten": "bend", "raise": "lower", "lower": "raise", "spread": "close",
    "close": "spread", "open": "close",
}  # fmt: skip
_TURNED: Final = {
    "left": "right", "right": "left", "up": "down", "down": "up", "forward": "back", "back": "forward",
    "out": "across", "across": "out",
}  # fmt: skip
_VERB: Final = {
    "raise": "raise", "lower": "lower", "bend": "bend", "straighten": "straighten", "stretch": "straighten",
    "turn": "turn", "twist": "turn", "tilt": "tilt", "lean": "lean", "spread": "spread", "close": "close",
    "open": "spread", "move": "move", "put": "move", "swing": "move", "reach": "move", "point": "move", "step": "move",
    "look": "turn", "face": "turn", "bow": "lean", "arch": "lean", "hunch": "lean", "nod": "lower", "hang": "lower",
    "outstretch": "straighten",
    "tuck": "move", "together": "close", "cross": "close", "off_ground": "raise", "shrug": "raise", "squat": "lower",
    "kneel": "lower", "lunge": "lower",
}  # fmt: skip
_COMPARED: Final = {
    "up": "raise", "down": "lower", "wide": "spread", "narrow": "close", "straight": "straighten",
    "upright": "straighten", "tight": "bend",
}  # fmt: skip
_IN_EDIT: Final = frozenset({
    "raise", "lower", "bend", "turn", "twist", "tilt", "lean", "spread", "close", "open", "move", "swing",
})  # fmt: skip
"""Verbs that alone, in an edit, mean relative to now."""
_AIMED: Final = frozenset({"out", "side", "forward", "back", "high"})
_OWN_LENGTH: Final = frozenset({"knee", "elbow"})
"""What moves by a length itself, and not the end of its limb."""
_What: TypeAlias = tuple[str, str, tuple[str, ...]]
"""Part, verb and directions of a `Change`."""
_Verb: TypeAlias = Any
_Part: TypeAlias = Any
_Toward: TypeAlias = tuple[str, str, tuple[str, ...], Spot | None]
"""And what it goes towards."""


def is_relative(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Whether a predicate is about the difference to the current pose."""
    by = any(measure.mode == "by" for measure in predicate.measures)
    if predicate.more or (by and (clause.imperative or sheet.edit)) or (sheet.edit and _is_shifted(clause, predicate)):
        return True
    if not clause.imperative or predicate.negated or any(ref.kind == "palm" for ref in clause.subjects):
        return False
    if _goes_somewhere(predicate) or (sheet.edit and (_is_step(predicate) or _is_of_end(clause, predicate))):
        return True
    if predicate.levels or predicate.widths or any(prep.place != "air" for prep in predicate.preps):
        return False
    return (sheet.plain and _is_plain(clause, predicate)) or (sheet.edit and _is_from_now(clause, predicate))


def _goes_somewhere(predicate: Predicate) -> bool:
    """Whether a part is told a way to go from where it is: `move up`, `away from the hip`."""
    away = "away" in predicate.dirs and any(prep.meaning == "from" and prep.refs for prep in predicate.preps)
    return away or (predicate.meaning == "move" and bool(predicate.dirs) and not predicate.preps)


def _is_shifted(clause: Clause, predicate: Predicate) -> bool:
    """`left hand 10 cm up`: a part, a way and a length."""
    told = bool(clause.subjects) and bool(predicate.dirs) and predicate.metres() is not None
    return told and predicate.meaning == "be" and not predicate.preps and not predicate.levels


def _is_plain(clause: Clause, predicate: Predicate) -> bool:
    """Commands that are edits whoever gives them: `lower the head`, `turn the torso 20 degrees left`."""
    turns = predicate.meaning in {"turn", "twist", "tilt", "lean"} and predicate.degrees() is not None
    return bool(clause.subjects) and (turns or predicate.meaning in {"lower", "spread", "close", "swing"})


def _is_from_now(clause: Clause, predicate: Predicate) -> bool:
    """Commands that, where the current pose is edited, say how far from it and not to where."""
    meaning, amount = predicate.meaning, predicate.amount
    if meaning == "squat":
        return not clause.subjects and bool(amount)
    if meaning == "hang":
        return any(ref.kind == "shoulder" for ref in clause.subjects)
    to = any(measure.mode == "to" for measure in predicate.measures)
    if to or meaning not in _IN_EDIT or amount == "fully" or (meaning == "close" and amount):
        return False
    if meaning == "raise":
        return bool(amount) or not _AIMED & set(predicate.dirs)
    return meaning != "bend" or predicate.degrees() is None


def change(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Take a relative predicate as `Change`s; whether it could be."""
    if any(take(sheet, clause, predicate) for take in (_toward_middle, _toward_place, _end_of_foot)):
        return True
    verb, dirs = _verb(predicate), _dirs(predicate)
    if predicate.more == "less":
        verb, dirs = _OPPOSITE.get(verb, verb), [_TURNED.get(each, each) for each in dirs]
    refs = clause.subjects or _stepping(clause, predicate) or _default_refs(predicate)
    found = [(ref, what) for ref in refs for what in _of(sheet, ref, verb=verb, dirs=dirs)] if verb else []
    if predicate.metres() is not None:
        found = [(ref, _with_length(what, ref.kind, verb)) for ref, what in found]
    for ref, (part, word, ways) in found:
        if predicate.metres() is not None and ref.kind in _OWN_LENGTH and part in {"arms", "legs"}:
            apart: tuple[str, ...] = ("across",) if word == "close" else ("out",)
            _add(sheet, predicate, [(f"{side}_{ref.kind}", "move", apart, None) for side in SIDES], share=0.5)
        else:
            _add(sheet, predicate, [(part, word, ways, None)])
    return bool(found)


def _toward_place(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Hands and feet nearer to a part of the body, or away from it: `closer to the face`, `further from the hip`."""
    to = [prep for prep in predicate.preps if prep.meaning in {"to", "from"} and prep.refs]
    if not to or (predicate.more != "narrow" and "away" not in predicate.dirs and to[0].meaning != "from"):
        return False
    verb = "spread" if to[0].meaning == "from" or "away" in predicate.dirs else "move"
    found: list[_Toward] = []
    for ref in clause.subjects:
        sides = real_sides(sheet, ref.sides) or ("right",)
        for side in sides if ref.kind in _LIMB else ():
            there = contacts(sheet, ref, side=side, prep=replace(to[0], meaning="at"), both=len(sides) == 2)
            place: Spot | None = next((each.place for each in there if isinstance(each, Touch)), None)
            if place is not None:
                part = ref.kind if ref.kind in _OWN_LENGTH else _LIMB[ref.kind]
                found.append((f"{side}_{part}", verb, (), place))
    _add(sheet, predicate, found)
    return bool(found)


def _is_step(predicate: Predicate) -> bool:
    """Whether a foot is told how far to go."""
    return predicate.meaning == "step" and predicate.metres() is not None and bool(predicate.dirs)


def _stepping(clause: Clause, predicate: Predicate) -> list[Ref]:
    """The foot that a step is made with."""
    legs = [replace(ref, kind="foot") for ref in clause.instruments if ref.group == "leg"]
    return (legs or [Ref("foot", USUAL)]) if _is_step(predicate) else []


def _is_of_end(clause: Clause, predicate: Predicate) -> bool:
    """Whether one end of a foot goes up or down, about the other."""
    kinds = {ref.kind for ref in clause.subjects}
    return bool(kinds) and kinds <= {"heel", "toes"} and bool(_up_or_down(predicate)) and not predicate.levels


def _up_or_down(predicate: Predicate) -> str:
    if predicate.meaning in {"raise", "off_ground"} or "up" in predicate.dirs or predicate.more == "up":
        return "up"
    return "down" if predicate.meaning == "lower" or "down" in predicate.dirs or predicate.more == "down" else ""


def _end_of_foot(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """A heel goes up on the toes, or the toes on the heel, or down again; both heels are tiptoe."""
    if not _is_of_end(clause, predicate):
        return False
    verb = "raise" if _up_or_down(predicate) == "up" else "lower"
    for ref in clause.subjects:
        sides = real_sides(sheet, ref.sides) or USUAL
        if len(sides) == 2 and verb == "raise" and ref.kind == "heel":
            sheet.support_words.append("tiptoe")
        else:
            _add(sheet, predicate, [(f"{side}_{ref.kind}", verb, (), None) for side in sides])
    sheet.relative = True
    return True


def _with_length(what: _What, kind: str, verb: str) -> _What:
    """What a length is of: the knee or the elbow itself, and a head that goes as it is and does not tilt."""
    part, word, ways = what
    if kind in _OWN_LENGTH and word in {"raise", "lower", "move"}:
        return f"{part.partition('_')[0]}_{kind}", word, ways
    return (part, "move", ways) if part == "head" and verb == "move" else what


def _add(sheet: Sheet, predicate: Predicate, found: Sequence[_Toward], *, share: float = 1.0) -> None:
    """Take changes in: part, verb, directions and what it goes towards; of a length each moves a `share`."""
    amount, degrees, metres = _amount(predicate), predicate.degrees(), predicate.metres()
    if degrees is not None:
        degrees = sheet.within("change", abs(degrees), what="one change")
    if metres is not None:
        degrees, metres = None, share * sheet.within("apart", abs(metres), what="one change")
    for part, word, ways, toward in found:
        verb, what = cast(_Verb, word), cast(_Part, part)
        element = Change(verb, what, amount, degrees, directions(ways), metres, toward)
        if element not in sheet.changes:
            sheet.changes.append(element)
    sheet.relative = sheet.relative or bool(found)


def _toward_middle(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Less of a turn or a tilt that has no direction: back towards the middle."""
    if predicate.more != "less" or predicate.dirs or predicate.meaning not in {"turn", "twist", "tilt", "lean", "look"}:
        return False
    kinds = {_MIDDLE.get(ref.kind, "") for ref in clause.subjects}
    if "head" in kinds or predicate.meaning == "look":
        sheet.changes.append(Change("straighten", "head", _amount(predicate)))
    elif predicate.meaning in {"turn", "twist"}:
        sheet.trunk["twist_left"] = 0.0
    else:
        sheet.changes.append(Change("straighten", "torso", _amount(predicate)))
    sheet.relative = True
    return True


def _amount(predicate: Predicate) -> Amount:
    return cast(Amount, predicate.amount if predicate.amount in {"a_little", "some", "much", "fully"} else "some")


def _verb(predicate: Predicate) -> str:
    """The verb of the `Change`; empty where nothing tells."""
    verb = _COMPARED.get(predicate.more) or _VERB.get(predicate.meaning, "")
    if verb or predicate.more == "deep":
        return verb or "lower"
    if not predicate.dirs:
        return ""
    return "raise" if "up" in predicate.dirs else "lower" if "down" in predicate.dirs else "move"


def _dirs(predicate: Predicate) -> list[str]:
    names = {"side": "out", "high": "up", "diagonal": "out", "away": "back"}
    found = [names.get(each, each) for each in predicate.dirs]
    found += ["down" for prep in predicate.preps if prep.place == "ground"]
    return list(dict.fromkeys(found))


def _default_refs(predicate: Predicate) -> list[Ref]:
    """What a verb is about that names no part: `twist further`, `lean more to the left`, `squat deeper`."""
    meaning = predicate.meaning
    kinds = (
        ("gaze", meaning in {"look", "nod"}),
        ("torso", meaning in {"twist", "lean", "arch", "bow", "hunch"} or (meaning == "bend" and predicate.dirs)),
        ("hip", meaning in {"squat", "lunge", "kneel", "sit"} or predicate.more == "deep"),
        ("whole", meaning in {"turn", "face"}),
        ("leg", meaning in {"spread", "close"} or predicate.more in {"wide", "narrow"}),
    )
    kind = next((kind for kind, told in kinds if told), None)
    return [] if kind is None else [Ref(kind, ("left", "right") if kind in {"hip", "leg"} else ())]


def _of(sheet: Sheet, ref: Ref, *, verb: str, dirs: Sequence[str]) -> list[_What]:
    """What changes of one part that is spoken of."""
    sides = real_sides(sheet, ref.sides) or ("right",)
    if ref.kind == "whole" or (ref.kind == "body" and verb == "turn"):
        return [("body", "turn", tuple(dirs))]
    if ref.kind in _MIDDLE:
        return [_of_middle(_MIDDLE[ref.kind], verb, dirs)]
    if verb in {"spread", "close"}:
        return _spread(sheet, ref, sides=sides, verb=verb)
    if verb in {"bend", "straighten"} and ref.kind in _JOINT:
        return [(f"{side}_{_JOINT[ref.kind]}", verb, ()) for side in sides]
    limb = _LIMB.get(ref.kind)
    if limb is None:
        return []
    if verb in {"tilt", "lean"} or (verb == "turn" and dirs and limb not in {"hand", "forearm", "foot"}):
        verb = "move"
    kept = [each for each in dirs if verb not in {"raise", "lower"} or each not in {"up", "down"}]
    return [(f"{side}_{limb}", verb, tuple(kept)) for side in sides]


def _spread(sheet: Sheet, ref: Ref, *, sides: Sequence[str], verb: str) -> list[_What]:
    one_hand = ref.kind in {"hand", "palm"} and len(sides) == 1
    if one_hand or ref.kind in {"fist", "fingers", "thumb"}:
        sheet.note(FINGERS)
        return []
    if len(sides) == 2 or ref.plural:
        return [(_PAIR.get(ref.kind, "legs"), verb, ())]
    return [
        (f"{side}_{_LIMB.get(ref.kind, 'leg')}", "move", ("out" if verb == "spread" else "across",)) for side in sides
    ]


def _of_middle(part: str, verb: str, dirs: Sequence[str]) -> _What:
    if part == "head":
        nods = verb in {"raise", "lower"} or (verb in {"turn", "tilt", "lean", "move"} and {"up", "down"} & set(dirs))
        if nods:
            return part, "raise" if verb == "raise" or "up" in dirs else "lower", ()
        return part, {"bend": "tilt", "lean": "tilt", "move": "tilt"}.get(verb, verb), tuple(dirs)
    if part == "torso" and verb == "raise":
        return part, "straighten", ()
    if part == "torso" and verb in {"bend", "lower", "tilt", "move", "lean"}:
        return part, "lean", tuple(dirs) or ("forward",)
    return part, verb, tuple(dirs)
