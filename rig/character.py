"""An armature among the objects of its scene: what hangs on it, making it active, and bringing it to light."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

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


@contextmanager
def revealed(armature: bpy.types.Object) -> Generator[None]:
    """Show the armature and let what hangs on it be selected; then hide and lock again what was hidden and locked.

    The collections that the armature lies in are shown with it, and so is what only they hide; an object that hangs on
    the armature and is hidden itself, or in another collection, stays hidden.
    """
    layer = bpy.context.view_layer
    hidden = armature.hide_get()
    changed = [(owner, name) for owner, name in _hiding(armature) if getattr(owner, name)]
    try:
        for owner, name in changed:
            setattr(owner, name, False)
        if hidden:
            armature.hide_set(False)
        layer.update()
        yield
    finally:
        if hidden:
            armature.hide_set(True)
        for owner, name in reversed(changed):
            setattr(owner, name, True)
        layer.update()


def _hiding(armature: bpy.types.Object) -> Iterator[tuple[Any, str]]:
    """What can keep the armature from being shown, and it or what hangs on it from being selected: owner, property."""
    for layer_collection in _way_to(armature, bpy.context.view_layer.layer_collection):
        yield layer_collection, "hide_viewport"
        yield layer_collection.collection, "hide_viewport"
        yield layer_collection.collection, "hide_select"
    yield armature, "hide_viewport"
    for obj in (armature, *character_objects(armature)):
        yield obj, "hide_select"


def _way_to(obj: bpy.types.Object, top: bpy.types.LayerCollection) -> list[bpy.types.LayerCollection]:
    """The collections from `top` down to one that holds the object and is not excluded; empty where there is none."""
    if not top.exclude and any(held == obj for held in top.collection.objects):
        return [top]
    for child in top.children:
        way = _way_to(obj, child)
        if way:
            return [top, *way]
    return []


def _hangs_on(obj: bpy.types.Object, armature: bpy.types.Object) -> bool:
    if any(modifier.type == "ARMATURE" and modifier.object == armature for modifier in obj.modifiers):
        return True
    parent = obj.parent
    while parent is not None and parent != armature:
        parent = parent.parent
    return parent is not None
