"""What is to change relative to the current pose: `more`, `higher`, `by 20 degrees`, `mirror`, `like the left`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from ..language import Amount, Change, Direction, Mirror, Side
from .contact import real_sides
from .phrases import Clause, Predicate, Ref
from .sheet import Sheet

_JOINT: Final = {
    "elbow": "elbow", "arm": "elbow", "forearm": "elbow", "hand": "wrist", "wrist": "wrist", "knee": "knee", "leg": "knee",
    "thigh": "knee", "shin": "knee", "ankle": "ankle", "foot": "ankle", "upper_arm": "elbow",
}  # fmt: skip
_LIMB: Final = {
    "arm": "arm", "upper_arm": "arm", "elbow": "arm", "forearm": "forearm", "hand": "hand", "fist": "hand", "palm": "hand",
    "wrist": "hand", "fingers": "hand", "leg": "leg", "thigh": "leg", "knee": "leg", "shin": "shin", "calf": "shin",
    "foot": "foot", "ankle": "foot", "heel": "foot", "toes": "foot", "sole": "foot", "shoulder": "shoulder",
}  # fmt: skip
_MIDDLE: Final = {
    "head": "head", "face": "head", "chin": "head", "neck": "head", "gaze": "head", "eye": "head", "torso": "torso",
    "body": "torso", "back": "torso", "chest": "torso", "waist": "torso", "belly": "torso", "pelvis": "hips", "hip": "hips", "nose": "head",
    "upper_back": "torso", "lower_back": "torso",
}  # fmt: skip
_OPPOSITE: Final = {
    "bend": "straighten", "straighten": "bend", "raise": "lower", "lower": "raise", "spread": "close", "close": "spread",
    "open": "close",
}  # fmt: skip
_TURNED: Final = {"left": "right", "right": "left", "up": "down", "down": "up", "forward": "back", "back": "forward",
                  "out": "across", "across": "out"}  # fmt: skip
_CHANGE_VERB: Final = {
    "raise": "raise", "lower": "lower", "bend": "bend", "straighten": "straighten", "stretch": "straighten", "turn": "turn",
    "twist": "turn", "tilt": "tilt", "lean": "lean", "spread": "spread", "close": "close", "open": "spread", "move": "move",
    "put": "move", "swing": "move", "reach": "move", "point": "move", "step": "move", "look": "turn", "face": "turn",
    "bow": "lean", "arch": "lean", "hunch": "lean", "nod": "lower", "hang": "lower", "tuck": "move", "together": "close",
    "cross": "close", "off_ground": "raise", "drop": "lower", "shrug": "raise", "squat": "lower", "kneel": "lower", "lunge": "lower",
}  # fmt: skip
FINGERS: Final = "Fingers are not posed by words."
_IN_EDIT: Final = frozenset({
    "raise", "lower", "bend", "turn", "twist", "tilt", "lean", "spread", "close", "open", "move", "swing",
})  # fmt: skip
"""Verbs that alone, in an edit, mean relative to now."""


def is_relative(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Whether a predicate is about the difference to the current pose."""
    if predicate.more:
        return True
    if any(measure.mode == "by" for measure in predicate.measures) and (clause.imperative or sheet.edit):
        return True
    if predicate.meaning == "move" and clause.imperative and predicate.dirs and not predicate.preps:
        return True
    target = predicate.levels or predicate.widths or [p for p in predicate.preps if not p.place == "air"]
    if sheet.plain and not target and clause.imperative and not predicate.negated and _is_plain(clause, predicate):
        return True
    if sheet.edit and not clause.subjects and predicate.meaning == "squat" and predicate.amount:
        return True
    if sheet.edit and predicate.meaning == "hang" and any(ref.kind == "shoulder" for ref in clause.subjects):
        return True
    if not sheet.edit or target or not clause.imperative or predicate.meaning not in _IN_EDIT or predicate.negated:
        return False
    if any(ref.kind == "palm" for ref in clause.subjects):
        return False
    if (
        predicate.meaning == "raise"
        and not predicate.amount
        and {"out", "side", "forward", "back", "high"} & set(predicate.dirs)
    ):
        return False
    to = any(measure.mode == "to" for measure in predicate.measures)
    if predicate.meaning == "bend":
        return not to and predicate.degrees() is None
    if predicate.amount == "fully" or (predicate.meaning == "close" and predicate.amount):
        return False
    return not to


