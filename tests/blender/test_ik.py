"""IK limbs: targets and poles placed so that Blender's IK gives what FK gave, on Rigify and on plain IK constraints."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import addon_utils
import bpy
import numpy as np
import pytest

import humanoids

Armature = bpy.types.Object
FRAMES = 8
LIMBS = {"Arm": ("Arm", "ForeArm", "Hand"), "Leg": ("UpLeg", "Leg", "Foot")}
SIDES = ("Left", "Right")


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> object:
    """Arms up, a squat, and poses with every limb bent some other way."""
    random, skeleton = np.random.default_rng(5), package("backend.skeleton")
    reach = {"shoulder": (0.7, 0.9, 1.0), "elbow": (0.4, 1.6, 0.2), "hip": (1.3, 0.5, 0.5), "knee": (1.6, 0.1, 0.1)}
    limits = np.array([reach.get(name.rpartition("_")[2], (0.3, 0.3, 0.3)) for name in skeleton.JOINT_NAMES])
    rotations = random.uniform(-1.0, 1.0, (FRAMES, 24, 3)) * limits
    rotations[:2] = 0.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations[0, skeleton.JOINT_INDEX[f"{side}_shoulder"]] = (0.0, 0.0, sign * 1.5)
        rotations[1, skeleton.JOINT_INDEX[f"{side}_hip"]] = (-1.9, 0.0, 0.0)
        rotations[1, skeleton.JOINT_INDEX[f"{side}_knee"]] = (2.2, 0.0, 0.0)
    return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.0, 0.9, 0.0], (FRAMES, 1)))


def heads(armature: Armature, names: list[str]) -> np.ndarray:
    """(T, N, 3) in armature space, as Blender evaluates them."""
    found = []
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(frame + 1)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([evaluated.pose.bones[name].head[:] for name in names])
    return np.array(found)


def degrees_apart(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Between the directions of the limbs' parts; joints come in threes."""
    found = []
    for joints in (first, second):
        limbs = joints.reshape(FRAMES, -1, 3, 3)
        ways = np.diff(limbs, axis=2)
        found.append(ways / np.linalg.norm(ways, axis=-1, keepdims=True))
    sine = np.linalg.norm(np.cross(*found), axis=-1)
    return np.degrees(np.arctan2(sine, np.sum(found[0] * found[1], axis=-1)))


def in_fk_and_ik(keys: ModuleType, armature: Armature, poses: object, names: list[str]) -> tuple[np.ndarray, object]:
    keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0))
    reference = heads(armature, names)
    report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs="IK"))
    return degrees_apart(reference, heads(armature, names)), report


@pytest.fixture
def generated() -> Armature:
    if addon_utils.enable("rigify", default_set=True, persistent=True) is None:
        pytest.skip("Rigify does not start in this Blender")
    bpy.ops.object.armature_human_metarig_add()
    bpy.ops.pose.rigify_generate()
    return bpy.context.object


@pytest.mark.parametrize("pole", [False, True], ids=["turned by the limb's own control", "with pole vectors"])
def test_rigify_in_ik_is_posed_as_in_fk(keys, generated: Armature, poses, pole: bool) -> None:
    holders = [bone for bone in generated.pose.bones if "pole_vector" in bone]
    for bone in holders:
        bone["pole_vector"] = pole
    generated.update_tag()
    bpy.context.view_layer.update()
    parts = (("upper_arm", "forearm", "hand"), ("thigh", "shin", "foot"))
    names = [f"DEF-{part}.{side}" for side in "LR" for limb in parts for part in limb]
    apart, report = in_fk_and_ik(keys, generated, poses, names)
    assert apart.max() < 1.0
    assert {bone["IK_FK"] for bone in holders} == {0.0}
    assert {"hand_ik.L", "foot_ik.R", "upper_arm_ik_target.L" if pole else "upper_arm_ik.L"} <= set(report.bones)
    assert not {"upper_arm_fk.L", "shin_fk.R"} & set(report.bones)
    assert any("IK Stretch of upper_arm_ik.L and MCH-forearm_ik.L" in note for note in report.notes)


