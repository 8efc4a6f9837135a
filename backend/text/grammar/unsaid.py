"""Notes of what a sentence says of the body that nothing came of, so that no part of it is dropped without a word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .named import named_poses
from .phrases import Clause, Phrase, Predicate
from .sheet import Sheet
from .stance import STANCES
from .tokens import Token

_MOST: Final = 80
_LIGHT: Final = frozenset({"be", "keep", "make", "put", "hold", "move", "balance", "face", "look", "brace"})
"""Verbs that say nothing by themselves."""
_SMALL: Final = frozenset({"filler", "person", "amount", "be", "with"})


def note_unsaid(sheet: Sheet, tokens: Sequence[Token], phrases: Sequence[Phrase], *, body: bool) -> None:
    """Say of each clause that nothing came of that it is left out; unknown words are told of elsewhere.

    Args:
        sheet: takes the notes.
        tokens: of the sentence.
        phrases: of it.
        body: whether the rest of it said something of a body; a part alone is told of only then.
    """
    told: set[tuple[int, int]] = set()
    for clause, predicate in sheet.unsaid if body else [row for row in sheet.unsaid if row[1] is not None]:
        span = _span(clause, predicate)
        if span is None or span in told or _is_said_otherwise(clause, predicate, span=span, phrases=phrases):
            continue
        told.add(span)
        start, end = span
        negated = predicate is not None and predicate.negated
        if negated and start > 0 and tokens[start - 1].word in {"no", "not", "without", "never", "neither", "nor"}:
            start -= 1
        why = "only says what is not" if negated else "is not understood"
        sheet.note(f"{_quoted(tokens, start, end)} {why}, and is left out.")
    for said, predicate in sheet.unused:
        within = _quoted(tokens, predicate.start, predicate.end) if predicate.start >= 0 else ""
        if isinstance(said, Phrase) and said.kind == "dir":
            sheet.note(f'"{said.meaning}" in {within} is not understood, and is left out.')
        elif isinstance(said, Phrase):
            sheet.note(f"{_quoted(tokens, said.start, said.end)} is not understood here, and is left out.")
        else:
            sheet.note(f"The number in {within} is not understood, and is left out.")


def _quoted(tokens: Sequence[Token], start: int, end: int) -> str:
    said = " ".join(token.text for token in tokens[start:end] if token.text)
    return f'"{said if len(said) <= _MOST else said[: _MOST - 3] + "..."}"'


def _span(clause: Clause, predicate: Predicate | None) -> tuple[int, int] | None:
    """First token and the one after the last of what was said; None where no words of the sentence say it."""
    places = [(clause.start, clause.end)] if clause.explicit and clause.start >= 0 else []
    if predicate is not None:
        if predicate.start < 0:
            return None
        places.append((predicate.start, predicate.end))
    return (min(start for start, _ in places), max(end for _, end in places)) if places else None


def _is_said_otherwise(
    clause: Clause, predicate: Predicate | None, *, span: tuple[int, int], phrases: Sequence[Phrase]
) -> bool:
    """Whether it is an empty verb, or belongs to words that a note tells of or that colour the pose."""
    if predicate is not None and predicate.meaning in _LIGHT and predicate.is_bare and not predicate.objects:
        return True
    if predicate is not None and _is_of_another(clause, predicate):
        return True
    start, end = span
    for near in (
        [each for each in phrases if each.start >= end and each.kind not in _SMALL][:1],
        [each for each in phrases if each.end <= start and each.kind not in _SMALL][-1:],
    ):
        if near and near[0].kind == "word":
            return True
    return any(each.kind == "word" for each in phrases if start <= each.start < end)


def _is_of_another(clause: Clause, predicate: Predicate) -> bool:
    """Whether a pose takes it (`side lunge to the left`) or another predicate (`hands lying flat on the table`)."""
    if predicate.meaning == "be" and clause.pose is not None and predicate.dirs:
        sided = named_poses()[clause.pose.meaning].side is not None
        return sided and set(predicate.dirs) <= {"left", "right"}
    lies = predicate.meaning == "lie" and len(clause.predicates) > 1
    stands = predicate.meaning == "straighten" and any(each.meaning in STANCES for each in clause.predicates)
    return predicate.is_bare and (lies or stands)
