"""Of the section "Result": the motion that the last video became."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import bpy

from ..operators.estimate_video import OPERATOR
from ..operators.session import session
from ..operators.telling import as_sentence
from ..operators.video_again import CONTRAPPOSTO_OT_video_refinish
from ..operators.video_soon import TITLE
from ..translations.words import iface_, n_
from .people import draw_people
from .sidebar import Sidebar, draw_stage, is_narrow
from .words import MARGIN_PX, draw_sentence


class CONTRAPPOSTO_PT_motion(Sidebar, bpy.types.Panel):
    bl_label = "Motion"
    bl_parent_id = "CONTRAPPOSTO_PT_result"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return bool(context.scene.contrapposto.video.result.run)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        draw_motion(layout, context, context.scene.contrapposto.video.result)
        if session.job is not None and session.job.title == TITLE:
            draw_stage(layout, session.job)
        else:
            draw_again(layout, context)


def draw_motion(layout: Any, context: bpy.types.Context, result: Any) -> None:
    """What came of the last video."""
    box = layout.box().column(align=True)
    draw_sentence(box, PurePath(result.filepath.replace("\\", "/")).name, icon="FILE_MOVIE")
    for icon, sentence in _facts(result):
        draw_sentence(box, sentence, icon=icon)
    for note in result.notes.splitlines():
        draw_sentence(box, note, icon="ERROR")
    if len(result.people) > 1:
        _draw_others(layout, context, result)


def draw_again(layout: Any, context: bpy.types.Context) -> None:
    """The button that keys the motion again, or why that cannot be."""
    layout.operator_context = "INVOKE_DEFAULT"
    layout.operator("contrapposto.video_refinish", icon="FILE_REFRESH")
    reason = CONTRAPPOSTO_OT_video_refinish.why_not(context)
    if reason is not None:
        draw_sentence(layout, as_sentence(reason), icon="INFO")
    else:
        draw_sentence(layout, "Smoothing, feet and keys are changed under Settings.", icon="PREFERENCES")


def _facts(result: Any) -> list[tuple[str, str]]:
    """Icon and sentence of each thing to tell."""
    rate = result.key_frames / result.seconds if result.seconds else 0.0
    keys = iface_("{keys} keys at {key_frames} of {frames} frames: {rate} a second").format(
        keys=result.keys, key_frames=result.key_frames, frames=result.frames, rate=f"{rate:.1f}"
    )
    facts = [
        ("OUTLINER_OB_ARMATURE", _place(result)),
        ("TIME", _time(result)),
        ("KEYFRAME_HLT", keys),
    ]
    if result.reduced:
        worst = iface_("Worst error between keys: {degrees} degrees and {millimetres} mm")
        degrees, millimetres = f"{result.worst_degrees:.2f}", f"{result.worst_millimetres:.1f}"
        facts.append(("DRIVER_DISTANCE", worst.format(degrees=degrees, millimetres=millimetres)))
    played = iface_("{action}, played by the strip {strip}").format(action=result.action, strip=result.strip)
    facts.append(("ACTION", played if result.strip else result.action))
    if result.kept:
        facts.append(("FAKE_USER_ON", iface_("{action} is kept").format(action=result.kept)))
    return facts


def _place(result: Any) -> str:
    first, last = f"{result.frame:g}", f"{result.frame + result.frames - 1:g}"
    return iface_("{name}, frames {first} to {last}").format(name=result.armature, first=first, last=last)


def _time(result: Any) -> str:
    words = iface_("{seconds} s of motion, worked out in {worked} s")
    return words.format(seconds=f"{result.seconds:.2f}", worked=f"{result.worked:.1f}")


def _draw_others(layout: Any, context: bpy.types.Context, result: Any) -> None:
    header, body = layout.panel("contrapposto_video_people")
    words = iface_(n_("{count} people followed")).format(count=len(result.people))
    header.label(text=words, translate=False)
    run = session.videos.run_of(context.scene)
    if body is None or run is None:
        return
    draw_people(
        body,
        [person.thumbnail for person in result.people],
        columns=2 if is_narrow(context) else 3,
        width_px=max(context.region.width - MARGIN_PX * (context.preferences.system.ui_scale or 1.0), 0.0),
        posed=result.person,
        request=run.request,
        operator=OPERATOR,
    )


CLASSES = (CONTRAPPOSTO_PT_motion,)
