"""The section "Rig" of the tab: which bone stands for which joint, how sure that is, and what is to be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..backend.joint_words import BODY_GROUPS, BODY_JOINTS, FINGER_GROUPS, FINGER_JOINTS, in_words
from ..operators.session import session
from ..operators.target import why_not
from ..rig.stored_map import StoredJoint, StoredMap, is_kept_in_file, stored_map
from .sidebar import Sidebar, is_narrow
from .words import draw_sentence

WIDE_PX = 420
"""From this width on left and right stand beside each other."""
_PAIRS = (("Left Arm", "Right Arm"), ("Left Leg", "Right Leg"))


class CONTRAPPOSTO_PT_bone_map(Sidebar, bpy.types.Panel):
    bl_label = "Rig"
    bl_order = 5
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="ARMATURE_DATA")

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """How many joints are to be checked, also while the section is closed."""
        stored = _stored(context)
        if stored is not None and stored.ask:
            self.layout.label(text=f"{len(stored.ask)} to check", icon="ERROR", translate=False)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.enabled = session.job is None
        reason, armature = why_not(context), context.active_object
        if reason is not None or armature is None:
            draw_sentence(layout, f"{reason}.", icon="INFO")
            return
        stored = stored_map(armature)
        draw_buttons(layout, stored, narrow=is_narrow(context))
        if stored is None:
            draw_sentence(
                layout, "The bones are found when you pose. Press Detect to see and change them.", icon="INFO"
            )
            return
        draw_state(layout, armature, stored)
        table = Table(armature, stored, width=_width(context))
        draw_body(layout, table)
        draw_fingers(layout, table)


class CONTRAPPOSTO_MT_bone_map(bpy.types.Menu):
    bl_label = "Bone Map"

    def draw(self, _context: bpy.types.Context) -> None:
        layout: Any = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("contrapposto.mirror_bone_map", text="Mirror Left to Right", icon="MOD_MIRROR").source = "left"
        layout.operator("contrapposto.mirror_bone_map", text="Mirror Right to Left", icon="BLANK1").source = "right"
        layout.separator()
        layout.operator("contrapposto.import_bone_map", icon="IMPORT")
        layout.operator("contrapposto.export_bone_map", icon="EXPORT")
        layout.separator()
        layout.operator("contrapposto.forget_bone_map", icon="TRASH")


@dataclass(frozen=True)
class Table:
    """What the rows of joints are drawn from.

    Attributes:
        armature: the active armature.
        stored: its map.
        width: of the sidebar, in pixels at a scale of 1.
    """

    armature: bpy.types.Object
    stored: StoredMap
    width: float

    @property
    def two_columns(self) -> bool:
        """Left and right stand beside each other."""
        return self.width >= WIDE_PX


def _stored(context: bpy.types.Context) -> StoredMap | None:
    active = context.active_object
    return stored_map(active) if active is not None and active.type == "ARMATURE" else None


def _width(context: bpy.types.Context) -> float:
    scale = context.preferences.system.ui_scale or 1.0
    return context.region.width / scale if context.region is not None else 300.0


def draw_buttons(layout: bpy.types.UILayout, stored: StoredMap | None, *, narrow: bool) -> None:
    """Detect and mirror, presets, and show; one under the other where there is no room."""
    column = layout.column(align=True)
    row = column.row(align=True)
    row.scale_y = 1.3
    row.operator("contrapposto.detect_bones", icon="VIEWZOOM")
    if stored is not None:
        row.operator("contrapposto.mirror_bone_map", icon="MOD_MIRROR").source = "left"
        row.menu("CONTRAPPOSTO_MT_bone_map", text="", icon="DOWNARROW_HLT")
    row = column.column(align=True) if narrow else column.row(align=True)
    row.operator("contrapposto.load_bone_map_preset", icon="FILE_FOLDER")
    if stored is not None:
        row.operator("contrapposto.save_bone_map_preset", icon="FILE_TICK")
        row = column.row(align=True)
        row.operator("contrapposto.show_bones", icon="RESTRICT_SELECT_OFF").joint = ""


def draw_state(layout: bpy.types.UILayout, armature: bpy.types.Object, stored: StoredMap) -> None:
    """How many joints were found, how many are to be checked, and what is wrong, in words."""
    found = sum(joint in stored.joints for joint in BODY_JOINTS)
    named = f", named as in {stored.convention.replace('_', ' ')}" if stored.convention else ""
    box = layout.box()
    draw_sentence(box, f"{found} of {len(BODY_JOINTS)} joints{named}.", icon="NONE" if stored.ask else "CHECKMARK")
    if stored.ask:
        draw_questions(box, stored)
    for sentence in problems_of(armature, stored):
        draw_sentence(box, sentence, icon="ERROR")


def draw_questions(layout: bpy.types.UILayout, stored: StoredMap) -> None:
    """The joints to check, by name, and a button that takes them all."""
    count = len(stored.ask)
    names = ", ".join(map(in_words, stored.ask))
    column = layout.column(align=True)
    draw_sentence(column, f"{count} joint{'' if count == 1 else 's'} to check: {names}.", icon="QUESTION")
    if all(joint in stored.joints for joint in stored.ask):
        text = "This is Right" if count == 1 else "All of These are Right"
        column.operator("contrapposto.confirm_joint", text=text, icon="CHECKMARK").joint = ""


def problems_of(armature: bpy.types.Object, stored: StoredMap) -> tuple[str, ...]:
    """What is wrong with the map, in sentences; the first two keep the rig from being posed."""
    sentences = [f"{bone} stands for more than one joint: choose another bone." for bone in stored.twice]
    gone = ", ".join(stored.gone(armature))
    if gone:
        sentences.append(f"No longer in the rig: {gone}.")
    if not is_kept_in_file(armature):
        sentences.append("A library override loses this map when the file is closed: save it as a preset.")
    return (*sentences, *stored.problems)


def draw_body(layout: bpy.types.UILayout, table: Table) -> None:
    """The 22 joints of the body."""
    draw_group(layout.column(), table, "Torso")
    for left, right in _PAIRS:
        columns = layout.split(factor=0.5) if table.two_columns else layout
        draw_group(columns.column(), table, left)
        draw_group(columns.column(), table, right)


def draw_group(layout: bpy.types.UILayout, table: Table, group: str) -> None:
    """The joints of a part of the body under its name."""
    layout.label(text=group)
    column = layout.column(align=True)
    half = table.two_columns and group != "Torso"
    for joint, words in {**BODY_GROUPS, **FINGER_GROUPS}[group].items():
        draw_joint(column, table, joint, words=words, width=table.width * (0.5 if half else 1.0))


def draw_joint(layout: bpy.types.UILayout, table: Table, joint: str, *, words: str, width: float) -> None:
    """A row: what the bone is called, the field to choose it, how sure it is; what it is asked for under it."""
    match, asked = table.stored.joints.get(joint), joint in table.stored.ask
    row = layout.row(align=True)
    row.alert = asked
    if width < 190:  # no room for both: the name goes into the field's row above
        row.label(text=words)
        field = layout.row(align=True)
        field.alert = asked
    else:
        split = row.split(factor=min(0.38, 92.0 / width), align=True)
        split.label(text=words)
        field = split.row(align=True)
    bones = table.armature.data
    field.prop_search(table.armature.contrapposto_bones, joint, bones, "bones", text="", icon="BONE_DATA")
    if match is not None:
        score = field.row(align=True)
        score.ui_units_x = 2.2
        score.operator("contrapposto.show_bones", text=f"{match.score:.0%}", translate=False).joint = joint
    if asked:
        field.operator("contrapposto.confirm_joint", text="", icon="CHECKMARK").joint = joint
        draw_sentence(layout, why_asked(match), icon="QUESTION", width_px=None)
    if match is not None and len(match.bones) > 1:
        draw_chain(layout, match)


def why_asked(match: StoredJoint | None) -> str:
    """Why a joint is to be checked."""
    return "No bone was found. Choose it." if match is None else f"Is this right? It is {match.reason}."


def draw_chain(layout: bpy.types.UILayout, match: StoredJoint) -> None:
    """The further bones that turn with the first."""
    row = draw_sentence(layout, f"with {', '.join(match.bones[1:])}", icon="LINKED")
    row.active = False


def draw_fingers(layout: bpy.types.UILayout, table: Table) -> None:
    """The finger joints, folded away."""
    count = sum(joint in table.stored.joints for joint in FINGER_JOINTS)
    header, body = layout.panel("contrapposto_fingers", default_closed=True)
    header.label(text=f"Fingers: {count} of {len(FINGER_JOINTS)} joints" if count else "Fingers: none", translate=False)
    if body is None:
        return
    columns = body.split(factor=0.5) if table.two_columns else body
    for group in FINGER_GROUPS:
        draw_group(columns.column(), table, group)


CLASSES = (CONTRAPPOSTO_MT_bone_map, CONTRAPPOSTO_PT_bone_map)
