"""Keys on F-curves through the Action's slot and channelbag; keys at other frames keep everything they have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import bpy
import numpy as np

from ..backend.arrays import AnyFloatArray
from ..backend.errors import RigError
from ..backend.keying.bezier import BezierKeys

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
    keys: NewKeys,
    *,
    on_undo: Callable[[Callable[[], object]], object],
) -> bpy.types.FCurve:
    """Set keys at the frames of `keys` to the channel's values; other keys stay."""
    curve, before = _curve_for(channelbag, channel, on_undo=on_undo)
    if before is None:
        keys.write(curve, channel.values)
        return curve
    if len(keys.frames) == 1:
        key = curve.keyframe_points.insert(float(keys.frames[0]), float(channel.values[0]))
        key.select_control_point = True
        curve.update()
        return curve
    kept = before.apart_from(keys.frames)
    if kept.any():
        before.merged(keys.with_values(channel.values), kept).write(curve)
    else:
        keys.write(curve, channel.values)
    return curve


def write_range(
    channelbag: bpy.types.ActionChannelbag,
    channel: Channel,
    keys: NewKeys,
    *,
    span: tuple[float, float],
    curves: tuple[BezierKeys, int] | None = None,
    on_undo: Callable[[Callable[[], object]], object],
) -> bpy.types.FCurve:
    """Make the keys the only ones of the channel within `span`, its ends counted; those before and after stay.

    Their values are the channel's, or with `curves` those of one column of Bezier keys, with its handles.
    """
    curve, before = _curve_for(channelbag, channel, on_undo=on_undo)
    kept = None if before is None else before.outside(span)
    if curves is None and (kept is None or not kept.any()):
        keys.write(curve, channel.values)
        return curve
    new = keys.with_values(channel.values) if curves is None else keys.with_handles(*curves)
    (new if before is None or kept is None or not kept.any() else before.merged(new, kept)).write(curve)
    return curve


def _curve_for(
    channelbag: bpy.types.ActionChannelbag,
    channel: Channel,
    *,
    on_undo: Callable[[Callable[[], object]], object],
) -> tuple[bpy.types.FCurve, _Keys | None]:
    """The channel's F-curve with the keys that it has, or a new one in the channel's group."""
    curve = channelbag.fcurves.find(channel.data_path, index=channel.index)
    if curve is not None:
        before = _Keys.read(curve)
        on_undo(lambda: before.write(curve))
        return curve, before
    made = channelbag.fcurves.new(channel.data_path, index=channel.index)
    made.group = channelbag.groups.get(channel.group) or channelbag.groups.new(channel.group)
    on_undo(lambda: channelbag.fcurves.remove(made))
    return made, None


