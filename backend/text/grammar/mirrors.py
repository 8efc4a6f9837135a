"""`mirror the pose`, `swap the arms`, `make the right arm like the left`, `make the arms symmetrical`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from ..language import Mirror
from .contact import real_sides
from .names import other_of
from .phrases import SIDES, Clause, Predicate, Ref
from .sheet import Sheet

_Part: TypeAlias = Literal["body", "arms", "legs"]


def mirror(sheet: Sheet, clause: Clause, predicate: Predicate) -> bool:
    """Take a predicate that exchanges sides or makes one as the other; whether it does."""
    found = _mirror(sheet, clause, predicate)
    if found is None:
        return False
    sheet.changes.append(found)
    sheet.relative = True
    return True


def _mirror(sheet: Sheet, clause: Clause, predicate: Predicate) -> Mirror | None:
    if predicate.meaning == "mirror":
        return Mirror(_part([*clause.subjects, *predicate.objects]))
    if predicate.meaning == "symmetric":
        sheet.note("The right side is made as the left one.")
        return Mirror(_part(clause.subjects), "left")
    if not clause.subjects:
        return None
    subject = clause.subjects[0]
    if predicate.meaning == "copy":
        named = [Ref(subject.kind, (side,)) for side in SIDES if side in predicate.dirs]
        targets = named + [ref for prep in predicate.preps for ref in prep.refs]
        return _as_other(sheet, targets[0], subject) if targets else None
    if predicate.meaning in {"make", "be"}:
        models = [ref for prep in predicate.preps if prep.meaning == "like" for ref in prep.refs]
        return _as_other(sheet, subject, models[0]) if models else None
    return None


def _part(refs: Iterable[Ref]) -> _Part:
    groups = {ref.group for ref in refs}
    return "arms" if groups == {"arm"} else "legs" if groups == {"leg"} else "body"


def _as_other(sheet: Sheet, ref: Ref, source: Ref) -> Mirror | None:
    """One side made as the other; None where it does not say which."""
    target, model = real_sides(sheet, ref.sides), real_sides(sheet, source.sides)
    part = _part([ref])
    if len(target) != 1 or part == "body":
        return None
    side = model[0] if len(model) == 1 else other_of(target[0])
    return None if side == target[0] else Mirror(part, side)
