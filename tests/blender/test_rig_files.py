"""Rigs in every format, in and out; files that are none; and a Rigify human."""

from __future__ import annotations

import gc
import math
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Quaternion

import blender_harness

FORMATS = (".blend", ".glb", ".fbx", ".bvh")
READ_ONLY = (".gltf", ".vrm")
FRAME = 5


@pytest.fixture
def files(package):
    """The module under test."""
    return package("rig.rig_files")


@pytest.fixture
def input_error(package) -> type[Exception]:
    """The error that says what is wrong with a file."""
    return package("backend.errors").InputError


@pytest.fixture(autouse=True)
def _close_what_failed_importers_left_open() -> Iterator[None]:
    """Blender keeps the last traceback of a Python operator, and with it the file that the operator was reading."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            if hasattr(sys, name):
                delattr(sys, name)
        gc.collect()


def _pose(armature: bpy.types.Object) -> None:
    """Key an irregular pose at FRAME, so that every mistake of axis, order or side shows."""
    random = np.random.default_rng(7)
    for bone in armature.pose.bones:
        bone.rotation_mode = "QUATERNION"
        bone.rotation_quaternion = Quaternion(random.normal(size=3), math.radians(25.0))
        bone.keyframe_insert("rotation_quaternion", frame=FRAME)
    bpy.context.scene.frame_set(FRAME)


def _heads(armature: bpy.types.Object) -> dict[str, np.ndarray]:
    """World positions of the bones' heads in the evaluated pose."""
    bpy.context.view_layer.update()
    return {bone.name: np.array(armature.matrix_world @ bone.head) for bone in armature.pose.bones}


def _skin(armature: bpy.types.Object) -> bpy.types.Object:
    """Hang a cube on the head bone, with a modifier."""
    bpy.ops.mesh.primitive_cube_add(size=0.2, location=(0.0, 0.0, 1.65))
    cube = bpy.context.object
    cube.name = "Skin"
    cube.parent = armature
    cube.modifiers.new("Armature", "ARMATURE").object = armature
    group = cube.vertex_groups.new(name="mixamorig:Head")
    group.add(range(8), 1.0, "REPLACE")
    return cube


def _go_to_first_key(armature: bpy.types.Object) -> None:
    bpy.context.scene.frame_set(round(armature.animation_data.action.frame_range[0]))


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_saved_rig_opens_in_the_same_pose(files, humanoid, tmp_path: Path, suffix: str) -> None:
    _skin(humanoid)
    _pose(humanoid)
    expected = _heads(humanoid)
    path = tmp_path / f"rig{suffix}"
    files.save_rig(humanoid, path)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]

    opened = files.open_rig(path)
    _go_to_first_key(opened)
    found = _heads(opened)
    assert set(found) == set(expected)
    for name, position in expected.items():
        assert np.linalg.norm(found[name] - position) < 1e-3, name
    assert bpy.context.view_layer.objects.active == opened
    assert any(obj.name == "Skin" for obj in bpy.data.objects) == (suffix != ".bvh")
    assert blender_harness.is_enabled()


@pytest.mark.parametrize("suffix", [".blend", ".glb", ".fbx", ".bvh"])
def test_an_exported_pose_covers_the_frames_asked_for(files, humanoid, tmp_path: Path, suffix: str) -> None:
    _pose(humanoid)
    humanoid.pose.bones[0].keyframe_insert("rotation_quaternion", frame=FRAME + 10)
    path = tmp_path / f"rig{suffix}"
    files.save_rig(humanoid, path)
    start, end = files.open_rig(path).animation_data.action.frame_range
    assert end - start == pytest.approx(10.0, abs=0.01)


def test_saving_leaves_selection_mode_and_frames_as_they_were(files, humanoid, tmp_path: Path) -> None:
    cube = _skin(humanoid)
    _pose(humanoid)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 3, 77
    humanoid.select_set(False)
    bpy.context.view_layer.objects.active = cube
    for suffix in FORMATS:
        files.save_rig(humanoid, tmp_path / f"rig{suffix}")
        assert (scene.frame_start, scene.frame_end, scene.frame_current) == (3, 77, FRAME)
        assert bpy.context.view_layer.objects.active == cube
        assert [obj.name for obj in bpy.context.selected_objects] == [cube.name]
    bpy.context.view_layer.objects.active = humanoid
    bpy.ops.object.mode_set(mode="POSE")
    files.save_rig(humanoid, tmp_path / "rig.glb")
    assert humanoid.mode == "POSE"


def test_a_vrm_is_read_like_the_glb_it_is(files, humanoid, tmp_path: Path) -> None:
    files.save_rig(humanoid, tmp_path / "rig.glb")
    (tmp_path / "rig.glb").rename(tmp_path / "Ünïcode rig.VRM")
    assert len(files.open_rig(tmp_path / "Ünïcode rig.VRM").data.bones) == 22


