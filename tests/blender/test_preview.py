"""The preview: what it shows, that it faces the person, and that it leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import bpy
import cv2
import numpy as np
import pytest

HEIGHT = 96
"""Pixels: enough to tell where things are, and quick to render."""


@pytest.fixture
def preview(package):
    """The module under test."""
    return package("rig.preview")


@pytest.fixture
def observation(package):
    """Everybody's keypoints in a row across the middle of a picture of 100 x 200 pixels."""
    schema = package("backend.keypoints").BLAZEPOSE_33
    points = np.stack([np.linspace(10, 90, len(schema)), np.full(len(schema), 100.0)], axis=-1)
    return package("backend.observation").Observation(points[None], np.ones((1, len(schema))), schema, (100, 200))


def _counts() -> dict[str, int]:
    """How many data-blocks of each kind the file holds."""
    collections = {name: getattr(bpy.data, name) for name in dir(bpy.data)}
    return {name: len(value) for name, value in collections.items() if hasattr(value, "remove") and name != "rna_type"}


def _add_cube(location: tuple[float, float, float], color: tuple[float, float, float], parent) -> bpy.types.Object:
    bpy.ops.mesh.primitive_cube_add(size=0.6, location=location)
    cube = bpy.context.object
    material = bpy.data.materials.new("Paint")
    if bpy.app.version < (5, 0, 0):
        material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (*color, 1.0)
    cube.data.materials.append(material)
    cube.parent = parent
    return cube


def _figure(image: np.ndarray) -> np.ndarray:
    """(H, W) where something else than the grey backdrop and its shadow is."""
    return np.ptp(image.astype(int), axis=-1) > 12


