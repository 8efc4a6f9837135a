"""Several readings on the command line, and which solver they come from."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from contrapposto.backend import cli_photo_work, solver_choice
from contrapposto.backend.cli import BAD_INPUT, main
from contrapposto.backend.errors import InputError, MissingPackageError, ModelFileError
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.runtime import ModelCache, Solver
from contrapposto.backend.solver_choice import choose_solver

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "photo.jpg"


@pytest.fixture
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pose model that was never trained stands for the shipped one: its readings differ widely."""
    torch = pytest.importorskip("torch")
    from contrapposto.backend.estimate.learned import LearnedEstimator
    from contrapposto.backend.estimate.pose_network import PoseNetwork

    torch.manual_seed(3)
    network = PoseNetwork(width=64, depth=1).eval()

    def estimator(cache: ModelCache, solver: Solver) -> Any:
        return LearnedEstimator(network) if solver is Solver.MODEL else AnalyticEstimator()

    monkeypatch.setattr(ModelCache, "estimator", estimator)
    monkeypatch.setattr(solver_choice, "model_entries", lambda: {"pose": None})


def _load(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def test_fewer_readings_than_asked_for_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["photo", str(SAMPLE), "--solver", "analytic", "--hypotheses", "3", "--npz", str(tmp_path / "a.npz")]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "Reading 1 of 1: likelihood 100%" in out
    assert "3 readings were asked for, but this solver gives only one." in out
    assert "the picture gave" not in out
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.usefixtures("small_model")
def test_every_reading_has_a_file_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(SAMPLE), "--hypotheses", "3", "--npz", str(tmp_path / "pose.npz")]) == 0
    out = capsys.readouterr().out
    names = ["pose.npz", "pose_2.npz", "pose_3.npz"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    readings = [_load(tmp_path / name) for name in names]
    for number, reading in enumerate(readings, start=1):
        assert f"Reading {number} of 3: likelihood {float(reading['likelihood']):.0%}." in out
        # Camera axes are x right, y down, z forward: the inner frame's with y and z the other way round.
        seen = (reading["joints"] - reading["joints"][:, :1]) @ np.swapaxes(reading["camera_turn"], -1, -2)
        expected = (reading["joints_cam"] - reading["joints_cam"][:, :1]) * (1.0, -1.0, -1.0)
        np.testing.assert_allclose(seen, expected, atol=1e-4)
    apart = np.linalg.norm(readings[0]["joints"] - readings[1]["joints"], axis=-1).max()
    assert apart > 0.05, "the readings differ by more than 5 cm somewhere"


@pytest.mark.usefixtures("small_model")
def test_one_reading_is_the_default(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["photo", str(SAMPLE), "--npz", str(tmp_path / "pose.npz")]) == 0
    assert "Reading" not in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["pose.npz"]


@pytest.mark.usefixtures("small_model")
def test_when_one_reading_cannot_be_written_none_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "pose_2.npz"
    kept.write_text("from before")
    save, calls = cli_photo_work.save_npz, []

    def fail_at_the_second(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise InputError("The disk is full.")
        save(*arguments)

    monkeypatch.setattr(cli_photo_work, "save_npz", fail_at_the_second)
    arguments = ["photo", str(SAMPLE), "--hypotheses", "3", "--npz", str(tmp_path / "pose.npz")]
    assert main(arguments) == BAD_INPUT
    assert "The disk is full." in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["pose_2.npz"]
    assert kept.read_text() == "from before"


@pytest.mark.parametrize("held", [None, "pose.safetensors"])
def test_a_model_folder_without_our_files_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], held: str | None
) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    if held is not None:
        (folder / held).write_bytes(b"never read in closed form")
    assert main(["photo", str(SAMPLE), "--solver", "analytic", "--models", str(folder)]) == 0
    out = capsys.readouterr().out
    assert (f"Note: --models {folder} holds none of our model files" in out) == (held is None)


def test_the_file_of_a_later_reading_is_checked_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pose_3.npz").mkdir()
    arguments = ["photo", str(SAMPLE), "--hypotheses", "3", "--npz", str(tmp_path / "pose.npz")]
    assert main(arguments) == BAD_INPUT
    assert "pose_3.npz is a folder" in capsys.readouterr().err


def test_without_a_pose_model_the_choice_is_the_closed_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(solver_choice, "model_entries", dict)
    chosen = choose_solver(ModelCache())
    assert isinstance(chosen.estimator, AnalyticEstimator)
    assert chosen.notes == ()


@pytest.mark.parametrize("missing", ["torch", "safetensors"])
def test_a_missing_package_makes_it_the_closed_form_and_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # what `import` finds for a package that is not installed
    monkeypatch.setattr(solver_choice, "model_entries", lambda: {"pose": None})

    def pose_network(cache: ModelCache) -> object:
        from contrapposto.backend.estimate.network_file import load_network

        return load_network(b"never read")

    monkeypatch.setattr(ModelCache, "pose_network", pose_network)
    assert main(["photo", str(SAMPLE), "--npz", str(tmp_path / "pose.npz")]) == 0
    out = capsys.readouterr().out
    assert "Note: Solved in closed form, which is less exact and gives one reading." in out
    assert f"The Python package {missing} is needed" in out
    with pytest.raises(MissingPackageError, match=missing):
        choose_solver(ModelCache(), Solver.MODEL)


def test_a_model_that_was_asked_for_by_name_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(cache: ModelCache) -> object:
        raise ModelFileError("The model file pose.safetensors is missing.")

    monkeypatch.setattr(ModelCache, "pose_network", missing)
    with pytest.raises(ModelFileError, match=r"pose\.safetensors is missing"):
        choose_solver(ModelCache(), Solver.MODEL)
    monkeypatch.setattr(solver_choice, "model_entries", lambda: {"pose": SimpleNamespace()})
    with pytest.raises(ModelFileError, match=r"pose\.safetensors is missing"):
        choose_solver(ModelCache())
