"""`contrapposto video` without a rig: the .npz, who is in it, files that are not right, runs that were stopped."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

import mp4_boxes
from contrapposto.backend import array_store
from contrapposto.backend.cli import BAD_INPUT, INTERRUPTED, main
from contrapposto.backend.cli_video_show import frames_in_words, run_patiently
from contrapposto.backend.job import Progress
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.video_cache import VideoProgress
from detector_models import blazepose_or_skip
from video_scenes import background, frames_of, paste, person, write_video

EAGER = (
    "import sys; from contrapposto.backend import video_cache, cli;"
    "video_cache._SAVED_EVERY_S = video_cache._LEAST_WORK = 0.0;"
    "sys.exit(cli.main(sys.argv[1:]))"
)
"""The command line with a state kept after every frame."""


@pytest.fixture(scope="module", autouse=True)
def models() -> None:
    blazepose_or_skip()
    pytest.importorskip("torch")


def video_of(path: Path, draw: Callable[[np.ndarray, int], object], count: int, **how) -> Path:
    return write_video(path, (frame.image for frame in frames_of(count, draw)), **how)


def walking(image: np.ndarray, number: int) -> None:
    paste(image, person(), (200.0 + 4.0 * number, 190.0))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return video_of(tmp_path_factory.mktemp("videos") / "walk.mp4", walking, 24)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared by tests that do not look into it, so that each clip is read once."""
    return tmp_path_factory.mktemp("cache")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["video", *arguments]) == BAD_INPUT
    captured = capsys.readouterr()
    (line,) = captured.err.strip().splitlines()
    assert captured.out == ""
    return line


def test_npz_holds_the_motion_at_the_videos_rate(video: Path, cache: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "walk.npz"
    assert main(["video", str(video), "--npz", str(target), "--cache", str(cache)]) == 0
    out = capsys.readouterr().out
    assert "1 person found" in out
    assert "24 frames at 30 frames a second" in out
    assert "bpy" not in sys.modules
    poses = PoseSequence.load(target)
    assert (poses.frame_count, poses.fps) == (24, pytest.approx(30.0))
    with np.load(target, allow_pickle=False) as archive:
        assert archive["joints"].shape == (24, 24, 3)
        assert archive["stands"].shape == (24, 4)
        np.testing.assert_allclose(archive["time_s"], np.arange(24) / 30.0, atol=1e-6)
        assert archive["joints"][:, [10, 11], 1].min() > -0.2, "feet near the ground"
        height = archive["joints"][:, 15, 1] - archive["joints"][:, [10, 11], 1].min(1)
    assert 1.2 < np.median(height) < 2.0


def test_the_second_run_reads_nothing(video: Path, cache: Path, tmp_path: Path, capsys) -> None:
    arguments = ["video", str(video), "--cache", str(cache), "--npz"]
    assert main([*arguments, str(tmp_path / "a.npz")]) == 0
    capsys.readouterr()
    assert main([*arguments, str(tmp_path / "b.npz"), "--smoothing", "1", "--no-lock-feet"]) == 0
    assert "known from an earlier run" in capsys.readouterr().out
    first, second = (PoseSequence.load(tmp_path / name) for name in ("a.npz", "b.npz"))
    speed = [np.abs(np.diff(poses.rotations[:, 1:], axis=0)).mean() for poses in (first, second)]
    assert speed[1] < 0.8 * speed[0], "smoothed harder, from the same reading"


def test_parts_and_rates(video: Path, cache: Path, tmp_path: Path, capsys) -> None:
    target = tmp_path / "part.npz"
    part = ["--start", "4", "--end", "20", "--step", "2"]
    assert main(["video", str(video), "--npz", str(target), "--cache", str(cache), *part, "--scene-fps", "24"]) == 0
    assert "9 frames at 15 frames a second" in capsys.readouterr().out
    poses = PoseSequence.load(target)
    assert (poses.frame_count, poses.fps) == (13, 24.0), "16 / 30 s at 24 frames a second"
    with np.load(target) as archive:
        assert archive["time_s"][0] == pytest.approx(4 / 30, abs=1e-6)


def test_pictures_of_a_numbered_run(cache: Path, tmp_path: Path, capsys) -> None:
    for frame in frames_of(6, walking):
        cv2.imwrite(str(tmp_path / f"shot_{frame.index:03}.png"), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR))
    target = tmp_path / "shot.npz"
    asked = ["video", str(tmp_path), "--fps", "12", "--npz", str(target), "--cache", str(cache)]
    assert main(asked) == 0
    poses = PoseSequence.load(target)
    assert (poses.frame_count, poses.fps) == (6, 12.0)


