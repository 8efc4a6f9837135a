"""Other languages: a core vocabulary of German, French and Spanish is read word by word, all else is refused in words.

`languages/*.json` hold English words and what they are called; `_others.json` common words of languages that are only
told apart. A sentence is read when every one of its words is known, so that no word is silently passed over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from ...errors import InputError
from .tokens import STOPS, Token

OFFLINE: Final = "Offline, poses are described in English; other languages need a language model (see the preferences)."
_FOLDER: Final = Path(__file__).parent / "languages"
_SIDES: Final = frozenset({"left", "right"})
_LONGEST: Final = 4


@dataclass(frozen=True)
class _Numbers:
    """Parts that are written alike in both numbers with their English plural, and the words that tell which it is."""

    alike: Mapping[str, str]
    one: frozenset[str]
    several: frozenset[str]
    ending: str


@cache
def _dictionaries() -> dict[str, dict[tuple[str, ...], str]]:
    """Language -> words of it -> English."""
    found: dict[str, dict[tuple[str, ...], str]] = {}
    for path in sorted(_FOLDER.glob("[!_]*.json")):
        table: Mapping[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = {tuple(word.split(" ")): english for english, words in table.items() for word in words}
    return found


@cache
def _others() -> dict[str, frozenset[str]]:
    table: Mapping[str, list[str]] = json.loads((_FOLDER / "_others.json").read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in table.items()}


@cache
def _common() -> dict[str, frozenset[str]]:
    """Language -> words that tell it."""
    found = dict(_others())
    for name, table in _dictionaries().items():
        found[name] = found.get(name, frozenset()) | {words[0] for words in table if len(words) == 1}
    return found


def language_of(words: Sequence[str], english: frozenset[str]) -> str | None:
    """The language that most words are of, by their commonest ones; None for English, and where nothing tells.

    Args:
        words: of a sentence, in lower case.
        english: those of them that are known in English.
    """
    counts = {name: sum(word in table for word in words) for name, table in _common().items()}
    name, most = max(counts.items(), key=lambda row: row[1])
    ours = sum(word in english for word in words)
    return name if most > ours and (most >= 2 or len(words) <= 3) else None


def translated(tokens: Sequence[Token], language: str) -> list[Token]:
    """The tokens in English, word by word; sides go before the part that they follow.

    Raises:
        InputError: the language is not read, or one of the words is not known.
    """
    table = _dictionaries().get(language)
    if table is None:
        raise InputError(f"This looks {language}. {OFFLINE}")
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        length, english = _phrase(tokens, at, table)
        english = _several(tokens, at, length=length, language=language) or english
        if not length and tokens[at].word.isalpha():
            raise InputError(
                f'This looks {language}, and "{tokens[at].text}" is not among the words known of it. {OFFLINE}'
            )
        if not length:
            found.append(tokens[at])
        elif english in _SIDES and found and found[-1].word not in {"the", "to", "on", "toward", "and", "or", ","}:
            found.insert(len(found) - 1, Token(english, english))
        else:
            found.extend(Token(word, word) for word in english.split(" "))
        at += length or 1
    return found


@cache
def _numbers() -> dict[str, _Numbers]:
    table: Mapping[str, Mapping[str, Any]] = json.loads((_FOLDER / "_numbers.json").read_text(encoding="utf-8"))
    return {
        name: _Numbers(dict(row["alike"]), frozenset(row["one"]), frozenset(row["several"]), str(row["ending"]))
        for name, row in table.items()
    }


def _several(tokens: Sequence[Token], at: int, *, length: int, language: str) -> str:
    """The English plural of a part that is written alike in both numbers, where the words around it show several."""
    rules = _numbers().get(language)
    english = rules.alike.get(" ".join(token.word for token in tokens[at : at + length])) if rules is not None else None
    if rules is None or english is None:
        return ""
    before = [token.word for token in tokens[max(at - 2, 0) : at]]
    before = before[max((place + 1 for place, word in enumerate(before) if word in STOPS), default=0) :]
    behind = _behind(tokens, at + length)
    if rules.several & set(before):
        return english
    sided = any(_phrase(tokens, each, _dictionaries()[language])[1] in _SIDES for each in (at - 1, at + length))
    if sided or rules.one & set(before):
        return ""
    # Without an article the adjective shows it, if the language has endings for that: `bras croisés`, not `bras levé`.
    return english if not behind or behind.endswith(rules.ending) else ""


def _behind(tokens: Sequence[Token], at: int) -> str:
    word = tokens[at].word if at < len(tokens) else ""
    return "" if word in STOPS else word


def _phrase(tokens: Sequence[Token], at: int, table: Mapping[tuple[str, ...], str]) -> tuple[int, str]:
    """How many tokens are one entry of a dictionary, the longest, and its English."""
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        words = tuple(token.word for token in tokens[at : at + length])
        if words in table:
            return length, table[words]
    return 0, ""
