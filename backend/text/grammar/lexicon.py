"""The words that the grammar knows: `words.json`, with all their forms, and the names of `poses/*.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from .inflection import plural, verb_forms
from .tokens import Token, tokenised

_FOLDER: Final = Path(__file__).parent
Words: TypeAlias = dict[str, dict[str, list[str]]]
ENDS_BEFORE_PART: Final = frozenset({"front", "back", "left", "right", "side", "bottom", "upper", "lower", "rear"})
"""A phrase that ends so is none where a part of the body follows: not `on the front` in `on the front leg`."""


@dataclass(frozen=True)
class Entry:
    """What a word or phrase can be.

    Attributes:
        category: part, verb, state, dir, prep, amount ...: the tables of `words.json`; or pose.
        meaning: which of them, the same for all synonyms.
        form: of a verb: base, s, ing or past; of a part: plural or empty.
    """

    category: str
    meaning: str
    form: str = ""


class Lexicon:
    """Phrases of one or more words to what they can be; determiners inside a phrase may be there or not."""

    def __init__(self) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Entry]]] = {}
        self._articles: frozenset[str] = frozenset()

    def add(self, phrase: str, entry: Entry) -> None:
        """A phrase, without determiners inside; the first word may be one."""
        words = [token.word for token in tokenised(phrase)]
        kept = tuple(words[:1] + [word for word in words[1:-1] if word not in self._articles] + words[1:][-1:])
        if kept:
            rows = self._by_first.setdefault(kept[0], [])
            if (kept, entry) not in rows:
                rows.append((kept, entry))

    def settle(self) -> None:
        """Longest phrases first."""
        for rows in self._by_first.values():
            rows.sort(key=lambda row: -len(row[0]))

    def take_articles(self, words: Iterable[str]) -> None:
        """The words that phrases may leave out."""
        self._articles = frozenset(words)

    def at(self, tokens: Sequence[Token], position: int) -> Iterator[tuple[int, Entry]]:
        """What begins at a token: how many tokens it takes, and what it is; the longest first."""
        for words, entry in self._by_first.get(tokens[position].word, ()):
            end = self._end(tokens, position, words)
            if end:
                yield end - position, entry

    def is_part(self, tokens: Sequence[Token], position: int) -> bool:
        """Whether a part of the body begins here."""
        return position < len(tokens) and any(entry.category == "part" for _, entry in self.at(tokens, position))

    def _end(self, tokens: Sequence[Token], position: int, words: tuple[str, ...]) -> int:
        """The token after a phrase, or 0."""
        at = position + 1
        for word in words[1:]:
            while at < len(tokens) and tokens[at].word in self._articles and tokens[at].word != word:
                at += 1
            if at >= len(tokens) or tokens[at].word != word:
                return 0
            at += 1
        if words[-1] in ENDS_BEFORE_PART and len(words) > 1 and self.is_part(tokens, at):
            return 0
        return at


@cache
def words_table() -> Words:
    """`words.json`: category -> meaning -> words."""
    return json.loads((_FOLDER / "words.json").read_text(encoding="utf-8"))


@cache
def lexicon() -> Lexicon:
    """Everything, in all its forms."""
    from .named import pose_phrases

    table, found = words_table(), Lexicon()
    found.take_articles(table["det"][""])
    for phrase, name in pose_phrases():
        found.add(phrase, Entry("pose", name))
    for category, meanings in table.items():
        for meaning, phrases in meanings.items():
            for phrase in phrases:
                for form, spelt in _forms(category, phrase):
                    found.add(spelt, Entry(category, meaning, form))
    found.settle()
    return found


def _forms(category: str, phrase: str) -> Iterator[tuple[str, str]]:
    """The forms of a word and how each is written."""
    if category == "part":
        yield "", phrase
        yield "plural", plural(phrase)
    elif category == "verb":
        yield from ((form, spelt) for spelt, form in verb_forms(phrase).items())
    else:
        yield "", phrase
