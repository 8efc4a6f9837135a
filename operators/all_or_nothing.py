"""A step that keys a rig is done whole or not at all: whatever ends it, rig, keys, result and runs are put back."""

from __future__ import annotations

from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any

import bpy

from ..backend.errors import ContrappostoError
from .session import session
from .target import Target, go_to
from .video_soon import settling


@contextmanager
def all_or_nothing(target: Target | None, *, actions: Collection[int] = ()) -> Generator[None]:
    """The block may change the rig of a target; an error that leaves it does so after all was put back.

    `actions` are Actions that the block may change although the rig does not have them now, by `session_uid`.
    Without a target, or where it is gone, nothing is kept: the block finds that out itself. A block must not give the
    window a turn, for references to Blender's data are held meanwhile.
    """
    try:
        found = None if target is None else target.find()
    except ContrappostoError:
        found = None
    if found is None:
        yield
        return
    from ..rig.rig_memory import RigMemory

    armature, scene = found
    memory, frame = RigMemory(armature, others=actions), scene.frame_current_final
    shown: Any = scene
    groups = [(group, values_of(group)) for group in _shown_groups(shown)]
    put_runs_back = session.keep_in_mind()
    try:
        yield
    except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
        put_runs_back()
        with settling():
            for group, values in groups:
                set_values(group, values)
        go_to(scene, frame)  # first, for it lets the keys of then move the rig
        memory.put_back()
        raise
    finally:
        memory.forget()


def _shown_groups(scene: Any) -> tuple[Any, ...]:
    """What panels show of what was done."""
    return scene.contrapposto.result, scene.contrapposto.text, scene.contrapposto.video.result


def values_of(group: bpy.types.PropertyGroup) -> dict[str, Any]:
    """All that a group of properties holds, as plain values; collections as lists of the same."""
    values: dict[str, Any] = {}
    for each in _properties(group):
        value = getattr(group, each.identifier)
        if each.type == "COLLECTION":
            values[each.identifier] = [values_of(item) for item in value]
        elif each.type == "POINTER":
            values[each.identifier] = values_of(value)
        else:
            values[each.identifier] = tuple(value) if getattr(each, "is_array", False) else value
    return values


def set_values(group: bpy.types.PropertyGroup, values: dict[str, Any]) -> None:
    """Give a group what it held; what is the same is not touched, so that nothing hears of a change."""
    now = values_of(group)
    for each in _properties(group):
        name = each.identifier
        if values[name] == now[name]:
            continue
        if each.type == "COLLECTION":
            items = getattr(group, name)
            items.clear()
            for item in values[name]:
                set_values(items.add(), item)
        elif each.type == "POINTER":
            set_values(getattr(group, name), values[name])
        else:
            setattr(group, name, values[name])


def _properties(group: Any) -> list[Any]:
    return [
        each
        for each in group.bl_rna.properties
        if each.identifier != "rna_type"
        and (each.type == "COLLECTION" or not each.is_readonly or each.type == "POINTER")
        and not (each.type == "POINTER" and not isinstance(getattr(group, each.identifier), bpy.types.PropertyGroup))
    ]
