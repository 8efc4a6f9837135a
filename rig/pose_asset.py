"""Pose assets: Actions of one frame that Blender's own Pose Library shows, blends and applies."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import bpy
import numpy as np

from ..backend.arrays import FloatArray
from ..backend.errors import InputError
from ..backend.files import write_atomically
from ..backend.provenance import Record
from .channel_values import value_at
from .fcurves import Channel, NewKeys, existing_channelbag, write_channel
from .provenance import note

FRAME: Final = 1.0
"""Where the keys of a pose asset stand."""
_CUSTOM: Final = re.compile(r'pose\.bones\["((?:[^"\\]|\\.)*)"\]\["(?:[^"\\]|\\.)*"\]')
_MOST_TAGS: Final = 40
_MOST_NAME: Final = 60


@dataclass(frozen=True)
class PoseAsset:
    """A pose asset before it is made: plain values.

    Attributes:
        name: as the Pose Library shows it.
        channels: one value each.
        description, author, tags: to be found by.
        catalog: identity of its catalogue, or empty.
        preview: (S, S, 4) RGBA in [0, 1], the top row first, or None.
        record: where the pose came from, or None.
        slot: the name of the Action's slot, as the rig's.
    """

    name: str
    channels: Sequence[Channel]
    description: str = ""
    author: str = ""
    tags: tuple[str, ...] = ()
    catalog: str = ""
    preview: FloatArray | None = None
    record: Record | None = None
    slot: str = "Armature"


def make_asset(asset: PoseAsset) -> bpy.types.Action:
    """A new Action of this file, marked as an asset; nothing else is changed."""
    with ExitStack() as undo:
        action = bpy.data.actions.new(asset.name[:_MOST_NAME] or "Pose")
        undo.callback(bpy.data.actions.remove, action)
        slot = action.slots.new(id_type="OBJECT", name=asset.slot)
        bag = action.layers.new("Layer").strips.new(type="KEYFRAME").channelbag(slot, ensure=True)
        keys = NewKeys(np.array([FRAME]))
        for channel in asset.channels:
            write_channel(bag, channel, keys, on_undo=lambda _undo: None)
        _describe(action, asset)
        if asset.record is not None:
            note(action, _at_home(asset.record, slot.identifier))
        undo.pop_all()
    return action


def _at_home(record: Record, slot: str) -> Record:
    from dataclasses import replace

    return replace(record, frames=(FRAME, FRAME), slot=slot)


def _describe(action: bpy.types.Action, asset: PoseAsset) -> None:
    action.asset_mark()
    facts: Any = action.asset_data
    facts.description, facts.author = asset.description, asset.author
    if asset.catalog:
        facts.catalog_id = asset.catalog
    for tag in asset.tags[:_MOST_TAGS]:
        facts.tags.new(tag[:_MOST_NAME], skip_if_exists=True)
    if asset.preview is not None:
        set_preview(action, asset.preview)


def set_preview(action: bpy.types.Action, picture: FloatArray) -> None:
    """Show a picture, (S, S, 4) RGBA in [0, 1] with the top row first, as the asset's preview."""
    preview: Any = action.preview_ensure()
    preview.image_size = (picture.shape[1], picture.shape[0])
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(picture[::-1], np.float32).ravel())


def pose_channels(armature: bpy.types.Object, bones: Collection[str] | None = None) -> tuple[Channel, ...]:
    """Location, rotation and scale of bones as they are now, and their own properties that are animated.

    Args:
        armature: in the pose.
        bones: which ones; None for all.
    """
    found: list[Channel] = []
    for bone in armature.pose.bones:
        if bones is not None and bone.name not in bones:
            continue
        path = f'pose.bones["{bpy.utils.escape_identifier(bone.name)}"]'
        rotation, width = {"QUATERNION": ("rotation_quaternion", 4), "AXIS_ANGLE": ("rotation_axis_angle", 4)}.get(
            bone.rotation_mode, ("rotation_euler", 3)
        )
        for name, count in (("location", 3), (rotation, width), ("scale", 3)):
            found += [
                Channel(f"{path}.{name}", index, bone.name, np.array([value]))
                for index, value in enumerate(getattr(bone, name)[:count])
            ]
    return (*found, *_animated_properties(armature, bones))


def _animated_properties(armature: bpy.types.Object, bones: Collection[str] | None) -> Iterable[Channel]:
    bag = existing_channelbag(armature)
    for curve in () if bag is None else bag.fcurves:
        place = _CUSTOM.fullmatch(curve.data_path)
        name = "" if place is None else bpy.utils.unescape_identifier(place[1])
        if place is None or (bones is not None and name not in bones):
            continue
        try:
            value = value_at(armature, (curve.data_path, curve.array_index))
        except (ValueError, KeyError, TypeError):  # the property is gone
            continue
        if math.isfinite(value):
            yield Channel(curve.data_path, curve.array_index, name, np.array([value]))


def write_to_library(action: bpy.types.Action, folder: Path) -> Path:
    """Write an asset into a file of its own in a user's asset library, as Blender itself does, and say where.

    Raises:
        InputError: it cannot be written; nothing is changed.
    """
    place = folder / "Saved" / "Actions"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{place} cannot be made: {error.strerror}. Choose another asset library.") from error
    stem = re.sub(r"[^\w\- ]+", "_", action.name).strip() or "Pose"
    path = place / f"{stem}.asset.blend"
    number = 1
    while path.exists():
        number += 1
        path = place / f"{stem}_{number}.asset.blend"
    write_assets([action], path)
    return path


def write_assets(actions: Sequence[bpy.types.Action], path: Path) -> None:
    """Write Actions, and nothing else, into a .blend; it appears whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as partial:
        try:
            bpy.data.libraries.write(str(partial), set(actions), fake_user=True, compress=True)
        except (RuntimeError, OSError) as error:
            raise InputError(f"{path} cannot be written. Choose another place.") from error
