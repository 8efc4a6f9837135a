"""What is said of arms, elbows, forearms, hands and palms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from ..language import Apart, Bend, Direction, Element, Ground, Palm, Place, Point, Raise, Side, Spot, Touch
from .contact import contacts
from .edits import FINGERS
from .limits import ARM_M, HEIGHTS, SHOULDER_M, UPPER_ARM_M, steps, swing_to
from .phrases import Phrase, Predicate, Ref
from .sheet import Limb, Sheet, Swing

_LIFTING: Final = frozenset({"raise", "off_ground", "high"})
_SPREAD_ARMS: Final = ("out",)
_ON_GROUND: Final = {"elbow": "elbow", "forearm": "forearm", "fingers": "fingers"}
_UPPER: Final = frozenset({"elbow", "upper_arm", "forearm", "palm"})


def arm(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what a predicate says of parts of one or both arms; whether it said anything."""
    if ref.kind in {"hand", "fist", "fingers", "thumb"} and _is_of_fingers(ref, predicate):
        sheet.note(FINGERS)
        return False
    paired = pair(sheet, ref, sides=sides, predicate=predicate)
    said = paired
    for side in sides:
        before = list(sheet.arms[side].contacts)
        said = _contacts(sheet, ref, side=side, predicate=predicate, both=len(sides) == 2) or said
        in_contact = sheet.arms[side].contacts != before and ref.kind not in _UPPER
        said = _bent(sheet, ref, side=side, predicate=predicate) or said
        if not in_contact and not (paired and ref.kind != "palm" and _is_of_pair(predicate)):
            said = _aimed(sheet, ref, side=side, predicate=predicate) or said
    return said


def _is_of_fingers(ref: Ref, predicate: Predicate) -> bool:
    """`fists clenched`, `fingers spread`, `open hand`: what this body cannot show."""
    if predicate.preps or predicate.objects or predicate.dirs or predicate.widths or predicate.metres() is not None:
        return False
    alone = ref.kind != "hand" or predicate.meaning == "open"
    return alone and predicate.meaning in {"open", "close", "hold", "spread", "tuck", "bend", "straighten", "stretch"}


def _is_of_pair(predicate: Predicate) -> bool:
    """Whether the directions of what both arms do with each other were used up by it."""
    return predicate.meaning in {"cross", "fold"} or not set(predicate.dirs) - {"forward", "back"}