def test_who_is_in_it(cache: Path, tmp_path: Path, capsys) -> None:
    def two(image: np.ndarray, number: int) -> None:
        paste(image, person(), (160.0, 190.0), height=300.0)
        if number >= 6:
            paste(image, person().mirrored().recoloured(60), (480.0, 190.0), height=220.0)

    path = video_of(tmp_path / "two.mp4", two, 24)
    faces = tmp_path / "new" / "faces"
    asked = ["video", str(path), "--cache", str(cache), "--list-people", "--thumbnails", str(faces)]
    assert main(asked) == 0
    out = capsys.readouterr().out
    assert "2 people found" in out
    rows = [line.split() for line in out.splitlines() if line.strip().endswith("%")]
    assert [row[0] for row in rows] == ["1", "2"]
    assert rows[0][1:4] == ["0", "to", "23"]
    assert 6 <= int(rows[1][1]) <= 23
    for number in (1, 2):
        assert cv2.imread(str(faces / f"two_person_{number}.png")).ndim == 3
    target = tmp_path / "second.npz"
    assert main(["video", str(path), "--cache", str(cache), "--person", "2", "--npz", str(target)]) == 0
    assert PoseSequence.load(target).frame_count == 24 - int(rows[1][1])
    assert "s after the first frame on; the motion begins there." in capsys.readouterr().out
    assert "no person 3" in refused([str(path), "--cache", str(cache), "--person", "3"], capsys)


def test_nothing_was_written(video: Path, cache: Path, capsys) -> None:
    assert main(["video", str(video), "--cache", str(cache)]) == 0
    assert "Nothing was written" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--start", "-1"], "start frame"),
        (["--start", "5", "--end", "3"], "lies before"),
        (["--step", "0"], "step"),
        (["--start", "5000"], "Choose an earlier start"),
        (["--fps", "0"], "frame rate"),
        (["--person", "0"], "counts from 1"),
        (["--smoothing", "0"], "at least 0.2 Hz"),
        (["--scene-fps", "0"], "--scene-fps"),
        (["--scene-fps", "nan"], "--scene-fps"),
        (["--max-error-deg", "2"], "add --keys reduced"),
        (["--keys", "reduced", "--max-error-deg", "0"], "positive number"),
        (["--keys", "few"], "--keys"),
        (["--cache", ".", "--no-cache"], "leave out --cache"),
        (["--thumbnails", "."], "add --list-people"),
        (["--list-people", "--npz", "x.npz"], "leave out"),
        (["--npz", "x.txt"], "must end in .npz"),
        (["--npz", "nowhere/x.npz"], "does not exist"),
        (["--destination", "moon"], "--destination"),
    ],
)
def test_options_that_cannot_be(video: Path, capsys, options: list[str], words: str) -> None:
    assert words in refused([str(video), *options], capsys)


# --- files that are not right -----------------------------------------------------------------------------------------


def test_a_truncated_file_is_used_as_far_as_it_goes(cache: Path, tmp_path: Path, capsys) -> None:
    path = video_of(tmp_path / "cut.mp4", walking, 40)
    mp4_boxes.move_index_to_front(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    target = tmp_path / "cut.npz"
    assert main(["video", str(path), "--cache", str(cache), "--npz", str(target)]) == 0
    assert "cut off or damaged" in capsys.readouterr().out
    assert 8 < PoseSequence.load(target).frame_count < 40


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "is empty"), (b"no video at all", "cannot be read as a video"), (None, "does not exist")],
)
def test_files_without_frames(tmp_path: Path, capsys, content: bytes | None, words: str) -> None:
    path = tmp_path / "none.mp4"
    if content is not None:
        path.write_bytes(content)
    assert words in refused([str(path), "--cache", str(tmp_path / "cache"), "--npz", str(tmp_path / "x.npz")], capsys)
    assert not (tmp_path / "x.npz").exists()


def test_nobody_in_it(tmp_path: Path, capsys) -> None:
    path = write_video(tmp_path / "empty.mp4", [background(0)] * 4)
    assert "Nobody was found" in refused([str(path), "--cache", str(tmp_path / "cache")], capsys)
    assert main(["video", str(path), "--cache", str(tmp_path / "cache"), "--list-people"]) == 0
    assert "no people found" in capsys.readouterr().out


def test_one_frame(cache: Path, tmp_path: Path, capsys) -> None:
    path = video_of(tmp_path / "one.mp4", walking, 1)
    target = tmp_path / "one.npz"
    assert main(["video", str(path), "--cache", str(cache), "--npz", str(target)]) == 0
    assert PoseSequence.load(target).frame_count == 1
    assert "1 frame at 30" in capsys.readouterr().out
    assert "longer motion" in refused([str(path), "--cache", str(cache), "--loop"], capsys)


def test_4k(cache: Path, tmp_path: Path, capsys) -> None:
    small = [frame.image for frame in frames_of(3, walking)]
    path = write_video(tmp_path / "large.mp4", (cv2.resize(image, (3840, 2160)) for image in small))
    target = tmp_path / "large.npz"
    assert main(["video", str(path), "--cache", str(cache), "--npz", str(target)]) == 0
    assert PoseSequence.load(target).frame_count == 3


