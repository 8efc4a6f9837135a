"""Menu entries; the search of F3 finds what is in a menu."""

from __future__ import annotations

from typing import Any

import bpy

from ..rig.callbacks import called_by_blender


@called_by_blender("Drawing the menu")
def draw_pose_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """In Pose Mode: Pose > Pose from Photo, from Drawing, from Strokes, from Text, from Video; and Describe Pose."""
    _draw_entries(menu.layout)


@called_by_blender("Drawing the menu")
def draw_object_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """In Object Mode: the same under Object > Animation, while an armature is active."""
    active = context.active_object
    # The Pose menu has the same submenu, and an entry of ours already.
    if context.mode == "OBJECT" and active is not None and active.type == "ARMATURE":
        _draw_entries(menu.layout)


def _draw_entries(layout: Any) -> None:
    layout.separator()
    layout.operator("contrapposto.photo", text="Pose from Photo...", icon="IMAGE_DATA")
    layout.operator("contrapposto.sketch", text="Pose from Drawing...", icon="GREASEPENCIL")
    layout.operator("contrapposto.sketch_strokes", text="Pose from Strokes", icon="STROKE")
    layout.operator("contrapposto.text_ask", text="Pose from Text...", icon="OUTLINER_OB_FONT")
    layout.operator("contrapposto.video_browse", text="Pose from Video...", icon="FILE_MOVIE")
    layout.operator("contrapposto.describe", text="Describe Pose", icon="WORDWRAP_ON")


def add() -> None:
    """Add the entries."""
    bpy.types.VIEW3D_MT_pose.append(draw_pose_menu)
    bpy.types.VIEW3D_MT_object_animation.append(draw_object_menu)


def remove() -> None:
    """Remove the entries."""
    bpy.types.VIEW3D_MT_object_animation.remove(draw_object_menu)
    bpy.types.VIEW3D_MT_pose.remove(draw_pose_menu)
