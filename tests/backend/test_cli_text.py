"""`contrapposto text` without a rig: what it writes and says, and every bad input as one sentence and exit code 2."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contrapposto.backend.cli import BAD_INPUT, main
from contrapposto.backend.errors import MissingPackageError
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.text.measures import Angle, Body

ELBOWS = "Left elbow bent 90 degrees, right elbow bent 40 degrees"


@pytest.fixture(autouse=True)
def without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """No text model can run."""

    def missing(_cache: ModelCache) -> Any:
        raise MissingPackageError("torch is not there.")

    monkeypatch.setattr(ModelCache, "text_generator", missing)


def elbow(path: Path, side: str = "left") -> float:
    """Degrees from straight."""
    body = Body.posed(PoseSequence.load(path).rotations)
    return 180.0 - float(Angle(f"{side}_elbow").of(body)[0])  # type: ignore[arg-type]


def test_the_pose_is_written_with_what_it_was_made_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pose.npz"
    assert main(["text", ELBOWS, "--npz", str(path)]) == 0
    out = capsys.readouterr().out
    assert "1. " in out
    assert out.count("(met)") == 2
    assert f"Wrote {path}" in out
    assert elbow(path) == pytest.approx(90.0, abs=12.0)
    with np.load(path, allow_pickle=False) as archive:
        assert str(archive["sentence"]) == ELBOWS
        assert archive["held"].tolist() == [True, True]
        assert archive["joints"].shape == (1, 24, 3)


def test_every_alternative_has_a_file_of_its_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["text", "Left hand on the head", "--alternatives", "3", "--seed", "2"]
    assert main([*arguments, "--npz", str(tmp_path / "p.npz")]) == 0
    assert "Pose 1 of 3: 1 of 1 met, likelihood " in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["p.npz", "p_2.npz", "p_3.npz"]


def test_a_pose_is_edited(tmp_path: Path) -> None:
    first, second = tmp_path / "first.npz", tmp_path / "second.npz"
    assert main(["text", ELBOWS, "--npz", str(first)]) == 0
    assert main(["text", "bend the right elbow by 50 degrees", "--edit", str(first), "--npz", str(second)]) == 0
    assert elbow(second, "right") == pytest.approx(elbow(first, "right") + 50.0, abs=6.0)
    assert elbow(second) == pytest.approx(elbow(first), abs=0.5)


def test_what_was_understood_is_written_and_read_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, path = tmp_path / "understood.json", tmp_path / "pose.npz"
    assert main(["text", ELBOWS, "--constraints", str(file)]) == 0
    said = json.loads(file.read_text("utf-8"))
    assert len(said["understood"]) == len(said["elements"]) == 2
    for element in said["elements"]:
        if element["joint"] == "left_elbow":
            element["degrees"] = 120.0
    file.write_text(json.dumps(said), "utf-8")
    assert main(["text", "--constraints", str(file), "--npz", str(path)]) == 0
    assert elbow(path) == pytest.approx(120.0, abs=12.0)
    assert json.loads(file.read_text("utf-8")) == said
    assert "switched off" not in capsys.readouterr().out


def test_a_constraint_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pose.npz"
    assert main(["text", ELBOWS, "--without", "1", "--npz", str(path)]) == 0
    out = capsys.readouterr().out
    assert "(switched off)" in out
    assert min(abs(elbow(path) - 90.0), abs(elbow(path, "right") - 40.0)) < 12.0


def test_a_pose_is_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "pose.npz"
    assert main(["text", "Left arm straight up", "--npz", str(path)]) == 0
    capsys.readouterr()
    assert main(["text", "--describe", "--edit", str(path)]) == 0
    assert "left" in capsys.readouterr().out.lower()


def test_moods_without_torch_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["text", "a tired old man", "--npz", str(tmp_path / "pose.npz")]) == 0
    assert "was left out, as no text model can run" in capsys.readouterr().out


def test_a_server_out_of_reach_is_told_of_and_the_grammar_takes_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "pose.npz"
    arguments = ["text", ELBOWS, "--llm", "http://127.0.0.1:9/v1", "--model", "m", "--npz", str(path)]
    assert main(arguments) == 0
    assert "Note: Understood without the language model:" in capsys.readouterr().out
    assert elbow(path) == pytest.approx(90.0, abs=12.0)


def test_where_online_access_is_off_no_other_computer_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["text", ELBOWS, "--llm", "https://api.example.com/v1", "--model", "m"]
    assert main(arguments, online=False) == 0
    assert "online access is off" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "Say what the pose shall be"),
        ([""], "no description|empty|No sentence|Write what"),
        ([ELBOWS, "--alternatives", "0"], "--alternatives must lie between 1 and 16"),
        ([ELBOWS, "--alternatives", "x"], "invalid int value"),
        ([ELBOWS, "--seed", "-4"], "A seed must lie between"),
        ([ELBOWS, "--without", "a"], "--without takes numbers"),
        ([ELBOWS, "--without", "0"], "--without counts from 1"),
        ([ELBOWS, "--without", "9"], "only 2 things were understood"),
        ([ELBOWS, "--edit", "missing.npz"], "does not exist"),
        ([ELBOWS, "--edit", "rig"], "add --rig FILE"),
        ([ELBOWS, "--model", "m"], "add --llm URL"),
        ([ELBOWS, "--llm", "not a url", "--model", "m"], "web address"),
        ([ELBOWS, "--llm", "http://localhost:1/v1"], "No model is named"),
        ([ELBOWS, "--npz", "pose.txt"], "must end in .npz"),
        ([ELBOWS, "--npz", "nowhere/pose.npz"], "does not exist. Make it first"),
        ([ELBOWS, "--constraints", "pose.txt"], "must end in .json"),
        (["--constraints", "missing.json"], "does not exist, and there is no sentence"),
        (["--describe"], "--describe needs a pose"),
        (["--describe", "--edit", "missing.npz"], "does not exist"),
        ([ELBOWS, "--blend", "7"], "--blend must lie between 0 and 1"),
        ([ELBOWS, "--rig", "missing.blend", "--out", "x.doc"], "must end in"),
        (["bend the left elbow more"], "there is no pose to change"),
        (["ひざまずく"], "."),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    arguments: list[str],
    reason: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    import re

    monkeypatch.chdir(tmp_path)
    assert main(["text", *arguments]) == BAD_INPUT
    said = capsys.readouterr().err
    assert said.startswith("contrapposto: ")
    assert said.count("\n") == 1
    assert re.search(reason, said), said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "cannot be read as JSON"),
        ("[1]", "must be an object"),
        ('{"elements": [{"say": "Explode"}]}', "must be an object whose `say` is one of"),
        ('{"elements": [{"say": "Bend", "joint": "left_elbow", "degrees": 1e999}]}', "numbers that are none"),
        ('{"elements": [], "code": "import os"}', "has no `code`"),
    ],
)
def test_constraints_of_another_language_are_refused(
    content: str, reason: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "c.json"
    file.write_text(content, "utf-8")
    assert main(["text", "--constraints", str(file)]) == BAD_INPUT
    said = capsys.readouterr().err
    assert reason in said
    assert said.count("\n") == 1
