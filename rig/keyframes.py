"""SMPL poses -> keys on the artist's own bones: everything is checked first, and all is written or nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.errors import InputError, RigError
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import FINGER_JOINTS, BoneMap
from ..backend.retarget.channels import RotationLocks, rotation_channels, rotation_property
from ..backend.retarget.given_map import with_notes
from ..backend.retarget.rest_from_motion import seen_from, to_own_rest
from ..backend.retarget.rig_pose import RigPose
from ..backend.retarget.rig_spec import IkLimb, RigSpec
from ..backend.retarget.solver import retarget
from ..backend.retarget.unsure import PosedJoint, bone_confidence, posed_joints, with_unseen_kept
from ..backend.sureness import UNSEEN
from .armature import read_rig, require_armature
from .bone_maps import bone_map_for
from .channel_values import set_value, show_values, value_at
from .control_probe import measure_parent_spaces
from .fcurves import Channel, NewKeys, ensure_channelbag, existing_channelbag, require_writable_action, write_channel
from .hands import untouched_hands
from .ik_controls import with_ik_limbs
from .motion import standing_rest
from .pose_plan import KeyOptions, KeyReport, PosePlan
from .selection import is_selected

_NO_TURN = 1e-3
"""Radians: a locked channel that would change by less loses nothing."""


def pose_and_key(
    armature: bpy.types.Object, poses: PoseSequence, *, options: KeyOptions, bone_map: BoneMap | None = None
) -> KeyReport:
    """Pose the armature and key it; without `bone_map` the artist's own map is taken, or the bones are found.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed; nothing is changed.
    """
    return key_plan(armature, plan_pose(armature, poses, options=options, bone_map=bone_map))


def plan_pose(
    armature: bpy.types.Object,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    bone_map: BoneMap | None = None,
    relaxed: tuple[str, ...] | None = None,
    read: ReadRig | None = None,
) -> PosePlan:
    """What `pose_and_key` would write; nothing is changed.

    `relaxed` are the hands to relax; without it those that nobody has touched, where the options say so. `read` is the
    armature as it was read for these options and hands a moment ago, which spares reading it again.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed.
    """
    armature = require_armature(armature)
    require_writable_action(armature)
    poses = poses.mirrored() if options.flip else poses
    if read is None:
        read, relaxed = _read_with_hands(armature, poses, options=options, bone_map=bone_map, relaxed=relaxed)
    try:
        rig, pose = _retargeted(read, poses, options=options, relaxed=relaxed or ())
    except InputError as error:
        raise RigError(f"{armature.name} cannot be posed: {error}") from error
    bone_map = read.bone_map
    plan = _Plan(armature, rig, options=options)
    plan.add_pose(pose, confidence=bone_confidence(rig, bone_map, poses.confidence))
    if not plan.poses_anything:
        raise RigError(_nothing_to_key(armature, plan))
    plan.add_switches(bone_map)
    plan.add_ik_settings()
    notes = (*bone_map.problems, *pose.notes, *plan.notes, *_shown(armature))
    joints = posed_joints(rig, bone_map, poses.confidence, limbs=options.limbs)
    return plan.finished(pose.frame_count, notes=notes, joints=joints, relaxed=relaxed or ())


@dataclass(frozen=True)
class ReadRig:
    """An armature as posing needs it.

    Attributes:
        own: with its own rest pose.
        bone_map: which bones stand for which joints.
        standing: the rest pose read off its motion, where its own is none, or None.
        rig: seen from that rest, with IK limbs, and with measured parents' spaces.
    """

    own: RigSpec
    bone_map: BoneMap
    standing: RigSpec | None
    rig: RigSpec


def read_for_posing(
    armature: bpy.types.Object, *, limbs: str, driven: Collection[str] = (), bone_map: BoneMap | None = None
) -> ReadRig:
    """Read an armature once for several plans.

    Args:
        armature: the rig.
        limbs: "FK" or "IK".
        driven: the hands ("left", "right") whose fingers will be posed.
        bone_map: which bones stand for which joints, or None for the armature's own map.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """
    own = read_rig(require_armature(armature))
    bone_map = bone_map_for(armature, own) if bone_map is None else with_notes(own, bone_map)
    return _measured(armature, own, bone_map=bone_map, limbs=limbs, driven=driven)


