"""Clauses to what they say of the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from ..language import Element, Ground, Place, Point, Side, Spot, Touch
from . import arms, feet, legs, middle, pairs
from .contact import real_sides
from .directions import of_limb
from .edits import change, is_relative, mirror
from .limits import steps
from .phrases import ARM_KINDS, HEAD_KINDS, LEG_KINDS, SIDES, Clause, Phrase, Predicate, Ref
from .sheet import Sheet
from .stance import STANCES, stance

_TRUNK_VERBS = frozenset({"lean", "bow", "arch", "hunch", "twist", "upright", "bend", "horizontal"})
_HAND_VERBS = frozenset({"touch", "hold", "hug", "cover", "support"})


def interpret(sheet: Sheet, clauses: Sequence[Clause]) -> list[Clause]:
    """Take what clauses say into the sheet.

    Returns:
        Those that said nothing of a body.
    """
    empty: list[Clause] = []
    for clause in clauses:
        if clause.explicit or not clause.subjects:
            sheet.mention += 1
        if not _clause(sheet, clause):
            empty.append(clause)
    return empty


def _clause(sheet: Sheet, clause: Clause) -> bool:
    if clause.facing is not None:
        sheet.face = clause.facing
        sheet.statements += 1
    said = clause.facing is not None or clause.pose is not None
    for predicate in clause.predicates:
        said = _predicate(sheet, clause, predicate) or said
    if clause.imperative:
        sheet.commands += said
    else:
        sheet.statements += said
    return said


def _predicate(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    if predicate.meaning in {"mirror", "make", "be", "symmetric", "copy"} and mirror(sheet, clause, predicate):
        return True
    if is_relative(sheet, clause, predicate):
        return change(sheet, clause, predicate)
    if not clause.subjects:
        return _whole_body(sheet, clause, predicate)
    said = False
    for ref in clause.subjects:
        said = _of_part(sheet, ref, predicate) or said
    if not said and predicate.meaning in STANCES:
        return _whole_body(sheet, clause, predicate)
    return said


def _of_part(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    sides = _sides(sheet, ref)
    if ref.kind in ARM_KINDS:
        return arms.arm(sheet, ref, sides=sides, predicate=predicate)
    if ref.kind in LEG_KINDS:
        return _legs(sheet, ref, sides, predicate)
    if ref.kind == "weight":
        return middle.weight(sheet, predicate=predicate)
    if ref.kind == "shoulder":
        return middle.shoulders(sheet, ref, predicate=predicate)
    if ref.kind in HEAD_KINDS:
        return middle.head(sheet, ref, predicate=predicate)
    if ref.kind in {"hip", "pelvis", "bottom", "buttock"}:
        return middle.hips(sheet, ref, predicate=predicate) or _on_ground(sheet, ref, predicate)
    if ref.kind == "body" and predicate.meaning in {"turn", "face", "twist"}:
        return _turning(sheet, predicate) or middle.trunk(sheet, ref, predicate=predicate)
    if ref.kind in {"body", "torso"} and predicate.meaning in STANCES:
        return stance(sheet, predicate, instruments=[])
    return middle.trunk(sheet, ref, predicate=predicate) or _on_ground(sheet, ref, predicate)


def _sides(sheet: Sheet, ref: Ref) -> tuple[Side, ...]:
    """The sides of a limb; where the sentence leaves them open, those of that limb that were last spoken of."""
    sides = real_sides(sheet, ref.sides)
    if ref.group not in {"arm", "leg"}:
        return sides
    if sides:
        sheet.last_sides[ref.group] = sides
        return sides
    return sheet.last_sides.get(ref.group, ("right",))


def _legs(sheet: Sheet, ref: Ref, sides: tuple[Side, ...], predicate: Predicate) -> bool:
    if predicate.meaning in STANCES and predicate.meaning not in {"tiptoe", "airborne"}:
        phrase = Phrase("prep", 0, 0, "on", refs=(ref,))
        predicate.preps.append(phrase)
        return stance(sheet, predicate, instruments=[])
    if predicate.meaning == "tiptoe":
        sheet.support_words.append("tiptoe")
        return True
    if ref.kind in {"knee", "shin"} and predicate.meaning == "on_ground" and not predicate.negated:
        sheet.carriers.append((ref.kind, sides or ("right",)))
        return True
    return legs.leg(sheet, ref, sides=sides or ("right",), predicate=predicate)


def _on_ground(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    if predicate.meaning == "on_ground" and ref.kind in {"back", "belly", "chest", "upper_back"}:
        sheet.carriers.append((ref.kind, ()))
        return True
    return False


def _whole_body(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Verbs without a part: what carries the body, trunk, head, hands that touch, arms that reach."""
    meaning = predicate.meaning
    if meaning in _HAND_VERBS:
        return _with_hands(sheet, clause, predicate)
    if meaning in {"point", "reach", "stretch"} and not clause.subjects:
        return _reaching(sheet, clause, predicate)
    if meaning in {"look", "nod"}:
        return middle.head(sheet, Ref("gaze" if meaning == "look" else "head"), predicate=predicate)
    if meaning == "step":
        return _stepping(sheet, clause, predicate)
    if meaning in {"turn", "face"}:
        return _turning(sheet, predicate)
    if meaning == "shrug":
        return middle.shoulders(sheet, Ref("shoulder", ("left", "right")), predicate=predicate)
    if meaning in {"spread", "close", "open"} and clause.imperative:
        return False
    said = stance(sheet, predicate, instruments=clause.instruments)
    if meaning in _TRUNK_VERBS:
        said = middle.trunk(sheet, Ref("torso"), predicate=predicate) or said
        said = _leaning_on(sheet, predicate) or said
    elif meaning == "straighten" and clause.imperative:
        said = middle.trunk(sheet, Ref("torso"), predicate=predicate) or said
    elif meaning in {"stand", "sit", "kneel"} and predicate.dirs and set(predicate.dirs) <= {"up"}:
        said = True
    if (
        meaning in {"stand", "sit", "kneel"}
        and (predicate.widths or predicate.metres() is not None)
        and meaning == "stand"
    ):
        pairs.legs(sheet, Ref("foot", ("left", "right"), plural=True), sides=("left", "right"), predicate=predicate)
    return said


