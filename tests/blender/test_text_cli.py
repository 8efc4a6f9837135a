"""`contrapposto text` with a rig: posed, edited in its own pose, written; and the same through Blender's command."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest

pytest.importorskip("scipy", reason="poses are computed with scipy")
pytest.importorskip("rich", reason="the command line draws with rich")
pytest.importorskip("cv2", reason="the command line of pictures is loaded with it")

ELBOW = ("LeftArm", "LeftForeArm")
KNEE = ("RightUpLeg", "RightLeg")


@pytest.fixture(autouse=True)
def without_torch(package, monkeypatch):
    """No text model can run."""

    def missing(_cache):
        raise package("backend.errors").MissingPackageError("torch is not there.")

    monkeypatch.setattr(package("backend.runtime").ModelCache, "text_generator", missing)


@pytest.fixture
def rig_file(humanoid, tmp_path: Path) -> Path:
    """A .blend with a humanoid whose right knee is bent by 60 degrees, without a key."""
    knee = humanoid.pose.bones["mixamorig:RightLeg"]
    knee.rotation_quaternion = (np.cos(np.radians(30.0)), np.sin(np.radians(30.0)), 0.0, 0.0)
    path = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path


def bent(path: Path, bones: tuple[str, str]) -> float:
    """Degrees between two bones in a posed file."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    armature = bpy.data.objects["Armature"]
    upper, lower = (np.array(armature.pose.bones[f"mixamorig:{name}"].vector) for name in bones)
    cosine = upper @ lower / np.linalg.norm(upper) / np.linalg.norm(lower)
    return float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))


def keyed(path: Path) -> set[str]:
    """The bones with keys in a posed file."""
    bpy.ops.wm.open_mainfile(filepath=str(path))
    armature = bpy.data.objects["Armature"]
    bag = armature.animation_data.action.layers[0].strips[0].channelbag(armature.animation_data.action_slot)
    return {curve.data_path.split('"')[1].removeprefix("mixamorig:") for curve in bag.fcurves}


def test_a_rig_is_posed_and_every_alternative_written(package, rig_file, tmp_path, capsys):
    out = tmp_path / "posed.blend"
    arguments = ["text", "Left elbow bent 90 degrees", "--alternatives", "2", "--rig", str(rig_file)]
    assert package("backend.cli").main([*arguments, "--out", str(out)]) == 0
    assert "1. " in capsys.readouterr().out
    for path in (out, tmp_path / "posed_2.blend"):
        assert bent(path, ELBOW) == pytest.approx(90.0, abs=13.0)
    assert bent(out, KNEE) < 40.0


def test_the_rigs_own_pose_is_edited_and_the_rest_of_it_not_keyed(package, rig_file, tmp_path):
    out = tmp_path / "posed.blend"
    before, knee = bent(rig_file, ELBOW), bent(rig_file, KNEE)
    arguments = ["text", "bend the left elbow by 70 degrees", "--edit", "rig", "--rig", str(rig_file)]
    assert package("backend.cli").main([*arguments, "--out", str(out)]) == 0
    assert bent(out, ELBOW) == pytest.approx(before + 70.0, abs=8.0)
    assert bent(out, KNEE) == pytest.approx(knee, abs=0.1)
    assert "RightLeg" not in keyed(out)
    assert "LeftForeArm" in keyed(out)


def test_a_pose_of_a_file_is_edited_and_keyed_whole(package, rig_file, tmp_path):
    pose, out = tmp_path / "pose.npz", tmp_path / "posed.blend"
    main = package("backend.cli").main
    assert main(["text", "Left elbow bent 30 degrees", "--npz", str(pose)]) == 0
    arguments = ["text", "bend the left elbow by 70 degrees", "--edit", str(pose), "--rig", str(rig_file)]
    assert main([*arguments, "--out", str(out)]) == 0
    assert bent(out, ELBOW) == pytest.approx(100.0, abs=15.0)
    assert {"RightLeg", "LeftForeArm", "Hips"} <= keyed(out)


def test_the_rigs_pose_is_described(package, rig_file, capsys):
    assert package("backend.cli").main(["text", "--describe", "--rig", str(rig_file)]) == 0
    assert "knee" in capsys.readouterr().out


def test_a_preview_is_written(package, rig_file, tmp_path, monkeypatch):
    written = []
    session = package("rig.session")
    monkeypatch.setattr(session, "render_rig", lambda armature: written.append(armature.name) or "picture")
    monkeypatch.setattr(session, "write_png", lambda image, path: path.write_text(image))
    arguments = ["text", "Left elbow bent 90 degrees", "--rig", str(rig_file), "--preview", str(tmp_path / "p.png")]
    assert package("backend.cli").main(arguments) == 0
    assert (tmp_path / "p.png").read_text() == "picture"
    assert written == ["Armature"]


def test_inside_blender_its_online_access_decides(package, capsys, monkeypatch):
    online = []
    monkeypatch.setattr(package("backend.cli_text"), "pose_text", lambda _command, *, online: asked(online))

    def asked(value):
        online.append(value)

    assert package("command").run(["text", "Left arm up"]) == 0
    assert online == [bpy.app.online_access]
