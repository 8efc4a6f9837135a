"""Strokes over the rig: they are read as the view shows them, and the rig then looks from there as it was drawn."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Euler, Matrix

import annotation_file
import fake_sketch
import views
from blender_harness import CHECKOUT
from choosing import keys_of, pose_of

INNER_TO_BLENDER = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
LINES = (
    ("neck", "left_shoulder", "left_elbow", "left_wrist"),
    ("neck", "right_shoulder", "right_elbow", "right_wrist"),
    ("neck", "left_hip", "left_knee", "left_ankle", "left_foot_index"),
    ("neck", "right_hip", "right_knee", "right_ankle", "right_foot_index"),
)
OTHER = {"left": "right_", "right": "left_"}
BONES = [pair for line in LINES for pair in itertools.pairwise(line[1:])]
TURNS = {
    "pelvis": (0.1, 0.5, -0.1),
    "spine2": (0.15, 0.1, 0.1),
    "left_shoulder": (0.2, -0.3, 0.8),
    "left_elbow": (0.0, -1.0, 0.0),
    "right_shoulder": (0.3, 0.2, 0.6),
    "right_elbow": (0.0, 0.7, 0.3),
    "left_hip": (-0.7, 0.0, 0.3),
    "left_knee": (0.9, 0.0, 0.0),
    "right_hip": (0.2, 0.0, -0.2),
}


def view_of(package, view=None, window=None):
    """Front view of a standing adult, if nothing else is said."""
    view = views.looking((0.0, -6.0, 1.0), (0.0, 0.0, 1.0)) if view is None else view
    window = views.perspective() if window is None else window
    return package("backend.view_drawing").ViewOfRegion(view, window, views.WIDTH, views.HEIGHT)


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


def places_of(package, armature):
    """Name of FIGURE_23 -> place in the world, of all joints that a rig has."""
    bpy.context.view_layer.update()
    joints = package("rig.camera").RigJoints(armature).places(armature)
    return {name.replace("_foot", "_foot_index"): place for name, place in joints.items()}


class Drawing:
    """A pose of a copy of the rig, as it is seen in a view: what an artist might draw over the rig."""

    def __init__(self, package, armature, view, *, turns=None):
        self.view, self.armature = view, armature
        poses = fake_sketch.standing_poses(package, **(TURNS if turns is None else turns))
        model = armature.copy()
        bpy.context.scene.collection.objects.link(model)
        package("rig.keyframes").pose_and_key(
            model, poses, options=package("rig.pose_plan").KeyOptions(frame=1.0, relax_hands=False)
        )
        self.places = places_of(package, model)
        bpy.data.objects.remove(model)
        axes = np.array(armature.matrix_world.to_3x3().normalized()) @ INNER_TO_BLENDER
        root = package("backend.rotations").axis_angle_to_matrix(poses.rotations[0, 0])
        self.poses = fake_sketch.with_root(package, poses, view.axes.T @ axes @ root)
        self.strokes = [np.array([self.places[name] for name in line]) for line in LINES]

    def pixels(self, places=None):
        places = self.places if places is None else places
        return {name: self.view.pixels(np.asarray(place)[None])[0] for name, place in places.items()}

    def give(self, sketches):
        drawn = {name for line in LINES for name in line}
        sketches.joints_px = {name: place for name, place in self.pixels().items() if name in drawn}
        sketches.poses = (self.poses,)


def grease_pencil(strokes, *, layer="Lines", name="Strokes", frame=1):
    """A Grease Pencil object with these strokes (N, 3) on one layer."""
    pencils = getattr(bpy.data, "grease_pencils_v3", None) or bpy.data.grease_pencils
    pencils = bpy.data.grease_pencils_v3 if hasattr(bpy.data, "grease_pencils_v3") else pencils
    data = pencils.new(name)
    add_layer(data, strokes, layer=layer, frame=frame)
    obj = bpy.data.objects.new(name, data)
    bpy.context.scene.collection.objects.link(obj)
    bpy.context.view_layer.update()
    return obj


def add_layer(data, strokes, *, layer, frame=1):
    made = data.layers.new(layer)
    drawing = made.frames.new(frame).drawing
    drawing.add_strokes([len(stroke) for stroke in strokes])
    drawing.attributes["position"].data.foreach_set("vector", np.concatenate(strokes).astype(np.float32).ravel())
    return made


def angles(drawing, package, armature):
    """Degrees between drawn limbs and the rig's, as the view shows them."""
    wanted, got = drawing.pixels(), drawing.pixels(places_of(package, armature))
    found = []
    for a, b in BONES:
        one, other = wanted[b] - wanted[a], got[b] - got[a]
        cosine = one @ other / np.linalg.norm(one) / np.linalg.norm(other)
        found.append(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
    return np.array(found)


def hips_apart(drawing, package, armature):
    """Pixels between the hips as they were drawn and as they are."""
    wanted, got = drawing.pixels(), drawing.pixels(places_of(package, armature))
    return float(np.linalg.norm(sum(wanted[n] - got[n] for n in ("left_hip", "right_hip")) / 2.0))


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


def test_the_active_layer_is_read_alone_unless_all_are_asked_for(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    obj = grease_pencil(drawing.strokes)
    add_layer(obj.data, [np.array([[5.0, 0.0, 0.0], [6.0, 0.0, 0.0]])], layer="Notes")
    obj.data.layers.active = obj.data.layers["Lines"]
    lines_of = package("rig.strokes").lines_of_scene
    bpy.context.view_layer.update()
    assert len(lines_of(bpy.context).world) == len(LINES)
    assert len(lines_of(bpy.context, all_layers=True).world) == len(LINES) + 1
    obj.data.layers["Lines"].hide = True
    bpy.context.view_layer.update()
    assert len(lines_of(bpy.context).world) == 1


def test_strokes_are_read_in_the_world_as_they_are_evaluated(humanoid, package):
    line = np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 1.0]])
    obj = grease_pencil([line])
    obj.location = (0.0, 0.0, 5.0)
    layer = obj.data.layers[0]
    layer.translation = (0.0, 2.0, 0.0)
    bpy.context.view_layer.update()
    (found,) = package("rig.strokes").lines_of_scene(bpy.context).world
    np.testing.assert_allclose(found, line + [0.0, 2.0, 5.0], atol=1e-5)
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.scene.collection.objects.link(parent)
    parent.location = (0.0, 0.0, -3.0)
    layer.parent = parent
    bpy.context.view_layer.update()
    (found,) = package("rig.strokes").lines_of_scene(bpy.context).world
    np.testing.assert_allclose(found, line + [0.0, 2.0, -3.0], atol=1e-5)
    modifier = obj.modifiers.new("Offset", "GREASE_PENCIL_OFFSET")
    modifier.location = (7.0, 0.0, 0.0)
    bpy.context.view_layer.update()
    (found,) = package("rig.strokes").lines_of_scene(bpy.context).world
    np.testing.assert_allclose(found, line + [7.0, 2.0, -3.0], atol=1e-5)


