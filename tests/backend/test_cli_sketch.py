"""`contrapposto sketch` without a rig: what it writes, and every bad input as one sentence and exit code 2."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.camera import Camera
from contrapposto.backend.cli import BAD_INPUT, main
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.skeleton import JOINT_INDEX
from drawn_figure import DRAWN, drawing
from fake_sketch import Figure


class Models:
    """A detector that knows `DRAWN`, and a solver whose readings raise the left arm by more and more."""

    def __init__(self, *, figures: int = 1) -> None:
        self.count = figures

    def figures(self, image):
        yield from ()
        height, width = image.shape[:2]
        points, confidence = np.ones((1, 23, 2), np.float32), np.zeros((1, 23), np.float32)
        for name, place in DRAWN.items():
            points[0, FIGURE_23.index[name]], confidence[0, FIGURE_23.index[name]] = place, 0.9
        seen = Observation(points, confidence, FIGURE_23, (width, height))
        return [Figure(seen, np.zeros(23, np.float32), np.full(23, np.inf, np.float32))] * self.count

    def solve(self, figure, *, count=1):
        yield from ()
        camera = Camera.assumed(figure.observation.image_size)
        found = []
        for number in range(min(count, 2)):
            rotations = np.zeros((1, 24, 3), np.float32)
            rotations[0, JOINT_INDEX["left_shoulder"], 2] = 0.4 * (number + 1)
            poses = PoseSequence(rotations, np.zeros((1, 3), np.float32), confidence=np.full((1, 24), 0.7, np.float32))
            found.append(Estimate(poses, np.array([[0.0, 0.0, 5.0]]), camera, likelihood=1.0 / count))
        return found


@pytest.fixture
def models(monkeypatch):
    fake = Models()
    monkeypatch.setattr(ModelCache, "drawing_detector", lambda _self: fake)
    monkeypatch.setattr(ModelCache, "drawn_solver", lambda _self: fake)
    return fake


def refused(arguments, capsys) -> str:
    """The sentence that the command line refuses with."""
    assert main([str(argument) for argument in arguments]) == BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    return lines[0]


def test_npz_holds_the_readings_and_the_joints_found(models, tmp_path, capsys):
    target = tmp_path / "pose.npz"
    assert main(["sketch", str(drawing(tmp_path / "figure.png")), "--npz", str(target), "--hypotheses", "2"]) == 0
    told = capsys.readouterr().out
    assert "figure.png: 1 figure found." in told
    assert "Reading 2 of 2" in told
    with np.load(target) as first, np.load(tmp_path / "pose_2.npz") as second:
        assert tuple(first["keypoint_names"]) == FIGURE_23.names
        column = FIGURE_23.index["left_wrist"]
        np.testing.assert_allclose(first["keypoints_px"][0, column], DRAWN["left_wrist"])
        assert first["poses"][0, 3 * JOINT_INDEX["left_shoulder"] + 2] == pytest.approx(0.4)
        assert second["poses"][0, 3 * JOINT_INDEX["left_shoulder"] + 2] == pytest.approx(0.8)


def test_it_has_the_options_of_photo_but_for_what_sees_and_solves_photos(capsys):
    def options(command):
        assert main([command, "--help"]) == 0
        words = capsys.readouterr().out.replace("[", " ").replace("]", " ").split()
        return {word for word in words if word.startswith("--")}

    assert options("photo") - options("sketch") == {"--solver", "--detector", "--regressor"}
    assert options("sketch") <= options("photo")


@pytest.mark.parametrize(("name", "content"), [("missing.png", None), ("empty.png", b""), ("text.png", b"no picture")])
def test_what_is_no_picture_is_refused(models, tmp_path, capsys, name, content):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    assert name in refused(["sketch", path], capsys)


def test_what_shows_no_figure_is_refused_and_nothing_is_written(models, tmp_path, capsys):
    models.count = 0
    target = tmp_path / "pose.npz"
    picture = drawing(tmp_path / "garlic.png")
    assert "No drawn figure was found in garlic.png" in refused(["sketch", picture, "--npz", target], capsys)
    assert not target.exists()


def test_a_figure_that_is_not_there_is_refused(models, tmp_path, capsys):
    picture = drawing(tmp_path / "figure.png")
    assert "There is no figure 2 in figure.png: 1 found" in refused(["sketch", picture, "--person", 2], capsys)
    assert "--person counts from 1" in refused(["sketch", picture, "--person", 0], capsys)


def test_options_out_of_range_are_refused_before_anything_is_read(tmp_path, capsys):
    assert "--blend must lie between 0 and 1" in refused(["sketch", tmp_path / "a.png", "--blend", "2"], capsys)
    assert "must end in .npz" in refused(["sketch", tmp_path / "a.png", "--npz", tmp_path / "a.txt"], capsys)
    assert "unrecognized arguments: --solver" in refused(["sketch", tmp_path / "a.png", "--solver", "model"], capsys)


def test_what_the_solver_refuses_is_told(models, tmp_path, capsys, monkeypatch):
    def solve(_figure, *, count=1):
        yield from ()
        raise InputError("Too little of the figure is drawn.")

    monkeypatch.setattr(models, "solve", solve)
    assert "Too little of the figure is drawn" in refused(["sketch", drawing(tmp_path / "figure.png")], capsys)


def test_a_file_of_the_network_that_is_not_the_pinned_one_is_told(tmp_path: Path, capsys, monkeypatch):
    pytest.importorskip("torch")
    from contrapposto.backend import runtime
    from contrapposto.backend.weights.registry import ModelEntry

    entry = ModelEntry("drawing", "drawing/drawing.safetensors", 4, "0" * 64)
    monkeypatch.setattr(runtime, "model_entries", lambda: {"drawing": entry})
    picture, folder = drawing(tmp_path / "figure.png"), tmp_path / "models"
    folder.mkdir()
    (folder / "drawing.safetensors").write_bytes(b"none")
    assert "drawing.safetensors is damaged" in refused(["sketch", picture, "--models", folder], capsys)
    (folder / "drawing.safetensors").unlink()
    monkeypatch.setattr(runtime, "FOLDER", tmp_path)
    assert "drawing.safetensors is missing" in refused(["sketch", picture, "--models", folder], capsys)
