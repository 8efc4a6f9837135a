"""Which bones are selected and seen, in every Blender that is supported."""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from ..backend.errors import RigError


def show_armature(armature: bpy.types.Object) -> bool:
    """Make an armature visible, with the collections that hide it; returns whether it was hidden.

    Raises:
        RigError: it is in no collection of the current view layer.
    """
    if armature.visible_get():
        return False
    layer = bpy.context.view_layer
    for collection in _collections_above(layer.layer_collection, armature) or ():
        collection.exclude = collection.hide_viewport = collection.collection.hide_viewport = False
    if armature.name not in layer.objects:
        raise RigError(f"{armature.name} is not in the current view layer. Link it to a collection of this scene.")
    armature.hide_viewport = False
    armature.hide_set(False)
    layer.update()
    if not armature.visible_get():
        raise RigError(f"{armature.name} is hidden, such as by the local view. Show it first.")
    return True


def _collections_above(
    top: bpy.types.LayerCollection, armature: bpy.types.Object
) -> list[bpy.types.LayerCollection] | None:
    """The collections on the way from `top` down to one that holds the armature; None where there is none."""
    if armature.name in top.collection.objects:
        return [top]
    for child in top.children:
        way = _collections_above(child, armature)
        if way is not None:
            return [top, *way]
    return None


def select_bones(armature: bpy.types.Object, names: Iterable[str], *, extend: bool = False) -> list[str]:
    """Select bones, the first of them active; returns those that are hidden, and so are selected unseen.

    Args:
        armature: its pose.
        names: bones; those that the armature does not have are left out.
        extend: keep what is selected.
    """
    wanted = [bone for name in names if (bone := armature.pose.bones.get(name)) is not None]
    for bone in armature.pose.bones:
        if not extend:
            _select(bone, on=False)
    for bone in wanted:
        _select(bone, on=True)
    if wanted:
        armature.data.bones.active = wanted[0].bone
    return [bone.name for bone in wanted if _is_hidden(bone)]


def is_selected(bone: bpy.types.PoseBone) -> bool:
    """Whether a bone is selected, hidden or not."""
    # Blender 5 moved the selection from the bone to the pose bone.
    return bone.select if hasattr(bone, "select") else bone.bone.select


def _select(bone: bpy.types.PoseBone, *, on: bool) -> None:
    if hasattr(bone, "select"):  # Blender 5 moved the selection from the bone to the pose bone
        bone.select = on
    else:
        bone.bone.select = on


def _is_hidden(bone: bpy.types.PoseBone) -> bool:
    collections = bone.bone.collections
    shown = not collections or any(collection.is_visible_effectively for collection in collections)
    return bone.bone.hide or getattr(bone, "hide", False) or not shown
