"""The operator that poses from a drawing: what it does to the rig, what it says, and what it refuses."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

import fake_sketch
from choosing import keys_of, pose_of
from drawn_figure import DRAWN, drawing
from fake_layout import draw

LEFT_ARM = {"left_shoulder": (0.0, 0.0, 0.7)}
RIGHT_KNEE = {"right_knee": (0.9, 0.0, 0.0)}


@pytest.fixture
def sketches(package, session, monkeypatch):
    fake = fake_sketch.install(package, monkeypatch)
    fake.joints_px = DRAWN
    fake.poses = tuple(fake_sketch.standing_poses(package, **turns) for turns in (LEFT_ARM, RIGHT_KNEE))
    return fake


@pytest.fixture
def picture(tmp_path):
    return drawing(tmp_path / "figure.png")


def test_the_rig_is_posed_and_keyed_at_the_playhead(humanoid, sketches, picture):
    bpy.context.scene.frame_set(12)
    assert bpy.ops.contrapposto.sketch(filepath=str(picture)) == {"FINISHED"}
    assert {frame for points in keys_of(humanoid).values() for frame, _ in points} == {12.0}
    bpy.context.view_layer.update()
    arm = humanoid.pose.bones["mixamorig:LeftArm"].vector
    assert np.degrees(np.arctan2(arm.z, arm.x)) == pytest.approx(np.degrees(0.7), abs=1.0)
    result = bpy.context.scene.contrapposto.result
    assert (result.photo, result.operator, result.person) == (str(picture), "contrapposto.sketch", 1)
    assert [timing.name for timing in result.timings] == [
        "read", "load models", "find figures", "solve pose", "pose and key",
    ]  # fmt: skip


def test_joints_are_found_where_they_are_drawn(humanoid, sketches, picture, session):
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    seen = session.run_of(bpy.context.scene).result.observation
    for name, place in DRAWN.items():
        np.testing.assert_allclose(seen.keypoints_px[0, seen.schema.index[name]], place, atol=2.0)


def test_once_it_is_forgotten_the_drawing_is_asked_for_and_no_photo(humanoid, sketches, picture, session):
    bpy.ops.contrapposto.sketch(filepath=str(picture), readings=2)
    session.forget_runs()
    gone = "The drawing's pose is no longer known: pose from the drawing again"
    with pytest.raises(RuntimeError, match=gone):
        bpy.ops.contrapposto.choose_reading(index=2)
    assert gone in draw("CONTRAPPOSTO_PT_result", width=900).texts()


def test_all_readings_can_be_chosen(humanoid, sketches, picture):
    bpy.ops.contrapposto.sketch(filepath=str(picture), readings=2)
    straight = pose_of(humanoid)
    assert bpy.ops.contrapposto.choose_reading(index=2) == {"FINISHED"}
    bent = pose_of(humanoid)
    assert not np.allclose(straight, bent, atol=0.05)
    bpy.ops.contrapposto.choose_reading(index=1)
    np.testing.assert_allclose(pose_of(humanoid), straight, atol=1e-5)


def test_other_readings_come_after_the_first_which_stays(humanoid, sketches, picture, session, package):
    bpy.ops.contrapposto.sketch(filepath=str(picture), readings=1)
    result = session.run_of(bpy.context.scene).result
    sketches.poses = tuple(reversed(sketches.poses))
    others = package("backend.sketch_pipeline").other_readings(result, session.models(None), readings=2)
    found = package("backend.job").run_job(others)
    assert len(found.estimates) == 2
    np.testing.assert_allclose(found.estimate.poses.rotations, result.estimate.poses.rotations)
    assert sum(each.likelihood for each in found.estimates) == pytest.approx(1.0)
    assert found.estimates[0].likelihood < found.estimates[1].likelihood


def test_another_figure_can_be_chosen(humanoid, sketches, picture, session):
    sketches.count = 3
    bpy.ops.contrapposto.sketch(filepath=str(picture), person=2)
    assert bpy.context.scene.contrapposto.result.person == 2
    bpy.ops.contrapposto.sketch(filepath=str(picture), person=3)
    assert len(sketches.pictures) == 1, "the drawing was read once"
    texts = draw("CONTRAPPOSTO_PT_result", width=400).texts()
    assert "3 figures found" in texts
    with pytest.raises(RuntimeError, match=r"There is no figure 4 in figure\.png: 3 found"):
        bpy.ops.contrapposto.sketch(filepath=str(picture), person=4)


def test_the_same_picture_is_read_anew_as_a_photo(humanoid, sketches, picture, session, package, monkeypatch):
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    found = session.recall(picture)
    ways = package("operators.ways")
    assert ways.SKETCH.is_of(found)
    assert not ways.PHOTO.is_of(found)


def test_one_undo_takes_it_back(humanoid, sketches, picture):
    before, name = pose_of(humanoid), humanoid.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    bpy.ops.ed.undo_push(message="posed")
    bpy.ops.ed.undo()
    np.testing.assert_allclose(pose_of(bpy.data.objects[name]), before)
    assert bpy.context.scene.contrapposto.result.summary == ""


def test_what_cannot_be_used_changes_nothing(humanoid, sketches, picture, package, tmp_path):
    errors, before = package("backend.errors"), pose_of(humanoid)

    def refused(match, path=picture):
        with pytest.raises(RuntimeError, match=match):
            bpy.ops.contrapposto.sketch(filepath=str(path))
        np.testing.assert_allclose(pose_of(humanoid), before)
        assert humanoid.animation_data is None or humanoid.animation_data.action is None
        assert bpy.context.scene.contrapposto.result.summary == ""

    refused("No picture was named", "")
    refused(r"missing\.png", tmp_path / "missing.png")
    sketches.error = errors.InputError("Too little of the figure is drawn.")
    refused("Too little of the figure is drawn")
    sketches.joints_px = None
    other = drawing(tmp_path / "other.png")
    refused(r"No drawn figure was found in other\.png", other)


def test_a_missing_network_is_told(humanoid, package, session, picture, monkeypatch):
    pytest.importorskip("torch")
    registry = package("backend.runtime")
    known = {name: entry for name, entry in registry.model_entries().items() if name != "drawing"}
    monkeypatch.setattr(registry, "model_entries", lambda: known)
    with pytest.raises(RuntimeError, match="No model is called drawing"):
        bpy.ops.contrapposto.sketch(filepath=str(picture))


def test_joints_found_can_be_moved(humanoid, sketches, picture, session, package):
    pytest.importorskip("torch")
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    x, y = (float(number) for number in DRAWN["left_wrist"])
    bpy.context.view_layer.update()
    before = humanoid.pose.bones["mixamorig:LeftHand"].head.copy()
    assert bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=x - 30.0, y=y - 40.0) == {"FINISHED"}
    bpy.context.view_layer.update()
    after = humanoid.pose.bones["mixamorig:LeftHand"].head
    assert (after - before).z > 0.05
    assert bpy.context.scene.contrapposto.result.operator == "contrapposto.sketch"


def test_the_section_offers_both_ways(humanoid, sketches):
    texts = draw("CONTRAPPOSTO_PT_sketch", width=400).texts()
    assert "Pose from Drawing" in texts
    assert "Pose from Strokes" in texts
    bpy.context.view_layer.objects.active = None
    assert "Select an armature" in draw("CONTRAPPOSTO_PT_sketch", width=900).texts()


def test_after_a_drawing_its_joints_can_be_dragged(humanoid, sketches, picture):
    assert "contrapposto.correct_keypoints" not in draw("CONTRAPPOSTO_PT_sketch", width=400).texts()
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    assert "contrapposto.correct_keypoints" in draw("CONTRAPPOSTO_PT_sketch", width=400).texts()


def test_legs_that_are_not_drawn_can_be_left_as_they_are(humanoid, sketches, picture, session):
    sketches.joints_px = {name: at for name, at in DRAWN.items() if not name.endswith(("knee", "ankle", "foot_index"))}
    sketches.poses = tuple(reversed(sketches.poses))
    knee = humanoid.pose.bones["mixamorig:RightLeg"]
    bpy.ops.contrapposto.sketch(filepath=str(picture))
    assert knee.matrix_basis.to_quaternion().angle > 0.5
    assert session.run_of(bpy.context.scene).result.estimate.poses.shown[0].min() == 0.0
    knee.rotation_quaternion = (1.0, 0.0, 0.0, 0.0)
    bpy.ops.contrapposto.sketch(filepath=str(picture), keep_unseen=True)
    bpy.context.view_layer.update()
    assert knee.matrix_basis.to_quaternion().angle < 1e-4
