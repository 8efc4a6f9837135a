"""Rigs that are hidden, locked or excluded in their file, and files with several armatures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
import pytest

import humanoids

SAMPLE = Path(__file__).parents[2] / "samples" / "photo.jpg"
BAD_INPUT = 2


def _hide_object(armature: bpy.types.Object) -> None:
    armature.hide_set(True)


def _disable_object(armature: bpy.types.Object) -> None:
    armature.hide_viewport = True


def _lock_objects(armature: bpy.types.Object) -> None:
    for obj in (armature, *armature.children):
        obj.hide_select = True


def _hide_collection(_armature: bpy.types.Object) -> None:
    bpy.context.view_layer.layer_collection.children["Outer"].hide_viewport = True


def _disable_collection(_armature: bpy.types.Object) -> None:
    bpy.data.collections["Inner"].hide_viewport = True


def _lock_collection(_armature: bpy.types.Object) -> None:
    bpy.data.collections["Outer"].hide_select = True


HIDINGS = (_hide_object, _disable_object, _lock_objects, _hide_collection, _disable_collection, _lock_collection)


@pytest.fixture
def nested(humanoid: bpy.types.Object) -> bpy.types.Object:
    """A humanoid with a skinned mesh, two collections deep."""
    mesh = bpy.data.meshes.new("Skin")
    mesh.from_pydata([(0.0, 0.0, 1.0), (0.1, 0.0, 1.0), (0.0, 0.1, 1.0)], [], [(0, 1, 2)])
    skin = bpy.data.objects.new("Skin", mesh)
    skin.parent = humanoid
    skin.modifiers.new("Armature", "ARMATURE").object = humanoid
    skin.vertex_groups.new(name="mixamorig:Hips").add(range(3), 1.0, "REPLACE")
    outer, inner = bpy.data.collections.new("Outer"), bpy.data.collections.new("Inner")
    bpy.context.scene.collection.children.link(outer)
    outer.children.link(inner)
    bpy.context.scene.collection.objects.unlink(humanoid)
    for obj in (humanoid, skin):
        inner.objects.link(obj)
    bpy.context.view_layer.update()
    return humanoid


def _state() -> list[object]:
    """Whatever hides, locks or selects something in the open file."""
    outer = bpy.context.view_layer.layer_collection.children["Outer"]
    layers = [(part.hide_viewport, part.exclude) for part in (outer, outer.children["Inner"])]
    collections = [(part.hide_viewport, part.hide_select) for part in bpy.data.collections]
    objects = [
        (obj.name, obj.hide_viewport, obj.hide_select, obj.hide_get(), obj.visible_get(), obj.select_get())
        for obj in bpy.context.view_layer.objects
    ]
    return [layers, collections, objects]


def _heads(armature: bpy.types.Object) -> np.ndarray:
    """World positions of the bones' heads (22, 3) in the evaluated pose, by the bones' names."""
    bpy.context.scene.frame_set(round(armature.animation_data.action.frame_range[0]))
    bpy.context.view_layer.update()
    return np.array([armature.matrix_world @ bone.head for bone in sorted(armature.pose.bones, key=lambda b: b.name)])


@pytest.mark.parametrize("hide", HIDINGS, ids=lambda hide: hide.__name__.strip("_"))
def test_a_hidden_rig_is_exported_like_a_shown_one(
    package, nested: bpy.types.Object, tmp_path: Path, hide: Callable[[bpy.types.Object], None]
) -> None:
    main, files = package("backend.cli").main, package("rig.rig_files")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shown.blend"))
    hide(nested)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "hidden.blend"))
    heads = {}
    for suffix in (".glb", ".fbx", ".bvh"):
        for name in ("shown", "hidden"):
            out = tmp_path / f"{name}{suffix}"
            arguments = ["photo", str(SAMPLE), "--solver", "analytic", "--rig", str(tmp_path / f"{name}.blend")]
            assert main([*arguments, "--out", str(out)]) == 0
            heads[name] = _heads(files.open_rig(out))
            assert any(obj.name == "Skin" for obj in bpy.data.objects) == (suffix != ".bvh")
        assert np.abs(heads["hidden"] - heads["shown"]).max() < 1e-4, suffix


@pytest.mark.parametrize("hide", HIDINGS, ids=lambda hide: hide.__name__.strip("_"))
def test_an_export_hides_again_what_was_hidden(
    package, nested: bpy.types.Object, tmp_path: Path, hide: Callable[[bpy.types.Object], None]
) -> None:
    files = package("rig.rig_files")
    nested.select_set(False)
    hide(nested)
    bpy.context.view_layer.update()
    before = _state()
    for suffix in (".glb", ".fbx", ".bvh"):
        files.save_rig(nested, tmp_path / f"rig{suffix}")
        assert _state() == before


def test_a_mesh_that_is_hidden_itself_stays_out(package, nested: bpy.types.Object, tmp_path: Path) -> None:
    files = package("rig.rig_files")
    nested.hide_set(True)
    bpy.data.objects["Skin"].hide_set(True)
    files.save_rig(nested, tmp_path / "rig.glb")
    assert len(files.open_rig(tmp_path / "rig.glb").data.bones) == 22
    assert "Skin" not in bpy.data.objects


@pytest.fixture
def excluded(nested: bpy.types.Object, tmp_path: Path) -> Path:
    """A .blend whose only rig lies in an excluded collection."""
    nested.name = "Hero"
    bpy.context.view_layer.layer_collection.children["Outer"].exclude = True
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "excluded.blend"))
    return tmp_path / "excluded.blend"


@pytest.mark.parametrize("named", [[], ["--armature", "Hero"]])
def test_an_excluded_rig_is_refused_in_words(package, excluded: Path, capsys, named: list[str]) -> None:
    main = package("backend.cli").main
    for arguments in (["rig-map", str(excluded)], ["photo", str(SAMPLE), "--rig", str(excluded)]):
        assert main([*arguments, *named]) == BAD_INPUT
        said = " ".join(capsys.readouterr().err.split())
        assert "“Hero” lies in a collection that is excluded from the view layer" in said
        assert "Tick its collection" in said


def test_an_excluded_rig_does_not_stand_in_the_way_of_another(package, excluded: Path, capsys) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(excluded))
    humanoids.make_humanoid(name="Other")
    bpy.ops.wm.save_mainfile()
    assert package("backend.cli").main(["rig-map", str(excluded)]) == 0
    said = capsys.readouterr()
    assert "Other: 22 of 22 joints" in said.out
    assert "armatures" not in said.out + said.err


@pytest.fixture
def pair(humanoid: bpy.types.Object, make_armature, tmp_path: Path) -> Path:
    """A .blend with a humanoid and a prop of one bone, which is active."""
    humanoid.name = "Hero"
    make_armature({"a": (None, (0, 0, 0), (0, 0, 1))}).name = "Prop"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "pair.blend"))
    return tmp_path / "pair.blend"


def test_of_several_armatures_it_is_told_which_was_taken(package, pair: Path, capsys) -> None:
    main = package("backend.cli").main
    sentence = (
        "Note: The file has 2 armatures; “Hero” was taken, as it has the most bones. Name another with --armature."
    )
    assert main(["rig-map", str(pair), "--json"]) == 0
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out.startswith("{")
    assert main(["photo", str(SAMPLE), "--solver", "analytic", "--rig", str(pair)]) == 0
    assert sentence in capsys.readouterr().out
    assert main(["rig-map", str(pair), "--armature", "Hero"]) == 0
    said = capsys.readouterr()
    assert "armatures" not in said.out + said.err


def test_of_armatures_alike_it_is_told_that_none_has_more_bones(package, humanoid, tmp_path: Path, capsys) -> None:
    humanoids.make_humanoid(name="Twin")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "twins.blend"))
    assert package("backend.cli").main(["rig-map", str(tmp_path / "twins.blend")]) == 0
    assert "The file has 2 armatures; “Armature” was taken, as none of them has more bones." in capsys.readouterr().err
