"""The section "Rig" of the tab: which bone stands for which joint, how sure that is, and what is to be checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..backend.joint_words import BODY_GROUPS, BODY_JOINTS, FINGER_GROUPS, FINGER_JOINTS, in_words
from ..operators.bone_map import found_in_words, joint_in_words
from ..operators.session import session
from ..operators.target import NO_ARMATURE, why_not
from ..operators.telling import as_sentence
from ..rig.stored_map import StoredJoint, StoredMap, is_kept_in_file, stored_map
from ..translations.words import iface_, n_
from .sidebar import RIG, Sidebar, draw_working, is_narrow
from .words import PIXELS_A_LETTER, draw_sentence, letters_in, room_px

WIDE_PX = 420
"""From this width on left and right stand beside each other."""
STACKED_PX = 190
_MARGINS_PX = 50
"""Below this width a bone's field stands under its name."""
BOX_PX = 24
"""What a box takes at its sides."""
_PAIRS = (("Left Arm", "Right Arm"), ("Left Leg", "Right Leg"))


class CONTRAPPOSTO_PT_bone_map(Sidebar, bpy.types.Panel):
    bl_label = "Rig"
    bl_order = RIG
    bl_options = {"DEFAULT_CLOSED"}

    def draw_header(self, _context: bpy.types.Context) -> None:
        self.layout.label(text="", icon="ARMATURE_DATA")

    def draw_header_preset(self, context: bpy.types.Context) -> None:
        """How many joints are to be checked, also while the section is closed."""
        stored = _stored(context)
        if stored is not None and stored.ask:
            count = len(stored.ask)
            text = str(count) if is_narrow(context) else iface_("{count} to check").format(count=count)
            self.layout.label(text=text, icon="ERROR", translate=False)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        if session.job is not None:
            draw_working(layout)
        layout.enabled = session.job is None
        reason, armature = why_not(context), context.active_object
        if reason is not None or armature is None:
            draw_sentence(layout, as_sentence(reason or NO_ARMATURE), icon="INFO")
            return
        stored = stored_map(armature)
        draw_buttons(layout, stored, narrow=is_narrow(context))
        if stored is None:
            draw_sentence(
                layout, "The bones are found when you pose. Press Detect to see and change them.", icon="INFO"
            )
            draw_refusal(layout, armature)
            return
        draw_state(layout, armature, stored)
        table = Table(armature, stored, width=_width(context), label_px=longest_label_px())
        draw_body(layout, table)
        draw_fingers(layout, table)
        draw_reasons(layout, stored)


