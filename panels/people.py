"""The people of a picture as a grid of thumbnails, each with a button that poses the rig as that person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import bpy

from ..operators.session import session


def draw_people(
    layout: bpy.types.UILayout, thumbnails: Sequence[str], *, columns: int, posed: int, request: dict[str, Any]
) -> None:
    """Draw one cell a person.

    Args:
        layout: where to draw.
        thumbnails: names of the thumbnails, the most prominent person first.
        columns: cells in a row.
        posed: who is posed now, counted from 1; 0 for nobody.
        request: properties of the operator, `person` aside.
    """
    grid = layout.grid_flow(row_major=True, columns=columns, even_columns=True, even_rows=True, align=False)
    for number, thumbnail in enumerate(thumbnails, start=1):
        cell = grid.column(align=True)
        icon = session.thumbnails.icon(thumbnail)
        if icon:
            cell.template_icon(icon_value=icon, scale=4.5)
        row = cell.row(align=True)
        row.operator_context = "INVOKE_DEFAULT"
        button = row.operator("contrapposto.photo", text=f"Person {number}", depress=number == posed)
        for name, value in request.items():
            setattr(button, name, value)
        button.person = number
