"""A Rigify human, for whoever has no rig at hand; adds to the current scene and changes nothing else in it."""

from __future__ import annotations

import addon_utils
import bpy

from ..backend.errors import RigError
from ..backend.quiet import quiet
from .character import make_active


def make_rigify_human(*, generate: bool = True) -> bpy.types.Object:
    """Add Rigify's human metarig to the current scene and return its generated rig, active and selected.

    The metarig stays in the scene, hidden, so that the artist can change it and generate again; the rig's
    widgets are hidden too.

    Args:
        generate: False returns the metarig itself.

    Raises:
        RigError: the Rigify add-on is missing, or it could not generate the rig.
    """
    _enable_rigify()
    _leave_edit_mode()
    with quiet():
        bpy.ops.object.armature_human_metarig_add()
    metarig = bpy.context.view_layer.objects.active
    assert metarig is not None  # the operator makes what it adds active
    if not generate:
        return metarig
    known = set(bpy.data.objects)
    try:
        with quiet():
            bpy.ops.pose.rigify_generate()
    except RuntimeError as error:
        raise RigError("Rigify could not generate its human. Name a rig file with --rig instead.") from error
    made = [obj for obj in bpy.data.objects if obj not in known and obj.type == "ARMATURE"]
    if not made:
        raise RigError("Rigify generated no armature. Name a rig file with --rig instead.")
    rig = made[0]
    metarig.hide_set(True)
    metarig.hide_render = True
    _hide_widgets(rig)
    make_active(rig)
    return rig


def _enable_rigify() -> None:
    """Rigify keeps its settings in an entry of the preferences, so it must have one; saving them stays the user's."""
    preferences = bpy.context.preferences
    if "rigify" in preferences.addons:
        return
    unsaved = preferences.is_dirty
    with quiet():
        enabled = addon_utils.enable("rigify", default_set=True)
    preferences.is_dirty = unsaved
    if enabled is None:
        raise RigError("Blender's Rigify add-on could not be enabled. Install it, or name a rig file with --rig.")


def _leave_edit_mode() -> None:
    """Operators that add objects poll for Object Mode."""
    active = bpy.context.view_layer.objects.active
    if active is not None and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")


def _hide_widgets(rig: bpy.types.Object) -> None:
    """Bone shapes are drawn by the bones that use them; as objects they are clutter, in renders most of all."""
    shapes = {bone.custom_shape for bone in rig.pose.bones if bone.custom_shape is not None}
    for collection in bpy.data.collections:
        if collection.objects and shapes.issuperset(collection.objects):
            collection.hide_viewport = collection.hide_render = True
