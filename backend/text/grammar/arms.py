"""What is said of arms, elbows, forearms, hands and palms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..language import Apart, Element, Ground, Place, Side, Touch
from . import pairs
from .contact import contacts
from .directions import OUTSTRETCHED, aim_of, of_limb, of_verb
from .edits import FINGERS
from .limits import ARM_M, HEIGHTS, SHOULDER_M, UPPER_ARM_M, steps, swing_to
from .names import is_spot, other_of, spot
from .pairs import is_overhead, set_contacts
from .phrases import Phrase, Predicate, Ref
from .sheet import Limb, Sheet, Swing

_JOINED: Final = frozenset({"clasp", "fold", "together", "cross", "each_other"})
_LAP_M, _ABOVE_CROTCH_M = (0.02, 0.16), 0.14
"""Metres of joined hands from each thigh."""
_OF_FINGERS: Final = frozenset({"open", "close", "hold", "spread", "tuck", "bend", "straighten", "stretch"})
_ON_TABLE_M, _ON_TABLE_DEG = 0.15, 22.0
_LIFTING: Final = frozenset({"raise", "off_ground"})
_AIMING: Final = frozenset({"point", "reach"})
_STRAIGHT: Final = frozenset({"straighten", "stretch", "outstretch"})
_ON_GROUND: Final = {"elbow": "elbow", "forearm": "forearm", "fingers": "fingers"}
_OWN_AIM: Final = frozenset({"elbow", "upper_arm", "forearm", "palm"})
"""Parts that are still aimed while the hand touches something."""
_NO_CONTACT: Final = frozenset({"toward", "like", "of", "from", "off", "for"})
_FOREARM: Final = {
    "vertical": ("up",),
    "horizontal": ("forward",),
    "raise": ("up",),
    "lower": ("down",),
    "hang": ("down",),
}
_PALM: Final = {"supine": ("up",), "prone": ("down",), "off_ground": ("up",), "on_ground": ("down",),
                "each_other": ("across",), "together": ("across",)}  # fmt: skip
_NEARLY_STRAIGHT: Final = {"almost": 15.0, "a_little": 20.0, "half": 45.0}


def arm(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what a predicate says of parts of one or both arms; whether it said anything."""
    if ref.kind in {"hand", "fist", "fingers", "thumb"} and _is_of_fingers(ref, predicate):
        sheet.note(FINGERS)
        return False
    paired = pairs.arms(sheet, ref, sides=sides, predicate=predicate)
    used = paired and ref.kind != "palm" and _is_of_pair(predicate)
    said = paired
    for side in sides:
        before = list(sheet.arms[side].contacts)
        said = _contacts(sheet, ref, side=side, predicate=predicate, both=len(sides) == 2) or said
        in_contact = sheet.arms[side].contacts != before and ref.kind not in _OWN_AIM
        said = _bent(sheet, ref, side=side, predicate=predicate) or said
        if not in_contact and not used:
            said = _aimed(sheet, ref, side=side, predicate=predicate) or said
    return said


def _is_of_fingers(ref: Ref, predicate: Predicate) -> bool:
    """`fists clenched`, `fingers spread`, `open hand`: what this body cannot show."""
    if predicate.preps or predicate.objects or predicate.dirs or predicate.widths or predicate.metres() is not None:
        return False
    alone = ref.kind != "hand" or predicate.meaning == "open"
    return alone and predicate.meaning in _OF_FINGERS


def _is_of_pair(predicate: Predicate) -> bool:
    """Whether the directions of what both arms do with each other were used up by it."""
    return predicate.meaning in {"cross", "fold"} or not set(predicate.dirs) - {"forward", "back"}


