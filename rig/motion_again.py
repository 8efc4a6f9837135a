"""What an armature's animation was before a motion was keyed on it, so that the motion can be taken off or keyed anew.

Plain values and names only, which may outlive Blender's data: data is found again by `session_uid`, also after undo.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.errors import RigError
from .channel_values import Place, show_values, value_at
from .fcurves import KeptRange, existing_channelbag

if TYPE_CHECKING:
    from .action_destinations import Destination
    from .motion_keys import MotionReport


@dataclass(frozen=True)
class MadeMotion:
    """Where a motion was keyed.

    Attributes:
        destination: as it was asked for.
        action_uid: of the action with the keys.
        strip: name of the NLA strip that plays it, or "".
    """

    destination: Destination
    action_uid: int
    strip: str = ""

    @classmethod
    def of(cls, report: MotionReport, destination: Destination) -> MadeMotion:
        """What was just keyed."""
        return cls(destination, bpy.data.actions[report.keyed.action].session_uid, report.strip)


@dataclass(frozen=True)
class BeforeMotion:
    """An armature before a motion.

    Attributes:
        action_uid: of its action, or 0.
        slot: identifier of the action's slot.
        fake_user: whether the action had one.
        tracks: names of its NLA tracks.
        span: the frames of the motion, in the time of the action, its ends counted.
        values: of each channel that the motion writes.
        ranges: the keys of these channels within the span; None where there was no F-curve.
    """

    action_uid: int
    slot: str
    fake_user: bool
    tracks: tuple[str, ...]
    span: tuple[float, float]
    values: Mapping[Place, float]
    ranges: Mapping[Place, KeptRange | None]

    @classmethod
    def of(cls, armature: bpy.types.Object, places: Collection[Place], *, span: tuple[float, float]) -> BeforeMotion:
        """Keep these channels.

        Raises:
            ValueError: the armature has no such channel.
        """
        animation = armature.animation_data
        action = None if animation is None else animation.action
        slot = None if animation is None else animation.action_slot
        return cls(
            0 if action is None else action.session_uid,
            "" if slot is None else slot.identifier,
            action is not None and action.use_fake_user,
            () if animation is None else tuple(track.name for track in animation.nla_tracks),
            span,
            {place: value_at(armature, place) for place in places},
            {place: _range(armature, place, span) for place in places},
        )

    def and_of(self, armature: bpy.types.Object, places: Collection[Place]) -> BeforeMotion:
        """The same, with those channels that no motion has written yet as they are now."""
        new = [place for place in places if place not in self.values]
        values = {place: value_at(armature, place) for place in new}
        return replace(self, values={**self.values, **values}, ranges={**self.ranges, **dict.fromkeys(new)})

    @contextmanager
    def shown(self, armature: bpy.types.Object) -> Generator[None]:
        """The block sees the pose of before; keys stay, and so does the pose of now.

        Raises:
            RigError: the armature has lost a channel.
        """
        try:
            now = {place: value_at(armature, place) for place in self.values}
        except ValueError as error:
            raise RigError(f"{armature.name} was changed since the video posed it. Pose it again.") from error
        show_values(armature, self.values.items())
        try:
            yield
        finally:
            show_values(armature, now.items())

    def take_off(
        self, armature: bpy.types.Object, made: MadeMotion, *, for_destination: Destination
    ) -> tuple[Destination, bpy.types.Action | None]:
        """Take the keys of a motion off again, so that another can be keyed; the artist's own keys come back.

        Returns:
            Where to key the other motion so that it ends up at `for_destination`: an action that was made for the
            motion is used again, with the keys that the artist made in it outside the motion's frames. And the action
            of the motion where nothing needs it any more: it has given its name away, and is to be removed once the
            other motion is keyed.

        Raises:
            RigError: an NLA strip is being tweaked, or the armature no longer has the action of the motion; nothing is
                changed.
        """
        action = _require_made(armature, made)
        if made.destination == for_destination != "NLA":
            self._clear(armature)
            return "CURRENT", None
        left = None
        if made.destination == "CURRENT":
            self._clear(armature)
            if not self.action_uid:
                _assign(armature, None, "")
                left = _left_over(action, self.span)
        else:
            self._remove_tracks(armature, made)
            old = _action(self.action_uid)
            if old is not None and made.destination == "NEW_ACTION":
                old.use_fake_user = self.fake_user
            _assign(armature, old, self.slot)
            left = _left_over(action, self.span)
        show_values(armature, self.values.items())
        return for_destination, left

    def _clear(self, armature: bpy.types.Object) -> None:
        """Within the span, the action that the armature has now is as before the motion."""
        channelbag = existing_channelbag(armature)
        if channelbag is None:
            return
        is_old = armature.animation_data.action.session_uid == self.action_uid
        for place in self.values:
            curve = channelbag.fcurves.find(place[0], index=place[1])
            kept = self.ranges[place] if is_old else None
            if curve is None:
                continue
            (kept or KeptRange.empty(curve, self.span)).put_back(curve)
            if kept is None and not curve.keyframe_points and not curve.modifiers:
                channelbag.fcurves.remove(curve)

    def _remove_tracks(self, armature: bpy.types.Object, made: MadeMotion) -> None:
        """The strip of the motion, and that into which the old action was pushed down for it."""
        if made.destination != "NLA":
            return
        tracks: Any = armature.animation_data.nla_tracks
        for track in reversed(list(tracks)):
            uids = {strip.action.session_uid for strip in track.strips if strip.action is not None}
            is_new = track.name not in self.tracks and len(track.strips) == 1
            if uids == {made.action_uid} or (is_new and uids == {self.action_uid}):
                tracks.remove(track)


def _range(armature: bpy.types.Object, place: Place, span: tuple[float, float]) -> KeptRange | None:
    channelbag = existing_channelbag(armature)
    curve = None if channelbag is None else channelbag.fcurves.find(place[0], index=place[1])
    return None if curve is None else KeptRange.of(curve, span)


def _require_made(armature: bpy.types.Object, made: MadeMotion) -> bpy.types.Action:
    """The action of the motion, which must still be where it was keyed."""
    animation, action = armature.animation_data, _action(made.action_uid)
    if animation is None or action is None:
        raise RigError(f"The motion's action on {armature.name} is gone. Pose from the video again.")
    if animation.use_tweak_mode:
        raise RigError(
            f"An NLA strip of {armature.name} is being tweaked. Leave tweak mode (Tab in the NLA Editor) first."
        )
    if made.destination != "NLA" and animation.action != action:
        raise RigError(
            f"{armature.name} has another action now than {action.name}, in which the motion is. Choose that one "
            "again, or pose from the video again."
        )
    return action


def _action(uid: int) -> bpy.types.Action | None:
    return next((action for action in bpy.data.actions if uid and action.session_uid == uid), None)


def _assign(armature: bpy.types.Object, action: bpy.types.Action | None, slot: str) -> None:
    animation = armature.animation_data
    assert animation is not None  # the motion was keyed on it
    animation.action = action
    if action is not None:
        found = next((each for each in action.slots if each.identifier == slot), None)
        if found is not None:
            animation.action_slot = found


def _left_over(action: bpy.types.Action, span: tuple[float, float]) -> bpy.types.Action | None:
    """An action that nothing uses any more; None if the artist made keys in it before or after the motion."""
    if action.users > action.use_fake_user:
        return None
    first, last = action.frame_range
    if action.layers and (first < span[0] - 0.5 or last > span[1] + 0.5) and _has_keys(action):
        action.use_fake_user = True
        return None
    action.name = f"{action.name} (old)"
    return action


def _has_keys(action: bpy.types.Action) -> bool:
    bags = (bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags)
    return any(curve.keyframe_points for bag in bags for curve in bag.fcurves)
