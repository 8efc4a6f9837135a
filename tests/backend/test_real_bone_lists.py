"""Bones as the conventions' own rigs have them, helpers between the joints included: each is mapped by its profile.

Names and parents are facts read off public material: Epic's list of DAZ bones, Reallusion's and Meshcapade's Blender
add-ons, Diffeomorphic's DAZ importer, Source models, CloudRig's operators, scripts for Auto-Rig Pro, Rain and Snow.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.skeleton import JOINT_NAMES
from numpy_rigs import RestPose, mixamo_name, synthetic_rig

_BODY = synthetic_rig(RestPose(seed=None))
HEADS = {
    joint: _BODY.heads[_BODY.index[f"mixamorig:{name}"]].astype(np.float64)
    for joint in JOINT_NAMES
    if (name := mixamo_name(joint)) is not None
}
PARTS = ("collar", "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
FINGERS = ("thumb", "index", "middle", "ring", "pinky")

# Chains of bones, the left for both sides: where the right differs, it is said how.
RIGS: dict[str, tuple[str, tuple[str, str], str]] = {
    "daz_genesis8": (
        ("hip pelvis lThighBend lThighTwist lShin lFoot lMetatarsals lToe lBigToe; hip abdomenLower abdomenUpper "
        "chestLower chestUpper neckLower neckUpper head; chestUpper lCollar lShldrBend lShldrTwist lForearmBend "
        "lForearmTwist lHand lThumb1 lThumb2 lThumb3; lHand lCarpal1 lIndex1 lIndex2 lIndex3; chestLower lPectoral"),
        ("l", "r"),
        ("pelvis=hip collar=lCollar shoulder=lShldrBend elbow=lForearmBend wrist=lHand hip=lThighBend knee=lShin "
        "ankle=lFoot foot=lToe head=head neck=neckLower spine3=chestLower index1=lIndex1 thumb1=lThumb1"),
    ),
    "daz_genesis9": (
        ("hip pelvis l_thigh l_shin l_foot l_metatarsal l_toes; l_thigh l_thightwist1 l_thightwist2; hip spine1 spine2 "
        "spine3 spine4 neck1 neck2 head; spine4 l_shoulder l_upperarm l_forearm l_hand l_thumb1 l_thumb2 l_thumb3; "
        "l_upperarm l_upperarmtwist1 l_upperarmtwist2; l_hand l_indexmetacarpal l_index1 l_index2 l_index3"),
        ("l_", "r_"),
        ("pelvis=hip collar=l_shoulder shoulder=l_upperarm elbow=l_forearm wrist=l_hand hip=l_thigh knee=l_shin "
        "ankle=l_foot foot=l_toes head=head neck=neck1 index1=l_index1 thumb1=l_thumb1"),
    ),
    "reallusion": (
        ("CC_Base_BoneRoot CC_Base_Hip CC_Base_Pelvis CC_Base_L_Thigh CC_Base_L_Calf CC_Base_L_Foot CC_Base_L_ToeBase; "
        "CC_Base_L_Thigh CC_Base_L_ThighTwist01; CC_Base_L_Foot CC_Base_L_ToeBaseShareBone; CC_Base_Hip CC_Base_Waist "
        "CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_NeckTwist02 CC_Base_Head CC_Base_FacialBone; "
        "CC_Base_Spine02 CC_Base_L_Clavicle CC_Base_L_Upperarm CC_Base_L_Forearm CC_Base_L_Hand CC_Base_L_Index1 "
        "CC_Base_L_Index2 CC_Base_L_Index3; CC_Base_L_Upperarm CC_Base_L_UpperarmTwist01; CC_Base_L_Hand "
        "CC_Base_L_Thumb1; CC_Base_L_Hand CC_Base_L_Mid1"),
        ("_L_", "_R_"),
        ("pelvis=CC_Base_Hip collar=CC_Base_L_Clavicle shoulder=CC_Base_L_Upperarm elbow=CC_Base_L_Forearm "
        "wrist=CC_Base_L_Hand hip=CC_Base_L_Thigh knee=CC_Base_L_Calf ankle=CC_Base_L_Foot foot=CC_Base_L_ToeBase "
        "head=CC_Base_Head neck=CC_Base_NeckTwist01 spine1=CC_Base_Waist spine3=CC_Base_Spine02 "
        "index1=CC_Base_L_Index1 middle1=CC_Base_L_Mid1"),
    ),
    "valve": (
        ("ValveBiped.Bip01_Pelvis ValveBiped.Bip01_L_Thigh ValveBiped.Bip01_L_Calf ValveBiped.Bip01_L_Foot "
        "ValveBiped.Bip01_L_Toe0; ValveBiped.Bip01_Pelvis ValveBiped.Bip01_Spine ValveBiped.Bip01_Spine1 "
        "ValveBiped.Bip01_Spine2 ValveBiped.Bip01_Spine4 ValveBiped.Bip01_Neck1 ValveBiped.Bip01_Head1; "
        "ValveBiped.Bip01_Spine4 ValveBiped.Bip01_L_Clavicle ValveBiped.Bip01_L_UpperArm ValveBiped.Bip01_L_Forearm "
        "ValveBiped.Bip01_L_Hand ValveBiped.Bip01_L_Finger0 ValveBiped.Bip01_L_Finger01 ValveBiped.Bip01_L_Finger02"),
        ("_L_", "_R_"),
        ("pelvis=ValveBiped.Bip01_Pelvis collar=ValveBiped.Bip01_L_Clavicle shoulder=ValveBiped.Bip01_L_UpperArm "
        "elbow=ValveBiped.Bip01_L_Forearm wrist=ValveBiped.Bip01_L_Hand hip=ValveBiped.Bip01_L_Thigh "
        "knee=ValveBiped.Bip01_L_Calf ankle=ValveBiped.Bip01_L_Foot foot=ValveBiped.Bip01_L_Toe0 "
        "head=ValveBiped.Bip01_Head1 neck=ValveBiped.Bip01_Neck1 spine3=ValveBiped.Bip01_Spine4 "
        "thumb2=ValveBiped.Bip01_L_Finger01"),
    ),
    "smpl": (
        ("root pelvis left_hip left_knee left_ankle left_foot; pelvis spine1 spine2 spine3 neck head jaw; head "
        "left_eye_smplhf; spine3 left_collar left_shoulder left_elbow left_wrist left_index1 left_index2 left_index3; "
        "left_wrist left_thumb1 left_thumb2 left_thumb3"),
        ("left_", "right_"),
        ("pelvis=pelvis collar=left_collar shoulder=left_shoulder elbow=left_elbow wrist=left_wrist hip=left_hip "
        "knee=left_knee ankle=left_ankle foot=left_foot head=head neck=neck spine1=spine1 spine2=spine2 spine3=spine3 "
        "index1=left_index1"),
    ),
    "autorig_pro": (
        ("c_pos c_traj c_root_master.x c_root.x c_thigh_b.l c_thigh_fk.l c_leg_fk.l c_foot_fk.l c_toes_fk.l; "
        "c_root_master.x c_spine_01.x c_spine_02.x c_spine_03.x c_neck.x c_head.x; c_spine_03.x c_shoulder.l "
        "c_arm_fk.l c_forearm_fk.l c_hand_fk.l c_index1_base.l c_index1.l c_index2.l c_index3.l; c_traj c_hand_ik.l; "
        "c_traj c_foot_ik.l"),
        (".l", ".r"),
        ("pelvis=c_root_master.x collar=c_shoulder.l shoulder=c_arm_fk.l elbow=c_forearm_fk.l wrist=c_hand_fk.l "
        "hip=c_thigh_fk.l knee=c_leg_fk.l ankle=c_foot_fk.l foot=c_toes_fk.l head=c_head.x neck=c_neck.x "
        "spine1=c_spine_01.x spine3=c_spine_03.x index1=c_index1.l"),
    ),
    "blender_studio, Snow": (
        ("root TORSO-Spine FK-Spine FK-RibCage FK-Chest FK-Neck FK-Head; FK-Chest FK-Shoulder.L FK-UpperArm.L "
        "FK-Forearm.L FK-Wrist.L; TORSO-Spine FK-Thigh.L FK-Knee.L FK-Foot.L FK-Toes.L; root Properties; "
        "root IK-Wrist.L"),
        (".L", ".R"),
        ("pelvis=TORSO-Spine collar=FK-Shoulder.L shoulder=FK-UpperArm.L elbow=FK-Forearm.L wrist=FK-Wrist.L "
        "hip=FK-Thigh.L knee=FK-Knee.L ankle=FK-Foot.L foot=FK-Toes.L head=FK-Head neck=FK-Neck spine1=FK-Spine "
        "spine3=FK-Chest"),
    ),
    "blender_studio, Rain": (
        ("root MSTR-Torso MSTR-Hips; MSTR-Torso FK-Spine FK-Chest FK-Neck FK-Head; FK-Chest FK-Clavicle.L "
        "FK-Upperarm_Parent.L FK-Upperarm.L FK-Forearm.L FK-Hand.L; MSTR-Hips FK-Thigh.L FK-Shin.L FK-Foot.L FK-Toe.L; "
        "root Properties_IKFK"),
        (".L", ".R"),
        ("pelvis=MSTR-Torso collar=FK-Clavicle.L shoulder=FK-Upperarm.L elbow=FK-Forearm.L wrist=FK-Hand.L "
        "hip=FK-Thigh.L ankle=FK-Foot.L head=FK-Head neck=FK-Neck"),
    ),
    "blender_studio, CloudRig": (
        ("root TORSO-Spine HTP-Spine; TORSO-Spine FK-Spine FK-Chest FK-Neck FK-Head; FK-Chest FK-Shoulder.L "
        "FK-UpperArm.L FK-Forearm.L FK-Hand.L; HTP-Spine FK-Thigh.L FK-Knee.L FK-Foot.L FK-Toes.L"),
        (".L", ".R"),
        ("pelvis=TORSO-Spine collar=FK-Shoulder.L shoulder=FK-UpperArm.L elbow=FK-Forearm.L wrist=FK-Hand.L "
        "hip=FK-Thigh.L knee=FK-Knee.L ankle=FK-Foot.L foot=FK-Toes.L head=FK-Head neck=FK-Neck spine3=FK-Chest"),
    ),
}  # fmt: skip


def wanted_joints(said: str, sides: tuple[str, str]) -> dict[str, str]:
    """SMPL joint -> bone, both sides."""
    joints: dict[str, str] = {}
    for part, bone in (word.split("=") for word in said.split()):
        if part in PARTS or part.rstrip("123") in FINGERS:
            joints |= {f"left_{part}": bone, f"right_{part}": on_right(bone, sides)}
        else:
            joints[part] = bone
    return joints


def on_right(bone: str, sides: tuple[str, str]) -> str:
    """The bone of the other side; bones of the middle are their own."""
    left, right = sides
    if left == "l":  # as DAZ has it, before a capital
        return right + bone[1:] if bone[0] == "l" and bone[1].isupper() else bone
    if left.endswith("_") and not left.startswith("_"):
        return right + bone.removeprefix(left) if bone.startswith(left) else bone
    return bone.replace(left, right)


def rig_of_chains(chains: str, sides: tuple[str, str], joints: dict[str, str]) -> RigSpec:
    """The rig; a bone that is no joint stands half way between those that are."""
    places = {bone: HEADS[joint] for joint, bone in joints.items() if joint in HEADS}
    bones: dict[str, tuple[str | None, np.ndarray]] = {}
    for words, mirror in itertools.product((chain.split() for chain in chains.split(";")), (False, True)):
        chain = [on_right(bone, sides) if mirror else bone for bone in words]
        for position, bone in enumerate(chain):
            if bone in bones:
                continue
            parent = chain[position - 1] if position else None
            before = bones[parent][1] if parent else np.zeros(3)
            after = [places[name] for name in chain[position:] if name in places]
            step = 0.02 * np.array([np.sign(before[0]), -1.0, 0.0])
            place = places.get(bone, 0.5 * (before + after[0]) if after and parent else before + step)
            bones[bone] = (parent, place)
    names = list(bones)
    rest = np.tile(np.eye(4), (len(names), 1, 1))
    rest[:, :3, 3] = [head for _, head in bones.values()]
    parents = np.array([-1 if parent is None else names.index(parent) for parent, _ in bones.values()])
    return RigSpec("Real", tuple(names), parents, rest, np.full(len(names), 0.1))


@pytest.mark.parametrize("name", RIGS)
def test_the_rigs_of_each_convention_are_mapped_by_its_names(name: str) -> None:
    chains, sides, said = RIGS[name]
    joints = wanted_joints(said, sides)
    bone_map = match_bones(rig_of_chains(chains, sides, joints))
    assert bone_map.convention == name.partition(",")[0]
    assert not bone_map.unsure
    for joint, bone in joints.items():
        mapped = bone_map.joints[joint].bones
        assert bone in (mapped if joint.startswith("spine") else mapped[:1]), joint


def test_the_twist_bones_of_genesis_8_turn_with_their_limbs() -> None:
    chains, sides, said = RIGS["daz_genesis8"]
    bone_map = match_bones(rig_of_chains(chains, sides, wanted_joints(said, sides)))
    assert bone_map.joints["left_shoulder"].bones == ("lShldrBend", "lShldrTwist")
    assert bone_map.joints["right_elbow"].bones == ("rForearmBend", "rForearmTwist")
    assert bone_map.joints["left_hip"].bones == ("lThighBend", "lThighTwist")


def test_the_running_numbers_that_web_viewers_add_do_not_matter() -> None:
    chains, sides, said = RIGS["valve"]
    rig = rig_of_chains(chains, sides, wanted_joints(said, sides))
    numbered = tuple(f"{bone}_{number:02d}" for number, bone in enumerate(rig.bones))
    bone_map = match_bones(RigSpec("Numbered", numbered, rig.parents, rig.rest, rig.lengths))
    assert bone_map.convention == "valve"
    assert str(bone_map.first("left_elbow")).startswith("ValveBiped.Bip01_L_Forearm_")
