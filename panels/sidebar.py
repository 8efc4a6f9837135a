"""The tab "Contrapposto" in the sidebar of the 3D view; reads properties and changes nothing."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import bpy

from ..operators.estimate_photo import draw_options, options_of
from ..operators.session import JobStatus, session
from ..operators.target import why_not
from .people import draw_people
from .readings import draw_confidence, draw_reading
from .words import MARGIN_PX, draw_findings, draw_sentence

NARROW_PX = 230
"""Below this width things go under instead of beside each other."""

FIRST_USE = (
    ("ARMATURE_DATA", "Select your character's armature."),
    ("IMAGE_DATA", "Choose a photo, or drop one on the view in Pose Mode."),
    ("KEYFRAME_HLT", "The rig is posed and keyed at the playhead. Ctrl Z takes it back."),
)


class Sidebar:
    """Mixin of every panel of the tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Contrapposto"
    if TYPE_CHECKING:
        layout: Any


class CONTRAPPOSTO_PT_photo(Sidebar, bpy.types.Panel):
    bl_label = "Photo"
    bl_order = 0

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="IMAGE_DATA")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.job is not None:
            draw_progress(layout, session.job)
            return
        draw_target(layout, context)
        row = layout.row()
        row.scale_y = 1.6
        row.operator("contrapposto.photo", text="Pose from Photo", icon="FILE_IMAGE")
        draw_words(layout, context)
        if not context.scene.contrapposto.result.summary:
            draw_first_use(layout)


class CONTRAPPOSTO_PT_photo_options(Sidebar, bpy.types.Panel):
    bl_label = "Options"
    bl_parent_id = "CONTRAPPOSTO_PT_photo"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.active = session.job is None
        draw_options(self.layout, context.scene.contrapposto.options)


class CONTRAPPOSTO_PT_result(Sidebar, bpy.types.Panel):
    bl_label = "Result"
    bl_order = 10

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.contrapposto.result.summary)

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="OUTLINER_OB_ARMATURE")

    def draw(self, context: bpy.types.Context) -> None:
        result = context.scene.contrapposto.result
        narrow = is_narrow(context)
        column = self.layout.column(align=True)
        draw_source(column, result)
        column.label(text=f"{result.armature}, frame {result.frame:g}", icon="KEYFRAME_HLT", translate=False)
        for note in result.notes.splitlines():
            draw_sentence(column, note, icon="ERROR")
        draw_reading(self.layout, context, narrow=narrow)
        if len(result.people):
            draw_result_people(self.layout, context, narrow=narrow)
        draw_confidence(self.layout, context, narrow=narrow)
        draw_keyed(self.layout, result)
        draw_timings(self.layout, result)


class CONTRAPPOSTO_PT_settings(Sidebar, bpy.types.Panel):
    bl_label = "Settings"
    bl_order = 20
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="PREFERENCES")

    def draw(self, _context: bpy.types.Context) -> None:
        column = self.layout.column()
        column.operator("contrapposto.check_installation", icon="VIEWZOOM")
        if session.findings:
            draw_findings(column, session.findings)
        button = column.operator("preferences.addon_show", text="Preferences", icon="PREFERENCES")
        button.module = __package__.rpartition(".")[0]


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether the sidebar has no room for two things beside each other."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    return context.region is not None and context.region.width < NARROW_PX * scale


def draw_progress(layout: bpy.types.UILayout, job: JobStatus) -> None:
    """The running job, and the button that stops it."""
    column = layout.column()
    column.progress(factor=job.fraction, type="BAR", text=job.stage or "Starting", translate=False)
    if job.detail:
        column.label(text=job.detail[:1].upper() + job.detail[1:], translate=False)
    row = column.row()
    row.scale_y = 1.3
    row.enabled = not job.cancel_requested
    row.operator("contrapposto.cancel", text="Cancel (Esc)", icon="CANCEL")


def draw_target(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Which rig will be posed, or why none can be."""
    reason = why_not(context)
    if reason is not None:
        draw_sentence(layout, f"{reason}.", icon="INFO")
        return
    layout.label(text=context.active_object.name, icon="OUTLINER_OB_ARMATURE", translate=False)


def draw_words(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The field for what a picture leaves open."""
    options = context.scene.contrapposto.options
    layout.prop(options, "words", text="", icon="OUTLINER_OB_FONT", placeholder="In words: left leg behind")


def draw_first_use(layout: bpy.types.UILayout) -> None:
    """Three lines that say how it works."""
    box = layout.box()
    for icon, sentence in FIRST_USE:
        draw_sentence(box, sentence, icon=icon)


def draw_source(layout: bpy.types.UILayout, result: Any) -> None:
    """What the pose was made from."""
    if result.sentence:
        draw_sentence(layout, f"“{result.sentence}”", icon="OUTLINER_OB_FONT")
        return
    name = PurePath(result.photo.replace("\\", "/")).name
    icon = "IMAGE_DATA" if result.operator == "contrapposto.photo" else "GREASEPENCIL"
    layout.label(text=name or "Strokes in the view", icon=icon, translate=False)


def draw_result_people(layout: bpy.types.UILayout, context: bpy.types.Context, *, narrow: bool) -> None:
    """Everybody in the picture; another one can be chosen."""
    result = context.scene.contrapposto.result
    count = len(result.people)
    header, body = layout.panel("contrapposto_people")
    one, many = ("person", "people") if result.operator == "contrapposto.photo" else ("figure", "figures")
    header.label(text=f"1 {one} found" if count == 1 else f"{count} {many} found", translate=False)
    if body is None:
        return
    if count > 1:
        draw_sentence(body, f"Choose another {one}:")
    request = options_of(context.scene.contrapposto.options)
    if result.photo:  # strokes have no file
        request["filepath"] = result.photo
    body.enabled = session.job is None and bool(result.photo)
    columns = max(1, min(count, 2 if narrow else 3))
    thumbnails = [person.thumbnail for person in result.people]
    width = max(context.region.width - MARGIN_PX * (context.preferences.system.ui_scale or 1.0), 0.0)
    draw_people(
        body,
        thumbnails,
        columns=columns,
        width_px=width,
        posed=result.person,
        request=request,
        operator=result.operator,
    )


def draw_keyed(layout: bpy.types.UILayout, result: Any) -> None:
    """Which bones have a new key, and which were left alone."""
    header, body = layout.panel("contrapposto_keyed", default_closed=True)
    header.label(text=f"{result.keyed_count} bones keyed", translate=False)
    if body is None:
        return
    body.label(text=result.action, icon="ACTION", translate=False)
    draw_sentence(body, result.keyed_bones)
    if result.skipped_count:
        draw_sentence(body, f"{result.skipped_count} left alone: {result.skipped_bones}", icon="LOCKED")
    if result.unsure_count:
        draw_sentence(body, f"{result.unsure_count} too unsure to key: {result.unsure_bones}", icon="QUESTION")


def draw_timings(layout: bpy.types.UILayout, result: Any) -> None:
    """How long each stage took."""
    header, body = layout.panel("contrapposto_timings", default_closed=True)
    header.label(text=f"Took {result.seconds:.2f} s", translate=False)
    if body is None:
        return
    column = body.column(align=True)
    for timing in result.timings:
        split = column.split(factor=0.65)
        split.label(text=timing.name.capitalize(), translate=False)
        split.label(text=f"{timing.milliseconds:.0f} ms", translate=False)


CLASSES = (
    CONTRAPPOSTO_PT_photo,
    CONTRAPPOSTO_PT_photo_options,
    CONTRAPPOSTO_PT_result,
    CONTRAPPOSTO_PT_settings,
)
