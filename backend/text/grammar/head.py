"""What is said of the head, the chin, the face and the gaze."""

from __future__ import annotations

from typing import Final

from ..language import Ground, Side, Touch
from .contact import contacts, real_sides
from .limits import steps
from .names import spot
from .phrases import SIDES, USUAL, Phrase, Predicate, Ref
from .sheet import Sheet

_TO_SHOULDER_DEG, _OVER_SHOULDER_DEG, _ON_CHEST_DEG = 35.0, 65.0, 45.0
_LOOKED_AT: Final = frozenset({"gaze", "head", "eye", "face"})
"""Parts that turn to a place where others would touch it."""
_LIMBS: Final = frozenset({
    "hand", "palm", "fist", "fingers", "knee", "thigh", "arm", "forearm", "leg", "elbow", "shin",
})  # fmt: skip
_GROUND_SPOT: Final = {"head": "head_top", "face": "nose", "neck": "nape"}
_REST_SPOT: Final = {"head": "cheek", "face": "cheek"}
_REST: Final = {"palm": "hand", "fist": "hand", "arm": "forearm", "leg": "knee"}
_DOWN: Final = frozenset({"lower", "nod", "bow", "hang", "bend", "tuck", "prone"})
_FORWARD_IS_DOWN: Final = frozenset({"tilt", "lean", "hang", "bend", "move", "be"})
_AHEAD: Final = frozenset({"look", "face", "turn", "be", "straighten", "stretch", "upright", "point"})


