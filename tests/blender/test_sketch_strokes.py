"""Strokes over the rig: they are read as the view shows them, and the rig then looks from there as it was drawn."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

import annotation_file
import fake_sketch
import views
from choosing import keys_of, pose_of
from drawn_over_rig import BONES, LINES, OTHER, Drawing, angles, grease_pencil, hips_apart, places_of, view_of
from fake_layout import draw

VIEWS = {
    "front": {},
    "three quarters, perspective": {"view": views.looking((4.0, -4.0, 2.5), (0.0, 0.0, 1.0))},
    "right, orthographic": {"view": views.looking((6.0, 0.0, 1.0), (0.0, 0.0, 1.0)), "window": views.orthographic()},
    "from above, orthographic": {
        "view": views.looking((0.5, -3.0, 6.0), (0.0, 0.0, 1.0)), "window": views.orthographic()},
    "a shifted lens": {"window": views.perspective(focal=2.0, shift=(0.2, -0.1))},
}  # fmt: skip


@pytest.fixture
def sketches(package, session, monkeypatch):
    return fake_sketch.install(package, monkeypatch)


def pose_from_strokes(drawing, **options):
    return bpy.ops.contrapposto.sketch_strokes(relax_hands=False, **views.given(drawing.view), **options)


@pytest.mark.parametrize("name", VIEWS)
def test_the_rig_looks_from_the_view_as_it_was_drawn(humanoid, sketches, package, name):
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS[name]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    bpy.context.scene.frame_set(12)
    assert pose_from_strokes(drawing) == {"FINISHED"}
    assert angles(drawing, package, humanoid).max() < 2.0
    assert hips_apart(drawing, package, humanoid) < 1.5
    assert {frame for points in keys_of(humanoid).values() for frame, _ in points} == {12.0}
    result = bpy.context.scene.contrapposto.result
    assert result.operator == "contrapposto.sketch_strokes"
    assert result.photo == ""


@pytest.mark.parametrize("scale", [1.0, 0.01, 40.0])
def test_wherever_the_rig_s_object_stands(humanoid, sketches, package, scale):
    humanoid.matrix_world = Matrix.LocRotScale((3.0, 1.0, 0.5), Euler((0.2, -0.1, 2.0)), (scale,) * 3)
    bpy.context.view_layer.update()
    middle = np.array(humanoid.matrix_world @ Matrix.Translation((0.0, 0.0, 1.0)).translation)
    view = views.looking(middle + np.array([3.0, -5.0, 1.0]) * scale, middle)
    window = views.perspective(near=0.01 * scale, far=1000.0 * scale)
    drawing = Drawing(package, humanoid, view_of(package, view, window))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    assert pose_from_strokes(drawing) == {"FINISHED"}
    assert angles(drawing, package, humanoid).max() < 2.0
    assert hips_apart(drawing, package, humanoid) < 1.5


@pytest.mark.parametrize("name", ["three quarters, perspective", "from above, orthographic"])
def test_the_pose_model_brings_the_limbs_onto_the_strokes(humanoid, session, package, monkeypatch, name):
    pytest.importorskip("torch")
    solver = package("backend.runtime").ModelCache().drawn_solver()
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS[name]))
    drawing.give(fake_sketch.install(package, monkeypatch, solver=solver))
    grease_pencil(drawing.strokes)
    assert pose_from_strokes(drawing, readings=1) == {"FINISHED"}
    assert angles(drawing, package, humanoid).mean() < 6.0
    assert hips_apart(drawing, package, humanoid) < 1.5


def test_the_hips_stay_as_far_away_as_they_are(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS["three quarters, perspective"]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)

    def depth():
        places = places_of(package, humanoid)
        return drawing.view.seen(np.array([(places["left_hip"] + places["right_hip"]) / 2.0]))[0, 2]

    before = depth()
    pose_from_strokes(drawing)
    assert depth() == pytest.approx(before, abs=1e-3)


def test_without_root_location_the_root_is_not_moved(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing, root_location=False)
    assert not [path for path, _ in keys_of(humanoid) if path.endswith("location")]
    assert angles(drawing, package, humanoid).max() < 3.0


def test_a_mirrored_rig_looks_as_drawn(humanoid, sketches, package):
    humanoid.scale = (-1.0, 1.0, 1.0)
    bpy.context.view_layer.update()
    plain = humanoid.copy()
    plain.scale = (1.0, 1.0, 1.0)
    bpy.context.scene.collection.objects.link(plain)
    bpy.context.view_layer.update()
    drawing = Drawing(package, plain, view_of(package, **VIEWS["three quarters, perspective"]))
    bpy.data.objects.remove(plain)
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    assert pose_from_strokes(drawing) == {"FINISHED"}
    assert angles(drawing, package, humanoid).max() < 2.0
    assert hips_apart(drawing, package, humanoid) < 1.5


def test_a_flipped_pose_is_mirrored_in_the_view(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS["right, orthographic"]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing, flip=True)
    mirrored, got = drawing.pixels(), drawing.pixels(places_of(package, humanoid))
    for a, b in BONES:
        left_a, left_b = (OTHER[name.partition("_")[0]] + name.partition("_")[2] for name in (a, b))
        wanted = (mirrored[left_b] - mirrored[left_a]) * [-1.0, 1.0]
        cosine = wanted @ (got[b] - got[a]) / np.linalg.norm(wanted) / np.linalg.norm(got[b] - got[a])
        assert np.degrees(np.arccos(min(cosine, 1.0))) < 3.0, (a, b)
    assert hips_apart(drawing, package, humanoid) < 1.5


def test_one_undo_brings_pose_and_strokes_back(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    before, name = pose_of(humanoid), humanoid.name
    bpy.ops.ed.undo_push(message="drawn")
    assert pose_from_strokes(drawing, afterwards="CLEAR") == {"FINISHED"}
    assert len(bpy.data.objects["Strokes"].data.layers[0].frames[0].drawing.strokes) == 0
    bpy.ops.ed.undo_push(message="posed")
    bpy.ops.ed.undo()
    np.testing.assert_allclose(pose_of(bpy.data.objects[name]), before, atol=1e-6)
    assert len(bpy.data.objects["Strokes"].data.layers[0].frames[0].drawing.strokes) == len(LINES)
    assert bpy.context.scene.contrapposto.result.summary == ""


def test_layers_that_were_read_can_be_hidden(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    obj = grease_pencil(drawing.strokes)
    pose_from_strokes(drawing, afterwards="HIDE")
    assert obj.data.layers[0].hide
    with pytest.raises(RuntimeError, match="There are no strokes at this frame"):
        pose_from_strokes(drawing)


def test_while_strokes_are_active_the_armature_beside_them_is_posed(humanoid, make_humanoid, sketches, package):
    other = make_humanoid(name="Other")
    other.select_set(False)
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    obj = grease_pencil(drawing.strokes)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.object.mode_set(mode="PAINT_GREASE_PENCIL")
    humanoid.select_set(False)
    assert not bpy.ops.contrapposto.sketch_strokes.poll()
    humanoid.select_set(True)
    rest = pose_of(other)
    assert pose_from_strokes(drawing) == {"FINISHED"}
    assert angles(drawing, package, humanoid).max() < 2.0
    np.testing.assert_allclose(pose_of(other), rest)
    assert obj.mode == "OBJECT"


def test_what_cannot_be_posed_leaves_everything_as_it_was(humanoid, sketches, package):
    errors = package("backend.errors")
    drawing = Drawing(package, humanoid, view_of(package))
    before = pose_of(humanoid)

    def refused(match):
        with pytest.raises(RuntimeError, match=match):
            pose_from_strokes(drawing, afterwards="CLEAR")
        np.testing.assert_allclose(pose_of(humanoid), before)
        assert humanoid.animation_data is None or humanoid.animation_data.action is None
        assert bpy.context.scene.contrapposto.result.summary == ""

    refused("There are no strokes at this frame")
    obj = grease_pencil(drawing.strokes)
    refused("No drawn figure was found in Strokes")
    drawing.give(sketches)
    sketches.error = errors.InputError("Too little is drawn.")
    refused("Too little is drawn")
    obj.location = (0.0, -50.0, 0.0)
    refused("show no figure in this view")
    assert len(obj.data.layers[0].frames[0].drawing.strokes) == len(LINES)


def test_without_a_window_and_without_matrices_it_says_what_to_give(humanoid, sketches, package):
    grease_pencil(Drawing(package, humanoid, view_of(package)).strokes)
    with pytest.raises(RuntimeError, match="view_matrix, window_matrix and region_size"):
        bpy.ops.contrapposto.sketch_strokes()


def test_joints_of_strokes_can_be_moved(humanoid, sketches, package, session):
    pytest.importorskip("torch")
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS["three quarters, perspective"]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing)
    before = places_of(package, humanoid)
    run = session.run_of(bpy.context.scene)
    column = run.result.observation.schema.index["left_wrist"]
    x, y = run.result.observation.keypoints_px[0, column]
    assert bpy.ops.contrapposto.move_keypoint(name="left_wrist", x=float(x) + 25.0, y=float(y) - 30.0) == {"FINISHED"}
    after = places_of(package, humanoid)
    assert np.linalg.norm(after["left_wrist"] - before["left_wrist"]) > 0.05
    assert np.linalg.norm(after["right_wrist"] - before["right_wrist"]) < 0.02
    assert np.linalg.norm(after["left_hip"] - before["left_hip"]) < 0.02
    moved = drawing.pixels(after)["left_wrist"] - drawing.pixels(before)["left_wrist"]
    assert moved @ [25.0, -30.0] > 0.0


@pytest.mark.parametrize("flip", [False, True])
def test_hips_that_are_dragged_take_the_rig_with_them(humanoid, sketches, package, session, flip):
    pytest.importorskip("torch")
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS["three quarters, perspective"]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing, flip=flip)
    plane = session.run_of(bpy.context.scene).result.plane.shown_in(drawing.view)

    def hips():
        seen = drawing.pixels(places_of(package, humanoid))
        return (seen["left_hip"] + seen["right_hip"]) / 2.0

    before = hips()
    seen = session.run_of(bpy.context.scene).result.observation
    for name in ("left_hip", "right_hip"):
        x, y = plane.to_region(seen.keypoints_px[0, seen.schema.index[name]])
        x, y = plane.to_picture((x + 24.0, y - 18.0))
        bpy.ops.contrapposto.move_keypoint(name=name, x=x, y=y)
    np.testing.assert_allclose(hips() - before, [24.0, 18.0], atol=6.0)


def test_handles_of_strokes_lie_on_the_strokes(humanoid, sketches, package, session):
    drawing = Drawing(package, humanoid, view_of(package, **VIEWS["from above, orthographic"]))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing)
    result = session.run_of(bpy.context.scene).result
    shown = result.plane.shown_in(drawing.view)
    for name in ("left_wrist", "right_ankle"):
        x, y = drawing.pixels()[name]
        place = result.observation.keypoints_px[0, result.observation.schema.index[name]]
        assert shown.to_region(place) == pytest.approx((x, drawing.view.height - y), abs=1.5)


def test_the_camera_is_matched_to_strokes(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing)
    assert "handles on the strokes" in draw("CONTRAPPOSTO_PT_camera", width=900).texts()
    assert bpy.ops.contrapposto.match_camera() == {"FINISHED"}
    camera = bpy.context.scene.camera
    np.testing.assert_allclose(np.array(camera.matrix_world)[:3, :3], drawing.view.axes, atol=0.05)
    assert len(camera.data.background_images) == 1


def test_annotations_pose_the_rig(humanoid, annotated, sketches, package):
    view = view_of(package)
    places = {name: np.array(place) for name, place in annotation_file.JOINTS.items()}
    sketches.joints_px = {name: view.pixels(place[None])[0] for name, place in places.items()}
    sketches.poses = (fake_sketch.standing_poses(package, left_shoulder=(0.0, 0.0, 0.7)),)
    bpy.context.scene.frame_set(30)
    assert bpy.ops.contrapposto.sketch_strokes(source="ANNOTATIONS", **views.given(view)) == {"FINISHED"}
    arm = humanoid.pose.bones["mixamorig:LeftForeArm"]
    assert np.degrees(np.arctan2(arm.vector.z, arm.vector.x)) == pytest.approx(np.degrees(0.7), abs=2.0)
    (figure,) = sketches.solved
    schema, seen = figure.observation.schema, figure.observation.keypoints_px[0]
    wrist, hip = seen[schema.index["left_wrist"]], seen[schema.index["right_hip"]]
    drawn = view.pixels(np.stack([places["left_wrist"], places["right_hip"]]))
    scale = figure.observation.camera.fx / view.camera().fx
    np.testing.assert_allclose((wrist - hip) / scale, drawn[0] - drawn[1], atol=1.5)
