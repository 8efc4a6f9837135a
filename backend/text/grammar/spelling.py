"""Small spelling mistakes: one letter wrong, missing or too many, or two exchanged; read as the word that is near."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from ...errors import ModelFileError
from ...runtime import read_model
from .inflection import plural, verb_forms
from .lexicon import words_table
from .named import named_poses
from .phrases import Phrase
from .tokens import NUMBER_WORDS, Token

_SHORTEST: Final = 5
"""Letters: shorter words are near too many others."""
_LONG_STEM: Final = 5
"""Letters of a word whose other forms are words too; those of shorter ones are often slips."""
_ENDINGS: Final = ("s", "es", "ed", "ing")
_VOCABULARY: Final = "sentence_vocabulary"
_BODY: Final = ("part", "verb", "state", "dir", "place", "side")
"""Tables whose words mistakes are read as."""
_OF_BODY: Final = frozenset({"noun", "verb", "state", "prep", "level", "measure", "pose"})


@cache
def _english() -> frozenset[str]:
    """Common English words that are right as they are though they are near words of the body."""
    path = Path(__file__).with_name("near_words.json")
    return frozenset(json.loads(path.read_text(encoding="utf-8")))


@cache
def _written() -> frozenset[str]:
    """Whole words of the sentence encoder's vocabulary; none where its file is not there."""
    try:
        return frozenset(read_model(_VOCABULARY).decode("utf-8").split())
    except ModelFileError:
        return frozenset()


def _is_english(word: str) -> bool:
    """Whether it is a word itself or a form of one: `widow`, `widows`, `swamped`."""
    if word in _written():
        return True
    stems = {word.removesuffix(ending) for ending in _ENDINGS if word.endswith(ending)} & _written()
    return any(len(stem) >= _LONG_STEM and (word == plural(stem) or word in verb_forms(stem)) for stem in stems)


def corrected(tokens: Sequence[Token], phrases: Sequence[Phrase], note: Callable[[str], None]) -> list[Token]:
    """The tokens, with each unknown word that is near exactly one word of the body written like that.

    Args:
        tokens: of a sentence.
        phrases: of it.
        note: is told of each word that was read as another.
    """
    found = list(tokens)
    stops = itertools.accumulate(token.is_stop for token in tokens)
    clause_of = list(stops)
    with_body = {clause_of[phrase.start] for phrase in phrases if phrase.kind in _OF_BODY}
    for at in (phrase.start for phrase in phrases if phrase.kind == "word"):
        near = nearest(tokens[at].word, alone=clause_of[at] not in with_body)
        if near:
            note(f'Read "{tokens[at].text}" as "{near}".')
            found[at] = replace(tokens[at], text=near, word=near)
    return found


def nearest(word: str, *, alone: bool = False) -> str:
    """The one word of the body that is near an unknown word and begins like it; empty where there is none, or several.

    An English word is no mistake; only its singular or plural is read for it.

    Args:
        word: in lower case.
        alone: nothing of a body is said beside it, so that a word with a wrong letter is rather another word.
    """
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha() or word in _english():
        return ""
    table, slips, wrong = _by_deleted(), set[str](), set[str]()
    for short in (word, *_deleted(word)):
        for each in table.get(short, ()):
            if each[0] == word[0] and _is_near(word, each):
                (wrong if _has_other_letters(word, each) else slips).add(each)
    if (slips or wrong) and _is_english(word):
        slips, wrong = {each for each in slips if each == plural(word) or word == plural(each)}, set[str]()
    if len(slips) == 1:
        return slips.pop()
    return wrong.pop() if len(wrong) == 1 and not slips and not alone and len(word) > _SHORTEST else ""


def _has_other_letters(word: str, other: str) -> bool:
    """Whether a letter is wrong or strange, not only exchanged, left out or doubled."""
    return bool(set(word) - set(other)) or (len(word) == len(other) and sorted(word) != sorted(other))


def _deleted(word: str) -> set[str]:
    """All that a word is with one letter less."""
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


def _is_near(word: str, other: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two neighbours are exchanged."""
    if len(word) != len(other):
        long, short = (word, other) if len(word) > len(other) else (other, word)
        return len(long) == len(short) + 1 and short in _deleted(long)
    wrong = [at for at, (one, two) in enumerate(zip(word, other, strict=True)) if one != two]
    if len(wrong) == 2:
        first, second = wrong
        return second == first + 1 and word[first] == other[second] and word[second] == other[first]
    return len(wrong) == 1


@cache
def _by_deleted() -> dict[str, tuple[str, ...]]:
    """Every word of the body under itself and under all that it is with one letter less."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(_words()):
        for short in {word, *_deleted(word)}:
            found[short].append(word)
    return {short: tuple(words) for short, words in found.items()}


def _words() -> set[str]:
    """Single words of the body in all their forms, and those of named poses."""
    table, found = words_table(), set[str]()
    for category in _BODY:
        for phrases in table[category].values():
            for phrase in phrases:
                forms = [phrase, plural(phrase)] if category == "part" else [phrase]
                forms = list(verb_forms(phrase)) if category == "verb" else forms
                found |= {word for each in forms for word in each.split()}
    for pose in named_poses().values():
        found |= {name for name in pose.names if " " not in name}
        found |= {form for verb in pose.verbs for form in verb_forms(verb) if " " not in form}
    return {word for word in found if len(word) >= _SHORTEST and word.isalpha() and word not in NUMBER_WORDS}