def _read_with_hands(
    armature: bpy.types.Object,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    bone_map: BoneMap | None,
    relaxed: tuple[str, ...] | None,
) -> tuple[ReadRig, tuple[str, ...]]:
    """The armature, and the hands to relax."""
    own = read_rig(armature)
    bone_map = bone_map_for(armature, own) if bone_map is None else with_notes(own, bone_map)
    if relaxed is None:
        wanted = options.relax_hands and poses.hands is None
        relaxed = untouched_hands(armature, own, bone_map) if wanted else ()
    driven = relaxed if poses.hands is None else ("left", "right")
    return _measured(armature, own, bone_map=bone_map, limbs=options.limbs, driven=driven), relaxed


def _measured(
    armature: bpy.types.Object, own: RigSpec, *, bone_map: BoneMap, limbs: str, driven: Collection[str]
) -> ReadRig:
    try:
        found = standing_rest(armature, own, bone_map)
        rig = with_ik_limbs(armature, own if found is None else seen_from(own, found), bone_map)
        posed = [*_fingers(bone_map, driven), *(_ik_controls(rig) if limbs == "IK" else ())]
        rig = measure_parent_spaces(armature, rig, bone_map, posed=posed)
    except InputError as error:
        raise RigError(f"{armature.name} cannot be posed: {error}") from error
    return ReadRig(own, bone_map, found, rig)


def _retargeted(
    read: ReadRig, poses: PoseSequence, *, options: KeyOptions, relaxed: tuple[str, ...]
) -> tuple[RigSpec, RigPose]:
    """The rig with what was measured of it, and its pose, in the channels of the rig's own rest pose."""
    rig, bone_map = read.rig, read.bone_map
    pose = retarget(rig, bone_map, poses, in_place=options.in_place, relaxed=relaxed, limbs=options.limbs)
    pose = pose.blended(rig, options.blend)
    if options.keep_unseen:
        pose = with_unseen_kept(rig, pose, bone_confidence(rig, bone_map, poses.confidence), below=UNSEEN)
    return rig, pose if read.standing is None else to_own_rest(pose, read.own, read.standing)


def _shown(armature: bpy.types.Object) -> tuple[str, ...]:
    """What keeps the artist from seeing the pose."""
    if armature.data.pose_position == "POSE":
        return ()
    return (f"{armature.name} is shown in its Rest Position: choose Pose Position in the armature's properties.",)


def _fingers(bone_map: BoneMap, sides: Collection[str]) -> list[str]:
    joints = [joint for joint in FINGER_JOINTS if joint in bone_map.joints and joint.partition("_")[0] in sides]
    return [bone for joint in joints for bone in bone_map.joints[joint].bones]


def _ik_controls(rig: RigSpec) -> list[str]:
    return [control for limb in rig.ik for control in limb.controls]


