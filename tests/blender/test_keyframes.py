"""Keys on real actions: slots, locks, rotation modes, keys that were there, selection, blend, refusals, restoration."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import bpy
import numpy as np
import pytest

import humanoids
from keyed_channels import curves_of, path

Humanoid = bpy.types.Object
MODES = ("QUATERNION", "AXIS_ANGLE", "XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")


@pytest.fixture
def make_humanoid() -> Callable[..., Humanoid]:
    """Mixamo's names without their prefix, to keep the paths below short."""
    return functools.partial(humanoids.make_humanoid, prefix="")


@pytest.fixture
def humanoid(make_humanoid: Callable[..., Humanoid]) -> Humanoid:
    return make_humanoid()


@pytest.fixture
def keys(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("rig.keyframes")


@pytest.fixture
def errors(package: Callable[[str], ModuleType]) -> ModuleType:
    return package("backend.errors")


@pytest.fixture
def poses(package: Callable[[str], ModuleType]) -> Callable[..., object]:
    sequence = package("backend.pose_sequence").PoseSequence

    def make(count: int = 1, seed: int = 0) -> object:
        random = np.random.default_rng(seed)
        return sequence(random.uniform(-0.6, 0.6, (count, 24, 3)), random.uniform(0.5, 1.0, (count, 3)))

    return make


def state_of(armature: Humanoid) -> dict[str, list[float]]:
    return {bone.name: [v for row in bone.matrix_basis for v in row] for bone in armature.pose.bones}


def select_only(armature: Humanoid, *names: str) -> None:
    for bone in armature.pose.bones:
        holder = bone if hasattr(bone, "select") else bone.bone
        holder.select = bone.name in names


def test_a_still_makes_one_key_a_channel_at_the_frame(keys, humanoid, poses) -> None:
    report = keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=12.5))
    curves = curves_of(humanoid)
    assert report.frames == 1
    assert report.action == humanoid.animation_data.action.name
    assert report.skipped == ()
    assert len(report.bones) == 22
    assert {len(curve.keyframe_points) for curve in curves.values()} == {1}
    assert {curve.keyframe_points[0].co[0] for curve in curves.values()} == {12.5}
    assert {index for data_path, index in curves if data_path == path("Hips", "location")} == {0, 1, 2}
    assert all(curve.group.name in humanoid.pose.bones for curve in curves.values())


def test_the_pose_is_visible_at_once_and_after_a_change_of_frame(keys, humanoid, poses) -> None:
    scene = bpy.context.scene
    scene.frame_set(7)
    rest = humanoid.pose.bones["LeftHand"].matrix.copy()
    keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=7.0))
    posed = humanoid.pose.bones["LeftHand"].matrix.copy()
    assert (posed.translation - rest.translation).length > 0.1
    scene.frame_set(8)
    scene.frame_set(7)
    assert np.allclose(humanoid.pose.bones["LeftHand"].matrix, posed, atol=1e-5)


def test_a_sequence_keys_consecutive_frames(keys, humanoid, poses) -> None:
    report = keys.pose_and_key(humanoid, poses(30), options=keys.KeyOptions(frame=100.0))
    curve = curves_of(humanoid)[path("Spine"), 0]
    assert report.frames == 30
    assert [key.co[0] for key in curve.keyframe_points] == list(range(100, 130))


@pytest.mark.parametrize("mode", MODES)
def test_every_rotation_mode_gives_the_same_pose(keys, make_humanoid, poses, mode: str) -> None:
    reference, other = make_humanoid(name="Quaternion"), make_humanoid(name="Other")
    for bone in other.pose.bones:
        bone.rotation_mode = mode
    for armature in (reference, other):
        keys.pose_and_key(armature, poses(3), options=keys.KeyOptions(frame=1.0))
    for frame in (1, 2, 3):
        bpy.context.scene.frame_set(frame)
        for bone in reference.pose.bones:
            assert np.allclose(bone.matrix, other.pose.bones[bone.name].matrix, atol=2e-5), (frame, bone.name)
    assert {bone.rotation_mode for bone in other.pose.bones} == {mode}


