"""What is measured of sentences: right where the answer is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.language import Program, Support

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PROMPT = "Raise the left arm straight up."
"""It expects the arm up, its elbow straight, and the other arm not up."""


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts of that folder import each other by their bare names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture
def case():
    from text_cases import read_cases

    return next(case for case in read_cases(["explicit"]) if case.prompt == PROMPT)


def arm_up(*, degrees=90.0):
    """(24, 3) the T-pose with the left arm turned up by degrees from level."""
    pose = np.zeros((24, 3))
    pose[JOINT_INDEX["left_shoulder"], 2] = np.radians(degrees)
    return pose


def results(case, *poses):
    from text_answers import Answer
    from text_tables import answered

    return answered([case], lambda *_: Answer(np.array(poses).reshape(-1, 24, 3)))


def cells(table):
    return [list(column.cells) for column in table.columns]


def test_the_first_pose_counts_and_the_best_is_told_beside_it(case):
    from text_tables import met_table

    found = [column[0] for column in cells(met_table({"sentence": results(case, arm_up(degrees=0.0), arm_up())}))]
    assert found == ["explicit", "1", "sentence", "66.7 !", "95", "0.0", "83.3", "50.0", "100.0"]


def test_a_refused_prompt_meets_nothing(case):
    from text_tables import met_table

    found = [column[0] for column in cells(met_table({"sentence": results(case)}))]
    assert found[3:6] == ["0.0 !", "95", "0.0"]


def test_alternatives_that_differ_by_an_arm_are_told_apart_in_millimetres_and_degrees(case):
    from text_tables import diversity_table

    found = [column[0] for column in cells(diversity_table(results(case, arm_up(degrees=0.0), arm_up())))]
    # Elbow, wrist and hand move by sqrt(2) times their distance from the shoulder; one joint of 24 turns by 90 degrees.
    moved = np.sqrt(2.0) * 1000.0 * (0.3162 + (0.3162 + 0.2482) + (0.3162 + 0.2482 + 0.095)) / 24.0
    assert found[:2] == ["explicit", "2.0"]
    assert float(found[2]) == pytest.approx(moved, abs=0.51)
    assert float(found[3]) == pytest.approx(90.0 / 24.0, abs=0.06)
    assert found[4] == "0"


def test_joints_out_of_range_and_poses_off_balance_are_counted(case):
    from text_tables import plausibility_table

    broken, leaning = arm_up(degrees=140.0), np.zeros((24, 3))
    leaning[0, 0] = np.radians(40.0)
    found = [column[0] for column in cells(plausibility_table({"sentence": results(case, arm_up(), broken, leaning)}))]
    assert found[:3] == ["explicit", "sentence", "3"]
    assert found[3] == "1 !"
    assert float(found[4]) == pytest.approx(100.0 / 3.0, abs=0.1)


def test_nobody_in_the_air_is_off_balance(case):
    from text_answers import Answer
    from text_tables import answered, plausibility_table

    leaning = np.zeros((1, 24, 3))
    leaning[0, 0, 0] = np.radians(40.0)
    for kind, off in (("standing", "100.0"), ("airborne", "-")):
        answer = Answer(leaning, Program((Support(kind),)))
        table = plausibility_table({"sentence": answered([case], lambda *_, answer=answer: answer)})
        assert cells(table)[4] == [off]


def test_the_poses_compared_with_are_of_held_out_clips_alone(tmp_path):
    from text_answers import random_mocap

    rotations = np.zeros((40, 24, 3), np.float32)
    rotations[20:, 1, 0] = 0.5
    file = tmp_path / "poses.npz"
    np.savez(file, rotations=rotations, clip=np.repeat([0, 1], 20), held_out=np.array([False, True]))
    poser = random_mocap(file)
    assert all(poser(PROMPT, None).poses[0, 1, 0] == np.float32(0.5) for _ in range(30))
    assert random_mocap(tmp_path / "missing.npz") is None


def test_prompts_in_other_languages_are_those_of_the_groups(case):
    import json

    from text_cases import FOLDER, read_cases
    from text_hostile import HOSTILE, LANGUAGES

    prompts = {case.prompt for case in read_cases()}
    rows = json.loads((FOLDER / "languages.json").read_text(encoding="utf-8"))
    assert len(rows) == 12
    assert all(row["like"] in prompts and set(row) == {"like", *LANGUAGES} for row in rows)
    assert "" in HOSTILE.values()
    assert max(len(text) for text in HOSTILE.values()) >= 100_000
