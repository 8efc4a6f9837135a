"""`contrapposto photo --match-camera`, and what the command says of the camera."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

import exif_blocks

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "photo.jpg"
BAD_INPUT = 2
pytest.importorskip("ai_edge_litert")


def test_the_blend_shows_the_rig_over_the_picture(package, tmp_path: Path, capsys) -> None:
    out = tmp_path / "posed.blend"
    arguments = ["photo", str(SAMPLE), "--rig", str(ROOT / "samples" / "character.blend"), "--out", str(out)]
    assert package("backend.cli").main([*arguments, "--match-camera", "--solver", "analytic"]) == 0
    said = capsys.readouterr().out
    assert "Contrapposto Camera: Joints are" in said
    assert "Camera: 43 mm on 35 mm film, assumed" in said
    bpy.ops.wm.open_mainfile(filepath=str(out))
    scene = bpy.context.scene
    assert scene.camera.name == "Contrapposto Camera"
    assert Path(bpy.path.abspath(scene.camera.data.background_images[0].image.filepath)) == SAMPLE
    assert scene.render.resolution_x / scene.render.resolution_y == pytest.approx(1280 / 960, rel=1e-3)
    # The right hand rests on the hip, left of the middle; the left one is raised to the picture's upper edge.
    armature = next(obj for obj in scene.objects if obj.type == "ARMATURE")
    hands = {}
    joints = package("rig.camera").RigJoints(armature).places(armature)
    for side in ("left", "right"):
        x, y, _ = world_to_camera_view(scene, scene.camera, Vector(joints[f"{side}_wrist"].tolist()))
        hands[side] = (x * 1280, (1.0 - y) * 960)
    np.testing.assert_allclose(hands["left"], (705, 90), atol=40)
    np.testing.assert_allclose(hands["right"], (535, 410), atol=60)


def test_it_says_that_the_lens_is_by_exif(package, tmp_path: Path, capsys) -> None:
    picture, npz = tmp_path / "phone.jpg", tmp_path / "pose.npz"
    data, segment = SAMPLE.read_bytes(), b"Exif\0\0" + exif_blocks.exif_block({exif_blocks.FOCAL_35: 85})
    picture.write_bytes(data[:2] + b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment + data[2:])
    assert package("backend.cli").main(["photo", str(picture), "--npz", str(npz), "--solver", "analytic"]) == 0
    assert "Camera: 85 mm on 35 mm film, by the file's EXIF." in capsys.readouterr().out
    with np.load(npz) as archive:
        assert archive["camera"][0] == pytest.approx(85.0 / 43.2666 * 1600.0, rel=1e-4)


@pytest.mark.parametrize("out", [[], ["--out", "posed.glb"]])
def test_a_camera_needs_a_blend(package, tmp_path: Path, capsys, monkeypatch, out) -> None:
    monkeypatch.chdir(tmp_path)
    assert package("backend.cli").main(["photo", str(SAMPLE), "--match-camera", *out]) == BAD_INPUT
    assert "--out FILE.blend" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
