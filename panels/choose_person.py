"""The pop-up that asks which person of a picture to pose."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.session import session
from ..translations.words import iface_, n_
from .people import DRAWN, UNIT_PX, draw_people

COLUMNS = 4
WIDTH_UNITS = 20


class CONTRAPPOSTO_PT_choose_person(bpy.types.Panel):
    """Asks which person of the picture to pose"""

    bl_label = "Whose pose?"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options = {"INSTANCED"}
    bl_ui_units_x = WIDTH_UNITS

    def draw(self, _context: bpy.types.Context) -> None:
        layout: Any = self.layout
        choice = session.choice
        if choice is None:
            layout.label(text="No picture has been read yet", icon="INFO")
            return
        text = iface_(question(choice.operator)).format(count=len(choice.thumbnails))
        layout.label(text=text, icon="COMMUNITY", translate=False)
        columns = min(COLUMNS, len(choice.thumbnails))
        width = WIDTH_UNITS * UNIT_PX
        draw_people(
            layout,
            choice.thumbnails,
            columns=columns,
            width_px=width,
            posed=0,
            request=choice.request,
            operator=choice.operator,
        )


def question(operator: str) -> str:
    """What is asked, in English."""
    if operator == "contrapposto.video":
        return n_("{count} people in the video: whose motion?")
    if operator in DRAWN:
        return n_("{count} figures in the picture: whose pose?")
    return n_("{count} people in the picture: whose pose?")


CLASSES = (CONTRAPPOSTO_PT_choose_person,)
