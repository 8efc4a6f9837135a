"""WordPiece: sentences to the numbers of BERT's vocabulary, in plain Python.

The algorithm of BERT (Devlin et al., NAACL 2019): clean, lower-case without accents, split at spaces and punctuation,
then take the longest piece of the vocabulary again and again; later pieces of a word begin with `##`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from ..errors import ModelFileError

MOST_TOKENS: Final = 256
"""What the sentence encoder was trained to read at most, its two marks included (its `sentence_bert_config.json`)."""
_LONGEST_WORD: Final = 100
_MOST_CHARACTERS: Final = 4096
"""More text is not looked at: a token has at least one character but spaces, and 256 of them are taken."""
_UNKNOWN, _BEGIN, _END = "[UNK]", "[CLS]", "[SEP]"
# Ideographs stand alone: the blocks of CJK unified ideographs, their extensions and compatibility forms.
_IDEOGRAPHS: Final = (
    (0x4E00, 0x9FFF), (0x3400, 0x4DBF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F), (0x2B920, 0x2CEAF),
    (0xF900, 0xFAFF), (0x2F800, 0x2FA1F),
)  # fmt: skip


class WordPiece:
    """Numbers of the pieces of sentences.

    Args:
        vocabulary: the content of `vocab.txt`: a piece a line, its number is that of the line.

    Raises:
        ModelFileError: a mark that every sentence needs is not in it.
    """

    def __init__(self, vocabulary: str) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary.split("\n")) if piece}
        missing = [mark for mark in (_UNKNOWN, _BEGIN, _END) if mark not in self._numbers]
        if missing:
            raise ModelFileError(f"The sentence encoder's vocabulary has no {missing[0]}: it is no vocabulary of BERT.")

    def __len__(self) -> int:
        return len(self._numbers)

    def numbers(self, sentence: str) -> list[int]:
        """At most `MOST_TOKENS`, with the marks of beginning and end; longer sentences are cut.

        What looks like a mark in the sentence is read as the characters that it is.
        """
        found = [self._numbers[_BEGIN]]
        for word in _words(sentence[:_MOST_CHARACTERS]):
            found.extend(self._pieces(word))
            if len(found) >= MOST_TOKENS - 1:
                break
        return [*found[: MOST_TOKENS - 1], self._numbers[_END]]

    def _pieces(self, word: str) -> list[int]:
        unknown = [self._numbers[_UNKNOWN]]
        if len(word) > _LONGEST_WORD:
            return unknown
        found: list[int] = []
        start = 0
        while start < len(word):
            before = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if before + word[start:end] in self._numbers), None)
            if end is None:
                return unknown
            found.append(self._numbers[before + word[start:end]])
            start = end
        return found


def _words(sentence: str) -> Iterator[str]:
    """Lower case, without accents; each punctuation mark and ideograph is a word of its own."""
    word: list[str] = []
    for character in _plain(sentence):
        alone = _is_punctuation(character) or _is_ideograph(character)
        if alone or character == " ":
            if word:
                yield "".join(word)
                word.clear()
            if alone:
                yield character
        else:
            word.append(character)
    if word:
        yield "".join(word)


def _plain(sentence: str) -> str:
    clean = "".join(map(_clean, sentence))
    apart = unicodedata.normalize("NFD", clean)
    return "".join(character.lower() for character in apart if unicodedata.category(character) != "Mn")


def _clean(character: str) -> str:
    """A space for every kind of space; nothing for what cannot be seen."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    if character == "\ufffd" or unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"}:
        return ""
    return character


def _is_punctuation(character: str) -> bool:
    if character.isascii():
        return character.isprintable() and not character.isalnum() and character != " "
    return unicodedata.category(character).startswith("P")


def _is_ideograph(character: str) -> bool:
    return any(first <= ord(character) <= last for first, last in _IDEOGRAPHS)