@pytest.mark.parametrize("pole", [False, True], ids=["turned by the limb's own control", "with pole vectors"])
def test_a_second_pose_in_ik_is_as_right_as_the_first(keys, generated: Armature, poses, pole: bool) -> None:
    """The controls stand anywhere by then; their locations are in the armature's axes, not their own."""
    for bone in generated.pose.bones:
        if "pole_vector" in bone:
            bone["pole_vector"] = pole
    generated.pose.bones["hand_ik.L"].location = (0.1, -0.2, 0.3)
    generated.update_tag()
    bpy.context.view_layer.update()
    names = [
        f"DEF-{part}.{side}" for side in "LR" for part in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot")
    ]
    for _ in range(2):
        keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0, limbs="IK"))
    again = heads(generated, names)
    keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0))
    assert degrees_apart(heads(generated, names), again).max() < 1.0


def turns(armature: Armature, names: list[str]) -> np.ndarray:
    """(T, N, 3, 3) orientations in armature space, as Blender evaluates them."""
    found = []
    for frame in range(FRAMES):
        bpy.context.scene.frame_set(frame + 1)
        evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
        found.append([np.array(evaluated.pose.bones[name].matrix.normalized())[:3, :3] for name in names])
    return np.array(found)


def test_rigify_in_ik_turns_every_bone_as_in_fk_but_for_the_roll_of_its_hinges(
    keys, package, generated: Armature, poses, record_property
) -> None:
    """The knee and elbow of Rigify's IK bend about one axis, so nothing can roll its shins and forearms."""
    angle = package("backend.rotations").geodesic_angle
    ends = [f"DEF-{part}.{side}" for side in "LR" for part in ("upper_arm", "hand", "thigh", "foot", "toe")]
    hinged = [f"DEF-{part}.{side}" for side in "LR" for part in ("forearm", "shin")]
    names = [*ends, *hinged]
    keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0))
    in_fk = turns(generated, names)
    report = keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0, limbs="IK"))
    in_ik = turns(generated, names)
    apart = np.degrees(angle(in_fk, in_ik))
    assert apart[:, : len(ends)].max() < 1.0
    directions = np.degrees(np.arccos(np.clip(np.sum(in_fk[..., 1] * in_ik[..., 1], axis=-1), -1.0, 1.0)))
    assert directions.max() < 1.0
    rolls = {name: f"{value:.1f}" for name, value in zip(hinged, apart[:, len(ends) :].mean(axis=0), strict=True)}
    record_property("mean roll apart, degrees", rolls)
    print("mean roll apart, degrees:", rolls)
    assert {"toe_ik.L", "toe_ik.R"} <= set(report.bones)
    assert not {"toe_fk.L", "toe_fk.R"} & set(report.bones)


def test_a_knee_that_bends_as_a_hinge_does_is_rolled_as_in_fk(keys, package, generated: Armature, poses) -> None:
    knees = [package("backend.skeleton").JOINT_INDEX[f"{side}_knee"] for side in ("left", "right")]
    rotations = np.array(poses.rotations)
    rotations[:, knees] *= [1.0, 0.0, 0.0]
    rotations[:, knees, 0] = np.abs(rotations[:, knees, 0]) + 0.2
    bent = package("backend.pose_sequence").PoseSequence(rotations, poses.translation)
    shins = ["DEF-shin.L", "DEF-shin.R"]
    keys.pose_and_key(generated, bent, options=keys.KeyOptions(frame=1.0))
    in_fk = turns(generated, shins)
    keys.pose_and_key(generated, bent, options=keys.KeyOptions(frame=1.0, limbs="IK"))
    assert np.degrees(package("backend.rotations").geodesic_angle(in_fk, turns(generated, shins))).max() < 1.0


