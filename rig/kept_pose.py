"""What channels of a rig held, and their keys at one frame, so that it can be put back; plain values only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import bpy

from .channel_values import Place, show_values, value_at
from .fcurves import existing_channelbag

_SAME_FRAME = 1e-3
_ATTRIBUTES = (
    "interpolation", "easing", "type", "amplitude", "back", "period", "handle_left_type", "handle_right_type",
    "handle_left", "handle_right", "select_control_point", "select_left_handle", "select_right_handle",
)  # fmt: skip
"""Of a key, its place aside; types of handles before the handles, which they move."""


@dataclass(frozen=True)
class KeptChannel:
    """A channel: its value, and the attributes of its key with `co`, or None where it had no key."""

    value: float
    key: Mapping[str, Any] | None


@dataclass(frozen=True)
class KeptPose:
    """Channels as they were.

    Attributes:
        frame: of the keys, in the time of the action.
        channels: what was kept of each.
    """

    frame: float
    channels: Mapping[Place, KeptChannel]

    @classmethod
    def of(cls, armature: bpy.types.Object, places: Collection[Place], *, frame: float) -> KeptPose:
        """Keep these channels.

        Raises:
            ValueError: the armature has no such channel.
        """
        return cls(frame, {place: _kept(armature, place, frame) for place in places})

    def and_of(self, armature: bpy.types.Object, places: Collection[Place]) -> KeptPose:
        """The same, with those of `places` that were not kept yet as they are now."""
        more = {place: _kept(armature, place, self.frame) for place in places if place not in self.channels}
        return replace(self, channels={**self.channels, **more})

    @property
    def values(self) -> dict[Place, float]:
        """The value of each channel."""
        return {place: channel.value for place, channel in self.channels.items()}

    def put_back(self, armature: bpy.types.Object, places: Collection[Place] | None = None) -> None:
        """Set values and keys as they were; without `places`, of all channels that were kept.

        Raises:
            ValueError: the armature no longer has one of the channels; those before it are set.
        """
        chosen = self.channels if places is None else {place: self.channels[place] for place in places}
        for place, channel in chosen.items():
            _put_key_back(armature, place, channel.key, frame=self.frame)
        show_values(armature, [(place, channel.value) for place, channel in chosen.items()])


def _kept(armature: bpy.types.Object, place: Place, frame: float) -> KeptChannel:
    curve = _curve(armature, place)
    point = None if curve is None else _key_at(curve, frame)
    return KeptChannel(value_at(armature, place), None if point is None else _attributes(point))


def _curve(armature: bpy.types.Object, place: Place) -> bpy.types.FCurve | None:
    channelbag = existing_channelbag(armature)
    return None if channelbag is None else channelbag.fcurves.find(place[0], index=place[1])


def _key_at(curve: bpy.types.FCurve, frame: float) -> bpy.types.Keyframe | None:
    return next((point for point in curve.keyframe_points if abs(point.co.x - frame) < _SAME_FRAME), None)


def _attributes(point: bpy.types.Keyframe) -> dict[str, Any]:
    return {name: _plain(getattr(point, name)) for name in ("co", *_ATTRIBUTES)}


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, bool, float)) else tuple(value)


def _put_key_back(armature: bpy.types.Object, place: Place, key: Mapping[str, Any] | None, *, frame: float) -> None:
    curve = _curve(armature, place)
    if key is None:
        if curve is not None:
            _remove_key(armature, curve, frame)
        return
    if curve is None:
        channelbag = existing_channelbag(armature)
        if channelbag is None:
            return  # the artist took the Action away meanwhile
        curve = channelbag.fcurves.new(place[0], index=place[1])
    point = curve.keyframe_points.insert(*key["co"])
    for name in _ATTRIBUTES:
        setattr(point, name, key[name])
    curve.update()


def _remove_key(armature: bpy.types.Object, curve: bpy.types.FCurve, frame: float) -> None:
    point = _key_at(curve, frame)
    if point is None:
        return
    curve.keyframe_points.remove(point)
    channelbag = existing_channelbag(armature)
    if channelbag is not None and not curve.keyframe_points and not curve.modifiers:
        channelbag.fcurves.remove(curve)
