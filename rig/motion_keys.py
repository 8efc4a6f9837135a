"""SMPL poses over time -> keys on the artist's own bones, in every frame or few of them; all is written or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import bpy
import numpy as np

from ..backend.arrays import BoolArray
from ..backend.errors import InputError
from ..backend.job import Job, run_job
from ..backend.keying.bezier import BezierKeys
from ..backend.keying.error_bound import EndJoints, MotionError
from ..backend.keying.key_reduction import ReducedMotion, Reduction, contact_changes, reduce_keys
from ..backend.keying.motion_channels import LOCATION, ChannelGroup
from ..backend.keying.resample import resampled, resampled_flags
from ..backend.keying.rig_joints import RigEnds
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from .action_destinations import Destination, add_strip, open_destination
from .armature import require_armature
from .channel_plan import action_frame
from .channel_values import set_value, show_values, value_at
from .fcurves import Channel, NewKeys, write_range
from .keyframes import ReadRig, plan_pose, read_with_hands
from .object_space import as_posed
from .pose_plan import KeyOptions, KeyReport, PosePlan

_WIDTHS = {"rotation_quaternion": 4, "rotation_axis_angle": 4, "rotation_euler": 3, "location": 3}


@dataclass(frozen=True)
class MotionPlan:
    """What keying a motion will write: plain values, to be reduced again and again while the artist decides.

    Attributes:
        plan: every channel in every frame.
        groups: the rotations and locations that move, with the channels that are not keyed as they are now.
        joints: where hands, feet and head are, to measure by, or None where nothing of it moves.
        standing: (T, J) when these joints stand on the ground, or None where that is not known.
        preferred: frames, counted from 0, at which a foot comes down or leaves the ground.
        reduced: the keys instead of those of every frame, or None.
        aligned: whether their handles are aligned.
    """

    plan: PosePlan
    groups: tuple[ChannelGroup, ...]
    joints: EndJoints | None
    standing: BoolArray | None = None
    preferred: tuple[int, ...] = ()
    reduced: ReducedMotion | None = None
    aligned: bool = True

    def reduce(self, reduction: Reduction) -> Job[MotionPlan]:
        """The same with few keys, whose curves keep the bound; a job without Blender's data."""
        if self.plan.frames < 2 or not self.groups:
            return _done(self)
        return self._reduce(reduction)

    def _reduce(self, reduction: Reduction) -> Job[MotionPlan]:
        preferred = tuple(sorted({*self.preferred, *reduction.preferred}))
        how = Reduction(reduction.bound, reduction.handles, reduction.whole_poses, preferred)
        joints = self.joints
        if joints is not None and self.standing is not None:
            joints = joints.while_standing(self.standing, reduction.bound)
        found = yield from reduce_keys(self.groups, how, joints=joints, first_frame=self.plan.frame)
        return replace(self, reduced=found, aligned=reduction.handles == "ALIGNED")


@dataclass(frozen=True)
class MotionReport:
    """What was keyed.

    Attributes:
        keyed: bones, notes, and the rest, as after a still.
        keys: how many keys all F-curves got together.
        key_frames: at how many frames.
        error: the worst error of the reduced keys, or None where every frame is keyed.
        kept: name of the Action that was put aside, or "".
        strip: name of the new NLA strip, or "".
    """

    keyed: KeyReport
    keys: int
    key_frames: int
    error: MotionError | None
    kept: str = ""
    strip: str = ""


def scene_fps(scene: bpy.types.Scene) -> float:
    """Frames a second at which the scene plays."""
    return scene.render.fps / scene.render.fps_base


def pose_and_key_motion(
    armature: bpy.types.Object,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    reduction: Reduction | None = None,
    destination: Destination = "CURRENT",
    name: str = "",
    bone_map: BoneMap | None = None,
    contacts: BoolArray | None = None,
) -> MotionReport:
    """Plan, reduce and key a motion at once, at the scene's frame rate; in a window do it in steps.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed; nothing is changed.
        InputError: `contacts` do not fit the poses.
    """
    scene: Any = bpy.context.scene
    fps = scene_fps(scene)
    if contacts is not None:
        contacts = resampled_flags(contacts, poses.fps, fps=fps)
    plan = plan_motion(armature, resampled(poses, fps), options=options, bone_map=bone_map, contacts=contacts)
    if reduction is not None:
        plan = run_job(plan.reduce(reduction))
    return key_motion(armature, plan, destination=destination, name=name)


def plan_motion(
    armature: bpy.types.Object,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    bone_map: BoneMap | None = None,
    contacts: BoolArray | None = None,
    locked: bool = False,
) -> MotionPlan:
    """What `key_motion` would write; nothing is changed.

    Args:
        armature: the rig.
        poses: one a frame of the scene, from `options.frame` on.
        options: what to key.
        bone_map: which bones stand for which joints, or None for the armature's own map.
        contacts: (T, 4) when left heel, left ball, right heel and right ball are on the ground: where that changes are
            good frames for keys, and standing feet may have a tighter bound.
        locked: the feet of the poses stand still while these say so, and the rig's shall too, whatever its proportions.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed.
        InputError: `contacts` do not fit the poses.
    """
    armature = require_armature(armature)
    if contacts is not None and contacts.shape != (poses.frame_count, 4):
        raise InputError(f"Contacts must be ({poses.frame_count}, 4) for these poses, not {contacts.shape}.")
    turned = as_posed(armature, poses, flip=options.flip)
    if contacts is not None and turned is not poses:
        contacts = contacts[:, [2, 3, 0, 1]]
    read, relaxed = read_with_hands(armature, turned, options=options, bone_map=bone_map, relaxed=None)
    stands = contacts if locked and options.root_location else None
    plan = plan_pose(armature, poses, options=options, relaxed=relaxed, read=read, stands=stands)
    groups = _groups(armature, plan)
    ends = _ends(armature, read, groups)
    joints = EndJoints(ends.positions) if ends.joints else None
    if contacts is None:
        return MotionPlan(plan, groups, joints)
    return MotionPlan(plan, groups, joints, ends.standing(contacts), contact_changes(contacts))