def _nothing_to_key(armature: bpy.types.Object, plan: _Plan) -> str:
    if plan.options.selected_only and not plan.skipped:
        return f"None of the selected bones of {armature.name} is mapped. Select some, or key all bones."
    if plan.unsure and not plan.skipped:
        return (
            f"No joint of {armature.name} is as sure as {plan.options.min_confidence:.0%}, so nothing would be keyed. "
            "Ask for less, or key all joints."
        )
    what = "rotation" if plan.bones else "channel"
    return (
        f"Every {what} of {armature.name} that would be keyed is locked or driven, so no bone would turn. "
        "Unlock some in the sidebar under Item, or in the channels of the Action."
    )


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

    def finished(
        self, frames: int, *, notes: tuple[str, ...], joints: tuple[PosedJoint, ...], relaxed: tuple[str, ...]
    ) -> PosePlan:
        """The plan as plain values."""
        names = (tuple(self.bones), tuple(self.skipped), notes, joints, tuple(self.unsure), relaxed)
        return PosePlan(tuple(self.channels), self.frame, frames, *names)

    def add_pose(self, pose: RigPose, *, confidence: Mapping[str, np.ndarray]) -> None:
        """Rotation of every bone that is sure enough, location of the root; `confidence` is (T,) of each bone."""
        for position, name in enumerate(pose.bones):
            bone = self.armature.pose.bones[name]
            if self.options.selected_only and not is_selected(bone):
                continue
            if name in confidence and confidence[name].mean() < self.options.min_confidence:
                self.unsure.append(name)
                continue
            before = len(self.channels)
            rotations = pose.rotations[:, position]
            self._add_rotation(bone, rotations[:1] if name in pose.constant else rotations)
            if name == pose.root and self.options.root_location:
                self._add_location(bone, pose.location, channels=pose.location_channels)
            if name in pose.controls:
                self._add_location(bone, pose.controls[name])
            (self.bones if len(self.channels) > before else self.idle).append(name)

    def add_switches(self, bone_map: BoneMap) -> None:
        """Such as Rigify's IK/FK: keyed when a bone of the limb is."""
        keyed = set(self.bones)
        for switch in bone_map.switches:
            bone = self.armature.pose.bones.get(switch.bone)
            limb = {
                name for joint in switch.joints if joint in bone_map.joints for name in bone_map.joints[joint].bones
            }
            controls = {name for ik in self._ik_limbs() if set(ik.joints) & set(switch.joints) for name in ik.controls}
            if bone is None or switch.property not in bone or not (limb | controls) & keyed:
                continue
            path = f'{bone.path_from_id()}["{bpy.utils.escape_identifier(switch.property)}"]'
            # One key at the first frame holds for all that follow.
            value = 1.0 - switch.value if controls else switch.value
            self._add_channel(bone, Channel(path, 0, bone.name, np.array([value])))

    def add_ik_settings(self) -> None:
        """What makes IK limbs obey, one key each: the influence of constraints on mapped bones, 1 for IK and 0 for FK.

        Helper chains that may stretch, as Rigify's, shorten their bones where they should bend: their stretch is set
        to 0, else knees and elbows would be off by some degrees.
        """
        keyed = set(self.bones)
        in_ik = self.options.limbs == "IK"
        for limb in self.rig.ik:
            if not keyed & {*limb.chain, *limb.controls}:
                continue
            bone = self.armature.pose.bones[limb.chain[1]]
            if limb.through_mapped:
                path = f"{bone.constraints[limb.constraint].path_from_id()}.influence"
                self._add_channel(bone, Channel(path, 0, bone.name, np.array([1.0 if in_ik else 0.0])))
            elif in_ik and bone.constraints[limb.constraint].use_stretch:
                self._add_stretch(limb)

    def _add_stretch(self, limb: IkLimb) -> None:
        bones = [self.armature.pose.bones[name] for name in limb.chain]
        elastic = [bone for bone in bones if bone.ik_stretch > 0.0]
        for bone in elastic:
            self._add_channel(bone, Channel(f"{bone.path_from_id()}.ik_stretch", 0, bone.name, np.zeros(1)))
        if elastic:
            names = " and ".join(bone.name for bone in elastic)
            self.notes.append(f"IK Stretch of {names} is keyed to 0, so that the limb bends as far as it should.")

    def _ik_limbs(self) -> tuple[IkLimb, ...]:
        """The limbs that are posed by IK controls in place of their FK bones."""
        return tuple(x for x in self.rig.ik if not x.through_mapped) if self.options.limbs == "IK" else ()

    def _add_location(
        self, bone: bpy.types.PoseBone, values: np.ndarray, *, channels: Collection[int] = (0, 1, 2)
    ) -> None:
        unlocked = [index for index, lock in enumerate(bone.lock_location) if not lock]
        self._add(bone, "location", values, wanted=channels, open_channels=unlocked)

    def _add_rotation(self, bone: bpy.types.PoseBone, quaternions: np.ndarray) -> None:
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


def key_plan(armature: bpy.types.Object, plan: PosePlan) -> KeyReport:
    """Write the keys of a plan, and show the pose that the playhead stands on; everything is written or nothing."""
    times = plan.frame + np.arange(plan.frames)
    now = _action_frame(armature, bpy.context.scene.frame_current_final)
    with ExitStack() as undo:
        channelbag = ensure_channelbag(armature, on_undo=undo.callback)
        counts = {len(channel.values) for channel in plan.channels}
        keys = {count: NewKeys(times[:count]) for count in counts}
        for channel in plan.channels:
            curve = write_channel(channelbag, channel, keys[len(channel.values)], on_undo=undo.callback)
            place = (channel.data_path, channel.index)
            undo.callback(set_value, armature, place, value_at(armature, place))
            set_value(armature, place, curve.evaluate(now))
        undo.pop_all()
    show_values(armature, ())
    names = (plan.bones, plan.skipped, plan.frames, armature.animation_data.action.name)
    return KeyReport(*names, notes=plan.notes, joints=plan.joints, unsure=plan.unsure)


def _action_frame(armature: bpy.types.Object, frame: float) -> float:
    """Scene time -> time in the action, which differs while an NLA strip is tweaked."""
    animation = armature.animation_data
    if animation is None or not animation.use_tweak_mode:
        return frame
    return animation.nla_tweak_strip_time_to_scene(frame, invert=True)
