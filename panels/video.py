"""The section "Video": which video, the range and the person; and the motion that came of it, with its settings."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any, Final

import bpy

from ..operators.estimate_video import OPERATOR, draw_answers
from ..operators.session import session
from ..operators.video_again import CONTRAPPOSTO_OT_video_refinish
from ..operators.video_soon import TITLE
from .people import draw_people
from .sidebar import Sidebar, draw_progress, is_narrow
from .words import MARGIN_PX, draw_sentence

HINT: Final = "Choose a video, or drop one on the view in Pose Mode. The motion is keyed from the playhead on."


class CONTRAPPOSTO_PT_video(Sidebar, bpy.types.Panel):
    bl_label = "Video"
    bl_order = 3

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="FILE_MOVIE")

    def draw(self, context: bpy.types.Context) -> None:
        layout, job = self.layout, session.job
        if job is not None and job.title != TITLE:
            draw_job(layout, job)
            return
        video = context.scene.contrapposto.video
        draw_clip(layout, context, video)
        if video.result.run:
            draw_motion(layout, context, video.result)
        else:
            draw_sentence(layout, HINT, icon="INFO")


class CONTRAPPOSTO_PT_video_keying(Sidebar, bpy.types.Panel):
    bl_label = "Motion and Keys"
    bl_parent_id = "CONTRAPPOSTO_PT_video"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        result, job = context.scene.contrapposto.video.result, session.job
        layout.active = job is None or job.title == TITLE
        draw_keying(layout, context.window_manager.contrapposto_video, context.scene)
        if job is not None and job.title == TITLE:
            layout.progress(factor=job.fraction, type="BAR", text=job.stage or "Starting", translate=False)
        elif result.run:
            draw_again(layout, context)


def draw_job(layout: Any, job: Any) -> None:
    """The running job; where it was stopped, the question what becomes of it."""
    if job.title != "Pose from Video":
        draw_sentence(layout, "Contrapposto is working.", icon="TIME")
        return
    draw_progress(layout, job)
    if job.asking:
        draw_sentence(layout, "Stop, and key the motion so far?", icon="QUESTION")
        draw_answers(layout.column(align=True))


def draw_clip(layout: Any, context: bpy.types.Context, video: Any) -> None:
    """The fields of what to read, and the button."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.prop(video, "filepath", text="", placeholder="Video file")
    row.menu("CONTRAPPOSTO_MT_video_sources", text="", icon="TRACKER")
    row = column.column(align=True) if is_narrow(context) else column.row(align=True)
    row.prop(video, "start")
    row.prop(video, "end")
    row.prop(video, "step")
    column.prop(video, "person")
    row = layout.row()
    row.scale_y = 1.3
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(OPERATOR, text="Pose from Video", icon="FILE_MOVIE")


def draw_keying(layout: Any, keying: Any, scene: Any) -> None:
    """How the motion is finished and keyed."""
    column = layout.column()
    column.prop(keying, "smoothing_hz", slider=True)
    column.prop(keying, "lock_feet")
    column.prop(keying, "in_place")
    column.prop(keying, "loop")
    column.row().prop(keying, "keys", expand=True)
    bounds = column.column(align=True)
    bounds.active = keying.keys == "REDUCED"
    bounds.prop(keying, "max_degrees", text="Error (Degrees)")
    bounds.prop(keying, "max_millimetres", text="(Millimetres)")
    column.prop(keying, "destination")
    for side in ("left_hand", "right_hand"):
        column.prop_search(keying, side, scene, "objects", icon="OBJECT_DATA")


def draw_again(layout: Any, context: bpy.types.Context) -> None:
    """The button that keys the motion again, or why that cannot be."""
    layout.operator_context = "INVOKE_DEFAULT"
    layout.operator("contrapposto.video_refinish", icon="FILE_REFRESH")
    reason = CONTRAPPOSTO_OT_video_refinish.why_not(context)
    if reason is not None:
        draw_sentence(layout, f"{reason}.", icon="INFO")


def draw_motion(layout: Any, context: bpy.types.Context, result: Any) -> None:
    """What came of the last video."""
    box = layout.box().column(align=True)
    name = PurePath(result.filepath.replace("\\", "/")).name
    box.label(text=name, icon="FILE_MOVIE", translate=False)
    for icon, sentence in _facts(result):
        draw_sentence(box, sentence, icon=icon)
    for note in result.notes.splitlines():
        draw_sentence(box, note, icon="ERROR")
    if len(result.people) > 1:
        _draw_others(layout, context, result)


def _facts(result: Any) -> list[tuple[str, str]]:
    """Icon and sentence of each thing to tell."""
    last = result.frame + result.frames - 1
    rate = result.key_frames / result.seconds if result.seconds else 0.0
    facts = [
        ("OUTLINER_OB_ARMATURE", f"{result.armature}, frames {result.frame:g} to {last:g}"),
        ("TIME", f"{result.seconds:.2f} s of motion, worked out in {result.worked:.1f} s"),
        ("KEYFRAME_HLT", f"{result.keys} keys at {result.key_frames} of {result.frames} frames: {rate:.1f} a second"),
    ]
    if result.reduced:
        worst = f"{result.worst_degrees:.2f} degrees and {result.worst_millimetres:.1f} mm"
        facts.append(("DRIVER_DISTANCE", f"Worst error between keys: {worst}"))
    where = f"{result.action}, played by the strip {result.strip}" if result.strip else result.action
    facts.append(("ACTION", where))
    if result.kept:
        facts.append(("FAKE_USER_ON", f"{result.kept} is kept"))
    return facts


def _draw_others(layout: Any, context: bpy.types.Context, result: Any) -> None:
    header, body = layout.panel("contrapposto_video_people")
    header.label(text=f"{len(result.people)} people followed", translate=False)
    run = session.videos.run_of(context.scene)
    if body is None or run is None:
        return
    width = max(context.region.width - MARGIN_PX * (context.preferences.system.ui_scale or 1.0), 0.0)
    draw_people(
        body,
        [person.thumbnail for person in result.people],
        columns=2 if is_narrow(context) else 3,
        width_px=width,
        posed=result.person,
        request=run.request,
        operator=OPERATOR,
    )


CLASSES = (CONTRAPPOSTO_PT_video, CONTRAPPOSTO_PT_video_keying)
