"""The words that the grammar knows: `words.json`, with all their forms, and the names of `poses/*.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from .inflection import plural, verb_forms
from .tokens import NUMBER_WORDS, Token, tokenised

_FOLDER: Final = Path(__file__).parent
_SIDES: Final = frozenset({"left", "right"})
_BEFORE_SIDES: Final = frozenset({"on", "by", "in", "under", "over"})
Words: TypeAlias = dict[str, dict[str, list[str]]]
ENDS_BEFORE_PART: Final = frozenset({"front", "back", "left", "right", "side", "bottom", "upper", "lower", "rear"})
"""A phrase that ends so is none where a part of the body follows: not `on the front` in `on the front leg`."""


@dataclass(frozen=True)
class Entry:
    """What a word or phrase can be.

    Attributes:
        category: part, verb, state, dir, prep, amount ...: the tables of `words.json`; or pose.
        meaning: which of them, the same for all synonyms.
        form: of a verb: base, s, ing or past; of a part: plural or empty; of a pose: the side inside its name.
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
        words = phrase.split(" ")
        if not all(word.isalpha() and word.islower() and word not in NUMBER_WORDS for word in words):
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

    def at(self, looked: LookedUp, position: int) -> list[tuple[int, Entry]]:
        """What begins at a token: how many tokens it takes, and what it is; the longest first."""
        found: list[tuple[int, Entry]] = []
        rows = self._by_first.get(looked.tokens[position].word, ())
        no_part = not any(entry.category == "part" for _, entry in rows)
        for words, entry in rows:
            sided = entry.category == "pose" and len(words) > 1 and no_part
            end = self._end(looked, position, words, sided=sided) if len(words) > 1 else position + 1
            if end:
                side = self._side_in(looked, position, end) if sided and not _SIDES & set(words) else ""
                found.append((end - position, replace(entry, form=side) if side else entry))
        return found

    def _side_in(self, looked: LookedUp, position: int, end: int) -> str:
        """The side that a pose is said to be on inside its name: `tying the left shoe`."""
        return next((each.word for each in looked.tokens[position:end] if each.word in _SIDES), "")

    def _end(self, looked: LookedUp, position: int, words: tuple[str, ...], *, sided: bool) -> int:
        """The token after a phrase, or 0; where it may be `sided`, a side may stand inside of it."""
        tokens, at, last = looked.tokens, position + 1, words[0]
        between = self._articles | _SIDES if sided else self._articles
        for word in words[1:]:
            while at < len(tokens) and tokens[at].word in between and tokens[at].word != word:
                if tokens[at].word in _SIDES and looked.is_part(at + 1) and last not in _BEFORE_SIDES:
                    return 0  # `raise the left hand` tells a body what `raise a hand` does not.
                at += 1
            if at >= len(tokens) or tokens[at].word != word:
                return 0
            at, last = at + 1, word
        if words[-1] in ENDS_BEFORE_PART and looked.is_part(at):
            return 0
        return at


class LookedUp:
    """The tokens of a sentence and what begins at each, looked up once."""

    def __init__(self, tokens: Sequence[Token], words: Lexicon) -> None:
        self.tokens, self._words = tokens, words
        self._found: dict[int, list[tuple[int, Entry]]] = {}

    def at(self, position: int) -> list[tuple[int, Entry]]:
        """What begins at a token: how many tokens it takes, and what it is; the longest first. Nothing at the end."""
        if position not in self._found:
            inside = 0 <= position < len(self.tokens)
            self._found[position] = self._words.at(self, position) if inside else []
        return self._found[position]

    def is_part(self, position: int) -> bool:
        """Whether a part of the body begins here."""
        return any(entry.category == "part" for _, entry in self.at(position))

    def word(self, position: int) -> str:
        """The word at a token; empty before the first and after the last."""
        return self.tokens[position].word if 0 <= position < len(self.tokens) else ""


def names_part(sentence: str) -> bool:
    """Whether a sentence names a part of the body; `back` and the like may be none."""
    looked = LookedUp(tokenised(sentence), lexicon())
    places = range(len(looked.tokens))
    return any(looked.is_part(at) and looked.word(at) not in ENDS_BEFORE_PART for at in places)


@cache
def words_table() -> Words:
    """`words.json`: category -> meaning -> words."""
    return json.loads((_FOLDER / "words.json").read_text(encoding="utf-8"))


@cache
def body_words() -> frozenset[str]:
    """Every single word in the names of parts of the body."""
    return frozenset(word for phrases in words_table()["part"].values() for each in phrases for word in each.split())


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
