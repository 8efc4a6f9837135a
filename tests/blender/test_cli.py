"""`contrapposto photo` with a rig and `contrapposto rig-map`, and the same command registered in Blender."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "photo.jpg"
BAD_INPUT = 2


@pytest.fixture
def rig_file(humanoid: bpy.types.Object, tmp_path: Path) -> Path:
    """A .blend with a humanoid at rest."""
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path


def _keyed_frames(armature: bpy.types.Object) -> set[float]:
    slot = armature.animation_data.action_slot
    bag = armature.animation_data.action.layers[0].strips[0].channelbag(slot)
    return {point.co[0] for curve in bag.fcurves for point in curve.keyframe_points}


def _elbow_angle(armature: bpy.types.Object, side: str) -> float:
    """Degrees between upper arm and forearm on the evaluated pose."""
    evaluated = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    heads = [np.array(evaluated.pose.bones[f"mixamorig:{side}{name}"].head) for name in ("Arm", "ForeArm", "Hand")]
    upper, lower = heads[1] - heads[0], heads[2] - heads[1]
    return float(np.degrees(np.arccos(upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower))))


def test_poses_a_rig_and_keeps_the_rest_of_its_file(package, rig_file: Path, tmp_path: Path, capsys) -> None:
    out, npz = tmp_path / "posed.blend", tmp_path / "pose.npz"
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--frame", "12", "--out", str(out), "--npz", str(npz)]
    assert package("backend.cli").main(arguments) == 0
    assert f"Wrote {out}" in capsys.readouterr().out
    bpy.ops.wm.open_mainfile(filepath=str(out))
    armature = bpy.data.objects["Armature"]
    assert _keyed_frames(armature) == {12.0}
    assert bpy.context.scene.frame_current == 12
    with np.load(npz) as archive:
        joints = archive["joints"][0]
    for side, (shoulder, elbow, wrist) in {"Left": (16, 18, 20), "Right": (17, 19, 21)}.items():
        upper, lower = joints[elbow] - joints[shoulder], joints[wrist] - joints[elbow]
        expected = np.degrees(np.arccos(upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower)))
        assert _elbow_angle(armature, side) == pytest.approx(expected, abs=1.0)


def test_ik_limbs_of_a_rigify_human_stand_as_in_fk(package, tmp_path: Path, capsys) -> None:
    names = [
        f"DEF-{part}.{side}" for side in "LR" for part in ("upper_arm", "forearm", "hand", "thigh", "shin", "foot")
    ]
    heads, switches = {}, {}
    for limbs in ("fk", "ik"):
        out = tmp_path / f"{limbs}.blend"
        assert package("backend.cli").main(["photo", str(SAMPLE), "--limbs", limbs, "--out", str(out)]) == 0
        said = capsys.readouterr()
        assert "Not keyed" not in said.out + said.err
        bpy.ops.wm.open_mainfile(filepath=str(out))
        rig = next(o for o in bpy.data.objects if o.type == "ARMATURE" and o.animation_data and o.animation_data.action)
        posed = rig.evaluated_get(bpy.context.evaluated_depsgraph_get())
        heads[limbs] = np.array([posed.pose.bones[name].head for name in names])
        switches[limbs] = {bone["IK_FK"] for bone in rig.pose.bones if "IK_FK" in bone}
    assert switches == {"fk": {1.0}, "ik": {0.0}}
    assert np.linalg.norm(heads["fk"] - heads["ik"], axis=-1).max() < 0.005


@pytest.mark.parametrize("suffix", [".glb", ".fbx", ".bvh"])
def test_writes_formats_that_hold_the_pose(package, rig_file: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"posed{suffix}"
    blend = tmp_path / "posed.blend"
    cli = package("backend.cli")
    assert cli.main(["photo", str(SAMPLE), "--rig", str(rig_file), "--out", str(blend)]) == 0
    expected = _elbow_angle(bpy.data.objects["Armature"], "Left")
    assert cli.main(["photo", str(SAMPLE), "--rig", str(rig_file), "--out", str(out)]) == 0
    armature = package("rig.rig_files").open_rig(out)
    action = armature.animation_data.action
    bpy.context.scene.frame_set(int(action.frame_range[0]))
    assert _elbow_angle(armature, "Left") == pytest.approx(expected, abs=1.0)


def test_without_a_rig_it_makes_a_rigify_human(package, tmp_path: Path) -> None:
    out = tmp_path / "human.blend"
    assert package("backend.cli").main(["photo", str(SAMPLE), "--out", str(out)]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    rigs = [thing for thing in bpy.data.objects if thing.type == "ARMATURE" and thing.animation_data is not None]
    assert any("upper_arm_fk.L" in rig.pose.bones for rig in rigs)


def test_writes_a_preview(package, rig_file: Path, tmp_path: Path) -> None:
    preview = tmp_path / "preview.png"
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--preview", str(preview)]
    assert package("backend.cli").main(arguments) == 0
    image = package("backend.detect.image").load_image(preview)
    assert image.shape[1] > image.shape[0]
    assert image.std() > 10.0


def test_the_same_command_inside_blender(package, rig_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "posed.blend"
    assert package("command").run(["photo", str(SAMPLE), "--rig", str(rig_file), "--out", str(out)]) == 0
    assert out.exists()
    assert package("command").run(["photo", str(tmp_path / "none.jpg")]) == BAD_INPUT


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--rig", "missing.blend", "missing.blend"),
        ("--rig", "broken.glb", "broken.glb"),
        ("--rig", "rig.obj", "rig.obj"),
        ("--armature", "Nobody", "Nobody"),
    ],
)
def test_bad_rigs(package, rig_file: Path, tmp_path: Path, capsys, option: str, value: str, sentence: str) -> None:
    (tmp_path / "broken.glb").write_bytes(b"glTF but broken")
    shutil.copy(rig_file, tmp_path / "rig.obj")
    out = tmp_path / "posed.blend"
    arguments = {"--rig": str(rig_file), option: str(tmp_path / value) if option == "--rig" else value}
    flat = [part for pair in arguments.items() for part in pair]
    assert package("backend.cli").main(["photo", str(SAMPLE), *flat, "--out", str(out)]) == BAD_INPUT
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert sentence in lines[0]
    assert not out.exists()


def test_a_rig_that_is_no_humanoid(package, make_armature, tmp_path: Path, capsys) -> None:
    make_armature({"Box": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), "Lid": ("Box", (0.0, 0.0, 1.0), (0.0, 1.0, 1.0))})
    rig, out = tmp_path / "box.blend", tmp_path / "posed.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    assert package("backend.cli").main(["photo", str(SAMPLE), "--rig", str(rig), "--out", str(out)]) == BAD_INPUT
    error = capsys.readouterr().err
    assert "upper arm" in error.lower() or "left_shoulder" in error
    assert not out.exists()


def test_prints_the_map_of_a_rig_as_a_table(package, rig_file: Path, capsys) -> None:
    assert package("backend.cli").main(["rig-map", str(rig_file)]) == 0
    out = capsys.readouterr().out
    assert "Armature: 22 of 22 joints" in out
    assert "mixamorig:LeftUpLeg" in out


def test_prints_json_and_nothing_else(package, rig_file: Path, tmp_path: Path) -> None:
    glb = tmp_path / "rig.glb"
    package("rig.rig_files").save_rig(bpy.data.objects["Armature"], glb)
    # As a program of its own: what Blender's importers print goes past Python.
    arguments = ["-m", "contrapposto", "rig-map", str(glb), "--armature", "Armature", "--json"]
    run = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True, timeout=100)
    assert not run.stderr
    content = json.loads(run.stdout)
    assert list(content) == ["armature", "joints", "problems"]
    assert content["armature"] == "Armature"
    assert content["joints"]["left_hip"]["bones"] == ["mixamorig:LeftUpLeg"]
    assert set(content["joints"]) <= set(package("backend.skeleton").JOINT_NAMES)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no head")
@pytest.mark.parametrize("json_too", [[], ["--json"]], ids=["table", "json"])
def test_a_reader_that_leaves_early_is_no_error(rig_file: Path, json_too: list[str]) -> None:
    arguments = [sys.executable, "-m", "contrapposto", "rig-map", str(rig_file), *json_too]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        running.stdout.close()
        assert running.stderr.read() == ""
        assert running.wait(timeout=100) == 1


def test_prints_the_map_that_is_kept_on_the_armature(package, rig_file: Path, capsys) -> None:
    bpy.ops.contrapposto.detect_bones()
    bpy.context.active_object.contrapposto_bones.left_hip = ""
    bpy.ops.wm.save_as_mainfile(filepath=str(rig_file))
    capsys.readouterr()
    assert package("backend.cli").main(["rig-map", str(rig_file), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert "left_hip" not in content["joints"]
    assert any("left thigh" in problem for problem in content["problems"])


def _refused_map(package, capfd, *arguments: str) -> str:
    capfd.readouterr()
    assert package("backend.cli").main(["rig-map", *arguments]) == BAD_INPUT
    captured = capfd.readouterr()
    assert not captured.out
    assert len(captured.err.strip().splitlines()) == 1
    return captured.err


def test_a_rig_that_is_no_body_is_refused(package, make_armature, tmp_path: Path, capfd) -> None:
    make_armature({"Box": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)), "Lid": ("Box", (0.0, 0.0, 1.0), (0.0, 1.0, 1.0))})
    rig = tmp_path / "box.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    for flags in ([], ["--json"]):
        assert "no human body" in _refused_map(package, capfd, str(rig), *flags)
    assert "Nobody" in _refused_map(package, capfd, str(rig), "--armature", "Nobody")
    assert "does not exist" in _refused_map(package, capfd, str(tmp_path / "none.blend"))


def test_a_bone_map_file_is_obeyed(package, rig_file: Path, tmp_path: Path, capsys) -> None:
    pytest.importorskip("ai_edge_litert.interpreter")
    bpy.ops.contrapposto.detect_bones()
    bpy.context.active_object.contrapposto_bones.left_foot = ""
    bone_map, out = tmp_path / "map.json", tmp_path / "posed.blend"
    bpy.ops.contrapposto.export_bone_map(filepath=str(bone_map))
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--bone-map", str(bone_map), "--out", str(out)]
    assert package("backend.cli").main([*arguments, "--no-root"]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    armature = bpy.data.objects["Armature"]
    slot = armature.animation_data.action_slot
    paths = {c.data_path for c in armature.animation_data.action.layers[0].strips[0].channelbag(slot).fcurves}
    assert any("RightToeBase" in path for path in paths)
    assert not any("LeftToeBase" in path or path.endswith("location") for path in paths)

    bone_map.write_text('{"joints": {"left_hip": {"bones": ["Thigh"]}}}', encoding="utf-8")
    capsys.readouterr()
    assert package("backend.cli").main(arguments) == BAD_INPUT
    assert "has no bone Thigh" in capsys.readouterr().err


def test_no_file_changes_when_one_of_them_fails(package, make_armature, tmp_path: Path, capsys) -> None:
    make_armature({"Box": (None, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))})
    rig = tmp_path / "box.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    outputs = {option: tmp_path / f"kept{suffix}" for option, suffix in (("--npz", ".npz"), ("--out", ".blend"))}
    for path in outputs.values():
        path.write_text("from before")
    flat = [str(part) for pair in outputs.items() for part in pair]
    assert package("backend.cli").main(["photo", str(SAMPLE), "--rig", str(rig), *flat]) == BAD_INPUT
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert [path.read_text() for path in outputs.values()] == ["from before"] * 2
    assert {path.name for path in tmp_path.iterdir()} == {"box.blend", "kept.npz", "kept.blend"}


def test_what_is_odd_about_the_rig_is_told(package, humanoid: bpy.types.Object, tmp_path: Path, capsys) -> None:
    constraint = humanoid.pose.bones["mixamorig:LeftForeArm"].constraints.new("COPY_ROTATION")
    constraint.target, constraint.subtarget = humanoid, "mixamorig:Hips"
    rig, out = tmp_path / "rig.blend", tmp_path / "posed.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(rig))
    assert package("backend.cli").main(["photo", str(SAMPLE), "--rig", str(rig), "--out", str(out)]) == 0
    assert "Note: Constraints on mixamorig:LeftForeArm" in capsys.readouterr().out


def test_flip_blend_and_in_place_are_obeyed(package, rig_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert.interpreter")

    def angles(*options: str) -> tuple[float, float]:
        out = tmp_path / "posed.blend"
        arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--out", str(out), *options]
        assert package("backend.cli").main(arguments) == 0
        armature = bpy.data.objects["Armature"]
        return _elbow_angle(armature, "Left"), _elbow_angle(armature, "Right")

    left, right = angles()
    assert angles("--flip", "--in-place", "--limbs", "fk") == pytest.approx((right, left), abs=0.5)
    assert angles("--blend", "0", "--stiff-hands") == pytest.approx((0.0, 0.0), abs=0.5)


def test_a_printed_map_poses_a_generated_rig_as_its_own_does(package, tmp_path: Path, capsys) -> None:
    rig = package("rig.rigify_human").make_rigify_human()
    name = rig.name
    path, printed, out = tmp_path / "human.blend", tmp_path / "map.json", tmp_path / "posed.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    assert rig.pose.bones["upper_arm_parent.L"]["IK_FK"] == 0.0
    cli = package("backend.cli")
    capsys.readouterr()  # Rigify tells how long it took
    assert cli.main(["rig-map", str(path), "--armature", name, "--json"]) == 0
    printed.write_text(capsys.readouterr().out)
    arguments = ["--rig", str(path), "--armature", name, "--bone-map", str(printed), "--out", str(out)]
    assert cli.main(["photo", str(SAMPLE), *arguments]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    bones = bpy.data.objects[name].pose.bones
    assert [bones[f"{limb}_parent.{side}"]["IK_FK"] for limb in ("upper_arm", "thigh") for side in "LR"] == [1.0] * 4


@pytest.mark.parametrize("text", ["[" * 100_000, "nothing", '{"joints": {"left_hip": {"bones": "Hips"}}}'])
def test_a_file_that_is_no_bone_map_is_named(package, rig_file: Path, tmp_path: Path, capsys, text: str) -> None:
    given = tmp_path / "given.json"
    given.write_text(text)
    arguments = ["photo", str(SAMPLE), "--rig", str(rig_file), "--bone-map", str(given)]
    assert package("backend.cli").main(arguments) == BAD_INPUT
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert str(given) in lines[0]
    assert "not a bone map" in lines[0]
