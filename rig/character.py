"""An armature among the objects of its scene: what hangs on it, and making it the active object."""

from __future__ import annotations

import bpy


def make_active(armature: bpy.types.Object) -> None:
    """Select `armature` alone in the current view layer and make it active."""
    layer = bpy.context.view_layer
    for obj in layer.objects:
        if obj.select_get():
            obj.select_set(False)
    layer.objects.active = armature
    armature.select_set(True)


def character_objects(armature: bpy.types.Object) -> list[bpy.types.Object]:
    """The objects of the current view layer that the armature deforms or carries: skinned, parented, bone-parented."""
    return [obj for obj in bpy.context.view_layer.objects if obj != armature and _hangs_on(obj, armature)]


def _hangs_on(obj: bpy.types.Object, armature: bpy.types.Object) -> bool:
    if any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in obj.modifiers):
        return True
    parent = obj.parent
    while parent is not None and parent != armature:
        parent = parent.parent
    return parent is not None
