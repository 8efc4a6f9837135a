"""What is said of the trunk, the hips, the shoulders and the weight."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final

from ..language import Place, Side
from .contact import real_sides
from .limits import steps
from .names import other_of, side_relation, spot
from .phrases import Predicate, Ref
from .sheet import Sheet

_BENDING: Final = frozenset({
    "bend", "bow", "tilt", "lean", "move", "be", "put", "stretch", "reach", "hang", "fold", "swing", "raise",
})  # fmt: skip
_LIMIT: Final = {"forward": "lean forward", "left": "lean left", "twist_left": "twist"}
_WAYS: Final = {"forward": ("forward", "back"), "left": ("left", "right"), "twist_left": ("left", "right")}
_FOLDS: Final = frozenset({"torso", "back", "waist", "hip", "body"})
"""Parts that bend forward, all the way, where nothing else is said."""
_CHEST_OUT_DEG, _HEAD_OF_HUNCHED_DEG = -10.0, 15.0
_SHOULDERS_BACK_DEG, _SHOULDERS_FORWARD_DEG, _ONE_SHOULDER_DEG, _SHOULDER_LOWER_DEG = -5.0, 12.0, 20.0, 15.0
_HIPS_BACK_DEG, _HIPS_FORWARD_DEG = 20.0, -10.0
_WEIGHT_M, _UNLOADED_KNEE_DEG = 0.14, 22.0


def trunk(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Take what a predicate says of leans, bends and twists; whether it said anything."""
    meaning = predicate.meaning
    dirs = [each for each in predicate.dirs if each not in {"out", "high"}]
    straight = {"straighten", "upright", "vertical"}
    if meaning in straight or (meaning == "stretch" and not dirs) or (meaning == "lean" and predicate.negated):
        return _straight(sheet, ref, predicate)
    if meaning in {"twist", "turn"}:
        return _twist(sheet, predicate, right="right" in dirs)
    if meaning in {"horizontal", "arch", "hunch"}:
        return _shaped(sheet, predicate, forward="forward" in dirs)
    if ref.kind == "chest" and meaning in {"raise", "move", "open"} and set(dirs) <= {"up", "forward"}:
        set_trunk(sheet, "forward", _CHEST_OUT_DEG)
        return True
    return meaning in _BENDING and _bent(sheet, ref, predicate=predicate, dirs=dirs)


