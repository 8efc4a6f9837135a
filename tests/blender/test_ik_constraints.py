"""IK constraints on the mapped bones themselves, wherever they sit: off in FK, in agreement with FK in IK."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import bpy
import numpy as np
import pytest
from mathutils import Vector

import humanoids

Armature = bpy.types.Object
FRAMES = 6
SIDES = ("Left", "Right")
LEG, ARM = ("UpLeg", "Leg", "Foot"), ("Arm", "ForeArm", "Hand")


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> object:
    random = np.random.default_rng(5)
    rotations = random.uniform(-0.6, 0.6, (FRAMES, 24, 3))
    return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.2, 0.95, 0.1], (FRAMES, 1)))


def turns(armature: Armature) -> np.ndarray:
    """(T, 22, 3, 3) orientations of the body's bones in armature space, as Blender evaluates them."""
    found = []
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(frame + 1)
        bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
        found.append([np.array(bones[name].matrix)[:3, :3] for name in humanoids.humanoid_bones()])
    return np.array(found)


def farthest(armature: Armature, other: Armature) -> float:
    """Degrees between the same bone of two rigs, the worst of all bones and frames."""
    apart = 2.0 * np.arcsin(np.minimum(np.linalg.norm(turns(armature) - turns(other), axis=(-2, -1)) / 8**0.5, 1.0))
    return float(np.degrees(apart).max())


@pytest.fixture
def plain(keys, poses) -> Armature:
    """A rig without constraints, posed."""
    armature = humanoids.make_humanoid(name="Plain", prefix="")
    keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0))
    return armature


def with_controls(*, limb: tuple[str, str, str] = LEG, at_tail: bool = False, pole: bool = False) -> Armature:
    """A humanoid with a free target at the end of both limbs, or at the tail of hand or foot, and poles."""
    armature = humanoids.make_humanoid(prefix="")
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for side in SIDES:
        end, middle = bones[side + limb[2]], bones[side + limb[1]]
        target = bones.new(f"{side}Target")
        target.head = end.tail if at_tail else end.head
        target.tail = target.head + Vector((0.0, 0.0, 0.2))
        if pole:
            bone = bones.new(f"{side}Pole")
            bone.head = middle.head + Vector((0.0, -0.5 if limb is LEG else 0.5, 0.0))
            bone.tail = bone.head + Vector((0.0, 0.0, 0.1))
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def add_ik(armature: Armature, holder: str, *, count: int, tail: bool = True, pole: bool = False) -> None:
    for side in SIDES:
        ik = armature.pose.bones[side + holder].constraints.new("IK")
        ik.target, ik.subtarget, ik.chain_count, ik.use_tail = armature, f"{side}Target", count, tail
        if pole:
            ik.pole_target, ik.pole_subtarget, ik.pole_angle = armature, f"{side}Pole", -1.2


def influences(armature: Armature) -> set[float]:
    return {constraint.influence for bone in armature.pose.bones for constraint in bone.constraints}


@pytest.mark.parametrize("limbs", ["FK", "IK"])
@pytest.mark.parametrize("pole", [False, True], ids=["no pole", "pole"])
@pytest.mark.parametrize(
    ("limb", "holder", "count", "tail"),
    [
        (LEG, "Foot", 2, False),
        (ARM, "Hand", 2, False),
        (LEG, "Foot", 3, False),
        (LEG, "Foot", 3, True),
        (LEG, "Leg", 2, True),
        (ARM, "ForeArm", 0, True),
    ],
)
def test_every_ik_constraint_agrees_with_fk(keys, poses, plain, limbs, pole, limb, holder, count, tail) -> None:
    armature = with_controls(limb=limb, at_tail=tail and holder == limb[2], pole=pole)
    add_ik(armature, holder, count=count, tail=tail, pole=pole)
    report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
    assert farthest(armature, plain) < (0.05 if limbs == "FK" else 1.0)
    assert influences(armature) == {1.0 if limbs == "IK" else 0.0}
    assert ("LeftTarget" in report.bones) == (limbs == "IK")
    assert ("LeftPole" in report.bones) == (limbs == "IK" and pole)
    assert not any("may override" in note for note in report.notes)


