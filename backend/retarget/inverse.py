"""Motion of a rig's own bones -> SMPL poses: the inverse of the solver; numpy, vectorised over frames, no bpy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, checked
from ..errors import InputError, RigError
from ..kinematics import local_rotations
from ..pose_sequence import PoseSequence
from ..rotations import matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES, PARENTS
from .bone_map import BoneMap
from .character_frame import MappedRig
from .grounding import height_correction
from .interpolation import between
from .inverse_hands import hands_from_turns
from .inverse_spine import bend_spine
from .parent_spaces import Displacement
from .rig_spec import RigSpec
from .solver import HIPS_IN_PELVIS, LEG_LENGTH_M, STANDING_HIPS_M

_SPINE: Final = ("spine1", "spine2", "spine3")


@dataclass(frozen=True)
class RigMotion:
    """What N bones of a rig are seen to do over T frames.

    Attributes:
        bones: N names.
        matrices: (T, N, 4, 4) evaluated poses in armature space; scale is allowed and means nothing.
        fps: frames per second.

    Raises:
        InputError: a shape does not fit, or there is no frame.
    """

    bones: tuple[str, ...]
    matrices: FloatArray
    fps: float = 30.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "matrices", checked("matrices", self.matrices, ("T", len(self.bones), 4, 4)))
        if not len(self.matrices):
            raise InputError("A motion needs at least one frame.")


def poses_from_rig(rig: RigSpec, bone_map: BoneMap, motion: RigMotion) -> PoseSequence:
    """The SMPL poses that `retarget` would turn into this motion of the mapped bones.

    With D how far a bone is from its rest pose, A the rig's character frame and C the turn from rest to T-pose, the
    joint's orientation is A^-1 D C^-1 A; of a chain the last bone counts. Lengths are scaled by the legs to SMPL's.

    A joint without a bone goes with its parent, with confidence 0; missing joints of the spine share the turn to the
    next one, so that the back bends evenly. The spine follows the rig's line from hips to neck and the soles are as far
    above the ground as the rig's, as the solver has it. Hands are read where fingers of the rig leave their rest pose.

    Raises:
        RigError: the map lacks an essential joint, or names bones that the rig or the motion has not.
    """
    seen = MappedRig(rig, bone_map)
    _check_bones(rig, bone_map, motion)
    turns = _turns(seen, motion)
    found = _orientations(seen, turns)
    world = _completed(found, frames=len(motion.matrices))
    bend_spine(seen, world, turns, line=_torso_line(seen, motion))
    rotations = matrix_to_axis_angle(local_rotations(world))
    confidence = np.zeros(rotations.shape[:2])
    confidence[:, [JOINT_INDEX[joint] for joint in found]] = 1.0
    return PoseSequence(
        rotations.astype(np.float32),
        _pelvis(seen, motion, world=world, turns=turns).astype(np.float32),
        confidence=confidence.astype(np.float32),
        fps=motion.fps,
        hands=hands_from_turns(seen, turns, world),
    )


def _check_bones(rig: RigSpec, bone_map: BoneMap, motion: RigMotion) -> None:
    if "pelvis" not in bone_map.joints:
        raise RigError(f"{rig.name}: no bone is mapped to pelvis. Complete the bone map.")
    wanted = {bone for joint in JOINT_NAMES if joint in bone_map.joints for bone in bone_map.joints[joint].bones[:1]}
    wanted |= {bone_map.joints[joint].bones[-1] for joint in JOINT_NAMES if joint in bone_map.joints}
    absent = sorted(wanted - set(motion.bones) | wanted - rig.index.keys())
    if absent:
        raise RigError(f"{rig.name} has no motion of these bones: {', '.join(absent)}. Detect the bone map again.")


def _turns(seen: MappedRig, motion: RigMotion) -> dict[str, DoubleArray]:
    """Per bone of the map that the motion has: how far it is from its rest pose, (T, 3, 3) in armature space."""
    bones = {bone for match in seen.bone_map.joints.values() for bone in match.bones}
    turns: dict[str, DoubleArray] = {}
    for position, bone in enumerate(motion.bones):
        if bone in bones:
            rest = seen.rig.rest[seen.rig.index[bone], :3, :3].astype(np.float64)
            turns[bone] = _rotations_of(motion.matrices[:, position, :3, :3]) @ rest.T
    return turns


def _orientations(seen: MappedRig, turns: dict[str, DoubleArray]) -> dict[str, DoubleArray]:
    """Per mapped joint its orientation (T, 3, 3) in the inner frame."""
    corrections, axes = seen.to_t_pose, seen.frame.axes
    return {
        joint: axes.T @ turns[seen.bone_map.joints[joint].bones[-1]] @ (corrections.get(joint, np.eye(3)).T @ axes)
        for joint in JOINT_NAMES
        if joint in seen.bone_map.joints
    }


def _rotations_of(matrices: AnyFloatArray) -> DoubleArray:
    """(T, 3, 3) without scale; a mirrored bone counts as turned."""
    matrices = matrices.astype(np.float64)
    columns = matrices / np.maximum(np.linalg.norm(matrices, axis=-2, keepdims=True), 1e-12)
    return columns * np.where(np.linalg.det(columns) < 0.0, -1.0, 1.0)[:, None, None]


def _completed(found: dict[str, DoubleArray], *, frames: int) -> DoubleArray:
    """(T, 24, 3, 3): joints that were not found go with their parents, or share the turn of the spine."""
    world = np.empty((frames, JOINT_COUNT, 3, 3))
    for joint, name in enumerate(JOINT_NAMES):
        parent = PARENTS[joint]
        world[:, joint] = found[name] if name in found else world[:, parent]
        if name not in found or name not in _SPINE:
            continue
        missing: list[int] = []
        while parent > 0 and JOINT_NAMES[parent] not in found:
            missing.insert(0, parent)
            parent = PARENTS[parent]
        for position, between_joint in enumerate(missing):
            share = (position + 1) / (len(missing) + 1)
            world[:, between_joint] = between(world[:, parent], found[name], share)
    return world


def _heads(seen: MappedRig, motion: RigMotion, joint: str) -> DoubleArray:
    """(T, 3) armature space: where a mapped joint is."""
    bone = motion.bones.index(seen.bone_map.joints[joint].bones[0])
    return motion.matrices[:, bone, :3, 3].astype(np.float64)


def _middle(seen: MappedRig, motion: RigMotion, part: str) -> DoubleArray:
    """(T, 3) armature space: the middle between both sides' joints."""
    return 0.5 * (_heads(seen, motion, f"left_{part}") + _heads(seen, motion, f"right_{part}"))


