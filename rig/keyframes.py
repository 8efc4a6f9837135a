"""SMPL poses -> keys on the artist's own bones: everything is checked first, and all is written or nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

import bpy
import numpy as np

from ..backend.errors import InputError, RigError
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.channels import RotationLocks, rotation_channels, rotation_property
from ..backend.retarget.matcher import match_bones
from ..backend.retarget.rig_pose import RigPose
from ..backend.retarget.rig_spec import RigSpec
from ..backend.retarget.solver import retarget
from .armature import read_rig, require_armature
from .control_probe import measure_parent_spaces
from .fcurves import Channel, ensure_channelbag, existing_channelbag, require_writable_action, write_channel


@dataclass(frozen=True)
class KeyOptions:
    """What to key.

    Attributes:
        frame: scene frame of the first pose, fractions allowed; further poses follow one a frame.
        selected_only: only bones selected in Pose Mode.
        root_location: also the location of the root bone.
        blend: share in [0, 1] of the new pose; the rest is what the bones' own channels hold now, which for a limb in
            IK is its FK controls and not what is seen.
    """

    frame: float
    selected_only: bool = False
    root_location: bool = True
    blend: float = 1.0

    def __post_init__(self) -> None:
        if not math.isfinite(self.frame):
            raise InputError(f"A frame must be a number, not {self.frame}.")
        if not 0.0 <= self.blend <= 1.0:
            raise InputError(f"Blend must lie between 0 and 1, not {self.blend}.")


@dataclass(frozen=True)
class KeyReport:
    """What was keyed.

    Attributes:
        bones: names of the keyed bones.
        skipped: "bone: why" for everything that a lock or driver kept from being keyed.
        frames: how many frames.
        action: name of the Action.
        notes: what the bone map found odd about the rig, in sentences.
    """

    bones: tuple[str, ...]
    skipped: tuple[str, ...]
    frames: int
    action: str
    notes: tuple[str, ...] = ()


def pose_and_key(
    armature: bpy.types.Object, poses: PoseSequence, *, options: KeyOptions, bone_map: BoneMap | None = None
) -> KeyReport:
    """Pose the armature and key it; without `bone_map` the bones are found by name.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed; nothing is changed.
    """
    armature = require_armature(armature)
    require_writable_action(armature)
    rig = read_rig(armature)
    bone_map = bone_map or match_bones(rig)
    rig = measure_parent_spaces(armature, rig, bone_map)
    pose = retarget(rig, bone_map, poses).blended(rig, options.blend)
    plan = _Plan(armature, rig, options=options)
    plan.add_pose(pose)
    plan.add_switches(bone_map)
    if not plan.bones:
        raise RigError(_nothing_to_key(armature, plan))
    return replace(_write(armature, plan, pose.frame_count), notes=bone_map.problems)


def _nothing_to_key(armature: bpy.types.Object, plan: _Plan) -> str:
    if plan.options.selected_only and not plan.skipped:
        return f"None of the selected bones of {armature.name} is mapped. Select some, or key all bones."
    return f"Every channel of {armature.name} that would be keyed is locked. Unlock some."


class _Plan:
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
        self.frame = _action_frame(armature, options.frame)
        self.channels: list[Channel] = []
        self.bones: list[str] = []
        self.skipped: list[str] = []
        animation = armature.animation_data
        self.driven = {(d.data_path, d.array_index) for d in animation.drivers} if animation else set()

    def add_pose(self, pose: RigPose) -> None:
        """Rotation of every bone, location of the root."""
        for position, name in enumerate(pose.bones):
            bone = self.armature.pose.bones[name]
            if self.options.selected_only and not _is_selected(bone):
                continue
            before = len(self.channels)
            self._add_rotation(bone, pose.rotations[:, position])
            if name == pose.root and self.options.root_location:
                self._add(bone, "location", pose.location, open_channels=_unlocked(bone.lock_location))
            if len(self.channels) > before:
                self.bones.append(name)

    def add_switches(self, bone_map: BoneMap) -> None:
        """Such as Rigify's IK/FK: keyed when a bone of the limb is."""
        keyed = set(self.bones)
        for switch in bone_map.switches:
            bone = self.armature.pose.bones.get(switch.bone)
            limb = {
                name for joint in switch.joints if joint in bone_map.joints for name in bone_map.joints[joint].bones
            }
            if bone is None or switch.property not in bone or not limb & keyed:
                continue
            path = f'{bone.path_from_id()}["{bpy.utils.escape_identifier(switch.property)}"]'
            # One key at the first frame holds for all that follow.
            self._add_channel(bone, Channel(path, 0, bone.name, np.array([switch.value])))

    def _add_rotation(self, bone: bpy.types.PoseBone, quaternions: np.ndarray) -> None:
        index = self.rig.index[bone.name]
        locks = RotationLocks(
            self.rig.rotation_modes[index], self.rig.lock_rotation[index], bool(self.rig.lock_per_component[index])
        )
        name = rotation_property(locks.mode)
        current = np.array(getattr(bone, name), dtype=np.float64)
        near = self._values_before(f"{bone.path_from_id()}.{name}", current)
        values = rotation_channels(quaternions.astype(np.float64), locks, near=near, current=current)
        self._add(bone, name, values, open_channels=locks.open_channels)

    def _values_before(self, path: str, current: np.ndarray) -> np.ndarray:
        """What the channels hold at the key before the first frame, or after it, or now."""
        values = current.copy()
        for index in range(len(values)):
            curve = self.channelbag.fcurves.find(path, index=index) if self.channelbag else None
            if curve is None or not curve.keyframe_points:
                continue
            earlier = [key.co[1] for key in curve.keyframe_points if key.co[0] < self.frame - 1e-3]
            values[index] = earlier[-1] if earlier else curve.keyframe_points[0].co[1]
        return values

    def _add(self, bone: bpy.types.PoseBone, name: str, values: np.ndarray, *, open_channels: Iterable[int]) -> None:
        opened = tuple(open_channels)
        if len(opened) < values.shape[1]:
            part = "" if not opened else "partly "
            self.skipped.append(f"{bone.name}: {name.replace('_', ' ')} is {part}locked")
        path = f"{bone.path_from_id()}.{name}"
        for index in opened:
            self._add_channel(bone, Channel(path, index, bone.name, values[:, index]))

    def _add_channel(self, bone: bpy.types.PoseBone, channel: Channel) -> None:
        curve = self.channelbag.fcurves.find(channel.data_path, index=channel.index) if self.channelbag else None
        reason = None
        if (channel.data_path, channel.index) in self.driven:
            reason = "has a driver"
        elif curve is not None and (curve.lock or (curve.group is not None and curve.group.lock)):
            reason = "has a locked F-curve"
        if reason is None:
            self.channels.append(channel)
            return
        self.skipped.append(f"{bone.name}: {channel.data_path.rpartition('.')[2]}[{channel.index}] {reason}")


