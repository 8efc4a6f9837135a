"""The section "Sketch": a drawing, or strokes in the view, pose the rig."""

from __future__ import annotations

import bpy

from ..operators.session import session
from ..operators.sketch_strokes import CONTRAPPOSTO_OT_sketch_strokes
from ..operators.telling import as_sentence
from ..operators.ways import SKETCH
from ..translations.words import n_
from .sidebar import SKETCH as PLACE
from .sidebar import Sidebar, draw_words, draw_working
from .words import draw_sentence

HINT = n_("Draw a figure over the rig with the Annotate tool: the rig takes its pose in this view.")
DRAWN = (SKETCH.operator, CONTRAPPOSTO_OT_sketch_strokes.bl_idname)


class CONTRAPPOSTO_PT_sketch(Sidebar, bpy.types.Panel):
    bl_label = "Sketch"
    bl_order = PLACE

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="GREASEPENCIL")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.job is not None:
            draw_working(layout)
            return
        column = layout.column(align=True)
        column.scale_y = 1.3
        column.operator_context = "INVOKE_DEFAULT"
        column.operator("contrapposto.sketch", text="Pose from Drawing", icon="FILE_IMAGE")
        column.operator("contrapposto.sketch_strokes", text="Pose from Strokes", icon="STROKE")
        draw_words(layout, context)
        result = context.scene.contrapposto.result
        if result.summary and result.operator in DRAWN:
            column.operator("contrapposto.correct_keypoints", icon="CON_TRACKTO")
        reason = CONTRAPPOSTO_OT_sketch_strokes.why_not(context)
        if reason is not None:
            draw_sentence(layout, as_sentence(reason), icon="INFO")
        elif not result.summary:
            draw_sentence(layout, HINT, icon="INFO")


CLASSES = (CONTRAPPOSTO_PT_sketch,)
