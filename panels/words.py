"""Sentences in a layout: wrapped to the sidebar's width, one label a line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy

if TYPE_CHECKING:
    from ..backend.doctor import Finding

_PIXELS_A_LETTER = 6.6
"""Of Blender's interface font at a scale of 1, a little more than its mean, so that no line is cut off."""
MARGIN_PX = 62
"""What the panel's borders, the scroll bar and an icon take."""


def draw_sentence(
    layout: bpy.types.UILayout, sentence: str, *, icon: Any = "NONE", width_px: float | None = None
) -> bpy.types.UILayout:
    """Draw a sentence over as many lines as it needs, the icon before the first; returns its column."""
    region = bpy.context.region
    width = width_px if width_px is not None else (region.width if region is not None else 300)
    scale = bpy.context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    letters = max(12, int((width / scale - MARGIN_PX) / _PIXELS_A_LETTER))
    column = layout.column(align=True)
    column.scale_y = 0.85
    for number, line in enumerate(textwrap.wrap(sentence, letters) or [""]):
        blank = "BLANK1" if icon != "NONE" else "NONE"
        column.label(text=line, icon=icon if number == 0 else blank, translate=False)
    return column


def draw_findings(layout: bpy.types.UILayout, findings: Iterable[Finding]) -> None:
    """Draw what the last check of the installation found."""
    column = layout.column()
    drawn = False
    for finding in findings:
        drawn = True
        icon = "CHECKMARK" if finding.ok else ("ERROR" if finding.needed else "DOT")
        draw_sentence(column, finding.sentence, icon=icon)
    if not drawn:
        draw_sentence(column, "Not checked yet.", icon="QUESTION")
