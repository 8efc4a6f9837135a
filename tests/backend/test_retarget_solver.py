"""The solver on rigs made of numbers: any rest pose, facing, scale and bone orientation give the same directions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.errors import RigError
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import BoneMap, BoneMatch
from contrapposto.backend.retarget.character_frame import MappedRig
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS, SOLE_BELOW_ANKLE_M
from numpy_rigs import RestPose, evaluated, limb_errors, synthetic_rig, varied_poses

STANDING_PELVIS_M = float(SOLE_BELOW_ANKLE_M - REST_OFFSETS[[1, 4, 7], 1].sum())

RESTS = {
    "T-pose": RestPose(),
    "A-pose": RestPose(arms_down=45.0, elbow=10.0),
    "arms hanging, elbows bent": RestPose(arms_down=85.0, elbow=60.0),
    "facing +y": RestPose(yaw=180.0),
    "facing +x": RestPose(yaw=90.0, arms_down=30.0),
    "turned by 30 degrees": RestPose(yaw=30.0),
    "scaled by 100": RestPose(scale=100.0, arms_down=45.0),
    "y up, as raw FBX": RestPose(scale=100.0, y_up=True),
    "bones along the axes": RestPose(seed=None),
}


def directions_of(rig: RigSpec, poses: PoseSequence, *, bone_map: BoneMap | None = None) -> np.ndarray:
    bone_map = bone_map or match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    heads = {joint: matrices[:, rig.index[m.bones[0]], :3, 3] for joint, m in bone_map.joints.items()}
    return limb_errors(heads, MappedRig(rig, bone_map).frame.axes, poses)


@pytest.mark.parametrize("rest", RESTS.values(), ids=RESTS.keys())
def test_limbs_point_where_smpl_says_whatever_the_rest_pose(rest: RestPose) -> None:
    assert directions_of(synthetic_rig(rest), varied_poses(20)).max() < 0.05


@settings(max_examples=20, deadline=None)
@given(
    arms_down=st.floats(-20.0, 88.0),
    elbow=st.floats(0.0, 80.0),
    yaw=st.floats(-180.0, 180.0),
    scale=st.sampled_from([0.01, 1.0, 122.0]),
    seed=st.integers(0, 1000),
)
def test_directions_are_free_of_rest_pose_facing_scale_and_bone_axes(
    arms_down: float, elbow: float, yaw: float, scale: float, seed: int
) -> None:
    rest = RestPose(arms_down=arms_down, elbow=elbow, yaw=yaw, scale=scale, seed=seed)
    assert directions_of(synthetic_rig(rest), varied_poses(5, seed=seed)).max() < 0.1


def test_the_standing_t_pose_leaves_a_t_pose_rig_as_it_is() -> None:
    rig = synthetic_rig(RestPose())
    pose = retarget(rig, match_bones(rig), PoseSequence(np.zeros((1, 24, 3)), [[0.0, STANDING_PELVIS_M, 0.0]]))
    np.testing.assert_allclose(pose.rotations[0, :, 0], 1.0, atol=1e-6)
    np.testing.assert_allclose(pose.location, 0.0, atol=1e-5)


@pytest.mark.parametrize("joint", ["pelvis", "spine1", "spine2", "spine3", "neck", "head", "left_collar"])
def test_torso_and_head_turn_from_rest_as_smpl_does(joint: str) -> None:
    rig, poses = synthetic_rig(RestPose(yaw=90.0)), varied_poses(10)
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    bone = rig.index[bone_map.joints[joint].bones[0]]
    turned = matrices[:, bone, :3, :3] @ rig.rest[bone, :3, :3].T
    axes = MappedRig(rig, bone_map).frame.axes
    local = axis_angle_to_matrix(poses.rotations)
    wanted = local[:, 0]
    for link in _links(joint):
        wanted = wanted @ local[:, JOINT_INDEX[link]]
    assert np.degrees(geodesic_angle(turned, axes @ wanted @ axes.T)).max() < 0.05


def _links(joint: str) -> list[str]:
    spine = ["spine1", "spine2", "spine3"]
    if joint in spine:
        return spine[: spine.index(joint) + 1]
    return {"pelvis": [], "head": [*spine, "neck", "head"]}.get(joint, [*spine, joint])


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_the_hips_travel_in_proportion_to_the_legs(scale: float) -> None:
    rig = synthetic_rig(RestPose(scale=scale, yaw=180.0))
    moved = np.array([[0.0, 0.0, 0.0], [0.3, -0.2, 0.5]])
    poses = PoseSequence(np.zeros((2, 24, 3)), moved + [0.0, STANDING_PELVIS_M, 0.0])
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    hips = matrices[:, rig.index["mixamorig:Hips"], :3, 3]
    # Facing +y: the person's left is -x, forward is +y, up stays z.
    np.testing.assert_allclose((hips[1] - hips[0]) / scale, [-0.3, 0.5, -0.2], atol=1e-4)


def test_the_root_bone_is_left_alone_and_its_pose_is_taken_off() -> None:
    rig = synthetic_rig(RestPose(arms_down=40.0))
    basis = rig.basis.copy()
    basis[0, :3, :3] = axis_angle_to_matrix(np.array([0.3, -0.4, 0.8]))
    basis[0, :3, 3] = (0.5, 0.2, 0.1)
    moved = replace(rig, basis=basis)
    poses = varied_poses(6)
    assert directions_of(moved, poses).max() < 0.05
    assert "mixamorig:Root" not in retarget(moved, match_bones(moved), poses).bones
    hips = [evaluated(r, retarget(r, match_bones(r), poses))[:, 1, :3, 3] for r in (rig, moved)]
    np.testing.assert_allclose(hips[0], hips[1], atol=1e-5)


def test_bones_that_do_not_inherit_rotation_are_posed_alike() -> None:
    rig = synthetic_rig(RestPose(arms_down=40.0))
    inherit = np.ones(len(rig.bones), bool)
    inherit[[rig.index[f"mixamorig:{name}"] for name in ("LeftArm", "RightLeg", "Head")]] = False
    assert directions_of(replace(rig, inherit_rotation=inherit), varied_poses(8)).max() < 0.05


def test_missing_collars_neck_toes_and_spines_do_no_harm() -> None:
    absent = ("left_collar", "right_collar", "neck", "left_foot", "right_foot", "spine2", "spine3")
    rig = synthetic_rig(RestPose(arms_down=40.0), without=absent)
    bone_map = match_bones(rig)
    assert bone_map.joints["spine3"].bones == ("mixamorig:Spine",)
    assert directions_of(rig, varied_poses(8), bone_map=bone_map).max() < 0.05


def test_a_chain_shares_the_twist_and_swings_as_one() -> None:
    rig = synthetic_rig(RestPose(arms_down=30.0))
    start, end = rig.heads[rig.index["mixamorig:LeftForeArm"]], rig.heads[rig.index["mixamorig:LeftHand"]]
    twist = rig.rest[rig.index["mixamorig:LeftForeArm"]].copy()
    twist[:3, 3] = 0.5 * (start + end)
    rig = _with_bone_before(rig, "mixamorig:LeftHand", "twist", twist)
    bone_map = match_bones(rig)
    assert bone_map.joints["left_elbow"].bones == ("mixamorig:LeftForeArm", "twist")
    rotations = np.zeros((1, 24, 3))
    rotations[0, JOINT_INDEX["left_elbow"]] = (0.8, 0.0, 0.0)
    poses = PoseSequence(rotations, np.zeros((1, 3)))
    pose = retarget(rig, bone_map, poses)
    still = retarget(rig, bone_map, PoseSequence(np.zeros((1, 24, 3)), np.zeros((1, 3))))
    for bone in ("mixamorig:LeftForeArm", "twist"):
        place = pose.bones.index(bone)
        cosine = abs(float(pose.rotations[0, place] @ still.rotations[0, place]))
        assert np.degrees(2.0 * np.arccos(min(cosine, 1.0))) == pytest.approx(np.degrees(0.4), abs=0.1)
    assert directions_of(rig, varied_poses(8), bone_map=bone_map).max() < 0.05


def test_a_twist_bone_beside_the_line_of_its_limb_does_not_carry_the_end_away() -> None:
    rig = synthetic_rig(RestPose(arms_down=30.0))
    start, end = rig.heads[rig.index["mixamorig:LeftArm"]], rig.heads[rig.index["mixamorig:LeftForeArm"]]
    twist = rig.rest[rig.index["mixamorig:LeftArm"]].copy()
    twist[:3, 3] = 0.5 * (start + end) + [0.0, 0.015, 0.0]
    rig = _with_bone_before(rig, "mixamorig:LeftForeArm", "twist", twist)
    bone_map = match_bones(rig)
    chain = BoneMatch(("mixamorig:LeftArm", "twist"))
    bone_map = replace(bone_map, joints={**bone_map.joints, "left_shoulder": chain})
    assert directions_of(rig, varied_poses(20), bone_map=bone_map).max() < 0.05


def _with_bone_before(rig: RigSpec, child: str, name: str, matrix: np.ndarray) -> RigSpec:
    """`name` becomes the parent of `child` and the child of its parent."""
    at = rig.index[child]
    parents = [parent + (parent >= at) for parent in rig.parents.tolist()]
    parents.insert(at, int(rig.parents[at]))
    parents[at + 1] = at
    return RigSpec(
        name=rig.name,
        bones=(*rig.bones[:at], name, *rig.bones[at:]),
        parents=np.array(parents),
        rest=np.insert(rig.rest, at, matrix, axis=0),
        lengths=np.insert(rig.lengths, at, 0.1),
    )


def test_a_long_sequence_has_no_quaternion_flips() -> None:
    rig = synthetic_rig(RestPose(arms_down=45.0))
    rotations = np.cumsum(np.random.default_rng(3).normal(size=(300, 24, 3)) * 0.03, axis=0)
    pose = retarget(rig, match_bones(rig), PoseSequence(rotations, np.zeros((300, 3))))
    assert np.sum(pose.rotations[1:] * pose.rotations[:-1], axis=-1).min() > 0.9


def test_blending_goes_from_the_current_pose_to_the_new_one() -> None:
    rig = synthetic_rig(RestPose())
    pose = retarget(rig, match_bones(rig), varied_poses(4))
    none, half, all_ = (pose.blended(rig, amount) for amount in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(none.rotations[..., 0], 1.0, atol=1e-6)
    np.testing.assert_allclose(none.location, 0.0, atol=1e-6)
    np.testing.assert_allclose(half.location, 0.5 * pose.location, atol=1e-6)
    full, part = np.arccos(np.abs(pose.rotations[..., 0]).clip(0, 1)), np.arccos(half.rotations[..., 0].clip(0, 1))
    np.testing.assert_allclose(part, 0.5 * full, atol=1e-3)
    assert all_ is pose


def test_a_map_without_hips_or_with_unknown_bones_is_refused_in_words() -> None:
    rig = synthetic_rig(RestPose())
    bone_map = match_bones(rig)
    without = {joint: match for joint, match in bone_map.joints.items() if joint != "pelvis"}
    with pytest.raises(RigError, match="no bone is mapped to pelvis"):
        retarget(rig, replace(bone_map, joints=without), varied_poses(3))
    other = {**bone_map.joints, "head": BoneMatch(("Kopf",))}
    with pytest.raises(RigError, match="no bones of these names: Kopf"):
        retarget(rig, replace(bone_map, joints=other), varied_poses(3))
