"""The section "Text": a sentence poses the rig, what was understood of it, and the rig's pose in words."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..operators.estimate_text import why_no_sentence
from ..operators.session import session
from ..operators.show_request import asks_server
from ..operators.telling import as_sentence
from ..preferences import last_sentences
from ..translations.words import n_
from .readings import draw_reading
from .sidebar import TEXT, Sidebar, draw_why_not, draw_working, is_narrow
from .words import draw_sentence

EXAMPLE: Final = n_("Kneeling, right hand on the heart")
LETTERS: Final = 70
"""Of a sentence in the menu of the last ones."""


class CONTRAPPOSTO_PT_text(Sidebar, bpy.types.Panel):
    bl_label = "Text"
    bl_order = TEXT

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="OUTLINER_OB_FONT")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.job is not None:
            draw_working(layout)
            return
        draw_prompt(layout, context.scene.contrapposto.text, narrow=is_narrow(context))
        draw_why_not(layout, context)
        if asks_server(context):
            layout.operator("contrapposto.show_request", icon="VIEWZOOM")
        draw_understood(layout, context)
        draw_description(layout, context.scene.contrapposto.text)


class CONTRAPPOSTO_MT_sentences(bpy.types.Menu):
    bl_label = "Last Sentences"
    bl_description = "Sentences that posed a rig before, to be taken into the field again"

    def draw(self, context: bpy.types.Context) -> None:
        layout: Any = self.layout
        sentences = last_sentences(context)
        if not sentences:
            layout.label(text="No sentence was posed yet")
        for sentence in sentences:
            shown = sentence if len(sentence) <= LETTERS else f"{sentence[: LETTERS - 1]}…"
            layout.operator("contrapposto.take_sentence", text=shown, translate=False).sentence = sentence


def draw_prompt(layout: Any, text: Any, *, narrow: bool) -> None:
    """The field with the last sentences, and what can be done with what is in it."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(text, "prompt", text="", placeholder=EXAMPLE)
    row.menu("CONTRAPPOSTO_MT_sentences", text="", icon="TIME")
    row = column.column(align=True) if narrow else column.row(align=True)
    row.scale_y = 1.3
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("contrapposto.text", text="Pose", icon="ARMATURE_DATA").edit = False
    row.operator("contrapposto.text", text="Edit Current Pose", icon="MODIFIER").edit = True
    row = column.column(align=True) if narrow else column.row(align=True)
    row.prop(text, "alternatives")
    row.prop(text, "seed")


def draw_understood(layout: Any, context: bpy.types.Context) -> None:
    """What the last sentence was understood to say, each with a switch; which of it the rig's pose does."""
    result = context.scene.contrapposto.result
    if not result.sentence:
        return
    draw_reading(layout, context, narrow=is_narrow(context))
    header, body = layout.panel("contrapposto_understood")
    count = len(result.constraints)
    header.label(text="Understood" if count else "Understood as a mood or role")
    if body is None:
        return
    reason = why_no_sentence(context)
    column = body.column(align=True)
    for number, constraint in enumerate(result.constraints, start=1):
        row = column.row(align=True)
        switch = row.row(align=True)
        switch.enabled = reason is None
        icon = "CHECKBOX_HLT" if constraint.used else "CHECKBOX_DEHLT"
        switch.operator("contrapposto.text_switch", text="", icon=icon, emboss=False).index = number
        words = row.column(align=True)
        words.active = constraint.used
        missed = constraint.used and not constraint.held
        draw_sentence(words, constraint.name, icon="ERROR" if missed else "NONE")
    if reason is not None and count:
        draw_sentence(body, as_sentence(reason), icon="INFO")


def draw_description(layout: Any, text: Any) -> None:
    """The rig's pose in words."""
    layout.operator("contrapposto.describe", icon="WORDWRAP_ON")
    if not text.description:
        return
    box = layout.box()
    draw_sentence(box, text.description)
    button = box.operator("contrapposto.take_sentence", text="Take into the Field", icon="TRIA_UP")
    button.sentence = text.description


CLASSES = (CONTRAPPOSTO_MT_sentences, CONTRAPPOSTO_PT_text)
