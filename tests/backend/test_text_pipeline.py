"""From a sentence to ranked poses without Blender and without torch: places, confidence, edits, and what goes wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from contrapposto.backend.errors import InputError, MissingPackageError, ModelError
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.generator import SortedWords, clauses_of
from contrapposto.backend.text.language import Bend, Change, Program, Support
from contrapposto.backend.text.measures import Angle, Body
from contrapposto.backend.text_pipeline import TextRequest, TextResult, pose_from_text
from contrapposto.backend.text_readings import MISSED, OPEN, TOLD


class NoModels:
    """A computer without torch."""

    def text_generator(self) -> Any:
        raise MissingPackageError("The Python package torch is needed to run learned models.")


class Drafts:
    """A text model that drafts one known pose."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, int]] = []

    def text_generator(self) -> Any:
        return self

    def sorted_words(self, words: str) -> SortedWords:
        clauses = clauses_of(words)
        known = tuple(each for each in clauses if "blorf" not in each)
        return SortedWords(known, tuple(each for each in clauses if each not in known))

    def drafts(self, words: str, count: int, *, seed: int) -> np.ndarray:
        self.asked.append((words, count, seed))
        drawn = np.zeros((count, 24, 3))
        drawn[:, JOINT_INDEX["spine1"], 0] = 0.5
        drawn[:, JOINT_INDEX["left_elbow"], 1] = -0.2 - 0.3 * np.arange(count)
        return drawn


def posed(sentence: str = "x", *, current: PoseSequence | None = None, models: Any = None, **asked: Any) -> TextResult:
    request = TextRequest(sentence, **asked)
    return run_job(pose_from_text(request, models or NoModels(), None if current is None else lambda: current))


def elbow(poses: PoseSequence, side: str = "left") -> float:
    """Degrees from straight."""
    return 180.0 - float(Angle(f"{side}_elbow").of(Body.posed(poses.rotations))[0])  # type: ignore[arg-type]


def lowest(poses: PoseSequence) -> float:
    """Metres above the ground."""
    return float(poses.translation[0, 1] + Body.posed(poses.rotations).ground[0])


def test_what_is_told_holds_and_the_body_stands_on_the_ground() -> None:
    result = posed("Left elbow bent 90 degrees, right arm straight up", alternatives=3)
    assert 2 <= len(result.estimates) <= 3
    for reading in result.estimates:
        assert all(reading.held)
        assert elbow(reading.poses) == pytest.approx(90.0, abs=12.0)
        assert lowest(reading.poses) == pytest.approx(0.0, abs=1e-4)
        assert reading.poses.translation[0, [0, 2]] == pytest.approx([0.0, 0.0])
    shares = [reading.likelihood for reading in result.estimates]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
    assert list(result.timings_ms) == ["understand", "draft", "solve pose", "rank"]


def test_a_leap_is_above_the_ground() -> None:
    result = posed(program=Program((Support("airborne"),)), alternatives=1)
    assert lowest(result.estimates[0].poses) == pytest.approx(0.25, abs=1e-3)


def test_alternatives_differ_and_come_from_the_seed() -> None:
    first, again, other = (posed("Left hand on the head", seed=seed, alternatives=3).estimates for seed in (1, 1, 2))
    joints = [Body.posed(reading.poses.rotations).joints[0] for reading in first]
    assert np.linalg.norm(joints[0] - joints[1], axis=-1).max() > 0.03
    assert np.array_equal(first[0].poses.rotations, again[0].poses.rotations)
    assert not np.allclose(first[0].poses.rotations, other[0].poses.rotations, atol=1e-2)


def test_a_joint_is_as_sure_as_what_is_told_of_it() -> None:
    poses = posed("Left elbow bent 90 degrees", alternatives=1).estimates[0].poses
    sure = poses.confidence[0]
    assert sure[JOINT_INDEX["left_elbow"]] == pytest.approx(TOLD)
    assert sure[JOINT_INDEX["right_knee"]] == pytest.approx(OPEN)
    assert poses.shown is not None
    assert poses.shown[0, JOINT_INDEX["left_elbow"]] == 1.0
    assert poses.shown[0, JOINT_INDEX["right_knee"]] == 0.0


