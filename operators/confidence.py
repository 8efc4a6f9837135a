"""How sure the last pose is: bones tinted in the viewport, and the unsure ones selected to be posed by hand."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..backend.errors import ContrappostoError, RigError
from ..rig.overlay import redraw_views, tint
from .session import session
from .target import MODES
from .telling import TellsWhy

NO_RESULT = "Pose from a photo first"


def why_no_joints(context: bpy.types.Context) -> str | None:
    """In words, what keeps the bones of the last pose from being shown or selected; None when nothing does."""
    result = context.scene.contrapposto.result
    if not result.joints:
        return NO_RESULT
    armature = context.scene.objects.get(result.armature)
    if armature is None or armature.type != "ARMATURE":
        return f"{result.armature} is no longer in the scene"
    if armature.mode not in MODES:
        return f"Leave Edit Mode of {armature.name} first"
    return None


class CONTRAPPOSTO_OT_show_confidence(TellsWhy, bpy.types.Operator):
    """Tint the bones of the posed rig by how sure the photo's pose is of them"""

    bl_idname = "contrapposto.show_confidence"
    bl_label = "Show Confidence"
    bl_options = {"INTERNAL"}

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """It can always be taken away."""
        return None if tint.is_shown else why_no_joints(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it, or take it away."""
        if tint.is_shown:
            tint.hide()
            return {"FINISHED"}
        if bpy.app.background:
            self.report({"INFO"}, "There is no window to show the confidence in")
            return {"CANCELLED"}
        tint.show(context.scene.objects[context.scene.contrapposto.result.armature])
        return {"FINISHED"}


class CONTRAPPOSTO_OT_select_unsure(TellsWhy, bpy.types.Operator):
    """Select the bones of all joints that are less sure than asked for, in Pose Mode, to pose them by hand"""

    bl_idname = "contrapposto.select_unsure"
    bl_label = "Select the Rest"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """A rig must have been posed, and nothing else be under way on it."""
        if session.choosing is not None or session.correcting is not None:
            return "Finish what you are doing in the view first"
        return why_no_joints(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select them, or say that there are none."""
        scene = context.scene.contrapposto
        least = scene.options.min_confidence
        unsure = [joint for joint in scene.result.joints if joint.confidence < least]
        if not unsure:
            self.report({"INFO"}, f"Every joint is at least {least:.0%} sure")
            return {"CANCELLED"}
        try:
            names = [bone for joint in unsure for bone in joint.controls.splitlines()]
            hidden = _select(context, context.scene.objects[scene.result.armature], names)
        except ContrappostoError as error:
            return self.refuse(error)
        redraw_views()
        count = len(dict.fromkeys(names))
        words = f"{count} bone{'' if count == 1 else 's'} less than {least:.0%} sure selected"
        self.report({"INFO"}, f"{words}; hidden: {', '.join(hidden)}" if hidden else words)
        return {"FINISHED"}


def _select(context: bpy.types.Context, armature: bpy.types.Object, names: Iterable[str]) -> list[str]:
    """Select bones in Pose Mode; returns those that are hidden.

    Raises:
        RigError: another object is in a mode that must be left first, or the armature cannot be shown.
    """
    from ..rig.selection import select_bones, show_armature

    active = context.view_layer.objects.active
    if active is not armature and active is not None and active.mode != "OBJECT":
        raise RigError(f"{active.name} is in another mode. Switch it to Object Mode first.")
    show_armature(armature)
    if armature.mode != "POSE":
        context.view_layer.objects.active = armature
        armature.select_set(True)
        bpy.ops.object.mode_set(mode="POSE")  # there is no other way to change the mode
    return select_bones(armature, names)


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_show_confidence, CONTRAPPOSTO_OT_select_unsure)