def test_a_closed_stroke_ends_where_it_begins(package):
    obj = grease_pencil([np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 1.0]])])
    obj.data.layers[0].frames[0].drawing.strokes[0].cyclic = True
    bpy.context.view_layer.update()
    (found,) = package("rig.strokes").lines_of_scene(bpy.context).world
    assert len(found) == 4
    np.testing.assert_allclose(found[0], found[-1])


def test_the_drawing_at_the_playhead_counts(package):
    obj = grease_pencil([np.zeros((5, 3))], frame=10)
    lines_of = package("rig.strokes").lines_of_scene
    bpy.context.scene.frame_set(20)
    assert len(lines_of(bpy.context).world[0]) == 5
    bpy.context.scene.frame_set(5)
    with pytest.raises(package("backend.errors").InputError, match="no strokes at this frame"):
        lines_of(bpy.context)
    assert obj.data.layers[0].frames[0].frame_number == 10


def test_selected_strokes_go_before_all_others(package):
    one = grease_pencil([np.zeros((5, 3))], name="One")
    grease_pencil([np.zeros((6, 3))], name="Two")
    lines_of = package("rig.strokes").lines_of_scene
    assert sorted(len(line) for line in lines_of(bpy.context).world) == [5, 6]
    one.select_set(True)
    assert [len(line) for line in lines_of(bpy.context).world] == [5]


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


def test_the_camera_is_matched_to_strokes(humanoid, sketches, package):
    drawing = Drawing(package, humanoid, view_of(package))
    drawing.give(sketches)
    grease_pencil(drawing.strokes)
    pose_from_strokes(drawing)
    assert bpy.ops.contrapposto.match_camera() == {"FINISHED"}
    camera = bpy.context.scene.camera
    np.testing.assert_allclose(np.array(camera.matrix_world)[:3, :3], drawing.view.axes, atol=0.05)
    assert len(camera.data.background_images) == 1


