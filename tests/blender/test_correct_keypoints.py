"""Corrected keypoints on the rig: the limb goes where the point was put, one undo step at a time."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np
import pytest

import exif_blocks
import fake_photo
from fake_layout import draw

pytest.importorskip("torch")
WIDTH, HEIGHT = fake_photo.IMAGE_SIZE


@pytest.fixture
def posed(humanoid, session, package, monkeypatch, tmp_path):
    """A rig posed from a photo of which nothing was seen for certain."""
    fake = fake_photo.install(package, monkeypatch)
    fake.readings, observation = 3, fake.observation

    def unsure(index):
        seen = observation(index)
        return replace(seen, confidence=np.zeros_like(seen.confidence))

    fake.observation = unsure
    photo = tmp_path / "dancer.png"
    photo.write_bytes(exif_blocks.encoded(".png", WIDTH, HEIGHT))
    bpy.context.scene.frame_set(7)
    assert bpy.ops.contrapposto.photo(filepath=str(photo)) == {"FINISHED"}
    return humanoid


def run_of(session):
    return session.run_of(bpy.context.scene)


def landmark(package, session, name, *, reading=0):
    """Where a reading has a landmark, in pixels of the photo."""
    estimate = run_of(session).result.estimates[reading]
    row = package("backend.keypoints").BLAZEPOSE_33.index[name]
    return package("backend.estimate.resolve").landmarks_px(estimate)[row]


def direction(armature, bone, child):
    """From joint to joint, in the armature's space."""
    bones = armature.pose.bones
    return (bones["mixamorig:" + child].head - bones["mixamorig:" + bone].head).normalized()


def pose_of(armature):
    return np.array([bone.matrix_basis for bone in armature.pose.bones])


def keys(armature):
    bag = armature.animation_data.action.layers[0].strips[0].channelbags[0]
    return {(curve.data_path, curve.array_index): [tuple(p.co) for p in curve.keyframe_points] for curve in bag.fcurves}


def test_the_arm_goes_where_its_wrist_is_put(posed, session, package):
    before = {name: direction(posed, *name) for name in (("LeftForeArm", "LeftHand"), ("RightForeArm", "RightHand"))}
    x, y = landmark(package, session, "left_wrist")
    assert bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=x - 10.0, y=y + 25.0) == {"FINISHED"}
    np.testing.assert_allclose(landmark(package, session, "left_wrist"), (x - 10.0, y + 25.0), atol=2.0)
    turned = {name: np.degrees(direction(posed, *name).angle(was)) for name, was in before.items()}
    assert turned["LeftForeArm", "LeftHand"] > 5.0
    assert turned["RightForeArm", "RightHand"] < 1.0
    assert {point[0] for points in keys(posed).values() for point in points} == {7.0}
    assert "1 keypoint placed" in bpy.context.scene.contrapposto.result.summary


def test_corrections_add_up_and_the_first_reading_is_not_lost(posed, session, package):
    x, y = landmark(package, session, "left_wrist")
    first = run_of(session)
    bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=x, y=y + 20.0)
    bpy.ops.contrapposto.move_keypoint(name="right_knee", x=300.0, y=landmark(package, session, "right_knee")[1])
    run = run_of(session)
    assert set(run.correction.moved) == {"left_wrist", "right_knee"}
    assert run.correction.before is first.result
    np.testing.assert_allclose(landmark(package, session, "left_wrist"), (x, y + 20.0), atol=2.5)
    assert "2 keypoints placed" in bpy.context.scene.contrapposto.result.summary


def test_a_correction_holds_for_every_reading(posed, session, package):
    bpy.ops.contrapposto.choose_reading(index=3)
    other = direction(posed, "RightLeg", "RightFoot")
    x, y = landmark(package, session, "left_wrist", reading=2)
    bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=x, y=y + 30.0)
    assert np.degrees(direction(posed, "RightLeg", "RightFoot").angle(other)) < 1.5
    for reading in range(3):
        np.testing.assert_allclose(landmark(package, session, "left_wrist", reading=reading), (x, y + 30.0), atol=2.5)
    assert bpy.ops.contrapposto.choose_reading(index=1) == {"FINISHED"}
    assert np.degrees(direction(posed, "RightLeg", "RightFoot").angle(other)) > 20.0


def test_an_undo_brings_the_points_of_before_back(posed, session, package):
    bpy.ops.ed.undo_push(message="posed")
    before, name = pose_of(posed), posed.name
    x, y = landmark(package, session, "left_wrist")
    bpy.ops.contrapposto.move_keypoint("EXEC_DEFAULT", True, name="left_wrist", x=x, y=y + 40.0)
    assert not np.allclose(pose_of(posed), before, atol=1e-3)
    bpy.ops.ed.undo()
    np.testing.assert_allclose(pose_of(bpy.data.objects[name]), before, atol=1e-6)
    np.testing.assert_allclose(landmark(package, session, "left_wrist"), (x, y), atol=1e-3)


def test_the_matched_camera_follows(posed, session, package):
    bpy.ops.contrapposto.match_camera()
    camera = bpy.context.scene.camera
    before = camera["contrapposto_match"], camera.matrix_world.copy()
    x, y = landmark(package, session, "left_hip")
    bpy.ops.contrapposto.move_keypoint(name="left_hip", x=x + 15.0, y=y)
    assert (camera["contrapposto_match"], camera.matrix_world) != before
    assert len(bpy.data.cameras) == 1


