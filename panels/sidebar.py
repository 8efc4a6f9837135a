"""What the sections of the tab "Contrapposto" share; the sections are one file each, in this order.

Photo, Sketch, Text and Video say what to pose from; Rig which bones; Result what came of it; Settings belong to all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from ..operators.session import JobStatus, session
from ..operators.target import why_not
from ..operators.telling import as_sentence, stage_in_words
from ..translations.words import iface_
from .words import draw_sentence

NARROW_PX = 230
"""Below this width things go under instead of beside each other."""
PHOTO, SKETCH, TEXT, VIDEO, RIG, TROUBLE, RESULT, SETTINGS = range(8)
"""The order of the sections; what went wrong is one only where something did."""


class Sidebar:
    """Mixin of every panel of the tab."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Contrapposto"
    if TYPE_CHECKING:
        layout: Any


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether the sidebar has no room for two things beside each other."""
    scale = context.preferences.system.ui_scale or 1.0  # 0 where there is no window
    return context.region is not None and context.region.width < NARROW_PX * scale


def draw_progress(layout: bpy.types.UILayout, job: JobStatus) -> None:
    """The running job, and the button that stops it."""
    column = layout.column()
    draw_stage(column, job)
    if job.detail:
        draw_sentence(column, job.detail[:1].upper() + job.detail[1:])
    row = column.row()
    row.scale_y = 1.3
    row.enabled = not job.cancel_requested
    row.operator("contrapposto.cancel", text="Cancel (Esc)", icon="CANCEL")


def draw_stage(layout: Any, job: JobStatus) -> None:
    """What the job does now, and how far it is."""
    text = stage_in_words(job.stage) if job.stage else iface_("Beginning")
    layout.progress(factor=job.fraction, type="BAR", text=text, translate=False)


def draw_working(layout: Any) -> None:
    """Something runs, so nothing else can be begun."""
    draw_sentence(layout, "Contrapposto is working.", icon="TIME")


def draw_why_not(layout: Any, context: bpy.types.Context) -> None:
    """Why nothing can be posed, where that is so."""
    reason = why_not(context)
    if reason is not None:
        draw_sentence(layout, as_sentence(reason), icon="INFO")


def draw_words(layout: Any, context: bpy.types.Context) -> None:
    """The field for what a picture leaves open."""
    options = context.scene.contrapposto.options
    layout.prop(options, "words", text="", icon="OUTLINER_OB_FONT", placeholder="In words: left leg behind")


def is_first_use(context: bpy.types.Context) -> bool:
    """Whether nothing has been posed in this scene yet."""
    kept = context.scene.contrapposto
    return not kept.result.summary and not kept.video.result.run and session.job is None
