"""What is said of legs, thighs, knees and shins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..language import Element, Ground, Place, Raise, Side, Touch
from . import feet, pairs
from .arms import settle_bend
from .contact import contacts
from .directions import of_limb
from .limits import HEIGHTS, HIP_M, LEG_M, THIGH_M, steps, swing_to
from .names import other_of, side_relation, spot
from .phrases import Phrase, Predicate, Ref
from .sheet import Sheet

_TRUNK_FRONT: Final = frozenset({"chest", "belly", "chin"})
_NO_CONTACT: Final = frozenset({"toward", "like", "of", "from", "off", "for", "over"})
_NEARLY_STRAIGHT: Final = {"almost": 15.0, "a_little": 20.0}
_TUCKED_DEG, _TO_CHEST_DEG, _MOST_DEG = 130.0, 125.0, 130.0
_LIFTED_DEG: Final = {"forward": 25.0, "out": 25.0, "across": 25.0, "back": 20.0}
"""From here on a leg is off the ground."""
_REAR: Final = frozenset({"torso", "body", "back", "bottom", "hip", "pelvis"})
_RESTS: Final = frozenset({"knee", "thigh", "calf", "shin", "buttock", "hand", "hip"})


def leg(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what a predicate says of parts of one or both legs; whether it said anything."""
    if predicate.meaning == "outstretch":
        predicate = replace(predicate, meaning="stretch")
    if predicate.dangling and not predicate.negated:
        sheet.dangling.update(sides)
        predicate = predicate if ref.kind in feet.FOOT_KINDS else replace(predicate, meaning="hang")
    predicate = _behind_body(ref, predicate)
    said, both = pairs.legs(sheet, ref, sides=sides, predicate=predicate), len(sides) == 2
    if said and not both and predicate.meaning not in {"cross", "fold"}:
        return True
    for side in sides:
        said = _contacts(sheet, ref, side=side, predicate=predicate, both=both) or said
        said = _bent(sheet, ref, side=side, predicate=predicate) or said
        if not (said and predicate.meaning in {"cross", "spread", "together", "close"}):
            said = _aimed(sheet, ref, side=side, predicate=predicate, both=both) or said
    return said


def _behind_body(ref: Ref, predicate: Predicate) -> Predicate:
    """`left leg lifted behind the body` is backwards."""
    if ref.kind not in {"leg", "foot", "thigh"}:
        return predicate
    kept = [
        prep for prep in predicate.preps
        if prep.meaning != "behind" or not any(each.kind in _REAR for each in prep.refs)
    ]  # fmt: skip
    if len(kept) == len(predicate.preps):
        return predicate
    return replace(predicate, preps=kept, dirs=[*predicate.dirs, "back"])


