"""What is said of the trunk, the hips, the shoulders, the head and the gaze."""

from __future__ import annotations

from typing import Final

from ..language import Bend, Change, Element, Ground, Place, Touch
from .contact import contacts, real_sides
from .limits import steps
from .phrases import HEAD_KINDS, Phrase, Predicate, Ref
from .sheet import Sheet

_TRUNK_KINDS: Final = frozenset(
    {"torso", "back", "lower_back", "upper_back", "chest", "belly", "waist", "pelvis", "hip"}
)


def trunk(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Leans, bends and twists."""
    meaning = predicate.meaning
    dirs = [each for each in predicate.dirs if each not in {"out", "high"}]
    if meaning in {"straighten", "upright", "vertical"} or (meaning == "lean" and predicate.negated):
        if predicate.negated:
            return False
        _set(sheet, "forward", 0.0)
        if meaning == "upright" or ref.kind in {"torso", "back"}:
            _set(sheet, "left", 0.0)
        return True
    if meaning in {"twist", "turn"}:
        return _twist(sheet, predicate, dirs)
    if meaning == "horizontal":
        _set(sheet, "forward", 90.0)
        return True
    if meaning == "arch":
        away = "forward" if "forward" in dirs else "back"
        _lean(sheet, away, predicate, "arch" if away == "back" else "lean forward")
        return True
    if meaning == "hunch":
        _lean(sheet, "forward", predicate, "lean forward")
        sheet.head.setdefault("down", 15.0)
        return True
    if meaning in {
        "bend",
        "bow",
        "tilt",
        "lean",
        "move",
        "be",
        "put",
        "stretch",
        "reach",
        "hang",
        "fold",
        "swing",
        "raise",
    }:
        return _bent(sheet, ref, predicate, dirs)
    if meaning == "open" and ref.kind == "chest":
        _set(sheet, "forward", -8.0)
        return True
    return False


def _bent(sheet: Sheet, ref: Ref, predicate: Predicate, dirs: list[str]) -> bool:
    meaning, said = predicate.meaning, False
    if ref.kind == "chest" and meaning in {"raise", "move", "be"} and (dirs in (["up"], ["forward"], [])):
        if meaning == "be" and not dirs:
            return False
        _set(sheet, "forward", -10.0)
        return True
    bow = meaning in {"bow", "fold"} or (meaning == "bend" and ref.kind in {"torso", "back", "waist", "hip", "body"})
    if not dirs and bow:
        dirs = ["forward"]
    if "side" in dirs and not {"left", "right"} & set(dirs):
        dirs.append("left")
    for each in dirs:
        if each in {"forward", "down", "back", "left", "right"} and not predicate.negated:
            kind = {"forward": "bow" if bow else "lean forward", "down": "bow", "back": "lean back"}.get(
                each, "lean left"
            )
            _lean(sheet, "forward" if each == "down" else each, predicate, kind)
            said = True
    if not dirs and predicate.degrees() is not None and meaning in {"lean", "bend", "tilt", "bow"}:
        _lean(sheet, "forward", predicate, "lean forward")
        return True
    return said


def _lean(sheet: Sheet, toward: str, predicate: Predicate, kind: str) -> None:
    degrees = predicate.degrees()
    value = steps(kind, predicate.amount) if degrees is None else degrees
    field = "forward" if toward in {"forward", "back"} else "left"
    value = -value if toward in {"back", "right"} else value
    if field == "forward":
        sheet.bowed = value > 0.0 and degrees is None and predicate.amount != "a_little"
    _set(sheet, field, value)


def _twist(sheet: Sheet, predicate: Predicate, dirs: list[str]) -> bool:
    degrees = predicate.degrees()
    value = steps("twist", predicate.amount) if degrees is None else degrees
    if predicate.negated:
        _set(sheet, "twist_left", 0.0)
        return True
    if "right" in dirs:
        value = -value
    _set(sheet, "twist_left", value)
    return True


def _set(sheet: Sheet, field: str, value: float) -> None:
    limit = {"forward": "lean forward", "left": "lean left", "twist_left": "twist"}[field]
    value = sheet.within(limit, value, what="the trunk")
    old = sheet.trunk.get(field)
    if old is not None and old * value < 0.0:
        names = {"forward": ("forward", "back"), "left": ("left", "right"), "twist_left": ("left", "right")}[field]
        sheet.overruled("the trunk", names if old > 0 else names[::-1])
    sheet.trunk[field] = value


def shoulders(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Raised, hunched, pulled back, turned."""
    meaning, dirs = predicate.meaning, set(predicate.dirs)
    sides = real_sides(sheet, ref.sides) or ("left", "right")
    if meaning in {"raise", "shrug", "hunch"} or "up" in dirs:
        if predicate.negated:
            return True
        if meaning == "hunch":
            return trunk(sheet, Ref("torso"), predicate=predicate)
        sheet.shared += [Place(f"{side}_shoulder", "above", "throat", 0.0) for side in sides]
        return True
    if meaning in {"turn", "twist"}:
        return _twist(sheet, predicate, predicate.dirs)
    if "back" in dirs or meaning in {"open", "straighten"}:
        if len(sides) == 1:
            _set(sheet, "twist_left", 20.0 if sides[0] == "left" else -20.0)
        else:
            sheet.trunk.setdefault("forward", -5.0)
        return True
    if "forward" in dirs:
        if len(sides) == 1:
            _set(sheet, "twist_left", -20.0 if sides[0] == "left" else 20.0)
        else:
            sheet.trunk.setdefault("forward", 12.0)
        return True
    if meaning in {"lower", "hang", "horizontal"} or "down" in dirs:
        if len(sides) == 1 and (meaning == "lower" or "down" in dirs):
            _set(sheet, "left", 15.0 if sides[0] == "left" else -15.0)
        else:
            sheet.shared += [Place(f"{side}_shoulder", "below", "throat", 0.04) for side in sides]
        return True
    return False


def head(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Turned, tilted, raised and lowered; also the gaze, the chin, the face."""
    said = _head_places(sheet, ref, predicate)
    dirs, meaning = set(predicate.dirs), predicate.meaning
    if meaning == "on_ground" and ref.kind not in {"gaze", "eye"}:
        spot = {"head": "head_top", "face": "nose", "neck": "nape"}.get(ref.kind, ref.kind)
        sheet.shared.append(Ground(spot))  # pyright: ignore
        return True
    if meaning in {"raise", "off_ground"} or "up" in dirs or "high" in dirs or meaning == "supine":
        _nod(sheet, predicate, "up")
        said = True
    elif (
        (
            meaning in {"lower", "nod", "bow", "hang", "bend", "tuck", "prone"}
            and not dirs
            & {
                "back",
                "left",
                "right",
                "side",
            }
        )
        or "down" in dirs
        or (
            ref.kind in {"head", "face", "neck"}
            and "forward" in dirs
            and meaning in {"tilt", "lean", "hang", "bend", "move", "be"}
        )
    ):
        _nod(sheet, predicate, "down")
        said = True
    elif "back" in dirs and meaning not in {"look"}:
        _nod(sheet, predicate, "up")
        said = True
    elif "forward" in dirs or meaning in {"straighten", "upright"}:
        if meaning in {"look", "face", "turn", "be", "straighten", "upright", "point"}:
            sheet.head |= {"left": 0.0, "down": 0.0}
            said = True
    return _head_sideways(sheet, ref, predicate) or said


def _head_sideways(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    dirs = set(predicate.dirs)
    side = "left" if "left" in dirs else "right" if "right" in dirs else "left" if dirs & {"side", "back"} else ""
    meaning = predicate.meaning
    if "back" in dirs and not dirs & {"left", "right", "side"} and meaning != "look":
        return False
    if not side:
        if meaning in {"turn", "twist", "tilt", "cock"} and not dirs & {"up", "down", "forward", "back"}:
            side = "left"
        else:
            return False
    tilted = meaning in {"tilt", "lean", "bend", "hang", "fall"} and ref.kind != "gaze"
    kind, field = ("head tilt", "tilt_left") if tilted else ("head turn", "left")
    degrees = predicate.degrees()
    amount = "much" if "back" in dirs and not predicate.amount else predicate.amount
    value = steps(kind, amount) if degrees is None else degrees
    value = sheet.within(kind, value if side == "left" else -value, what="the head")
    old = sheet.head.get(field)
    if old is not None and old * value < 0.0:
        sheet.overruled("the head", ("left", "right") if old > 0 else ("right", "left"))
    sheet.head[field] = 0.0 if predicate.negated else value
    return True


def _nod(sheet: Sheet, predicate: Predicate, way: str) -> None:
    degrees = predicate.degrees()
    value = steps(f"head {way}", predicate.amount) if degrees is None else degrees
    if predicate.negated:
        value = 0.0
    value = sheet.within("head nod", -value if way == "up" else value, what="the head")
    old = sheet.head.get("down")
    if old is not None and old * value < 0.0:
        sheet.overruled("the head", ("down", "up") if old > 0 else ("up", "down"))
    sheet.head["down"] = value


def _head_places(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """`chin on chest`, `look over the right shoulder`, `chin in hand`, `ear to shoulder`."""
    said = False
    preps = [*predicate.preps]
    if predicate.objects:
        preps.append(Phrase("prep", 0, 0, "on", refs=tuple(predicate.objects)))
    for prep in preps:
        kinds = {each.kind for each in prep.refs}
        sides = real_sides(sheet, prep.refs[0].sides) if prep.refs else ()
        if prep.place == "ground":
            if prep.meaning in {"at", "to", "toward"} and ref.kind in {"gaze", "head", "face", "eye"}:
                _nod(sheet, predicate, "down")
            else:
                sheet.shared += contacts(sheet, ref, side=None, prep=prep, both=False)
            said = True
        elif "shoulder" in kinds and (prep.meaning in {"over", "behind", "across"} or ref.kind in {"gaze", "chin"}):
            sheet.head["left"] = 65.0 if (sides or ("left",))[0] == "left" else -65.0
            said = True
        elif "shoulder" in kinds:
            sheet.head["tilt_left"] = 35.0 if (sides or ("left",))[0] == "left" else -35.0
            said = True
        elif kinds & {"chest", "throat", "torso"}:
            sheet.head["down"] = 45.0
            said = True
        elif kinds & {"hand", "palm", "fist", "fingers", "knee", "thigh", "arm", "forearm", "leg", "elbow", "shin"}:
            said = _head_on_limb(sheet, ref, prep) or said
        elif kinds & {"foot", "toes", "belly", "hip"} and prep.meaning in {"at", "to", "toward"}:
            _nod(sheet, predicate, "down")
            said = True
    return said


def _head_on_limb(sheet: Sheet, ref: Ref, prep: Phrase) -> bool:
    """A head in the hands or on the knees; a gaze at them is left to the head's own way."""
    if prep.meaning in {"at", "toward", "to"} and ref.kind in {"gaze", "head", "eye", "face"}:
        return False
    target = prep.refs[0]
    sides = real_sides(sheet, target.sides) or ("right",)
    spot = {"head": "cheek", "face": "cheek", "cheek": "cheek", "chin": "chin", "forehead": "forehead"}.get(
        ref.kind, ref.kind
    )
    for side in sides:
        hand = {"palm": "hand", "fist": "hand", "arm": "forearm", "leg": "knee"}.get(target.kind, target.kind)
        place = f"{side}_{spot}" if spot in {"cheek", "ear", "temple"} else spot
        if hand in {"knee", "thigh", "shin"}:
            place = "forehead"
        sheet.shared.append(Touch(f"{side}_{hand}", place))  # pyright: ignore
    return True


def hips(sheet: Sheet, ref: Ref, *, predicate: Predicate) -> bool:
    """Hips that sway or turn, and the weight on a leg."""
    dirs = set(predicate.dirs)
    if predicate.meaning in {"turn", "twist"}:
        return _twist(sheet, predicate, ["right" if "left" in dirs else "left"])
    if dirs & {"left", "right"} or (len(ref.sides) == 1 and dirs & {"out", "side"}):
        side = "left" if "left" in dirs or (ref.sides == ("left",) and "right" not in dirs) else "right"
        weight_on(sheet, side)
        return True
    if "back" in dirs:
        _set(sheet, "forward", 20.0)
        return True
    if "forward" in dirs:
        _set(sheet, "forward", -10.0)
        return True
    if predicate.meaning == "bend":
        return trunk(sheet, Ref("waist"), predicate=predicate)
    return False


def weight_on(sheet: Sheet, side: str) -> None:
    """The weight on one leg while both feet stand: the pelvis over it, the other knee a little bent."""
    other = "right" if side == "left" else "left"
    sheet.shared.append(Place("crotch", f"{side}_of", f"{other}_ankle", 0.14))  # pyright: ignore
    limb = sheet.legs[other]  # pyright: ignore
    if limb.bend is None:
        limb.bend = 22.0


def weight(sheet: Sheet, *, predicate: Predicate) -> bool:
    """`weight on the left leg`, `weight shifted forward`."""
    for prep in predicate.preps:
        for ref in prep.refs:
            sides = real_sides(sheet, ref.sides)
            if ref.group in {"leg", "hip"} and len(sides) == 1:
                weight_on(sheet, sides[0])
                return True
            if ref.kind == "toes":
                _set(sheet, "forward", 8.0)
                return True
    dirs = set(predicate.dirs)
    if dirs & {"left", "right"}:
        weight_on(sheet, "left" if "left" in dirs else "right")
        return True
    if dirs & {"forward", "back"}:
        _set(sheet, "forward", 10.0 if "forward" in dirs else -8.0)
        return True
    return False


def middle_elements(sheet: Sheet) -> list[Element]:
    """Trunk and head as elements."""
    from ..language import Head, Trunk

    found: list[Element] = []
    if sheet.trunk:
        found.append(Trunk(**sheet.trunk))
    if sheet.head:
        found.append(Head(**sheet.head))
    return found


def is_middle(kind: str) -> bool:
    """Whether `trunk` takes it."""
    return kind in _TRUNK_KINDS


__all__ = [
    "HEAD_KINDS",
    "Bend",
    "Change",
    "head",
    "hips",
    "is_middle",
    "middle_elements",
    "shoulders",
    "trunk",
    "weight",
]