def _write(armature: bpy.types.Object, plan: _Plan, frames: int) -> KeyReport:
    times = plan.frame + np.arange(frames)
    now = _action_frame(armature, bpy.context.scene.frame_current_final)
    with ExitStack() as undo:
        channelbag = ensure_channelbag(armature, on_undo=undo.callback)
        for channel in plan.channels:
            curve = write_channel(channelbag, channel, times[: len(channel.values)], on_undo=undo.callback)
            _set_now(armature, channel, value=curve.evaluate(now), undo=undo)
        undo.pop_all()
    armature.update_tag(refresh={"OBJECT", "DATA"})
    bpy.context.view_layer.update()
    return KeyReport(tuple(plan.bones), tuple(plan.skipped), frames, armature.animation_data.action.name)


def _set_now(armature: bpy.types.Object, channel: Channel, *, value: float, undo: ExitStack) -> None:
    """Show the curve's value at the playhead at once, without a change of frame."""
    owner = armature.pose.bones[channel.group]
    _, _, name = channel.data_path.rpartition(".")
    if channel.data_path.endswith('"]'):
        key = channel.data_path.rpartition('["')[2].removesuffix('"]')
        undo.callback(owner.__setitem__, key, owner[key])
        owner[key] = type(owner[key])(value)
        return
    vector = getattr(owner, name)
    undo.callback(vector.__setitem__, channel.index, vector[channel.index])
    vector[channel.index] = value


def _action_frame(armature: bpy.types.Object, frame: float) -> float:
    """Scene time -> time in the action, which differs while an NLA strip is tweaked."""
    animation = armature.animation_data
    if animation is None or not animation.use_tweak_mode:
        return frame
    return animation.nla_tweak_strip_time_to_scene(frame, invert=True)


def _is_selected(bone: bpy.types.PoseBone) -> bool:
    # Blender 5 moved the selection from the bone to the pose bone.
    return bone.select if hasattr(bone, "select") else bone.bone.select


def _unlocked(locks: Iterable[bool]) -> list[int]:
    return [index for index, lock in enumerate(locks) if not lock]
