"""Of the section "Result": where the pose at the playhead came from, and the button that solves it again."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.errors import InputError
from ..operators.session import session
from ..operators.solve_again import IN_A_STRIP, record_here, strip_here
from ..operators.telling import as_sentence
from ..translations.words import iface_, n_, rpt_
from .sidebar import Sidebar
from .words import draw_sentence

if TYPE_CHECKING:
    from ..backend.provenance import Record

KINDS = {
    "photo": (n_("Photo"), "IMAGE_DATA"),
    "sketch": (n_("Drawing"), "GREASEPENCIL"),
    "strokes": (n_("Strokes"), "GREASEPENCIL"),
    "text": (n_("Sentence"), "OUTLINER_OB_FONT"),
    "video": (n_("Video"), "FILE_MOVIE"),
}
NOTHING = n_("Nothing is noted of the pose at the playhead.")


class CONTRAPPOSTO_PT_provenance(Sidebar, bpy.types.Panel):
    bl_label = "Source"
    bl_parent_id = "CONTRAPPOSTO_PT_result"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        column = self.layout.column()
        try:
            record, strip = record_here(context), strip_here(context)
        except InputError as error:
            draw_sentence(column, str(error), icon="ERROR")
            return
        if record is None:
            draw_sentence(column, NOTHING, icon="INFO")
        else:
            draw_record(column, record)
            if strip:
                draw_sentence(column, as_sentence(rpt_(IN_A_STRIP).format(name=strip)), icon="NLA")
            draw_buttons(column, record)
        column.operator("contrapposto.save_pose", icon="ASSET_MANAGER")
        column.operator("contrapposto.pose_library_from_folder", icon="FILE_FOLDER")
        for sentence in session.left_out:
            draw_sentence(column, sentence, icon="ERROR")


def draw_record(layout: Any, record: Record) -> None:
    """What it was made from, when, and with what."""
    words, icon = KINDS[record.kind]
    path = "" if record.source is None else record.source.path
    name = PurePath(path.replace("\\", "/")).name
    column = layout.column(align=True)
    draw_sentence(column, name or words, icon=icon)
    if record.sentence:
        draw_sentence(column, f"“{record.sentence}”")
    made = record.made.replace("T", " ").removesuffix("Z")[:16]
    addon = f"Contrapposto {record.addon}".strip()
    draw_sentence(column, f"{made}  {addon}".strip(), icon="TIME")
    first, last = record.frames
    frame, frames = iface_("Frame {frame}"), iface_("Frames {first} to {last}")
    told = frame.format(frame=f"{first:g}") if first == last else frames.format(first=f"{first:g}", last=f"{last:g}")
    draw_sentence(column, told, icon="KEYFRAME_HLT")
    if record.models:
        draw_sentence(column, ", ".join(record.models), icon="FILE")


def draw_buttons(layout: Any, record: Record) -> None:
    """Solve again, and what was found out about the source when it was looked at last."""
    row = layout.row(align=True)
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("contrapposto.solve_again", icon="FILE_REFRESH")
    row.operator("contrapposto.check_source", text="", icon="VIEWZOOM")
    if session.checked is None or session.checked[0] != record:
        return
    for sentence in session.checked[1]:
        draw_sentence(layout, sentence, icon="INFO")


CLASSES = (CONTRAPPOSTO_PT_provenance,)
