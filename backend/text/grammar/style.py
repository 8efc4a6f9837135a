"""Words that name no part of the body: they go to the generator as they were written."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .phrases import Phrase
from .tokens import Token

_MOST: Final = 400
_JOINS: Final = frozenset({"person", "filler", "amount", "break", "with", "dir", "be", "not", "it", "more", "place"})
_MOST_SHOWN: Final = 120
_SHORTEST: Final = 4
"""Letters of the shortest noise."""
_VOWELS: Final = frozenset("aeiouy")
_ROWS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop")


@dataclass(frozen=True)
class Leftovers:
    """What the grammar did not use.

    Attributes:
        style: words for the generator.
        notes: what the artist should know of them.
    """

    style: str
    notes: tuple[str, ...] = ()


def leftovers(tokens: Sequence[Token], phrases: Sequence[Phrase], *, body: bool) -> Leftovers:
    """Runs of words around those that are unknown, without the small words at their ends.

    Args:
        tokens: of the sentence.
        phrases: of the sentence.
        body: whether the rest of the sentence said something of a body.
    """
    runs: list[list[Phrase]] = [[]]
    noise = [phrase for phrase in phrases if phrase.kind == "word" and is_noise(tokens[phrase.start].word)]
    for phrase in phrases:
        if phrase in noise:
            continue
        if phrase.kind == "word" or (phrase.kind in _JOINS and phrase.end - phrase.start <= 2):
            runs[-1].append(phrase)
        elif runs[-1]:
            runs.append([])
    chunks = [chunk for run in runs if (chunk := _chunk(run, tokens, body=body))]
    style = ", ".join(chunks)[:_MOST]
    unknown = [tokens[phrase.start].text for phrase in phrases if phrase.kind == "word" and phrase not in noise]
    notes: list[str] = []
    if noise:
        shown = " ".join(tokens[phrase.start].text for phrase in noise)[:_MOST_SHOWN]
        notes.append(f'"{shown}" is no word, and is left out.')
    if body and unknown:
        shown = " ".join(unknown)[:_MOST_SHOWN]
        notes.append(f'"{shown}" tells nothing exact of the body: it only colours the pose.')
    return Leftovers(style, tuple(notes))


def is_noise(word: str) -> bool:
    """Whether letters are no word: no vowel, one letter again and again, or all but one neighbours on the keyboard."""
    letters = [sign for sign in unicodedata.normalize("NFD", word) if sign.isascii() and sign.isalpha()]
    plain = "".join(letters)
    if len(plain) < _SHORTEST or len(plain) < len([sign for sign in word if sign.isalpha()]):
        return False
    most = max(_SHORTEST, len(plain) - 1)
    runs = (plain[at : at + most] for at in range(len(plain) - most + 1))
    rows = any(run in row or run[::-1] in row for run in runs for row in _ROWS)
    again = any(3 * sign in plain for sign in set(plain))
    return not set(plain) & _VOWELS or again or rows


def _chunk(run: Sequence[Phrase], tokens: Sequence[Token], *, body: bool) -> str:
    """The words of a run from its first unknown one, and an adjective's noun, to its last."""
    named = [index for index, phrase in enumerate(run) if phrase.kind == "word"]
    if not named:
        return ""
    first, last = named[0], named[-1]
    while last + 1 < len(run) and run[last + 1].kind == "person":
        last += 1
    if not body:
        while first > 0 and run[first - 1].kind in {"person", "amount", "not", "filler"}:
            first -= 1
        while last + 1 < len(run) and run[last + 1].kind not in {"break", "with", "be"}:
            last += 1
    words = [tokens[at].text for phrase in run[first : last + 1] for at in range(phrase.start, phrase.end)]
    return " ".join(word for word in words if word).strip(" ,;.:!?")