def pair(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """What both arms do with each other: crossed, clasped, together, apart."""
    meaning, kind = predicate.meaning, ref.kind
    if meaning == "akimbo":
        for side in ("left", "right"):
            _set_contacts(sheet, side, [Touch(f"{side}_hand", f"{side}_hip")])
        return True
    if len(sides) != 2 or predicate.negated:
        return False
    if (meaning == "cross" and kind in {"arm", "forearm"}) or (meaning == "fold" and kind in {"arm", "forearm"}):
        if any(prep.meaning in {"above", "over"} and _is_overhead(prep) for prep in predicate.preps):
            sheet.shared += [Touch("left_wrist", "right_wrist")]
            return False
        behind = any(prep.meaning == "behind" for prep in predicate.preps)
        if not behind:
            _cross(sheet, predicate)
            return True
    if meaning == "cross":
        sheet.shared += [Touch("left_wrist", "right_wrist")]
        return True
    if (
        meaning in {"clasp", "together", "each_other", "fold", "close", "touch"}
        and kind not in {"elbow", "arm", "forearm"}
        and (meaning != "close" or kind != "fist")
        and (meaning != "touch" or not (predicate.objects or predicate.preps))
        and not (kind == "palm" and (predicate.dirs or meaning == "each_other"))
    ):
        sheet.shared += [Touch("left_hand", "right_hand")]
        if kind in {"hand", "fingers"} and "forward" in predicate.dirs:
            sheet.shared += [Place("left_hand", "ahead", "belly", 0.1)]
        if kind in {"hand", "fingers"} and "back" in predicate.dirs:
            for side in sides:
                _set_contacts(sheet, side, [Touch(cast(Spot, f"{side}_hand"), "lower_back")])
        sheet.pairs.pop("hands", None)
        return True
    if meaning in {"together", "each_other"} and kind in {"elbow", "forearm"}:
        sheet.shared += [Touch("left_elbow", "right_elbow")]
        return True
    return _apart(sheet, ref, predicate)


def _apart(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    if ref.kind not in {"hand", "elbow", "palm", "fist"}:
        return False
    metres = predicate.metres()
    if predicate.widths:
        low, high = (0.36, 0.5) if predicate.widths[0] == "shoulder" else (0.28, 0.38)
    elif predicate.meaning == "spread" and metres is not None:
        metres = sheet.within("apart", metres, what="the hands")
        low, high = max(metres - 0.03, 0.0), metres + 0.03
    else:
        return False
    name = "elbow" if ref.kind == "elbow" else "hand"
    sheet.pairs[f"{name}s"] = Apart(cast(Spot, f"left_{name}"), cast(Spot, f"right_{name}"), low, high)
    return True


def _cross(sheet: Sheet, predicate: Predicate) -> None:
    """Arms crossed before the chest, or as high as it is said."""
    level = [ref.kind for phrase in (*predicate.levels, *predicate.preps) for ref in phrase.refs]
    if "shoulder" in level:
        places = (("left", "right_shoulder"), ("right", "left_shoulder"))
    else:
        places = (("left", "right_upper_arm"), ("right", "left_upper_arm"))
    for side, place in places:
        sheet.arms[cast(Side, side)].whole = Swing()
        _set_contacts(sheet, cast(Side, side), [Touch(cast(Spot, f"{side}_hand"), cast(Spot, place))])


def _set_contacts(sheet: Sheet, side: Side, found: list[Element]) -> None:
    limb = sheet.arms[side]
    if limb.contacts and not any(_matches(old, new) for old in limb.contacts for new in found):
        limb.contacts = []
    limb.contacts.extend(each for each in found if each not in limb.contacts)


def _matches(old: Element, new: Element) -> bool:
    """Whether both can hold: places relative to several parts, or touches of several parts of the arm."""
    if isinstance(old, Place) or isinstance(new, Place):
        return isinstance(old, Place) and isinstance(new, Place) and old.relation != new.relation
    return isinstance(old, Touch) and isinstance(new, Touch) and old.part.split("_")[-1] != new.part.split("_")[-1]


def _contacts(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    preps = [p for p in predicate.preps if not _tells_joint(ref, p)]
    preps = [p for p in preps if not (_is_overhead(p) and ref.kind in {"arm", "forearm", "elbow"})]
    preps = [
        p for p in preps if p.meaning not in {"toward", "like", "of", "from", "off", "for"} and not _is_height(ref, p)
    ]
    if predicate.objects:
        preps.append(
            Phrase("prep", 0, 0, "around" if predicate.meaning == "hug" else "on", refs=tuple(predicate.objects))
        )
    found: list[Element] = []
    if (
        (predicate.meaning == "on_ground"
        and ref.kind != "arm")
        or any(p.place == "ground" and p.meaning == "on" for p in preps)
    ):
        found.append(Ground(cast(Spot, f"{side}_{_ON_GROUND.get(ref.kind, 'hand')}")))
    for prep in preps:
        found += contacts(sheet, ref, side=side, prep=prep, both=both)
        _objects_of_world(sheet, side, prep)
    if predicate.negated or not found:
        return bool(preps) and not found and not predicate.dirs
    own = [each for each in found if not _is_other_hand(each, side)]
    if own:
        limb = sheet.arms[side]
        if "down" in limb.whole.dirs and limb.whole.mention != sheet.mention:
            sheet.overruled(f"the {side} arm", ("down", "in contact"))
        limb.whole = Swing()
        _set_contacts(sheet, side, own)
    sheet.shared += [each for each in found if _is_other_hand(each, side) and each not in sheet.shared]
    return True


def _tells_joint(ref: Ref, prep: Phrase) -> bool:
    """`bent at the elbow` names the joint, not a place."""
    return (
        prep.meaning in {"at", "in", "from"}
        and any(
            each.kind in {"elbow", "wrist"} or (each.kind == "shoulder" and prep.meaning == "from")
            for each in prep.refs
        )
        and ref.kind in {"arm", "forearm", "elbow", "hand", "wrist", "upper_arm"}
    )


def _is_height(ref: Ref, prep: Phrase) -> bool:
    return prep.meaning == "to" and ref.kind == "arm" and any(each.kind in {"shoulder"} for each in prep.refs)


def _is_other_hand(element: Element, side: Side) -> bool:
    other = "right" if side == "left" else "left"
    return (
        isinstance(element, Touch)
        and element.place in {f"{other}_hand", f"{other}_fingers"}
        and (element.part in {f"{side}_hand", f"{side}_fingers"})
    )


def _objects_of_world(sheet: Sheet, side: Side, prep: Phrase) -> None:
    """Hands on walls and tables: where these would be."""
    limb = sheet.arms[side]
    if prep.place == "wall":
        limb.whole.add(("forward",), mention=sheet.mention)
    elif prep.place == "table":
        limb.others.append(Place(cast(Spot, f"{side}_hand"), "ahead", "belly", 0.15))


def _bent(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    """Elbows and wrists."""
    limb, meaning = sheet.arms[side], predicate.meaning
    wrist = (
        ref.kind == "wrist"
        or (any(each.kind == "wrist" for prep in predicate.preps for each in prep.refs)
        and ref.kind == "hand")
    )
    name = "wrist" if wrist else "elbow"
    straight = meaning in {"straighten", "stretch", "outstretch"}
    degrees = (
        predicate.degrees()
        if (meaning in {"bend", "straighten", "turn", "be"} and ref.kind in {"elbow", "wrist"}) or (meaning == "bend")
        else None
    )
    if meaning == "bend" or (degrees is not None and ref.kind in {"elbow", "wrist"}):
        value = steps(name, predicate.amount) if degrees is None else degrees
        if predicate.negated and degrees is None:
            value = 0.0
        value = sheet.within(name, value, what=f"the {side} {name}")
    elif straight:
        value = (
            steps(name, "a_little")
            if predicate.negated
            else {"almost": 15.0, "a_little": 20.0, "half": 45.0}.get(predicate.amount, 0.0)
        )
    else:
        return False
    if wrist:
        limb.end_bend = value
        return True
    if limb.firm and limb.bend is not None and abs(limb.bend - value) > 15.0 and meaning != "stretch":
        sheet.overruled(
            f"the {side} elbow", ("bent" if limb.bend > 15 else "straight", "bent" if value > 15 else "straight")
        )
    limb.firm = ref.kind == "elbow" or meaning == "bend"
    limb.bend = value
    return True


def _aimed(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    """Directions and heights."""
    limb = sheet.arms[side]
    dirs = arm_dirs(predicate, side, overhead=ref.kind != "palm")
    if ref.kind == "palm":
        return _palm(sheet, side, predicate, dirs)
    if predicate.meaning == "bend" and ref.kind in {"wrist", "elbow"}:
        return False
    if ref.kind in {"forearm"}:
        limb.lower = dirs or _upright(predicate) or limb.lower
        return bool(dirs or _upright(predicate))
    if ref.kind == "fingers" and predicate.meaning in {"point", "be"} and dirs:
        limb.end = dirs
        return True
    swing = limb.upper if ref.kind in {"elbow", "upper_arm"} else limb.whole
    return _swing(sheet, swing, ref, side=side, predicate=predicate, dirs=dirs)


def _upright(predicate: Predicate) -> tuple[str, ...]:
    return {
        "vertical": ("up",),
        "horizontal": ("forward",),
        "raise": ("up",),
        "lower": ("down",),
        "hang": ("down",),
    }.get(predicate.meaning, ())


def _palm(sheet: Sheet, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    table = {
        "supine": ("up",),
        "prone": ("down",),
        "off_ground": ("up",),
        "on_ground": ("down",),
        "each_other": ("across",),
    }
    dirs = dirs or table.get(predicate.meaning, ())
    if predicate.meaning == "face":
        for prep in predicate.preps:
            dirs = ("down",) if prep.place == "ground" else dirs
    if predicate.meaning == "together" and not dirs:
        dirs = ("across",)
    for prep in predicate.preps:
        if prep.meaning in {"toward", "to", "at"} and any(ref.group in {"head", "torso", "chest"} for ref in prep.refs):
            dirs = ("back",)
    if dirs:
        sheet.arms[side].palm = dirs
    return bool(dirs)


def arm_dirs(predicate: Predicate, side: Side, *, overhead: bool = True) -> tuple[str, ...]:
    """The directions of a predicate for a limb on this side; `out` gives way to another direction."""
    found: list[str] = []
    for each in predicate.dirs:
        turned = {"side": "out", "high": "up", "away": "back"}.get(each, each)
        if turned in {"left", "right"}:
            turned = "out" if turned == side else "across"
        if each == "diagonal":
            continue
        found.append(turned)
    if "out" in predicate.dirs and "side" not in predicate.dirs and {"forward", "back", "across"} & set(found):
        found = [each for each in found if each != "out"]
    for prep in predicate.preps:
        if prep.place == "air" or (overhead and _is_overhead(prep)):
            found.append("up")
        elif prep.place == "ground" and prep.meaning in {"toward", "at"}:
            found.append("down")
    return tuple(dict.fromkeys(found))


def _is_overhead(prep: Phrase) -> bool:
    return prep.meaning in {"above", "over"} and any(ref.kind in {"head", "head_top"} for ref in prep.refs)


def _swing(sheet: Sheet, swing: Swing, ref: Ref, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    meaning, upper = predicate.meaning, ref.kind in {"elbow", "upper_arm"}
    swing.overhead = swing.overhead or predicate.overhead or any(map(_is_overhead, predicate.preps))
    before, angle = (swing.dirs, swing.angle), predicate.degrees() if meaning != "bend" else None
    if not predicate.negated:
        dirs = _more_dirs(predicate, dirs, ref)
    lost = swing.add(dirs, mention=sheet.mention)
    sheet.overruled(f"the {side} arm", lost)
    if meaning in _LIFTING or (meaning == "off_ground"):
        swing.raised = not predicate.negated
        if predicate.negated:
            swing.dirs = ("down",)
        if "down" in swing.dirs and not dirs and not predicate.negated:
            sheet.overruled(f"the {side} arm", ("down", "raised"))
            swing.dirs = tuple(each for each in swing.dirs if each != "down")
    if angle is not None and ref.kind not in {"elbow", "wrist"}:
        swing.angle = angle
    elif predicate.levels:
        swing.angle = _to_level(predicate.levels[0], upper=upper)
    elif meaning == "raise" or (meaning in {"be"} and dirs):
        swing.angle = _by_amount(predicate, dirs, swing.angle)
    for prep in predicate.preps:
        if _is_height(ref, prep):
            swing.angle = 90.0
    if meaning in {"horizontal"}:
        swing.angle = 90.0
    if (swing.dirs, swing.angle) != before and swing is sheet.arms[side].whole:
        _leave_contacts(sheet, side)
    return (swing.dirs, swing.angle) != before or meaning in _LIFTING or bool(dirs)


def _more_dirs(predicate: Predicate, dirs: tuple[str, ...], ref: Ref) -> tuple[str, ...]:
    """Directions that the verb itself has."""
    meaning = predicate.meaning
    if meaning in {"lower", "hang"} and not set(dirs) - {"out"}:
        return ("down",)
    if meaning == "on_ground" and ref.kind in {"arm", "hand", "finger"} and not dirs:
        return ("down",)
    if meaning in {"spread", "turned_out"} and ref.kind in {"arm", "elbow", "upper_arm"}:
        return dirs or ("out",)
    if meaning == "open" and ref.kind == "arm":
        return dirs or ("out", "forward")
    if meaning == "reach" and (not dirs or dirs == ("out",)):
        return ("forward",)
    if meaning == "stretch" and dirs == ("out",) and ref.kind in {"hand", "fist"}:
        return ("forward",)
    if meaning == "outstretch" and not dirs and not predicate.levels:
        return ("out",) if ref.plural else ("forward",)
    if meaning == "vertical" and not dirs:
        return ("up",)
    if meaning == "tuck" and ref.kind in {"elbow", "upper_arm", "arm"}:
        return ("down",)
    if "diagonal" in predicate.dirs and set(dirs) <= {"up", "down"}:
        return (*(dirs or ("up",)), "out")
    return dirs


def _by_amount(predicate: Predicate, dirs: tuple[str, ...], angle: float | None) -> float | None:
    if predicate.amount == "half":
        return 90.0
    if predicate.amount == "a_little" and (predicate.meaning == "raise" or dirs):
        return 35.0 if "down" not in dirs else angle
    if predicate.amount in {"fully", "much"} and predicate.meaning == "raise" and set(dirs) <= {"up"}:
        return 175.0
    return angle


def _to_level(level: Phrase, *, upper: bool) -> float:
    kind = level.refs[0].kind
    height = HEIGHTS.get(kind, SHOULDER_M) + {"above": 0.12, "below": -0.12}.get(level.meaning, 0.0)
    if kind == "shoulder" and not level.meaning:
        return 90.0
    return swing_to(height, pivot=SHOULDER_M, length=UPPER_ARM_M if upper else ARM_M)


def _leave_contacts(sheet: Sheet, side: Side) -> None:
    limb = sheet.arms[side]
    if limb.contacts:
        sheet.overruled(f"the {side} arm", ("in contact", " and ".join(limb.whole.dirs) or "raised"))
        limb.contacts = []


def arm_elements(sheet: Sheet, side: Side, *, lying: str = "") -> list[Element]:
    """What was said of an arm, as elements."""
    limb = sheet.arms[side]
    found: list[Element] = []
    bent = (limb.bend is not None and limb.bend > 20.0) or bool(limb.lower)
    if limb.upper.dirs == ("out",) and limb.upper.angle is None and limb.contacts:
        limb.upper.dirs = ()
        limb.others.append(Place(f"{side}_elbow", f"{side}_of", f"{side}_shoulder", 0.12))  # pyright: ignore
    for swing, name in ((limb.whole, "upper_arm" if bent else "arm"), (limb.upper, "upper_arm")):
        if lying:
            _laid(swing, lying)
        if swing.is_said:
            found.append(swung(sheet, swing, cast(str, f"{side}_{name}"), kind="arm"))
    if limb.lower:
        found.append(Point(cast("Point", f"{side}_forearm"), cast("tuple[Direction, ...]", limb.lower)))  # pyright: ignore
    if limb.bend is not None and not (limb.bend == 0.0 and limb.whole.is_said and not bent):
        found.append(Bend(f"{side}_elbow", limb.bend))
    found += limb.contacts + limb.others
    if limb.end_bend is not None:
        found.append(Bend(f"{side}_wrist", limb.end_bend))
    if limb.end:
        found.append(Point(f"{side}_hand", cast("tuple[Direction, ...]", limb.end)))
    if limb.palm:
        found.append(Palm(side, cast("tuple[Direction, ...]", limb.palm)))
    return found


def _laid(swing: Swing, lying: str) -> None:
    """Arms of somebody who lies: down is along the trunk, overhead beyond the head."""
    if swing.dirs == ("down",):
        swing.dirs, swing.angle = ("out",), 12.0
    elif swing.overhead or (lying == "lying_front" and swing.dirs in {("up",), ("forward",)}):
        swing.dirs, swing.angle, swing.raised = ("forward",), 170.0, False


def swung(sheet: Sheet, swing: Swing, limb: str, *, kind: str) -> Element:
    """A direction of a limb as one element."""
    level = [each for each in swing.dirs if each not in {"up", "down"}]
    side, _, _ = limb.partition("_")
    toward = level[0] if level else "out" if kind == "arm" else "forward"
    if toward in {"left", "right"}:
        toward = "out" if toward == side else "across"
    angle = swing.angle
    if angle is not None and not (level and len(level) > 1):
        angle = sheet.within(f"{kind} {toward}", angle, what=f"the {limb.replace('_', ' ')} {toward}")
        return Raise(limb, cast("Raise", toward), angle)  # pyright: ignore
    if swing.raised and len(level) == 1 and "up" not in swing.dirs and kind == "arm" and toward in {"forward", "out"}:
        return Raise(limb, toward, 90.0)  # pyright: ignore
    dirs = swing.dirs or ("up",)
    if dirs == ("back",) and kind == "arm":
        return Raise(limb, "back", 45.0)  # pyright: ignore
    if dirs == ("across",) and kind == "arm":
        return Raise(limb, "across", 45.0)  # pyright: ignore
    return Point(limb, cast("tuple[Direction, ...]", dirs))  # pyright: ignore


def is_quiet(limb: Limb) -> bool:
    """Whether nothing was said of it."""
    return limb == Limb()