def test_writes_three_panels_of_one_height(preview, humanoid, observation, tmp_path: Path) -> None:
    image = np.full((200, 100, 3), (40, 90, 200), np.uint8)
    path = tmp_path / "preview.png"
    preview.render_preview(humanoid, image=image, observation=observation, path=path, height=HEIGHT)
    sheet = cv2.imread(str(path))[..., ::-1]
    gap = 12
    assert sheet.shape[0] == HEIGHT + 2 * gap
    photo, keypoints = (sheet[gap:-gap, left : left + HEIGHT // 2] for left in (gap, 2 * gap + HEIGHT // 2))
    assert (photo == (40, 90, 200)).all()
    changed = (keypoints != photo).any(axis=-1)
    assert changed[HEIGHT // 2].mean() > 0.5
    assert not changed[: HEIGHT // 4].any()
    assert _figure(sheet[gap:-gap, 3 * gap + HEIGHT : -gap]).any()


def test_without_keypoints_there_are_two_panels(preview, humanoid, tmp_path: Path) -> None:
    image = np.zeros((50, 50, 3), np.uint8)
    path = tmp_path / "preview.png"
    preview.render_preview(humanoid, image=image, observation=None, path=path, height=HEIGHT)
    assert cv2.imread(str(path)).shape[1] < 3 * HEIGHT


def test_the_camera_sees_the_front_view_as_a_photo_would(preview, humanoid) -> None:
    _add_cube((0.5, 0.0, 1.0), (0.9, 0.02, 0.02), humanoid)
    _add_cube((-0.5, 0.0, 1.0), (0.02, 0.02, 0.9), humanoid)
    hidden_behind = _add_cube((0.5, 3.0, 1.0), (0.02, 0.9, 0.02), humanoid)
    image = preview.render_rig(humanoid, height=HEIGHT).astype(int)
    red, blue, green = (image[..., a] - image[..., b] > 60 for a, b in ((0, 2), (2, 0), (1, 0)))
    middle = image.shape[1] / 2
    assert np.argwhere(red)[:, 1].mean() > middle  # the person's left, at +x, is on the right
    assert np.argwhere(blue)[:, 1].mean() < middle
    assert green.sum() < red.sum() / 2
    assert hidden_behind.name in bpy.context.scene.objects


def test_draws_the_bones_where_there_is_no_mesh(preview, humanoid) -> None:
    image = preview.render_rig(humanoid, height=HEIGHT)
    figure = _figure(image)
    rows, columns = np.flatnonzero(figure.any(axis=1)), np.flatnonzero(figure.any(axis=0))
    assert np.ptp(columns) > 0.6 * image.shape[1]  # a T-pose, arms wide
    assert np.ptp(rows) > 0.6 * image.shape[0]


def test_follows_the_pose(preview, humanoid) -> None:
    before = preview.render_rig(humanoid, height=HEIGHT)
    for side in ("Left", "Right"):
        bone = humanoid.pose.bones[f"mixamorig:{side}Arm"]
        bone.rotation_mode = "XYZ"
        bone.rotation_euler = (0.0, 0.0, 1.3)
    after = preview.render_rig(humanoid, height=HEIGHT)
    assert after.shape != before.shape or np.abs(after.astype(int) - before).max() > 30


@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
def test_rigs_of_any_size_fill_the_picture(preview, humanoid, scale: float) -> None:
    humanoid.scale = (scale,) * 3
    bpy.context.view_layer.update()
    rows = np.flatnonzero(_figure(preview.render_rig(humanoid, height=HEIGHT)).any(axis=1))
    assert 0.6 * HEIGHT < np.ptp(rows) < HEIGHT


def test_what_is_hidden_is_not_shown(preview, humanoid) -> None:
    cube = _add_cube((0.0, 0.0, 1.0), (0.9, 0.02, 0.02), humanoid)
    hidden = _add_cube((0.0, -1.0, 1.0), (0.02, 0.02, 0.9), humanoid)
    hidden.hide_render = True
    image = preview.render_rig(humanoid, height=HEIGHT).astype(int)
    assert (image[..., 0] - image[..., 2] > 60).any()
    assert not (image[..., 2] - image[..., 0] > 60).any()
    cube.hide_set(True)  # now no mesh is left: the bones are drawn, in clay
    image = preview.render_rig(humanoid, height=HEIGHT).astype(int)
    assert not (image[..., 0] - image[..., 2] > 120).any()


def test_materials_keep_their_faces(preview, humanoid) -> None:
    cube = _add_cube((0.0, 0.0, 1.0), (0.9, 0.02, 0.02), humanoid)
    cube.data.materials.append(bpy.data.materials.new("Other"))
    front = min(cube.data.polygons, key=lambda polygon: polygon.center.y)
    for polygon in cube.data.polygons:
        polygon.material_index = 0 if polygon == front else 1
    image = preview.render_rig(humanoid, height=HEIGHT).astype(int)
    assert (image[..., 0] - image[..., 2] > 60).mean() > 0.2


def test_leaves_nothing_behind_and_changes_no_setting(preview, humanoid, observation, tmp_path: Path) -> None:
    _add_cube((0.0, 0.0, 1.0), (0.9, 0.02, 0.02), humanoid)
    scene = bpy.context.scene
    scene.frame_set(12)
    before = _counts(), scene.name, scene.render.engine, scene.render.resolution_x, scene.render.filepath
    selected = [obj.name for obj in bpy.context.selected_objects]
    for _ in range(2):
        preview.render_preview(
            humanoid, image=np.zeros((50, 50, 3), np.uint8), observation=None, path=tmp_path / "p.png", height=HEIGHT
        )
    scene = bpy.context.scene
    assert before == (_counts(), scene.name, scene.render.engine, scene.render.resolution_x, scene.render.filepath)
    assert scene.frame_current == 12
    assert [obj.name for obj in bpy.context.selected_objects] == selected
    assert [file.name for file in tmp_path.iterdir()] == ["p.png"]


def test_a_rig_with_nothing_to_show_is_refused_and_leaves_nothing(preview, package, make_armature, tmp_path) -> None:
    armature = make_armature({"a": (None, (0, 0, 0), (0, 0, 1))})
    bpy.ops.object.mode_set(mode="EDIT")
    armature.data.edit_bones.remove(armature.data.edit_bones[0])
    bpy.ops.object.mode_set(mode="OBJECT")
    before = _counts()
    with pytest.raises(package("backend.errors").RigError, match="nothing to show"):
        preview.render_rig(armature, height=HEIGHT)
    assert _counts() == before


def test_an_unwritable_place_is_refused(preview, package, humanoid, tmp_path: Path) -> None:
    with pytest.raises(package("backend.errors").InputError, match="cannot be written"):
        preview.render_preview(
            humanoid,
            image=np.zeros((50, 50, 3), np.uint8),
            observation=None,
            path=tmp_path / "nowhere" / "p.png",
            height=HEIGHT,
        )
