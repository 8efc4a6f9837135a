"""One side of a bone map copied to the other, by names and, where names say nothing, by position."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.retarget.bone_map import BoneMap, BoneMatch
from contrapposto.backend.retarget.mirror_map import mirrored_map
from contrapposto.backend.retarget.rig_spec import RigSpec
from contrapposto.backend.skeleton import JOINT_NAMES
from numpy_rigs import RestPose, mixamo_name, synthetic_rig


def _rig_and_map(*, prefix: str = "mixamorig:", yaw: float = 0.0, y_up: bool = False) -> tuple[RigSpec, BoneMap]:
    rig = synthetic_rig(RestPose(yaw=yaw, y_up=y_up, seed=None), prefix=prefix)
    joints = {joint: BoneMatch((prefix + name,), 0.9) for joint in JOINT_NAMES if (name := mixamo_name(joint))}
    return rig, BoneMap(rig.name, joints)


def _renamed(rig: RigSpec, bone_map: BoneMap) -> tuple[RigSpec, BoneMap]:
    """Names that say nothing."""
    names = {bone: f"Bone.{number:03}" for number, bone in enumerate(rig.bones)}
    joints = {joint: BoneMatch(tuple(names[b] for b in match.bones)) for joint, match in bone_map.joints.items()}
    return replace(rig, bones=tuple(names.values())), replace(bone_map, joints=joints)


def _without(bone_map: BoneMap, side: str) -> BoneMap:
    return replace(bone_map, joints={joint: m for joint, m in bone_map.joints.items() if not joint.startswith(side)})


def _bones(bone_map: BoneMap) -> dict[str, tuple[str, ...]]:
    return {joint: match.bones for joint, match in bone_map.joints.items()}


@pytest.mark.parametrize("source", ["left", "right"])
def test_names_of_the_other_side_are_found(source: str) -> None:
    rig, whole = _rig_and_map()
    target = "right" if source == "left" else "left"
    mirrored = mirrored_map(rig, _without(whole, target), source=source)  # type: ignore[arg-type]
    assert _bones(mirrored) == _bones(whole)
    assert mirrored.problems == ()
    assert mirrored.joints[f"{target}_hip"].reason.startswith("mirrored from mixamorig:")


@pytest.mark.parametrize(("yaw", "y_up"), [(0.0, False), (90.0, False), (180.0, False), (0.0, True)])
def test_bones_without_names_are_found_by_position_whatever_the_facing(yaw: float, y_up: bool) -> None:
    rig, whole = _renamed(*_rig_and_map(yaw=yaw, y_up=y_up))
    mirrored = mirrored_map(rig, _without(whole, "right"))
    assert _bones(mirrored) == _bones(whole)


def test_a_wrong_bone_on_the_other_side_is_replaced() -> None:
    rig, whole = _rig_and_map()
    wrong = {**whole.joints, "right_elbow": whole.joints["right_wrist"]}
    del wrong["right_wrist"]
    assert _bones(mirrored_map(rig, replace(whole, joints=wrong))) == _bones(whole)


def test_a_chain_is_mirrored_whole() -> None:
    rig, whole = _rig_and_map()
    joints = dict(whole.joints)
    elbow = joints.pop("left_elbow")
    joints["left_shoulder"] = BoneMatch((*joints["left_shoulder"].bones, *elbow.bones))
    mirrored = mirrored_map(rig, _without(replace(whole, joints=joints), "right"))
    assert mirrored.joints["right_shoulder"].bones == ("mixamorig:RightArm", "mixamorig:RightForeArm")
    assert "right_elbow" not in mirrored.joints


def test_what_has_no_counterpart_stays_and_is_told() -> None:
    rig, whole = _renamed(*_rig_and_map())
    moved = rig.rest.copy()
    hand = rig.index[whole.joints["right_wrist"].bones[0]]
    moved[hand, :3, 3] += np.array([0.0, 0.5, 0.5])
    lopsided = replace(rig, rest=moved)
    mirrored = mirrored_map(lopsided, whole)
    assert mirrored.joints["right_wrist"] == whole.joints["right_wrist"]
    assert len(mirrored.problems) == 1
    assert "left hand" in mirrored.problems[0]


def test_a_map_of_the_middle_alone_stays() -> None:
    rig, whole = _rig_and_map()
    middle = _without(_without(whole, "right"), "left")
    assert mirrored_map(rig, middle) == middle
