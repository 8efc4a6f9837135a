"""Clips -> SMPL poses, checked: limbs must point as the file's own joints say, and bodies must stand on the ground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import BoneMap
from contrapposto.backend.retarget.character_frame import LIMB_CHILD, MappedRig
from contrapposto.backend.retarget.inverse import poses_from_rig
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rest_from_motion import rest_from_motion
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import LEG_LENGTH_M
from contrapposto.backend.rotations import swing_between
from contrapposto.backend.skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M

from .anatomy import with_true_hinges, with_twist_in_forearms
from .clip import Clip

_FRAMES_FOR_REST: Final = 300
LARGEST_LIMB_ANGLE: Final = 1.0
"""Degrees: limbs of poses and of the file's joints may differ so far on average."""
LARGEST_PLACE_ERROR_MM: Final = 120.0
"""Joints seen from the hips may differ so far on average, with legs of one length; proportions differ."""
DEEPEST_M: Final = 0.3
"""The lowest joint may be so far under the ground."""
_COMPARED: Final = (*LIMB_CHILD, *LIMB_CHILD.values(), "neck", "head")


@dataclass(frozen=True)
class Reading:
    """A clip's poses and how well they agree with its own joints.

    Attributes:
        poses: T poses in a world whose y is up and whose ground is y = 0.
        joints: (T, 24, 3) metres, their forward kinematics.
        limb_angles: (T, 8) degrees between the directions of upper arms, forearms, thighs and shins.
        place_errors: (T, J) millimetres between joints seen from the middle of the hips, scaled to SMPL's legs.
    """

    poses: PoseSequence
    joints: DoubleArray
    limb_angles: DoubleArray
    place_errors: DoubleArray


def poses_of(clip: Clip) -> Reading:
    """A clip's SMPL poses, compared with its own joints.

    Raises:
        ContrappostoError: its joints cannot be mapped, or the poses do not fit the joints; the message says why.
    """
    bone_map = match_bones(clip.rig)
    if clip.hands_lie_flat:
        body = {joint: match for joint, match in bone_map.joints.items() if joint in JOINT_INDEX}
        bone_map = replace(bone_map, joints=body)
    rig = _at_rest(clip, bone_map)
    poses = poses_from_rig(rig, bone_map, clip.motion)
    poses = replace(poses, rotations=with_twist_in_forearms(with_true_hinges(poses.rotations)))
    joints = forward_kinematics(poses.rotations, poses.translation)
    angles, errors = _compared(clip, rig, bone_map, joints=joints)
    reading = Reading(poses, joints, angles, errors)
    _refuse_misfits(clip.name, reading)
    return reading


def _at_rest(clip: Clip, bone_map: BoneMap) -> RigSpec:
    """The clip's rig with a rest pose that stands on the ground, its feet as they are when it stands."""
    rig = clip.rig
    if not clip.rest_stands:
        every = -(-len(clip.motion.matrices) // _FRAMES_FOR_REST)
        motion = replace(clip.motion, matrices=clip.motion.matrices[::every])
        rig = rest_from_motion(rig, bone_map, motion, axes=np.eye(3))
    if clip.feet_follow_legs:
        rig = with_legs_together(rig, bone_map)
    return on_the_ground(rig, bone_map)


def _refuse_misfits(name: str, reading: Reading) -> None:
    angle, place = float(reading.limb_angles.mean()), float(reading.place_errors.mean())
    if angle > LARGEST_LIMB_ANGLE or place > LARGEST_PLACE_ERROR_MM:
        raise InputError(
            f"{name} does not fit: its limbs are {angle:.1f} degrees and its joints {place:.0f} mm off on average."
        )
    lowest = reading.joints[..., 1].min(axis=1)
    if np.percentile(lowest, 5.0) < -DEEPEST_M:
        raise InputError(f"{name} does not stand on its ground: it sinks {-lowest.min():.1f} m into it.")


def on_the_ground(rig: RigSpec, bone_map: BoneMap) -> RigSpec:
    """The rig with its rest pose raised or lowered so that its soles touch the ground through the origin."""
    seen = MappedRig(rig, bone_map)
    scale, up = seen.frame.leg_length / LEG_LENGTH_M, seen.frame.axes[:, 1]
    lowest = [
        float(head @ up) - scale * below
        for joint, below in (("ankle", SOLE_BELOW_ANKLE_M), ("foot", SOLE_BELOW_FOOT_M))
        for side in ("left", "right")
        if (head := seen.head(f"{side}_{joint}")) is not None
    ]
    rest = rig.rest.copy()
    rest[:, :3, 3] -= (up * min(lowest)).astype(np.float32)
    return replace(rig, rest=rest)


def with_legs_together(rig: RigSpec, bone_map: BoneMap) -> RigSpec:
    """The rig with each whole leg turned at the hip so that the thigh hangs down at rest, the foot with it."""
    seen, rest = MappedRig(rig, bone_map), rig.rest.astype(np.float64)
    for side in ("left", "right"):
        hip, knee = seen.needed_head(f"{side}_hip"), seen.needed_head(f"{side}_knee")
        turn = np.eye(4)
        turn[:3, :3] = swing_between(knee - hip, -seen.frame.axes[:, 1])
        turn[:3, 3] = hip - turn[:3, :3] @ hip
        first = rig.index[bone_map.joints[f"{side}_hip"].bones[0]]
        for bone in range(len(rig.bones)):
            if bone == first or first in rig.ancestors(bone):
                rest[bone] = turn @ rest[bone]
    return replace(rig, rest=rest.astype(np.float32))


def _compared(clip: Clip, rig: RigSpec, bone_map: BoneMap, *, joints: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """The limb angles and place errors of a `Reading`."""
    frame = MappedRig(rig, bone_map).frame
    own = {
        joint: clip.motion.matrices[:, clip.motion.bones.index(bone), :3, 3].astype(np.float64)
        @ frame.axes
        * (LEG_LENGTH_M / frame.leg_length)
        for joint in dict.fromkeys(_COMPARED)
        if (bone := bone_map.first(joint)) is not None
    }
    angles: list[DoubleArray] = []
    for joint, child in LIMB_CHILD.items():
        if joint in own and child in own:
            way, found = own[child] - own[joint], joints[:, JOINT_INDEX[child]] - joints[:, JOINT_INDEX[joint]]
            sine = np.linalg.norm(np.cross(way, found), axis=-1)
            angles.append(np.degrees(np.arctan2(sine, np.sum(way * found, axis=-1))))
    hips = 0.5 * (own["left_hip"] + own["right_hip"])
    found_hips = 0.5 * (joints[:, JOINT_INDEX["left_hip"]] + joints[:, JOINT_INDEX["right_hip"]])
    errors = [
        1000.0 * np.linalg.norm((place - hips) - (joints[:, JOINT_INDEX[joint]] - found_hips), axis=-1)
        for joint, place in own.items()
    ]
    return np.stack(angles, axis=1), np.stack(errors, axis=1)
