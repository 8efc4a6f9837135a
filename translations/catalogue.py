"""Reads and writes the files of this folder: one language each, context -> words in English -> words in that language.

Knows nothing of Blender.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

Message = tuple[str, str]
"""Context and words in English: the same word may be another one on a button."""

DEFAULT: Final = "*"
"""The context of labels, names and tooltips; Blender's own name of it."""
OPERATOR: Final = "Operator"
"""The context of buttons and menu entries; Blender's own name of it."""
FOLDER: Final = Path(__file__).parent


def languages() -> tuple[str, ...]:
    """The languages that there are files of, by Blender's names, such as `ja_JP`."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def read(language: str) -> dict[Message, str]:
    """All words of a language.

    Raises:
        OSError: there is no file of this language.
        ValueError: the file is no JSON.
    """
    content = json.loads((FOLDER / f"{language}.json").read_bytes())
    return {(context, english): words for context, messages in content.items() for english, words in messages.items()}


def write(language: str, messages: dict[Message, str]) -> None:
    """Write the file of a language, sorted, so that two people's changes meet in as few lines as possible."""
    content: dict[str, dict[str, str]] = {}
    for (context, english), words in sorted(messages.items()):
        content.setdefault(context, {})[english] = words
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (FOLDER / f"{language}.json").write_text(f"{text}\n", encoding="utf-8")
