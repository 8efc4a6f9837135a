"""Bone names to joints: canonical names, profiles, refusals in words, JSON both ways."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import InputError, RigError
from contrapposto.backend.retarget.bone_map import BoneMap, BoneMatch, Switch
from contrapposto.backend.retarget.bone_names import CanonicalName, canonical, spellings
from contrapposto.backend.retarget.matcher import ESSENTIAL, match_bones
from contrapposto.backend.retarget.profiles_reader import mirrored, profiles
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.skeleton import JOINT_NAMES
from numpy_rigs import RestPose, mixamo_name, synthetic_rig

BODY = [name for name in JOINT_NAMES if not name.endswith("_hand")]


@pytest.mark.parametrize(
    "name",
    [
        "upper_arm.L", "UpperArm_L", "upperarm_l", "LeftUpperArm", "ns:Left_Upper_Arm", "L upperArm", "左Upper_arm",
        "leftupperarm", "upperarm gauche", "Upperarm_links", "izquierda.upper.arm", "upper-arm-ひだり",
        "upper_arm\uff0e\uff2c",
    ],
)  # fmt: skip
def test_spellings_of_one_bone_become_one(name: str) -> None:
    assert canonical(name) == CanonicalName("upperarm", "left")


def test_numbers_lose_their_zeros_and_sides_are_told_apart() -> None:
    assert canonical("spine.001") == CanonicalName("spine1", "")
    assert canonical("f_index.02.R") == CanonicalName("findex2", "right")
    assert canonical("LHipJoint") == CanonicalName("hipjoint", "left")
    assert canonical("clavicle") == CanonicalName("clavicle", "")


def test_namespaces_and_shared_prefixes_are_taken_off() -> None:
    names = ("Neo_Hips", "Neo_Spine", "Neo_LeftArm", "Neo_Head", "Neo_LeftLeg")
    assert spellings(names)["Neo_LeftArm"] == ("Neo_LeftArm", "LeftArm")
    assert spellings(("a:Hips", "a:Spine"))["a:Hips"] == ("Hips",)
    assert spellings(tuple(f"{name}_jnt" for name in names))["Neo_Hips_jnt"][-1] == "Hips"


@pytest.mark.parametrize("prefix", ["mixamorig:", "mixamorig1:", "", "Neo_", "char|mixamorig:"])
def test_mixamo_is_found_with_any_prefix(prefix: str) -> None:
    rig = synthetic_rig(RestPose(), prefix=prefix)
    bone_map = match_bones(rig)
    assert bone_map.convention == "mixamo"
    assert bone_map.problems == ()
    for joint in BODY:
        assert bone_map.joints[joint].bones == (f"{prefix}{mixamo_name(joint)}",)
        assert bone_map.joints[joint].score >= 0.9


def test_every_profile_is_well_formed_and_has_both_sides() -> None:
    assert {p.convention for p in profiles()} >= {"mixamo", "vrm", "unreal", "rigify_metarig", "rigify_generated"}
    for profile in profiles():
        missing = [j for j in ESSENTIAL if j not in profile.joints and j != "spine3"]
        assert not missing, f"{profile.convention} lacks {missing}"
        assert profile.chains["spine"]
        for joint in profile.joints:
            if joint.startswith("left_"):
                assert mirrored(joint) in profile.joints
                assert all(left != right for left, right in zip(*_both(profile.joints, joint), strict=True))


def _both(joints: dict[str, tuple[tuple[str, ...], ...]], joint: str) -> tuple[list[str], list[str]]:
    return ([n for c in joints[joint] for n in c], [n for c in joints[mirrored(joint)] for n in c])


def test_a_rig_that_is_no_body_names_what_was_looked_for() -> None:
    rig = RigSpec("Crate", ("Lid", "Box"), np.array([-1, 0]), np.stack([np.eye(4)] * 2), np.ones(2))
    with pytest.raises(RigError) as raised:
        match_bones(rig)
    message = str(raised.value)
    assert message.startswith("Crate cannot be mapped")
    for words in ("hips", "chest", "left upper arm", "right forearm", "left thigh", "right shin"):
        assert words in message
    for name in ("LeftForeArm", "thigh_l"):
        assert name in message


def test_only_what_is_missing_is_named() -> None:
    with pytest.raises(RigError) as raised:
        match_bones(synthetic_rig(RestPose(), without=("left_elbow",)))
    assert "left forearm" in str(raised.value)
    assert "right forearm" not in str(raised.value)
    assert "hips" not in str(raised.value)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_spines_of_any_number_end_at_spine3(count: int) -> None:
    absent = tuple(f"spine{number}" for number in range(count + 1, 4))
    bone_map = match_bones(synthetic_rig(RestPose(), without=absent))
    chain = [bone for joint in ("spine1", "spine2", "spine3") if (m := bone_map.joints.get(joint)) for bone in m.bones]
    assert len(chain) == count
    assert "spine3" in bone_map.joints


def test_exchanged_names_of_left_and_right_go_by_position_and_are_reported() -> None:
    rig = synthetic_rig(RestPose())
    swapped = {"Left": "Right", "Right": "Left"}
    bones = tuple(
        next((name.replace(side, other) for side, other in swapped.items() if side in name), name) for name in rig.bones
    )
    bone_map = match_bones(replace(rig, bones=bones))
    assert any("Left and right were taken by position" in problem for problem in bone_map.problems)
    assert bone_map.joints["left_knee"].bones == ("mixamorig:RightLeg",)


def test_a_rest_pose_that_lies_in_a_heap_is_reported() -> None:
    rig = synthetic_rig(RestPose())
    rest = rig.rest.copy()
    for name in ("LeftLeg", "RightLeg", "LeftFoot", "RightFoot"):
        rest[rig.index[f"mixamorig:{name}"], 2, 3] += 2.0
    assert any("upright" in problem for problem in match_bones(replace(rig, rest=rest)).problems)


def test_bones_that_constraints_turn_are_reported() -> None:
    rig = synthetic_rig(RestPose())
    constraints = tuple(("IK",) if name == "mixamorig:LeftLeg" else () for name in rig.bones)
    problems = match_bones(replace(rig, constraints=constraints, overrides=constraints)).problems
    assert problems == ("Constraints on mixamorig:LeftLeg may override the pose. Mute them or lower their influence.",)


def test_a_map_survives_json() -> None:
    bone_map = BoneMap(
        "Rig",
        {"pelvis": BoneMatch(("torso", "spine_fk"), 0.9, "named so"), "left_index1": BoneMatch(("f_index.01.L",))},
        "rigify_generated",
        (Switch("upper_arm_parent.L", "IK_FK", 1.0, ("left_shoulder",)),),
        ("Bone 腕 is odd.",),
    )
    assert BoneMap.from_json(bone_map.to_json()) == bone_map


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"joints": {"pelvis": 3}}', '{"joints": {"pelvis": {"bones": []}}}'])
def test_other_json_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError, match=r"bone map|match needs bones"):
        BoneMap.from_json(text)


def test_a_bone_stands_for_one_joint_only() -> None:
    with pytest.raises(InputError, match="more than one joint: A"):
        BoneMap("Rig", {"pelvis": BoneMatch(("A",)), "head": BoneMatch(("A",))})
    with pytest.raises(InputError, match="Unknown joints"):
        BoneMap("Rig", {"tail": BoneMatch(("A",))})


def test_a_spec_checks_its_shapes() -> None:
    rest = np.stack([np.eye(4)] * 2)
    with pytest.raises(InputError, match="parent must come before"):
        RigSpec("Rig", ("A", "B"), np.array([1, -1]), rest, np.ones(2))
    with pytest.raises(InputError, match="names repeat"):
        RigSpec("Rig", ("A", "A"), np.array([-1, 0]), rest, np.ones(2))
    with pytest.raises(InputError, match="rest must have the shape"):
        RigSpec("Rig", ("A", "B"), np.array([-1, 0]), np.eye(4), np.ones(2))
    with pytest.raises(InputError, match="lock_location"):
        RigSpec("Rig", ("A", "B"), np.array([-1, 0]), rest, np.ones(2), lock_location=np.zeros(2, bool))


def test_what_is_not_sure_is_left_out_and_told() -> None:
    joints = {"pelvis": BoneMatch(("Hips",)), "neck": BoneMatch(("Bone.7",), 0.5), "head": BoneMatch(("Bone.8",), 0.9)}
    sure = BoneMap("Rig", joints).only_sure()
    assert list(sure.joints) == ["pelvis", "head"]
    assert sure.problems == ("Not posed, because their bones are not sure: neck.",)
    assert sure.only_sure() is sure
