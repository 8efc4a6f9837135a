"""What is said of legs, knees, shins and feet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

from ..language import Apart, Bend, Direction, Element, Ground, Place, Point, Raise, Side, Spot, Touch
from ..language import Limb as LimbName
from .arms import arm_dirs, swung
from .contact import contacts
from .limits import APART, HEIGHTS, HIP_M, LEG_M, THIGH_M, steps, swing_to
from .phrases import Phrase, Predicate, Ref
from .sheet import Sheet

_STEP_M: Final = 0.25
_TRUNK_FRONT: Final = frozenset({"chest", "belly", "chin"})
_LIFT: Final = frozenset({"raise", "off_ground", "swing"})


def leg(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what a predicate says of parts of one or both legs; whether it said anything."""
    said = pair(sheet, ref, sides=sides, predicate=predicate)
    for side in sides:
        said = _contacts(sheet, ref, side=side, predicate=predicate, both=len(sides) == 2) or said
        said = _bent(sheet, ref, side=side, predicate=predicate) or said
        if not (said and predicate.meaning in {"cross", "spread", "together", "close"}):
            said = _aimed(sheet, ref, side=side, predicate=predicate, both=len(sides) == 2) or said
    return said


def pair(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """What both legs do with each other."""
    meaning = predicate.meaning
    if meaning in {"cross", "fold"} and (len(sides) == 2 or predicate.preps):
        if predicate.negated:
            return True
        sheet.legs_crossed = "ankle" if ref.kind in {"ankle", "foot"} else "knee"
        return True
    if len(sides) != 2:
        return False
    name = "knee" if ref.kind in {"knee", "thigh"} else "ankle"
    if (meaning in {"together", "close", "each_other"}) != (meaning == "spread" and predicate.negated) and (
        meaning in {"together", "close", "each_other", "spread"}
    ):
        low, high = APART["together"]
        if ref.kind == "sole":
            sheet.shared += [Touch("left_sole", "right_sole")]
            return True
        _set_apart(sheet, name, low, high + (0.03 if name == "knee" else 0.0))
        return True
    if (
        predicate.widths
        or meaning == "spread"
        or (meaning in {"be", "stand"} and predicate.metres() is not None)
        or (meaning == "open" or (meaning in {"be", "stretch", "straighten"} and "side" in predicate.dirs))
    ):
        return _spread(sheet, name, predicate)
    if meaning in {"horizontal", "flat"}:
        return False
    return False


def _spread(sheet: Sheet, name: str, predicate: Predicate) -> bool:
    metres = predicate.metres()
    if predicate.widths:
        low, high = APART[predicate.widths[0]]
    elif metres is not None:
        metres = sheet.within("apart", metres, what="the feet")
        low, high = max(metres - 0.04, 0.0), metres + 0.04
    else:
        amount = predicate.amount or "some"
        low, high = APART[amount if amount in APART else "some"]
    if name == "knee":
        low, high = 0.7 * low, 0.9 * high
    _set_apart(sheet, name, low, high)
    return True


def _set_apart(sheet: Sheet, name: str, low: float, high: float) -> None:
    before = sheet.pairs.get(name)
    if before is not None and (before.least > high or before.most < low):
        sheet.overruled(
            "the legs", ("apart" if before.least > high else "together", "together" if before.least > high else "apart")
        )
    sheet.pairs[name] = Apart(cast(Spot, f"left_{name}"), cast(Spot, f"right_{name}"), low, high)


def _contacts(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    limb = sheet.legs[side]
    other = "right" if side == "left" else "left"
    preps = [p for p in predicate.preps if p.meaning not in {"toward", "like", "of", "from", "off", "for", "over"}]
    preps = [
        p for p in preps if not (p.meaning in {"at", "in"} and any(r.kind in {"knee", "hip", "ankle"} for r in p.refs))
    ]
    said = False
    if predicate.meaning == "on_ground" or (predicate.meaning == "flat" and ref.kind in {"foot", "sole", "heel"}):
        _grounded(limb.contacts, Ground(_ground_spot(ref, side)))
        return True
    if (
        predicate.meaning == "off_ground"
        and ref.kind in {"heel", "toes", "foot", "sole", "knee"}
        and not predicate.negated
    ):
        metres = predicate.metres()
        if ref.kind == "heel" and both:
            sheet.support_words.append("tiptoe")
            return True
        usual = 0.08 if ref.kind in {"heel", "toes"} else 0.15
        _grounded(limb.contacts, Ground(_ground_spot(ref, side), max(metres or usual, 0.02)))
        return True
    for prep in preps:
        if prep.refs and prep.meaning in {"to"} and ref.kind == "knee" and prep.refs[0].kind in _TRUNK_FRONT:
            limb.upper.angle, limb.upper.raised = 125.0, True
            limb.upper.dirs = ("forward",)
            limb.bend = limb.bend or 125.0
            said = True
            continue
        if (
            prep.refs
            and prep.meaning == "to"
            and ref.kind in {"leg", "foot"}
            and prep.refs[0].kind in HEIGHTS
            and (prep.refs[0].group != "leg")
        ):
            limb.whole.angle, limb.whole.raised = _to_height(prep.refs[0].kind, length=LEG_M), True
            said = True
            continue
        found = contacts(sheet, ref, side=side, prep=prep, both=both)
        limb.contacts += [each for each in found if each not in limb.contacts and not predicate.negated]
        said = said or bool(found)
    for target in predicate.objects:
        found = contacts(sheet, ref, side=side, prep=Phrase("prep", 0, 0, "on", refs=(target,)), both=both)
        limb.contacts += found
        said = said or bool(found)
    _ = other
    return said


def _grounded(contacts_so_far: list[Element], element: Ground) -> None:
    """Put a height above the ground in the place of an earlier one."""
    contacts_so_far[:] = [
        each for each in contacts_so_far if not (isinstance(each, Ground) and each.part == element.part)
    ]
    contacts_so_far.append(element)


def _ground_spot(ref: Ref, side: Side) -> Spot:
    return cast(Spot, f"{side}_{ {'foot': 'sole', 'leg': 'sole', 'thigh': 'thigh'}.get(ref.kind, ref.kind) }")


def _bent(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    if ref.kind in {"ankle", "foot", "toes"}:
        return _ankle(sheet, ref, side=side, predicate=predicate)
    if ref.kind not in {"leg", "knee", "thigh", "shin"}:
        return False
    degrees = predicate.degrees()
    if meaning == "bend" or (degrees is not None and ref.kind == "knee" and meaning in {"be", "straighten"}):
        hips = any(each.kind == "hip" for prep in predicate.preps for each in prep.refs)
        value = steps("knee", predicate.amount) if degrees is None else degrees
        value = 0.0 if predicate.negated and degrees is None else value
        if hips:
            limb.upper.angle, limb.upper.dirs = value, ("forward",)
            return True
        value = sheet.within("knee", value, what=f"the {side} knee")
    elif meaning in {"straighten", "stretch"}:
        value = 30.0 if predicate.negated else {"almost": 15.0, "a_little": 20.0}.get(predicate.amount, 0.0)
    elif meaning == "tuck" or (meaning == "fold" and ref.kind == "leg"):
        value = 130.0
    else:
        return False
    if limb.firm and limb.bend is not None and abs(limb.bend - value) > 15.0:
        sheet.overruled(
            f"the {side} knee", ("bent" if limb.bend > 15 else "straight", "bent" if value > 15 else "straight")
        )
    limb.firm = ref.kind == "knee" or meaning == "bend"
    limb.bend = value
    return True


def _ankle(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    if meaning in {"pointed", "point", "stretch", "straighten"} and (
        not predicate.dirs or set(predicate.dirs) <= {"down"}
    ):
        limb.end_bend = -steps("ankle", predicate.amount or "much")
        return True
    if meaning == "bend":
        value = predicate.degrees()
        limb.end_bend = sheet.within(
            "ankle", steps("ankle", predicate.amount) if value is None else value, what=f"the {side} ankle"
        )
        return True
    if meaning in {"turned_out", "turned_in"} or (
        meaning in {"turn", "point"} and ("out" in predicate.dirs or "across" in predicate.dirs)
    ):
        out = meaning == "turned_out" or "out" in predicate.dirs
        limb.end = ("forward", "out" if out else "across")
        return True
    if meaning in {"point", "turn"} and predicate.dirs and ref.kind in {"foot", "toes"}:
        limb.end = arm_dirs(predicate, side)
        return True
    return False


def _aimed(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    if meaning in {"turned_out", "turned_in"} and ref.kind in {"leg", "foot", "toes", "knee"}:
        limb.end = ("forward", "out" if meaning == "turned_out" else "across")
        return True
    if ref.kind in {"ankle", "toes", "heel", "sole"} and not predicate.dirs:
        if ref.kind == "heel" and meaning in {"raise", "off_ground"} and not predicate.negated:
            if both:
                sheet.support_words.append("tiptoe")
            else:
                limb.contacts += [Ground(cast(Spot, f"{side}_heel"), 0.06), Ground(cast(Spot, f"{side}_toes"))]
            return True
        return False
    dirs = arm_dirs(predicate, side)
    if meaning in {"bend", "point", "turn"} and ref.kind in {"foot", "toes"}:
        return False
    if ref.kind in {"shin", "calf"}:
        limb.lower = dirs or {"vertical": ("down",), "horizontal": ("back",)}.get(meaning, ())
        return bool(limb.lower)
    if meaning == "bend" and dirs in {("back",), ("up", "back")}:
        return True
    if ref.kind == "knee" and meaning == "spread":
        return False
    if ref.kind in {"foot", "ankle", "toes", "heel", "sole"}:
        return _foot(sheet, ref, side=side, predicate=predicate, dirs=dirs, both=both)
    if ref.kind in {"knee", "thigh"}:
        return _knee(sheet, side=side, predicate=predicate, dirs=dirs)
    return _whole(sheet, side=side, predicate=predicate, dirs=dirs, both=both)


def _foot(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, dirs: tuple[str, ...], both: bool) -> bool:
    """A foot that steps stays on the ground; one that is lifted takes its leg along."""
    limb, meaning = sheet.legs[side], predicate.meaning
    if predicate.levels:
        other = "right" if side == "left" else "left"
        kind = predicate.levels[0].refs[0].kind
        limb.contacts.append(
            Place(cast(Spot, f"{side}_foot"), "level", cast(Spot, f"{other}_{kind}"))
            if kind in {"knee", "shin", "thigh", "hip", "ankle"}
            else Place(cast(Spot, f"{side}_foot"), "level", "belly")
        )
        return True
    if meaning in _LIFT or "up" in dirs:
        if predicate.negated:
            limb.contacts.append(Ground(cast(Spot, f"{side}_sole")))
            return True
        level = [each for each in dirs if each not in {"up", "down"}]
        if level:
            return _whole(sheet, side=side, predicate=predicate, dirs=dirs)
        if not any(isinstance(each, Ground) and each.above > 0 for each in limb.contacts):
            limb.contacts.append(
                Ground(
                    cast(Spot, f"{side}_sole"),
                    {"a_little": 0.08, "much": 0.45, "fully": 0.5}.get(predicate.amount, 0.2),
                )
            )
        return True
    if meaning in {"lower", "hang"}:
        limb.contacts.append(Ground(cast(Spot, f"{side}_sole")))
        return True
    return _stepped(sheet, side, dirs, predicate.amount) if dirs and not both else bool(dirs)


def _stepped(sheet: Sheet, side: Side, dirs: Sequence[str], amount: str) -> bool:
    other = "right" if side == "left" else "left"
    metres = {"a_little": 0.12, "much": 0.45, "fully": 0.5}.get(amount, _STEP_M)
    for each in dirs:
        relation = {"forward": "ahead", "back": "behind", "out": f"{side}_of", "across": f"{other}_of"}.get(each)
        if relation:
            away = metres + 0.1 if each == "out" else 0.05 if each == "across" else metres
            element = Place(cast(Spot, f"{side}_foot"), relation, cast(Spot, f"{other}_foot"), away)  # pyright: ignore
            limb = sheet.legs[side]
            limb.contacts = [
                old for old in limb.contacts if not (isinstance(old, Place) and _against(old, element))
            ] + [element]
    return True


def _against(old: Place, new: Place) -> bool:
    opposite = {"ahead": "behind", "behind": "ahead", "left_of": "right_of", "right_of": "left_of"}
    return old.part == new.part and old.relation in {new.relation, opposite.get(new.relation)}


def _knee(sheet: Sheet, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    """A knee that is lifted, in front if nothing else is said."""
    limb, meaning = sheet.legs[side], predicate.meaning
    level = tuple(each for each in dirs if each not in {"up", "down"})
    if any(each.kind in _TRUNK_FRONT for prep in predicate.preps for each in prep.refs) and limb.upper.raised:
        return True
    if predicate.levels:
        kind = predicate.levels[0].refs[0].kind
        angle = 90.0 if kind in {"hip", "pelvis"} else swing_to(HEIGHTS.get(kind, HIP_M), pivot=HIP_M, length=THIGH_M)
        angle = min(angle, 130.0) + {"above": 15.0, "below": -20.0}.get(predicate.levels[0].meaning, 0.0)
    elif meaning in _LIFT or "up" in dirs:
        angle = predicate.degrees() or steps("thigh", predicate.amount)
    elif meaning == "horizontal":
        angle = 90.0
    elif meaning in {"lower"}:
        limb.upper.angle, limb.upper.raised, limb.upper.dirs = None, False, ("down",)
        return True
    elif level and meaning in {"turn", "be", "open", "point"}:
        limb.others.append(
            Place(
                cast(Spot, f"{side}_knee"),
                f"{side}_of" if "out" in level else f"{'right' if side == 'left' else 'left'}_of",  # pyright: ignore
                cast(Spot, f"{side}_hip"),
                0.06,
            )
        ) if set(level) & {"out", "across"} else None
        if "forward" in level:
            limb.upper.dirs, limb.upper.angle = ("forward",), 35.0
        return True
    elif dirs:
        limb.upper.add(dirs, mention=sheet.mention)
        return True
    else:
        return False
    if predicate.negated:
        return True
    limb.upper.dirs, limb.upper.angle = (
        level or ("forward",),
        sheet.within("leg forward", angle, what=f"the {side} thigh"),
    )
    limb.upper.raised = True
    limb.bend = 90.0 if limb.bend is None else limb.bend
    return True


def _to_height(kind: str, *, length: float) -> float:
    return 90.0 if kind in {"hip", "pelvis"} else min(swing_to(HEIGHTS[kind], pivot=HIP_M, length=length), 130.0)


def _whole(sheet: Sheet, *, side: Side, predicate: Predicate, dirs: tuple[str, ...], both: bool = False) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    seated = {"sit", "ground", "lie"} & set(sheet.support_words)
    if (
        both
        and meaning in {"be", "straighten", "stretch", "point"}
        and (dirs == ("forward",) or (dirs == ("out",) and meaning == "stretch" and seated))
    ):
        limb.whole.dirs, limb.bend = ("forward",), 0.0
        if "sit" in sheet.support_words and sheet.seat is None:
            sheet.support_words.append("ground")
        return True
    if "lie" in sheet.support_words and dirs == ("up",) and not predicate.amount and predicate.degrees() is None:
        limb.whole.dirs = ("up",)
        return True
    lifted = meaning in _LIFT or "up" in dirs or meaning == "horizontal"
    level = [each for each in dirs if each not in {"up", "down"}]
    angle = predicate.degrees() if meaning != "bend" else None
    if predicate.levels:
        angle = _to_height(predicate.levels[0].refs[0].kind, length=LEG_M)
    if meaning in {"lower", "hang"} or dirs == ("down",) or (lifted and predicate.negated):
        sheet.overruled(
            f"the {side} leg", ("raised", "down") if limb.whole.is_said and "down" not in limb.whole.dirs else None
        )
        limb.whole.dirs, limb.whole.angle, limb.whole.raised = ("down",), None, False
        return True
    if not (dirs or lifted or angle is not None):
        return False
    if dirs in {("forward",), ("back",)} and not lifted and angle is None and meaning in {"be", "move", "put", "step"}:
        return _stepped(sheet, side, dirs, predicate.amount)
    toward = level[0] if level else "forward"
    if limb.whole.is_said and "down" in limb.whole.dirs:
        sheet.overruled(f"the {side} leg", ("down", "raised"))
    if angle is None and meaning == "horizontal":
        angle = 90.0
    if angle is None:
        angle = steps(
            f"leg {toward}"
            if f"leg {toward}" in {"leg forward", "leg out", "leg back", "leg across"}
            else "leg forward",
            "much" if "high" in predicate.dirs and not predicate.amount else predicate.amount,
        )
    limb.whole.dirs, limb.whole.angle, limb.whole.raised = tuple(level) or ("forward",), angle, lifted
    limb.whole.mention = sheet.mention
    return True


def leg_elements(sheet: Sheet, side: Side, *, kind: str | None) -> list[Element]:
    """What was said of a leg, as elements."""
    limb = sheet.legs[side]
    found: list[Element] = []
    bent = (limb.bend is not None and limb.bend > 20.0) or bool(limb.lower)
    if limb.whole.is_said:
        limb.whole.dirs = (
            tuple(each for each in limb.whole.dirs if each != "up") if len(limb.whole.dirs) > 1 else limb.whole.dirs
        )
        if kind in {"all_fours", "plank"} and limb.whole.dirs == ("back",):
            limb.whole.angle = None
        element = swung(sheet, limb.whole, f"{side}_{'thigh' if bent else 'leg'}", kind="leg")
        found.append(element)
    if limb.upper.is_said:
        found.append(swung(sheet, limb.upper, f"{side}_thigh", kind="leg"))
    if limb.lower:
        found.append(Point(cast(LimbName, f"{side}_shin"), cast("tuple[Direction, ...]", limb.lower)))
    if limb.bend is not None and not (limb.bend == 0.0 and limb.whole.is_said):
        found.append(Bend(f"{side}_knee", limb.bend))
    if limb.end_bend is not None:
        found.append(Bend(f"{side}_ankle", limb.end_bend))
    if limb.end:
        found.append(Point(f"{side}_foot", cast("tuple[Direction, ...]", limb.end)))
    return found + limb.contacts + limb.others


def is_lifted(elements: Sequence[Element], side: Side) -> bool:
    """Whether elements take a leg so far off the ground that the other has to carry the body."""
    for each in elements:
        match each:
            case Raise(limb=limb, degrees=degrees, toward=toward) if limb in {f"{side}_leg", f"{side}_thigh"}:
                if degrees >= (35.0 if toward != "back" else 25.0):
                    return True
            case Ground(part=part, above=above) if (
                part in {f"{side}_sole", f"{side}_foot", f"{side}_knee"} and above > 0.05
            ):
                return True
            case Touch(part=part, place=place) if part in {
                f"{side}_foot",
                f"{side}_sole",
                f"{side}_heel",
                f"{side}_toes",
            }:
                if place.rpartition("_")[2] in {"knee", "thigh", "calf", "shin", "buttock", "hand", "hip"}:
                    return True
            case _:
                pass
    return False
