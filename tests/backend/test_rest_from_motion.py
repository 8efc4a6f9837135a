"""A rest pose found from motion, for rigs whose bones lie folded over each other at rest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from contrapposto.backend.kinematics import global_rotations
from contrapposto.backend.retarget.character_frame import LIMB_CHILD
from contrapposto.backend.retarget.inverse import RigMotion, poses_from_rig
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rest_from_motion import rest_from_motion, seen_from, to_own_rest
from contrapposto.backend.retarget.rig_pose import RigPose
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS
from numpy_rigs import RestPose, evaluated, synthetic_rig, varied_poses


def folded(rig: RigSpec) -> RigSpec:
    """The same bones, each turned at random at rest; where joints lie in their parents' bones stays."""
    random, rest = np.random.default_rng(4), rig.rest.astype(np.float64)
    old = rest.copy()
    for bone, parent in enumerate(rig.parents):
        if parent >= 0:
            rest[bone] = rest[parent] @ np.linalg.inv(old[parent]) @ old[bone]
        rest[bone, :3, :3] = Rotation.random(random_state=random.integers(1 << 30)).as_matrix()
    return replace(rig, rest=rest.astype(np.float32))


def test_poses_are_read_although_the_rest_pose_is_folded() -> None:
    rig, poses = synthetic_rig(RestPose(seed=3)), varied_poses(200)
    bends = poses.rotations.copy()
    for side, sign in (("left", -1.0), ("right", 1.0)):
        bends[:, JOINT_INDEX[f"{side}_knee"]] = np.abs(bends[:, JOINT_INDEX[f"{side}_knee"]]) * [1.0, 0.0, 0.0]
        bends[:, JOINT_INDEX[f"{side}_elbow"]] = np.abs(bends[:, JOINT_INDEX[f"{side}_elbow"]]) * [0.0, sign, 0.0]
    poses = replace(poses, rotations=bends)
    bone_map = match_bones(rig)
    motion = RigMotion(rig.bones, evaluated(rig, retarget(rig, bone_map, poses)))
    found = poses_from_rig(rest_from_motion(folded(rig), bone_map, motion), bone_map, motion)
    seen, wanted = (global_rotations(axis_angle_to_matrix(p.rotations)) for p in (found, poses))
    for joint, child in LIMB_CHILD.items():
        way, index = REST_OFFSETS[JOINT_INDEX[child]], JOINT_INDEX[joint]
        cosine = np.sum((seen[:, index] @ way) * (wanted[:, index] @ way), axis=-1) / np.sum(way * way)
        assert np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))).max() < 1.0, joint
        assert np.degrees(geodesic_angle(seen[:, index], wanted[:, index])).max() < 6.0, joint
    for name in ("pelvis", "spine3", "head", "left_ankle", "right_wrist"):
        apart = np.degrees(geodesic_angle(seen[:, JOINT_INDEX[name]], wanted[:, JOINT_INDEX[name]]))
        assert apart.max() < 12.0, name


def test_a_straight_limb_keeps_the_twist_of_its_parent() -> None:
    rig, poses = synthetic_rig(RestPose(seed=3)), varied_poses(50)
    still = poses.rotations * 0.0
    still[:, 0] = poses.rotations[:, 0]
    poses = replace(poses, rotations=still)
    bone_map = match_bones(rig)
    motion = RigMotion(rig.bones, evaluated(rig, retarget(rig, bone_map, poses)))
    found = poses_from_rig(rest_from_motion(folded(rig), bone_map, motion), bone_map, motion)
    assert np.degrees(np.linalg.norm(found.rotations[:, 1:22], axis=-1)).max() < 8.0


def test_a_pose_made_for_another_rest_is_the_same_in_the_rigs_own_channels() -> None:
    standing, poses = synthetic_rig(RestPose(seed=3)), varied_poses(20)
    own = folded(standing)
    bone_map = match_bones(standing)
    seen = seen_from(own, standing)
    made = retarget(seen, bone_map, poses)
    wanted = evaluated(seen, made)
    found = evaluated(own, to_own_rest(made, own, standing))
    mapped = [own.index[bone] for bone in made.bones]
    np.testing.assert_allclose(found[:, mapped], wanted[:, mapped], atol=1e-4)


def test_a_rig_is_seen_in_the_pose_that_it_has() -> None:
    standing = synthetic_rig(RestPose(seed=3))
    own = folded(standing)
    basis = np.broadcast_to(np.eye(4), own.basis.shape).copy()
    basis[:, :3, :3] = Rotation.random(len(own.bones), random_state=5).as_matrix()
    own = replace(own, basis=basis.astype(np.float32))
    nothing = RigPose((), np.empty((1, 0, 4), np.float32), None, np.zeros((1, 3), np.float32))
    np.testing.assert_allclose(evaluated(seen_from(own, standing), nothing), evaluated(own, nothing), atol=1e-4)
