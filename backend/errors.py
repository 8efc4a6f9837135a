"""Every error that Contrapposto raises on purpose.

    ContrappostoError
    ├── InputError               what was given cannot be used: a picture, a file, an option
    │   └── NoPersonFoundError   the picture was read, but nobody is in it
    ├── ModelError               the models cannot run
    │   ├── ModelFileError       a model file is missing or not the pinned one
    │   └── MissingPackageError  a Python package (torch, LiteRT, OpenCV, ...) is not installed
    └── RigError                 the armature cannot take the pose

Each message says what failed, on what, and what to do now. Operators and the command line catch the root alone;
whatever else is raised is a bug and propagates.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_MOST_CHARACTERS: Final = 900
_JOINER: Final = "\u200d"
"""Holds emoji together."""


class ContrappostoError(Exception):
    """Root of the tree: a sentence that can be shown to the artist as it is.

    Names of files and bones come from outside: signs in them that steer a terminal or turn the reading direction are
    written out, and of a very long sentence the middle is left out.
    """

    def __init__(self, sentence: str = "") -> None:
        super().__init__(_showable(sentence))


class InputError(ContrappostoError):
    """A picture, file or option that cannot be used."""


class NoPersonFoundError(InputError):
    """The picture was read, but the detector found nobody in it."""


class ModelError(ContrappostoError):
    """A model cannot run."""


class ModelFileError(ModelError):
    """A model file is missing, unreadable or not the pinned one."""


class MissingPackageError(ModelError):
    """A Python package that this step needs is not installed."""


class RigError(ContrappostoError):
    """An armature that cannot be read, mapped or keyed."""


def _showable(sentence: str) -> str:
    if len(sentence) > _MOST_CHARACTERS:
        sentence = f"{sentence[:600]} ... {sentence[-250:]}"
    if sentence.isascii() and sentence.isprintable():
        return sentence
    return "".join(_written_out(each) for each in sentence)


def _written_out(character: str) -> str:
    harmless = character in {"\n", _JOINER} or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
    return character if harmless else character.encode("unicode_escape").decode("ascii")
