"""Of the section "Result": which reading is posed, and how sure it is of each part of the body."""

from __future__ import annotations

from typing import Any

import bpy

from ..backend.sureness import SURE, UNSEEN, grade_of
from ..operators.confidence import why_no_joints
from ..operators.readings import ONE_READING, reading_in_words, why_no_choice
from ..operators.session import session
from ..operators.telling import as_sentence
from ..rig.overlay import tint
from ..translations.words import iface_, n_
from .words import draw_sentence

LEGEND = (
    ("STRIP_COLOR_01", n_("Less than {unseen}: as good as guessed")),
    ("STRIP_COLOR_02", n_("{unseen} to {sure}: look at it")),
    ("STRIP_COLOR_04", n_("From {sure}: sure")),
)


PARTS = (n_("Head"), n_("Torso"), n_("Left arm"), n_("Right arm"), n_("Left leg"), n_("Right leg"))
"""The parts of the body, as `backend.body_parts` names them."""


def draw_reading(layout: bpy.types.UILayout, context: bpy.types.Context, *, narrow: bool) -> None:
    """Which reading is posed, or shown to be chosen, with buttons for the others."""
    if session.choosing is not None:
        draw_choice(layout, context, session.choosing.shown, narrow=narrow)
        return
    reason, run = why_no_choice(context), session.run_of(context.scene)
    column = layout.column(align=True)
    row = column.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    text = reading_in_words(context.scene, context.scene.contrapposto.result.reading - 1, brief=narrow)
    if reason is not None:
        row.label(text=text, icon="OPTIONS", translate=False)
        trouble = "" if run is None else run.trouble
        sentence = trouble or ("" if reason == ONE_READING else as_sentence(reason))
        if sentence:
            draw_sentence(column, sentence, icon="INFO")
        return
    icons: dict[int, Any] = {-1: "TRIA_LEFT", 0: "NONE", 1: "TRIA_RIGHT"}
    for step, icon in icons.items():
        button = row.operator("contrapposto.choose_reading", text="" if step else text, icon=icon)
        button.step = step


def draw_choice(layout: bpy.types.UILayout, context: bpy.types.Context, shown: int, *, narrow: bool) -> None:
    """The reading that is shown, and what to do with it."""
    box = layout.box()
    row = box.row(align=True)
    row.operator("contrapposto.step_reading", text="", icon="TRIA_LEFT").step = -1
    row.label(text=reading_in_words(context.scene, shown, brief=narrow), translate=False)
    row.operator("contrapposto.step_reading", text="", icon="TRIA_RIGHT").step = 1
    row = box.row(align=True)
    row.scale_y = 1.3
    row.operator("contrapposto.end_choice", text="Keep", icon="CHECKMARK").keep = True
    row.operator("contrapposto.end_choice", text="Go Back", icon="LOOP_BACK").keep = False


def draw_confidence(layout: bpy.types.UILayout, context: bpy.types.Context, *, narrow: bool) -> None:
    """How far each part of the body can be trusted, and what can be done about the rest."""
    header, body = layout.panel("contrapposto_confidence")
    header.label(text="Confidence")
    if body is None:
        return
    draw_parts(body, context.scene.contrapposto.result, narrow=narrow)
    draw_tint(body, context)
    draw_rest(body, context)


def draw_parts(layout: bpy.types.UILayout, result: Any, *, narrow: bool) -> None:
    """A bar a part of the body."""
    column = layout.column(align=True)
    for part in result.body_parts:
        text = f"{part.confidence:.0%}"
        text = iface_("{confidence}, not shown").format(confidence=text) if part.not_shown else text
        if narrow:
            column.progress(factor=part.confidence, text=f"{iface_(part.name)}  {text}", translate=False)
            continue
        split = column.split(factor=0.48, align=True)
        split.label(text=part.name, icon=confidence_icon(part.confidence))
        split.progress(factor=part.confidence, text=text, translate=False)


def draw_tint(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """The switch of the tint in the view, and what its colours mean."""
    column = layout.column(align=True)
    icon = "HIDE_OFF" if tint.is_shown else "HIDE_ON"
    column.operator("contrapposto.show_confidence", icon=icon, depress=tint.is_shown)
    if not tint.is_shown:
        return
    options = context.scene.contrapposto.options
    for icon, words in LEGEND if options.tint_sure else LEGEND[:-1]:
        draw_sentence(column, iface_(words).format(unseen=f"{UNSEEN:.0%}", sure=f"{SURE:.0%}"), icon=icon)
    column.prop(options, "tint_sure")


def draw_rest(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Selects what is less sure than asked for."""
    scene = context.scene.contrapposto
    column = layout.column(align=True)
    reason = why_no_joints(context)
    least = f"{scene.options.min_confidence:.0%}"
    unsure = sum(joint.confidence < scene.options.min_confidence for joint in scene.result.joints)
    row = column.row(align=True)
    row.enabled = bool(unsure) and reason is None and session.choosing is None
    row.operator("contrapposto.select_unsure", icon="RESTRICT_SELECT_OFF")
    if reason is not None:
        draw_sentence(column, as_sentence(reason), icon="INFO")
    elif not unsure:
        draw_sentence(column, iface_("Every joint is at least {sure} sure.").format(sure=least), icon="CHECKMARK")
    else:
        one, many = n_("{count} joint is less than {sure} sure."), n_("{count} joints are less than {sure} sure.")
        draw_sentence(column, iface_(one if unsure == 1 else many).format(count=unsure, sure=least), icon="DOT")


def confidence_icon(confidence: float) -> Any:
    """A tick, a dot or a warning."""
    return {"SURE": "CHECKMARK", "DOUBTFUL": "DOT", "UNSEEN": "ERROR"}[grade_of(confidence)]
