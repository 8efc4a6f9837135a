"""Sentences in a layout: in the artist's language, wrapped to the sidebar's width, one label a line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from unicodedata import category, east_asian_width

import bpy

from ..translations.words import iface_

if TYPE_CHECKING:
    from ..backend.doctor import Finding

PIXELS_A_LETTER: Final = 6.6
"""Of Blender's interface font at a scale of 1, a little more than its mean, so that no line is cut off."""
MARGIN_PX: Final = 62
"""What the panel's borders, the scroll bar and an icon take."""
_LEAST_LETTERS: Final = 12
_PIECES: Final = re.compile("\\s+|[^\\s\u2e80-\u9fff\uff00-\uffef]+|.")
"""Blanks, words, and single letters of scripts that are written without blanks."""
_NEVER_FIRST: Final = frozenset("ーっゃゅょッャュョ")
"""Small letters that begin no line, and neither do closing marks."""


def room_px() -> float:
    """How wide the sidebar is that is drawn, in pixels."""
    region = bpy.context.region
    return float(region.width) if region is not None else 300.0


def letters_in(text: str) -> int:
    """How wide a text is, in Latin letters; those of Chinese and Japanese are as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def letters_that_fit(width_px: float) -> int:
    """How many Latin letters a label of a sidebar has room for, in one of so many pixels at a scale of 1."""
    return max(_LEAST_LETTERS, int((width_px - MARGIN_PX) / PIXELS_A_LETTER))


def wrapped(sentence: str, letters: int) -> list[str]:
    """The lines of a sentence, none wider than so many Latin letters."""
    if letters_in(sentence) == len(sentence):
        return textwrap.wrap(sentence, letters) or [""]
    lines, line = list[str](), ""
    for piece in _PIECES.findall(sentence):
        for part in [piece] if letters_in(piece) <= letters else textwrap.wrap(piece, letters):
            if letters_in(line + part.rstrip()) > letters:
                kept = len(line) - 1 if len(line) > 1 and (_begins_no_line(part) or _ends_no_line(line)) else len(line)
                lines.append(line[:kept].rstrip())
                line = line[kept:] + part.lstrip()
            else:
                line += part
    return [*lines, line.rstrip()] if line.strip() else lines


def _begins_no_line(letter: str) -> bool:
    return len(letter) == 1 and (letter in _NEVER_FIRST or category(letter) in {"Po", "Pe", "Pf"})


def _ends_no_line(line: str) -> bool:
    return category(line[-1]) in {"Ps", "Pi"}


def draw_sentence(
    layout: bpy.types.UILayout, sentence: str, *, icon: Any = "NONE", width_px: float | None = None
) -> bpy.types.UILayout:
    """Draw a sentence over as many lines as it needs, the icon before the first; returns its column.

    Args:
        layout: where to draw.
        sentence: in English, or translated already where there are names or numbers in it.
        icon: before the first line.
        width_px: what there is room for; by default the whole sidebar.
    """
    width = width_px if width_px is not None else room_px()
    scale = bpy.context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(wrapped(iface_(sentence), letters_that_fit(width / scale))):
        blank = "BLANK1" if icon != "NONE" else "NONE"
        column.label(text=line, icon=icon if number == 0 else blank, translate=False)
    return column


def draw_findings(layout: bpy.types.UILayout, findings: Iterable[Finding]) -> None:
    """Draw what the last check of the installation found."""
    column = layout.column()
    drawn = False
    for finding in findings:
        drawn = True
        icon = "CHECKMARK" if finding.ok else ("ERROR" if finding.is_trouble else "DOT")
        draw_sentence(column, f"{finding.sentence} {finding.advice}".strip(), icon=icon)
    if not drawn:
        draw_sentence(column, "Not checked yet.", icon="QUESTION")