def _contacts(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    if feet.on_ground(sheet, ref, side=side, predicate=predicate, both=both):
        return True
    limb, said = sheet.legs[side], False
    phrases = [prep for prep in predicate.preps if prep.meaning not in _NO_CONTACT and not _names_joint(prep)]
    phrases += [Phrase("prep", 0, 0, "on", refs=(target,)) for target in predicate.objects]
    for prep in phrases:
        if _raised_to(sheet, ref, side=side, prep=prep):
            said = True
            continue
        found = contacts(sheet, ref, side=side, prep=prep, both=both)
        limb.contacts += [each for each in found if each not in limb.contacts and not predicate.negated]
        said = said or bool(found)
    return said


def _names_joint(prep: Phrase) -> bool:
    """`bent at the knee` names the joint, not a place."""
    return prep.meaning in {"at", "in"} and any(ref.kind in {"knee", "hip", "ankle"} for ref in prep.refs)


def _raised_to(sheet: Sheet, ref: Ref, *, side: Side, prep: Phrase) -> bool:
    """`knee to the chest`, `leg up to the hip`: how far a leg is raised."""
    if prep.meaning != "to" or not prep.refs:
        return False
    limb, target = sheet.legs[side], prep.refs[0]
    if ref.kind == "knee" and target.kind in _TRUNK_FRONT:
        limb.upper.dirs, limb.upper.angle, limb.upper.raised = ("forward",), _TO_CHEST_DEG, True
        limb.bend = limb.bend or _TO_CHEST_DEG
        return True
    if ref.kind in {"leg", "foot"} and target.kind in HEIGHTS and target.group != "leg":
        limb.whole.angle, limb.whole.raised = _to_height(target.kind), True
        return True
    return False


def _bent(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    if ref.kind in {"ankle", "foot", "toes"}:
        return feet.turned(sheet, ref, side=side, predicate=predicate)
    if ref.kind not in {"leg", "knee", "thigh", "shin"}:
        return False
    value = _degrees(sheet, ref, side=side, predicate=predicate)
    if value is None:
        return False
    if meaning == "bend" and any(each.kind == "hip" for prep in predicate.preps for each in prep.refs):
        limb.upper.angle, limb.upper.dirs = value, ("forward",)
        return True
    settle_bend(sheet, limb, value, what=f"the {side} knee", stretched=meaning == "stretch")
    limb.firm = ref.kind == "knee" or meaning in {"bend", "straighten"}
    return True


def _degrees(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate) -> float | None:
    """How far a knee is said to be bent; None if it is not."""
    meaning = predicate.meaning
    told = meaning == "bend" or (ref.kind == "knee" and meaning in {"be", "straighten", "stretch"})
    degrees = predicate.degrees() if told else None
    if degrees is not None:
        return sheet.within("knee", degrees, what=f"the {side} knee")
    if meaning == "bend":
        return 0.0 if predicate.negated else steps("knee", predicate.amount)
    if meaning == "tuck" or (meaning == "fold" and ref.kind == "leg"):
        return _TUCKED_DEG
    if meaning not in {"straighten", "stretch"}:
        return None
    return steps("knee", "a_little") if predicate.negated else _NEARLY_STRAIGHT.get(predicate.amount, 0.0)


def _aimed(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    limb, meaning = sheet.legs[side], predicate.meaning
    dirs = of_limb(predicate, side)
    if meaning in {"turned_out", "turned_in"} and ref.kind in {"leg", "foot", "toes", "knee"}:
        limb.end = ("forward", "out" if meaning == "turned_out" else "across")
        return True
    if ref.kind in feet.FOOT_KINDS:
        return _foot(sheet, ref, side=side, predicate=predicate, both=both)
    if ref.kind in {"shin", "calf"}:
        limb.lower = dirs or {"vertical": ("down",), "hang": ("down",), "horizontal": ("back",)}.get(meaning, ())
        return bool(limb.lower)
    if meaning == "bend" and dirs in {("back",), ("up", "back")}:
        return True
    if ref.kind in {"knee", "thigh"}:
        return meaning != "spread" and _knee(sheet, side=side, predicate=predicate, dirs=dirs)
    return _whole(sheet, side=side, predicate=predicate, both=both)


def _foot(sheet: Sheet, ref: Ref, *, side: Side, predicate: Predicate, both: bool) -> bool:
    dirs = of_limb(predicate, side)
    up = set(predicate.dirs) == {"up"} and predicate.meaning in {"be", "raise", "move", "off_ground"}
    if ref.kind in {"heel", "toes"} and up and not predicate.negated and not predicate.levels:
        return feet.heel_raised(sheet, side, both=both) if ref.kind == "heel" else feet.toes_raised(sheet, side)
    if ref.kind in {"ankle", "toes", "heel", "sole"} and not predicate.dirs:
        lifted = ref.kind == "heel" and predicate.meaning in {"raise", "off_ground"} and not predicate.negated
        return lifted and feet.heel_raised(sheet, side, both=both)
    if predicate.meaning in {"bend", "point", "turn"} and ref.kind in {"foot", "toes"}:
        return False
    aside = [each for each in dirs if each not in {"up", "down"}]
    if aside and feet.is_lift(predicate, dirs) and not predicate.negated and not predicate.levels:
        return _whole(sheet, side=side, predicate=predicate, both=both)
    return feet.moved(sheet, side=side, predicate=predicate, dirs=dirs, both=both)


def _knee(sheet: Sheet, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    """A knee that is lifted, in front if nothing else is said."""
    limb = sheet.legs[side]
    aside = tuple(each for each in dirs if each not in {"up", "down"})
    if limb.upper.raised and any(each.kind in _TRUNK_FRONT for prep in predicate.preps for each in prep.refs):
        return True
    angle = _knee_angle(predicate, dirs)
    if angle is None:
        return _knee_aside(sheet, side=side, predicate=predicate, dirs=dirs)
    if not predicate.negated:
        limb.upper.dirs, limb.upper.raised = aside or ("forward",), True
        limb.upper.angle = sheet.within("leg forward", angle, what=f"the {side} thigh")
        limb.bend = 90.0 if limb.bend is None else limb.bend
    return True


def _knee_angle(predicate: Predicate, dirs: Sequence[str]) -> float | None:
    """Degrees that a thigh is raised, where a predicate lifts it."""
    if predicate.levels:
        level = predicate.levels[0]
        kind = level.refs[0].kind
        hip = kind in {"hip", "pelvis"}
        angle = 90.0 if hip else swing_to(HEIGHTS.get(kind, HIP_M), pivot=HIP_M, length=THIGH_M)
        return min(angle, _MOST_DEG) + {"above": 15.0, "below": -20.0}.get(level.meaning, 0.0)
    if feet.is_lift(predicate, dirs):
        return predicate.degrees() or steps("thigh", predicate.amount)
    return 90.0 if predicate.meaning == "horizontal" else None


def _knee_aside(sheet: Sheet, *, side: Side, predicate: Predicate, dirs: tuple[str, ...]) -> bool:
    """A knee that points somewhere and is not lifted."""
    limb, aside = sheet.legs[side], set(dirs) - {"up", "down"}
    if predicate.meaning == "lower":
        limb.upper.angle, limb.upper.raised, limb.upper.dirs = None, False, ("down",)
        return True
    if not aside or predicate.meaning not in {"turn", "be", "open", "point"}:
        if dirs:
            limb.upper.add(dirs, mention=sheet.mention)
        return bool(dirs)
    if aside & {"out", "across"}:
        toward = side if "out" in aside else other_of(side)
        limb.others.append(Place(spot("knee", side), side_relation(toward), spot("hip", side), 0.06))
    if "back" in aside:
        limb.upper.dirs, limb.upper.angle = ("back",), steps("leg back", predicate.amount)
    if "forward" in aside:
        limb.upper.dirs, limb.upper.angle = ("forward",), 35.0
    return True


def _to_height(kind: str) -> float:
    return 90.0 if kind in {"hip", "pelvis"} else min(swing_to(HEIGHTS[kind], pivot=HIP_M, length=LEG_M), _MOST_DEG)


def _whole(sheet: Sheet, *, side: Side, predicate: Predicate, both: bool) -> bool:
    """A leg as a whole."""
    limb, dirs, meaning = sheet.legs[side], of_limb(predicate, side), predicate.meaning
    if _stretched_out(sheet, side=side, predicate=predicate, both=both):
        return True
    lifted = feet.is_lift(predicate, dirs) or meaning == "horizontal"
    if meaning in {"lower", "hang"} or dirs == ("down",) or (lifted and predicate.negated):
        _lower(sheet, side)
        return True
    angle = _leg_angle(predicate)
    if not (dirs or lifted or angle is not None):
        return False
    if dirs in {("forward",), ("back",)} and not lifted and angle is None and meaning in {"be", "move", "put", "step"}:
        return feet.stepped(sheet, side, dirs=dirs, amount=predicate.amount)
    if limb.whole.is_said and "down" in limb.whole.dirs:
        sheet.overruled(f"the {side} leg", ("down", "raised"))
    aside = tuple(each for each in dirs if each not in {"up", "down"})
    before = tuple(each for each in limb.whole.dirs if each not in {"up", "down"})
    if not aside and angle is None and lifted and before and before != ("forward",):
        limb.whole.raised = True
        return True
    if not aside and angle is None and lifted and (behind := _step_behind(limb.contacts, side)) is not None:
        limb.contacts.remove(behind)
        aside = ("back",)
    amount = "much" if "high" in predicate.dirs and not predicate.amount else predicate.amount
    toward = aside[0] if aside else "forward"
    limb.whole.dirs, limb.whole.raised, limb.whole.mention = aside or ("forward",), lifted, sheet.mention
    limb.whole.angle = steps(f"leg {toward}", amount) if angle is None else angle
    return True


def _step_behind(contacts: Sequence[Element], side: Side) -> Element | None:
    """That the foot is a step behind, which it no longer is once the leg is lifted: `leg behind, off the ground`."""
    return next(
        (
            each
            for each in contacts
            if isinstance(each, Place) and (each.part, each.relation) == (f"{side}_foot", "behind")
        ),
        None,
    )


def _leg_angle(predicate: Predicate) -> float | None:
    if predicate.levels:
        kind = predicate.levels[0].refs[0].kind
        return _to_height(kind) if kind in HEIGHTS else None
    degrees = predicate.degrees() if predicate.meaning != "bend" else None
    return 90.0 if degrees is None and predicate.meaning == "horizontal" else degrees


def _stretched_out(sheet: Sheet, *, side: Side, predicate: Predicate, both: bool) -> bool:
    """Both legs straight in front of somebody who sits, or up from somebody who lies."""
    limb, dirs, words = sheet.legs[side], of_limb(predicate, side), set(sheet.support_words)
    seated = bool({"sit", "ground", "lie"} & words)
    stretched = predicate.meaning == "stretch"
    ahead = dirs == ("forward",) or (dirs == ("out",) and stretched and seated)
    ahead = ahead or (stretched and not dirs and bool({"sit", "ground"} & words) and "lie" not in words)
    if both and ahead and predicate.meaning in {"be", "straighten", "stretch", "point"}:
        limb.whole.dirs, limb.bend = ("forward",), 0.0
        if "sit" in words and sheet.seat is None:
            sheet.support_words.append("ground")
        return True
    if "lie" in words and dirs == ("up",) and not predicate.amount and predicate.degrees() is None:
        limb.whole.dirs = ("up",)
        return True
    return False


def _lower(sheet: Sheet, side: Side) -> None:
    whole = sheet.legs[side].whole
    if whole.is_said and "down" not in whole.dirs:
        sheet.overruled(f"the {side} leg", ("raised", "down"))
    whole.dirs, whole.angle, whole.raised = ("down",), None, False


def is_lifted(elements: Sequence[Element], side: Side) -> bool:
    """Whether elements take a leg so far off the ground that the other has to carry the body."""
    return any(_lifts(each, side) for each in elements)


def _lifts(element: Element, side: Side) -> bool:
    match element:
        case Raise(limb=limb, degrees=degrees, toward=toward):
            return limb in {f"{side}_leg", f"{side}_thigh"} and degrees >= _LIFTED_DEG[toward]
        case Ground(part=part, above=above):
            return part in {f"{side}_sole", f"{side}_foot", f"{side}_knee"} and above > 0.05
        case Touch(part=part, place=place):
            ends = {f"{side}_{end}" for end in ("foot", "sole", "heel", "toes")}
            return part in ends and place.rpartition("_")[2] in _RESTS
        case _:
            return False