def _leaning_on(sheet: Sheet, predicate: Predicate) -> bool:
    """`leaning on the left elbow` carries; `leaning against a wall` leans back a little."""
    said = False
    for prep in predicate.preps:
        if prep.place == "table":
            sheet.trunk.setdefault("forward", 22.0)
            for side in SIDES:
                sheet.arms[side].others.append(Place(f"{side}_hand", "ahead", "belly", 0.2))
            said = True
        if prep.place == "wall":
            sheet.trunk.setdefault("forward", -10.0)
            said = True
        for ref in prep.refs:
            if ref.kind in {"hand", "palm"} and {"sit", "ground"} & set(sheet.support_words):
                for side in real_sides(sheet, ref.sides) or ("right",):
                    sheet.arms[side].contacts.append(Ground(f"{side}_hand"))
            said = said or ref.kind in {"elbow", "forearm", "hand", "palm"}
    return said


def _with_hands(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """`touching the toes`, `holding the left knee with both hands`."""
    hands = [ref for ref in clause.instruments if ref.kind in ARM_KINDS] or [
        Ref("hand", ("left", "right"), plural=True)
    ]
    if not predicate.objects and not predicate.preps:
        return False
    if not clause.instruments and predicate.objects and predicate.meaning != "hug":
        target = predicate.objects[0]
        single = predicate.meaning in {"touch", "support"} and not target.plural and target.kind not in {"face", "head"}
        if single:
            side = real_sides(sheet, target.sides)
            hands = [Ref("hand", side if len(side) == 1 and target.kind not in {"shoulder", "elbow"} else ("right",))]
    said = False
    for ref in hands:
        said = arms.arm(sheet, ref, sides=real_sides(sheet, ref.sides) or ("right",), predicate=predicate) or said
    return said


def _reaching(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """`pointing up with the right hand`, `reaching forward`: a straight arm."""
    refs = [ref for ref in clause.instruments if ref.kind in ARM_KINDS]
    sides = tuple(dict.fromkeys(side for ref in refs for side in real_sides(sheet, ref.sides)))
    both = bool(refs) and any(ref.plural for ref in refs)
    if not sides:
        named = {"left", "right"} & set(predicate.dirs)
        sides = ("left", "right") if both else cast("tuple[Side, ...]", tuple(named)) if len(named) == 1 else ("right",)
    if not predicate.dirs and not predicate.preps and not predicate.levels and predicate.meaning == "stretch":
        return False
    if not predicate.dirs and not predicate.levels:
        predicate.dirs.append("forward")
    ref = Ref("arm", sides)
    for side in sides:
        sheet.arms[side].bend = 0.0
    return arms.arm(sheet, ref, sides=sides, predicate=predicate)


def _stepping(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    refs = [ref for ref in clause.instruments if ref.group == "leg"]
    sides = [side for ref in refs for side in real_sides(sheet, ref.sides)]
    named = [each for each in predicate.dirs if each in {"left", "right"}]
    side = cast(Side, sides[0] if sides else named[0] if named else "right")
    dirs = of_limb(predicate, side) or ("forward",)
    return feet.stepped(sheet, side, dirs=dirs, amount=predicate.amount)


def _turning(sheet: Sheet, predicate: Predicate) -> bool:
    """The whole body turns on the spot."""
    degrees = predicate.degrees()
    dirs = set(predicate.dirs)
    if "back" in dirs or "away" in dirs:
        sheet.face = 180.0
        return True
    if not dirs & {"left", "right"} and degrees is None:
        if "forward" in dirs:
            sheet.face = 0.0
        return "forward" in dirs
    value = steps("face", predicate.amount) if degrees is None else degrees % 360.0
    if degrees is not None and abs(degrees) > 360.0:
        sheet.note(f"{degrees:.5g} degrees are more than a whole turn: {value:.0f} degrees are taken.")
    sheet.face = -value if "right" in dirs else value
    return True


def touching(one: Spot, other: Spot) -> Element:
    """A touch."""
    return Touch(one, other)


__all__ = ["Place", "Point", "interpret", "touching"]