def test_keys_elsewhere_survive_and_the_key_at_the_frame_is_replaced(keys, humanoid, poses) -> None:
    bone = humanoid.pose.bones["LeftArm"]
    for frame, w in ((1, 0.9), (10, 0.8), (20, 0.7)):
        bone.rotation_quaternion = (w, 0.1, 0.2, 0.3)
        bone.keyframe_insert("rotation_quaternion", frame=frame)
        bone.keyframe_insert("scale", frame=frame)
    curve = curves_of(humanoid)[path("LeftArm"), 0]
    curve.keyframe_points[0].interpolation = "CONSTANT"
    action = humanoid.animation_data.action
    keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=10.0))
    assert humanoid.animation_data.action == action
    curve = curves_of(humanoid)[path("LeftArm"), 0]
    assert [key.co[0] for key in curve.keyframe_points] == [1.0, 10.0, 20.0]
    assert curve.keyframe_points[0].co[1] == pytest.approx(0.9)
    assert curve.keyframe_points[1].co[1] != pytest.approx(0.8)
    assert curve.keyframe_points[2].co[1] == pytest.approx(0.7)
    assert curve.keyframe_points[0].interpolation == "CONSTANT"
    assert len(curves_of(humanoid)[path("LeftArm", "scale"), 0].keyframe_points) == 3


def test_a_sequence_leaves_keys_before_between_and_after(keys, humanoid, poses) -> None:
    bone = humanoid.pose.bones["LeftArm"]
    for frame in (1, 11.5, 12, 40):
        bone.rotation_quaternion = (0.9, 0.1, 0.2, 0.3)
        bone.keyframe_insert("rotation_quaternion", frame=frame)
    curve = curves_of(humanoid)[path("LeftArm"), 1]
    curve.keyframe_points[3].handle_right_type = "FREE"
    curve.keyframe_points[3].easing = "EASE_OUT"
    keys.pose_and_key(humanoid, poses(5), options=keys.KeyOptions(frame=10.0))
    curve = curves_of(humanoid)[path("LeftArm"), 1]
    assert [key.co[0] for key in curve.keyframe_points] == [1, 10, 11, 11.5, 12, 13, 14, 40]
    last = curve.keyframe_points[-1]
    assert (last.handle_right_type, last.easing) == ("FREE", "EASE_OUT")
    assert last.co[1] == pytest.approx(0.1, abs=1e-6)


def test_the_first_key_continues_the_key_before(keys, humanoid, poses) -> None:
    keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=1.0))
    for index in range(4):
        key = curves_of(humanoid)[path("Head"), index].keyframe_points[0]
        key.co[1] = -key.co[1]
    keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=5.0))
    for index in range(4):
        points = curves_of(humanoid)[path("Head"), index].keyframe_points
        assert points[1].co[1] == pytest.approx(points[0].co[1], abs=1e-5)


def test_locked_channels_are_neither_changed_nor_keyed_but_reported(keys, humanoid, poses) -> None:
    bones = humanoid.pose.bones
    bones["Head"].rotation_mode = "XYZ"
    bones["Head"].rotation_euler = (0.1, 0.2, 0.3)
    bones["Head"].lock_rotation = (False, True, False)
    bones["LeftHand"].lock_rotation = (True, True, True)
    bones["LeftFoot"].lock_rotations_4d = True
    bones["LeftFoot"].lock_rotation_w = True
    bones["Hips"].lock_location = (True, False, True)
    report = keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=1.0))
    curves = curves_of(humanoid)
    assert [i for p, i in curves if p == path("Head", "rotation_euler")] == [0, 2]
    assert bones["Head"].rotation_euler[1] == pytest.approx(0.2)
    assert not [i for p, i in curves if p == path("LeftHand")]
    assert "LeftHand" not in report.bones
    assert [i for p, i in curves if p == path("LeftFoot")] == [1, 2, 3]
    assert [i for p, i in curves if p == path("Hips", "location")] == [1]
    assert tuple(bones["Hips"].location)[::2] == (0.0, 0.0)
    assert set(report.skipped) == {
        "Head: rotation euler is partly locked",
        "LeftHand: rotation quaternion is locked",
        "LeftFoot: rotation quaternion is partly locked",
        "Hips: location is partly locked",
    }


def test_driven_channels_and_locked_curves_are_left_alone(keys, humanoid, poses) -> None:
    humanoid.driver_add(path("Head"), 2).driver.expression = "0.5"
    bone = humanoid.pose.bones["Neck"]
    bone.keyframe_insert("rotation_quaternion", index=3, frame=1)
    curves_of(humanoid)[path("Neck"), 3].lock = True
    report = keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=4.0))
    assert (path("Head"), 2) not in curves_of(humanoid)
    assert len(curves_of(humanoid)[path("Neck"), 3].keyframe_points) == 1
    assert {"Head: rotation_quaternion[2] has a driver", "Neck: rotation_quaternion[3] has a locked F-curve"} <= set(
        report.skipped
    )


