"""Left and right of maps by name: all that the body's shape tells is weighed, and what is not sure is asked or told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import RigError
from contrapposto.backend.retarget.bone_map import SURE
from contrapposto.backend.retarget.character_frame import MappedRig
from contrapposto.backend.retarget.facing import front_of_map
from contrapposto.backend.retarget.matcher import detect_bones, match_bones
from contrapposto.backend.retarget.proportions import is_like_a_bird
from contrapposto.backend.retarget.rig_spec import RigSpec
from numpy_rigs import RestPose, synthetic_rig

NO_TOES = ("left_foot", "right_foot")
SIDED = {"left_hip", "right_hip", "left_knee", "right_elbow", "left_shoulder", "right_collar", "left_wrist"}


def misnamed(rig: RigSpec) -> RigSpec:
    """The rig with the names of both sides exchanged."""
    marks = {"Left": "Right", "Right": "Left"}
    return replace(rig, bones=tuple(next((n.replace(a, b) for a, b in marks.items() if a in n), n) for n in rig.bones))


def bent(rig: RigSpec, part: str, *, forward: float) -> RigSpec:
    """The rig, which faces -y, with the heads of both sides' bones moved forward, in metres."""
    rest = rig.rest.copy()
    for side in ("Left", "Right"):
        rest[rig.index[f"mixamorig:{side}{part}"], 1, 3] -= forward
    return replace(rig, rest=rest)


def straight(*, without: tuple[str, ...] = NO_TOES) -> RigSpec:
    """A body whose legs and arms are straight lines."""
    rig = synthetic_rig(RestPose(), without=without)
    rest = rig.rest.copy()
    for start, middle, end in (("UpLeg", "Leg", "Foot"), ("Arm", "ForeArm", "Hand")):
        for side in ("Left", "Right"):
            first, between, last = (rig.index[f"mixamorig:{side}{part}"] for part in (start, middle, end))
            rest[between, :3, 3] = 0.5 * (rest[first, :3, 3] + rest[last, :3, 3])
    return replace(rig, rest=rest)


def test_without_toes_knees_and_elbows_tell_that_the_names_of_the_sides_are_exchanged() -> None:
    rig = misnamed(bent(bent(straight(), "Leg", forward=0.04), "ForeArm", forward=-0.03))
    bone_map = match_bones(rig)
    assert bone_map.joints["left_knee"].bones == ("mixamorig:RightLeg",)
    (problem,) = bone_map.problems
    assert problem.startswith("The knees and elbows of Synthetic point backwards if its bones are named right.")
    for joint in SIDED:
        assert "left and right exchanged, because the knees and elbows point to the front" in (
            bone_map.joints[joint].reason
        )
    assert "exchanged" not in bone_map.joints["spine3"].reason


def test_a_single_clue_against_the_names_is_asked_about() -> None:
    rig = misnamed(bent(straight(), "Leg", forward=0.04))
    bone_map = detect_bones(rig)
    assert set(bone_map.unsure) >= SIDED
    assert not {"pelvis", "spine3", "head"} & set(bone_map.unsure)
    assert any("The knees of Synthetic point backwards" in problem for problem in bone_map.problems)
    with pytest.raises(RigError, match=r"not mapped with certainty: .*left thigh.*check left and right"):
        match_bones(rig)


def test_sides_that_only_names_tell_are_taken_with_little_trust_and_told() -> None:
    bone_map = match_bones(straight())
    assert bone_map.joints["left_knee"].bones == ("mixamorig:LeftLeg",)
    (problem,) = bone_map.problems
    assert "does not tell its front" in problem
    assert all(SURE <= bone_map.joints[joint].score < 0.7 for joint in SIDED)
    assert bone_map.joints["pelvis"].score > 0.9


@pytest.mark.parametrize("without", [NO_TOES, ()])
def test_a_body_that_is_named_right_is_told_nothing(without: tuple[str, ...]) -> None:
    rig = bent(straight(without=without), "Leg", forward=0.04)
    bone_map = match_bones(rig)
    assert bone_map.problems == ()
    assert bone_map.joints["left_knee"].bones == ("mixamorig:LeftLeg",)
    assert min(match.score for match in bone_map.joints.values()) > 0.9


def test_the_row_of_fingers_tells_the_front() -> None:
    plain = straight()
    hands = {side: plain.heads[plain.index[f"mixamorig:{side}Hand"]] for side in ("Left", "Right")}
    bones, parents, rest = list(plain.bones), list(plain.parents), list(plain.rest)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for position, finger in enumerate(("Index", "Middle", "Ring", "Pinky")):
            matrix = np.eye(4)
            matrix[:3, 3] = hands[side] + [sign * 0.09, 0.025 * position - 0.03, 0.0]
            bones.append(f"mixamorig:{side}Hand{finger}1")
            parents.append(plain.index[f"mixamorig:{side}Hand"])
            rest.append(matrix)
    rig = RigSpec("Fingers", tuple(bones), np.array(parents), np.array(rest), np.full(len(bones), 0.1))
    front = front_of_map(MappedRig(rig, match_bones(rig)))
    assert front.words == ("fingers",)
    assert front.value >= 1.0
    asked = detect_bones(misnamed(rig))  # not exchanged: the palms may lie up
    assert asked.joints["left_index1"].bones == ("mixamorig:LeftHandIndex1",)
    assert set(asked.unsure) >= SIDED
    assert any("The fingers of Fingers point backwards" in problem for problem in asked.problems)
    exchanged = match_bones(misnamed(bent(rig, "Leg", forward=0.04)))
    assert exchanged.joints["left_index1"].bones == ("mixamorig:RightHandIndex1",)


def test_clues_that_contradict_each_other_are_asked_about() -> None:
    bone_map = detect_bones(bent(bent(straight(), "Leg", forward=0.05), "ForeArm", forward=0.05))
    assert set(bone_map.unsure) >= SIDED
    assert bone_map.problems == ("The knees and the elbows of Synthetic tell opposite fronts: check left and right.",)


@pytest.mark.parametrize("without", [("head",), ("head", "left_collar", "right_collar")])
def test_a_neck_without_a_head_is_mapped_and_the_head_is_told(without: tuple[str, ...]) -> None:
    bone_map = match_bones(synthetic_rig(RestPose(), without=without))
    assert bone_map.joints["neck"].bones == ("mixamorig:Neck",)
    assert "head" not in bone_map.joints
    (problem,) = bone_map.problems
    assert problem == (
        "No bone of Synthetic was found for the head: it is not posed by itself and moves with the neck."
    )


@pytest.mark.parametrize(
    ("broad", "long", "bird"), [(0.0, 0.0, False), (0.2, 0.0, False), (0.0, 0.4, False), (0.2, 0.4, True)]
)
def test_broad_hips_and_a_long_neck_together_make_a_bird(broad: float, long: float, bird: bool) -> None:
    rig = synthetic_rig(RestPose())
    rest = rig.rest.copy()
    rest[rig.index["mixamorig:Head"], 2, 3] += long
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        rest[rig.index[f"mixamorig:{side}UpLeg"], 0, 3] += sign * broad
    wide = replace(rig, rest=rest)
    assert is_like_a_bird(MappedRig(wide, match_bones(rig))) is bird
