"""Rigs that break tools: each is posed, or refused in words with nothing changed; nothing else is ever raised."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids

Armature = bpy.types.Object
Bones = dict[str, tuple[str | None, humanoids.Point, humanoids.Point]]


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def errors(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("backend.errors")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> object:
    rotations = np.random.default_rng(2).uniform(-0.5, 0.5, (3, 24, 3))
    return package("backend.pose_sequence").PoseSequence(rotations, np.tile([0.1, 0.9, 0.2], (3, 1)))


@pytest.fixture
def pose(keys: ModuleType, poses: object) -> Callable[..., object]:
    """Pose and key an armature for three frames."""

    def pose_(armature: Armature, **options: object) -> object:
        return keys.pose_and_key(armature, poses, options=keys.KeyOptions(frame=1.0, **options))

    return pose_


@pytest.fixture
def refused(pose: Callable[..., object], errors: ModuleType) -> Callable[..., str]:
    """The words in which an armature is refused; it must be as it was."""

    def refused_(armature: Armature) -> str:
        before = state_of(armature)
        with pytest.raises(errors.RigError) as caught:
            pose(armature)
        assert state_of(armature) == before
        assert armature.animation_data is None or armature.animation_data.action is None
        message = str(caught.value)
        assert message.endswith(".")
        assert armature.name in message
        return message

    return refused_


def state_of(armature: Armature) -> dict[str, tuple[float, ...]]:
    return {bone.name: tuple(value for row in bone.matrix_basis for value in row) for bone in armature.pose.bones}


def is_posed(armature: Armature) -> bool:
    values = np.array(list(state_of(armature).values()))
    return bool(np.isfinite(values).all() and np.abs(values - np.eye(4).ravel()).max() > 0.1)


def quadruped() -> Bones:
    """A dog with names of its own kind: the back is level, four legs reach the ground."""
    bones: Bones = {
        "Pelvis": (None, (0.0, 0.4, 0.6), (0.0, 0.2, 0.62)),
        "Back": ("Pelvis", (0.0, 0.2, 0.62), (0.0, -0.1, 0.62)),
        "Withers": ("Back", (0.0, -0.1, 0.62), (0.0, -0.4, 0.65)),
        "NeckBone": ("Withers", (0.0, -0.4, 0.65), (0.0, -0.6, 0.8)),
        "Skull": ("NeckBone", (0.0, -0.6, 0.8), (0.0, -0.85, 0.75)),
        "Tail1": ("Pelvis", (0.0, 0.45, 0.6), (0.0, 0.6, 0.6)),
        "Tail2": ("Tail1", (0.0, 0.6, 0.6), (0.0, 0.8, 0.6)),
    }
    for side, x in (("L", 0.12), ("R", -0.12)):
        for end, parent, y in (("Fore", "Withers", -0.38), ("Hind", "Pelvis", 0.38)):
            bones[f"{end}A.{side}"] = (parent, (x, y, 0.55), (x, y + 0.05, 0.3))
            bones[f"{end}B.{side}"] = (f"{end}A.{side}", (x, y + 0.05, 0.3), (x, y, 0.08))
            bones[f"{end}C.{side}"] = (f"{end}B.{side}", (x, y, 0.08), (x, y - 0.1, 0.0))
    return bones


def test_a_quadruped_is_refused(refused) -> None:
    refused(humanoids.make_armature(quadruped(), name="Dog"))


def test_a_single_bone_is_refused(refused) -> None:
    refused(humanoids.make_armature({"Bone": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))}, name="One"))


def test_a_chain_is_refused(refused) -> None:
    chain: Bones = {"Bone": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 0.1))}
    for number in range(1, 30):
        parent = "Bone" if number == 1 else f"Bone.{number - 1:03}"
        chain[f"Bone.{number:03}"] = (parent, (0.0, 0.0, 0.1 * number), (0.0, 0.0, 0.1 * number + 0.1))
    refused(humanoids.make_armature(chain, name="Rope"))


@pytest.mark.parametrize("prefixes", [("", "Other"), ("a:", "b:")], ids=str)
def test_two_humanoids_in_one_armature_are_told_apart_or_refused(pose, errors, prefixes) -> None:
    bones: Bones = {}
    for prefix, shift in zip(prefixes, (0.0, 3.0), strict=True):
        for name, (parent, head, tail) in humanoids.humanoid_bones().items():
            ends = [(point[0] + shift, point[1], point[2]) for point in (head, tail)]
            bones[prefix + name] = (prefix + parent if parent else None, ends[0], ends[1])
    armature = humanoids.make_armature(bones, name="Twins")
    try:
        report = pose(armature)
    except errors.RigError:
        return
    assert len({name.startswith(prefixes[1]) for name in report.bones}) == 1, "bones of both were mixed"


@pytest.mark.parametrize("scale", [(-1.0, 1.0, 1.0), (-1.0, -1.0, -1.0), (0.0, 1.0, 1.0), (1.0, 50.0, 0.01)], ids=str)
def test_odd_object_scales_pose_the_same_bones(pose, scale) -> None:
    plain, armature = humanoids.make_humanoid(name="Plain"), humanoids.make_humanoid(name="Scaled")
    armature.scale = scale
    bpy.context.view_layer.update()
    pose(plain, flip=bool(np.prod(scale) < 0.0))  # a mirrored rig takes the mirrored pose, see test_object_space
    pose(armature)
    for bone in plain.pose.bones:
        assert np.allclose(bone.matrix_basis, armature.pose.bones[bone.name].matrix_basis, atol=1e-4)


def test_bones_without_length_on_the_way_do_no_harm(pose) -> None:
    bones = humanoids.humanoid_bones()
    bones["LeftNothing"] = ("LeftArm", (0.44, 0.0, 1.41), (0.44, 0.0, 1.41 + 1e-5))
    parent, head, tail = bones.pop("LeftForeArm")
    hand = bones.pop("LeftHand")
    bones["LeftForeArm"], bones["LeftHand"] = ("LeftNothing", head, tail), hand
    armature = humanoids.make_armature(bones, name="Tiny")
    pose(armature)
    assert parent == "LeftArm"
    assert is_posed(armature)


def test_a_limb_without_length_is_refused(refused) -> None:
    bones = humanoids.humanoid_bones()
    for side in ("Left", "Right"):
        for name in ("UpLeg", "Leg", "Foot", "ToeBase"):
            parent, head, _ = bones[side + name]
            hip = bones[f"{side}UpLeg"][1]
            bones[side + name] = (parent, hip, (hip[0], hip[1], hip[2] - 1e-5))
            assert head is not None
    refused(humanoids.make_armature(bones, name="Stump"))


def test_joints_in_one_point_are_refused(refused) -> None:
    bones: Bones = {
        name: (parent, (0.0, 0.0, 0.0), (0.0, 0.0, 0.1)) for name, (parent, _, _) in humanoids.humanoid_bones().items()
    }
    refused(humanoids.make_armature(bones, name="Point"))


def test_drivers_that_drive_each_other_are_left_alone(pose) -> None:
    armature = humanoids.make_humanoid(prefix="")
    for one, other in (("LeftArm", "RightArm"), ("RightArm", "LeftArm")):
        driver = armature.driver_add(f'pose.bones["{one}"].rotation_quaternion', 1).driver
        variable = driver.variables.new()
        variable.targets[0].id = armature
        variable.targets[0].data_path = f'pose.bones["{other}"].rotation_quaternion[1]'
        driver.expression = "var * 0.5"
    report = pose(armature)
    assert is_posed(armature)
    assert {"LeftArm: rotation_quaternion[1] has a driver", "RightArm: rotation_quaternion[1] has a driver"} <= set(
        report.skipped
    )


def test_bones_that_constrain_each_other_in_a_circle_do_not_stop_it(pose) -> None:
    armature = humanoids.make_humanoid(prefix="")
    for one, other in (("LeftArm", "RightArm"), ("RightArm", "LeftArm"), ("Spine", "Head"), ("Head", "Spine")):
        constraint = armature.pose.bones[one].constraints.new("COPY_ROTATION")
        constraint.target, constraint.subtarget = armature, other
    pose(armature)
    assert is_posed(armature)


def test_an_armature_with_every_channel_locked_is_refused(refused) -> None:
    armature = humanoids.make_humanoid(name="Locked")
    for bone in armature.pose.bones:
        bone.lock_location = bone.lock_rotation = (True, True, True)
        bone.lock_rotation_w = bone.lock_rotations_4d = True
    assert "locked" in refused(armature)


def test_a_library_override_and_its_locked_bones_are_posed(pose, tmp_path: Path) -> None:
    source = humanoids.make_humanoid(name="Hero")
    source.pose.bones["mixamorig:Head"].lock_rotation = (True, True, True)
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {source})
    with bpy.data.libraries.load(str(library), link=True) as (_, target):
        target.objects = ["Hero"]
    linked = target.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    override = linked.override_create(remap_local_usages=True)
    report = pose(override)
    assert is_posed(override)
    assert any("Head" in line and "locked" in line for line in report.skipped)


def test_a_system_override_is_posed(pose, tmp_path: Path) -> None:
    source = humanoids.make_humanoid(name="Hero")
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {source})
    with bpy.data.libraries.load(str(library), link=True) as (_, target):
        target.objects = ["Hero"]
    bpy.context.scene.collection.objects.link(target.objects[0])
    override = target.objects[0].override_create(remap_local_usages=True)
    override.override_library.is_system_override = True
    pose(override)
    assert is_posed(override)


def test_an_armature_outside_the_view_layer_is_posed(pose) -> None:
    armature = humanoids.make_humanoid(name="Elsewhere")
    bpy.context.scene.collection.objects.unlink(armature)
    pose(armature)
    assert is_posed(armature)


def test_hidden_bones_and_collections_are_posed(pose) -> None:
    armature = humanoids.make_humanoid(prefix="")
    collection = armature.data.collections.new("Arms")
    for side in ("Left", "Right"):
        collection.assign(armature.data.bones[f"{side}Arm"])
        armature.data.bones[f"{side}Leg"].hide = True
    collection.is_visible = False
    armature.hide_set(True)
    report = pose(armature)
    assert {"LeftArm", "LeftLeg"} <= set(report.bones)
    assert is_posed(armature)


@pytest.mark.parametrize("inherit", ["NONE", "FULL", "ALIGNED", "AVERAGE", "FIX_SHEAR", "NONE_LEGACY"])
def test_scaled_bones_and_every_way_to_inherit_scale_are_posed(pose, inherit: str) -> None:
    armature = humanoids.make_humanoid(prefix="")
    for bone in armature.data.bones:
        bone.inherit_scale = inherit
    armature.pose.bones["Spine1"].scale = (1.3, 1.3, 1.3)
    armature.pose.bones["LeftArm"].scale = (0.0, 0.0, 0.0)
    pose(armature)
    assert is_posed(armature)
    assert tuple(armature.pose.bones["Spine1"].scale) == pytest.approx((1.3, 1.3, 1.3))


def test_an_ik_constraint_without_target_or_onto_another_object_does_no_harm(pose) -> None:
    armature = humanoids.make_humanoid(prefix="")
    empty = bpy.data.objects.new("Target", None)
    bpy.context.scene.collection.objects.link(empty)
    armature.pose.bones["LeftForeArm"].constraints.new("IK")
    armature.pose.bones["RightForeArm"].constraints.new("IK").target = empty
    broken = armature.pose.bones["LeftLeg"].constraints.new("IK")
    broken.target, broken.subtarget = armature, "No such bone"
    for limbs in ("FK", "IK"):
        pose(armature, limbs=limbs)
    assert is_posed(armature)
