"""The animation on an armature, or the pose that it shows -> SMPL poses; changes nothing and puts the playhead back."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Literal

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.arrays import FloatArray
from ..backend.errors import InputError
from ..backend.frames import INNER_TO_BLENDER
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.checks import stands_at_rest
from ..backend.retarget.inverse import RigMotion, poses_from_rig
from ..backend.retarget.rest_from_motion import rest_from_motion
from ..backend.retarget.rig_spec import RigSpec
from .armature import read_rig, require_armature
from .bone_maps import bone_map_for
from .object_space import is_mirrored
from .shown_bones import shown_by

_FRAMES_FOR_REST = 300
_LEAST_FRAMES = 30


def read_motion(
    armature: bpy.types.Object,
    *,
    frames: Sequence[float] | None = None,
    bone_map: BoneMap | None = None,
    rest: Literal["AUTOMATIC", "RIG", "MOTION"] = "AUTOMATIC",
) -> PoseSequence:
    """What the armature is seen to do, with constraints, drivers and NLA strips, as SMPL poses.

    Args:
        armature: an armature object of the current scene.
        frames: scene frames in order, evenly spaced, fractions allowed; without them every frame of its action.
        bone_map: the bones that show the motion; without it they are found by name.
        rest: whether the rig's rest pose stands with its limbs apart ("RIG"), as nearly all do, or has to be found from
            the whole motion ("MOTION"), as in BVH files whose bones lie folded over each other at rest. "AUTOMATIC"
            finds it where the legs of the rest pose do not hang down.

    Raises:
        InputError: the armature is not in the scene, there are no frames, or a bone has a pose that is no number.
        RigError: the armature cannot be read or mapped.
    """
    armature = require_armature(armature)
    if armature.name not in bpy.context.view_layer.objects:
        raise InputError(f"{armature.name} is not in the current view layer. Choose an armature of this scene.")
    chosen = action_frames(armature) if frames is None else frames
    if not len(chosen):
        raise InputError(f"There are no frames to read from {armature.name}.")
    rig = read_rig(armature)
    bone_map = bone_map or bone_map_for(armature, rig)
    if rest == "MOTION":
        rig = _with_found_rest(armature, rig, bone_map)
    elif rest == "AUTOMATIC":
        rig = standing_rest(armature, rig, bone_map) or rig
    matrices = _played(armature, rig.bones, chosen)[:, _shown(armature, rig, bone_map)]
    found = poses_from_rig(rig, bone_map, RigMotion(rig.bones, matrices, _fps(chosen)))
    return found.mirrored() if is_mirrored(armature) else found


def read_pose(armature: bpy.types.Object, *, bone_map: BoneMap | None = None) -> PoseSequence:
    """The pose in which the armature is shown now, keyed or not, as an SMPL pose; nothing is played.

    Raises:
        InputError: a bone has a pose that is no number.
        RigError: the armature cannot be read or mapped.
    """
    rig = read_rig(require_armature(armature))
    bone_map = bone_map or bone_map_for(armature, rig)
    with _posed(armature):
        bpy.context.view_layer.update()
        _, matrices = _evaluated(armature, [armature.pose.bones.find(name) for name in rig.bones])
    _require_finite(armature, rig.bones, matrices, frame=bpy.context.scene.frame_current_final)
    rig = standing_rest(armature, rig, bone_map) or rig
    shown = matrices[None, _shown(armature, rig, bone_map)]
    found = poses_from_rig(rig, bone_map, RigMotion(rig.bones, shown, _fps(())))
    return found.mirrored() if is_mirrored(armature) else found


def _shown(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> list[int]:
    """Per bone the one to read in its place: of a control that a switch may leave out, the bone that shows the pose."""
    mapped = {bone for match in bone_map.joints.values() for bone in match.bones}
    shown = shown_by(armature, rig, mapped)
    return [rig.index[shown.get(bone, bone)] for bone in rig.bones]


def standing_rest(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> RigSpec | None:
    """The rig with a T-pose found from its action, where its own rest pose lies in a heap and nothing constrains it.

    None where the rest pose stands, or where there is too little motion to find another.
    """
    if stands_at_rest(rig, bone_map) or any(rig.constraints) or len(action_frames(armature)) < _LEAST_FRAMES:
        return None
    return _with_found_rest(armature, rig, bone_map)


def _with_found_rest(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> RigSpec:
    """The rig with a rest pose that faces the world's front, from frames all over its action."""
    frames = action_frames(armature)
    frames = frames[:: -(-len(frames) // _FRAMES_FOR_REST)]
    to_armature = np.array(armature.matrix_world.normalized(), np.float64)[:3, :3].T
    own_left = -1.0 if is_mirrored(armature) else 1.0  # a mirrored rig's left is at the world's right
    motion = RigMotion(rig.bones, _played(armature, rig.bones, frames))
    return rest_from_motion(rig, bone_map, motion, axes=to_armature @ INNER_TO_BLENDER * (own_left, 1.0, 1.0))


def action_frames(armature: bpy.types.Object) -> range:
    """The whole frames of the armature's action, or the current frame where it has none."""
    action = armature.animation_data.action if armature.animation_data else None
    if action is None:
        frame = bpy.context.scene.frame_current
        return range(frame, frame + 1)
    first, last = action.frame_range
    return range(round(first), round(last) + 1)


def _fps(frames: Sequence[float]) -> float:
    render = bpy.context.scene.render
    step = (frames[-1] - frames[0]) / (len(frames) - 1) if len(frames) > 1 else 1.0
    return render.fps / render.fps_base / step if step > 0.0 else render.fps / render.fps_base


def _played(armature: bpy.types.Object, bones: tuple[str, ...], frames: Sequence[float]) -> FloatArray:
    """(T, B, 4, 4) evaluated armature-space matrices; where the object itself moves, as seen from its first place."""
    order = [armature.pose.bones.find(name) for name in bones]
    matrices = np.empty((len(frames), len(order), 4, 4), np.float32)
    start: Matrix | None = None
    with _kept_playhead(), _posed(armature):
        for position, frame in enumerate(frames):
            bpy.context.scene.frame_set(int(frame // 1), subframe=frame % 1)
            evaluated, found = _evaluated(armature, order)
            start = start or evaluated.matrix_world.copy()
            matrices[position] = np.array(start.inverted_safe() @ evaluated.matrix_world, np.float32) @ found
            _require_finite(armature, bones, matrices[position], frame=frame)
    return matrices


def _evaluated(armature: bpy.types.Object, order: Sequence[int]) -> tuple[bpy.types.Object, FloatArray]:
    """The armature as it is evaluated now, and (B, 4, 4) armature-space matrices of its pose bones in this order."""
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    flat = np.empty(len(armature.pose.bones) * 16, np.float32)
    evaluated.pose.bones.foreach_get("matrix", flat)
    # Blender hands matrices over column by column.
    return evaluated, flat.reshape(-1, 4, 4).swapaxes(-1, -2)[order]


def _require_finite(armature: bpy.types.Object, bones: tuple[str, ...], matrices: FloatArray, *, frame: float) -> None:
    bad = np.flatnonzero(~np.isfinite(matrices).all(axis=(1, 2)))
    if len(bad):
        names = ", ".join(bones[bone] for bone in bad[:5])
        raise InputError(
            f"{armature.name} at frame {frame:g}: the pose of {names} holds numbers that are not finite. "
            "Correct the keys, drivers and constraints there."
        )


@contextmanager
def _kept_playhead() -> Generator[None]:
    scene = bpy.context.scene
    frame, subframe = scene.frame_current, scene.frame_subframe
    try:
        yield
    finally:
        scene.frame_set(frame, subframe=subframe)


@contextmanager
def _posed(armature: bpy.types.Object) -> Generator[None]:
    """An armature that is shown in its rest position moves all the same."""
    position = armature.data.pose_position
    if position != "POSE":
        armature.data.pose_position = "POSE"
    try:
        yield
    finally:
        if position != "POSE":
            armature.data.pose_position = position