def test_somebody_leaves_and_returns(cache: Path, tmp_path: Path, capsys) -> None:
    def leaving(image: np.ndarray, number: int) -> None:
        if not 12 <= number < 24:
            walking(image, number)

    path = video_of(tmp_path / "leaves.mp4", leaving, 36)
    assert main(["video", str(path), "--cache", str(cache), "--list-people"]) == 0
    out = capsys.readouterr().out
    assert "1 person found" in out
    (row,) = (line.split() for line in out.splitlines() if line.strip().endswith("%"))
    assert row[1:4] == ["0", "to", "35"]
    assert 55 <= int(row[-1].rstrip("%")) <= 72
    target = tmp_path / "leaves.npz"
    assert main(["video", str(path), "--cache", str(cache), "--npz", str(target)]) == 0
    poses = PoseSequence.load(target)
    assert poses.frame_count == 36
    assert poses.confidence[14:22].mean() < 0.6 * poses.confidence[:10].mean(), "filled in, and less sure"


def test_a_cut_to_another_shot(cache: Path, tmp_path: Path, capsys) -> None:
    def shots():
        for number in range(30):
            image = background(0 if number < 15 else 5).copy()
            paste(image, person(), (200.0, 190.0) if number < 15 else (420.0, 180.0), height=260.0)
            yield image

    path = write_video(tmp_path / "shots.mp4", shots())
    target = tmp_path / "shots.npz"
    assert main(["video", str(path), "--cache", str(cache), "--npz", str(target)]) == 0
    out = capsys.readouterr().out
    poses = PoseSequence.load(target)
    assert "is cut once while" in out
    assert poses.frame_count == 30
    assert np.isfinite(poses.rotations).all()


# --- runs that were stopped -------------------------------------------------------------------------------------------


def started(video: Path, cache: Path, *options: str) -> subprocess.Popen[str]:
    """The command in a process of its own, once it has kept a state."""
    process = subprocess.Popen(
        [sys.executable, "-c", EAGER, "video", str(video), "--cache", str(cache), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and not list(cache.glob("*.tracking.npz")):
        time.sleep(0.005)
    return process


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, INTERRUPTED)])
def test_a_stopped_run_goes_on(tmp_path: Path, capsys, number: int, code: int) -> None:
    video = video_of(tmp_path / "long.mp4", walking, 60)
    target, whole, kept = tmp_path / "walk.npz", tmp_path / "whole.npz", tmp_path / "cache"
    process = started(video, kept, "--npz", str(target))
    process.send_signal(number)
    _, complaint = process.communicate()
    assert process.returncode == code, complaint
    assert not target.exists()
    if number == signal.SIGINT:
        assert complaint.strip().endswith("What was read of the video is kept: the same command goes on from there.")
        assert "Traceback" not in complaint
    assert main(["video", str(video), "--cache", str(kept), "--npz", str(target)]) == 0
    assert "known from an earlier run" in capsys.readouterr().out
    assert main(["video", str(video), "--no-cache", "--npz", str(whole)]) == 0
    first, second = PoseSequence.load(target), PoseSequence.load(whole)
    np.testing.assert_allclose(first.rotations, second.rotations, atol=1e-5)
    np.testing.assert_allclose(first.translation, second.translation, atol=1e-5)


def test_a_full_disk_while_caching(video: Path, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, arrays: array_store.Arrays) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(array_store, "write_arrays", full)
    target = tmp_path / "walk.npz"
    assert main(["video", str(video), "--cache", str(tmp_path / "cache"), "--npz", str(target)]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Note:")]
    assert len([note for note in notes if "No space left on device" in note]) == 1
    assert PoseSequence.load(target).frame_count == 24


def test_no_cache_leaves_nothing(video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["video", str(video), "--end", "3", "--no-cache"]) == 0
    assert list(tmp_path.iterdir()) == []
    assert main(["video", str(video), "--end", "3"]) == 0
    assert {path.name.split(".")[1] for path in tmp_path.rglob("*.npz")} == {"tracks", "motion"}


def test_the_first_interrupt_waits_and_the_second_does_not() -> None:
    closed, steps = [], []

    def job(sent: int):
        try:
            for number in range(5):
                for _ in range(sent):
                    os.kill(os.getpid(), signal.SIGINT)
                steps.append(number)
                yield Progress("Working", 0.0)
        except GeneratorExit:
            closed.append(len(steps))
            raise

    before = signal.getsignal(signal.SIGINT)
    for sent, expected in ((1, ([1], 1)), (2, ([1], 1))):
        with pytest.raises(KeyboardInterrupt):
            run_patiently(job(sent), on_progress=lambda _: None)
        assert (closed, len(steps)) == expected
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize(
    ("progress", "words"),
    [
        (Progress("Working", 0.5), ""),
        (VideoProgress("", 0.5, 12, 0, None), "12 frames"),
        (VideoProgress("", 0.5, 12, 400, 65.4), "12 of 400 frames, 1:05 left"),
        (VideoProgress("", 0.5, 12, 400, 3725.0), "12 of 400 frames, 1:02:05 left"),
    ],
)
def test_frames_in_words(progress: Progress, words: str) -> None:
    assert frames_in_words(progress) == words
