"""Sides that are told beside the part that they are of: `her hand, the left one`, `on the left, the arm is raised`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .lexicon import LookedUp, lexicon
from .named import named_poses
from .phrases import SIDED
from .tokens import Token

_OWNERS: Final = frozenset({"the", "his", "her", "its", "their", "your", "my"})
_SIDES: Final = frozenset({"left", "right"})
_SIDED_BY: Final = frozenset({"left", "right", "other", "both", "front", "rear"})
"""Before a part, these tell its side already."""
_ENDS: Final = frozenset({".", ";", "!", "?"})
_BREAKS: Final = frozenset({"and", "while", "but", "with", ""})
_BY_HAND: Final = frozenset({"touch", "hold", "cover", "support", "point", "reach", "hug", "put"})
_BY_LEG: Final = frozenset({"step", "lunge", "raise", "swing"})
"""What is done with a leg where it says `with the left` of no other part: `kick with the left`."""
_VERB: Final = frozenset({"verb"})
_GOES_ON: Final = frozenset({"verb", "state", "be", "dir", "prep"})
"""What is said of a part behind it."""


def with_sides_before(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, with each side that is told beside its part written before it."""
    found = list(tokens)
    for rule in (_apposition, _leading, _attributive, _done_with):
        at = 0
        while at < len(found):
            found = rule(found, at) or found
            at += 1
    return found


def _apposition(tokens: list[Token], at: int) -> list[Token] | None:
    """`one arm raised, the left one`, `her hand (the left) on her belly`, `the raised arm is the left one`."""
    if tokens[at].word not in {",", "is"}:
        return None
    place = at + 1
    owned = _word(tokens, place) in _OWNERS
    place += owned
    side = _word(tokens, place)
    place += 1
    one = _word(tokens, place) == "one"
    place += one
    told = owned or one or tokens[at].text == "("
    if side not in _SIDES or not told or not (place >= len(tokens) or tokens[place].is_stop):
        return None
    part = _spoken_of(tokens, at)
    if part is None:
        return None
    start, end = part
    behind = place
    if end == at and _is_any(tokens, place + 1, _GOES_ON) and _word(tokens, place) == ",":
        behind = place + 1
    before = _with_side(tokens[:start], side)
    return [*before, *tokens[start:at], *tokens[behind:]]


def _with_side(before: list[Token], side: str) -> list[Token]:
    """What stands before a part, with its side; `one` and `a` are `the` then."""
    if before and before[-1].word in {"one", "a", "an"}:
        before = [*before[:-1], Token("the", "the")]
    return [*before, Token(side, side)]


def _spoken_of(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """Where the part without a side begins and ends that is spoken of last before a comma; `one arm` before others."""
    start = next((each + 1 for each in range(at - 1, -1, -1) if tokens[each].is_stop), 0)
    found = [part for each in range(start, at) if (part := _unsided(tokens, each)) is not None and part[1] <= at]
    single = [part for part in found if _word(tokens, part[0] - 1) in {"one", "a", "an"}]
    return (single or found)[-1] if found else None


def _unsided(tokens: list[Token], at: int) -> tuple[int, int] | None:
    """The part that begins at a token, if it is a single one that has two sides and none is told."""
    looked = LookedUp(tokens, lexicon())
    near = _word(tokens, at - 1)
    if near in _SIDED_BY or (near not in _OWNERS and _word(tokens, at - 2) in _SIDED_BY):
        return None
    for length, entry in looked.at(at):
        if entry.category == "part":
            return (at, at + length) if entry.meaning in SIDED and entry.form != "plural" else None
    return None


def _leading(tokens: list[Token], at: int) -> list[Token] | None:
    """`on the left, the arm is raised`."""
    starts = at == 0 or tokens[at - 1].is_stop or tokens[at - 1].word in _BREAKS
    end = _on_side(tokens, at) if starts else None
    if end is None:
        return None
    side = next(token.word for token in tokens[at:end] if token.word in _SIDES)
    rest = end + (_word(tokens, end) == ",")
    if rest == end and not (_word(tokens, end) in _OWNERS or _unsided(tokens, end)):
        return None
    stop = next((each for each in range(rest, len(tokens)) if tokens[each].is_stop), len(tokens))
    parts = [part[0] for each in range(rest, stop) if (part := _unsided(tokens, each)) is not None]
    if not parts:
        return None
    found = list(tokens[:at])
    for place in range(rest, len(tokens)):
        if place in parts and _word(tokens, place - 1) != "of":
            found.append(Token(side, side))
        found.append(tokens[place])
    return found


def _attributive(tokens: list[Token], at: int) -> list[Token] | None:
    """`the arm on the left hand side is raised`."""
    part = _unsided(tokens, at)
    end = _on_side(tokens, part[1]) if part is not None else None
    ordered = _ends_at(tokens, end) and any(_is_any(tokens, at - each, _VERB) for each in (1, 2))
    if part is None or end is None or not (ordered or _is_any(tokens, end, _GOES_ON)):
        return None
    side = next(token.word for token in tokens[part[1] : end] if token.word in _SIDES)
    return [*tokens[:at], Token(side, side), *tokens[at : part[1]], *tokens[end:]]


def _done_with(tokens: list[Token], at: int) -> list[Token] | None:
    """`rub the belly with the left`: the hand, or the leg of what legs do."""
    place = at + 1 + (_word(tokens, at + 1) in _OWNERS)
    end = place + 1 + (_word(tokens, place + 1) == "one")
    ends = end >= len(tokens) or tokens[end].is_stop or tokens[end].word in _BREAKS
    if _word(tokens, at) not in {"with", "using"} or _word(tokens, place) not in _SIDES or not ends:
        return None
    start = next((each + 1 for each in range(at - 1, -1, -1) if tokens[each].is_stop), 0)
    looked = LookedUp(tokens, lexicon())
    entries = [entry for each in range(start, at) for _, entry in looked.at(each)]
    said = {entry.meaning for entry in entries if entry.category == "verb"}
    posed = any(entry.category == "pose" and named_poses()[entry.meaning].raises_one_arm for entry in entries)
    if not said & (_BY_HAND | _BY_LEG) and not posed:
        return None
    limb = "leg" if said & _BY_LEG and not posed else "hand"
    return [*tokens[: place + 1], Token(limb, limb), *tokens[end:]]


def _on_side(tokens: list[Token], at: int) -> int | None:
    """The token behind `on the left hand side`; None where a part or its owner follows: `on the left hip`."""
    if _word(tokens, at) not in {"on", "at"} or _word(tokens, at + 1) not in _OWNERS:
        return None
    looked = LookedUp(tokens, lexicon())
    length = max((size for size, entry in looked.at(at + 2) if entry.category == "side"), default=0)
    end = at + 2 + length
    if not length or looked.is_part(end) or _word(tokens, end) in {"of", "one"}:
        return None
    return end


def _ends_at(tokens: list[Token], at: int | None) -> bool:
    return at is not None and (at >= len(tokens) or tokens[at].is_stop)


def _is_any(tokens: list[Token], at: int, categories: frozenset[str]) -> bool:
    looked = LookedUp(tokens, lexicon())
    return any(entry.category in categories for _, entry in looked.at(at))


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""
