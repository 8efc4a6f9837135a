"""Confidence on the rig: joints that are left alone or kept, bones tinted, and the rest selected."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from fake_layout import draw


@pytest.fixture
def keys(package):
    return package("rig.keyframes")


@pytest.fixture
def tint(package):
    tint = package("rig.overlay").tint
    yield tint
    tint.hide()


@pytest.fixture
def poses(package):
    """Every joint turned, all sure except the joints that are named."""
    sequence, index = package("backend.pose_sequence").PoseSequence, package("backend.skeleton").JOINT_INDEX

    def make(*, frames=1, **confidence):
        random = np.random.default_rng(5)
        sure = np.full((frames, 24), 0.9, np.float32)
        for joint, value in confidence.items():
            sure[:, index[joint]] = value
        rotations = random.uniform(-0.5, 0.5, (frames, 24, 3))
        return sequence(rotations, np.full((frames, 3), 0.9), confidence=sure)

    return make


def bone(armature, name):
    return armature.pose.bones[f"mixamorig:{name}"]


def pose_of(armature):
    return {b.name: np.array(b.matrix_basis) for b in armature.pose.bones}


def selected(package, armature):
    is_selected = package("rig.selection").is_selected
    return {b.name.removeprefix("mixamorig:") for b in armature.pose.bones if is_selected(b)}


def test_only_sure_joints_are_keyed_and_the_others_told(keys, humanoid, poses):
    before = pose_of(humanoid)
    options = keys.KeyOptions(frame=1.0, min_confidence=0.5)
    report = keys.pose_and_key(humanoid, poses(left_elbow=0.49, right_knee=0.1, head=0.5), options=options)
    assert set(report.unsure) == {"mixamorig:LeftForeArm", "mixamorig:RightLeg"}
    assert not set(report.unsure) & set(report.bones)
    after = pose_of(humanoid)
    for name, matrix in after.items():
        assert np.allclose(matrix, before[name]) == (name in report.unsure), name
    assert {joint.name: round(joint.confidence, 2) for joint in report.joints}["right_knee"] == 0.1


def test_an_unsure_root_keeps_its_place(keys, humanoid, poses):
    keys.pose_and_key(humanoid, poses(pelvis=0.2), options=keys.KeyOptions(frame=1.0, min_confidence=0.5))
    assert tuple(bone(humanoid, "Hips").location) == (0.0, 0.0, 0.0)
    assert bone(humanoid, "Spine").rotation_quaternion.angle > 0.05


def test_when_nothing_is_sure_nothing_is_keyed_and_said(package, keys, humanoid, poses):
    options = keys.KeyOptions(frame=1.0, min_confidence=0.95)
    with pytest.raises(package("backend.errors").RigError, match="No joint of Armature is as sure as 95%"):
        keys.pose_and_key(humanoid, poses(), options=options)
    assert humanoid.animation_data is None


@pytest.mark.parametrize("value", [-0.1, 1.5, float("nan")])
def test_a_threshold_that_is_none_is_refused(package, keys, value):
    with pytest.raises(package("backend.errors").InputError, match="least confidence"):
        keys.KeyOptions(frame=1.0, min_confidence=value)


def test_unseen_joints_are_keyed_as_they_stand(keys, humanoid, poses):
    arm, leg = bone(humanoid, "LeftForeArm"), bone(humanoid, "RightLeg")
    arm.rotation_quaternion = leg.rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
    options = keys.KeyOptions(frame=1.0, keep_unseen=True)
    report = keys.pose_and_key(humanoid, poses(left_elbow=0.39, right_knee=0.41), options=options)
    assert arm.name in report.bones
    assert tuple(arm.rotation_quaternion) == pytest.approx((0.8, 0.0, 0.6, 0.0), abs=1e-5)
    assert tuple(leg.rotation_quaternion) != pytest.approx((0.8, 0.0, 0.6, 0.0), abs=1e-2)
    bpy.context.scene.frame_set(5)
    assert tuple(arm.rotation_quaternion) == pytest.approx((0.8, 0.0, 0.6, 0.0), abs=1e-5)


def shown_but_for(package, poses, *names):
    """The poses, with a picture that shows all joints but these."""
    shown = np.ones((1, 24), np.float32)
    shown[0, [package("backend.skeleton").JOINT_INDEX[name] for name in names]] = 0.1
    return replace(poses, shown=shown)


def test_where_it_is_known_what_the_picture_shows_that_decides(package, keys, humanoid, poses):
    """A leg that the picture cuts off is often guessed well, and a raised arm that it shows read with doubts."""
    arm, leg = bone(humanoid, "LeftForeArm"), bone(humanoid, "RightLeg")
    arm.rotation_quaternion = leg.rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
    half = shown_but_for(package, poses(left_elbow=0.2, right_knee=0.8), "right_knee")
    keys.pose_and_key(humanoid, half, options=keys.KeyOptions(frame=1.0, keep_unseen=True))
    assert tuple(leg.rotation_quaternion) == pytest.approx((0.8, 0.0, 0.6, 0.0), abs=1e-5)
    assert tuple(arm.rotation_quaternion) != pytest.approx((0.8, 0.0, 0.6, 0.0), abs=1e-2)


def test_without_legs_in_the_picture_the_root_keeps_its_place(package, keys, humanoid, poses):
    hips = bone(humanoid, "Hips")
    hips.location = (0.0, -0.25, 0.0)
    one_leg, both = ("right_hip", "right_knee"), ("left_hip", "left_knee", "right_hip", "right_knee")
    options = keys.KeyOptions(frame=1.0, keep_unseen=True)
    keys.pose_and_key(humanoid, shown_but_for(package, poses(), *both), options=options)
    assert tuple(hips.location) == pytest.approx((0.0, -0.25, 0.0), abs=1e-6)
    assert hips.rotation_quaternion.angle > 0.05
    keys.pose_and_key(humanoid, shown_but_for(package, poses(), *one_leg), options=options)
    assert tuple(hips.location) != pytest.approx((0.0, -0.25, 0.0), abs=1e-3)


def test_the_panel_says_which_limbs_the_picture_does_not_show(package, humanoid, photos, photo, monkeypatch):
    estimate = photos.estimate

    def bust(person):
        found = estimate(person)
        return replace(found, poses=shown_but_for(package, found.poses, "left_hip", "left_knee", "left_ankle"))

    monkeypatch.setattr(photos, "estimate", bust)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    parts = bpy.context.scene.contrapposto.result.body_parts
    assert [part.name for part in parts if part.not_shown] == ["Left leg"]
    assert f"{parts['Left leg'].confidence:.0%}, not shown" in draw("CONTRAPPOSTO_PT_result", width=900).texts()
    bpy.ops.contrapposto.photo(filepath=str(photo), flip=True)
    assert [part.name for part in parts if part.not_shown] == ["Right leg"]


def test_in_motion_a_joint_is_kept_only_in_the_frames_that_do_not_show_it(package, keys, humanoid, poses):
    moving = poses(frames=3)
    sure = moving.confidence.copy()
    sure[1, package("backend.skeleton").JOINT_INDEX["left_elbow"]] = 0.1
    moving = package("backend.pose_sequence").PoseSequence(moving.rotations, moving.translation, confidence=sure)
    keys.pose_and_key(humanoid, moving, options=keys.KeyOptions(frame=1.0, keep_unseen=True))
    angles = []
    for frame in (1, 2, 3):
        bpy.context.scene.frame_set(frame)
        angles.append(bone(humanoid, "LeftForeArm").rotation_quaternion.angle)
    assert angles[1] == pytest.approx(0.0, abs=1e-5)
    assert angles[0] > 0.1
    assert angles[2] > 0.1


def test_controls_of_a_limb_in_ik_are_as_sure_as_its_least_joint(package, keys, poses):
    rig = package("rig.rigify_human").make_rigify_human()
    hand, foot = rig.pose.bones["hand_ik.L"], rig.pose.bones["foot_ik.R"]
    options = keys.KeyOptions(frame=1.0, limbs="IK", min_confidence=0.5)
    report = keys.pose_and_key(rig, poses(left_elbow=0.2), options=options)
    assert hand.name in report.unsure
    assert foot.name in report.bones
    assert tuple(hand.location) == (0.0, 0.0, 0.0)
    joints = {joint.name: joint for joint in report.joints}
    assert "hand_ik.L" in joints["left_elbow"].controls
    assert not any("ik" in name.lower() for name in joints["left_elbow"].bones)


def test_the_operator_obeys_the_options(humanoid, photos, photo):
    bpy.ops.contrapposto.photo(filepath=str(photo), only_sure=True, min_confidence=0.6)
    result = bpy.context.scene.contrapposto.result
    few = result.keyed_count
    assert result.unsure_count > 0
    assert "too unsure to key: mixamorig:Hips" in draw("CONTRAPPOSTO_PT_result", width=2000).texts()
    bpy.ops.contrapposto.photo(filepath=str(photo), only_sure=False, min_confidence=0.6)
    assert result.keyed_count == few + 22 - few
    assert result.unsure_count == 0


def test_flipped_the_confidence_changes_sides(humanoid, photos, photo):
    def told():
        joints = {joint.name: joint.confidence for joint in bpy.context.scene.contrapposto.result.joints}
        parts = {part.name: part.confidence for part in bpy.context.scene.contrapposto.result.body_parts}
        return joints, parts

    bpy.ops.contrapposto.photo(filepath=str(photo))
    joints, parts = told()
    bpy.ops.contrapposto.photo(filepath=str(photo), flip=True)
    flipped_joints, flipped_parts = told()
    assert joints["left_knee"] != joints["right_knee"]
    assert flipped_joints["left_knee"] == joints["right_knee"]
    assert flipped_parts["Left arm"] == parts["Right arm"]


def test_the_rest_is_selected_in_pose_mode(package, humanoid, photos, photo):
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.context.scene.contrapposto.options.min_confidence = 0.42
    assert bpy.ops.contrapposto.select_unsure() == {"FINISHED"}
    assert humanoid.mode == "POSE"
    # The fake is less sure of the joints that come first in SMPL's order: from 0.2 for the pelvis to 1.
    assert selected(package, humanoid) == {
        "Hips", "LeftUpLeg", "RightUpLeg", "Spine", "LeftLeg", "RightLeg", "Spine1",
    }  # fmt: skip


def test_the_controls_of_limbs_in_ik_are_selected(package, photos, photo):
    rig = package("rig.rigify_human").make_rigify_human()
    bpy.context.view_layer.objects.active = rig
    bpy.ops.contrapposto.photo(filepath=str(photo), limbs="IK")
    bpy.context.scene.contrapposto.options.min_confidence = 0.3
    bpy.ops.contrapposto.select_unsure()
    names = selected(package, rig)
    assert {"torso", "foot_ik.L", "foot_ik.R"} <= names
    assert not {"thigh_fk.L", "hand_ik.L"} & names


def test_selecting_the_rest_says_when_there_is_none(humanoid, photos, photo):
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.context.scene.contrapposto.options.min_confidence = 0.1
    assert bpy.ops.contrapposto.select_unsure() == {"CANCELLED"}
    assert humanoid.mode == "OBJECT"
    assert "Every joint is at least 10% sure" in draw("CONTRAPPOSTO_PT_result", width=900).texts()


@pytest.mark.parametrize("operator", ["select_unsure", "show_confidence"])
def test_without_a_pose_or_its_rig_they_are_disabled_in_words(humanoid, photos, photo, operator):
    with pytest.raises(RuntimeError, match="Pose from a photo first"):
        getattr(bpy.ops.contrapposto, operator)()
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="Leave Edit Mode of Armature"):
        getattr(bpy.ops.contrapposto, operator)()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.data.objects.remove(humanoid)
    with pytest.raises(RuntimeError, match="Armature is no longer in the scene"):
        getattr(bpy.ops.contrapposto, operator)()
    assert "Armature is no longer in the scene" in draw("CONTRAPPOSTO_PT_result", width=900).texts()


def test_in_the_background_nothing_is_drawn(humanoid, photos, photo, tint):
    bpy.ops.contrapposto.photo(filepath=str(photo))
    assert bpy.ops.contrapposto.show_confidence() == {"CANCELLED"}
    assert not tint.is_shown


def joints_of(**confidence):
    return [SimpleNamespace(confidence=value, bones=f"mixamorig:{name}") for name, value in confidence.items()]


def test_unsure_bones_are_lines_from_head_to_tail_in_the_world(package, humanoid, tint):
    overlay = package("rig.overlay")
    humanoid.location, humanoid.scale = (1.0, 2.0, 3.0), (2.0, 2.0, 2.0)
    bone(humanoid, "LeftArm").rotation_quaternion = (0.8, 0.0, 0.6, 0.0)
    bpy.context.view_layer.update()
    joints = joints_of(LeftArm=0.2, RightArm=0.5, Head=0.9, Tail=0.1)
    lines = list(overlay.tinted_lines(humanoid, joints, sure_too=False))
    assert [colour for *_, colour in lines] == [overlay.COLOURS["UNSEEN"], overlay.COLOURS["DOUBTFUL"]]
    start, end, _ = lines[0]
    arm = bone(humanoid, "LeftArm")
    assert np.allclose(start, np.array(arm.head) * 2.0 + (1.0, 2.0, 3.0), atol=1e-5)
    assert np.linalg.norm(np.subtract(end, start)) == pytest.approx(2.0 * arm.length, abs=1e-5)
    assert len(list(overlay.tinted_lines(humanoid, joints, sure_too=True))) == 3


@pytest.fixture
def drawn(package, humanoid, photos, photo, tint, monkeypatch):
    """A tint that is shown, and the lines that it draws."""
    overlay = package("rig.overlay")
    bpy.ops.contrapposto.photo(filepath=str(photo))
    lines = []
    monkeypatch.setattr(overlay, "_draw_lines", lambda points, colours: lines.append((points, colours)))
    areas = (area for screen in bpy.data.screens for area in screen.areas if area.type == "VIEW_3D")
    space = next(areas).spaces.active
    space.overlay.show_overlays = True

    later = []
    app = SimpleNamespace(timers=SimpleNamespace(register=lambda call, **_when: later.append(call)))

    def draw_view():
        lines.clear()
        context = SimpleNamespace(scene=bpy.context.scene, space_data=space)
        with monkeypatch.context() as patch:
            patch.setattr(overlay, "bpy", SimpleNamespace(context=context, app=app))
            tint.draw()
        return lines

    tint.show(humanoid)
    return SimpleNamespace(view=draw_view, space=space, later=later)


def test_the_view_is_drawn_from_the_last_result(drawn, humanoid):
    ((points, colours),) = drawn.view()
    joints = bpy.context.scene.contrapposto.result.joints
    unsure = sum(joint.confidence < 0.7 for joint in joints)
    assert len(points) == len(colours) == 2 * unsure > 0
    bpy.context.scene.contrapposto.options.tint_sure = True
    ((points, _),) = drawn.view()
    assert len(points) == 2 * len(joints)
    humanoid.hide_set(True)
    assert drawn.view() == []
    humanoid.hide_set(False)
    drawn.space.overlay.show_overlays = False
    assert drawn.view() == []


def test_the_tint_follows_a_renamed_rig_and_ends_with_one_that_is_gone(drawn, humanoid, tint):
    humanoid.name = "Renamed"
    assert drawn.view()
    bpy.data.objects.remove(humanoid)
    assert drawn.view() == []
    assert drawn.view() == []
    assert tint.is_shown, "not while the view is drawn"
    (hide,) = drawn.later
    hide()
    assert not tint.is_shown


def test_the_button_takes_the_tint_away_again(drawn, tint):
    assert tint.is_shown
    assert "As good as guessed".lower() in draw("CONTRAPPOSTO_PT_result", width=900).texts().lower()
    assert bpy.ops.contrapposto.show_confidence() == {"FINISHED"}
    assert not tint.is_shown
    assert "as good as guessed" not in draw("CONTRAPPOSTO_PT_result", width=900).texts()


def test_another_file_takes_the_tint_away(drawn, tint):
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    assert not tint.is_shown


def test_disabling_takes_the_tint_away(drawn, tint):
    import blender_harness

    ours = [handler for handler in bpy.app.handlers.load_pre if "contrapposto" in handler.__module__]
    assert len(ours) == 1
    with blender_harness.addon_disabled():
        assert not tint.is_shown
        assert ours[0] not in bpy.app.handlers.load_pre
