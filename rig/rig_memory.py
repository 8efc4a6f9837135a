"""An armature's pose and animation as they were before a step, to be put back whatever ends the step.

It holds references to Blender's data, so it must not outlive the call that it is made in: no undo, no other file and no
turn of a timer may come between.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import bpy

from .channel_values import show_values
from .fcurves import KeptRange
from .provenance import KEY, stored_text

_ALWAYS: Final = (float("-inf"), float("inf"))
_POSE: Final = ("rotation_mode", "location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
_NUMBERS: Final = (bool, int, float)
_BEFORE_OTHERS: Final = ("use_animated_influence", "use_animated_time", "action_slot", "frame_end")
"""Of a strip: what other properties can be set only after."""

_COPY: Final = ".contrapposto before"
"""Name of an Action's copy, which is there for the time of a step."""


@dataclass(frozen=True)
class _KeptAction:
    """One Action: its name and fake user, and where it may be changed, a copy of all else."""

    name: str
    fake_user: bool
    copy: bpy.types.Action | None = None

    @classmethod
    def of(cls, action: bpy.types.Action, *, whole: bool) -> _KeptAction:
        if not whole:
            return cls(action.name, action.use_fake_user)
        copy = action.copy()  # thousands of keys take Blender a few milliseconds, and Python a second
        copy.name = _COPY
        return cls(action.name, action.use_fake_user, copy)

    def put_back(self, action: bpy.types.Action) -> None:
        """Make the Action what it was."""
        if action.name != self.name:
            action.name = self.name
        action.use_fake_user = self.fake_user
        if self.copy is None:
            return
        were = {bag.slot_handle: bag for bag in _channelbags(self.copy)}
        for bag in _channelbags(action):
            _put_curves_back(bag, were.get(bag.slot_handle))
        handles = {slot.handle for slot in self.copy.slots}
        for slot in [slot for slot in action.slots if slot.handle not in handles]:
            action.slots.remove(slot)
        for layer in list(action.layers)[len(self.copy.layers) :]:
            action.layers.remove(layer)
        holder: Any = action
        records = stored_text(self.copy)
        if records:
            holder[KEY] = records
        else:
            holder.pop(KEY, None)


def _put_curves_back(bag: Any, was: Any) -> None:
    """Give a channelbag the curves, keys and groups of another; None stands for an empty one."""
    before = {} if was is None else {(curve.data_path, curve.array_index): curve for curve in was.fcurves}
    for curve in list(bag.fcurves):
        if (curve.data_path, curve.array_index) not in before:
            bag.fcurves.remove(curve)
    for (path, index), old in before.items():
        curve = bag.fcurves.find(path, index=index)
        if curve is None:
            curve = bag.fcurves.new(path, index=index)
            if old.group is not None:
                curve.group = bag.groups.get(old.group.name) or bag.groups.new(old.group.name)
        KeptRange.of(old, _ALWAYS).put_back(curve)
    groups = set() if was is None else {group.name for group in was.groups}
    for group in [each for each in bag.groups if each.name not in groups and not len(each.channels)]:
        bag.groups.remove(group)


