"""Clauses to what they say of the body."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

from ..language import Side
from . import arms, legs
from .agents import with_agents
from .body import turning, whole_body
from .contact import real_sides
from .edits import change, is_relative
from .head import head
from .mirrors import mirror
from .phrases import ARM_KINDS, HEAD_KINDS, LEG_KINDS, USUAL, Clause, Phrase, Predicate, Ref
from .sheet import Sheet
from .stance import STANCES, stance
from .trunk import hips, shoulders, trunk, weight
from .unused import unused

_LYING_ON: Final = frozenset({"back", "belly", "chest", "upper_back"})


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
    said = clause.facing is not None or clause.pose is not None
    if not clause.predicates and clause.subjects and not said:
        sheet.unsaid.append((clause, None))
    for predicate in clause.predicates:
        told = _taken(sheet, clause, predicate)
        said = said or told
    if clause.imperative:
        sheet.commands += said
    return said


def _taken(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Take a predicate in, and keep what of it said nothing."""
    qualified = predicate.preps or predicate.levels or predicate.measures or {"left", "right"} & set(predicate.dirs)
    before = copy.deepcopy((sheet, clause, predicate)) if qualified else None
    notes = len(sheet.notes)
    told = _predicate(sheet, clause, predicate)
    if not told and len(sheet.notes) == notes:
        sheet.unsaid.append((clause, predicate))
    if told and before is not None:
        left = unused(before[0], before[1], before[2], after=sheet, take=_predicate)
        sheet.unused += [(each, predicate) for each in left]
    return told


def _predicate(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    if mirror(sheet, clause, predicate):
        return True
    if is_relative(sheet, clause, predicate):
        return change(sheet, clause, predicate)
    predicate, said = with_agents(sheet, clause, predicate)
    for ref in clause.subjects:
        said = _of_part(sheet, ref, predicate) or said
    if not clause.subjects or (not said and predicate.meaning in STANCES and not _limb_lies(clause, predicate)):
        return whole_body(sheet, clause, predicate)
    return said


def _limb_lies(clause: Clause, predicate: Predicate) -> bool:
    """Whether a hand lies somewhere, and not the body."""
    first = bool(clause.predicates) and predicate.meaning == "lie" and clause.predicates[0].meaning == "lie"
    return first and clause.explicit and all(ref.group in {"arm", "head"} for ref in clause.subjects)


def _of_part(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """Hand a predicate to what knows the part."""
    if ref.kind in ARM_KINDS:
        return arms.arm(sheet, ref, sides=_sides(sheet, ref), predicate=predicate)
    if ref.kind in LEG_KINDS:
        return _leg(sheet, ref, predicate)
    if ref.kind in HEAD_KINDS:
        return head(sheet, ref, predicate=predicate)
    if ref.kind in {"hip", "pelvis", "bottom", "buttock"}:
        return hips(sheet, ref, predicate=predicate) or _lying_on(sheet, ref, predicate)
    if ref.kind in {"weight", "shoulder"}:
        return (
            weight(sheet, predicate=predicate) if ref.kind == "weight" else shoulders(sheet, ref, predicate=predicate)
        )
    return _trunk(sheet, ref, predicate)


def _trunk(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    turns = ref.kind == "body" and predicate.meaning in {"turn", "face", "twist"}
    if turns and turning(sheet, None, predicate):
        return True
    if ref.kind in {"body", "torso"} and predicate.meaning in STANCES:
        return stance(sheet, predicate, instruments=[])
    return trunk(sheet, ref, predicate=predicate) or _lying_on(sheet, ref, predicate)


def _sides(sheet: Sheet, ref: Ref) -> tuple[Side, ...]:
    """The sides of a limb; where the sentence leaves them open, those of that limb that were last spoken of."""
    sides = real_sides(sheet, ref.sides)
    sheet.has_front = sheet.has_front or bool({"front", "rear"} & set(ref.sides) and ref.group == "leg")
    if sides:
        sheet.last_sides[ref.group] = sides
    return sides or sheet.last_sides.get(ref.group, USUAL)


def _leg(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    sides, meaning = _sides(sheet, ref), predicate.meaning
    if meaning == "tiptoe":
        sheet.support_words.append("tiptoe")
        return True
    if meaning in STANCES and meaning != "airborne":
        predicate.preps.append(Phrase("prep", 0, 0, "on", refs=(ref,)))
        return stance(sheet, predicate, instruments=[])
    if ref.kind in {"knee", "shin"} and meaning == "on_ground" and not predicate.negated:
        sheet.carriers.append((ref.kind, sides))
        return True
    return legs.leg(sheet, ref, sides=sides, predicate=predicate)


def _lying_on(sheet: Sheet, ref: Ref, predicate: Predicate) -> bool:
    """`chest on the ground` says how the body lies."""
    if predicate.meaning != "on_ground" or ref.kind not in _LYING_ON:
        return False
    sheet.carriers.append((ref.kind, ()))
    return True
