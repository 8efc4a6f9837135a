"""The people of a picture as a grid of thumbnails, with a button each where there is a choice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..operators.session import session
from ..translations.words import iface_

UNIT_PX = 22
"""A little more than a unit of Blender's interface at a scale of 1."""
LARGEST = 6.0
DRAWN = ("contrapposto.sketch", "contrapposto.sketch_strokes", "CONTRAPPOSTO_OT_sketch_strokes")
"""Operators whose pictures show figures, and no people."""


def draw_people(
    layout: bpy.types.UILayout,
    thumbnails: Sequence[str],
    *,
    columns: int,
    width_px: float,
    posed: int,
    request: dict[str, Any],
    operator: str = "contrapposto.photo",
) -> None:
    """Draw one cell a person.

    Args:
        layout: where to draw.
        thumbnails: names of the thumbnails, the most prominent person first.
        columns: cells in a row.
        width_px: of the whole grid.
        posed: who is posed now, counted from 1; 0 for nobody.
        request: properties of the operator, `person` aside.
        operator: what poses another of them.
    """
    scale = bpy.context.preferences.system.ui_scale or 1.0
    size = max(2.0, min(LARGEST, width_px / scale / columns / UNIT_PX))
    grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True, even_rows=False, align=False)
    for number, thumbnail in enumerate(thumbnails, start=1):
        cell = grid.column(align=True)
        icon = session.thumbnails.icon(thumbnail)
        if icon:
            cell.template_icon(icon_value=icon, scale=size)
        if len(thumbnails) == 1:
            return
        row = cell.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        text = iface_("Figure {number}") if operator in DRAWN else iface_("Person {number}")
        button = row.operator(operator, text=text.format(number=number), translate=False, depress=number == posed)
        for name, value in request.items():
            setattr(button, name, value)
        button.person = number