def test_locks_of_controls_that_need_no_more_than_is_open_are_no_news(keys, generated: Armature, poses) -> None:
    assert all(generated.pose.bones["thigh_ik.L"].lock_rotation[index] for index in (0, 2))
    assert keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0, limbs="IK")).skipped == ()
    generated.pose.bones["toe_ik.L"].lock_rotation = (True, False, False)
    generated.pose.bones["toe_ik.L"].rotation_mode = "XYZ"
    report = keys.pose_and_key(generated, poses, options=keys.KeyOptions(frame=1.0, limbs="IK"))
    assert report.skipped == ("toe_ik.L: rotation euler is partly locked",)


def plain_ik(*, pole: bool, pole_angle: float = 0.0) -> Armature:
    """A humanoid whose forearms and shins have IK constraints of their own, with targets under a root bone."""
    bones = {"Root": (None, (0.0, 0.0, 0.0), (0.0, 0.3, 0.0)), **humanoids.humanoid_bones()}
    for side in SIDES:
        for limb, (_, middle, end) in LIMBS.items():
            head = bones[side + end][1]
            bones[f"{side}{limb}IK"] = ("Root", head, (head[0], head[1] + 0.1, head[2]))
            x, y, z = bones[side + middle][1]
            away = 0.5 if limb == "Arm" else -0.5
            bones[f"{side}{limb}Pole"] = ("Root", (x, y + away, z), (x, y + 1.2 * away, z))
    armature = humanoids.make_armature(bones)
    for side in SIDES:
        for limb, (_, middle, _end) in LIMBS.items():
            ik = armature.pose.bones[side + middle].constraints.new("IK")
            ik.target, ik.subtarget, ik.chain_count = armature, f"{side}{limb}IK", 2
            if pole:
                ik.pole_target, ik.pole_subtarget, ik.pole_angle = armature, f"{side}{limb}Pole", pole_angle
    return armature


@pytest.mark.parametrize("pole", [None, 0.0, -1.5, 2.2], ids=str)
def test_ik_constraints_on_the_bones_themselves_give_what_fk_gives(keys, poses, pole: float | None) -> None:
    armature = plain_ik(pole=pole is not None, pole_angle=pole or 0.0)
    names = [side + bone for side in SIDES for limb in LIMBS.values() for bone in limb]
    apart, report = in_fk_and_ik(keys, armature, poses, names)
    assert apart.max() < 1.0
    assert {"LeftArmIK", "RightLegIK"} <= set(report.bones)
    assert ("LeftLegPole" in report.bones) == (pole is not None)


def test_the_influence_of_ik_constraints_is_keyed_for_what_was_chosen(keys, poses) -> None:
    armature = plain_ik(pole=True)
    for limbs, value in (("FK", 0.0), ("IK", 1.0)):
        report = keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, limbs=limbs))
        constraints = [c for bone in armature.pose.bones for c in bone.constraints]
        assert {c.influence for c in constraints} == {value}
        assert ("LeftArmIK" in report.bones) == (limbs == "IK")
    animation = armature.animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    curve = bag.fcurves.find('pose.bones["LeftForeArm"].constraints["IK"].influence')
    assert [tuple(key.co) for key in curve.keyframe_points] == [(1.0, 1.0)]


def test_ik_constraints_do_not_disturb_what_fk_is_measured_by(keys, package, poses) -> None:
    armature, plain = plain_ik(pole=True), humanoids.make_humanoid(prefix="")
    names = [side + bone for side in SIDES for limb in LIMBS.values() for bone in limb]
    for each in (armature, plain):
        keys.pose_and_key(each, poses, options=keys.KeyOptions(frame=1.0))
    assert degrees_apart(heads(armature, names), heads(plain, names)).max() < 0.05
    assert not any(c.mute for bone in armature.pose.bones for c in bone.constraints)
