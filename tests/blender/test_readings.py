"""Readings of a photo: chosen and undone; in every state one of them equals having posed it at once."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

from choosing import keys_of, pose_of, same_keys
from fake_layout import draw

KNEE = "mixamorig:RightLeg"


def result():
    return bpy.context.scene.contrapposto.result


def likelihoods(session):
    return [round(estimate.likelihood, 3) for estimate in session.run_of(bpy.context.scene).result.estimates]


def test_without_a_window_all_readings_are_known_at_once(posed, session):
    assert likelihoods(session) == [0.6, 0.3, 0.15]
    assert result().reading == 1
    assert not session.searches


def test_the_number_of_readings_is_an_option(humanoid, three_ways, photo, session):
    bpy.ops.contrapposto.photo(filepath=str(photo), readings=2)
    assert len(likelihoods(session)) == 2


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"blend": 0.5},
        {"flip": True},
        {"in_place": True},
        {"only_sure": True, "min_confidence": 0.5},
        {"keep_unseen": True},
    ],
)
def test_a_chosen_reading_is_as_if_it_had_been_posed_at_once(package, make_humanoid, three_ways, photo, options):
    chosen, direct = make_humanoid(name="Chosen"), make_humanoid(name="Direct")
    for armature in (chosen, direct):
        armature.pose.bones[KNEE].rotation_quaternion = (0.9, 0.1, 0.3, 0.0)
        armature.pose.bones[KNEE].keyframe_insert("rotation_quaternion", frame=1.0)
    bpy.context.scene.frame_set(10)
    bpy.context.view_layer.objects.active = direct
    bpy.ops.contrapposto.photo(filepath=str(photo), **options)
    run = package("operators.session").session.run_of(bpy.context.scene)
    action = direct.animation_data.action
    direct.animation_data.action = None
    bpy.data.actions.remove(action)
    for bone in direct.pose.bones:
        bone.matrix_basis.identity()
    direct.pose.bones[KNEE].rotation_quaternion = (0.9, 0.1, 0.3, 0.0)
    direct.pose.bones[KNEE].keyframe_insert("rotation_quaternion", frame=1.0)
    bpy.context.view_layer.update()
    pose_and_key = package("rig.keyframes").pose_and_key
    for bone in direct.pose.bones:
        if bone.name != KNEE:
            bone.location, bone.rotation_quaternion = (0, 0, 0), (1, 0, 0, 0)
    pose_and_key(direct, run.result.estimates[2].poses, options=run.on_rig.options)

    bpy.context.view_layer.objects.active = chosen
    bpy.ops.contrapposto.photo(filepath=str(photo), **options)
    for index in (2, 1, 3):
        assert bpy.ops.contrapposto.choose_reading(index=index) == {"FINISHED"}
        assert result().reading == index
    assert np.allclose(pose_of(chosen), pose_of(direct), atol=1e-4)
    assert same_keys(keys_of(chosen), keys_of(direct))


def test_the_first_reading_comes_back_exactly(posed):
    pose, keys = pose_of(posed), keys_of(posed)
    bpy.ops.contrapposto.choose_reading(index=3)
    assert not np.allclose(pose_of(posed), pose, atol=1e-2)
    bpy.ops.contrapposto.choose_reading(index=1)
    assert np.allclose(pose_of(posed), pose, atol=1e-5)
    assert same_keys(keys_of(posed), keys)


def test_each_choice_is_one_undo_step(humanoid, three_ways, photo):
    name = humanoid.name
    bpy.context.scene.frame_set(10)
    bpy.ops.ed.undo_push(message="before")
    before = pose_of(humanoid)
    bpy.ops.contrapposto.photo("EXEC_DEFAULT", True, filepath=str(photo))
    first = pose_of(bpy.data.objects[name])
    bpy.ops.contrapposto.choose_reading("EXEC_DEFAULT", True, index=2)
    second = pose_of(bpy.data.objects[name])
    assert not np.allclose(second, first, atol=1e-2)
    bpy.ops.ed.undo()
    assert np.allclose(pose_of(bpy.data.objects[name]), first, atol=1e-5)
    assert result().reading == 1
    bpy.ops.contrapposto.choose_reading("EXEC_DEFAULT", True, index=3)
    assert result().reading == 3
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert np.allclose(pose_of(bpy.data.objects[name]), before, atol=1e-5)
    assert not bpy.ops.contrapposto.choose_reading.poll()
    bpy.ops.ed.redo()
    assert result().reading == 1
    assert bpy.ops.contrapposto.choose_reading.poll()


def test_what_the_artist_did_elsewhere_stays(posed):
    toe = posed.pose.bones["mixamorig:LeftHand"]
    toe.keyframe_insert("scale", frame=10.0)
    toe.rotation_quaternion = (0.0, 1.0, 0.0, 0.0)
    toe.keyframe_insert("rotation_quaternion", frame=20.0)
    bpy.ops.contrapposto.choose_reading(index=2)
    keys = keys_of(posed)
    assert keys[toe.path_from_id("scale"), 0] == [(10.0, 1.0)]
    assert keys[toe.path_from_id("rotation_quaternion"), 1][-1] == (20.0, 1.0)
    assert keys[posed.pose.bones[KNEE].path_from_id("rotation_quaternion"), 0][0][0] == 1.0


def test_a_key_that_the_photo_replaced_comes_back_with_its_handles(package, humanoid, three_ways, photo):
    path = humanoid.pose.bones[KNEE].path_from_id("rotation_quaternion")
    humanoid.pose.bones[KNEE].keyframe_insert("rotation_quaternion", frame=10.0)
    humanoid.pose.bones[KNEE].keyframe_insert("rotation_quaternion", frame=20.0)
    curve = package("rig.fcurves").existing_channelbag(humanoid).fcurves.find(path, index=1)
    point = curve.keyframe_points[0]
    point.interpolation, point.handle_left_type, point.handle_right_type = "CUBIC", "FREE", "FREE"
    point.handle_right = (12.0, 0.25)
    bpy.context.scene.frame_set(10)
    kept = package("rig.kept_pose").KeptPose.of(humanoid, [(path, 1)], frame=10.0)
    curve.keyframe_points.remove(point)
    kept.put_back(humanoid)
    point = curve.keyframe_points[0]
    assert (point.interpolation, point.handle_right_type) == ("CUBIC", "FREE")
    assert tuple(point.handle_right) == (12.0, 0.25)
    curve.keyframe_points[0].co.y = 0.7
    kept.put_back(humanoid)
    assert curve.keyframe_points[0].co.y == 0.0


def test_a_choice_at_another_frame_goes_back_to_the_photos(posed):
    bpy.context.scene.frame_set(33)
    bpy.ops.contrapposto.choose_reading(index=2)
    assert bpy.context.scene.frame_current == 10
    assert not any(frame == 33.0 for points in keys_of(posed).values() for frame, _ in points)


def test_a_reading_that_is_not_there_is_refused_in_words(posed):
    before, keys = pose_of(posed), keys_of(posed)
    with pytest.raises(RuntimeError, match="There is no reading 7: the photo gave 3"):
        bpy.ops.contrapposto.choose_reading(index=7)
    assert np.array_equal(pose_of(posed), before)
    assert keys_of(posed) == keys


def test_a_rig_that_lost_a_bone_is_refused_in_words(posed, session):
    bpy.ops.object.mode_set(mode="EDIT")
    posed.data.edit_bones.remove(posed.data.edit_bones["mixamorig:LeftToeBase"])
    bpy.ops.object.mode_set(mode="OBJECT")
    with pytest.raises(RuntimeError, match="was changed since it was posed"):
        bpy.ops.contrapposto.choose_reading(index=2)
    assert result().reading == 1


def test_a_rig_that_is_gone_is_missed_in_words(posed):
    bpy.data.objects.remove(posed)
    with pytest.raises(RuntimeError, match="no longer in the scene"):
        bpy.ops.contrapposto.choose_reading(index=2)


def test_an_error_while_keying_changes_nothing(package, posed, monkeypatch):
    before, keys = pose_of(posed), keys_of(posed)
    readings, errors = package("rig.readings"), package("backend.errors")

    def fail(_armature, _plan):
        raise errors.RigError("Nothing can be keyed.")

    monkeypatch.setattr(readings, "key_plan", fail)
    with pytest.raises(RuntimeError, match="Nothing can be keyed"):
        bpy.ops.contrapposto.choose_reading(index=2)
    assert np.allclose(pose_of(posed), before, atol=1e-6)
    assert same_keys(keys_of(posed), keys)
    assert result().reading == 1


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("nothing", "Pose from a photo first"),
        ("one reading", "one reading only"),
        ("another session", "pose from the photo again"),
        ("working", "still working"),
    ],
)
def test_the_choice_is_disabled_in_words(package, humanoid, three_ways, photo, session, state, reason):
    if state == "one reading":
        three_ways.readings = 1
    if state != "nothing":
        bpy.ops.contrapposto.photo(filepath=str(photo))
    if state == "another session":
        session.forget_runs()
    if state == "working":
        session.job = package("operators.session").JobStatus("Pose from Photo", put_back=lambda: None)
    try:
        with pytest.raises(RuntimeError, match=reason):
            bpy.ops.contrapposto.choose_reading(index=2)
    finally:
        session.job = None


def test_another_file_lets_go_of_the_readings(posed, session, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert session.run_of(bpy.context.scene) is not None
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert session.run_of(bpy.context.scene) is None
    assert "Reading 1" in draw("CONTRAPPOSTO_PT_result").texts()
    assert "pose from the photo again" in draw("CONTRAPPOSTO_PT_result", width=900).texts()


def test_only_the_runs_of_the_last_pictures_are_kept(package, humanoid, three_ways, photo, session):
    names = []
    for number in range(package("operators.session").PICTURES_KEPT + 1):
        photo.write_bytes(b"x" * (number + 1))
        bpy.ops.contrapposto.photo(filepath=str(photo))
        names.append(result().run)
    assert len(set(names)) == len(names)
    kept = [session.run_of(SimpleNamespace(contrapposto=SimpleNamespace(result=SimpleNamespace(run=n)))) for n in names]
    assert kept[0] is None
    assert [run.name for run in kept[1:]] == names[1:]


def test_the_confidence_that_is_told_is_that_of_the_reading(package, posed, three_ways, photo, monkeypatch):
    reading = three_ways.reading

    def surer(person, number):
        found = reading(person, number)
        found.poses.confidence.flags.writeable = True
        found.poses.confidence[:] = 0.25 * (number + 1)
        return found

    monkeypatch.setattr(three_ways, "reading", surer)
    bpy.ops.contrapposto.photo(filepath=str(photo))
    bpy.ops.contrapposto.choose_reading(index=3)
    assert {part.confidence for part in result().body_parts} == {0.75}
    assert {joint.confidence for joint in result().joints} == {0.75}