def test_the_camera_of_another_photo_stays(posed, session, package, tmp_path):
    bpy.ops.contrapposto.match_camera()
    other = tmp_path / "other.png"
    other.write_bytes(exif_blocks.encoded(".png", WIDTH, HEIGHT))
    bpy.ops.contrapposto.photo(filepath=str(other))
    before = bpy.context.scene.camera.matrix_world.copy()
    x, y = landmark(package, session, "left_hip")
    bpy.ops.contrapposto.move_keypoint(name="left_hip", x=x + 15.0, y=y)
    assert bpy.context.scene.camera.matrix_world == before


def test_the_matched_camera_follows_the_reading_that_is_chosen(posed, session):
    bpy.ops.contrapposto.match_camera()
    camera = bpy.context.scene.camera
    before = camera["contrapposto_match"], camera.matrix_world.copy()
    bpy.ops.contrapposto.choose_reading(index=3)
    assert camera.matrix_world != before[1]
    bpy.ops.contrapposto.choose_reading(index=1)
    np.testing.assert_allclose(camera.matrix_world, before[1], atol=1e-5)


def test_live_poses_leave_no_trace(posed, session, package):
    bpy.ops.contrapposto.match_camera()
    camera, run = bpy.context.scene.camera, run_of(session)
    armature, scene = run.target.find()
    pose, written, place = pose_of(posed), keys(posed), camera.matrix_world.copy()
    correct, live = (
        package("operators.correct_keypoints"),
        package("rig.live_pose").LivePose(run.on_rig, armature, scene),
    )
    x, y = landmark(package, session, "left_wrist")
    shown = []
    for step in (10.0, 30.0):
        correction = correct.correction_of(run).with_moved("left_wrist", (float(x), float(y) + step))
        solved = correction.reading(0)
        live.show(solved.poses, correct._sighting(run, correction, solved), armature=armature, scene=scene)
        shown.append(pose_of(posed))
    assert not np.allclose(shown[0], shown[1], atol=1e-3)
    assert keys(posed) == written
    live.back(armature, scene)
    np.testing.assert_allclose(pose_of(posed), pose, atol=1e-6)
    np.testing.assert_allclose(camera.matrix_world, place, atol=1e-6)


@pytest.mark.parametrize("options", [{}, {"blend": 0.5}, {"keep_unseen": True}, {"flip": True}])
def test_what_is_shown_is_what_is_kept(posed, session, package, options):
    bpy.ops.contrapposto.photo(filepath=bpy.context.scene.contrapposto.result.photo, relax_hands=False, **options)
    run = run_of(session)
    armature, scene = run.target.find()
    correct, live = (
        package("operators.correct_keypoints"),
        package("rig.live_pose").LivePose(run.on_rig, armature, scene),
    )
    x, y = landmark(package, session, "left_wrist")
    correction = correct.correction_of(run).with_moved("left_wrist", (float(x), float(y) + 30.0))
    solved = correction.reading(0)
    live.show(solved.poses, correct._sighting(run, correction, solved), armature=armature, scene=scene)
    shown = pose_of(posed)
    live.back(armature, scene)
    correct.keep_correction(bpy.context, correction, solved=solved)
    np.testing.assert_allclose(pose_of(posed), shown, atol=1e-4)


def test_handles_stand_on_the_detected_points_and_on_the_placed_ones(posed, session, package):
    correction = package("operators.correct_keypoints").correction_of(run_of(session))
    places, index = package("backend.correction").handle_places, package("backend.keypoints").BLAZEPOSE_33.index
    np.testing.assert_allclose(places(correction, 0)[index["nose"]], landmark(package, session, "nose"), atol=1e-3)
    moved = correction.with_moved("nose", (12.0, 34.0))
    np.testing.assert_allclose(places(moved, 0)[index["nose"]], (12.0, 34.0))
    assert moved.with_moved("nose", None).moved == {}


def test_what_cannot_be_moved_is_refused_in_words(posed, session):
    before = pose_of(posed), run_of(session)
    with pytest.raises(RuntimeError, match="No keypoint is called tail"):
        bpy.ops.contrapposto.move_keypoint(name="tail", x=1.0, y=2.0)
    with pytest.raises(RuntimeError, match="dragged in a window"):
        bpy.ops.contrapposto.correct_keypoints("EXEC_DEFAULT")
    with pytest.raises(RuntimeError, match="dragged in a window"):
        bpy.ops.contrapposto.correct_keypoints("INVOKE_DEFAULT")
    np.testing.assert_allclose(pose_of(posed), before[0])
    assert run_of(session) is before[1]


def test_while_points_are_corrected_nothing_else_begins(posed, session):
    session.correcting = lambda: setattr(session, "correcting", None)
    for name in ("match_camera", "move_keypoint", "correct_keypoints", "choose_reading"):
        assert not getattr(bpy.ops.contrapposto, name).poll(), name
    assert "Drag a point" in draw("CONTRAPPOSTO_PT_camera", width=900).texts()
    session.stop_correction()
    assert bpy.ops.contrapposto.match_camera.poll()


@pytest.mark.parametrize("flipped", [False, True])
def test_the_picture_s_pixels_and_the_region_s_are_one_another(package, flipped):
    frame = package("rig.keypoint_handles").PictureFrame.of(
        [(900.0, 700.0), (900.0, 100.0), (100.0, 100.0), (100.0, 700.0)], (200, 300), flipped=flipped
    )
    assert frame.to_region((0.0, 0.0)) == ((700.0, 700.0) if flipped else (300.0, 700.0))
    for place in ((0.0, 0.0), (37.0, 250.0), (-20.0, 400.0)):
        assert frame.to_picture(frame.to_region(place)) == pytest.approx(place)
