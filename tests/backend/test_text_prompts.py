"""The prompts of the text benchmark: all are read, and what they expect can be met and can be failed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.refine.joint_limits import LIMITS, rotations_from_angles, within_limits
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.measures import Body

ROOT = Path(__file__).resolve().parents[2]
POSES = ROOT / "tests" / "data" / "text_poses.json"
"""Poses made by hand for some of the prompts, as the directions of limbs; `start` names the pose they change."""
T_POSE = np.zeros((24, 3))


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The benchmarks' scripts import each other by their bare names."""
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))


@pytest.fixture
def cases():
    from text_cases import read_cases

    return read_cases()


@pytest.fixture
def made_by_hand(cases):
    """Of each prompt that has one: its case and a pose (24, 3) that follows it."""
    from text_cases import FOLDER
    from text_sticks import stick_pose

    starts = json.loads((FOLDER / "start_poses.json").read_text(encoding="utf-8"))
    by_prompt = {case.prompt: case for case in cases}
    found = []
    for prompt, said in json.loads(POSES.read_text(encoding="utf-8")).items():
        changed = {name: value for name, value in said.items() if name != "start"}
        found.append((by_prompt[prompt], stick_pose(starts.get(said.get("start"), {}) | changed)))
    return found


def _random_poses(count):
    """(count, 24, 3) within the joints' limits."""
    share = np.random.default_rng(5).uniform(0.2, 0.8, (count, 24, 3))
    angles = LIMITS[..., 0] + share * np.ptp(LIMITS, axis=-1)
    return rotations_from_angles(angles)


def test_there_are_enough_prompts_in_five_groups(cases):
    counts = {group: sum(case.group == group for case in cases) for group in {case.group for case in cases}}
    assert len(cases) >= 150
    assert counts.keys() == {"explicit", "contacts", "named", "moods", "edits"}
    assert min(counts.values()) >= 25
    assert len({case.prompt.lower() for case in cases}) == len(cases)


def test_each_prompt_expects_one_to_six_things_of_a_new_pose_and_that_the_rest_stays_of_an_edit(cases):
    for case in cases:
        assert 1 <= len(case.expectations) <= 6, case.prompt
        assert (case.start is not None) == (case.group == "edits"), case.prompt
        if case.group == "edits":
            assert len(case.expectations) >= 2, case.prompt


def test_start_poses_are_within_the_limits_of_joints():
    from text_cases import read_start_poses

    for name, pose in read_start_poses().items():
        assert within_limits(pose).all(), name


def test_an_edit_expects_something_that_its_start_pose_is_not(cases):
    for case in cases:
        if case.start is not None:
            assert not all(case.met(case.start)), case.prompt


def test_poses_made_by_hand_are_all_that_is_expected(made_by_hand):
    assert len(made_by_hand) >= 30
    assert {case.group for case, _ in made_by_hand} == {"explicit", "contacts", "named", "moods", "edits"}
    for case, pose in made_by_hand:
        failed = [expected.words for expected, met in zip(case.expectations, case.met(pose), strict=True) if not met]
        assert not failed, f"{case.prompt}: {failed}"


def test_the_same_expectations_are_failed_by_the_t_pose_and_by_random_poses(made_by_hand):
    wrong = _random_poses(20)
    assert all(not all(case.met(T_POSE)) for case, _ in made_by_hand)
    for case, _ in made_by_hand:
        assert sum(all(case.met(pose)) for pose in wrong) <= 4, case.prompt


def test_the_t_pose_fails_most_expectations(cases):
    met = [case.met(T_POSE) for case in cases]
    assert np.mean(np.concatenate(met)) < 0.4
    assert np.mean([all(each) for each in met]) < 0.06


def test_a_mirror_image_follows_a_prompt_without_sides_and_none_with_sides(made_by_hand):
    from text_cases import mirrored

    for case, pose in made_by_hand:
        if case.prompt in {"walking", "hands on hips"}:
            assert all(case.met(mirrored(pose))), case.prompt
        if case.prompt in {"Raise the left arm straight up.", "kneeling on the left knee, right hand on the heart"}:
            assert not all(case.met(mirrored(pose))), case.prompt


def test_what_moves_beside_an_edit_is_noticed_from_five_degrees_on(cases):
    case = next(case for case in cases if case.prompt == "Turn the head to the left.")
    for degrees, stays in ((4.0, True), (6.0, False)):
        pose = case.start.copy()
        pose[JOINT_INDEX["head"], 1] += np.radians(40.0)
        pose[JOINT_INDEX["right_knee"], 0] += np.radians(degrees)
        assert case.met(pose) == (True, stays)


def test_limbs_point_where_a_pose_written_by_hand_says():
    from text_sticks import stick_pose

    said = {"left_upper_arm": [0.3, -0.5, 0.8], "left_forearm": [-0.4, 0.8, 0.3], "right_thigh": [-0.3, -0.2, 1.0],
            "right_shin": [0.1, -0.9, -0.4], "facing": 70, "lean": 20, "root": [10, 5]}  # fmt: skip
    body = Body.posed(stick_pose(said)[None])
    for limb in ("left_upper_arm", "left_forearm", "right_thigh"):
        wanted = np.asarray(said[limb]) / np.linalg.norm(said[limb])
        np.testing.assert_allclose(body.limb(limb)[0], wanted, atol=1e-6)
    # The ankle joint lies 15 mm behind the shin's line.
    assert (
        np.degrees(np.arccos(body.limb("right_shin")[0] @ (said["right_shin"] / np.linalg.norm(said["right_shin"]))))
        < 3.0
    )


@pytest.mark.parametrize(
    "row",
    [
        ["Angle", "left_elbow", "right_elbow", 0, 90],
        ["Wings", 0, 90],
        ["Away", "left_arm", "north", 0, 90],
        ["Angle", "left_elbow", 90, 0],
        ["change", "Angle", "left_elbow", 0, 90],
        ["Distance", "left_hand", "moon", 0, 0.1],
    ],
)
def test_rows_that_are_no_expectation_are_refused_with_the_prompt(row, tmp_path, monkeypatch):
    import text_cases

    (tmp_path / "explicit.json").write_text(json.dumps([{"say": "stand on the moon", "expect": [row]}]))
    (tmp_path / "start_poses.json").write_text("{}")
    monkeypatch.setattr(text_cases, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="stand on the moon"):
        text_cases.read_cases(["explicit"])