def head(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Take what a predicate says of turns, tilts and nods; whether it said anything."""
    said = _placed(sheet, ref, predicate)
    if predicate.meaning == "on_ground" and ref.kind not in {"gaze", "eye"}:
        side = next((side for side in ref.sides if side in SIDES and ref.kind not in _GROUND_SPOT), None)
        sheet.shared.append(Ground(spot(_GROUND_SPOT.get(ref.kind, ref.kind), side)))
        return True
    way = _nod_of(ref, predicate)
    if way:
        _nod(sheet, predicate, way)
    elif _is_ahead(predicate):
        sheet.head |= {"left": 0.0, "down": 0.0}
        said = True
    return _sideways(sheet, ref, predicate) or bool(way) or said


def _nod_of(ref: Ref, predicate: Predicate) -> str:
    """up, down or neither."""
    meaning, dirs = predicate.meaning, set(predicate.dirs)
    if meaning in {"raise", "off_ground", "supine"} or dirs & {"up", "high"}:
        return "up"
    lowered = meaning in _DOWN and not dirs & {"back", "left", "right", "side"}
    forward = ref.kind in {"head", "face", "neck"} and "forward" in dirs and meaning in _FORWARD_IS_DOWN
    if lowered or forward or "down" in dirs:
        return "down"
    return "up" if "back" in dirs and meaning != "look" else ""


def _is_ahead(predicate: Predicate) -> bool:
    told = "forward" in predicate.dirs or predicate.meaning in {"straighten", "stretch", "upright"}
    return told and predicate.meaning in _AHEAD


def _nod(sheet: Sheet, predicate: Predicate, way: str) -> None:
    degrees = predicate.degrees()
    value = steps(f"head {way}", predicate.amount) if degrees is None else degrees
    value = 0.0 if predicate.negated else -value if way == "up" else value
    _set(sheet, "down", sheet.within("head nod", value, what="the head"), ways=("down", "up"))


def _set(sheet: Sheet, field: str, value: float, *, ways: tuple[str, str]) -> None:
    old = sheet.head.get(field)
    if old is not None and old * value < 0.0:
        sheet.overruled("the head", ways if old > 0.0 else (ways[1], ways[0]))
    sheet.head[field] = value


def _sideways(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """Turned or tilted to a side; to the left where it does not say which."""
    side = _side_of(predicate)
    if side is None:
        return False
    tilted = predicate.meaning in {"tilt", "lean", "bend", "hang"} and ref.kind != "gaze"
    kind, field = ("head tilt", "tilt_left") if tilted else ("head turn", "left")
    degrees = predicate.degrees()
    amount = "much" if "back" in predicate.dirs and not predicate.amount else predicate.amount
    value = steps(kind, amount) if degrees is None else degrees
    own_left = (side == "left") != (predicate.view == "picture")
    value = sheet.within(kind, value if own_left else -value, what="the head")
    _set(sheet, field, 0.0 if predicate.negated else value, ways=("left", "right"))
    return True


def _side_of(predicate: Predicate) -> Side | None:
    dirs, meaning = set(predicate.dirs), predicate.meaning
    if dirs & {"left", "right"}:
        return "left" if "left" in dirs else "right"
    if "side" in dirs or ("back" in dirs and meaning == "look"):
        return "left"
    at_shoulder = any(ref.kind == "shoulder" for prep in predicate.preps for ref in prep.refs)
    alone = meaning in {"turn", "twist", "tilt"} and not at_shoulder and not dirs & {"up", "down", "forward", "back"}
    return "left" if alone else None


def _placed(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """`chin on chest`, `look over the right shoulder`, `chin in hand`, `ear to shoulder`."""
    said, phrases = False, [*predicate.preps]
    if predicate.objects:
        phrases.append(Phrase("prep", 0, 0, "on", refs=tuple(predicate.objects)))
    for prep in phrases:
        said = _at(sheet, ref, predicate=predicate, prep=prep) or said
    return said


def _at(sheet: Sheet, ref: Ref, *, predicate: Predicate, prep: Phrase) -> bool:
    kinds = {each.kind for each in prep.refs}
    looks = prep.meaning in {"at", "to", "toward"}
    if prep.place == "ground":
        if looks and ref.kind in _LOOKED_AT:
            _nod(sheet, predicate, "down")
        else:
            sheet.shared += contacts(sheet, ref, side=None, prep=prep, both=False)
    elif "shoulder" in kinds:
        _at_shoulder(sheet, ref, predicate=predicate, prep=prep)
    elif kinds & {"chest", "throat", "torso"}:
        sheet.head["down"] = _ON_CHEST_DEG
    elif kinds & _LIMBS:
        return not (looks and ref.kind in _LOOKED_AT) and _on_limb(sheet, ref, prep)
    elif looks and kinds & {"foot", "toes", "belly", "hip"}:
        _nod(sheet, predicate, "down")
    else:
        return False
    return True


def _at_shoulder(sheet: Sheet, ref: Ref, *, predicate: Predicate, prep: Phrase) -> None:
    """Over a shoulder the head turns, to it an ear tilts."""
    sides = real_sides(sheet, prep.refs[0].sides)
    if not sides and {"left", "right"} & set(predicate.dirs):
        return
    sides = sides or ("left",)
    turned = prep.meaning in {"over", "behind", "across"} or ref.kind in {"gaze", "chin"}
    turned = turned or predicate.meaning in {"turn", "twist", "look", "face"}
    usual = _OVER_SHOULDER_DEG if turned else _TO_SHOULDER_DEG
    degrees = predicate.degrees()
    kind = "head turn" if turned else "head tilt"
    value = usual if degrees is None else sheet.within(kind, degrees, what="the head")
    sheet.head["left" if turned else "tilt_left"] = value if sides[0] == "left" else -value


def _on_limb(sheet: Sheet, ref: Ref, prep: Phrase) -> bool:
    """A head in the hands or on the knees."""
    target, part = prep.refs[0], _REST_SPOT.get(ref.kind, ref.kind)
    carrier = _REST.get(target.kind, target.kind)
    for side in real_sides(sheet, target.sides) or USUAL:
        place = spot(part, side) if part in {"cheek", "ear", "temple", "eye"} else spot(part)
        if carrier in {"knee", "thigh", "shin"}:
            place = spot("forehead")
        sheet.shared.append(Touch(spot(carrier, side), place))
    return True
