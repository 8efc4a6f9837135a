"""A drawing poses the active armature: the operator and its file browser."""

from collections.abc import Iterable

import bpy
from bpy.props import IntProperty, StringProperty

from .estimate_photo import BrowsesPictures, PosesFromPicture
from .ways import SKETCH


class CONTRAPPOSTO_OT_sketch(PosesFromPicture, bpy.types.Operator):
    """Pose the active armature like a figure in a drawing, and key the pose at the playhead"""

    bl_idname = "contrapposto.sketch"
    bl_label = "Pose from Drawing"
    bl_options = {"REGISTER", "UNDO"}
    job_title = "Pose from Drawing"
    way = SKETCH
    browser = "sketch_browse"

    filepath: StringProperty(
        name="Drawing",
        description="The picture of a stick figure, mannequin or line drawing to take the pose from",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    person: IntProperty(
        name="Figure",
        description="Which figure to pose, counted from 1, the most prominent first. 0 asks if there are several",
        min=0,
        default=0,
        options={"SKIP_SAVE"},
    )


class CONTRAPPOSTO_OT_sketch_browse(BrowsesPictures, bpy.types.Operator):
    """Choose a drawing and pose the active armature like a figure in it"""

    bl_idname = "contrapposto.sketch_browse"
    bl_label = "Pose from Drawing"
    bl_options = {"INTERNAL"}
    way = SKETCH


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_sketch, CONTRAPPOSTO_OT_sketch_browse)
