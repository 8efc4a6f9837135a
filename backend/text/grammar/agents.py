"""What hands do to a part that is spoken of first: `right knee hugged with both hands`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from . import arms
from .contact import real_sides
from .phrases import ARM_KINDS, USUAL, Clause, Phrase, Predicate, Ref
from .sheet import Sheet
from .verb_kinds import TARGET

_BOTH_HANDS: Final = Ref("hand", ("left", "right"), plural=True)
_DO_IT: Final = frozenset({"hand", "fist", "fingers", "palm"})
_HANDS_ALONE: Final = frozenset({"hug", "cover"})
"""Verbs that hands do where the sentence names no one: `knees hugged to the chest`."""


def with_agents(sheet: Sheet, clause: Clause, predicate: Predicate) -> tuple[Predicate, bool]:
    """Take what hands do to the subjects of a predicate.

    Returns:
        What is left of the predicate, and whether hands did anything.
    """
    passive = predicate.form == "past" and predicate.meaning in TARGET
    covered = passive and (bool(clause.instruments) or (predicate.meaning == "cover" and not predicate.preps))
    targets = [ref for ref in clause.subjects if ref.kind not in _DO_IT and (covered or ref.group != "head")]
    if not targets or predicate.objects or predicate.negated:
        return predicate, False
    by = [prep for prep in predicate.preps if _is_agent(prep, held=passive)]
    agents = [ref for ref in clause.instruments if ref.kind in ARM_KINDS]
    agents += [ref for prep in by for ref in prep.refs]
    alone = passive and predicate.meaning in _HANDS_ALONE and all(ref.group != "arm" for ref in targets)
    if not agents and alone:
        agents = [_BOTH_HANDS]
    if not agents or (agents == clause.instruments and not passive and not _is_moved(clause, predicate)):
        return predicate, False
    at = [prep for prep in predicate.preps if passive and _names_place(prep, targets[0])]
    if at:
        targets = [replace(ref, sides=ref.sides or targets[0].sides) for prep in at for ref in prep.refs]
        by += at
    told = Predicate(predicate.meaning if passive else "hold", "past", objects=list(targets))
    for ref in agents:
        arms.arm(sheet, ref, sides=real_sides(sheet, ref.sides) or USUAL, predicate=told)
    return replace(predicate, preps=[prep for prep in predicate.preps if prep not in by]), True


def _is_agent(prep: Phrase, *, held: bool) -> bool:
    """`by the left hand`, and of what is held `in both hands`."""
    kinds = {ref.kind for ref in prep.refs}
    return bool(kinds) and kinds <= {"hand", "arm", "fist"} and (prep.form == "by" or (held and prep.meaning == "in"))


def _names_place(prep: Phrase, held: Ref) -> bool:
    """`left leg lifted, held at the ankle`."""
    return prep.meaning == "at" and bool(prep.refs) and all(ref.group == held.group == "leg" for ref in prep.refs)


def _is_moved(clause: Clause, predicate: Predicate) -> bool:
    """Whether the last thing that is said of a limb is done with hands: `left foot pulled up with the left hand`."""
    return bool(clause.predicates) and predicate is clause.predicates[-1]
