"""The command line without a rig: the .npz it writes, and every bad input as one sentence and exit code 2."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import cli
from contrapposto.backend.camera import Camera
from contrapposto.backend.cli import BAD_INPUT, INTERRUPTED, UNREAD, main
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.pose_sequence import PoseSequence

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "photo.jpg"
MODELS = ROOT / "backend" / "weights" / "blazepose"


def _refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The sentence that the command line refuses with."""
    assert main(arguments) == BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert "Traceback" not in captured.err
    return lines[0]


def test_npz_holds_a_pose_that_agrees_with_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "pose.npz"
    assert main(["photo", str(SAMPLE), "--solver", "analytic", "--npz", str(target)]) == 0
    assert "1 person found" in capsys.readouterr().out
    assert "bpy" not in sys.modules
    with np.load(target, allow_pickle=False) as archive:
        content = dict(archive)
    poses = PoseSequence.load(target)
    assert content["poses"].shape == (1, 72)
    np.testing.assert_allclose(content["joints"], forward_kinematics(poses.rotations, poses.translation), atol=1e-5)
    np.testing.assert_allclose(
        content["joints_cam"] - content["joints_cam"][:, :1],
        (content["joints"] - content["joints"][:, :1]) * (1.0, -1.0, -1.0),
        atol=1e-5,
    )
    np.testing.assert_array_equal(content["camera_turn"], np.eye(3)[None])
    assert content["likelihood"] == 1.0
    projected = Camera(*content["camera"]).project(content["joints_cam"])
    np.testing.assert_allclose(content["joints_px"], projected, atol=0.05)
    assert tuple(content["keypoint_names"]) == BLAZEPOSE_33.names
    assert content["keypoints_px"].shape == (1, 33, 2)
    assert content["keypoint_confidence"].shape == (1, 33)
    assert content["confidence"].shape == (1, 24)
    assert content["mocap_framerate"] > 0
    assert str(content["gender"]) == "neutral"
    width, height = content["image_size"]
    assert ((content["keypoints_px"] >= 0) & (content["keypoints_px"] <= (width, height))).all()
    ankle = content["joints_px"][0, 7] - content["keypoints_px"][0, BLAZEPOSE_33.index["left_ankle"]]
    assert np.linalg.norm(ankle) < 0.1 * height, "the body stands where the picture has it"


