"""What two arms or two legs do with each other: crossed, clasped, together, apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..language import Apart, Element, Place, Side, Touch
from .limits import APART
from .names import other_of, spot
from .phrases import SIDES, Phrase, Predicate, Ref
from .sheet import Sheet, Swing

_ARMS: Final = frozenset({"arm", "forearm"})
_BEFORE: Final = frozenset({"in_front", "on", "over", "at", "against", "across", "around", "to"})
_FRONT: Final = frozenset({"chest", "heart", "belly", "torso", "body", "waist"})
_FACE: Final = frozenset({"face", "head", "eye", "forehead", "mouth", "nose", "chin"})
_HANDS: Final = frozenset({"hand", "fingers"})
_JOINING: Final = frozenset({"clasp", "together", "each_other", "fold", "close", "touch"})
_LEGS: Final = frozenset({"leg", "knee", "thigh"})
_LAID: Final = frozenset({"be", "put", "hang", "swing", "lie", "move", "raise", "tuck", "keep", "hold"})
_TOGETHER: Final = frozenset({"together", "close", "each_other"})
_HANDS_APART: Final = {"shoulder": (0.36, 0.5), "hip": (0.28, 0.38)}
"""Metres."""


def arms(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what both arms do with each other; whether it was anything."""
    if predicate.meaning == "akimbo":
        for side in SIDES:
            set_contacts(sheet, side, [Touch(spot("hand", side), spot("hip", side))])
        return True
    if len(sides) != 2 or predicate.negated:
        return False
    if predicate.meaning in {"cross", "fold"} and (ref.kind in _ARMS or predicate.meaning == "cross"):
        return _crossed(sheet, ref, predicate)
    if _joins_hands(ref, predicate):
        _clasped(sheet, ref, predicate)
        return True
    if predicate.meaning in {"together", "each_other"} and ref.kind in {"elbow", "forearm"}:
        sheet.shared.append(Touch("left_elbow", "right_elbow"))
        return True
    return _hands_apart(sheet, ref, predicate)


def is_overhead(prep: Phrase) -> bool:
    """`above the head`."""
    return prep.meaning in {"above", "over"} and any(ref.kind in {"head", "head_top"} for ref in prep.refs)