def test_a_joint_that_does_not_do_what_is_told_is_not_sure() -> None:
    both = Program((Bend("left_elbow", 100.0), Bend("left_knee", 30.0)))
    result = posed(program=both, alternatives=1)
    assert result.estimates[0].held == (True, True)
    from contrapposto.backend.text_readings import readings_of

    solved = type("Solved", (), {})()
    solved.rotations, solved.constraints = result.estimates[0].poses.rotations[0], result.constraints
    solved.held, solved.cost = (False, True), 1.0
    (reading,) = readings_of([solved], both, current=None, switched_off=frozenset(), count=1)
    assert reading.poses.confidence[0, JOINT_INDEX["left_elbow"]] == pytest.approx(MISSED)
    assert reading.poses.confidence[0, JOINT_INDEX["left_knee"]] == pytest.approx(TOLD)


def test_what_is_switched_off_does_not_count() -> None:
    first = posed("Left elbow bent 120 degrees, right elbow bent 120 degrees", alternatives=1)
    left = next(index for index, each in enumerate(first.constraints) if "left" in each.sentence.lower())
    again = run_job(pose_from_text(first.again(frozenset({left})), NoModels()))
    assert len(again.constraints) == len(first.constraints)
    assert elbow(again.estimates[0].poses) < 60.0
    assert elbow(again.estimates[0].poses, "right") == pytest.approx(120.0, abs=12.0)
    assert again.estimates[0].poses.confidence[0, JOINT_INDEX["left_elbow"]] == pytest.approx(OPEN)


def test_an_edit_leaves_the_rest_and_the_feet_where_they_are() -> None:
    start = posed("Right hand on the hip", alternatives=1).estimates[0].poses
    moved = PoseSequence(start.rotations, start.translation + np.array([0.7, 0.1, -0.4], np.float32))
    before = elbow(moved)
    result = posed("Bend the left elbow by 40 degrees", current=moved, edit=True, alternatives=1)
    poses = result.estimates[0].poses
    assert elbow(poses) == pytest.approx(before + 40.0, abs=6.0)
    assert poses.translation == pytest.approx(moved.translation, abs=1e-4)
    assert poses.shown is not None
    assert set(np.flatnonzero(poses.shown[0])) <= {
        JOINT_INDEX[f"left_{name}"] for name in ("elbow", "wrist", "shoulder")
    }
    others = [JOINT_INDEX[name] for name in ("right_shoulder", "right_elbow", "spine2", "left_knee", "head")]
    assert np.allclose(poses.rotations[0, others], moved.rotations[0, others], atol=1e-3)


def test_an_edit_of_the_legs_keeps_the_ground_and_the_standing_foot() -> None:
    start = posed("Standing upright", alternatives=1).estimates[0].poses
    result = posed("Raise the left leg", current=start, edit=True, alternatives=1)
    poses = result.estimates[0].poses
    assert lowest(poses) == pytest.approx(lowest(start), abs=1e-3)

    def right_ankle(sequence: PoseSequence) -> np.ndarray:
        world = global_rotations(axis_angle_to_matrix(sequence.rotations))
        return joint_positions(world, sequence.translation)[0, JOINT_INDEX["right_ankle"]]

    assert np.linalg.norm(right_ankle(poses) - right_ankle(start)) < 0.03


def test_edits_that_say_no_degrees_are_offered_in_other_amounts() -> None:
    start = posed("Standing upright", alternatives=1).estimates[0].poses
    some, exact = (Program((Change("bend", "left_elbow", degrees=each),), edit=True) for each in (None, 30.0))
    bent = [elbow(each.poses) for each in posed(program=some, current=start, alternatives=3).estimates]
    assert len(bent) == 3
    assert bent[2] + 3.0 < bent[0] < bent[1] - 3.0
    assert len(posed(program=exact, current=start, alternatives=3).estimates) == 1


@pytest.mark.parametrize("sentence", ["Straighten the left elbow", "lower both hands by 20 cm"])
def test_an_edit_that_changes_nothing_says_so(sentence: str) -> None:
    rotations = np.zeros((1, 24, 3), np.float32)
    rotations[0, JOINT_INDEX["left_shoulder"], 2], rotations[0, JOINT_INDEX["right_shoulder"], 2] = -1.5, 1.5
    still = PoseSequence(rotations, np.zeros((1, 3), np.float32))
    result = posed(sentence, current=still, edit=True, alternatives=1)
    assert not result.estimates[0].poses.shown.any()  # type: ignore[union-attr]
    assert any("Nothing has changed" in note for note in result.notes)
    moved = posed("Bend the left elbow", current=still, edit=True, alternatives=1)
    assert not any("Nothing has changed" in note for note in moved.notes)