def _straight(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    if predicate.negated and predicate.meaning != "lean":
        return False
    if predicate.meaning in {"straighten", "stretch"} and ref.kind in {"torso", "back"}:
        # A straight back leans as straight as it stands.
        sheet.trunk.setdefault("forward", 0.0)
        sheet.trunk.setdefault("left", 0.0)
        return True
    set_trunk(sheet, "forward", 0.0)
    if predicate.meaning == "upright" or ref.kind in {"torso", "back"}:
        set_trunk(sheet, "left", 0.0)
    return True


def _shaped(sheet: Sheet, predicate: Predicate, *, forward: bool) -> bool:
    """Level, arched, hunched."""
    if predicate.meaning == "horizontal":
        set_trunk(sheet, "forward", 90.0)
    elif predicate.meaning == "hunch" or forward:
        _lean(sheet, "forward", predicate=predicate, kind="lean forward")
    else:
        _lean(sheet, "back", predicate=predicate, kind="arch")
    if predicate.meaning == "hunch":
        sheet.head.setdefault("down", _HEAD_OF_HUNCHED_DEG)
    return True


def _bent(sheet: Sheet, ref: Ref, *, predicate: Predicate, dirs: list[str]) -> bool:
    meaning = predicate.meaning
    folds = meaning in {"bow", "fold"} or (meaning == "bend" and ref.kind in _FOLDS)
    if "side" in dirs and not {"left", "right"} & set(dirs):
        dirs = [*dirs, "left"]
    if not dirs and (folds or (predicate.degrees() is not None and meaning in {"lean", "tilt", "bend"})):
        dirs = ["forward"]
    told = [] if predicate.negated else [each for each in dirs if each in {"forward", "down", "back", "left", "right"}]
    for each in told:
        kinds = {"forward": "bow" if folds else "lean forward", "down": "bow", "back": "lean back"}
        toward = "forward" if each == "down" else each
        _lean(sheet, toward, predicate=predicate, kind=kinds.get(each, "lean left"))
    return bool(told)


def _lean(sheet: Sheet, toward: str, *, predicate: Predicate, kind: str) -> None:
    degrees = predicate.degrees()
    value = steps(kind, predicate.amount) if degrees is None else degrees
    value = -value if toward in {"back", "right"} else value
    field = "forward" if toward in {"forward", "back"} else "left"
    if field == "forward":
        sheet.bowed = value > 0.0 and degrees is None and predicate.amount != "a_little"
    set_trunk(sheet, field, value)


def _twist(sheet: Sheet, predicate: Predicate, *, right: bool) -> bool:
    degrees = predicate.degrees()
    value = steps("twist", predicate.amount) if degrees is None else degrees
    set_trunk(sheet, "twist_left", 0.0 if predicate.negated else -value if right else value)
    return True


def set_trunk(sheet: Sheet, field: str, value: float) -> None:
    """One angle of the trunk, within reach, with a note where the opposite was said before."""
    value = sheet.within(_LIMIT[field], value, what="the trunk")
    old = sheet.trunk.get(field)
    if old is not None and old * value < 0.0:
        one, other = _WAYS[field]
        sheet.overruled("the trunk", (one, other) if old > 0.0 else (other, one))
    sheet.trunk[field] = value


def shoulders(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Raised, hunched, pulled back, turned."""
    meaning, dirs = predicate.meaning, set(predicate.dirs)
    sides = real_sides(sheet, ref.sides) or ("left", "right")
    if meaning == "hunch":
        return trunk(sheet, Ref("torso"), predicate=predicate)
    if meaning in {"turn", "twist"}:
        return _twist(sheet, predicate, right="right" in dirs)
    ways: tuple[tuple[bool, Callable[[], None]], ...] = (
        (meaning in {"raise", "shrug"} or "up" in dirs, lambda: _shrug(sheet, () if predicate.negated else sides)),
        ("back" in dirs or meaning in {"open", "straighten"}, lambda: _pulled(sheet, sides, back=True)),
        ("forward" in dirs, lambda: _pulled(sheet, sides, back=False)),
        (meaning in {"lower", "hang", "horizontal"} or "down" in dirs, lambda: _lowered(sheet, sides, predicate)),
    )
    for told, take in ways:
        if told:
            take()
            return True
    return False


def _shrug(sheet: Sheet, sides: Collection[Side]) -> None:
    sheet.shared += [Place(spot("shoulder", side), "above", "throat", 0.0) for side in sides]


def _pulled(sheet: Sheet, sides: tuple[Side, ...], *, back: bool) -> None:
    """Both shoulders shape the trunk, one of them turns it."""
    if len(sides) == 1:
        left = (sides[0] == "left") == back
        set_trunk(sheet, "twist_left", _ONE_SHOULDER_DEG if left else -_ONE_SHOULDER_DEG)
    else:
        sheet.trunk.setdefault("forward", _SHOULDERS_BACK_DEG if back else _SHOULDERS_FORWARD_DEG)


def _lowered(sheet: Sheet, sides: tuple[Side, ...], predicate: Predicate) -> None:
    if len(sides) == 1 and (predicate.meaning == "lower" or "down" in predicate.dirs):
        set_trunk(sheet, "left", _SHOULDER_LOWER_DEG if sides[0] == "left" else -_SHOULDER_LOWER_DEG)
    else:
        sheet.shared += [Place(spot("shoulder", side), "below", "throat", 0.04) for side in sides]


def hips(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Hips that sway, turn or are pushed somewhere."""
    dirs = set(predicate.dirs)
    if predicate.meaning == "face":
        return True
    if predicate.meaning in {"turn", "twist"}:
        return _twist(sheet, predicate, right="left" in dirs)
    if dirs & {"left", "right"} or (len(ref.sides) == 1 and dirs & {"out", "side"}):
        weight_on(sheet, "left" if "left" in dirs or (ref.sides == ("left",) and "right" not in dirs) else "right")
    elif dirs & {"back", "forward"}:
        set_trunk(sheet, "forward", _HIPS_BACK_DEG if "back" in dirs else _HIPS_FORWARD_DEG)
    elif predicate.meaning == "bend":
        return trunk(sheet, Ref("waist"), predicate=predicate)
    else:
        return False
    return True


def weight_on(sheet: Sheet, side: Side) -> None:
    """The weight on one leg while both feet stand: the pelvis over it, the other knee a little bent."""
    other = other_of(side)
    sheet.shared.append(Place("crotch", side_relation(side), spot("ankle", other), _WEIGHT_M))
    limb = sheet.legs[other]
    if limb.bend is None:
        limb.bend = _UNLOADED_KNEE_DEG


def weight(sheet: Sheet, *, predicate: Predicate) -> bool:
    """`weight on the left leg`, `weight shifted forward`."""
    refs, dirs = [ref for prep in predicate.preps for ref in prep.refs], set(predicate.dirs)
    for ref in refs:
        sides = real_sides(sheet, ref.sides)
        if ref.group in {"leg", "hip"} and len(sides) == 1:
            weight_on(sheet, sides[0])
            return True
        if ref.group == "leg" and len(sides) == 2:
            sheet.support_words.append("stand")
            return True
    if dirs & {"left", "right"}:
        weight_on(sheet, "left" if "left" in dirs else "right")
        return True
    if dirs & {"forward", "back"} or any(ref.kind == "toes" for ref in refs):
        set_trunk(sheet, "forward", -8.0 if "back" in dirs else 8.0)
        return True
    return False
