"""Keys on F-curves through the Action's slot and channelbag; keys at other frames keep everything they have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import bpy
import numpy as np

from ..backend.arrays import AnyFloatArray
from ..backend.errors import RigError

_SAME_FRAME = 0.001
"""Keys nearer than this many frames are one key, as in Blender's own insertion."""
_FLOATS = {"co": 2, "handle_left": 2, "handle_right": 2, "amplitude": 1, "back": 1, "period": 1}
_ENUMS = ("interpolation", "easing", "handle_left_type", "handle_right_type", "type")
_FLAGS = ("select_control_point", "select_left_handle", "select_right_handle")
_NEW_KEY = {
    "interpolation": "BEZIER",
    "easing": "AUTO",
    "handle_left_type": "AUTO_CLAMPED",
    "handle_right_type": "AUTO_CLAMPED",
    "type": "KEYFRAME",
}
"""What `keyframe_points.add` gives a key, whose flags are all set."""
_COMPUTED_HANDLES = ("AUTO", "AUTO_CLAMPED", "VECTOR")
"""Types of handles that `FCurve.update` places."""


@dataclass(frozen=True)
class Channel:
    """One F-curve to write.

    Attributes:
        data_path, index: of the property, from the object.
        group: name of the group that a new curve joins.
        values: (T,) in Blender's units.
    """

    data_path: str
    index: int
    group: str
    values: AnyFloatArray


def existing_channelbag(obj: bpy.types.Object) -> bpy.types.ActionChannelbag | None:
    """The F-curves that animate this object now, or None."""
    animation = obj.animation_data
    if animation is None or animation.action is None or animation.action_slot is None:
        return None
    for layer in animation.action.layers:
        for strip in layer.strips:
            return strip.channelbag(animation.action_slot)
    return None


def require_writable_action(obj: bpy.types.Object) -> None:
    """Check that keys can be written on this object's action, if it has one.

    Raises:
        RigError: the action is linked or cannot be edited.
    """
    action = obj.animation_data.action if obj.animation_data else None
    if action is None:
        return
    if action.library is not None or not action.is_editable:
        raise RigError(
            f"The action {action.name} of {obj.name} is linked from another file and cannot take keys. "
            "Make it local, or unlink it in the Action Editor."
        )


def ensure_channelbag(
    obj: bpy.types.Object, *, on_undo: Callable[[Callable[[], object]], object]
) -> bpy.types.ActionChannelbag:
    """The place for this object's F-curves; action, slot, layer and strip are made where they are missing.

    `on_undo` takes a function for everything made here, which removes it again.
    """
    if obj.animation_data is None:
        animation = obj.animation_data_create()
        on_undo(obj.animation_data_clear)
    else:
        animation = obj.animation_data
    if animation.action is None:
        action = bpy.data.actions.new(f"{obj.name}Action")
        on_undo(lambda: bpy.data.actions.remove(action))
        animation.action = action
    else:
        action = animation.action
    if animation.action_slot is None:
        slot = action.slots.new(id_type="OBJECT", name=obj.name)
        on_undo(lambda: action.slots.remove(slot))
        animation.action_slot = slot
    layer = action.layers[0] if action.layers else action.layers.new("Layer")
    strip = layer.strips[0] if layer.strips else layer.strips.new(type="KEYFRAME")
    return strip.channelbag(animation.action_slot, ensure=True)


def write_channel(
    channelbag: bpy.types.ActionChannelbag,
    channel: Channel,
    frames: AnyFloatArray,
    *,
    on_undo: Callable[[Callable[[], object]], object],
) -> bpy.types.FCurve:
    """Set keys at `frames` (T,), ascending, to the channel's values; other keys stay."""
    curve = channelbag.fcurves.find(channel.data_path, index=channel.index)
    if curve is None:
        curve = channelbag.fcurves.new(channel.data_path, index=channel.index)
        group = channelbag.groups.get(channel.group) or channelbag.groups.new(channel.group)
        curve.group = group
        on_undo(lambda: channelbag.fcurves.remove(curve))
        _write_all(curve, _Keys.fresh(frames, channel.values))
        return curve
    before = _Keys.read(curve)
    on_undo(lambda: _write_all(curve, before))
    if len(frames) == 1:
        key = curve.keyframe_points.insert(float(frames[0]), float(channel.values[0]))
        key.select_control_point = True
        curve.update()
    else:
        _write_all(curve, before.merged(_Keys.fresh(frames, channel.values)))
    return curve


