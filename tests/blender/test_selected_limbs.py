"""Selected bones only, on limbs that would have to change between FK and IK: nothing else moves."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest
from mathutils import Vector

import humanoids

Armature = bpy.types.Object


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    def make(seed: int, count: int = 1) -> object:
        rotations = np.random.default_rng(seed).uniform(-0.6, 0.6, (count, 24, 3))
        return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.0, 0.95, 0.0], (count, 1)))

    return make


@pytest.fixture
def generated() -> Armature:
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")
    bpy.ops.object.armature_basic_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


def select(armature: Armature, *names: str) -> None:
    for bone in armature.pose.bones:
        owner = bone if hasattr(bone, "select") else bone.bone
        owner.select = bone.name in names


def matrices(armature: Armature, start: str = "") -> dict[str, np.ndarray]:
    bpy.context.view_layer.update()
    bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    return {bone.name: np.array(bone.matrix) for bone in bones if bone.name.startswith(start)}


def moved(before: dict[str, np.ndarray], after: dict[str, np.ndarray]) -> set[str]:
    return {name for name, matrix in before.items() if not np.allclose(matrix, after[name], atol=2e-3)}


@pytest.mark.parametrize("count", [1, 3])
def test_one_fk_bone_of_a_rigify_arm_in_ik_is_posed_and_the_rest_stays(
    keys, generated: Armature, poses, count: int
) -> None:
    keys.pose_and_key(generated, poses(1), options=keys.KeyOptions(frame=1.0, limbs="IK"))
    before = matrices(generated, "ORG-")
    select(generated, "forearm_fk.L")
    report = keys.pose_and_key(generated, poses(2, count), options=keys.KeyOptions(frame=1.0, selected_only=True))
    after = matrices(generated, "ORG-")
    assert generated.pose.bones["upper_arm_parent.L"]["IK_FK"] == 1.0
    assert moved(before, after) == {"ORG-forearm.L", "ORG-hand.L"}
    held = [np.linalg.inv(each["ORG-forearm.L"]) @ each["ORG-hand.L"] for each in (before, after)]
    np.testing.assert_allclose(held[0], held[1], atol=2e-3)
    assert set(report.bones) == {"forearm_fk.L", "upper_arm_fk.L", "hand_fk.L"}
    assert [note for note in report.notes if "upper_arm_fk.L, hand_fk.L were keyed as IK had put them" in note]


@pytest.mark.parametrize("frame", [1.0, 5.0], ids=["many frames", "another frame"])
def test_where_the_rest_cannot_be_held_the_limb_is_not_switched_and_it_is_said(
    keys, generated: Armature, poses, frame: float
) -> None:
    keys.pose_and_key(generated, poses(1, 4), options=keys.KeyOptions(frame=1.0, limbs="IK"))
    before = matrices(generated, "ORG-")
    select(generated, "forearm_fk.L")
    options = keys.KeyOptions(frame=frame, selected_only=True)
    notes = keys.pose_and_key(generated, poses(2, 3 if frame == 1.0 else 1), options=options).notes
    assert not moved(before, matrices(generated, "ORG-"))
    assert [note for note in notes if "not switched to FK" in note and "upper_arm_fk.L, hand_fk.L" in note]


def test_an_ik_hand_alone_does_not_switch_an_arm_in_fk(keys, generated: Armature, poses) -> None:
    keys.pose_and_key(generated, poses(1), options=keys.KeyOptions(frame=1.0))
    before = matrices(generated, "ORG-")
    select(generated, "hand_ik.L")
    options = keys.KeyOptions(frame=1.0, selected_only=True, limbs="IK")
    notes = keys.pose_and_key(generated, poses(2), options=options).notes
    assert not moved(before, matrices(generated, "ORG-"))
    assert [note for note in notes if "not switched to IK" in note and "keys on hand_ik.L do not show in FK" in note]


def test_one_bone_of_a_leg_with_an_ik_constraint_is_posed_and_the_thigh_stays(keys, poses) -> None:
    armature = humanoids.make_humanoid(prefix="")
    bpy.ops.object.mode_set(mode="EDIT")
    target = armature.data.edit_bones.new("Target")
    target.head = (0.15, -0.3, 0.3)
    target.tail = target.head + Vector((0.0, 0.0, 0.2))
    bpy.ops.object.mode_set(mode="OBJECT")
    ik = armature.pose.bones["LeftLeg"].constraints.new("IK")
    ik.target, ik.subtarget, ik.chain_count = armature, "Target", 2
    before = matrices(armature)
    select(armature, "LeftLeg")
    keys.pose_and_key(armature, poses(2), options=keys.KeyOptions(frame=1.0, selected_only=True))
    assert ik.influence == 0.0
    assert moved(before, matrices(armature)) == {"LeftLeg", "LeftFoot", "LeftToeBase"}
