"""How sure the last pose is: bones tinted in the viewport, and the unsure ones selected to be posed by hand."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..backend.errors import ContrappostoError, RigError
from ..rig.overlay import redraw_views, tint
from ..translations.words import n_, rpt_
from .session import session
from .target import MODES
from .telling import TellsWhy

NO_RESULT = n_("Pose from a photo first")


def why_no_joints(context: bpy.types.Context) -> str | None:
    """In words, what keeps the bones of the last pose from being shown or selected; None when nothing does."""
    result = context.scene.contrapposto.result
    if not result.joints:
        return NO_RESULT
    armature = context.scene.objects.get(result.armature)
    if armature is None or armature.type != "ARMATURE":
        return rpt_("{name} is no longer in the scene").format(name=result.armature)
    if armature.mode not in MODES:
        return rpt_("Leave Edit Mode of {name} first").format(name=armature.name)
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
            return n_("Finish what you are doing in the view first")
        return why_no_joints(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select them, or say that there are none."""
        scene = context.scene.contrapposto
        least = scene.options.min_confidence
        unsure = [joint for joint in scene.result.joints if joint.confidence < least]
        if not unsure:
            self.report({"INFO"}, rpt_("Every joint is at least {sure} sure").format(sure=f"{least:.0%}"))
            return {"CANCELLED"}
        try:
            names = [bone for joint in unsure for bone in joint.controls.splitlines()]
            hidden = _select(context, context.scene.objects[scene.result.armature], names)
        except ContrappostoError as error:
            return self.refuse(error)
        redraw_views()
        count = len(dict.fromkeys(names))
        one = n_("{count} bone less than {sure} sure selected")
        words = rpt_(one if count == 1 else n_("{count} bones less than {sure} sure selected"))
        words = words.format(count=count, sure=f"{least:.0%}")
        self.report({"INFO"}, with_hidden(words, hidden))
        return {"FINISHED"}


def with_hidden(words: str, hidden: Iterable[str]) -> str:
    """What was selected, and the names of the bones among it that cannot be seen."""
    names = ", ".join(hidden)
    return rpt_("{words}; hidden: {bones}").format(words=words, bones=names) if names else words


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
