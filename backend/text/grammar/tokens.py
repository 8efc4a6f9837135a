"""A sentence as tokens: words in lower case with their numbers, and the punctuation that separates clauses."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

STOPS: Final = frozenset(",;.:!?()")
_PIECES: Final = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)?(?:e[+-]?\d+)?)|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)?)|(?P<mark>[,;.:!?()/&+°%\"-])"
    r"|(?P<other>\S)",
    re.IGNORECASE,
)
_SPELT: Final = {
    "\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{LEFT SINGLE QUOTATION MARK}": "'", "`": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": '"', "\N{RIGHT DOUBLE QUOTATION MARK}": '"', "\N{DOUBLE PRIME}": '"',
    "\N{MASCULINE ORDINAL INDICATOR}": "°", "\N{RING ABOVE}": "°", "\N{EN DASH}": "-", "\N{MINUS SIGN}": "-",
    "\N{EM DASH}": ";", "\N{HORIZONTAL ELLIPSIS}": ";", "\N{BULLET}": ";", "½": " half ", "¼": " quarter ",
    "¾": " 0.75 ",
}  # fmt: skip
_MARKS: Final = {"&": "and", "+": "and", "/": ",", "°": "degrees", "%": "percent", "(": ",", ")": ",", ":": ","}
_SHORT: Final = {"can't": ("can", "not"), "won't": ("will", "not"), "let's": ("let", "us")}
_ONES: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
NUMBER_WORDS: Final = frozenset({*_ONES, *_TENS, "hundred"})


@dataclass(frozen=True)
class Token:
    """A word or a mark.

    Attributes:
        text: as it was written.
        word: in lower case, without a possessive's s; a mark as itself.
        value: of a number, in digits or in words.
    """

    text: str
    word: str
    value: float | None = None

    @property
    def is_stop(self) -> bool:
        """Whether it ends a clause by itself."""
        return self.word in STOPS


def tokenised(sentence: str) -> list[Token]:
    """The tokens of a sentence; signs that are neither words nor marks are left out."""
    for sign, spelt in _SPELT.items():
        sentence = sentence.replace(sign, spelt)
    sentence = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", unicodedata.normalize("NFKC", sentence)).replace("\n", " ; ")
    sentence = re.sub(r"(?<=[^\W\d]) - (?=[^\W\d])", " , ", sentence)
    found: list[Token] = []
    for piece in _PIECES.finditer(sentence):
        found.extend(_tokens(piece, sentence))
    return _with_numbers(found)


def _tokens(piece: re.Match[str], sentence: str) -> list[Token]:
    text = piece.group()
    if piece["number"]:
        before = sentence[max(piece.start() - 2, 0) : piece.start()]
        minus = before.endswith("-") and not before[0].isalnum()
        value = float(text.replace(",", "."))
        return [Token(text, text, -value if minus else value)]
    if piece["word"]:
        return _words(text)
    if piece["mark"] and text not in {"-", '"'}:
        return [Token(text, _MARKS.get(text, text))]
    if text == '"' and sentence[max(piece.start() - 1, 0)].isdigit():
        return [Token(text, "inches")]
    return []


def _words(text: str) -> list[Token]:
    word = "".join(sign for sign in unicodedata.normalize("NFC", text.lower()))
    if word in _SHORT:
        return [Token(text, part) for part in _SHORT[word]]
    if word.endswith("n't"):
        return [Token(text, word[:-3]), Token("", "not")]
    stem, _, ending = word.partition("'")
    if stem in {"l", "d"} and ending:
        return [Token(stem, stem), Token(ending, ending)]
    if ending in {"re", "m", "ve", "ll", "d"}:
        return [Token(text, stem)]
    return [Token(text, stem if ending == "s" or not ending else stem + ending)]


def _with_numbers(tokens: list[Token]) -> list[Token]:
    """Number words as one token with their value: `a hundred and twenty`, `forty five`."""
    found: list[Token] = []
    at = 0
    while at < len(tokens):
        length, value = _number_at(tokens, at)
        if length:
            text = " ".join(token.text for token in tokens[at : at + length])
            found.append(Token(text, tokens[at].word if length == 1 else text.lower(), value))
            at += length
        else:
            found.append(tokens[at])
            at += 1
    return found


def _number_at(tokens: list[Token], at: int) -> tuple[int, float]:
    """How many tokens from here on are one number in words, and its value."""
    words = [token.word for token in tokens[at : at + 6]]
    if len(words) > 1 and words[0] == "a" and words[1] == "hundred":
        words[0] = "one"
    if not words or (words[0] not in _ONES and words[0] not in _TENS):
        return (1, 100.0) if words and words[0] == "hundred" else (0, math.nan)
    length, value = _below_hundred(words)
    if words[length : length + 1] == ["hundred"]:
        length, value = length + 1, value * 100
        rest = words[length + 1 :] if words[length : length + 1] == ["and"] else words[length:]
        more, added = _below_hundred(rest)
        if more:
            length, value = length + more + (len(words[length:]) - len(rest)), value + added
    return length, float(value)


def _below_hundred(words: list[str]) -> tuple[int, int]:
    if not words:
        return 0, 0
    if words[0] in _TENS:
        ones = _ONES.get(words[1], 0) if len(words) > 1 else 0
        return (2, _TENS[words[0]] + ones) if 0 < ones < 10 else (1, _TENS[words[0]])
    return (1, _ONES[words[0]]) if words[0] in _ONES else (0, 0)
