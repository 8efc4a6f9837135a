"""Which armature a run poses: named by ids, since Blender's data may move or go between two ticks."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ..backend.errors import RigError
from .session import session

MODES = ("OBJECT", "POSE")


def why_not(context: bpy.types.Context) -> str | None:
    """In words, what keeps the active object from being posed; None when nothing does. Cheap enough for `poll`."""
    if session.choosing is not None:
        return "Keep the reading that is shown, or go back, first"
    active = context.active_object
    if active is None or active.type != "ARMATURE":
        return "Select an armature first: it must be the active object"
    if active.mode not in MODES:
        return f"Leave Edit Mode of {active.name} first: a pose is made in Pose Mode or Object Mode"
    if active.library is not None:
        return f"{active.name} is linked from another file: make a library override of it first"
    return None


@dataclass(frozen=True)
class Target:
    """The armature, its scene, and the frame at the playhead when the run began."""

    armature_uid: int
    armature_name: str
    scene_uid: int
    frame: float

    @classmethod
    def of(cls, context: bpy.types.Context) -> Target:
        """The active armature at the playhead.

        Raises:
            RigError: there is none that could be posed.
        """
        reason = why_not(context)
        if reason is not None:
            raise RigError(f"{reason}.")
        armature, scene = context.active_object, context.scene
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
