"""What went wrong last, with the buttons to its report: in the sidebar, and in the dialog of an unexpected error."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.session import session
from .sidebar import TROUBLE, Sidebar
from .words import draw_sentence


class CONTRAPPOSTO_PT_trouble(Sidebar, bpy.types.Panel):
    bl_label = "What Went Wrong"
    bl_order = TROUBLE

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return session.trouble is not None and session.job is None

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="ERROR")

    def draw(self, _context: bpy.types.Context) -> None:
        trouble = session.trouble
        if trouble is None:
            return
        draw_sentence(self.layout, trouble.sentence)
        if trouble.advice:
            draw_sentence(self.layout, trouble.advice, icon="INFO")
        draw_buttons(self.layout)
        self.layout.operator("contrapposto.forget_trouble", text="Close", icon="X")


def draw_dialog(layout: Any, _context: bpy.types.Context, width_px: int) -> None:
    """The dialog's content: its own button copies the report, so only the other way to it is drawn."""
    trouble = session.trouble
    if trouble is None:
        return
    scale = bpy.context.preferences.system.ui_scale or 1.0
    for number, line in enumerate(trouble.lines):
        icon = ("ERROR", "CHECKMARK", "INFO")[min(number, 2)]
        draw_sentence(layout, line, icon=icon, width_px=width_px * scale)
    draw_save(layout)


def draw_buttons(layout: Any) -> None:
    """Both ways to the report."""
    row = layout.row(align=True)
    row.operator("contrapposto.copy_report", icon="COPYDOWN")
    draw_save(row)


def draw_save(layout: Any) -> None:
    """The way to the report that asks where."""
    row = layout.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("contrapposto.save_report", icon="FILE_TEXT")


CLASSES = (CONTRAPPOSTO_PT_trouble,)
