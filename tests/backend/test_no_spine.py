"""Rigs without a spine: the hips carry the trunk. A spine that is there but unknown is asked about, not left stiff."""

from __future__ import annotations

import numpy as np
import pytest

from contrapposto.backend.errors import RigError
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.retarget.bone_map import BoneMap
from contrapposto.backend.retarget.character_frame import MappedRig
from contrapposto.backend.retarget.essential import ESSENTIAL
from contrapposto.backend.retarget.given_map import with_notes
from contrapposto.backend.retarget.matcher import match_bones
from contrapposto.backend.retarget.solver import retarget
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX
from numpy_rigs import RestPose, evaluated, limb_errors, synthetic_rig, varied_poses

SPINE = ("spine1", "spine2", "spine3")


@pytest.mark.parametrize("also", [(), ("neck",), ("neck", "left_collar", "right_collar")], ids=len)
def test_the_hips_carry_the_trunk(also: tuple[str, ...]) -> None:
    rig, poses = synthetic_rig(RestPose(arms_down=40.0), without=(*SPINE, *also)), varied_poses(12)
    bone_map = match_bones(rig)
    assert not set(SPINE) & bone_map.joints.keys()
    assert bone_map.problems == (f"{rig.name} has no spine: mixamorig:Hips (hips) carries the trunk.",)
    matrices = evaluated(rig, retarget(rig, bone_map, poses))
    heads = {joint: matrices[:, rig.index[match.bones[0]], :3, 3] for joint, match in bone_map.joints.items()}
    axes = MappedRig(rig, bone_map).frame.axes
    assert limb_errors(heads, axes, poses).max() < 0.1
    ends = ("neck",) if "neck" in heads else ("left_shoulder", "right_shoulder")
    places = joint_positions(global_rotations(axis_angle_to_matrix(poses.rotations)), poses.translation) @ axes.T
    lines = []
    for joints in (heads, {name: places[:, index] for name, index in JOINT_INDEX.items()}):
        line = np.mean([joints[end] for end in ends], axis=0) - np.mean(
            [joints["left_hip"], joints["right_hip"]], axis=0
        )
        lines.append(line / np.linalg.norm(line, axis=1, keepdims=True))
    sine = np.linalg.norm(np.cross(*lines), axis=1)
    apart = np.degrees(np.arctan2(sine, np.sum(lines[0] * lines[1], axis=1))).max()
    assert apart < (5.0 if also == ("neck",) else 2.1)  # collars, which turn by themselves, move the shoulders


def test_a_spine_that_nobody_knows_is_no_missing_spine() -> None:
    rig = synthetic_rig(RestPose())
    found = match_bones(rig)
    without = {joint: match for joint, match in found.joints.items() if joint not in SPINE}
    noted = with_notes(rig, BoneMap(rig.name, without, found.convention))
    assert any("mixamorig:Spine1" in problem and "Choose a chest" in problem for problem in noted.problems)
    assert not any("spine" in problem for problem in with_notes(rig, found).problems)


def test_what_has_no_spine_and_is_no_body_stays_refused() -> None:
    arms = [f"{side}_{part}" for side in ("left", "right") for part in ("collar", "shoulder", "elbow", "wrist")]
    rig = synthetic_rig(RestPose(), without=(*SPINE, *arms))
    with pytest.raises(RigError, match=r"chest.*upper arm"):
        match_bones(rig)
    assert "spine3" not in ESSENTIAL
