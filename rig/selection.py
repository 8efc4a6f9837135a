"""Which bones are selected, in every Blender that is supported."""

from __future__ import annotations

from collections.abc import Iterable

import bpy


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


def _select(bone: bpy.types.PoseBone, *, on: bool) -> None:
    if hasattr(bone, "select"):  # Blender 5 moved the selection from the bone to the pose bone
        bone.select = on
    else:
        bone.bone.select = on


def _is_hidden(bone: bpy.types.PoseBone) -> bool:
    collections = bone.bone.collections
    shown = not collections or any(collection.is_visible_effectively for collection in collections)
    return bone.bone.hide or getattr(bone, "hide", False) or not shown