def _crossed(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """Arms before the chest; wrists wherever the sentence puts them."""
    sheet.arms_crossed = True
    if ref.kind in _ARMS and _before_trunk(sheet, predicate):
        predicate.preps.clear()
    elif ref.kind in _ARMS and any(prep.meaning in _BEFORE and _kinds(prep) & _FACE for prep in predicate.preps):
        predicate.preps.clear()
        sheet.shared.append(Touch("left_wrist", "right_wrist"))
        for side in SIDES:
            wrist = spot("wrist", side)
            set_contacts(sheet, side, [Place(wrist, "ahead", "nose", 0.1), Place(wrist, "level", "nose")])
        return True
    elsewhere = any(is_overhead(prep) or prep.meaning == "behind" for prep in predicate.preps)
    if ref.kind in _HANDS and any(each.kind in {"chest", "heart"} for prep in predicate.preps for each in prep.refs):
        predicate.preps.clear()
        for side in SIDES:
            set_contacts(sheet, side, [Touch(spot("hand", side), spot("chest", other_of(side)))])
        return True
    if ref.kind not in _ARMS or elsewhere:
        sheet.shared.append(Touch("left_wrist", "right_wrist"))
        return ref.kind not in _ARMS or not any(map(is_overhead, predicate.preps))
    level = [each.kind for phrase in (*predicate.levels, *predicate.preps) for each in phrase.refs]
    place = "shoulder" if "shoulder" in level else "upper_arm"
    for side in SIDES:
        sheet.arms[side].whole = Swing()
        set_contacts(sheet, side, [Touch(spot("hand", side), spot(place, other_of(side)))])
    return True


def _kinds(prep: Phrase) -> set[str]:
    return {ref.kind for ref in prep.refs}


def _before_trunk(sheet: Sheet, predicate: Predicate) -> bool:
    """`in front of the chest`, `over the belly`: arms that are crossed are there anyhow, over the belly lower."""
    if not predicate.preps or not all(prep.meaning in _BEFORE and _kinds(prep) & _FRONT for prep in predicate.preps):
        return False
    if any(_kinds(prep) & {"belly", "waist"} for prep in predicate.preps):
        sheet.shared += [Place(spot("wrist", side), "below", "chest", 0.1) for side in SIDES]
    return True


def _joins_hands(ref: Ref, predicate: Predicate) -> bool:
    meaning, kind = predicate.meaning, ref.kind
    if meaning not in _JOINING or kind in {"elbow", *_ARMS} or (meaning == "close" and kind == "fist"):
        return False
    if meaning == "touch" and (predicate.objects or predicate.preps):
        return False
    return not (kind == "palm" and (predicate.dirs or meaning == "each_other"))


def _clasped(sheet: Sheet, ref: Ref, predicate: Predicate) -> None:
    sheet.shared.append(Touch("left_hand", "right_hand"))
    if ref.kind in _HANDS and "forward" in predicate.dirs:
        sheet.shared.append(Place("left_hand", "ahead", "belly", 0.1))
    if ref.kind in _HANDS and "back" in predicate.dirs:
        for side in SIDES:
            set_contacts(sheet, side, [Touch(spot("hand", side), "lower_back")])
    sheet.pairs.pop("hand", None)


def _hands_apart(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    metres = predicate.metres()
    if ref.kind not in {"hand", "elbow", "palm", "fist"}:
        return False
    if predicate.widths:
        low, high = _HANDS_APART[predicate.widths[0]]
    elif metres is not None and (predicate.meaning == "spread" or _is_only_length(predicate)):
        metres = sheet.within("apart", metres, what="the hands")
        low, high = round(max(metres - 0.03, 0.0), 3), round(metres + 0.03, 3)
    else:
        return False
    name = "elbow" if ref.kind == "elbow" else "hand"
    sheet.pairs[name] = Apart(spot(name, "left"), spot(name, "right"), low, high)
    return True


def _is_only_length(predicate: Predicate) -> bool:
    """`hands twice shoulder width apart`."""
    return predicate.meaning == "be" and not (predicate.dirs or predicate.preps or predicate.levels)


def set_contacts(sheet: Sheet, side: Side, found: Sequence[Element]) -> None:
    """What an arm is in contact with; earlier contacts that cannot hold as well are given up."""
    limb = sheet.arms[side]
    if limb.contacts and not any(_go_together(old, new) for old in limb.contacts for new in found):
        limb.contacts = []
    limb.contacts.extend(each for each in found if each not in limb.contacts)


def _go_together(old: Element, new: Element) -> bool:
    """Whether both can hold: places relative to several parts, or touches of several parts of the arm."""
    if isinstance(old, Place) and isinstance(new, Place):
        return old.relation != new.relation
    if isinstance(old, Touch) and isinstance(new, Touch):
        return old.part.rpartition("_")[2] != new.part.rpartition("_")[2]
    return False


def legs(sheet: Sheet, ref: Ref, *, sides: Sequence[Side], predicate: Predicate) -> bool:
    """Take what both legs do with each other; whether it was anything."""
    meaning = predicate.meaning
    if meaning in {"cross", "fold"} and (len(sides) == 2 or predicate.preps):
        if not predicate.negated:
            at = {each.kind for prep in predicate.preps if prep.meaning in {"at", "in"} for each in prep.refs}
            sheet.legs_crossed = "ankle" if {ref.kind, *at} & {"ankle", "foot"} else "knee"
            sheet.leg_over = sides[0] if len(sides) == 1 else "right"
        return True
    if _is_over(ref, predicate, one=len(sides) == 1):
        sheet.legs_crossed, sheet.leg_over = "knee", sides[0]
        return True
    if len(sides) != 2:
        return False
    name = "knee" if ref.kind in {"knee", "thigh"} else "ankle"
    if (meaning in _TOGETHER and not predicate.negated) or (meaning == "spread" and predicate.negated):
        if ref.kind == "sole":
            sheet.shared.append(Touch("left_sole", "right_sole"))
            return True
        low, high = APART["together"]
        _set_apart(sheet, name, low, high + (0.03 if name == "knee" else 0.0))
        return True
    return _spread(sheet, name, predicate)


def _is_over(ref: Ref, predicate: Predicate, *, one: bool) -> bool:
    """`one leg over the other`; a foot on a knee is only there."""
    if not one or ref.kind not in _LEGS or predicate.negated or predicate.meaning not in _LAID:
        return False
    over = [prep for prep in predicate.preps if prep.meaning in {"over", "on", "across"} and prep.refs]
    return any(all(each.kind in _LEGS for each in prep.refs) for prep in over)


def _spread(sheet: Sheet, name: str, predicate: Predicate) -> bool:
    metres, meaning = predicate.metres(), predicate.meaning
    aside = meaning in {"be", "stretch", "straighten"} and "side" in predicate.dirs
    measured = metres is not None and meaning in {"be", "stand", "spread"}
    if not (predicate.widths or measured or meaning in {"spread", "open"} or aside):
        return False
    if predicate.widths:
        low, high = APART[predicate.widths[0]]
    elif metres is not None:
        metres = sheet.within("apart", metres, what="the feet")
        low, high = round(max(metres - 0.04, 0.0), 3), round(metres + 0.04, 3)
    else:
        low, high = APART.get(predicate.amount, APART["some"])
    if name == "knee":
        low, high = 0.7 * low, 0.9 * high
    _set_apart(sheet, name, low, high)
    return True


def _set_apart(sheet: Sheet, name: str, low: float, high: float) -> None:  # noqa: PLR0917
    before = sheet.pairs.get(name)
    if before is not None and before.least > high:
        sheet.overruled("the legs", ("apart", "together"))
    elif before is not None and before.most < low:
        sheet.overruled("the legs", ("together", "apart"))
    sheet.pairs[name] = Apart(spot(name, "left"), spot(name, "right"), low, high)
