"""`contrapposto video` and `batch` with a rig: keys at the scene's rate, few keys within their bound, files, strip."""

from __future__ import annotations

from pathlib import Path

import bpy
import cv2
import numpy as np
import pytest

from keyed_channels import curves_of
from video_scenes import background, paste, person, write_video

pytest.importorskip("torch", reason="motion is solved by the pose model, in torch")

BAD_INPUT = 2
FRAMES = 24


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Somebody who is carried over a background: the motion is none, but everything is there."""
    images = []
    for number in range(FRAMES):
        images.append(background(0).copy())
        paste(images[-1], person(), (200.0 + 4.0 * number, 190.0 + 3.0 * np.sin(number)))
    return write_video(tmp_path_factory.mktemp("videos") / "walk.mp4", images)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def rig_file(humanoid: bpy.types.Object, tmp_path: Path) -> Path:
    path = tmp_path / "rig.blend"
    bpy.context.scene.render.fps = 24
    bpy.context.scene.frame_end = 10
    bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True)
    return path


def run(package, video: Path, cache: Path, *options: object) -> int:
    return package("backend.cli").main(["video", str(video), "--cache", str(cache), *map(str, options)])


def opened(path: Path) -> bpy.types.Object:
    bpy.ops.wm.open_mainfile(filepath=str(path))
    return next(each for each in bpy.data.objects if each.type == "ARMATURE")


def key_frames(armature: bpy.types.Object) -> set[float]:
    return {point.co[0] for curve in curves_of(armature).values() for point in curve.keyframe_points}


def rotations(armature: bpy.types.Object, frames: range) -> np.ndarray:
    """(T, B, 4) of every bone as Blender plays it; its own rotation relative to rest."""
    found = []
    for frame in frames:
        bpy.context.scene.frame_set(frame)
        found.append([list(bone.matrix_basis.to_quaternion()) for bone in armature.pose.bones])
    return np.array(found)


def test_dense_keys_at_the_rate_of_the_file(package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys):
    out = tmp_path / "keyed.blend"
    assert run(package, video, cache, "--rig", rig_file, "--frame", 12, "--out", out) == 0
    assert f"Wrote {out}" in capsys.readouterr().out
    armature = opened(out)
    assert (bpy.context.scene.render.fps, bpy.context.scene.render.fps_base) == (24, 1.0)
    assert key_frames(armature) == set(map(float, range(12, 31))), "23 / 30 s are 18.4 frames at 24 a second"
    assert bpy.context.scene.frame_current == 12
    assert bpy.context.scene.frame_end == 30, "all of it plays"


def test_another_rate(package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "keyed.blend"
    assert run(package, video, cache, "--rig", rig_file, "--scene-fps", 29.97, "--out", out) == 0
    armature = opened(out)
    render = bpy.context.scene.render
    assert render.fps == 30
    assert render.fps / render.fps_base == pytest.approx(29.97, rel=1e-5)
    assert max(key_frames(armature)) == 23.0


@pytest.mark.parametrize("degrees", [1.0, 5.0])
def test_reduced_keys_keep_their_bound(
    package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys, degrees: float
) -> None:
    dense, few = tmp_path / "dense.blend", tmp_path / "few.blend"
    assert run(package, video, cache, "--rig", rig_file, "--out", dense) == 0
    capsys.readouterr()
    bound = ["--keys", "reduced", "--max-error-deg", degrees, "--max-error-mm", 500]
    assert run(package, video, cache, "--rig", rig_file, "--out", few, *bound) == 0
    assert "degrees and" in capsys.readouterr().out
    frames = range(1, 20)
    armature = opened(dense)
    count, played = len(key_frames(armature)), rotations(armature, frames)
    armature = opened(few)
    assert len(key_frames(armature)) < 0.75 * count
    cosine = np.abs(np.sum(played * rotations(armature, frames), axis=-1))
    off = np.degrees(2.0 * np.arccos(np.clip(cosine, 0.0, 1.0)))
    assert 0.0 < off.max() <= degrees + 0.05


@pytest.mark.parametrize(("destination", "strips"), [("new", 0), ("nla", 1)])
def test_destinations_keep_the_old_action(
    package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys, destination: str, strips: int
) -> None:
    first, second = tmp_path / "first.blend", tmp_path / "second.blend"
    assert run(package, video, cache, "--rig", rig_file, "--out", first) == 0
    old = opened(first).animation_data.action.name
    asked = ["--rig", first, "--destination", destination, "--frame", 100, "--out", second]
    assert run(package, video, cache, *asked) == 0
    armature = opened(second)
    assert old in bpy.data.actions
    tracks = armature.animation_data.nla_tracks
    assert sum("walk" in strip.name for track in tracks for strip in track.strips) == strips
    assert any("walk" in action.name for action in bpy.data.actions)


@pytest.mark.parametrize("ending", ["glb", "fbx", "bvh"])
def test_other_files(package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys, ending: str) -> None:
    out = tmp_path / f"keyed.{ending}"
    assert run(package, video, cache, "--rig", rig_file, "--out", out) == 0
    session = package("rig.session").PosedRig.open(out, armature_name=None)
    assert len(key_frames(session.armature)) >= 10


def test_a_strip_of_frames_beside_the_rig(
    package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys
) -> None:
    picture = tmp_path / "strip.png"
    strip = package("rig.motion_strip")
    strip._COLUMNS, strip._HEIGHT = 3, 120
    assert run(package, video, cache, "--rig", rig_file, "--frame", 5, "--preview", picture) == 0
    pixels = cv2.imread(str(picture))
    assert pixels.shape == (22 + 120 + 6 + 120, 3 * 90 + 4 * 6, 3)
    above, below = pixels[22:142], pixels[148:]
    for column in range(3):
        part = slice(6 + column * 96, 96 + column * 96)
        assert above[:, part].std() > 20.0, "a part of the video"
        assert below[:, part].std() > 5.0, "the rig"
    assert bpy.context.scene.frame_current == 5


def test_a_file_that_is_no_rig_is_told_before_the_video_is_read(
    package, video: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = package("backend.cli_video_work")
    monkeypatch.setattr(work, "CachedTracking", lambda *_, **__: pytest.fail("the video is read"))
    bad = tmp_path / "rig.blend"
    bad.write_bytes(b"no rig")
    assert run(package, video, tmp_path / "cache", "--rig", bad, "--out", tmp_path / "x.blend") == BAD_INPUT
    assert "rig.blend" in capsys.readouterr().err
    assert not (tmp_path / "x.blend").exists()


def test_a_batch_with_rigs(package, video: Path, cache: Path, rig_file: Path, tmp_path: Path, capsys) -> None:
    asked = ["batch", str(video.parent), "--cache", str(cache), "--to", str(tmp_path / "out"), "--rig", str(rig_file)]
    assert package("backend.cli").main([*asked, "--rig-format", "blend", "--keys", "reduced"]) == 0
    assert "1 of 1 inputs" in capsys.readouterr().out
    armature = opened(tmp_path / "out" / "walk.blend")
    assert 2 <= len(key_frames(armature)) < 19
    assert package("backend.cli").main([*asked, "--rig-format", "blend", "--keys", "reduced"]) == 0
    assert "known" in capsys.readouterr().out


def test_no_cluster_from_inside_blender(package, video: Path, tmp_path: Path, capsys) -> None:
    asked = ["batch", str(video.parent), "--no-cache", "--to", str(tmp_path), "--ray", "local"]
    assert package("backend.cli").main(asked) == BAD_INPUT
    assert "works outside of Blender only" in capsys.readouterr().err