def test_a_bvh_stands_upright_with_y_up(files, humanoid, tmp_path: Path) -> None:
    path = tmp_path / "rig.bvh"
    files.save_rig(humanoid, path)
    offset = next(line for line in path.read_text().splitlines() if line.startswith("\tOFFSET"))
    assert [float(number) for number in offset.split()[1:]] == pytest.approx([0.0, 0.95, 0.0], abs=1e-5)
    head = _heads(files.open_rig(path))["mixamorig:Head"]
    assert head == pytest.approx([0.0, -0.02, 1.55], abs=1e-4)


def test_several_roots_share_one_in_a_bvh(files, make_armature, tmp_path: Path) -> None:
    armature = make_armature({"a": (None, (0, 0, 0), (0, 0, 1)), "b c": (None, (1, 0, 0), (1, 0, 1))})
    files.save_rig(armature, tmp_path / "rig.bvh")
    heads = _heads(files.open_rig(tmp_path / "rig.bvh"))
    assert heads["b_c"] == pytest.approx([1.0, 0.0, 0.0], abs=1e-5)


def test_of_several_armatures_the_named_or_the_largest_is_taken(
    files, input_error, make_humanoid, make_armature, tmp_path: Path
) -> None:
    make_humanoid(name="Hero")
    make_armature({"a": (None, (0, 0, 0), (0, 0, 1))}, name="Prop")
    path = tmp_path / "two.blend"
    files.save_rig(bpy.data.objects["Hero"], path)
    assert files.open_rig(path).name == "Hero"
    assert files.open_rig(path, armature_name="Prop").name == "Prop"
    with pytest.raises(input_error, match=r"two\.blend holds no armature “Villain”\. It holds .*Hero.*Prop"):
        files.open_rig(path, armature_name="Villain")


@pytest.mark.parametrize("suffix", FORMATS + READ_ONLY)
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"this is no rig\n" * 40, "cannot be opened: it is damaged or not a"),
        (None, "does not exist"),
    ],
    ids=["empty", "text", "missing"],
)
def test_a_file_that_is_no_rig_is_refused_in_one_sentence(
    files, input_error, tmp_path: Path, suffix: str, content: bytes | None, sentence: str
) -> None:
    path = tmp_path / f"bad{suffix}"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(input_error, match=sentence) as caught:
        files.open_rig(path)
    assert "\n" not in str(caught.value)
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_file_cut_off_in_the_middle_is_refused(files, input_error, humanoid, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"rig{suffix}"
    _pose(humanoid)
    files.save_rig(humanoid, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(input_error, match="cannot be opened: it is damaged"):
        files.open_rig(path)


def test_folders_other_endings_and_files_without_armature_are_refused(files, input_error, tmp_path: Path) -> None:
    (tmp_path / "folder.glb").mkdir()
    with pytest.raises(input_error, match="is a folder"):
        files.open_rig(tmp_path / "folder.glb")
    (tmp_path / "rig.obj").write_text("v 0 0 0")
    with pytest.raises(input_error, match=r"use \.blend, \.glb"):
        files.open_rig(tmp_path / "rig.obj")
    bpy.ops.mesh.primitive_cube_add()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "cube.blend"))
    with pytest.raises(input_error, match="holds no armature"):
        files.open_rig(tmp_path / "cube.blend")


def test_places_that_cannot_be_written_are_refused(files, input_error, humanoid, tmp_path: Path) -> None:
    for path, sentence in (
        (tmp_path / "rig.obj", r"can be written as \.blend, \.glb, \.fbx or \.bvh"),
        (tmp_path / "nowhere" / "rig.glb", "cannot be written: No such file or directory"),
        (tmp_path, "a rig can be written as"),
    ):
        with pytest.raises(input_error, match=sentence):
            files.save_rig(humanoid, path)
    assert list(tmp_path.iterdir()) == []


def test_scripts_inside_a_blend_do_not_run(files, humanoid, tmp_path: Path) -> None:
    text = bpy.data.texts.new("evil.py")
    text.write("import bpy\nbpy.app.driver_namespace['evil'] = True\n")
    text.use_module = True
    files.save_rig(humanoid, tmp_path / "rig.blend")
    files.open_rig(tmp_path / "rig.blend")
    assert "evil" not in bpy.app.driver_namespace


def test_a_rigify_human_is_added_to_the_scene_without_its_clutter(package) -> None:
    bpy.ops.mesh.primitive_cube_add()
    rigify = package("rig.rigify_human")
    rig = rigify.make_rigify_human()
    assert len(rig.data.bones) > 500
    assert bpy.context.view_layer.objects.active == rig
    visible = {obj.name for obj in bpy.context.scene.objects if obj.visible_get()}
    assert visible == {rig.name, "Cube"}
    metarig = rigify.make_rigify_human(generate=False)
    assert len(metarig.data.bones) < 200


def test_opens_the_rigs_of_others(files, shared_data: Path) -> None:
    rigs = [path for path in sorted((shared_data / "rigs").iterdir()) if path.suffix.lower() in files.RIG_SUFFIXES]
    if not rigs:
        pytest.skip("no rigs of others at hand")
    for path in rigs:
        assert len(files.open_rig(path).data.bones) > 15, path.name
