"""The section "Settings": what belongs to photos, drawings, text and videos alike; each option stands here alone."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..operators.session import session
from ..operators.video_soon import TITLE
from ..preferences import PACKAGE
from .options import draw_key_options, draw_motion_options, draw_unsure_options
from .sidebar import SETTINGS, Sidebar, draw_working
from .words import draw_findings, draw_sentence

PARENT: Final = "CONTRAPPOSTO_PT_settings"


class CONTRAPPOSTO_PT_settings(Sidebar, bpy.types.Panel):
    bl_label = "Settings"
    bl_order = SETTINGS
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="PREFERENCES")

    def draw(self, _context: bpy.types.Context) -> None:
        if session.job is not None:
            draw_working(self.layout)


class CONTRAPPOSTO_PT_settings_keys(Sidebar, bpy.types.Panel):
    bl_label = "Pose and Keys"
    bl_parent_id = PARENT

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.active = session.job is None
        draw_key_options(self.layout, context.scene.contrapposto.options)


class CONTRAPPOSTO_PT_settings_unsure(Sidebar, bpy.types.Panel):
    bl_label = "Unsure Joints"
    bl_parent_id = PARENT

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.active = session.job is None
        draw_unsure_options(self.layout, context.scene.contrapposto.options)


class CONTRAPPOSTO_PT_settings_motion(Sidebar, bpy.types.Panel):
    bl_label = "Motion"
    bl_parent_id = PARENT

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.active = session.job is None or session.job.title == TITLE
        draw_motion_options(layout, context.window_manager.contrapposto_video, context.scene)


class CONTRAPPOSTO_PT_settings_solver(Sidebar, bpy.types.Panel):
    bl_label = "Solver"
    bl_parent_id = PARENT
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        addon = context.preferences.addons.get(PACKAGE)
        if addon is None or addon.preferences is None:
            draw_sentence(self.layout, "The add-on was enabled by a script, without preferences.", icon="INFO")
            return
        column = self.layout.column()
        column.active = session.job is None
        column.prop(addon.preferences, "solver")
        column.prop(addon.preferences, "device")


class CONTRAPPOSTO_PT_settings_installation(Sidebar, bpy.types.Panel):
    bl_label = "Installation"
    bl_parent_id = PARENT
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, _context: bpy.types.Context) -> None:
        column: Any = self.layout.column()
        column.operator("contrapposto.check_installation", icon="VIEWZOOM")
        if session.findings:
            draw_findings(column, session.findings)
        button = column.operator("preferences.addon_show", text="Preferences", icon="PREFERENCES")
        button.module = PACKAGE


CLASSES = (
    CONTRAPPOSTO_PT_settings,
    CONTRAPPOSTO_PT_settings_keys,
    CONTRAPPOSTO_PT_settings_unsure,
    CONTRAPPOSTO_PT_settings_motion,
    CONTRAPPOSTO_PT_settings_solver,
    CONTRAPPOSTO_PT_settings_installation,
)
