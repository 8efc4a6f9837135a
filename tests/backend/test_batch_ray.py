"""Batches on a local Ray with two workers: the same results, and nothing is lost with a worker that dies."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contrapposto.backend.cli import BAD_INPUT
from contrapposto.backend.pose_sequence import PoseSequence
from detector_models import blazepose_or_skip
from video_scenes import PHOTO, frames_of, paste, person, write_video

SUPPORT = Path(__file__).parents[1] / "support"
pytestmark = pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="ray is not installed")


def test_a_worker_that_dies_loses_nothing(tmp_path: Path) -> None:
    script = [sys.executable, str(SUPPORT / "ray_workers.py"), str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout.splitlines()[-1])
    assert sorted(outcomes) == [f"{number}.jpg" for number in range(8)]
    frames = [outcomes[f"{number}.jpg"][0] for number in range(8)]
    assert frames == [1, 2, 1, 1, 2, 0, 1, 1], "what died once was begun twice, and nothing else"
    errors = [name for name, (_, error) in outcomes.items() if error is not None]
    assert errors == ["5.jpg"]
    assert "its worker died 4 times" in outcomes["5.jpg"][1]
    assert (tmp_path / "5.begun").read_text() == "...."
    workers = {path.read_text() for path in tmp_path.glob("*.npz")}
    assert len(workers) >= 2, "two workers shared the tasks"


def test_the_command_on_two_workers(tmp_path: Path) -> None:
    blazepose_or_skip()
    pytest.importorskip("torch")
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(PHOTO, folder / "photo.jpg")
    walk = frames_of(6, lambda image, number: paste(image, person(), (200.0 + 4.0 * number, 190.0)))
    write_video(folder / "walk.mp4", (frame.image for frame in walk))
    (folder / "text.jpg").write_text("no picture")
    command = "import sys; from contrapposto.backend.cli import main; sys.exit(main(sys.argv[1:]))"
    asked = ["batch", str(folder), "--cache", str(tmp_path / "cache")]
    script = [sys.executable, "-c", command, *asked, "--ray", "local", "--workers", "2"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == BAD_INPUT
    assert done.stderr.strip().splitlines()[-1] == "contrapposto: 1 of 3 inputs failed: text.jpg. The others are done."
    assert PoseSequence.load(folder / "poses" / "walk.npz").frame_count == 6
    assert PoseSequence.load(folder / "poses" / "photo.npz").frame_count == 1
    assert list((tmp_path / "cache").glob("*.motion.npz")), "workers share what is kept"


def test_no_cluster_at_an_address(tmp_path: Path) -> None:
    shutil.copy(PHOTO, tmp_path / "photo.jpg")
    command = "import sys; from contrapposto.backend.cli import main; sys.exit(main(sys.argv[1:]))"
    script = [sys.executable, "-c", command, "batch", str(tmp_path), "--no-cache", "--ray", "auto"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == BAD_INPUT
    assert "No Ray cluster answers at auto" in done.stderr
    assert "Traceback" not in done.stderr
