"""SMPL poses -> keys on the artist's own bones: everything is checked first, and all is written or nothing."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import dataclass

import bpy
import numpy as np

from ..backend.arrays import BoolArray, FloatArray
from ..backend.errors import InputError, RigError
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import FINGER_JOINTS, BoneMap
from ..backend.retarget.given_map import with_notes
from ..backend.retarget.rest_from_motion import seen_from, to_own_rest
from ..backend.retarget.rig_pose import RigPose
from ..backend.retarget.rig_spec import RigSpec
from ..backend.retarget.solver import retarget
from ..backend.retarget.unsure import bone_confidence, posed_joints, unchanged_bones, with_bones_kept, with_unseen_kept
from ..backend.shown_joints import SHOWN
from ..backend.sureness import UNSEEN
from .armature import read_rig, require_armature
from .bone_maps import bone_map_for
from .channel_plan import ChannelPlan, action_frame
from .channel_values import set_value, show_values, value_at
from .control_probe import measure_parent_spaces
from .fcurves import NewKeys, ensure_channelbag, require_writable_action, write_channel
from .hands import untouched_hands
from .hindrances import hindrances
from .ik_controls import with_ik_limbs
from .limb_modes import key_limb_modes
from .motion import standing_rest
from .object_space import as_posed, object_notes
from .pose_plan import KeyOptions, KeyReport, PosePlan


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
    stands: BoolArray | None = None,
) -> PosePlan:
    """What `pose_and_key` would write; nothing is changed.

    `relaxed` are the hands to relax; without it those that nobody has touched, where the options say so. `read` is the
    armature as it was read for these options and hands a moment ago, which spares reading it again. `stands` (T, 4) is
    when left heel, left ball, right heel and right ball of the rig stand: its feet then do not slide.

    Raises:
        RigError: the armature cannot be posed, mapped or keyed.
    """
    armature = require_armature(armature)
    require_writable_action(armature)
    poses = as_posed(armature, poses, flip=options.flip)
    if read is None:
        read, relaxed = read_with_hands(armature, poses, options=options, bone_map=bone_map, relaxed=relaxed)
    try:
        left_alone = _left_alone(read, poses.shown, options=options)
        rig, pose = _retargeted(read, poses, options=options, relaxed=relaxed or (), kept=left_alone, stands=stands)
    except InputError as error:
        raise RigError(f"{armature.name} cannot be posed: {error}") from error
    bone_map = read.bone_map
    plan = ChannelPlan(armature, rig, options=options)
    sure = bone_confidence(rig, bone_map, poses.confidence)
    # An edit that changes nothing keys the pose as it stands.
    nothing_changes = left_alone.issuperset(bone for bone in pose.bones if bone in sure)
    plan.add_pose(pose, confidence=sure, left_alone=() if nothing_changes else left_alone)
    if not plan.poses_anything:
        raise RigError(_nothing_to_key(armature, plan))
    key_limb_modes(plan, bone_map)
    seen = (*object_notes(armature, read.own, bone_map), *_shown(armature))
    notes = (*bone_map.problems, *pose.notes, *plan.notes, *hindrances(plan, pose), *seen)
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


def read_with_hands(
    armature: bpy.types.Object,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    bone_map: BoneMap | None,
    relaxed: tuple[str, ...] | None,
) -> tuple[ReadRig, tuple[str, ...]]:
    """The armature as `plan_pose` needs it for these poses and options, and the hands to relax.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """
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
    read: ReadRig,
    poses: PoseSequence,
    *,
    options: KeyOptions,
    relaxed: tuple[str, ...],
    kept: Collection[str],
    stands: BoolArray | None,
) -> tuple[RigSpec, RigPose]:
    """The rig with what was measured of it, and its pose, in the channels of the rig's own rest pose."""
    rig, bone_map = read.rig, read.bone_map
    pose = retarget(
        rig, bone_map, poses, in_place=options.in_place, relaxed=relaxed, limbs=options.limbs, stands=stands
    )
    pose = pose.blended(rig, options.blend)
    if options.keep_unseen:
        shown, below = (poses.confidence, UNSEEN) if poses.shown is None else (poses.shown, SHOWN)
        pose = with_unseen_kept(rig, pose, bone_map, shown=shown, below=below)
    pose = with_bones_kept(rig, pose, kept)
    return rig, pose if read.standing is None else to_own_rest(pose, read.own, read.standing)


def _left_alone(read: ReadRig, changed: FloatArray | None, *, options: KeyOptions) -> frozenset[str]:
    """The bones that an edit of the rig's own pose does not touch."""
    if not options.only_changed or changed is None:
        return frozenset()
    limbs = tuple(limb.joints for limb in read.rig.ik) if options.limbs == "IK" else ()
    return unchanged_bones(read.rig, read.bone_map, changed, limbs=limbs)


def _shown(armature: bpy.types.Object) -> tuple[str, ...]:
    """What keeps the artist from seeing the pose."""
    if armature.data.pose_position == "POSE":
        return ()
    return (f"{armature.name} is shown in its Rest Position: choose Pose Position in the armature's properties.",)


def _fingers(bone_map: BoneMap, sides: Collection[str]) -> list[str]:
    joints = [joint for joint in FINGER_JOINTS if joint in bone_map.joints and joint.partition("_")[0] in sides]
    return [bone for joint in joints for bone in bone_map.joints[joint].bones]


def _ik_controls(rig: RigSpec) -> list[str]:
    return list(rig.all_ik_controls)


def _nothing_to_key(armature: bpy.types.Object, plan: ChannelPlan) -> str:
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


def key_plan(armature: bpy.types.Object, plan: PosePlan) -> KeyReport:
    """Write the keys of a plan, and show the pose that the playhead stands on; everything is written or nothing."""
    times = plan.frame + np.arange(plan.frames)
    now = action_frame(armature, bpy.context.scene.frame_current_final)
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