@pytest.fixture
def annotated():
    """The scene has annotations: the figure of `annotation_file` from its frame on, on the active layer."""
    with bpy.data.libraries.load(str(CHECKOUT / "tests" / "data" / "annotations.blend")) as (there, here):
        name = "annotations" if hasattr(there, "annotations") else "grease_pencils"
        setattr(here, name, getattr(there, name))
    scene = bpy.context.scene
    setattr(scene, "annotation" if hasattr(scene, "annotation") else "grease_pencil", getattr(here, name)[0])
    scene.frame_set(annotation_file.FRAME)
    return getattr(here, name)[0]


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


def test_of_annotations_the_active_layer_at_the_playhead_is_read(annotated, package):
    lines_of = package("rig.strokes").lines_of_scene
    found = lines_of(bpy.context)
    assert found.layers == (("", "Note"),)
    np.testing.assert_allclose(
        np.concatenate(found.world), [annotation_file.JOINTS[name] for line in annotation_file.LINES for name in line],
        atol=1e-6,
    )  # fmt: skip
    assert len(lines_of(bpy.context, all_layers=True).world) == len(annotation_file.LINES) + 1
    bpy.context.scene.frame_set(annotation_file.FRAME - 1)
    assert lines_of(bpy.context).layers == (("", "Other"),)


def test_selected_strokes_go_before_annotations_and_these_before_others(annotated, package):
    obj = grease_pencil([np.zeros((6, 3))])
    lines_of = package("rig.strokes").lines_of_scene
    assert lines_of(bpy.context).layers == (("", "Note"),)
    obj.select_set(True)
    assert lines_of(bpy.context).layers == (("Strokes", "Lines"),)
    assert lines_of(bpy.context, "ANNOTATIONS").layers == (("", "Note"),)


@pytest.mark.parametrize("how", ["KEEP", "HIDE", "CLEAR"])
def test_annotations_can_be_hidden_or_cleared(annotated, package, how):
    strokes = package("rig.strokes")
    strokes.put_away(bpy.context.scene, strokes.lines_of_scene(bpy.context), how)
    layer = next(layer for layer in annotated.layers if layer.info == "Note")
    other = next(layer for layer in annotated.layers if layer.info == "Other")
    assert (layer.annotation_hide, len(layer.frames)) == {"KEEP": (False, 1), "HIDE": (True, 1), "CLEAR": (False, 0)}[
        how
    ]
    assert (other.annotation_hide, len(other.frames)) == (False, 1)


def annotation_on_view(mode):
    """An annotation whose only stroke goes from the lower left of the view to its middle; `mode` None as in 4.5."""
    values = np.array([[10.0, 20.0, 0.0], [50.0, 50.0, 0.0]], np.float32)

    class Points(list):
        def foreach_get(self, _name, into):
            into[:] = values.ravel()

    stroke = SimpleNamespace(points=Points([0, 1]))
    if mode is not None:
        stroke.display_mode = mode
    frame = SimpleNamespace(frame_number=1, strokes=[stroke])
    layer = SimpleNamespace(info="Note", annotation_hide=False, frames=[frame])

    class Layers(list):
        active_index = 0

    return SimpleNamespace(layers=Layers([layer]))


@pytest.mark.parametrize(("mode", "on_view", "sticks"), [
    (None, True, True), (None, False, False), ("3DSPACE", True, False), ("2DSPACE", False, True), ("", False, True),
])  # fmt: skip
def test_annotations_that_stick_to_the_view_are_shares_of_it(package, mode, on_view, sticks):
    found = package("rig.strokes").annotation_lines(annotation_on_view(mode), frame=3, on_view=on_view)
    assert (len(found.world), len(found.on_view)) == ((0, 1) if sticks else (1, 0))
    if not sticks:
        return
    np.testing.assert_allclose(found.on_view[0], [[0.1, 0.2], [0.5, 0.5]], atol=1e-6)
    lines = package("rig.strokes").DrawnLines(on_view=found.on_view * 2)
    view = view_of(package)
    whole, framed = lines.picture(view), lines.picture(view, frame=(100.0, 50.0, 500.0, 450.0))
    assert whole.to_region((56.0, 56.0)) == pytest.approx((0.1 * views.WIDTH, 0.5 * views.HEIGHT), abs=0.5)
    assert framed.to_region((56.0, 56.0)) == pytest.approx((140.0, 250.0), abs=0.5)
