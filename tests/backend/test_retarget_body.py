"""What the solver adapts to a rig's build: the line of the torso, the height of the feet, staying in place, fingers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.retarget.bone_map import FINGERS, BoneMatch
from contrapposto.backend.retarget.character_frame import MappedRig
from contrapposto.backend.retarget.hands import RELAXED_HANDS
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M
from numpy_rigs import RestPose, evaluated, synthetic_rig, varied_poses

SOLES = {"ankle": SOLE_BELOW_ANKLE_M, "foot": SOLE_BELOW_FOOT_M}


def moved(rig: RigSpec, shifts: dict[str, tuple[float, float, float]]) -> RigSpec:
    """The rig with the rest heads of some bones, and all below them, moved."""
    rest = rig.rest.copy()
    for name, shift in shifts.items():
        bone = rig.index[f"mixamorig:{name}"]
        below = [i for i in range(len(rig.bones)) if i == bone or bone in rig.ancestors(i)]
        rest[below, :3, 3] += np.array(shift, np.float32)
    return replace(rig, rest=rest)


def bent_back() -> RigSpec:
    """A rig whose neck is 6 cm behind where SMPL has it, as on many game characters."""
    return moved(synthetic_rig(RestPose()), {"Spine1": (0.0, 0.03, 0.0), "Neck": (0.0, 0.03, 0.0)})


def heads_of(rig: RigSpec, poses: PoseSequence, joint: str) -> np.ndarray:
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    return matrices[:, rig.index[bone_map.joints[joint].bones[0]], :3, 3]


@pytest.mark.parametrize("without", [(), ("spine2",), ("neck",), ("spine1", "spine2")], ids=str)
def test_the_line_from_hips_to_neck_is_smpls_but_for_two_degrees(without: tuple[str, ...]) -> None:
    rig = replace(synthetic_rig(RestPose(), without=without)) if without else bent_back()
    poses = varied_poses(30)
    joints = joint_positions(global_rotations(axis_angle_to_matrix(poses.rotations)), poses.translation)
    top = ["left_shoulder", "right_shoulder"] if "neck" in without else ["neck"]

    def line(places: list[np.ndarray], hips: list[np.ndarray]) -> np.ndarray:
        return np.mean(places, axis=0) - np.mean(hips, axis=0)

    hips = ("left_hip", "right_hip")
    wanted = line([joints[:, JOINT_INDEX[j]] for j in top], [joints[:, JOINT_INDEX[j]] for j in hips])
    seen = line([heads_of(rig, poses, j) for j in top], [heads_of(rig, poses, j) for j in hips])
    wanted = wanted @ MappedRig(rig, match_bones(rig)).frame.axes.T
    sine = np.linalg.norm(np.cross(seen, wanted), axis=-1)
    apart = np.degrees(np.arctan2(sine, np.sum(seen * wanted, axis=-1)))
    assert apart.mean() < 5.0
    if "spine1" not in without:  # where the chest is the only bone it is turned by 8 degrees at most
        assert apart.max() < 2.1


def test_hips_and_chest_keep_their_orientation_when_the_spine_bends() -> None:
    rig, poses = bent_back(), varied_poses(10)
    bone_map = match_bones(rig)
    axes = MappedRig(rig, bone_map).frame.axes
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    world = global_rotations(axis_angle_to_matrix(poses.rotations))
    for joint in ("pelvis", "spine3", "head"):
        bone = rig.index[bone_map.joints[joint].bones[0]]
        turned = matrices[:, bone, :3, :3] @ rig.rest[bone, :3, :3].T
        wanted = axes @ world[:, JOINT_INDEX[joint]] @ axes.T
        assert np.degrees(geodesic_angle(turned, wanted)).max() < 0.05


@settings(max_examples=15, deadline=None)
@given(thigh=st.floats(-0.1, 0.1), shin=st.floats(-0.1, 0.1), scale=st.sampled_from([0.01, 1.0, 90.0]))
def test_the_lowest_sole_of_a_squat_is_as_high_as_in_the_pose(thigh: float, shin: float, scale: float) -> None:
    plain = synthetic_rig(RestPose(scale=scale))
    shifts = {}
    for side in ("Left", "Right"):
        shifts |= {f"{side}Leg": (0.0, 0.0, scale * thigh), f"{side}Foot": (0.0, 0.0, scale * shin)}
    rig = moved(plain, shifts)
    rotations = np.zeros((2, 24, 3))
    for side in ("left", "right"):
        rotations[:, JOINT_INDEX[f"{side}_hip"]] = (-1.9, 0.0, 0.0)
        rotations[:, JOINT_INDEX[f"{side}_knee"]] = (2.2, 0.0, 0.0)
        rotations[:, JOINT_INDEX[f"{side}_ankle"]] = (-0.3, 0.0, 0.0)
    poses = PoseSequence(rotations, [[0.0, 0.0, 0.0], [0.0, 0.4, 0.0]])
    world = global_rotations(axis_angle_to_matrix(poses.rotations))
    joints = joint_positions(world, poses.translation)
    wanted = np.min(
        [joints[:, i, 1] - world[:, i, 1, 1] * SOLES[p] for p in SOLES for i in [JOINT_INDEX[f"left_{p}"]]], axis=0
    )
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses)).astype(np.float64)
    at_rest = {p: rig.heads[rig.index[bone_map.joints[f"left_{p}"].bones[0]]].astype(np.float64) for p in SOLES}
    ground = min(head[2] - scale * SOLES[p] for p, head in at_rest.items())
    ground = 0.0 if abs(ground) < 0.2 * MappedRig(rig, bone_map).frame.leg_length else ground
    seen = []
    for part, head in at_rest.items():
        bone = rig.index[bone_map.joints[f"left_{part}"].bones[0]]
        sole = np.linalg.inv(rig.rest[bone].astype(np.float64)) @ [head[0], head[1], ground, 1.0]
        seen.append((matrices[:, bone] @ sole)[:, 2] - ground)
    leg = MappedRig(rig, bone_map).frame.leg_length
    np.testing.assert_allclose(np.min(seen, axis=0), wanted * leg / 0.83478, atol=1e-3 * leg)


def test_in_place_only_the_height_of_the_root_changes() -> None:
    rig = synthetic_rig(RestPose(seed=None))
    basis = rig.basis.copy()
    hips = rig.index["mixamorig:Hips"]
    basis[hips, :3, 3] = (0.3, -0.2, 0.1)
    rig, poses = replace(rig, basis=basis), varied_poses(10)
    bone_map = match_bones(rig)
    free, still = (retarget(rig, bone_map, poses, in_place=value) for value in (False, True))
    assert (free.location_channels, still.location_channels) == ((0, 1, 2), (2,))
    np.testing.assert_allclose(still.location[:, :2], [[0.3, -0.2]] * 10, atol=1e-5)
    np.testing.assert_allclose(still.location[:, 2], free.location[:, 2], atol=1e-5)
    assert np.ptp(free.location[:, 0]) > 0.1


def test_a_mirrored_pose_is_the_mirror_image_of_the_rig() -> None:
    rig, poses = synthetic_rig(RestPose(arms_down=30.0)), varied_poses(6)
    for joint, other in (("left_wrist", "right_wrist"), ("right_ankle", "left_ankle"), ("head", "head")):
        seen = heads_of(rig, poses.mirrored(), joint)
        np.testing.assert_allclose(seen, heads_of(rig, poses, other) * [-1.0, 1.0, 1.0], atol=1e-4)


# Fingers


def with_fingers(rest: RestPose, *, curl: float = 0.0) -> RigSpec:
    """A rig with five fingers of three bones a hand, at rest curled by `curl` degrees a joint."""
    rig = synthetic_rig(rest)
    names, parents, rests = list(rig.bones), rig.parents.tolist(), list(rig.rest)
    spread = {"thumb": 0.045, "index": 0.03, "middle": 0.01, "ring": -0.01, "pinky": -0.03}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        hand = rig.index[f"mixamorig:{side}Hand"]
        for finger, forward in spread.items():
            place = rig.heads[hand] + np.array([sign * 0.09, -forward, 0.0])
            parent, angle = hand, 0.0
            for number in (1, 2, 3):
                matrix = np.eye(4)
                matrix[:3, 3] = place
                names.append(f"mixamorig:{side}Hand{finger.title()}{number}")
                parents.append(parent)
                rests.append(matrix)
                parent = len(names) - 1
                angle += np.radians(curl)
                place = place + 0.03 * np.array([sign * np.cos(angle), 0.0, -np.sin(angle)])
    return RigSpec("Fingers", tuple(names), np.array(parents), np.array(rests), np.full(len(names), 0.03))


def finger_bends(rig: RigSpec, poses: PoseSequence, **options: object) -> np.ndarray:
    """Degrees (T, 4) between the first and the second bone's direction of the left hand's fingers but the thumb."""
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses, **options))
    found = []
    for finger in FINGERS[:4]:
        heads = [matrices[:, rig.index[bone_map.joints[f"left_{finger}{n}"].bones[0]], :3, 3] for n in (1, 2, 3)]
        one, two = heads[1] - heads[0], heads[2] - heads[1]
        cosine = np.sum(one * two, axis=-1) / np.linalg.norm(one, axis=-1) / np.linalg.norm(two, axis=-1)
        found.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.array(found).T


@pytest.mark.parametrize("curl", [0.0, 15.0, 30.0])
def test_fingers_bend_as_mano_says_whatever_their_rest(curl: float) -> None:
    rig = with_fingers(RestPose(arms_down=40.0), curl=curl)
    hands = np.zeros((3, 2, 15, 3))
    for frame, angle in enumerate((0.0, 0.5, 1.2)):
        hands[frame, 0, 1:12:3] = (0.0, 0.0, -angle)
    poses = replace(varied_poses(3), hands=hands.astype(np.float32))
    np.testing.assert_allclose(finger_bends(rig, poses), np.degrees([[0.0] * 4, [0.5] * 4, [1.2] * 4]), atol=0.6)


def test_fingers_curl_towards_the_palm() -> None:
    rig = with_fingers(RestPose())
    hands = np.zeros((1, 2, 15, 3), np.float32)
    hands[0, 0, :12] = (0.0, 0.0, -0.6)
    hands[0, 1, :12] = (0.0, 0.0, 0.6)
    poses = PoseSequence(np.zeros((1, 24, 3)), [[0.0, 0.9, 0.0]], hands=hands)
    bone_map = match_bones(rig)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    for side in ("left", "right"):
        knuckle, tip = (matrices[0, rig.index[bone_map.joints[f"{side}_index{n}"].bones[0]], 2, 3] for n in (1, 3))
        assert tip < knuckle - 0.03, "in T-pose the palm looks down"


def test_relaxed_hands_are_curled_more_towards_the_little_finger_and_marked_as_constant() -> None:
    rig, poses = with_fingers(RestPose(), curl=10.0), varied_poses(4)
    bends = finger_bends(rig, poses, relaxed=("left",))[0]
    by_finger = dict(zip(FINGERS[:4], bends, strict=True))
    assert 15.0 < by_finger["index"] < by_finger["middle"] < by_finger["ring"] < by_finger["pinky"] < 45.0
    pose = retarget(rig, match_bones(rig), poses, relaxed=("left",))
    assert len(pose.constant) == 15
    assert all("LeftHand" in bone for bone in pose.constant)
    turns = pose.rotations[:, [pose.bones.index(bone) for bone in sorted(pose.constant)]]
    assert np.abs(np.sum(turns * turns[:1], axis=-1)).min() > 1.0 - 1e-5
    assert not retarget(rig, match_bones(rig), poses).constant
    np.testing.assert_allclose(RELAXED_HANDS[1], RELAXED_HANDS[0] * [1.0, -1.0, -1.0])


def test_a_finger_that_is_not_mapped_is_left_alone() -> None:
    rig = with_fingers(RestPose())
    bone_map = match_bones(rig)
    kept = {joint: match for joint, match in bone_map.joints.items() if "thumb" not in joint}
    kept["left_thumb2"] = BoneMatch(("mixamorig:LeftHandThumb2",))
    pose = retarget(rig, replace(bone_map, joints=kept), varied_poses(2), relaxed=("left", "right"))
    assert {bone for bone in pose.bones if "Thumb" in bone} == {"mixamorig:LeftHandThumb2"}