def test_without_outputs_it_says_what_could_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(SAMPLE)]) == 0
    assert "Nothing was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("missing.jpg", None, "missing.jpg"),
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"this is no picture, whatever its name says", "text.jpg"),
        ("cut.jpg", "half", "cut.jpg"),
    ],
)
def test_bad_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes | str | None, sentence: str
) -> None:
    picture = tmp_path / name
    if content == "half":
        whole = SAMPLE.read_bytes()
        content = whole[: len(whole) // 2]
    if content is not None:
        picture.write_bytes(content)
    target = tmp_path / "pose.npz"
    assert sentence in _refused(["photo", str(picture), "--npz", str(target)], capsys)
    assert not target.exists()


def test_a_folder_is_no_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "folder" in _refused(["photo", str(tmp_path)], capsys)


def test_nobody_in_the_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str], shared_data: Path) -> None:
    garlic = shared_data / "sketches" / "animated_drawings" / "garlic.png"
    target = tmp_path / "pose.npz"
    assert "Nobody was found in garlic.png" in _refused(["photo", str(garlic), "--npz", str(target)], capsys)
    assert not target.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--person", "0"], "counts from 1"),
        (["--person", "99"], "There is no person 99"),
        (["--person", "two"], "invalid int value"),
        (["--npz", "pose.txt"], "must end in .npz"),
        (["--out", "pose.obj"], "must end in .blend"),
        (["--preview", "pose.gif"], "must end in .png"),
        (["--npz", "no/such/folder/pose.npz"], "does not exist"),
        (["--models", "no/such/folder"], "model"),
        (["--blend", "1.5"], "--blend must lie between 0 and 1"),
        (["--min-confidence", "-0.5"], "--min-confidence must lie between 0 and 1"),
        (["--hypotheses", "0"], "--hypotheses must lie between 1 and 48"),
        (["--solver", "guess"], "invalid choice"),
        (["--blend", "half"], "invalid float value"),
        (["--bone-map", "no-such-map.json"], "does not exist"),
        (["--limbs", "sideways"], "invalid choice"),
        (["--selected"], "unrecognized arguments"),
        (["--sparkle"], "unrecognized arguments"),
        (["--frame", "99999999999"], "Blender's frames go"),
        (["--armature", "Nobody"], "add --rig FILE"),
    ],
)
def test_bad_options(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in _refused(["photo", str(SAMPLE), *arguments], capsys)
    assert list(tmp_path.iterdir()) == []


def test_bad_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert "required" in _refused([], capsys)
    assert "invalid choice" in _refused(["dance"], capsys)
    assert "FILE" in _refused(["rig-map"], capsys)
    assert "unrecognized" in _refused(["rig-map", "hero.blend", "--person", "2"], capsys)
    assert main(["--help"]) == 0
    assert main(["rig-map", "--help"]) == 0


def test_a_corrupt_model_is_never_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "models"
    shutil.copytree(MODELS, folder)
    model = folder / "pose_detection.tflite"
    content = bytearray(model.read_bytes())
    content[1000] ^= 1
    model.write_bytes(content)
    assert "pose_detection.tflite" in _refused(["photo", str(SAMPLE), "--models", str(folder)], capsys)


def test_a_place_without_write_permission(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.access", lambda _path, _mode: False)  # who runs the tests as root may write anywhere
    assert "may not be written" in _refused(["photo", str(SAMPLE), "--npz", str(tmp_path / "pose.npz")], capsys)


def test_what_is_read_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photo = tmp_path / "photo.png"
    photo.write_bytes(SAMPLE.read_bytes())
    assert "is a file that is read" in _refused(["photo", str(photo), "--preview", str(photo)], capsys)
    assert photo.read_bytes() == SAMPLE.read_bytes()


def _command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "contrapposto", "photo", *map(str, arguments)]


def test_a_refusal_is_one_line_also_of_what_native_code_prints(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    done = subprocess.run(_command(tmp_path / "empty.jpg"), capture_output=True, text=True, check=False)
    assert done.returncode == BAD_INPUT
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("length", [10, 1_000_000], ids=["at the flush", "in the middle"])
def test_output_that_nobody_reads_ends_a_command_quietly(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], length: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)

    def run(_arguments: object, **_online: bool) -> tuple[int, str]:
        sys.stdout.write(length * "x")
        return 0, ""

    with os.fdopen(writer, "w") as closed:  # which must not fail when it is closed either
        monkeypatch.setattr(sys, "stdout", closed)
        monkeypatch.setattr(cli, "_run", run)
        assert main([]) == UNREAD
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for another process")
@pytest.mark.parametrize("stage", ["Reading the picture", "Solving the pose"])
def test_an_interrupt_leaves_no_file(tmp_path: Path, stage: str) -> None:
    kept = tmp_path / "pose.npz"
    kept.write_text("from before")
    # The command interrupts itself when it comes to the stage, as Ctrl-C would.
    code = f"""
import os, signal, sys
from contrapposto.backend import cli, cli_photo_work

shown = cli_photo_work.Show.__call__

def show(self, progress):
    if progress.stage == {stage!r}:
        os.kill(os.getpid(), signal.SIGINT)
    shown(self, progress)

cli_photo_work.Show.__call__ = show
sys.exit(cli.main(sys.argv[1:]))
"""
    command = [sys.executable, "-c", code, "photo", str(SAMPLE), "--solver", "analytic", "--npz", str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == INTERRUPTED, done.stderr
    assert done.stderr == "contrapposto: cancelled, nothing was written.\n"
    assert kept.read_text() == "from before"
    assert list(tmp_path.iterdir()) == [kept]