def _contacts(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    preps = _contact_phrases(ref, predicate)
    found = _level(ref, side=side, predicate=predicate)
    grounded = predicate.meaning == "on_ground" and ref.kind != "arm"
    if grounded or any(prep.place == "ground" and prep.meaning == "on" for prep in preps):
        found.append(Ground(spot(_ON_GROUND.get(ref.kind, "hand"), side)))
    for prep in preps:
        over = predicate.meaning == "cross" and not both and prep.meaning in {"on", "over", "in_front", "at"}
        where = replace(prep, meaning="across") if over else prep
        at = contacts(sheet, ref, side=side, prep=where, both=both)
        found += _between(at, prep) if both and predicate.meaning in _JOINED else at
        if not predicate.negated:
            _by_furniture(sheet, ref, side=side, prep=prep)
    if predicate.negated or not found:
        return bool(preps) and not found and not predicate.dirs
    own = [each for each in found if not _is_other_hand(each, side)]
    if both and side == "right" and predicate.meaning in {"clasp", "fold"}:
        # Hands that hold each other are where the left one is.
        own = [each for each in own if not (isinstance(each, Touch) and each.place.startswith("right_"))]
    if own:
        limb = sheet.arms[side]
        if "down" in limb.whole.dirs and limb.whole.mention != sheet.mention:
            sheet.overruled(f"the {side} arm", ("down", "in contact"))
        limb.whole = Swing()
        set_contacts(sheet, side, own)
    sheet.shared += [each for each in found if _is_other_hand(each, side) and each not in sheet.shared]
    return True


def _between(at: Sequence[Element], prep: Phrase) -> list[Element]:
    """Joined hands on the lap or the knees are between the two, not each on its own."""
    if any(len(ref.sides) == 1 for ref in prep.refs):
        return list(at)
    found: list[Element] = []
    for each in at:
        if not isinstance(each, Touch) or not each.place.endswith(("_thigh", "_knee")):
            found.append(each)
            continue
        found.append(Apart(each.part, each.place, *_LAP_M))
        if each.place.endswith("_thigh"):
            found.append(Place(each.part, "above", "crotch", _ABOVE_CROTCH_M))
    return found


def _level(ref: Ref, *, side: Side, predicate: Predicate) -> list[Element]:
    """`hands at chest height`: where they are, however the arm bends."""
    if (
        ref.kind not in {"hand", "fist", "fingers"}
        or not predicate.levels
        or predicate.dirs
        or predicate.levels[0].meaning
    ):
        return []
    kind = predicate.levels[0].refs[0].kind
    name = {"head": "forehead", "face": "nose", "torso": "belly", "neck": "throat", "pelvis": "crotch"}.get(kind, kind)
    place = spot(name, side) if is_spot(f"{side}_{name}") else spot(name)
    return [Place(spot("hand", side), "level", place)]


def _contact_phrases(ref: Ref, predicate: Predicate) -> list[Phrase]:
    """The prepositions that tell where a hand or an elbow goes; the object of a verb is one more."""
    found = [
        prep
        for prep in predicate.preps
        if prep.meaning not in _NO_CONTACT
        and not (prep.meaning == "in" and all(each.kind == "fist" for each in prep.refs) and prep.refs)
        and not _names_joint(ref, prep)
        and not _is_height(ref, prep)
        and not aim_of(ref, prep, meaning=predicate.meaning)
        and not (is_overhead(prep) and ref.kind in {"arm", "forearm", "elbow"})
    ]
    if predicate.objects:
        meaning = "around" if predicate.meaning == "hug" else "on"
        found.append(Phrase("prep", 0, 0, meaning, refs=tuple(predicate.objects)))
    return found


def _names_joint(ref: Ref, prep: Phrase) -> bool:
    """`bent at the elbow` names the joint, not a place."""
    if prep.meaning not in {"at", "in", "from"} or ref.kind in {"fingers", "palm", "fist", "thumb"}:
        return False
    return any(
        each.kind in {"elbow", "wrist"} or (each.kind == "shoulder" and prep.meaning == "from") for each in prep.refs
    )


def _is_height(ref: Ref, prep: Phrase) -> bool:
    """`arms raised to the shoulders`."""
    return prep.meaning == "to" and ref.kind == "arm" and any(each.kind == "shoulder" for each in prep.refs)


def _is_other_hand(element: Element, side: Side) -> bool:
    if not isinstance(element, Touch):
        return False
    theirs, ours = other_of(side), side
    return element.place in {f"{theirs}_hand", f"{theirs}_fingers"} and element.part in {
        f"{ours}_hand",
        f"{ours}_fingers",
    }


def _by_furniture(sheet: Sheet, ref: Ref, *, side: Side, prep: Phrase) -> None:
    """Hands and elbows on walls and tables: where these would be."""
    others = sheet.arms[side].others
    if prep.place == "table" and prep.meaning != "below" and ref.kind in {"elbow", "forearm"}:
        elbow = spot("elbow", side)
        others += [Place(elbow, "ahead", "belly", _ON_TABLE_M), Place(elbow, "level", "belly")]
        sheet.trunk.setdefault("forward", _ON_TABLE_DEG)
    elif prep.place == "wall":
        sheet.arms[side].whole.add(("forward",), mention=sheet.mention)
    elif prep.place == "table":
        others.append(Place(spot("hand", side), "ahead", "belly", _ON_TABLE_M))


def _bent(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    """Elbows and wrists."""
    limb, at_wrist = sheet.arms[side], any(each.kind == "wrist" for prep in predicate.preps for each in prep.refs)
    name = "wrist" if ref.kind == "wrist" or (at_wrist and ref.kind == "hand") else "elbow"
    value = _degrees(sheet, ref, side=side, predicate=predicate, name=name)
    if value is None:
        return False
    if name == "wrist":
        limb.end_bend = value
        return True
    settle_bend(sheet, limb, value, what=f"the {side} elbow", stretched=predicate.meaning == "stretch")
    limb.firm = ref.kind == "elbow" or predicate.meaning in {"bend", "straighten"}
    return True


def settle_bend(sheet: Sheet, limb: Limb, value: float, *, what: str, stretched: bool) -> None:
    """Take the degrees of an elbow or knee, and say so where something else was said before."""
    if limb.firm and limb.bend is not None and abs(limb.bend - value) > 15.0 and not stretched:
        words = tuple("bent" if each > 15.0 else "straight" for each in (limb.bend, value))
        sheet.overruled(what, (words[0], words[1]))
    limb.bend = value


def _degrees(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, name: str) -> float | None:
    """How far a joint is said to be bent; None if it is not."""
    meaning, at_joint = predicate.meaning, ref.kind in {"elbow", "wrist"}
    told = meaning == "bend" or (at_joint and meaning in {"straighten", "stretch", "turn", "be"})
    degrees = predicate.degrees() if told else None
    if degrees is not None:
        return sheet.within(name, degrees, what=f"the {side} {name}")
    if meaning == "bend":
        return 0.0 if predicate.negated else steps(name, predicate.amount)
    if meaning not in _STRAIGHT:
        return None
    return steps(name, "a_little") if predicate.negated else _NEARLY_STRAIGHT.get(predicate.amount, 0.0)


def _aimed(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    """Directions and heights."""
    limb, meaning = sheet.arms[side], predicate.meaning
    dirs = of_limb(predicate, side, overhead=ref.kind != "palm")
    aims = (aim_of(ref, prep, meaning=meaning) for prep in predicate.preps)
    dirs = tuple(dict.fromkeys((*dirs, *filter(None, aims))))
    if ref.kind == "palm":
        return _palm(sheet, side, predicate=predicate, dirs=dirs)
    if meaning == "bend" and ref.kind in {"wrist", "elbow"}:
        return False
    if ref.kind == "forearm":
        told = dirs or _FOREARM.get(meaning, ())
        limb.lower = told or limb.lower
        return bool(told)
    if ref.kind == "fingers" and meaning in {"point", "be"} and dirs:
        limb.end = dirs
        return True
    return _swing(sheet, ref, side=side, predicate=predicate, dirs=dirs)


def _palm(sheet: Sheet, side: Side, *, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    dirs = dirs or _PALM.get(predicate.meaning, ())
    for prep in predicate.preps:
        if predicate.meaning == "face" and prep.place == "ground":
            dirs = ("down",)
        if prep.meaning in {"toward", "to", "at"} and any(ref.group in {"head", "torso", "chest"} for ref in prep.refs):
            dirs = ("back",)
    if dirs:
        sheet.arms[side].palm = dirs
    return bool(dirs)


def _swing(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    """Where the arm, or its upper part, goes."""
    limb, upper = sheet.arms[side], ref.kind in {"elbow", "upper_arm"}
    if dirs == ("across",) and predicate.meaning in _AIMING and not (upper or predicate.negated):
        # The arm of the other side: it points there from the elbow on, its upper half as far as it goes.
        limb.whole, limb.lower, limb.bend = Swing(), ("across",), None
        limb.upper = Swing(("forward", "across"), mention=sheet.mention)
        return True
    swing = limb.upper if upper else limb.whole
    before = (swing.dirs, swing.angle)
    swing.overhead = swing.overhead or predicate.overhead or any(map(is_overhead, predicate.preps))
    assumed = not dirs and predicate.meaning in OUTSTRETCHED
    if not predicate.negated and not (assumed and (sheet.edit or limb.contacts or limb.whole.is_said)):
        dirs = of_verb(predicate, dirs, ref)
    sheet.overruled(f"the {side} arm", swing.add(dirs, mention=sheet.mention))
    swing.assumed = swing.assumed or (assumed and bool(dirs))
    lifted = predicate.meaning in _LIFTING
    if lifted:
        _lift(sheet, swing, side=side, predicate=predicate, dirs=dirs)
    angle = _angle(ref, predicate, dirs)
    swing.angle = swing.angle if angle is None else angle
    changed = (swing.dirs, swing.angle) != before
    if changed and not upper and limb.contacts:
        sheet.overruled(f"the {side} arm", ("in contact", " and ".join(swing.dirs) or "raised"))
        limb.contacts = []
    return changed or lifted or bool(dirs)


def _lift(sheet: Sheet, swing: Swing, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> None:
    swing.raised = not predicate.negated
    if predicate.negated:
        swing.dirs = ("down",)
    elif "down" in swing.dirs and not dirs:
        sheet.overruled(f"the {side} arm", ("down", "raised"))
        swing.dirs = tuple(each for each in swing.dirs if each != "down")


def _angle(ref: Ref, predicate: Predicate, dirs: tuple[str, ...]) -> float | None:
    """Degrees from hanging down, where a predicate says them; None where it does not."""
    if predicate.meaning == "horizontal" or any(_is_height(ref, prep) for prep in predicate.preps):
        return 90.0
    degrees = predicate.degrees() if predicate.meaning != "bend" and ref.kind not in {"elbow", "wrist"} else None
    if degrees is not None:
        return degrees
    if predicate.levels:
        return _to_level(predicate.levels[0], upper=ref.kind in {"elbow", "upper_arm"})
    return _by_amount(predicate, dirs)


def _by_amount(predicate: Predicate, dirs: tuple[str, ...]) -> float | None:
    raised = predicate.meaning == "raise"
    if not raised and not (predicate.meaning == "be" and dirs):
        return None
    if predicate.amount == "half":
        return 90.0
    if predicate.amount == "a_little":
        return None if "down" in dirs else steps("arm raise", "a_little")
    return (
        steps("arm raise", "fully")
        if predicate.amount in {"fully", "much"} and raised and set(dirs) <= {"up"}
        else None
    )


def _to_level(level: Phrase, *, upper: bool) -> float:
    kind = level.refs[0].kind
    if kind == "shoulder" and not level.meaning:
        return 90.0
    height = HEIGHTS.get(kind, SHOULDER_M) + {"above": 0.12, "below": -0.12}.get(level.meaning, 0.0)
    return swing_to(height, pivot=SHOULDER_M, length=UPPER_ARM_M if upper else ARM_M)
