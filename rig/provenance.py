"""The records of where keys came from, on the Action that holds the keys: undone, saved and appended with it.

Reading them is cheap enough for panels.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import ContrappostoError, InputError, RigError
from ..backend.provenance import Before, Provenance, Record
from ..backend.provenance_json import from_json, to_json
from .channel_plan import action_frame
from .channel_values import Place, show_values, value_at
from .selection import is_selected, select_bones

if TYPE_CHECKING:
    from ..backend.retarget.bone_map import BoneMap

KEY: Final = "contrapposto_provenance"
_OF_BONES: Final = ('pose.bones["', '["')
"""How the paths begin of what a pose is made of: nothing else is set, whatever a file says."""
_CHANGED: Final = "{} no longer has the channels that it was posed on. Pose it from the source again."


def stored_text(action: bpy.types.Action) -> str:
    """The text that an Action keeps; empty where it keeps none."""
    holder: Any = action
    text = holder.get(KEY)
    return text if isinstance(text, str) else ""


def provenance_of(action: bpy.types.Action) -> Provenance:
    """All that is noted on an Action.

    Raises:
        InputError: it cannot be read.
    """
    text = stored_text(action)
    return _parsed(text) if text else Provenance()


@lru_cache(maxsize=16)
def _parsed(text: str) -> Provenance:
    return from_json(text)


def note(action: bpy.types.Action, record: Record) -> None:
    """Add a record, in place of those whose keys it has replaced; what could not be read is replaced as well.

    Raises:
        InputError: the record holds what could not be read again; nothing is changed.
    """
    try:
        known = provenance_of(action)
    except InputError:
        known = Provenance()
    holder: Any = action
    holder[KEY] = to_json(known.with_record(record))


def own_action(armature: bpy.types.Object) -> tuple[bpy.types.Action, str] | None:
    """The Action that an armature is keyed on, and the identifier of its slot there."""
    animation = armature.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return None
    return animation.action, animation.action_slot.identifier


def record_at(armature: bpy.types.Object, frame: float) -> Record | None:
    """Where the pose came from that an armature has at a frame of the scene.

    Raises:
        InputError: what is noted cannot be read.
    """
    own = own_action(armature)
    if own is None:
        return None
    action, slot = own
    return provenance_of(action).at(action_frame(armature, frame), slot)


def slot_of(action: bpy.types.Action, armature: bpy.types.Object) -> str:
    """The slot that an Action plays for an armature: its own, or the first where the Action plays from a strip."""
    own = own_action(armature)
    if own is not None and own[0] == action:
        return own[1]
    return action.slots[0].identifier if action.slots else ""


def stored_path(path: str) -> str:
    """A path as it is kept: beside the .blend where there is one on the same disk."""
    absolute = bpy.path.abspath(path)
    if not absolute or not bpy.data.filepath:
        return absolute
    try:
        return bpy.path.relpath(absolute).replace("\\", "/")
    except ValueError:  # on another drive of Windows
        return absolute


def found_path(path: str) -> Path:
    """Where a kept path is now."""
    return Path(bpy.path.abspath(path))


def rig_facts(armature: bpy.types.Object, *, bone_map: BoneMap | None = None) -> tuple[str, str]:
    """The fingerprint of the rig's bones, and the SHA-256 of its bone map; empty where they are not known.

    `bone_map` stands for the armature's own.
    """
    from ..backend.retarget.fingerprint import fingerprint
    from .armature import read_rig
    from .bone_maps import bone_map_for

    try:
        rig = read_rig(armature)
    except ContrappostoError:
        return "", ""
    try:
        joints = {joint: match.bones for joint, match in (bone_map or bone_map_for(armature, rig)).joints.items()}
    except ContrappostoError:
        return fingerprint(rig), ""
    return fingerprint(rig), hashlib.sha256(json.dumps(joints, sort_keys=True).encode()).hexdigest()


def before_from(values: Mapping[Place, float]) -> Before:
    """Channels' values, to be kept."""
    channels: dict[str, list[tuple[int, float]]] = {}
    for (path, index), value in sorted(values.items()):
        channels.setdefault(path, []).append((index, round(value, 7)))
    return Before({path: tuple(pairs) for path, pairs in channels.items()})


@contextmanager
def shown_before(armature: bpy.types.Object, before: Before | None) -> Generator[set[Place]]:
    """The block sees the channels as they were; afterwards they are as they are now, those in the set aside.

    Raises:
        RigError: the armature has lost one of the channels.
    """
    written: set[Place] = set()
    if before is None:
        yield written
        return
    places = {(path, index): value for path, pairs in before.channels.items() for index, value in pairs}
    try:
        if not all(path.startswith(_OF_BONES) for path, _ in places):
            raise ValueError("not a channel of a pose")
        now = {place: value_at(armature, place) for place in places}
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise RigError(_CHANGED.format(armature.name)) from error
    show_values(armature, places.items())
    try:
        yield written
    finally:
        show_values(armature, [(place, value) for place, value in now.items() if place not in written])


@contextmanager
def only_selected(armature: bpy.types.Object, bones: tuple[str, ...]) -> Generator[None]:
    """The block sees these bones selected and no others; without any, what is selected stays."""
    if not bones:
        yield
        return
    active = armature.data.bones.active
    selected = [bone.name for bone in armature.pose.bones if is_selected(bone)]
    select_bones(armature, bones)
    try:
        yield
    finally:
        select_bones(armature, selected)
        armature.data.bones.active = active