class NewKeys:
    """Keys at T frames, ascending, with the interpolation and handles of the user's preferences.

    What all channels have in common is prepared once. `aligned` is how handles are that are given.
    """

    def __init__(self, frames: AnyFloatArray, *, aligned: bool = False) -> None:
        self._aligned = aligned
        self.frames = np.asarray(frames, dtype=np.float32)
        self._co = np.stack([self.frames, self.frames], axis=1)
        count, edit = len(frames), bpy.context.preferences.edit
        handle = edit.keyframe_new_handle_type
        enums = {
            "interpolation": edit.keyframe_new_interpolation_type,
            "easing": "AUTO",
            "handle_left_type": handle,
            "handle_right_type": handle,
            "type": "KEYFRAME",
        }
        common = {"amplitude": np.zeros(count, np.float32), "period": np.zeros(count, np.float32)}
        common["back"] = np.full(count, 1.70158, np.float32)
        common |= {name: np.full(count, _enum_value(name, item), np.int32) for name, item in enums.items()}
        common |= {name: np.ones(count, np.bool_) for name in _FLAGS}
        self._common: dict[str, np.ndarray] = common
        self._to_write = self.with_values(self.frames).to_write()

    def with_values(self, values: AnyFloatArray) -> _Keys:
        """All attributes of the keys of one channel, whose values are (T,)."""
        co = self._co.copy()
        co[:, 1] = values
        return _Keys({"co": co, "handle_left": co, "handle_right": co, **self._common})

    def with_handles(self, curves: BezierKeys, column: int) -> _Keys:
        """All attributes of the keys of one of these curves, as Bezier keys with free or aligned handles."""
        kind = "ALIGNED" if self._aligned else "FREE"
        enums = {"interpolation": "BEZIER", "handle_left_type": kind, "handle_right_type": kind}
        count = curves.count
        common = self._common | {
            name: np.full(count, _enum_value(name, item), np.int32) for name, item in enums.items()
        }
        return _Keys(
            {
                "co": np.stack([curves.times, curves.values[:, column]], axis=1),
                "handle_left": np.stack([curves.left_times, curves.left_values[:, column]], axis=1),
                "handle_right": np.stack([curves.right_times, curves.right_values[:, column]], axis=1),
                **common,
            }
        )

    def write(self, curve: bpy.types.FCurve, values: AnyFloatArray) -> None:
        """Make these the curve's only keys."""
        self._co[:, 1] = values
        points = curve.keyframe_points
        points.clear()
        points.add(len(self._co))
        for name in self._to_write:
            points.foreach_set(name, self._common.get(name, self._co).ravel())
        curve.update()


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

    def apart_from(self, frames: AnyFloatArray) -> np.ndarray:
        """(K,) whether a key lies at none of `frames` (T,), ascending."""
        own = self.values["co"][:, 0]
        place = np.clip(np.searchsorted(frames, own), 1, len(frames) - 1)
        return np.minimum(np.abs(own - frames[place - 1]), np.abs(own - frames[place])) >= _SAME_FRAME

    def outside(self, span: tuple[float, float]) -> np.ndarray:
        """(K,) whether a key lies before or after a span of frames, its ends counted as within."""
        own = self.values["co"][:, 0]
        return (own <= span[0] - _SAME_FRAME) | (own >= span[1] + _SAME_FRAME)

    def merged(self, new: _Keys, kept: np.ndarray) -> _Keys:
        """The `kept` (K,) of these keys and the new ones, in order of time."""
        both = {name: np.concatenate([self.values[name][kept], new.values[name]]) for name in self.values}
        order = np.argsort(both["co"][:, 0], kind="stable")
        return _Keys({name: array[order] for name, array in both.items()})

    def to_write(self) -> list[str]:
        """The attributes that keys just added do not have by themselves: each one written takes its time."""
        given = {name for name, item in _NEW_KEY.items() if (self.values[name] == _enum_value(name, item)).all()}
        given |= {name for name in _FLAGS if self.values[name].all()}
        if all(_computed_handles()[self.values[f"handle_{side}_type"]].all() for side in ("left", "right")):
            given |= {"handle_left", "handle_right"}
        return [name for name in self.values if name not in given]

    def write(self, curve: bpy.types.FCurve) -> None:
        """Make these the curve's only keys."""
        points = curve.keyframe_points
        points.clear()
        points.add(len(self.values["co"]))
        for name in self.to_write():
            points.foreach_set(name, np.ascontiguousarray(self.values[name]).ravel())
        curve.update()


@dataclass(frozen=True)
class KeptRange:
    """The keys of one F-curve within a span of frames, its ends counted, with all their attributes."""

    span: tuple[float, float]
    keys: _Keys

    @classmethod
    def of(cls, curve: bpy.types.FCurve, span: tuple[float, float]) -> KeptRange:
        """Keep them."""
        keys = _Keys.read(curve)
        within = ~keys.outside(span)
        return cls(span, _Keys({name: array[within] for name, array in keys.values.items()}))

    @classmethod
    def empty(cls, curve: bpy.types.FCurve, span: tuple[float, float]) -> KeptRange:
        """That there were none."""
        keys = _Keys.read(curve)
        return cls(span, _Keys({name: array[:0] for name, array in keys.values.items()}))

    def put_back(self, curve: bpy.types.FCurve) -> None:
        """Make them the curve's only keys within the span."""
        now = _Keys.read(curve)
        now.merged(self.keys, now.outside(self.span)).write(curve)


@cache
def _enum_value(attribute: str, item: str) -> int:
    return bpy.types.Keyframe.bl_rna.properties[attribute].enum_items[item].value


@cache
def _computed_handles() -> np.ndarray:
    """Per number of a handle's type whether `FCurve.update` places such handles."""
    items = bpy.types.Keyframe.bl_rna.properties["handle_left_type"].enum_items
    types = {item.value: item.identifier for item in items}
    return np.array([types.get(value) in _COMPUTED_HANDLES for value in range(max(types) + 1)])
