"""SMPL poses -> rotations of the rig's own bones: exact, free of the rest pose, vectorised over frames; no bpy."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..errors import RigError
from ..kinematics import global_rotations
from ..pose_sequence import PoseSequence
from ..rotations import axis_angle_to_matrix, matrix_to_quaternion, normalized
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS, REST_OFFSETS, SOLE_BELOW_ANKLE_M
from .bone_map import BoneMap
from .character_frame import LIMB_CHILD, CharacterFrame, MappedRig, to_t_pose
from .interpolation import between, swing_and_twist, turn_about
from .parent_spaces import Displacement, carried, follows_of, in_order, location_axes, parent_turn
from .rig_pose import RigPose
from .rig_spec import RigSpec

_LEG: Final = [JOINT_INDEX[name] for name in ("left_hip", "left_knee", "left_ankle")]
LEG_LENGTH_M: Final = float(sum(np.linalg.norm(REST_OFFSETS[joint]) for joint in _LEG[1:]))
HIPS_IN_PELVIS: Final = 0.5 * (REST_OFFSETS[JOINT_INDEX["left_hip"]] + REST_OFFSETS[JOINT_INDEX["right_hip"]])
STANDING_HIPS_M: Final = float(SOLE_BELOW_ANKLE_M - REST_OFFSETS[_LEG[1:], 1].sum())


def retarget(rig: RigSpec, bone_map: BoneMap, poses: PoseSequence) -> RigPose:
    """Rotations of every mapped bone, and the root's location, that give the rig the poses.

    Each joint's orientation in armature space is A G A^-1 C, with G SMPL's orientation of the joint, A the rig's
    character frame and C the turn from rest to T-pose; the parents' actual poses are then taken off.

    Raises:
        RigError: the map lacks an essential joint or names a bone that the rig has not.
    """
    bones = {bone for match in bone_map.joints.values() for bone in match.bones}
    absent = sorted(bones - rig.index.keys())
    if absent:
        raise RigError(f"{rig.name} has no bones of these names: {', '.join(absent)}. Detect the bone map again.")
    if "pelvis" not in bone_map.joints:
        raise RigError(f"{rig.name}: no bone is mapped to pelvis. Complete the bone map.")
    seen = MappedRig(rig, bone_map)
    world = global_rotations(axis_angle_to_matrix(poses.rotations))
    return _to_channels(seen, _wanted_turns(seen, world), hips=_wanted_hips(seen.frame, world, poses))


def _wanted_turns(seen: MappedRig, world: DoubleArray) -> dict[str, DoubleArray]:
    """Per mapped bone how far its orientation is from rest, (T, 3, 3) in armature space."""
    corrections = to_t_pose(seen)
    turned = seen.frame.axes @ world @ seen.frame.axes.T
    wanted: dict[str, DoubleArray] = {}
    for joint, index in JOINT_INDEX.items():
        if joint not in seen.bone_map.joints:
            continue
        chain = seen.bone_map.joints[joint].bones
        full = turned[:, index] @ corrections.get(joint, np.eye(3))
        parent = PARENTS[index]
        if parent < 0 or len(chain) == 1:
            wanted.update(dict.fromkeys(chain, full))
            continue
        before = turned[:, parent] @ corrections.get(JOINT_NAMES[parent], np.eye(3))
        shares = [(position + 1) / len(chain) for position in range(len(chain))]
        if joint in LIMB_CHILD:
            axis = normalized(seen.limb_end(joint) - seen.needed_head(joint))
            wanted.update(zip(chain, _share_twist(before, full, axis=axis, shares=shares), strict=True))
        else:
            wanted.update((bone, between(before, full, share)) for bone, share in zip(chain, shares, strict=True))
    return wanted


def _share_twist(
    before: DoubleArray, full: DoubleArray, *, axis: DoubleArray, shares: list[float]
) -> list[DoubleArray]:
    """For a limb of several bones in line: all swing alike, each with its share of the twist about `axis` (3,)."""
    swing, twist = swing_and_twist(np.swapaxes(before, -1, -2) @ full, axis)
    return [before @ swing @ turn_about(axis, twist * share) for share in shares]


def _wanted_hips(frame: CharacterFrame, world: DoubleArray, poses: PoseSequence) -> DoubleArray:
    """(T, 3) armature space: the middle between the hip joints, its way from standing scaled by leg length."""
    hips = poses.translation + world[:, 0] @ HIPS_IN_PELVIS
    moved = hips - np.array([0.0, STANDING_HIPS_M, 0.0])
    return frame.hips + frame.leg_length / LEG_LENGTH_M * moved @ frame.axes.T


def _to_channels(seen: MappedRig, wanted: dict[str, DoubleArray], *, hips: DoubleArray) -> RigPose:
    """Take the parents' poses off the wanted turns, and place the root so that the hips (T, 3) are reached."""
    rig, frames = seen.rig, hips.shape[0]
    root = seen.bone_map.joints["pelvis"].bones[0]
    follows = follows_of(rig, tuple(wanted))
    done: dict[str, Displacement] = {}
    basis: dict[str, DoubleArray] = {}
    axes = np.broadcast_to(np.eye(3), (frames, 3, 3))
    for name in in_order(follows):
        bone = rig.index[name]
        rest, rest_head = rig.rest[bone, :3, :3].astype(np.float64), rig.heads[bone].astype(np.float64)
        around = parent_turn(follows[name], done, frames)
        basis[name] = rest.T @ np.swapaxes(around, -1, -2) @ wanted[name] @ rest
        carrier = carried(follows[name], done, frames)
        head = carrier.apply(rest_head)
        if name == root:
            axes = location_axes(rig, bone, carrier)
        else:
            head = head + location_axes(rig, bone, carrier) @ rig.basis[bone, :3, 3]
        done[name] = Displacement(wanted[name], head - wanted[name] @ rest_head)
    reached = np.mean([done[name].apply(seen.needed_head(joint)) for joint, name in _thighs(seen)], axis=0)
    to_channel = np.asarray(np.linalg.inv(axes), dtype=np.float64)
    location = np.einsum("tij,tj->ti", to_channel, hips - reached)
    rotations = np.stack([matrix_to_quaternion(basis[name]) for name in wanted], axis=1)
    return RigPose(tuple(wanted), _continuous(rotations).astype(np.float32), root, location.astype(np.float32))


def _thighs(seen: MappedRig) -> list[tuple[str, str]]:
    return [(joint, seen.bone_map.joints[joint].bones[0]) for joint in ("left_hip", "right_hip")]


def _continuous(quaternions: DoubleArray) -> DoubleArray:
    """(T, N, 4) with the sign of each frame nearest to the frame before."""
    signs = np.sign(np.sum(quaternions[1:] * quaternions[:-1], axis=-1))
    signs = np.cumprod(np.where(signs == 0.0, 1.0, signs), axis=0)
    return np.concatenate([quaternions[:1], quaternions[1:] * signs[..., None]])
