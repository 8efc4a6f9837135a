"""Bone maps that are given: they are kept as they are, and what the rig says against them is told in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import RigError
from contrapposto.backend.retarget.bone_map import BoneMap, BoneMatch
from contrapposto.backend.retarget.checks import with_sides_exchanged
from contrapposto.backend.retarget.given_map import with_notes
from contrapposto.backend.retarget.matcher import detect_bones, match_bones
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.skeleton import JOINT_NAMES
from numpy_creatures import quadruped, renamed, rig_of
from numpy_rigs import RestPose, synthetic_rig, varied_poses


def given(rig: RigSpec, **joints: str) -> BoneMap:
    """The right map without a word about it, some joints given other bones."""
    found = match_bones(rig).joints
    changed = {joint: BoneMatch((bone,)) for joint, bone in joints.items()}
    return BoneMap("", {joint: BoneMatch(match.bones) for joint, match in found.items()} | changed)


def without_toes(bone_map: BoneMap) -> BoneMap:
    return replace(bone_map, joints={j: m for j, m in bone_map.joints.items() if not j.endswith("foot")})


def limbs_exchanged(bone_map: BoneMap, *parts: str) -> BoneMap:
    """Left and right of these parts of the body exchanged, the rest kept."""
    swapped = with_sides_exchanged(bone_map).joints
    return replace(bone_map, joints={j: swapped[j] if j.endswith(parts) else m for j, m in bone_map.joints.items()})


@pytest.mark.parametrize("rest", [RestPose(), RestPose(yaw=180.0, arms_down=40.0), RestPose(y_up=True)], ids=str)
def test_a_right_map_is_told_nothing(rest: RestPose) -> None:
    rig = synthetic_rig(rest)
    assert with_notes(rig, given(rig)) == given(rig)


def test_left_and_right_exchanged_are_kept_and_told() -> None:
    rig = synthetic_rig(RestPose(arms_down=40.0))
    swapped = with_sides_exchanged(given(rig))
    noted = with_notes(rig, swapped)
    assert noted.joints == swapped.joints, "the artist is the boss"
    (note,) = noted.problems
    assert "left and right look exchanged" in note
    assert "kept as it is" in note
    assert "taken by position" not in note


def test_without_toes_the_names_tell_that_the_sides_are_exchanged() -> None:
    rig = synthetic_rig(RestPose(), without=("left_foot", "right_foot"))
    (note,) = with_notes(rig, with_sides_exchanged(given(rig))).problems
    assert "left and right other than the names" in note
    assert "mixamorig:RightUpLeg is the left thigh" in note
    assert "kept as it is" in note


def test_names_are_no_reason_where_the_toes_say_that_the_map_is_right() -> None:
    rig = synthetic_rig(RestPose())
    swap = {"Left": "Right", "Right": "Left"}
    names = tuple(next((n.replace(s, o) for s, o in swap.items() if s in n), n) for n in rig.bones)
    misnamed = replace(rig, bones=names)
    by_position = replace(match_bones(misnamed), problems=())
    assert by_position.first("left_knee") == "mixamorig:RightLeg"
    assert with_notes(misnamed, by_position).problems == ()


def test_one_exchanged_pair_is_named() -> None:
    rig = synthetic_rig(RestPose())
    noted = with_notes(rig, limbs_exchanged(given(rig), "wrist"))
    assert any("lie on each other's side: check left hand and right hand" in problem for problem in noted.problems)
    assert any("mixamorig:RightHand (left hand) is not a child of mixamorig:LeftForeArm" in p for p in noted.problems)
    assert noted.joints["left_wrist"].score == 1.0


@pytest.mark.parametrize("parts", [("shoulder", "elbow", "wrist", "collar"), ("hip", "knee", "ankle", "foot")], ids=str)
def test_arms_against_legs_are_told_and_not_posed(parts: tuple[str, ...]) -> None:
    rig = synthetic_rig(RestPose())
    crossed = limbs_exchanged(given(rig), *parts)
    (note,) = [p for p in with_notes(rig, crossed).problems if "not a child" not in p]
    assert "(left upper arm) is on the side of" in note
    with pytest.raises(RigError, match="Exchange left and right of the arms, or of the legs"):
        retarget(rig, crossed, varied_poses(1))


def test_a_bone_of_another_branch_is_told() -> None:
    rig = synthetic_rig(RestPose())
    bone_map = given(rig)
    joints = dict(bone_map.joints)
    joints["left_knee"], joints["right_knee"] = joints["right_knee"], joints["left_knee"]
    problems = with_notes(rig, replace(bone_map, joints=joints)).problems
    assert "mixamorig:RightLeg (left shin) is not a child of mixamorig:LeftUpLeg." in problems


def test_a_bone_that_is_not_there_is_refused_in_words() -> None:
    rig = synthetic_rig(RestPose())
    with pytest.raises(RigError, match="Synthetic has no bone gone"):
        with_notes(rig, given(rig, head="gone"))


def test_notes_are_not_said_twice() -> None:
    rig = synthetic_rig(RestPose())
    once = with_notes(rig, with_sides_exchanged(given(rig)))
    assert with_notes(rig, once) == once


# Animals


def test_of_what_stands_on_four_legs_no_joint_is_offered() -> None:
    found = detect_bones(quadruped())
    assert not found.joints
    assert found.problems == ("Creature stands on four legs: it can take no human pose.",)
    with pytest.raises(RigError, match="cannot be mapped to a human body: Creature stands on four legs"):
        match_bones(quadruped())


def test_a_map_given_to_what_stands_on_four_legs_is_kept_and_told() -> None:
    names = {
        "pelvis": "hips", "spine1": "spine", "spine3": "chest", "neck": "neck", "head": "head",
        "left_hip": "thigh.L", "left_knee": "shin.L", "left_ankle": "foot.L", "left_shoulder": "upper_arm.L",
        "left_elbow": "forearm.L", "left_wrist": "hand.L",
    }  # fmt: skip
    names |= {j.replace("left", "right"): b.replace(".L", ".R") for j, b in names.items() if j.startswith("left")}
    noted = with_notes(quadruped(), BoneMap("", {joint: BoneMatch((bone,)) for joint, bone in names.items()}))
    assert noted.joints.keys() == names.keys()
    assert noted.problems == ("Creature stands on four legs: it can take no human pose.",)


def test_a_shape_that_contradicts_the_names_of_the_sides_is_asked_about() -> None:
    """A body whose toes point to its back, under names that say nothing but the side: neither is simply believed."""
    rig = synthetic_rig(RestPose())
    names = {
        bone: f"b{position}{'.R' if 'Left' in bone else '.L' if 'Right' in bone else ''}"
        for position, bone in enumerate(rig.bones)
    }
    found = detect_bones(replace(rig, bones=tuple(names.values())))
    assert set(found.unsure) == set(found.joints)
    assert any("disagree about left and right" in problem for problem in found.problems)


# Two bodies in one armature


def joined(rigs: dict[str, RigSpec], *, under: str | None = None) -> RigSpec:
    """Several rigs in one armature, 2 units apart, their bones named after each; `under` one root bone or none."""
    bones, parents, rest = ([under], [-1], [np.eye(4)]) if under else ([], [], [])
    for number, (prefix, rig) in enumerate(rigs.items()):
        start = len(bones)
        bones += [prefix + bone for bone in rig.bones]
        parents += [int(parent) + start if parent >= 0 else (0 if under else -1) for parent in rig.parents]
        moved = rig.rest.astype(np.float64).copy()
        moved[:, 0, 3] += 2.0 * number
        rest += list(moved)
    return RigSpec("Pair", tuple(map(str, bones)), np.array(parents), np.array(rest), np.full(len(bones), 0.1))


@pytest.mark.parametrize("under", [None, "World"])
@pytest.mark.parametrize("anonymous", [False, True], ids=["named", "unnamed"])
def test_the_other_of_two_bodies_is_told_by_its_root(under: str | None, anonymous: bool) -> None:
    rig = synthetic_rig(RestPose(arms_down=40.0), prefix="")
    pair = joined({"a:": rig, "b:": rig}, under=under)
    names = dict(zip(pair.bones, pair.bones, strict=True))
    if anonymous:
        pair, names = renamed(pair)
    found = match_bones(pair)
    posed = {names[match.bones[0]][:2] for joint, match in found.joints.items() if joint in JOINT_NAMES}
    assert len(posed) == 1, "bones of both were mixed"
    other = ({"a:", "b:"} - posed).pop()
    root = next(new for new, old in names.items() if old == f"{other}Root")
    (note,) = [problem for problem in found.problems if "another skeleton" in problem]
    assert f"{root} and the bones under it" in note
    assert with_notes(pair, found).problems == found.problems


def test_one_body_alone_has_no_other_beside_it() -> None:
    rig = synthetic_rig(RestPose())
    tail = {f"t{i}": (f"t{i - 1}" if i else None, (0.0, 0.3 * i, 0.0)) for i in range(15)}
    assert not match_bones(rig).problems
    assert not match_bones(joined({"a:": rig, "b:": rig_of(tail)})).problems
    assert not match_bones(joined({"a:": rig, "b:": quadruped()})).problems


def test_a_skeleton_that_constraints_tie_to_the_posed_one_is_a_part_of_it() -> None:
    rig = synthetic_rig(RestPose(), prefix="")
    pair = joined({"a:": rig, "DEF-": rig})
    tied = replace(
        pair, constraints=tuple(("COPY_TRANSFORMS",) if bone.startswith("DEF-") else () for bone in pair.bones)
    )
    found = match_bones(tied)
    assert found.first("pelvis") == "a:Hips"
    assert not [problem for problem in found.problems if "another skeleton" in problem]