def test_only_selected_bones_and_no_root_location(keys, humanoid, poses) -> None:
    select_only(humanoid, "LeftArm", "Hips")
    before = state_of(humanoid)
    options = keys.KeyOptions(frame=1.0, selected_only=True, root_location=False)
    report = keys.pose_and_key(humanoid, poses(), options=options)
    assert set(report.bones) == {"LeftArm", "Hips"}
    assert {p for p, _ in curves_of(humanoid)} == {path("LeftArm"), path("Hips")}
    after = state_of(humanoid)
    assert all(after[name] == before[name] for name in before if name not in report.bones)
    assert tuple(humanoid.pose.bones["Hips"].location) == (0.0, 0.0, 0.0)


def test_nothing_selected_is_an_error_and_changes_nothing(keys, errors, humanoid, poses) -> None:
    select_only(humanoid)
    with pytest.raises(errors.RigError, match="None of the selected bones"):
        keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=1.0, selected_only=True))
    assert humanoid.animation_data is None


def test_blend_lies_between_the_pose_there_was_and_the_new_one(keys, make_humanoid, poses) -> None:
    rigs = [make_humanoid(name=f"Blend {share}") for share in (0.0, 0.5, 1.0)]
    for armature, share in zip(rigs, (0.0, 0.5, 1.0), strict=True):
        armature.pose.bones["LeftArm"].rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
        keys.pose_and_key(armature, poses(), options=keys.KeyOptions(frame=1.0, blend=share))
    none, half, full = (armature.pose.bones["LeftArm"].rotation_quaternion.copy() for armature in rigs)
    assert np.allclose(none, (0.8, 0.0, 0.6, 0.0), atol=1e-6)
    assert none.rotation_difference(half).angle == pytest.approx(half.rotation_difference(full).angle, abs=1e-3)


def test_an_armature_with_parent_scale_and_rotation_poses_in_its_own_space(keys, make_humanoid, poses) -> None:
    plain, placed = make_humanoid(name="Plain"), make_humanoid(name="Placed")
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.rotation_euler, parent.scale = (0.3, 1.0, -0.5), (2.0, 2.0, 2.0)
    placed.parent, placed.location = parent, (1.0, 2.0, 3.0)
    placed.scale, placed.rotation_euler = (0.01, 0.01, 0.01), (1.57, 0.0, 0.4)
    for armature in (plain, placed):
        keys.pose_and_key(armature, poses(), options=keys.KeyOptions(frame=1.0))
    for bone in plain.pose.bones:
        assert np.allclose(bone.matrix, placed.pose.bones[bone.name].matrix, atol=1e-5)
    assert placed.scale[0] == pytest.approx(0.01)


def test_an_action_of_another_objects_slot_gets_a_slot_of_its_own(keys, make_humanoid, poses) -> None:
    first, second = make_humanoid(name="First"), make_humanoid(name="Second")
    keys.pose_and_key(first, poses(), options=keys.KeyOptions(frame=1.0))
    action = first.animation_data.action
    animation = second.animation_data_create()
    animation.action = action
    animation.action_slot = None
    keys.pose_and_key(second, poses(seed=4), options=keys.KeyOptions(frame=3.0))
    assert second.animation_data.action == action
    assert second.animation_data.action_slot != first.animation_data.action_slot
    assert {curve.keyframe_points[0].co[0] for curve in curves_of(first).values()} == {1.0}
    assert {curve.keyframe_points[0].co[0] for curve in curves_of(second).values()} == {3.0}


def test_nla_tweak_mode_keys_at_the_strips_own_time(keys, humanoid, poses) -> None:
    humanoid.pose.bones["Head"].keyframe_insert("rotation_quaternion", frame=1)
    animation = humanoid.animation_data
    action = animation.action
    strip = animation.nla_tracks.new().strips.new("Strip", 51, action)
    strip.action_slot = animation.action_slot
    animation.action = None
    animation.nla_tracks[0].is_solo = False
    animation.nla_tracks.active = animation.nla_tracks[0]
    strip.select = True
    animation.use_tweak_mode = True
    assert animation.use_tweak_mode
    keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=60.0))
    frames = {key.co[0] for key in curves_of(humanoid)[path("Head"), 0].keyframe_points}
    assert frames == {1.0, 10.0}


