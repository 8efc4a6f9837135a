"""Strokes of the scene as lines: Grease Pencil and annotations, which of them are meant, and how they are put away."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest

import annotation_file
import views
from drawn_over_rig import LINES, Drawing, add_layer, grease_pencil, view_of


def test_the_active_layer_is_read_alone_unless_all_are_asked_for(humanoid, package):
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