def _done(plan: MotionPlan) -> Job[MotionPlan]:
    yield from ()
    return plan


def _moving(plan: PosePlan) -> dict[str, dict[int, Channel]]:
    """Rotation and location channels that have a value for every frame: path of the property -> index -> channel."""
    found: dict[str, dict[int, Channel]] = {}
    for channel in plan.channels:
        if len(channel.values) == plan.frames > 1 and channel.data_path.rpartition(".")[2] in _WIDTHS:
            found.setdefault(channel.data_path, {})[channel.index] = channel
    return found


def _groups(armature: bpy.types.Object, plan: PosePlan) -> tuple[ChannelGroup, ...]:
    world = np.array(armature.matrix_world, np.float64)[:3, :3]
    scale = bpy.context.scene.unit_settings.scale_length * float(np.linalg.norm(world, axis=0).max())
    groups: list[ChannelGroup] = []
    for path, channels in _moving(plan).items():
        bone = armature.pose.bones[next(iter(channels.values())).group]
        name = path.rpartition(".")[2]
        values = np.empty((plan.frames, _WIDTHS[name]), np.float32)
        for index in range(values.shape[1]):
            values[:, index] = channels[index].values if index in channels else value_at(armature, (path, index))
        mode = LOCATION if name == "location" else bone.rotation_mode
        groups.append(ChannelGroup(bone.name, mode, values, mm_per_unit=1000.0 * scale))
    return tuple(groups)


def _ends(armature: bpy.types.Object, read: ReadRig, groups: Sequence[ChannelGroup]) -> RigEnds:
    rig = read.rig if read.standing is None else read.own
    world = np.array(armature.matrix_world, np.float64)[:3, :3] * bpy.context.scene.unit_settings.scale_length
    return RigEnds(rig, read.bone_map, groups, to_metres=world)


def key_motion(
    armature: bpy.types.Object, motion: MotionPlan, *, destination: Destination = "CURRENT", name: str = ""
) -> MotionReport:
    """Write the keys of a plan, and show the pose that the playhead stands on; everything is written or nothing.

    Keys that were within the motion's frames are replaced on the channels that it writes, others stay.

    Args:
        armature: the rig of the plan.
        motion: what to write.
        destination: the armature's action, a new one in its place, or an NLA strip; the old one is kept.
        name: of a new action.

    Raises:
        RigError: a strip is being tweaked, so that the action cannot be exchanged.
    """
    plan = motion.plan
    span = (plan.frame, plan.frame + plan.frames - 1.0)
    now = action_frame(armature, bpy.context.scene.frame_current_final)
    curves = _columns(motion)
    with ExitStack() as undo:
        opened = open_destination(armature, destination, name=name, on_undo=undo.callback)
        writer, keys = _Writer(motion, opened.channelbag, span), 0
        for channel in plan.channels:
            curve, count = writer.write(channel, curves.get((channel.data_path, channel.index)), on_undo=undo.callback)
            keys += count
            if destination != "NLA" or span[0] <= now <= span[1]:
                place = (channel.data_path, channel.index)
                undo.callback(set_value, armature, place, value_at(armature, place))
                set_value(armature, place, curve.evaluate(now))
        if destination == "NLA":
            opened = add_strip(armature, opened, on_undo=undo.callback)
        undo.pop_all()
    show_values(armature, ())
    notes = (*plan.notes, *_unused_strip(armature, opened.strip))
    keyed = KeyReport(plan.bones, plan.skipped, plan.frames, opened.action, notes, plan.joints, plan.unsure)
    frames = plan.frames if motion.reduced is None else len(motion.reduced.frames)
    error = None if motion.reduced is None else motion.reduced.error
    return MotionReport(keyed, keys, frames, error, opened.kept, opened.strip)


def _columns(motion: MotionPlan) -> Mapping[tuple[str, int], tuple[BezierKeys, int]]:
    """Per channel that is reduced its keys, and which of their columns."""
    if motion.reduced is None:
        return {}
    paths = _moving(motion.plan)
    return {
        (path, index): (curves, index)
        for (path, channels), curves in zip(paths.items(), motion.reduced.curves, strict=True)
        for index in channels
    }


class _Writer:
    """Writes channels; what those with the same number of keys have in common is made once."""

    def __init__(self, motion: MotionPlan, channelbag: Any, span: tuple[float, float]) -> None:
        self._channelbag, self._span, self._aligned = channelbag, span, motion.aligned
        self._times = motion.plan.frame + np.arange(motion.plan.frames)
        self._keys: dict[int, NewKeys] = {}

    def write(
        self, channel: Channel, curves: tuple[BezierKeys, int] | None, *, on_undo: Any
    ) -> tuple[bpy.types.FCurve, int]:
        """The F-curve, and how many keys it got."""
        count = len(channel.values) if curves is None else curves[0].count
        if count not in self._keys:
            self._keys[count] = NewKeys(self._times[:count], aligned=self._aligned)
        keys = self._keys[count]
        curve = write_range(self._channelbag, channel, keys, span=self._span, curves=curves, on_undo=on_undo)
        return curve, count


def _unused_strip(armature: bpy.types.Object, strip: str) -> tuple[str, ...]:
    animation = armature.animation_data
    if strip and (not animation.use_nla or any(track.is_solo for track in animation.nla_tracks)):
        return (f"The strip {strip} is not played: {armature.name}'s NLA is switched off, or a track plays solo.",)
    return ()
