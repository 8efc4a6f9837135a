"""Which armature a run poses: named by ids, since Blender's data may move or go between two ticks."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..backend.errors import RigError
from ..translations.words import n_, rpt_
from .session import session

MODES = ("OBJECT", "POSE")
BUSY_CHOOSING = n_("Keep the reading that is shown, or go back, first")
NO_ARMATURE = n_("Select an armature first: it must be the active object")


def why_not(context: bpy.types.Context) -> str | None:
    """In words, what keeps the active object from being posed; None when nothing does. Cheap enough for `poll`."""
    active = context.active_object
    if active is None or active.type != "ARMATURE":
        return BUSY_CHOOSING if session.choosing is not None else NO_ARMATURE
    return why_not_this(active)


def why_not_this(armature: bpy.types.Object) -> str | None:
    """In words, what keeps an armature from being posed; None when nothing does."""
    if session.choosing is not None:
        return BUSY_CHOOSING
    if armature.mode not in MODES:
        reason = rpt_("Leave Edit Mode of {name} first: a pose is made in Pose Mode or Object Mode")
        return reason.format(name=armature.name)
    if armature.library is not None:
        reason = rpt_("{name} is linked from another file: make a library override of it first")
        return reason.format(name=armature.name)
    return None


def armature_under_strokes(context: bpy.types.Context) -> bpy.types.Object | None:
    """The armature that strokes were drawn for; None where that is not clear.

    It is the active object, or, while strokes are active, what is selected beside them, or the only one that is seen.
    """
    active = context.active_object
    if active is None or active.type == "ARMATURE":
        return active
    if active.type != "GREASEPENCIL":
        return None
    seen = [obj for obj in context.view_layer.objects if obj.type == "ARMATURE" and obj.visible_get()]
    selected = [obj for obj in seen if obj.select_get()]
    found = selected or seen
    return found[0] if len(found) == 1 else None


@dataclass(frozen=True)
class Target:
    """The armature, its scene, and the frame at the playhead when the run began."""

    armature_uid: int
    armature_name: str
    scene_uid: int
    frame: float

    @classmethod
    def of(cls, context: bpy.types.Context, armature: bpy.types.Object | None = None) -> Target:
        """The active armature, or another one, at the playhead.

        Raises:
            RigError: there is none that could be posed.
        """
        reason = why_not(context) if armature is None else why_not_this(armature)
        if reason is not None:
            raise RigError(f"{reason}.")
        armature, scene = armature or context.active_object, context.scene
        return cls(armature.session_uid, armature.name, scene.session_uid, scene.frame_current_final)

    def find(self) -> tuple[bpy.types.Object, bpy.types.Scene]:
        """The armature and its scene as they are now.

        Raises:
            RigError: the armature is gone, or is being edited.
        """
        scene = next((scene for scene in bpy.data.scenes if scene.session_uid == self.scene_uid), None)
        objects = () if scene is None else scene.objects
        armature = next((obj for obj in objects if obj.session_uid == self.armature_uid), None)
        if scene is None or armature is None:
            raise RigError(f"{self.armature_name} is no longer in the scene, so nothing was posed.")
        if armature.mode not in MODES:
            raise RigError(f"{armature.name} is in Edit Mode, so nothing was posed. Leave Edit Mode and run again.")
        return armature, scene


def go_to(scene: bpy.types.Scene, frame: float) -> None:
    """Put the playhead at a frame of the scene."""
    if scene.frame_current_final != frame:
        scene.frame_set(int(frame // 1), subframe=frame % 1.0)