def mmd_legs() -> Armature:
    """Legs as mmd_tools makes them: IK on the shin, and IK of one bone on the foot, whose target is below the first."""
    armature = humanoids.make_humanoid(prefix="")
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for side in SIDES:
        leg, toe = bones.new(f"{side}LegIK"), bones.new(f"{side}ToeIK")
        leg.head = bones[f"{side}Foot"].head
        leg.tail = leg.head + Vector((0.0, 0.15, 0.0))
        toe.head, toe.parent = bones[f"{side}Foot"].tail, leg
        toe.tail = toe.head + Vector((0.0, 0.0, -0.1))
    bpy.ops.object.mode_set(mode="OBJECT")
    for side in SIDES:
        for holder, target, count in (("Leg", "LegIK", 2), ("Foot", "ToeIK", 1)):
            ik = armature.pose.bones[side + holder].constraints.new("IK")
            ik.target, ik.subtarget, ik.chain_count = armature, side + target, count
    return armature


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_legs_of_two_ik_constraints_each_keep_their_feet(keys, poses, plain, limbs: str) -> None:
    armature = mmd_legs()
    report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
    assert farthest(armature, plain) < (0.05 if limbs == "FK" else 1.0)
    assert ({"LeftLegIK", "RightToeIK"} <= set(report.bones)) == (limbs == "IK")
    assert report.notes == ()


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_feet_that_copy_the_rotation_of_an_ik_target_are_turned_as_in_fk(keys, poses, plain, limbs: str) -> None:
    armature = with_controls()
    add_ik(armature, "Leg", count=2)
    for side in SIDES:
        copy = armature.pose.bones[f"{side}Foot"].constraints.new("COPY_ROTATION")
        copy.target, copy.subtarget = armature, f"{side}Target"
    report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
    assert farthest(armature, plain) < (0.05 if limbs == "FK" else 1.0)
    assert influences(armature) == {1.0 if limbs == "IK" else 0.0}
    assert report.notes == ()


def under_a_master() -> Armature:
    """Hips and targets under a posed control near the feet; each leg reaches for a helper below its target."""
    armature = with_controls(pole=True)
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    master = bones.new("Master")
    master.head, master.tail = (0.0, 0.0, 0.0), (0.0, 0.5, 0.0)
    bones["Hips"].parent = master
    for side in SIDES:
        target, helper = bones[f"{side}Target"], bones.new(f"{side}Helper")
        target.parent = bones[f"{side}Pole"].parent = master
        helper.head, helper.tail, helper.parent = target.head, target.tail, target
    bpy.ops.object.mode_set(mode="OBJECT")
    add_ik(armature, "Leg", count=2, pole=True)
    for side in SIDES:
        armature.pose.bones[f"{side}Leg"].constraints["IK"].subtarget = f"{side}Helper"
        armature.pose.bones[f"{side}Helper"].lock_location = (True, True, True)
        armature.pose.bones[f"{side}Helper"].location = (0.05, 0.02, 0.0)
    armature.pose.bones["Master"].location = (0.3, 0.2, 0.1)
    armature.pose.bones["Master"].rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
    return armature


@pytest.mark.parametrize("limbs", ["FK", "IK"])
def test_targets_are_placed_below_posed_controls_and_above_posed_helpers(keys, poses, plain, limbs: str) -> None:
    armature = under_a_master()
    report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
    assert farthest(armature, plain) < (0.05 if limbs == "FK" else 1.0)
    assert "Master" not in report.bones
    assert ("LeftTarget" in report.bones) == (limbs == "IK")