def test_a_failure_half_way_restores_pose_keys_and_action(keys, humanoid, poses, monkeypatch) -> None:
    humanoid.pose.bones["Head"].keyframe_insert("rotation_quaternion", frame=1)
    before, action = state_of(humanoid), humanoid.animation_data.action
    real, calls = keys.write_channel, []

    def failing(*args: object, **options: object) -> object:
        calls.append(args)
        if len(calls) > 40:
            raise RuntimeError("half way")
        return real(*args, **options)

    monkeypatch.setattr(keys, "write_channel", failing)
    with pytest.raises(RuntimeError, match="half way"):
        keys.pose_and_key(humanoid, poses(2), options=keys.KeyOptions(frame=1.0))
    assert state_of(humanoid) == before
    assert humanoid.animation_data.action == action
    curves = curves_of(humanoid)
    assert {p for p, _ in curves} == {path("Head")}
    assert {len(curve.keyframe_points) for curve in curves.values()} == {1}


def test_a_failure_without_an_action_leaves_none(keys, humanoid, poses, monkeypatch) -> None:
    def failing(*_args: object, **_options: object) -> object:
        raise RuntimeError("at once")

    monkeypatch.setattr(keys, "write_channel", failing)
    with pytest.raises(RuntimeError):
        keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=1.0))
    assert humanoid.animation_data is None
    assert not bpy.data.actions


@pytest.mark.parametrize(
    "option", [{"frame": float("nan")}, {"frame": 1.0, "blend": 1.5}, {"frame": 1.0, "limbs": "BOTH"}]
)
def test_bad_options_are_refused(keys, errors, option: dict[str, float]) -> None:
    with pytest.raises(errors.InputError):
        keys.KeyOptions(**option)


def test_what_is_no_poseable_armature_is_refused_in_words(keys, errors, make_armature, poses) -> None:
    require = __import__("importlib").import_module(keys.__name__.replace("keyframes", "armature")).require_armature
    with pytest.raises(errors.RigError, match="No object is active"):
        require(None)
    with pytest.raises(errors.RigError, match="is not an armature"):
        require(bpy.data.objects.new("Empty", None))
    with pytest.raises(errors.RigError, match="has no bones"):
        require(bpy.data.objects.new("Bare", bpy.data.armatures.new("Bare")))
    dog = make_armature({"Body": (None, (0, 0, 1), (0, 1, 1)), "Tail": ("Body", (0, 1, 1), (0, 2, 1))}, name="Dog")
    with pytest.raises(errors.RigError, match=r"Dog cannot be mapped.*hips.*left upper arm"):
        keys.pose_and_key(dog, poses(), options=keys.KeyOptions(frame=1.0))
    assert dog.animation_data is None
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(errors.RigError, match="Edit Mode"):
        require(dog)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_linked_armatures_and_actions_are_refused(keys, errors, humanoid, poses, tmp_path: Path) -> None:
    humanoid.pose.bones["Head"].keyframe_insert("rotation_quaternion", frame=1)
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {humanoid})
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.objects = source.objects
        target.actions = source.actions
    linked = target.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    with pytest.raises(errors.RigError, match=r"linked from library\.blend"):
        keys.pose_and_key(linked, poses(), options=keys.KeyOptions(frame=1.0))
    humanoid.animation_data.action = target.actions[0]
    with pytest.raises(errors.RigError, match="is linked from another file"):
        keys.pose_and_key(humanoid, poses(), options=keys.KeyOptions(frame=1.0))


def test_a_library_override_can_be_keyed(keys, humanoid, poses, tmp_path: Path) -> None:
    library = tmp_path / "library.blend"
    bpy.data.libraries.write(str(library), {humanoid})
    with bpy.data.libraries.load(str(library), link=True) as (source, target):
        target.objects = source.objects
    linked = target.objects[0]
    bpy.context.scene.collection.objects.link(linked)
    override = linked.override_create(remap_local_usages=True)
    report = keys.pose_and_key(override, poses(), options=keys.KeyOptions(frame=1.0))
    assert len(report.bones) == 22
    assert override.animation_data.action.library is None