@dataclass(frozen=True)
class _KeptStrip:
    """An NLA strip: its name, its Action and slot, and all that can be set of it."""

    name: str
    action: bpy.types.Action | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class _KeptTrack:
    """An NLA track, by its address in memory, and what it takes to make it again."""

    address: int
    name: str
    flags: Mapping[str, bool]
    strips: tuple[_KeptStrip, ...]

    @classmethod
    def of(cls, track: Any) -> _KeptTrack:
        flags = {name: getattr(track, name) for name in ("mute", "lock", "is_solo", "select")}
        strips = tuple(_KeptStrip(strip.name, strip.action, _values(strip)) for strip in track.strips)
        return cls(track.as_pointer(), track.name, flags, strips)

    def make(self, tracks: Any, above: Any) -> Any:
        """The track once more, with strips of Actions; after the track `above`, or first."""
        track = tracks.new() if above is None else tracks.new(prev=above)
        track.name = self.name
        for kept in self.strips:
            if kept.action is not None:
                strip = track.strips.new(kept.name, int(kept.values["frame_start"] // 1), kept.action)
                for name in (*_BEFORE_OTHERS, *(each for each in kept.values if each not in _BEFORE_OTHERS)):
                    if name in kept.values:
                        setattr(strip, name, kept.values[name])
        for name, value in self.flags.items():
            setattr(track, name, value)
        return track


class RigMemory:
    """What an armature is now: the pose, its Actions with all keys and records, its NLA, and which Actions there are.

    Its Actions are the one that it has, those in its strips, and the `others`, by `session_uid`.

    `forget` must be called in the end: meanwhile there is a copy of each of its Actions.
    Actions that are removed meanwhile cannot be brought back: whoever wants them back lets them be until all is done.
    """

    def __init__(self, armature: bpy.types.Object, *, others: Collection[int] = ()) -> None:
        self._armature = armature
        self._pose = [(bone, {name: _plain(getattr(bone, name)) for name in _POSE}) for bone in _bones(armature)]
        self._numbers = [(owner, _numbers_of(owner)) for owner in self._owners()]
        animation = armature.animation_data
        self._animation = None if animation is None else (animation.action, animation.action_slot)
        self._tracks = () if animation is None else tuple(_KeptTrack.of(track) for track in animation.nla_tracks)
        own = {*others, *_actions_of(animation)}
        self._actions: dict[int, _KeptAction] = {
            action.session_uid: _KeptAction.of(action, whole=action.session_uid in own)
            for action in list(bpy.data.actions)
            if action.library is None
        }

    def put_back(self) -> None:
        """Make it so again. Goes on where one part cannot be put back, and raises the first error at the end."""
        first: Exception | None = None
        for part in (self._put_animation_back, self._put_actions_back, self._put_pose_back):
            try:
                part()
            except Exception as error:  # noqa: BLE001  (raised below, once the other parts are back)
                first = first or error
        show_values(self._armature, ())
        if first is not None:
            raise first

    def forget(self) -> None:
        """Remove the copies."""
        for kept in self._actions.values():
            if kept.copy is not None:
                bpy.data.actions.remove(kept.copy)
        self._actions.clear()

    def _put_animation_back(self) -> None:
        if self._animation is None:
            self._armature.animation_data_clear()
            return
        animation, (action, slot) = self._armature.animation_data, self._animation
        assert animation is not None
        self._put_tracks_back(animation.nla_tracks)
        if animation.action != action:
            animation.action = action
        if action is not None and slot is not None and animation.action_slot != slot:
            animation.action_slot = slot
        elif action is not None and slot is None and animation.action_slot is not None:
            animation.action_slot = None

    def _put_tracks_back(self, tracks: Any) -> None:
        known = {kept.address for kept in self._tracks}
        for track in reversed(list(tracks)):
            if track.as_pointer() not in known:
                tracks.remove(track)
        there = {track.as_pointer(): track for track in tracks}
        above = None
        for kept in self._tracks:
            above = there.get(kept.address) or kept.make(tracks, above)

    def _put_actions_back(self) -> None:
        copies = {kept.copy for kept in self._actions.values()}
        for action in [action for action in bpy.data.actions if action not in copies]:
            kept = self._actions.get(action.session_uid)
            if kept is not None:
                kept.put_back(action)
            elif action.library is None:
                bpy.data.actions.remove(action)

    def _put_pose_back(self) -> None:
        for bone, values in self._pose:
            for name, value in values.items():
                if _plain(getattr(bone, name)) != value:
                    setattr(bone, name, value)
        for owner, numbers in self._numbers:
            for name, value in numbers.items():
                if name not in owner or owner[name] != value:
                    owner[name] = value

    def _owners(self) -> Iterator[Any]:
        """What may hold switches of a rig as custom properties."""
        yield self._armature
        if self._armature.data.library is None:
            yield self._armature.data
        yield from _bones(self._armature)


def _bones(armature: bpy.types.Object) -> Iterator[Any]:
    assert armature.pose is not None, "an armature has a pose"
    yield from armature.pose.bones


def _actions_of(animation: bpy.types.AnimData | None) -> Iterator[int]:
    if animation is None:
        return
    strips = (strip for track in animation.nla_tracks for strip in track.strips)
    for action in (animation.action, *(strip.action for strip in strips)):
        if action is not None:
            yield action.session_uid


def _channelbags(action: bpy.types.Action) -> Iterator[Any]:
    for layer in action.layers:
        for strip in layer.strips:
            strip_with_bags: Any = strip
            yield from strip_with_bags.channelbags


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else tuple(value)


def _numbers_of(owner: Any) -> dict[str, Any]:
    return {name: value for name, value in owner.items() if isinstance(value, _NUMBERS)}


def _values(strip: Any) -> dict[str, Any]:
    """All that can be set of a strip, vectors and collections aside."""
    kinds: dict[str, Callable[[Any], bool]] = {"POINTER": lambda each: each.identifier == "action_slot"}
    return {
        each.identifier: getattr(strip, each.identifier)
        for each in strip.bl_rna.properties
        if not each.is_readonly
        and not each.identifier.endswith(("_ui", "_raw"))
        and kinds.get(each.type, lambda one: one.type != "COLLECTION")(each)
        and not (each.identifier in {"influence", "strip_time"} and not strip.use_animated_influence)
    }