def test_a_target_that_hangs_on_the_limb_is_switched_off_and_said(keys, poses, plain) -> None:
    armature = with_controls()
    bpy.ops.object.mode_set(mode="EDIT")
    for side in SIDES:
        armature.data.edit_bones[f"{side}Target"].parent = armature.data.edit_bones[f"{side}UpLeg"]
    bpy.ops.object.mode_set(mode="OBJECT")
    add_ik(armature, "Leg", count=2)
    notes = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs="IK")).notes
    assert farthest(armature, plain) < 0.05
    assert len([note for note in notes if "LeftTarget" in note and "hangs on the limb itself" in note]) == 1


def test_ik_onto_another_object_is_switched_off_and_said(keys, poses, plain) -> None:
    armature = humanoids.make_humanoid(prefix="")
    empty = bpy.data.objects.new("Goal", None)
    bpy.context.scene.collection.objects.link(empty)
    ik = armature.pose.bones["LeftLeg"].constraints.new("IK")
    ik.target, ik.chain_count = empty, 2
    for limbs, told in (("FK", 0), ("IK", 1)):
        ik.influence = 1.0
        report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
        assert farthest(armature, plain) < 0.05
        assert ik.influence == 0.0
        assert len([note for note in report.notes if "Goal" in note and "FK" in note]) == told
        assert len(report.notes) == told


@pytest.mark.parametrize("expression", [None, "1 - v", "v"])
def test_the_property_that_drives_an_influence_is_keyed_in_its_place(keys, poses, plain, expression) -> None:
    armature = with_controls()
    add_ik(armature, "Leg", count=2)
    armature.pose.bones["Hips"]["legs"] = 0.3
    for side in SIDES:
        curve = armature.pose.bones[f"{side}Leg"].constraints["IK"].driver_add("influence")
        variable = curve.driver.variables.new()
        variable.name, variable.targets[0].id = "v", armature
        variable.targets[0].data_path = 'pose.bones["Hips"]["legs"]'
        curve.driver.type = "AVERAGE" if expression is None else "SCRIPTED"
        curve.driver.expression = expression or ""
    for limbs in ("FK", "IK"):
        report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
        assert report.skipped == ()
        assert farthest(armature, plain) < (0.05 if limbs == "FK" else 1.0)
        assert armature.pose.bones["Hips"]["legs"] == float((limbs == "IK") != (expression == "1 - v"))


def test_ik_where_a_rig_has_none_is_said(keys, poses) -> None:
    armature = humanoids.make_humanoid(prefix="")
    for limbs, told in (("FK", 0), ("IK", 1)):
        notes = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs)).notes
        assert len([note for note in notes if "no IK constraint" in note and "FK" in note]) == told


def test_a_limit_that_holds_a_bone_back_is_said_and_a_wide_one_is_not(keys, poses) -> None:
    armature = humanoids.make_humanoid(prefix="")
    limit = armature.pose.bones["LeftArm"].constraints.new("LIMIT_ROTATION")
    limit.owner_space, limit.use_limit_x = "LOCAL", True
    for widest, told in ((0.1, 1), (3.1, 0)):
        limit.min_x, limit.max_x = -widest, widest
        notes = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0)).notes
        assert len([note for note in notes if "Limit Rotation on LeftArm" in note]) == told
    limit.influence = 0.0
    assert keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0)).notes == ()


def test_curves_that_are_muted_or_modified_are_said(keys, poses) -> None:
    armature = humanoids.make_humanoid(prefix="")
    for name in ("LeftArm", "Head"):
        armature.pose.bones[name].keyframe_insert("rotation_quaternion", frame=1.0)
    action = armature.animation_data.action
    for curve in action.layers[0].strips[0].channelbags[0].fcurves:
        curve.mute = "LeftArm" in curve.data_path
        if "Head" in curve.data_path:
            curve.modifiers.new("NOISE")
    notes = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0)).notes
    assert len(notes) == 2
    assert "F-curves of LeftArm are muted" in notes[0]
    assert "F-curves of Head have modifiers" in notes[1]
