"""The section "Photo": a photo poses the rig; before the first time, how that is done in three lines."""

from __future__ import annotations

from typing import Any

import bpy

from ..operators.session import session
from ..operators.target import why_not
from ..operators.telling import as_sentence
from ..translations.words import iface_, n_
from .sidebar import PHOTO, Sidebar, draw_progress, draw_why_not, draw_words, is_first_use
from .words import draw_sentence

NO_ARMATURE = n_("There is no armature yet: add one, or open the file of your character.")
NOT_SELECTED = n_("Select your character's armature.")
UNKNOWN = n_("The bones of {name} were not all recognised: choose them under Rig.")
READY = n_("{name} will be posed; its bones are found automatically.")
HOW = (
    ("IMAGE_DATA", n_("Choose a photo, or drop one on the view in Pose Mode.")),
    ("KEYFRAME_HLT", n_("The rig is posed and keyed at the playhead. Ctrl Z takes it back.")),
)


class CONTRAPPOSTO_PT_photo(Sidebar, bpy.types.Panel):
    bl_label = "Photo"
    bl_order = PHOTO

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="IMAGE_DATA")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.job is not None:
            draw_progress(layout, session.job)
            return
        first_use = is_first_use(context)
        if not first_use:
            draw_target(layout, context)
        row = layout.row()
        row.scale_y = 1.6
        row.operator("contrapposto.photo", text="Pose from Photo", icon="FILE_IMAGE")
        draw_words(layout, context)
        if first_use:
            draw_first_use(layout, context)


def draw_target(layout: Any, context: bpy.types.Context) -> None:
    """Which rig will be posed, or why none can be."""
    if why_not(context) is not None:
        draw_why_not(layout, context)
        return
    draw_sentence(layout, context.active_object.name, icon="OUTLINER_OB_ARMATURE")


def draw_first_use(layout: Any, context: bpy.types.Context) -> None:
    """Three lines: which rig will be posed or what is missing for it, what to do, and what comes of it."""
    box = layout.box()
    icon, sentence = first_line(context)
    draw_sentence(box, sentence, icon=icon)
    for icon, sentence in HOW:
        draw_sentence(box, sentence, icon=icon)


def first_line(context: bpy.types.Context) -> tuple[str, str]:
    """Icon and sentence of how things stand with the rig."""
    active, reason = context.active_object, why_not(context)
    if active is None or active.type != "ARMATURE":
        return "ARMATURE_DATA", iface_(NOT_SELECTED if bpy.data.armatures else NO_ARMATURE)
    if reason is not None:
        return "ERROR", as_sentence(reason)
    if session.refused is not None and session.refused[0] == active.session_uid:
        return "ERROR", iface_(UNKNOWN).format(name=active.name)
    return "ARMATURE_DATA", iface_(READY).format(name=active.name)


CLASSES = (CONTRAPPOSTO_PT_photo,)
