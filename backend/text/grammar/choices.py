"""Words of logic: `or`, of which the first is taken, and `except`, of which nothing is said; both are told in notes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from ..language import Side
from .lexicon import LookedUp, lexicon
from .nouns import Memory, Noun, NounReader
from .phrases import SIDED, SIDES, Ref
from .tokens import Token

_SIDES: Final = frozenset({"left", "right"})
_ENDS: Final = frozenset({"and", "while", "but", "with", "then"})
_BEFORE_PART: Final = frozenset({
    "the", "his", "her", "its", "their", "your", "my", "a", "an", "one", "both", "left", "right", "either",
})  # fmt: skip
_EXCEPT: Final = (
    ("except", "for"), ("except",), ("excepting",), ("excluding",), ("apart", "from"), ("aside", "from"),
    ("other", "than"), ("save", "for"), ("with", "exception", "of"), ("besides",), ("but", "not"),
)  # fmt: skip
_CONDITIONS: Final = frozenset({"if", "unless", "because"})
_ALL_BUT: Final = ("but",)
_ALL: Final = frozenset({"everything", "all", "everywhere"})
_LIMBS: Final = ("both", "arms", "and", "both", "legs")
_AT_EASE: Final = frozenset({"relaxed", "loose", "limp", "loosely", "relax", "hanging", "soft", "slack"})
_BETWEEN: Final = frozenset({"is", "are", "hangs", "stays", "kept", "else", "in", "the", "body", "completely", "fully"})


def first_of_each(tokens: Sequence[Token], note: Callable[[str], None]) -> list[Token]:
    """The tokens without what stands behind `or`; says so."""
    found = list(tokens)
    at = 0
    while at < len(found):
        sides = _word(found, at - 1) in _SIDES and _word(found, at + 1) in _SIDES
        if at == 0 or not (found[at].word == "or" or (found[at].text == "/" and sides)):
            at += 1
            continue
        start, end, silent = _second(found, at)
        if not silent:
            from_start = max((each + 1 for each in range(at) if found[each].is_stop), default=0)
            shown = " ".join(token.text for token in found[max(from_start, at - 4) : end])
            note(f'"{shown}": the first is taken.')
        del found[start:end]
        if "either" in [token.word for token in found[:start][-5:]]:
            found = [token for place, token in enumerate(found) if token.word != "either" or place >= start]
        at = start
    return found


def _second(tokens: list[Token], at: int) -> tuple[int, int, bool]:
    """First and last token of what is left out, and whether nothing has to be said of it."""
    before, behind = _word(tokens, at - 1), _word(tokens, at + 1)
    if behind == "so" or (before, behind) == ("more", "less"):
        return at - (before == "more"), at + 2, True
    side = at + 1 + (behind in {"the", "his", "her", "their"})
    if before in _SIDES and _word(tokens, side) in _SIDES:
        return at, side + 1, False
    numbers = tokens[at - 1].value is not None and at + 1 < len(tokens) and tokens[at + 1].value is not None
    if numbers or (before == "one" and behind in {"both", "two"}):
        return at, at + 2, False
    noun = NounReader(LookedUp(tokens, lexicon()), Memory()).read(at + 1, attributive=False)
    if noun is not None and (_is_subject(tokens, at) or _ends(tokens, noun.end)):
        return at, noun.end, False
    return at, next((each for each in range(at + 1, len(tokens)) if _ends(tokens, each)), len(tokens)), False


def _is_subject(tokens: list[Token], at: int) -> bool:
    """Whether a part at the beginning of its clause ends before a token: `left hand or right hand up`."""
    looked = LookedUp(tokens, lexicon())
    place = at - 1
    if not looked.is_part(place):
        return False
    while place >= 0 and (looked.is_part(place) or tokens[place].word in _BEFORE_PART):
        place -= 1
    return place < 0 or _ends(tokens, place)


def _ends(tokens: list[Token], at: int) -> bool:
    return at >= len(tokens) or tokens[at].is_stop or tokens[at].word in _ENDS


@dataclass(frozen=True)
class Excepted:
    """A sentence without its exceptions.

    Attributes:
        tokens: what is left.
        refs: the parts that were excepted, of which the sentence says nothing then.
    """

    tokens: list[Token]
    refs: tuple[Ref, ...] = ()


def without_exceptions(tokens: Sequence[Token], note: Callable[[str], None]) -> Excepted:
    """Take `except the left arm` out; `except for the raised left arm` says something of it and becomes a clause."""
    found, refs = _without_conditions(_without_contrasts(list(tokens)), note), list[Ref]()
    at = 0
    while at < len(found):
        length = _exception(found, at)
        noun = _excepted(found, at, length=length) if length else None
        if noun is None or (_word(found, at + 1) == "not" and not _ends(found, noun.end)):
            at += 1
            continue
        if noun.attributes or _is_told(found, noun.end):
            found[at : at + length] = [Token(",", ",")]
            found = _without_relative(found, noun.end - length + 1)
        else:
            note(f'"{" ".join(token.text for token in found[at : noun.end])}": nothing is said of it then.')
            refs += noun.refs
            del found[at : noun.end]
    return Excepted(_all_limbs(found), tuple(refs))


def _exception(tokens: list[Token], at: int) -> int:
    """How many tokens say that something is excepted; `all but` only behind all."""
    words = tuple(token.word for token in tokens[at : at + 4] if token.word != "the")
    for phrase in _EXCEPT:
        if words[: len(phrase)] == phrase:
            skipped = sum(token.word == "the" for token in tokens[at : at + len(phrase)])
            return len(phrase) + (skipped if len(phrase) > 1 else 0)
    return len(_ALL_BUT) if words[:1] == _ALL_BUT and _word(tokens, at - 1) in _ALL else 0


def _without_contrasts(tokens: list[Token]) -> list[Token]:
    """`the left arm, not the right, is raised`: the left says it already."""
    at = 0
    while at < len(tokens):
        side = at + 1 + (_word(tokens, at + 1) in {"the", "his", "her", "your"})
        end = side + 1 + (_word(tokens, side + 1) == "one")
        before = tokens[at - 1].is_stop if at else False
        if before and tokens[at].word == "not" and _word(tokens, side) in _SIDES and _ends(tokens, end):
            tokens = tokens[: at - 1] + tokens[end + (_word(tokens, end) == ",") :]
        at += 1
    return tokens


def _without_conditions(tokens: list[Token], note: Callable[[str], None]) -> list[Token]:
    """The tokens without `unless the right is up`: a pose has no conditions."""
    at = 0
    while at < len(tokens):
        if tokens[at].word in _CONDITIONS and _word(tokens, at - 1) not in {"as", "like", "even"}:
            end = next((each for each in range(at, len(tokens)) if tokens[each].is_stop), len(tokens))
            note(f'"{" ".join(token.text for token in tokens[at:end])}" is a condition, and is left out.')
            tokens = tokens[:at] + tokens[end + (at == 0) :]
        at += 1
    return tokens


def _excepted(tokens: list[Token], at: int, *, length: int) -> Noun | None:
    """What is behind `except`; `the left` alone is that of the part before."""
    kind, place = _kind_before(tokens, at), at + length
    noun = NounReader(LookedUp(tokens, lexicon()), Memory(kind=kind)).read(place)
    place += _word(tokens, place) in {"the", "his", "her", "your"}
    side: Side | None = next((each for each in SIDES if each == _word(tokens, place)), None)
    if noun is None and kind and side is not None and _ends(tokens, place + 1):
        return Noun((Ref(kind, (side,)),), place + 1)
    return noun


def _kind_before(tokens: list[Token], at: int) -> str:
    """The part that `the left one` is one of."""
    looked = LookedUp(tokens, lexicon())
    entries = (entry for each in range(at - 1, -1, -1) for _, entry in looked.at(each))
    return next((entry.meaning for entry in entries if entry.category == "part" and entry.meaning in SIDED), "")


def _is_told(tokens: list[Token], at: int) -> bool:
    """Whether something is said of an exception: `except the left arm, which is raised`."""
    return _word(tokens, at + (_word(tokens, at) == ",")) in {"which", "that"}


def _without_relative(tokens: list[Token], at: int) -> list[Token]:
    if not _is_told(tokens, at):
        return tokens
    return tokens[:at] + tokens[at + 1 + (_word(tokens, at) == ",") :]


def _all_limbs(tokens: list[Token]) -> list[Token]:
    """`everything relaxed` is of the arms, `everything straight` and `all limbs` of the arms and legs."""
    found, at = list[Token](), 0
    while at < len(tokens):
        words = [_word(tokens, each) for each in range(at, at + 4)]
        if words[0] in {"limbs", "limb"}:
            while found and found[-1].word in {"all", "four", "every", "the", "his", "her", "both"}:
                found.pop()
            found += [Token(word, word) for word in _LIMBS]
        elif words[0] in {"everything", "all"} and (said := _behind(tokens, at)):
            limbs = ("both", "arms") if said in _AT_EASE else _LIMBS
            found += [Token(word, word) for word in limbs]
        else:
            found.append(tokens[at])
        at += 1
    return found


def _behind(tokens: list[Token], at: int) -> str:
    """The word that is said of `everything`; empty where it is not how limbs are."""
    at += 1
    while _word(tokens, at) in _BETWEEN:
        at += 1
    word = _word(tokens, at)
    return word if word in _AT_EASE | {"straight", "stretched", "extended", "bent", "outstretched", "rigid"} else ""


def _word(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].word if 0 <= at < len(tokens) else ""
