"""The way back from a rig's motion to SMPL: what the solver made is found again, on rigs made of numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import InputError, RigError
from contrapposto.backend.kinematics import forward_kinematics, global_rotations
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import BoneMap
from contrapposto.backend.retarget.inverse import RigMotion, poses_from_rig
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES
from numpy_rigs import RestPose, evaluated, synthetic_rig, varied_poses

KNUCKLES = ("left_hand", "right_hand")
BODY = [joint for joint, name in enumerate(JOINT_NAMES) if name not in KNUCKLES]
RESTS = {
    "t-pose": RestPose(),
    "arms down, y up": RestPose(arms_down=50.0, elbow=20.0, y_up=True, scale=100.0),
    "turned, tails anywhere": RestPose(arms_down=45.0, yaw=90.0, seed=5, scale=0.01),
}


def motion_of(rig: RigSpec, bone_map: BoneMap, poses: PoseSequence) -> RigMotion:
    return RigMotion(rig.bones, evaluated(rig, retarget(rig, bone_map, poses)), poses.fps)


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS.keys())
def test_poses_are_found_again_from_the_motion_of_a_rig(rest: RestPose) -> None:
    rig, poses = synthetic_rig(rest), varied_poses(40)
    found = poses_from_rig(rig, match_bones(rig), motion_of(rig, match_bones(rig), poses))
    apart = geodesic_angle(axis_angle_to_matrix(found.rotations), axis_angle_to_matrix(poses.rotations))
    assert np.degrees(apart[:, BODY]).max() < 0.05
    assert np.abs(found.translation - poses.translation).max() < 1e-3
    assert found.fps == poses.fps
    assert (found.confidence[:, BODY] == 1.0).all()
    assert (found.confidence[:, [JOINT_INDEX[name] for name in KNUCKLES]] == 0.0).all()


def test_a_joint_without_a_bone_goes_with_its_parent_and_is_not_trusted() -> None:
    rig, poses = synthetic_rig(RestPose(), without=("left_collar", "neck", "right_foot")), varied_poses(12)
    bone_map = match_bones(rig)
    found = poses_from_rig(rig, bone_map, motion_of(rig, bone_map, poses))
    for name in ("left_collar", "neck", "right_foot"):
        assert np.allclose(found.rotations[:, JOINT_INDEX[name]], 0.0, atol=1e-5)
        assert (found.confidence[:, JOINT_INDEX[name]] == 0.0).all()
    wanted, seen = (global_rotations(axis_angle_to_matrix(p.rotations)) for p in (poses, found))
    for name in ("left_shoulder", "left_wrist", "head"):
        joint = JOINT_INDEX[name]
        assert np.degrees(geodesic_angle(seen[:, joint], wanted[:, joint])).max() < 0.05


def test_missing_bones_of_the_spine_bend_with_the_one_that_is_there() -> None:
    rig, poses = synthetic_rig(RestPose(), without=("spine1", "spine2")), varied_poses(12)
    bone_map = match_bones(rig)
    found = poses_from_rig(rig, bone_map, motion_of(rig, bone_map, poses))
    bends = np.degrees(np.linalg.norm(found.rotations[3:, [JOINT_INDEX[f"spine{n}"] for n in (1, 2, 3)]], axis=-1))
    assert bends.min() > 0.5, "each takes its part"
    assert bends.max() < 40.0
    lines = [_torso_line(p) for p in (poses, found)]
    assert np.degrees(np.arccos(np.clip(np.sum(lines[0] * lines[1], axis=-1), -1.0, 1.0))).max() < 8.0


def _torso_line(poses: PoseSequence) -> np.ndarray:
    """(T, 3) of length 1 from the middle between the hips to the neck."""
    joints = forward_kinematics(poses.rotations, poses.translation)
    line = joints[:, JOINT_INDEX["neck"]] - joints[:, [1, 2]].mean(axis=1)
    return line / np.linalg.norm(line, axis=-1, keepdims=True)


@pytest.mark.parametrize("without", [(), ("spine1",), ("spine1", "spine2"), ("neck",)], ids=str)
def test_the_line_from_hips_to_neck_is_the_rigs(without: tuple[str, ...]) -> None:
    rig, poses = synthetic_rig(RestPose(), without=without), varied_poses(20)
    bone_map = match_bones(rig)
    motion = motion_of(rig, bone_map, poses)
    found = poses_from_rig(rig, bone_map, motion)
    again = motion_of(rig, bone_map, found)
    metres = np.linalg.norm(again.matrices[..., :3, 3] - motion.matrices[..., :3, 3], axis=-1)
    assert metres.mean() < 2e-3
    assert metres.max() < 3e-2


def test_the_way_there_and_back_gives_the_same_motion() -> None:
    rig, poses = synthetic_rig(RestPose(arms_down=40.0, scale=100.0)), varied_poses(30)
    bone_map = match_bones(rig)
    motion = motion_of(rig, bone_map, poses)
    again = motion_of(rig, bone_map, poses_from_rig(rig, bone_map, motion))
    metres = np.linalg.norm(again.matrices[..., :3, 3] - motion.matrices[..., :3, 3], axis=-1) / 100.0
    assert metres.max() < 1e-3


def test_scale_and_mirrored_bones_do_not_turn_a_joint() -> None:
    rig, poses = synthetic_rig(RestPose()), varied_poses(6)
    bone_map = match_bones(rig)
    motion = motion_of(rig, bone_map, poses)
    scaled = motion.matrices.copy()
    scaled[..., :3, :3] *= [0.5, 3.0, 1.5]
    found = poses_from_rig(rig, bone_map, replace(motion, matrices=scaled))
    assert np.allclose(found.rotations, poses_from_rig(rig, bone_map, motion).rotations, atol=1e-4)


def test_motion_without_a_mapped_bone_or_frame_is_refused_in_words() -> None:
    rig, poses = synthetic_rig(RestPose()), varied_poses(4)
    bone_map = match_bones(rig)
    motion = motion_of(rig, bone_map, poses)
    with pytest.raises(RigError, match="no motion of these bones: mixamorig:"):
        poses_from_rig(rig, bone_map, RigMotion(motion.bones[:5], motion.matrices[:, :5]))
    with pytest.raises(InputError, match="at least one frame"):
        RigMotion(motion.bones, motion.matrices[:0])
