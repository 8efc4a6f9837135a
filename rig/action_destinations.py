"""Where a motion's keys go: the armature's action, a new one in its place, or a strip above what was there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import bpy

from ..backend.errors import RigError
from .fcurves import ensure_channelbag

Destination = Literal["CURRENT", "NEW_ACTION", "NLA"]
OnUndo = Callable[[Callable[[], object]], object]


@dataclass(frozen=True)
class Opened:
    """A place for F-curves, and what was put aside for it.

    Attributes:
        channelbag: the place.
        action: name of its Action.
        kept: name of the Action that was there before and was put aside, or "".
        strip: name of the new NLA strip, or "".
    """

    channelbag: bpy.types.ActionChannelbag
    action: str
    kept: str = ""
    strip: str = ""


def open_destination(armature: bpy.types.Object, destination: Destination, *, name: str, on_undo: OnUndo) -> Opened:
    """Make the place; everything done is undone by the functions that `on_undo` takes, the last first.

    Args:
        armature: the object.
        destination: the current action; a new one, where the old is kept by a fake user; or a new one for `add_strip`,
            where the old is pushed down into a strip below as Blender's Push Down does.
        name: of the new action.
        on_undo: takes what undoes a change.

    Raises:
        RigError: an NLA strip is being tweaked, so that the action cannot be exchanged.
    """
    if destination == "CURRENT":
        channelbag = ensure_channelbag(armature, on_undo=on_undo)
        return Opened(channelbag, armature.animation_data.action.name)
    animation = _animation(armature, on_undo)
    old, slot = animation.action, animation.action_slot
    kept = "" if old is None else old.name
    action, new_slot, channelbag = _new_action(armature, name, on_undo=on_undo)
    if destination == "NEW_ACTION":
        if old is not None:
            on_undo(lambda fake=old.use_fake_user: setattr(old, "use_fake_user", fake))
            old.use_fake_user = True
        on_undo(lambda: _assign(animation, old, slot))
        _assign(animation, action, new_slot)
        return Opened(channelbag, action.name, kept)
    if old is not None:
        _push_down(animation, old, slot, on_undo=on_undo)
    return Opened(channelbag, action.name, kept)


def add_strip(armature: bpy.types.Object, opened: Opened, *, on_undo: OnUndo) -> Opened:
    """Play the action of an "NLA" destination from a strip above all others, once its keys are written."""
    action, animation = bpy.data.actions[opened.action], armature.animation_data
    assert animation is not None  # the destination was opened on it
    strip = _new_strip(animation, action, action.slots[0], on_undo=on_undo)
    strip.extrapolation = "NOTHING"
    return replace(opened, strip=strip.name)


def _animation(armature: bpy.types.Object, on_undo: OnUndo) -> bpy.types.AnimData:
    if armature.animation_data is None:
        on_undo(armature.animation_data_clear)
        return armature.animation_data_create()
    if armature.animation_data.use_tweak_mode:
        raise RigError(
            f"An NLA strip of {armature.name} is being tweaked, so its action cannot be exchanged. "
            "Leave tweak mode (Tab in the NLA Editor), or key into the current action."
        )
    return armature.animation_data


def _new_action(
    armature: bpy.types.Object, name: str, *, on_undo: OnUndo
) -> tuple[bpy.types.Action, bpy.types.ActionSlot, bpy.types.ActionChannelbag]:
    action = bpy.data.actions.new(name or f"{armature.name}Motion")
    on_undo(lambda: bpy.data.actions.remove(action))
    slot = action.slots.new(id_type="OBJECT", name=armature.name)
    strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
    return action, slot, strip.channelbag(slot, ensure=True)


def _assign(animation: bpy.types.AnimData, action: bpy.types.Action | None, slot: bpy.types.ActionSlot | None) -> None:
    animation.action = action
    if action is not None and slot is not None:
        animation.action_slot = slot


def _push_down(
    animation: bpy.types.AnimData, old: bpy.types.Action, slot: bpy.types.ActionSlot | None, *, on_undo: OnUndo
) -> None:
    """The action as a strip on a new track, blended as it was."""
    first = not animation.nla_tracks
    strip = _new_strip(animation, old, slot, on_undo=on_undo)
    strip.blend_type, strip.extrapolation = animation.action_blend_type, animation.action_extrapolation
    if strip.extrapolation == "HOLD" and not first:
        strip.extrapolation = "HOLD_FORWARD"
    if animation.action_influence < 1.0:
        strip.use_animated_influence, strip.influence = True, animation.action_influence
    on_undo(lambda: _assign(animation, old, slot))
    animation.action = None


def _new_strip(
    animation: bpy.types.AnimData, action: bpy.types.Action, slot: bpy.types.ActionSlot | None, *, on_undo: OnUndo
) -> bpy.types.NlaStrip:
    """A strip alone on a new track above all others, which plays the keys of the action at their own frames."""
    tracks = animation.nla_tracks
    track = tracks.new(prev=tracks[-1] if tracks else None)
    on_undo(lambda: tracks.remove(track))
    track.name = action.name
    start, end = action.frame_range
    strip = track.strips.new(action.name, int(start // 1), action)
    if slot is not None:
        strip.action_slot = slot
    if start % 1.0:  # strips are made at whole frames
        strip.frame_end, strip.frame_start = max(end, start + 1.0), start
    return strip
