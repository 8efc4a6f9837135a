"""Every convention: a body that bears its names is mapped by it, in full and without doubt."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from contrapposto.backend.retarget.bone_map import FINGERS
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.profiles_reader import Profile, profiles
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.skeleton import JOINT_NAMES, PARENTS
from numpy_rigs import RestPose, mixamo_name, synthetic_rig

Point = np.ndarray
_HEADS = {
    joint: head
    for rig in [synthetic_rig(RestPose())]
    for joint in JOINT_NAMES
    if (name := mixamo_name(joint)) is not None
    for head in [rig.heads[rig.index[f"mixamorig:{name}"]].astype(np.float64)]
}


def rig_with_names_of(profile: Profile) -> RigSpec:
    """A body whose bones are called as the profile prefers, its chains set evenly along spine and neck."""
    bones: dict[str, tuple[str | None, Point]] = {}
    last: dict[str, str] = {}

    def add(joint: str, names: tuple[str, ...], parent: str | None, heads: list[Point]) -> None:
        for name, head in zip(names, heads, strict=True):
            if name not in bones:
                bones[name] = (parent, head)
            parent = name
        last[joint] = names[-1]

    add("pelvis", profile.joints["pelvis"][0], None, [_HEADS["pelvis"]] * len(profile.joints["pelvis"][0]))
    spine = [name for name in _one_spelling(profile.chains["spine"]) if name not in bones]
    way = np.linspace(_HEADS["spine1"], _HEADS["spine3"], max(len(spine), 2))
    add("spine3", tuple(spine), last["pelvis"], list(way)[: len(spine)])
    neck = _one_spelling(profile.chains.get("neck", ())) or [chain[0] for chain in profile.joints.get("neck", ())[:1]]
    neck = [name for name in neck if name not in {c for chain in profile.joints["head"][:1] for c in chain}]
    between = np.linspace(_HEADS["neck"], 0.2 * _HEADS["neck"] + 0.8 * _HEADS["head"], max(len(neck), 2))
    add("neck", tuple(neck), last["spine3"], list(between)[: len(neck)]) if neck else last.update(neck=last["spine3"])
    for joint, index in ((joint, JOINT_NAMES.index(joint)) for joint in (*JOINT_NAMES,) if joint in profile.joints):
        if joint in last or joint not in _HEADS:
            continue
        parent = JOINT_NAMES[PARENTS[index]]
        while parent not in last:
            parent = {"spine1": "pelvis", "spine2": "pelvis"}.get(parent) or JOINT_NAMES[
                PARENTS[JOINT_NAMES.index(parent)]
            ]
        names = profile.joints[joint][0]
        add(joint, names, last[parent], [_HEADS[joint]] * len(names))
    for side, finger in itertools.product(("left", "right"), FINGERS):
        away = np.array([0.03 if side == "left" else -0.03, 0.01 * FINGERS.index(finger), 0.0])
        for number in (1, 2, 3):
            joint = f"{side}_{finger}{number}"
            if joint in profile.joints:
                above = last.get(f"{side}_{finger}{number - 1}", last[f"{side}_wrist"])
                add(joint, profile.joints[joint][0], above, [_HEADS[f"{side}_wrist"] + number * away])
    names = list(bones)
    rest = np.tile(np.eye(4), (len(names), 1, 1))
    rest[:, :3, 3] = [head for _, head in bones.values()]
    parents = np.array([-1 if parent is None else names.index(parent) for parent, _ in bones.values()])
    return RigSpec(profile.title, tuple(names), parents, rest, np.full(len(names), 0.1))


def _one_spelling(names: tuple[str, ...]) -> list[str]:
    """The names of a chain, of several spellings of one bone the first."""
    return list({name.lower().replace("j_bip_c_", "").replace("_", ""): name for name in reversed(names)}.values())[
        ::-1
    ]


@pytest.mark.parametrize("profile", profiles(), ids=lambda profile: profile.convention)
def test_a_body_with_a_conventions_names_is_mapped_by_it(profile: Profile) -> None:
    rig = rig_with_names_of(profile)
    bone_map = match_bones(rig)
    assert not bone_map.unsure
    for joint, alternatives in profile.joints.items():
        if joint in bone_map.joints and joint not in {"neck", "head"}:
            assert bone_map.joints[joint].bones[0] == alternatives[0][0], joint
    body = {joint for joint in JOINT_NAMES if joint in profile.joints}
    assert body <= bone_map.joints.keys()


NAMES = {
    "valve": ("ValveBiped.Bip01_L_Forearm", "ValveBiped.Bip01_R_Forearm"),
    "biped": ("Bip01 L Forearm", "Bip01 R Forearm"),
    "daz_genesis8": ("lForearmBend", "rForearmBend"),
    "daz_genesis9": ("l_forearm", "r_forearm"),
    "reallusion": ("CC_Base_L_Forearm", "CC_Base_R_Forearm"),
    "autorig_pro": ("c_forearm_fk.l", "c_forearm_fk.r"),
    "mmd": ("左ひじ", "右ひじ"),
    "cmu": ("LeftForeArm", "RightForeArm"),
    "smpl": ("left_elbow", "right_elbow"),
    "smpl_maya": ("L_Elbow", "R_Elbow"),
    "unity": ("LeftLowerArm", "RightLowerArm"),
    "blender_studio": ("FK-Forearm.L", "FK-Forearm.R"),
    "mixamo": ("LeftForeArm", "RightForeArm"),
}


@pytest.mark.parametrize("convention", NAMES)
def test_both_sides_are_named_as_the_convention_has_it(convention: str) -> None:
    profile = next(profile for profile in profiles() if profile.convention == convention)
    assert (profile.joints["left_elbow"][0][0], profile.joints["right_elbow"][0][0]) == NAMES[convention]


@pytest.mark.parametrize("before", ["Bip001", "Bip02", "bip01", "char:Bip01"])
def test_the_number_and_namespace_of_a_biped_do_not_matter(before: str) -> None:
    profile = next(profile for profile in profiles() if profile.convention == "biped")
    rig = rig_with_names_of(profile)
    renamed = tuple(name.replace("Bip01", before) for name in rig.bones)
    bone_map = match_bones(RigSpec(rig.name, renamed, rig.parents, rig.rest, rig.lengths))
    assert bone_map.first("left_elbow") == f"{before} L Forearm"
    assert not bone_map.unsure
