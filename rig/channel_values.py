"""Single numbers of an armature by the paths of their F-curves: read, set, and the pose that they make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import bpy

Place = tuple[str, int]
"""Data path from the object, and index: what names an F-curve."""


def value_at(armature: bpy.types.Object, place: Place) -> float:
    """The number that a channel holds now.

    Raises:
        ValueError: there is no such channel.
    """
    owner, name = _owner(armature, place[0])
    if isinstance(name, _Custom):
        return float(owner[name.key])
    value = getattr(owner, name)
    return float(value) if isinstance(value, float) else float(value[place[1]])


def set_value(armature: bpy.types.Object, place: Place, value: float) -> None:
    """Set the number that a channel holds, without a change of frame; keys stay.

    Raises:
        ValueError: there is no such channel.
    """
    owner, name = _owner(armature, place[0])
    if isinstance(name, _Custom):
        owner[name.key] = type(owner[name.key])(value)
    elif isinstance(getattr(owner, name), float):
        setattr(owner, name, value)
    else:
        getattr(owner, name)[place[1]] = value


def show_values(armature: bpy.types.Object, values: Iterable[tuple[Place, float]]) -> None:
    """Set channels and let the armature take the pose.

    Raises:
        ValueError: there is no such channel; those before it are set.
    """
    for place, value in values:
        set_value(armature, place, value)
    armature.update_tag(refresh={"OBJECT", "DATA"})
    bpy.context.view_layer.update()


@dataclass(frozen=True)
class _Custom:
    """A custom property."""

    key: str


def _owner(armature: bpy.types.Object, path: str) -> tuple[Any, str | _Custom]:
    """What holds the property, and its name."""
    if path.endswith('"]'):
        before, _, key = path.removesuffix('"]').rpartition('["')
        owner, custom = armature.path_resolve(before), _Custom(bpy.utils.unescape_identifier(key))
        if custom.key not in owner:
            raise ValueError(f"{before} has no property {custom.key}")
        return owner, custom
    before, _, name = path.rpartition(".")
    return armature.path_resolve(before), name