def _is_plain(clause: Clause, predicate: Predicate) -> bool:
    """Commands that are edits whoever gives them: `lower the head`, `turn the torso 20 degrees left`."""
    if not clause.subjects or any(ref.kind == "palm" for ref in clause.subjects):
        return False
    turns = predicate.meaning in {"turn", "twist", "tilt", "lean"} and predicate.degrees() is not None
    return turns or predicate.meaning in {"lower", "spread", "close", "swing"}


def change(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Take a relative predicate as `Change`s; whether it could be."""
    verb, dirs = _verb(predicate), _dirs(predicate)
    if _neutral(sheet, clause, predicate):
        return True
    refs = clause.subjects or _default_refs(sheet, predicate, verb)
    if predicate.more == "less":
        verb, dirs = _OPPOSITE.get(verb, verb), [_TURNED.get(each, each) for each in dirs]
    amount = _amount(predicate)
    degrees = predicate.degrees()
    if degrees is not None:
        degrees = sheet.within("change", abs(degrees), what="one change") if degrees >= 0 else None
    metres = predicate.metres()
    if metres is not None:
        amount = "a_little" if metres < 0.08 else "some" if metres < 0.2 else "much"
    found = [each for ref in refs for each in _of(sheet, ref, verb, dirs)]
    for part, word, directions in found:
        element = Change(cast(Any, word), cast(Any, part), amount, degrees, cast("tuple[Direction, ...]", directions))
        if element not in sheet.changes:
            sheet.changes.append(element)
    sheet.relative = sheet.relative or bool(found)
    return bool(found)


def _neutral(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Less of a turn or a tilt that has no direction: back towards the middle."""
    if predicate.more != "less" or predicate.dirs or predicate.meaning not in {"turn", "twist", "tilt", "lean", "look"}:
        return False
    kinds = {_MIDDLE.get(ref.kind, "") for ref in clause.subjects} or {"torso"}
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
    more, verb = predicate.more, _CHANGE_VERB.get(predicate.meaning, "")
    if more == "up":
        return "raise"
    if more == "down":
        return "lower"
    if more in {"wide", "narrow"}:
        return "spread" if more == "wide" else "close"
    if more == "straight" or more == "upright":
        return "straighten"
    if more == "tight":
        return "bend"
    if more == "deep":
        return verb or "lower"
    if verb:
        return verb
    if predicate.dirs:
        return "raise" if "up" in predicate.dirs else "lower" if "down" in predicate.dirs else "move"
    return ""


def _dirs(predicate: Predicate) -> list[str]:
    names = {"side": "out", "high": "up", "diagonal": "out", "away": "back"}
    found = [names.get(each, each) for each in predicate.dirs]
    for prep in predicate.preps:
        if prep.place == "ground":
            found.append("down")
    return list(dict.fromkeys(found))


def _default_refs(sheet: Sheet, predicate: Predicate, verb: str) -> list[Ref]:
    """What a verb is about that names no part: `twist further`, `lean more to the left`, `squat deeper`."""
    meaning = predicate.meaning
    if meaning in {"look", "nod"}:
        return [Ref("gaze")]
    if meaning in {"twist", "lean", "arch", "bow", "hunch"} or (meaning == "bend" and predicate.dirs):
        return [Ref("torso")]
    if meaning in {"squat", "lunge", "kneel", "sit"} or predicate.more == "deep":
        return [Ref("hip", ("left", "right"))]
    if meaning == "turn" or meaning == "face":
        return [Ref("whole")]
    if meaning in {"spread", "close"} or predicate.more in {"wide", "narrow"}:
        return [Ref("leg", ("left", "right"))]
    return []


def _of(sheet: Sheet, ref: Ref, verb: str, dirs: list[str]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    """Parts, verbs and directions of `Change` for one part that is spoken of."""
    sides = real_sides(sheet, ref.sides) or ("right",)
    if ref.kind == "whole" or (ref.kind == "body" and verb == "turn"):
        return [("body", "turn", tuple(dirs))]
    if ref.kind in _MIDDLE and not (ref.kind == "hip" and verb in {"bend"}):
        return [_middle(_MIDDLE[ref.kind], verb, dirs)] if verb else []
    if (verb in {"spread", "close"} and ref.kind in {"fist", "fingers", "thumb"}) or (
        verb in {"spread", "close"} and ref.kind in {"hand", "palm"} and len(sides) == 1
    ):
        sheet.note(FINGERS)
        return []
    if verb in {"spread", "close"}:
        pair = {"arm": "arms", "hand": "arms", "elbow": "arms"}.get(
            ref.kind, "feet" if ref.kind in {"foot", "heel"} else "legs"
        )
        return (
            [(pair, verb, ())]
            if len(sides) == 2 or ref.plural
            else [
                (f"{side}_{_LIMB.get(ref.kind, 'leg')}", "move", ("out" if verb == "spread" else "across",))
                for side in sides
            ]
        )
    if verb in {"bend", "straighten"} and ref.kind in _JOINT:
        return [(f"{side}_{_JOINT[ref.kind]}", verb, ()) for side in sides]
    if ref.kind not in _LIMB or not verb:
        return []
    if verb in {"open", "close"} and _LIMB[ref.kind] == "hand":
        sheet.note(FINGERS)
        return []
    limb = _LIMB[ref.kind]
    if verb in {"tilt", "lean"}:
        verb = "move"
    if verb == "turn" and limb not in {"hand", "forearm", "foot"}:
        verb = "move" if dirs else "turn"
    if verb in {"raise", "lower"}:
        dirs = [each for each in dirs if each not in {"up", "down"}]
    return [(f"{side}_{limb}", verb, tuple(dirs)) for side in sides]


def _middle(part: str, verb: str, dirs: list[str]) -> tuple[str, str, tuple[str, ...]]:
    if part == "head":
        if verb in {"raise", "lower", "straighten"} or (
            verb in {"turn", "tilt", "lean", "move"} and set(dirs) & {"up", "down"}
        ):
            up = verb == "raise" or "up" in dirs
            return part, verb if verb == "straighten" else "raise" if up else "lower", ()
        verb = {"bend": "tilt", "lean": "tilt", "move": "tilt"}.get(verb, verb)
        return part, verb, tuple(dirs)
    if verb in {"bend", "lower", "tilt", "move", "lean", "raise"} and part == "torso":
        if verb == "raise":
            return part, "straighten", ()
        return part, "lean", tuple(dirs) or ("forward",)
    return part, verb, tuple(dirs)


def mirror(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """`mirror the pose`, `swap the arms`, `make the right arm like the left`."""
    if predicate.meaning == "symmetric":
        return _symmetric(sheet, clause)
    if predicate.meaning == "copy" and clause.subjects:
        side = next((each for each in predicate.dirs if each in {"left", "right"}), None)
        other = [Ref(clause.subjects[0].kind, (side,))] if side in {"left", "right"} else []  # pyright: ignore
        other += [ref for prep in predicate.preps for ref in prep.refs]
        return bool(other) and _as_other(sheet, other[0], clause.subjects[0])
    if predicate.meaning == "mirror":
        groups = {ref.group for ref in [*clause.subjects, *predicate.objects]}
        part = "arms" if groups == {"arm"} else "legs" if groups == {"leg"} else "body"
        sheet.changes.append(Mirror(part))
        sheet.relative = True
        return True
    for prep in predicate.preps:
        if prep.meaning == "like" and prep.refs and clause.subjects:
            return _as_other(sheet, clause.subjects[0], prep.refs[0])
    return False


def _symmetric(sheet: Sheet, clause: Clause) -> bool:
    groups = {ref.group for ref in clause.subjects}
    part = "arms" if groups == {"arm"} else "legs" if groups == {"leg"} else "body"
    sheet.changes.append(Mirror(part, "left"))
    sheet.note("The right side is made as the left one.")
    sheet.relative = True
    return True


def _as_other(sheet: Sheet, ref: Ref, source: Ref) -> bool:
    target, model = real_sides(sheet, ref.sides), real_sides(sheet, source.sides)
    if len(target) != 1:
        return False
    side: Side = model[0] if len(model) == 1 else "left" if target[0] == "right" else "right"
    if side == target[0]:
        return False
    part = {"arm": "arms", "leg": "legs"}.get(ref.group)
    if part is None:
        return False
    sheet.changes.append(Mirror(cast(Any, part), side))
    sheet.relative = True
    return True
