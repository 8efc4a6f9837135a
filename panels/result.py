"""The section "Result": what the last pose was made from, how sure it is, what was keyed; and the last motion."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import bpy

from ..operators.estimate_photo import options_of
from ..operators.session import session
from ..translations.words import iface_, n_
from .people import draw_people
from .readings import draw_confidence, draw_reading
from .sidebar import RESULT, Sidebar, is_narrow
from .words import MARGIN_PX, draw_sentence

FOUND = {
    ("person", False): n_("{count} person found"),
    ("person", True): n_("{count} people found"),
    ("figure", False): n_("{count} figure found"),
    ("figure", True): n_("{count} figures found"),
}
"""What was found, and whether there are several."""


class CONTRAPPOSTO_PT_result(Sidebar, bpy.types.Panel):
    bl_label = "Result"
    bl_order = RESULT

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        kept = context.scene.contrapposto
        return bool(kept.result.summary or kept.video.result.run)

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="OUTLINER_OB_ARMATURE")

    def draw(self, context: bpy.types.Context) -> None:
        result = context.scene.contrapposto.result
        if not result.summary:
            return
        narrow = is_narrow(context)
        column = self.layout.column(align=True)
        draw_source(column, result)
        where = iface_("{name}, frame {frame}").format(name=result.armature, frame=f"{result.frame:g}")
        draw_sentence(column, where, icon="KEYFRAME_HLT")
        for note in result.notes.splitlines():
            draw_sentence(column, note, icon="ERROR")
        draw_reading(self.layout, context, narrow=narrow)
        if len(result.people):
            draw_result_people(self.layout, context, narrow=narrow)
        draw_confidence(self.layout, context, narrow=narrow)
        draw_keyed(self.layout, result)
        draw_timings(self.layout, result)


def draw_source(layout: bpy.types.UILayout, result: Any) -> None:
    """What the pose was made from."""
    if result.sentence:
        draw_sentence(layout, f"“{result.sentence}”", icon="OUTLINER_OB_FONT")
        return
    name = PurePath(result.photo.replace("\\", "/")).name
    icon = "IMAGE_DATA" if result.operator == "contrapposto.photo" else "GREASEPENCIL"
    draw_sentence(layout, name or iface_("Strokes in the view"), icon=icon)


def draw_result_people(layout: bpy.types.UILayout, context: bpy.types.Context, *, narrow: bool) -> None:
    """Everybody in the picture; another one can be chosen."""
    result = context.scene.contrapposto.result
    count = len(result.people)
    header, body = layout.panel("contrapposto_people")
    noun = "person" if result.operator == "contrapposto.photo" else "figure"
    header.label(text=iface_(FOUND[noun, count > 1]).format(count=count), translate=False)
    if body is None:
        return
    if count > 1 and not result.photo:
        draw_sentence(body, "To pose another figure, change Figure in the redo panel.", icon="INFO")
    elif count > 1:
        draw_sentence(body, "Choose another person:" if noun == "person" else "Choose another figure:")
    request = options_of(context.scene.contrapposto.options)
    if result.photo:  # strokes have no file
        request["filepath"] = result.photo
    body.enabled = session.job is None and bool(result.photo)
    draw_people(
        body,
        [person.thumbnail for person in result.people],
        columns=max(1, min(count, 2 if narrow else 3)),
        width_px=max(context.region.width - MARGIN_PX * (context.preferences.system.ui_scale or 1.0), 0.0),
        posed=result.person,
        request=request,
        operator=result.operator,
    )


def draw_keyed(layout: bpy.types.UILayout, result: Any) -> None:
    """Which bones have a new key, and which were left alone."""
    header, body = layout.panel("contrapposto_keyed", default_closed=True)
    header.label(text=iface_("{count} bones keyed").format(count=result.keyed_count), translate=False)
    if body is None:
        return
    draw_sentence(body, result.action, icon="ACTION")
    draw_sentence(body, result.keyed_bones)
    if result.skipped_count:
        words = iface_("{count} left alone: {bones}")
        draw_sentence(body, words.format(count=result.skipped_count, bones=result.skipped_bones), icon="LOCKED")
    if result.unsure_count:
        words = iface_("{count} too unsure to key: {bones}")
        draw_sentence(body, words.format(count=result.unsure_count, bones=result.unsure_bones), icon="QUESTION")


STAGES = (n_("Pose and key"),)
"""Of the table of times, those that no job has."""


def draw_timings(layout: bpy.types.UILayout, result: Any) -> None:
    """How long each stage took."""
    header, body = layout.panel("contrapposto_timings", default_closed=True)
    header.label(text=iface_("Took {seconds} s").format(seconds=f"{result.seconds:.2f}"), translate=False)
    if body is None:
        return
    column = body.column(align=True)
    for timing in result.timings:
        split = column.split(factor=0.65)
        split.label(text=iface_(timing.name.capitalize()), translate=False)
        split.label(text=f"{timing.milliseconds:.0f} ms", translate=False)


CLASSES = (CONTRAPPOSTO_PT_result,)
