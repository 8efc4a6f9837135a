"""Collects the channels that a pose writes, with locks, drivers and rotation modes respected; changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import bpy
import numpy as np

from ..backend.retarget.channels import RotationLocks, rotation_channels, rotation_property
from ..backend.retarget.rig_pose import RigPose
from ..backend.retarget.rig_spec import RigSpec
from ..backend.retarget.unsure import PosedJoint
from .channel_values import Place, value_at
from .fcurves import Channel, existing_channelbag
from .pose_plan import KeyOptions, PosePlan
from .selection import is_selected

_NO_TURN = 1e-3
"""Radians: a locked channel that would change by less loses nothing."""

_SAME_FRAME = 1e-3


class ChannelPlan:
    """Channels to write, collected before anything is changed."""

    def __init__(
        self,
        armature: bpy.types.Object,
        rig: RigSpec,
        *,
        options: KeyOptions,
    ) -> None:
        self.armature, self.rig, self.options = armature, rig, options
        self.channelbag = existing_channelbag(armature)
        self.frame = action_frame(armature, options.frame)
        self.channels: list[Channel] = []
        self._there: set[Place] = set()
        self.bones: list[str] = []
        self.posed: frozenset[str] = frozenset()
        self.frames = 0
        self.idle: list[str] = []
        self.skipped: list[str] = []
        self.unsure: list[str] = []
        self.notes: list[str] = []
        animation = armature.animation_data
        self.driven = {(d.data_path, d.array_index) for d in animation.drivers} if animation else set()

    @property
    def poses_anything(self) -> bool:
        """Whether a bone turns, or every bone that shall be posed at least moves: a root, or IK controls."""
        turns = any(".rotation_" in channel.data_path for channel in self.channels)
        return turns or (bool(self.bones) and not self.idle)

    @property
    def follows_what_is_shown(self) -> bool:
        """Whether what the scene shows is what was before at each of its keys: one key here, or nothing moves."""
        shown = action_frame(self.armature, bpy.context.scene.frame_current_final)
        return (self.frames == 1 and abs(self.frame - shown) < _SAME_FRAME) or not self._is_animated

    @property
    def _is_animated(self) -> bool:
        animation = self.armature.animation_data
        if animation is not None and len(animation.nla_tracks):
            return True
        curves = self.channelbag.fcurves if self.channelbag else ()
        return any(len(curve.keyframe_points) > 1 or len(curve.modifiers) for curve in curves)

    def finished(
        self, frames: int, *, notes: tuple[str, ...], joints: tuple[PosedJoint, ...], relaxed: tuple[str, ...]
    ) -> PosePlan:
        """The plan as plain values."""
        names = (tuple(self.bones), tuple(self.skipped), notes, joints, tuple(self.unsure), relaxed)
        return PosePlan(tuple(self.channels), self.frame, frames, *names)

    def add_pose(
        self, pose: RigPose, *, confidence: Mapping[str, np.ndarray], left_alone: Collection[str] = ()
    ) -> None:
        """Rotation of every bone that is sure enough, location of the root.

        Args:
            pose: of the rig.
            confidence: (T,) of each bone.
            left_alone: bones whose pose is what the rig has now; they are keyed only where that would be lost, because
                it was not keyed yet.
        """
        self.posed, self.frames = frozenset(pose.bones), pose.frame_count
        for position, name in enumerate(pose.bones):
            bone = self.armature.pose.bones[name]
            if self.options.selected_only and not is_selected(bone):
                continue
            if name in left_alone and not self._differs_from_keys(bone):
                continue
            if name in confidence and confidence[name].mean() < self.options.min_confidence:
                self.unsure.append(name)
                continue
            before = len(self.channels)
            rotations = pose.rotations[:, position]
            self.add_rotation(bone, rotations[:1] if name in pose.constant else rotations)
            if name == pose.root and self.options.root_location:
                self._add_location(bone, pose.location, channels=pose.location_channels)
            if name in pose.controls:
                self._add_location(bone, pose.controls[name])
            (self.bones if len(self.channels) > before else self.idle).append(name)

    def _differs_from_keys(self, bone: bpy.types.PoseBone) -> bool:
        """Whether what the bone shows is lost as soon as its animation is evaluated."""
        for name in (rotation_property(bone.rotation_mode), "location"):
            values, path = getattr(bone, name), f"{bone.path_from_id()}.{name}"
            for index, value in enumerate(values):
                curve = self.channelbag.fcurves.find(path, index=index) if self.channelbag else None
                if curve is not None and abs(curve.evaluate(self.frame) - value) > _NO_TURN:
                    return True
        return False

    def _add_location(
        self, bone: bpy.types.PoseBone, values: np.ndarray, *, channels: Collection[int] = (0, 1, 2)
    ) -> None:
        unlocked = [index for index, lock in enumerate(bone.lock_location) if not lock]
        self._add(bone, "location", values, wanted=channels, open_channels=unlocked)

    def add_rotation(self, bone: bpy.types.PoseBone, quaternions: np.ndarray) -> None:
        """The rotation channels of a bone in its own mode, from (T, 4), with its locks respected."""
        index = self.rig.index[bone.name]
        locks = RotationLocks(
            self.rig.rotation_modes[index], self.rig.lock_rotation[index], bool(self.rig.lock_per_component[index])
        )
        name = rotation_property(locks.mode)
        current = np.array(getattr(bone, name), dtype=np.float64)
        near = self._values_before(f"{bone.path_from_id()}.{name}", current)
        turns = quaternions.astype(np.float64)
        values = rotation_channels(turns, locks, near=near, current=current)
        opened: Collection[int] = locks.open_channels
        if len(opened) < values.shape[1]:
            free = rotation_channels(turns, locks.without_locks, near=near, current=current)
            needed = np.flatnonzero(np.abs(free - current).max(axis=0) > _NO_TURN)
            self._add(bone, name, values, wanted=sorted({*opened, *needed.tolist()}), open_channels=opened)
            return
        self._add(bone, name, values, open_channels=opened)

    def _values_before(self, path: str, current: np.ndarray) -> np.ndarray:
        """What the channels hold at the key before the first frame, or after it, or now."""
        values = current.copy()
        for index in range(len(values)):
            curve = self.channelbag.fcurves.find(path, index=index) if self.channelbag else None
            if curve is None or not curve.keyframe_points:
                continue
            keys = np.empty(2 * len(curve.keyframe_points), np.float32)
            curve.keyframe_points.foreach_get("co", keys)
            before = int(np.searchsorted(keys[::2], self.frame - 1e-3))
            values[index] = keys[2 * max(before - 1, 0) + 1]
        return values

    def _add(
        self,
        bone: bpy.types.PoseBone,
        name: str,
        values: np.ndarray,
        *,
        open_channels: Collection[int],
        wanted: Collection[int] | None = None,
    ) -> None:
        wanted = range(values.shape[1]) if wanted is None else wanted
        opened = [index for index in wanted if index in open_channels]
        if len(opened) < len(wanted):
            part = "" if not opened else "partly "
            self.skipped.append(f"{bone.name}: {name.replace('_', ' ')} is {part}locked")
        path = f"{bone.path_from_id()}.{name}"
        for index in opened:
            self.add_channel(bone, Channel(path, index, bone.name, values[:, index]))

    def value_before(self, path: str) -> float:
        """What a single number holds at the first frame before anything is written."""
        curve = self.channelbag.fcurves.find(path) if self.channelbag else None
        if curve is not None and len(curve.keyframe_points):
            return float(curve.evaluate(self.frame))
        return value_at(self.armature, (path, 0))

    def add_channel(self, bone: bpy.types.PoseBone, channel: Channel) -> None:
        """One channel, or a line in `skipped` where something holds it; a channel that is there already stays."""
        place = channel.data_path, channel.index
        if place in self._there:
            return
        curve = self.channelbag.fcurves.find(channel.data_path, index=channel.index) if self.channelbag else None
        reason = None
        if place in self.driven:
            reason = "has a driver"
        elif curve is not None and (curve.lock or (curve.group is not None and curve.group.lock)):
            reason = "has a locked F-curve"
        if reason is None:
            self._there.add(place)
            self.channels.append(channel)
            return
        self.skipped.append(f"{bone.name}: {channel.data_path.rpartition('.')[2]}[{channel.index}] {reason}")


def action_frame(armature: bpy.types.Object, frame: float) -> float:
    """Scene time -> time in the action, which differs while an NLA strip is tweaked."""
    animation = armature.animation_data
    if animation is None or not animation.use_tweak_mode:
        return frame
    return animation.nla_tweak_strip_time_to_scene(frame, invert=True)
