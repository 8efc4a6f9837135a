"""Gives Blender the words of every language, and takes them away again."""

from __future__ import annotations

from typing import Any, Final

import bpy

from . import catalogue

NAME: Final = str(__package__)
"""By which Blender knows these words."""


def add() -> None:
    """All files are read at once: Blender asks for a language without a chance to read its file then."""
    words: Any = {language: catalogue.read(language) for language in catalogue.languages()}
    bpy.app.translations.register(NAME, words)


def remove() -> None:
    """Take them away."""
    bpy.app.translations.unregister(NAME)