@pytest.mark.parametrize("sentence", ["make it sadder", "more dynamic", "bend the left elbow, like a samurai"])
def test_words_of_mood_in_an_edit_are_said_to_be_left_out(sentence: str) -> None:
    still = PoseSequence(np.zeros((1, 24, 3), np.float32), np.zeros((1, 3), np.float32))
    result = posed(sentence, current=still, edit=True, alternatives=1)
    assert [note for note in result.notes if "was left out of the change" in note]
    assert not [note for note in result.notes if "only colours" in note]
    assert ("Nothing has changed" in " ".join(result.notes)) is ("elbow" not in sentence)


def test_an_edit_without_a_pose_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="there is no pose to change"):
        posed(program=Program((Change("bend", "left_elbow"),), edit=True))


@pytest.mark.parametrize("sentence", ["look up", "straighten both knees", "Turn to the left."])
def test_a_command_that_needs_no_pose_is_posed_anew_where_there_is_none(sentence: str) -> None:
    result = posed(sentence, alternatives=1)
    assert result.current is None
    assert not result.program.edit
    assert "Understood as a new pose: there is none to change." in result.notes
    assert all(result.estimates[0].held)
    with pytest.raises(InputError, match="there is no pose to change"):
        posed(sentence, edit=True)


def test_moods_steer_the_drafts_and_explicit_words_win() -> None:
    models = Drafts()
    result = posed("A tired old man, left elbow bent 90 degrees", models=models, alternatives=3, seed=5)
    assert [(count, seed) for _, count, seed in models.asked] == [(3, 5)]
    assert "tired" in models.asked[0][0]
    assert elbow(result.estimates[0].poses) == pytest.approx(90.0, abs=12.0)
    assert result.estimates[0].poses.rotations[0, JOINT_INDEX["spine1"], 0] > 0.2
    assert not any("left out" in note for note in result.notes)


def test_no_model_is_loaded_for_words_about_the_body_alone() -> None:
    models = Drafts()
    posed("Left elbow bent 90 degrees", models=models)
    assert not models.asked


def test_without_torch_the_mood_is_left_out_and_that_is_said() -> None:
    result = posed("A tired old man, left elbow bent 90 degrees", alternatives=1)
    assert "was left out, as no text model can run. The Python package torch is needed" in " ".join(result.notes)
    assert elbow(result.estimates[0].poses) == pytest.approx(90.0, abs=12.0)


@pytest.mark.parametrize("error", [ModelError("The server is silent."), InputError("Online access is off.")])
def test_a_language_model_that_fails_gives_way_to_the_grammar(error: Exception) -> None:
    def ask(_question: Any) -> Any:
        yield Progress("Waiting", 0.0)
        raise error

    result = posed("Left elbow bent 90 degrees", language_model=ask, alternatives=1)
    assert result.notes == (f"Understood without the language model: {error}",)
    assert elbow(result.estimates[0].poses) == pytest.approx(90.0, abs=12.0)


def test_closing_the_job_closes_the_question_to_the_language_model() -> None:
    closed = []

    def ask(_question: Any) -> Any:
        try:
            while True:
                yield Progress("Waiting", 0.0)
        finally:
            closed.append(True)

    job = pose_from_text(TextRequest("Left arm up", language_model=ask), NoModels())  # type: ignore[arg-type]
    for _ in range(5):
        next(job)
    job.close()
    assert closed == [True]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [({"alternatives": 0}, "Between 1 and 16"), ({"alternatives": 99}, "Between 1 and 16"), ({"seed": -1}, "A seed")],
)
def test_numbers_out_of_range_are_refused(asked: dict[str, int], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        TextRequest("Left arm up", **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("hostile", ["", "   ", "😀😀", "x" * 100_000])
def test_hostile_sentences_are_refused_in_a_sentence(hostile: str) -> None:
    with pytest.raises(InputError, match=r"^[A-Z“].{10,400}\.$"):
        posed(hostile, alternatives=1)


def test_words_about_no_person_are_refused_where_nothing_else_is_said():
    models = Drafts()
    with pytest.raises(InputError, match="“the blorf is late” is not understood: it names no part of the body"):
        posed("the blorf is late", models=models)
    assert not models.asked


def test_words_about_no_person_are_left_out_beside_others():
    models = Drafts()
    result = posed("a tired old man, a blorf, left arm up", models=models)
    assert "“blorf” names no mood, role or activity that is known, and is left out." in result.notes
    assert [words for words, _, _ in models.asked] == ["tired old man"]
    alone = posed("a blorf, left arm up", models=models)
    assert len(models.asked) == 1
    assert any("“blorf”" in note for note in alone.notes)