class CONTRAPPOSTO_MT_bone_map(bpy.types.Menu):
    bl_label = "Bone Map"
    bl_description = "More that can be done with the bone map"

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
        label_px: what the longest name takes, in the artist's language.
    """

    armature: bpy.types.Object
    stored: StoredMap
    width: float
    label_px: float

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


def longest_label_px() -> float:
    """How wide the widest name of a joint of the body is, in pixels at a scale of 1."""
    names = (words for joints in BODY_GROUPS.values() for words in joints.values())
    return PIXELS_A_LETTER * (1 + max(letters_in(iface_(words)) for words in names))


def draw_buttons(layout: bpy.types.UILayout, stored: StoredMap | None, *, narrow: bool) -> None:
    """Detect and mirror, presets, and show; one under the other where there is no room."""
    column = layout.column(align=True)
    detect = column.row(align=True)
    detect.scale_y = 1.3
    detect.operator("contrapposto.detect_bones", icon="VIEWZOOM")
    if stored is not None:
        row = column.row(align=True) if narrow else detect
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
    width = room_px() - BOX_PX * (bpy.context.preferences.system.ui_scale or 1.0)
    how = found_in_words(stored.convention)
    words = iface_("{count} of {all} joints{how}.").format(count=found, all=len(BODY_JOINTS), how=how)
    sentences = [(words, "ARMATURE_DATA" if stored.ask else "CHECKMARK")]
    if stored.ask:
        count, names = len(stored.ask), ", ".join(map(joint_in_words, stored.ask))
        one, many = n_("{count} joint to check: {joints}."), n_("{count} joints to check: {joints}.")
        sentences.append((iface_(one if count == 1 else many).format(count=count, joints=names), "QUESTION"))
    sentences += [(sentence, "ERROR") for sentence in problems_of(armature, stored)]
    box = layout.box()
    for sentence, icon in sentences:
        draw_sentence(box, sentence, icon=icon, width_px=width)
    if stored.ask and stored.is_body and all(joint in stored.joints for joint in stored.ask):
        text = n_("This is Right", "Operator") if len(stored.ask) == 1 else n_("All of These are Right", "Operator")
        box.operator("contrapposto.confirm_joint", text=text, icon="CHECKMARK").joint = ""


def draw_refusal(layout: bpy.types.UILayout, armature: bpy.types.Object) -> None:
    """Why the armature was refused when it was last tried, such as a damaged preset."""
    if session.refused is not None and session.refused[0] == armature.session_uid:
        draw_sentence(layout.box(), session.refused[1], icon="ERROR")


def problems_of(armature: bpy.types.Object, stored: StoredMap) -> tuple[str, ...]:
    """What is wrong with the map, in sentences; the first two keep the rig from being posed."""
    twice = iface_("{bone} stands for more than one joint: choose another bone.")
    sentences = [twice.format(bone=bone) for bone in stored.twice]
    gone = ", ".join(stored.gone(armature))
    if gone:
        sentences.append(iface_("No longer in the rig: {bones}.").format(bones=gone))
    if not is_kept_in_file(armature):
        sentences.append(iface_("A library override loses this map when the file is closed: save it as a preset."))
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
    if width < STACKED_PX:
        row.label(text=words)
        draw_score(row, table, joint)
        row = layout.row(align=True)
        row.alert = asked
        draw_field(row, table, joint)
    else:
        split = row.split(factor=min(0.45, table.label_px / (width - _MARGINS_PX)), align=True)
        split.label(text=words)
        field = split.row(align=True)
        draw_field(field, table, joint)
        draw_score(field, table, joint)
    scale = bpy.context.preferences.system.ui_scale or 1.0
    if asked:
        draw_sentence(layout, why_asked(match), icon="QUESTION", width_px=width * scale)
    if match is not None and len(match.bones) > 1:
        draw_chain(layout, match, width_px=width * scale)


def draw_field(row: bpy.types.UILayout, table: Table, joint: str) -> None:
    """The joint's first bone, to be chosen from the armature's."""
    bones = table.armature.contrapposto_bones
    row.prop_search(bones, joint, table.armature.data, "bones", text="", icon="BONE_DATA")


def draw_score(row: bpy.types.UILayout, table: Table, joint: str) -> None:
    """How sure the joint is: a button that shows it on the rig, the reason its tooltip; and one to confirm it."""
    match = table.stored.joints.get(joint)
    if match is not None:
        score = row.row(align=True)
        score.ui_units_x = 2.2
        score.operator("contrapposto.show_bones", text=f"{match.score:.0%}", translate=False).joint = joint
    if joint in table.stored.ask:
        row.operator("contrapposto.confirm_joint", text="", icon="CHECKMARK").joint = joint


def why_asked(match: StoredJoint | None) -> str:
    """Why a joint is to be checked."""
    if match is None:
        return iface_("No bone was found. Choose it.")
    return iface_("Is this right? Reason: {reason}.").format(reason=match.reason)


def draw_chain(layout: bpy.types.UILayout, match: StoredJoint, *, width_px: float) -> None:
    """The further bones that turn with the first."""
    words = iface_("with {bones}").format(bones=", ".join(match.bones[1:]))
    row = draw_sentence(layout, words, icon="LINKED", width_px=width_px)
    row.active = False


def draw_fingers(layout: bpy.types.UILayout, table: Table) -> None:
    """The finger joints, folded away."""
    count = sum(joint in table.stored.joints for joint in FINGER_JOINTS)
    header, body = layout.panel("contrapposto_fingers", default_closed=True)
    words = iface_("Fingers: {count} of {all} joints") if count else iface_("Fingers: none")
    header.label(text=words.format(count=count, all=len(FINGER_JOINTS)), translate=False)
    if body is None:
        return
    columns = body.split(factor=0.5) if table.two_columns else body
    for group in FINGER_GROUPS:
        draw_group(columns.column(), table, group)


def draw_reasons(layout: bpy.types.UILayout, stored: StoredMap) -> None:
    """How sure each joint of the body is, and why, in words; folded away."""
    header, body = layout.panel("contrapposto_reasons", default_closed=True)
    header.label(text="Reasons")
    if body is None:
        return
    for joint in BODY_JOINTS:
        draw_sentence(body, why_chosen(joint, stored.joints.get(joint)), icon="DOT")


def why_chosen(joint: str, match: StoredJoint | None) -> str:
    """How sure a joint is, and why."""
    name = iface_(in_words(joint).capitalize())
    if match is None:
        return iface_("{joint}: no bone.").format(joint=name)
    reason = match.reason or iface_("no reason was kept")
    return iface_("{joint}: {score}, {reason}.").format(joint=name, score=f"{match.score:.0%}", reason=reason)


CLASSES = (CONTRAPPOSTO_MT_bone_map, CONTRAPPOSTO_PT_bone_map)
