"""The section "Video": which video, its range and the person; a running job and what becomes of it when stopped."""

from __future__ import annotations

from typing import Any, Final

import bpy

from ..operators.estimate_video import OPERATOR, draw_answers
from ..operators.session import session
from ..operators.video_soon import TITLE
from ..translations.words import n_
from .sidebar import VIDEO, Sidebar, draw_progress, draw_why_not, draw_working, is_narrow
from .words import draw_sentence

HINT: Final = n_("Choose a video, or drop one on the view in Pose Mode. The motion is keyed from the playhead on.")


class CONTRAPPOSTO_PT_video(Sidebar, bpy.types.Panel):
    bl_label = "Video"
    bl_order = VIDEO

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="FILE_MOVIE")

    def draw(self, context: bpy.types.Context) -> None:
        layout, job = self.layout, session.job
        if job is not None and job.title != TITLE:
            draw_job(layout, job)
            return
        video = context.scene.contrapposto.video
        draw_clip(layout, context, video)
        draw_why_not(layout, context)
        if not video.result.run:
            draw_sentence(layout, HINT, icon="INFO")


def draw_job(layout: Any, job: Any) -> None:
    """The running job; where it was stopped, the question what becomes of it."""
    if job.title != "Pose from Video":
        draw_working(layout)
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
    for pair in (("start", "end"), ("step", "person")):  # three in a row have no room for their words in Japanese
        row = column.column(align=True) if is_narrow(context) else column.row(align=True)
        for name in pair:
            row.prop(video, name)
    layout.prop(video, "camera_motion")
    row = layout.row()
    row.scale_y = 1.3
    row.operator_context = "INVOKE_DEFAULT"
    row.operator(OPERATOR, text="Pose from Video", icon="FILE_MOVIE")


CLASSES = (CONTRAPPOSTO_PT_video,)