@dataclass(frozen=True)
class _Keys:
    """All attributes of K keys, each (K,) or (K, 2)."""

    values: dict[str, np.ndarray]

    @classmethod
    def read(cls, curve: bpy.types.FCurve) -> _Keys:
        points, values = curve.keyframe_points, {}
        count = len(points)
        for name, width in _FLOATS.items():
            values[name] = np.empty(count * width, np.float32)
        for name in _ENUMS:
            values[name] = np.empty(count, np.int32)
        for name in _FLAGS:
            values[name] = np.empty(count, np.bool_)
        for name, array in values.items():
            points.foreach_get(name, array)
        return cls(
            {name: array.reshape(count, 2) if _FLOATS.get(name) == 2 else array for name, array in values.items()}
        )

    @classmethod
    def fresh(cls, frames: AnyFloatArray, values: AnyFloatArray) -> _Keys:
        """Keys with the interpolation and handles of the user's preferences."""
        count = len(frames)
        co = np.stack([frames, values], axis=1).astype(np.float32)
        edit = bpy.context.preferences.edit
        handle = edit.keyframe_new_handle_type
        enums = {
            "interpolation": edit.keyframe_new_interpolation_type,
            "easing": "AUTO",
            "handle_left_type": handle,
            "handle_right_type": handle,
            "type": "KEYFRAME",
        }
        found: dict[str, np.ndarray] = {"co": co, "handle_left": co.copy(), "handle_right": co.copy()}
        found |= {"amplitude": np.zeros(count, np.float32), "period": np.zeros(count, np.float32)}
        found["back"] = np.full(count, 1.70158, np.float32)
        found |= {name: np.full(count, _enum_value(name, item), np.int32) for name, item in enums.items()}
        found |= {name: np.ones(count, np.bool_) for name in _FLAGS}
        return cls(found)

    def merged(self, new: _Keys) -> _Keys:
        """Both in order of time; of two keys at one frame the new one."""
        frames, old_frames = new.values["co"][:, 0], self.values["co"][:, 0]
        place = np.clip(np.searchsorted(frames, old_frames), 1, len(frames) - 1)
        distance = np.minimum(np.abs(old_frames - frames[place - 1]), np.abs(old_frames - frames[place]))
        keep = distance >= _SAME_FRAME
        both = {name: np.concatenate([self.values[name][keep], new.values[name]]) for name in self.values}
        order = np.argsort(both["co"][:, 0], kind="stable")
        return _Keys({name: array[order] for name, array in both.items()})

    def to_write(self) -> list[str]:
        """The attributes that keys just added do not have by themselves: each one written takes its time."""
        given = {name for name, item in _NEW_KEY.items() if (self.values[name] == _enum_value(name, item)).all()}
        given |= {name for name in _FLAGS if self.values[name].all()}
        computed = [
            [_enum_value(f"handle_{side}_type", item) for item in _COMPUTED_HANDLES] for side in ("left", "right")
        ]
        if all(
            np.isin(self.values[f"handle_{side}_type"], types).all()
            for side, types in zip(("left", "right"), computed, strict=True)
        ):
            given |= {"handle_left", "handle_right"}
        return [name for name in self.values if name not in given]


@cache
def _enum_value(attribute: str, item: str) -> int:
    return bpy.types.Keyframe.bl_rna.properties[attribute].enum_items[item].value


def _write_all(curve: bpy.types.FCurve, keys: _Keys) -> None:
    points = curve.keyframe_points
    points.clear()
    points.add(len(keys.values["co"]))
    for name in keys.to_write():
        points.foreach_set(name, np.ascontiguousarray(keys.values[name]).ravel())
    curve.update()
