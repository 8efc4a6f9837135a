"""`contrapposto batch`: all inputs of a folder, none stops the others, and what is finished is not done again."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import batch, batch_task, cli_batch_work
from contrapposto.backend.batch import MANIFEST, find_inputs, tasks_of
from contrapposto.backend.batch_task import Outcome, Task
from contrapposto.backend.cli import BAD_INPUT, INTERRUPTED, main
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import Progress
from contrapposto.backend.pose_sequence import PoseSequence
from detector_models import blazepose_or_skip
from video_scenes import PHOTO, frames_of, paste, person, write_video


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files whose endings matter only: their content is not read by the fake below."""
    for name in ("a.jpg", "b.MP4", "notes.txt", ".hidden.jpg", "sub/c.mov", "sub/.git/d.jpg", "sub/deep/walk.jpg"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "in"


@pytest.fixture
def worked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the inputs that are worked on, in the place of the work."""
    names: list[str] = []

    def work(task: Task, options, *, models):
        names.append(task.name)
        yield Progress("Working", 0.5)
        if b"bad" in task.path.read_bytes():
            return Outcome(task.name, error="It is bad.")
        if b"stop" in task.path.read_bytes():
            raise KeyboardInterrupt
        for target in task.targets:
            target.write_bytes(b"made")
        return Outcome(task.name, 2, 7, 1.5, ("Some note.",))

    monkeypatch.setattr(cli_batch_work, "run_task", work)
    return names


def run(folder: Path, *options: str) -> int:
    return main(["batch", str(folder), "--no-cache", *options])


def test_inputs_are_found_by_their_endings(folder: Path) -> None:
    def names(**how) -> list[str]:
        return [path.relative_to(folder).as_posix() for path in find_inputs(folder, **how)]

    assert names(recursive=False) == ["a.jpg", "b.MP4"]
    assert names(recursive=True) == ["a.jpg", "b.MP4", "sub/c.mov", "sub/deep/walk.jpg"]
    assert names(recursive=True, besides=[folder / "sub" / "deep"]) == ["a.jpg", "b.MP4", "sub/c.mov"]
    (folder / "sub" / "loop").symlink_to(folder)
    assert len(names(recursive=True)) == 4
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="no photos or videos"):
        find_inputs(folder / "empty", recursive=True)
    with pytest.raises(InputError, match="not a folder"):
        find_inputs(folder / "a.jpg", recursive=False)


def test_results_have_names_of_their_own(tmp_path: Path) -> None:
    inputs = [tmp_path / name for name in ("walk.jpg", "walk.mp4", "run.mp4", "sub/walk.jpg")]
    made = [task.npz for task in tasks_of(inputs, tmp_path, out=tmp_path / "poses", rig_suffix=None)]
    names = [path.relative_to(tmp_path / "poses").as_posix() for path in made]
    assert names == ["walk_jpg.npz", "walk_mp4.npz", "run.npz", "sub/walk.npz"]
    (task,) = tasks_of([tmp_path / "run.mp4"], tmp_path, out=tmp_path / "poses", rig_suffix=".fbx")
    assert [path.name for path in task.targets] == ["run.npz", "run.fbx"]


def test_what_is_finished_is_not_done_again(folder: Path, worked: list[str], capsys) -> None:
    assert run(folder, "--recursive") == 0
    everything = ["a.jpg", "b.MP4", "sub/c.mov", "sub/deep/walk.jpg"]
    assert worked == everything
    assert "4 of 4 inputs" in capsys.readouterr().out
    assert run(folder, "--recursive") == 0
    assert worked == everything, "nothing is done twice"
    out = capsys.readouterr().out
    assert out.count("known") == 4
    assert "a.jpg: Some note." in out, "what was told is told again"

    os.utime(folder / "a.jpg", (1, 1))
    (folder / "poses" / "b.npz").unlink()
    assert run(folder, "--recursive") == 0
    assert worked[4:] == ["a.jpg", "b.MP4"], "changed, and lost"
    assert run(folder, "--recursive", "--smoothing", "3") == 0
    assert worked[6:] == everything, "asked for in another way"
    del worked[:]
    assert run(folder, "--recursive", "--smoothing", "3", "--rig-format", "glb") == 0
    assert worked == everything, "with a rig"
    assert (folder / "poses" / "sub" / "c.glb").is_file()


def test_one_bad_file_does_not_stop_the_rest(folder: Path, worked: list[str], tmp_path: Path, capsys) -> None:
    (folder / "a.jpg").write_bytes(b"bad")
    report = tmp_path / "report.json"
    assert run(folder, "--recursive", "--report", str(report)) == BAD_INPUT
    captured = capsys.readouterr()
    assert captured.err.strip() == "contrapposto: 1 of 4 inputs failed: a.jpg. The others are done."
    assert "a.jpg failed: It is bad." in captured.out
    assert "3 of 4 inputs" in captured.out
    content = json.loads(report.read_text())
    assert content["failed"] == ["a.jpg"]
    assert [each["frames"] for each in content["inputs"]] == [0, 7, 7, 7]
    del worked[:]
    assert run(folder, "--recursive") == BAD_INPUT
    assert worked == ["a.jpg"], "what failed is tried again"
    (folder / "a.jpg").write_bytes(b"good")
    assert run(folder, "--recursive") == 0


def test_a_fault_of_ours_does_not_stop_the_rest(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    def faulty(task: Task, options, models):
        yield Progress("Working", 0.0)
        if task.name == "a.jpg":
            raise IndexError("list index out of range")
        task.npz.write_bytes(b"made")
        return Outcome(task.name, 1, 1)

    for name in ("_photo", "_video"):
        monkeypatch.setattr(batch_task, name, faulty)
    assert run(folder) == BAD_INPUT
    out = capsys.readouterr().out
    assert "a fault of Contrapposto: IndexError in test_batch.py, line" in out
    assert "1 of 2 inputs" in out


def test_an_interrupt_keeps_what_is_finished(folder: Path, worked: list[str], capsys) -> None:
    (folder / "b.MP4").write_bytes(b"stop")
    assert run(folder, "--recursive") == INTERRUPTED
    complaint = capsys.readouterr().err
    assert "1 of 4 inputs are finished. The same command goes on from there." in complaint
    (folder / "b.MP4").write_bytes(b"go")
    assert run(folder, "--recursive") == 0
    assert worked == ["a.jpg", "b.MP4", "b.MP4", "sub/c.mov", "sub/deep/walk.jpg"]


@pytest.mark.parametrize(
    "content",
    ["", "[", "[]", "3", '{"version": 1}', '{"version": 9, "inputs": {"a.jpg": {}}}', '{"version": 1, "inputs": []}',
     '{"version": 1, "inputs": {"a.jpg": 3, "b.MP4": {"made": 1, "outcome": 2}}}', "[" * 100_000],
)  # fmt: skip
def test_a_manifest_that_is_none_is_made_anew(folder: Path, worked: list[str], content: str) -> None:
    (folder / "poses").mkdir()
    (folder / "poses" / MANIFEST).write_text(content)
    assert run(folder) == 0
    assert worked == ["a.jpg", "b.MP4"]
    assert run(folder) == 0
    assert worked == ["a.jpg", "b.MP4"]


def test_a_manifest_names_no_files(folder: Path, worked: list[str]) -> None:
    """Where results go follows from the inputs alone, whatever a manifest says."""
    assert run(folder) == 0
    path = folder / "poses" / MANIFEST
    content = json.loads(path.read_text())
    content["inputs"]["../../evil.jpg"] = content["inputs"]["a.jpg"]
    content["inputs"]["a.jpg"]["outcome"]["people"] = "many"
    path.write_text(json.dumps(content))
    assert run(folder) == 0
    assert worked == ["a.jpg", "b.MP4", "a.jpg"]
    assert not list(folder.parent.glob("evil*"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--person", "0"], "counts from 1"),
        (["--rig", "rig.blend"], "add --rig-format"),
        (["--rig", "rig.blend", "--rig-format", "fbx"], "does not exist"),
        (["--workers", "2"], "add --ray local"),
        (["--ray", "local", "--workers", "0"], "--workers"),
        (["--report", "x.txt"], "must end in .json"),
        (["--max-error-deg", "-1"], "positive number"),
        (["--smoothing", "nan"], "Smoothing"),
    ],
)
def test_options_that_cannot_be(folder: Path, worked: list[str], capsys, options: list[str], words: str) -> None:
    assert run(folder, *options) == BAD_INPUT
    assert words in capsys.readouterr().err
    assert worked == []


def test_a_folder_that_cannot_be_made(folder: Path, worked: list[str], capsys) -> None:
    assert run(folder, "--to", str(folder / "a.jpg")) == BAD_INPUT
    assert "cannot be made" in capsys.readouterr().err


def test_without_ray_a_sentence_says_so(folder: Path, worked: list[str], capsys, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert run(folder, "--ray", "local") == BAD_INPUT
    assert "The Python package ray is needed to work on a cluster" in capsys.readouterr().err


def test_real_photos_and_videos(tmp_path: Path, capsys) -> None:
    blazepose_or_skip()
    pytest.importorskip("torch")
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(PHOTO, folder / "photo.jpg")
    walk = frames_of(8, lambda image, number: paste(image, person(), (200.0 + 4.0 * number, 190.0)))
    write_video(folder / "walk.mp4", (frame.image for frame in walk))
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture")
    assert main(["batch", str(folder), "--cache", str(tmp_path / "cache"), "--to", str(tmp_path / "out")]) == BAD_INPUT
    captured = capsys.readouterr()
    assert "2 of 4 inputs failed: empty.mp4, text.jpg." in captured.err
    assert PoseSequence.load(tmp_path / "out" / "photo.npz").frame_count == 1
    assert PoseSequence.load(tmp_path / "out" / "walk.npz").frame_count == 8
    with np.load(tmp_path / "out" / "walk.npz") as archive:
        assert archive["stands"].shape == (8, 4)
    made = {path.name for path in (tmp_path / "out").iterdir()}
    assert made == {"photo.npz", "walk.npz", batch.MANIFEST}