def _torso_line(seen: MappedRig, motion: RigMotion) -> DoubleArray:
    """(T, 3) inner frame: from the middle between the hips to the neck or the middle between the shoulders."""
    has_neck = "neck" in seen.bone_map.joints
    top = _heads(seen, motion, "neck") if has_neck else _middle(seen, motion, "shoulder")
    return (top - _middle(seen, motion, "hip")) @ seen.frame.axes


def _pelvis(seen: MappedRig, motion: RigMotion, *, world: DoubleArray, turns: dict[str, DoubleArray]) -> DoubleArray:
    """(T, 3) metres: where SMPL's pelvis is when its hips are where the rig's are, and its lowest foot as high."""
    frame = seen.frame
    scale = frame.leg_length / LEG_LENGTH_M
    moved = (_middle(seen, motion, "hip") - frame.hips) @ frame.axes / scale
    place = moved + [0.0, STANDING_HIPS_M, 0.0] - world[:, 0] @ HIPS_IN_PELVIS
    carried: dict[str, Displacement] = {}
    for joint, match in seen.bone_map.joints.items():
        bone = match.bones[0]
        if bone in turns:
            rest_head = seen.rig.heads[seen.rig.index[bone]].astype(np.float64)
            carried[joint] = Displacement(turns[bone], _heads(seen, motion, joint) - turns[bone] @ rest_head)
    height = height_correction(seen, carried, world=world, translation=place, scale=scale)
    place[:, 1] -= height / scale
    return place
