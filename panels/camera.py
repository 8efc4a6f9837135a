"""Of the section "Result": the photo behind the posed rig, and its keypoints to be corrected there."""

from __future__ import annotations

import bpy

from ..operators.last_photo import why_no_picture
from ..operators.session import session
from ..operators.sketch_strokes import STROKES
from ..operators.telling import as_sentence
from ..operators.ways import PHOTO, SKETCH
from ..translations.words import n_
from .sidebar import Sidebar
from .words import draw_sentence

SENTENCE = "contrapposto_match"
"""The custom property in which a matched camera says how well it is matched."""
SHOWS = {
    PHOTO.operator: n_("Shows the rig over the photo, seen as the photo was taken."),
    SKETCH.operator: n_("Shows the rig over the drawing, seen as it was drawn."),
    STROKES.operator: n_("Correct Keypoints shows handles on the strokes. No camera is needed for that."),
}
"""What this is for, by what posed the rig."""
KEYS = (
    ("MOUSE_LMB_DRAG", n_("Drag a point: the limb follows")),
    ("EVENT_X", n_("Let the point go again")),
    ("EVENT_RETURN", n_("Keep, as one step to undo")),
    ("EVENT_ESC", n_("Leave everything as it was")),
)


class CONTRAPPOSTO_PT_camera(Sidebar, bpy.types.Panel):
    bl_label = "Camera"
    bl_parent_id = "CONTRAPPOSTO_PT_result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.contrapposto.result.summary)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.correcting is not None:
            draw_keys(layout)
            return
        column = layout.column(align=True)
        column.operator_context = "INVOKE_DEFAULT"
        column.scale_y = 1.2
        column.operator("contrapposto.match_camera", icon="CAMERA_DATA")
        column.operator("contrapposto.correct_keypoints", icon="CON_TRACKTO")
        reason, camera = why_no_picture(context), context.scene.camera
        if reason is not None:
            draw_sentence(layout, as_sentence(reason), icon="INFO")
        if camera is not None and SENTENCE in camera:
            draw_match(layout, camera)
        elif reason is None:
            what = SHOWS.get(context.scene.contrapposto.result.operator, SHOWS[PHOTO.operator])
            draw_sentence(layout, what, icon="INFO")


def draw_match(layout: bpy.types.UILayout, camera: bpy.types.Object) -> None:
    """How well the camera is matched, and how it shows the photo."""
    draw_sentence(layout, as_sentence(str(camera[SENTENCE])), icon="CHECKMARK")
    for photo in camera.data.background_images:
        column = layout.column(align=True)
        column.active = camera.data.show_background_images
        column.row(align=True).prop(photo, "display_depth", expand=True)
        column.prop(photo, "alpha", text="Photo", slider=True)


def draw_keys(layout: bpy.types.UILayout) -> None:
    """What can be done while keypoints are corrected."""
    box = layout.box()
    draw_sentence(box, "Correcting keypoints")
    for icon, sentence in KEYS:
        draw_sentence(box, sentence, icon=icon)


CLASSES = (CONTRAPPOSTO_PT_camera,)
