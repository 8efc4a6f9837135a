"""Descriptions of poses: they name what is there, hold by the language's own measures, and are understood as meant."""

from __future__ import annotations

import re

import numpy as np
import pytest

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX, MIRROR
from contrapposto.backend.text import grammar
from contrapposto.backend.text.caption_words import wordings
from contrapposto.backend.text.captioner import chosen_codes, clauses, describe
from contrapposto.backend.text.exact_words import statements
from contrapposto.backend.text.language import Ground, Support
from contrapposto.backend.text.meaning import constraints
from contrapposto.backend.text.measures import Body
from contrapposto.backend.text.posecodes import read_codes
from contrapposto.backend.text.support_poses import NEUTRAL_DRAFT
from numpy_rigs import varied_poses
from training.text.families import FAMILIES
from training.text.family_poses import family_poses


def posed(**degrees: tuple[float, float, float]) -> DoubleArray:
    """At ease but for the named joints, which are turned by rotation vectors in degrees."""
    pose = NEUTRAL_DRAFT.copy()
    for name, turn in degrees.items():
        pose[JOINT_INDEX[name]] = np.radians(turn)
    return pose


def family(words: str, count: int = 1) -> DoubleArray:
    chosen = next(each for each in FAMILIES if words in each.words)
    return family_poses(chosen, count, np.random.default_rng(3))


@pytest.fixture(scope="module")
def many() -> DoubleArray:
    """Poses of all kinds: each authored family, and random ones."""
    rng = np.random.default_rng(0)
    authored = np.concatenate([family_poses(each, 1, rng) for each in FAMILIES])
    return np.concatenate([authored, varied_poses(40, seed=3).rotations.astype(np.float64)])


def mirrored(poses: DoubleArray) -> DoubleArray:
    flip = np.diag([-1.0, 1.0, 1.0])
    return matrix_to_axis_angle(flip @ axis_angle_to_matrix(poses)[:, MIRROR] @ flip)


SUPPORTS = [
    ("idle", "standing"), ("kneeling in prayer", "kneeling"), ("sitting on a chair", "sitting"),
    ("seiza", "sitting_heels"), ("squatting", "squatting"), ("asleep in bed", "lying_back"), ("a cat", "all_fours"),
    ("lotus position", "sitting_cross_legged"), ("ballerina", "tiptoe"), ("hugging the knees", "sitting_floor"),
    ("sprint start", "bent_over"), ("plank", "plank"),
]  # fmt: skip


@pytest.mark.parametrize(("words", "kind"), SUPPORTS)
def test_what_carries_the_body_is_read_off_most_poses(words: str, kind: str) -> None:
    found = [code.value for codes in read_codes(family(words, 40)) for code in codes if code.what == "support"]
    assert found.count(kind) >= 26  # of 40


def test_one_leg_and_one_knee_are_told_apart_by_side() -> None:
    left = posed(right_hip=(-60.0, 0.0, 0.0), right_knee=(80.0, 0.0, 0.0))
    assert describe(left).startswith("Standing on the left leg.")
    assert describe(mirrored(left[None])[0]).startswith("Standing on the right leg.")
    kneels = posed(left_hip=(0.0, 0.0, 0.0), left_knee=(90.0, 0.0, 0.0), left_ankle=(20.0, 0.0, 0.0),
                   right_hip=(-90.0, 0.0, 0.0), right_knee=(90.0, 0.0, 0.0), right_ankle=(0.0, 0.0, 0.0))  # fmt: skip
    assert describe(kneels).startswith("Kneeling on the left knee.")


@pytest.mark.parametrize(
    ("pose", "expected"),
    [
        (posed(left_elbow=(0.0, -90.0, 0.0)), "the left elbow is bent at a right angle"),
        (posed(right_elbow=(0.0, 52.0, 0.0)), "the right elbow is bent 50 degrees"),
        (posed(left_shoulder=(0.0, 0.0, 0.0), left_elbow=(0.0, 0.0, 0.0)), "the left arm points to the left"),
        (
            posed(
                left_shoulder=(0.0, -90.0, 0.0),
                right_shoulder=(0.0, 90.0, 0.0),
                left_elbow=(0.0, 0.0, 0.0),
                right_elbow=(0.0, 0.0, 0.0),
            ),
            "both arms point forward",
        ),
        (posed(spine1=(20.0, 0.0, 0.0), spine2=(25.0, 0.0, 0.0)), "the torso is leaning forward"),
        (posed(head=(0.0, 44.0, 0.0)), "the head is turned to the left"),
        (posed(head=(0.0, -21.0, 0.0)), "the head is turned slightly to the right"),
        (posed(head=(34.0, 0.0, 0.0)), "the head is tilted down"),
        (posed(left_hip=(0.0, 0.0, 14.0), right_hip=(0.0, 0.0, -14.0)), "the feet are apart"),
    ],
)
def test_measures_become_words(pose: DoubleArray, expected: str) -> None:
    said = [wording.sentence() for each in statements(pose) for wording in each.wordings()]
    assert expected in said


def test_hands_are_told_where_they_rest() -> None:
    said = describe(family("a superhero with hands on the hips")[0])
    assert "Both hands are on the hips" in said or "both hands are on the hips" in said


def test_every_statement_is_understood_as_it_is_meant(many: DoubleArray) -> None:
    """The grammar may add where the feet are, where a sentence stands alone."""
    heard: dict[str, object] = {}
    for pose in many[::2]:
        for each in statements(pose):
            for wording in each.wordings():
                if each.part:
                    understood = grammar.understand(wording.sentence()).elements
                    told = tuple(found for found in understood if not isinstance(found, Support | Ground))
                    heard[wording.sentence()] = (told, each.elements)
    assert len(heard) > 200
    assert {sentence: both for sentence, both in heard.items() if both[0] != both[1]} == {}


@pytest.mark.parametrize("seed", [None, 5])
def test_a_description_holds_on_its_pose_when_it_is_read_back(many: DoubleArray, seed: int | None) -> None:
    held: list[bool] = []
    for pose in many[1::2]:
        said = describe(pose, rng=None if seed is None else np.random.default_rng(seed))
        program = grammar.understand(said)
        assert not program.style, said
        told = [each for each in constraints(program, None) if not isinstance(each.element, Support | Ground)]
        held += [bool(each.holds(Body.posed(pose[None]))[0]) for each in told]
    assert len(held) > 400
    assert all(held)


def test_the_same_pose_gives_the_same_text_and_another_seed_another_wording(many: DoubleArray) -> None:
    pose = family("a boxer in guard")[0]
    assert describe(pose) == describe(pose)
    assert describe(pose, rng=np.random.default_rng(1)) == describe(pose, rng=np.random.default_rng(1))
    assert len({describe(pose, rng=np.random.default_rng(seed)) for seed in range(12)}) >= 10


def test_sentences_are_sentences(many: DoubleArray) -> None:
    for pose in many[::3]:
        for part in describe(pose, rng=np.random.default_rng(2)).split(". "):
            assert re.fullmatch(r"[A-Z][a-z0-9 ,-]+\.?", part), part


def test_a_mirrored_pose_is_described_in_the_mirror(many: DoubleArray) -> None:
    swap = {"left": "right", "right": "left"}
    flipped = read_codes(mirrored(many[:119]))
    for codes, others in zip(read_codes(many[:119]), flipped, strict=True):
        ways = {"side", "twist", "head turn", "head tilt", "touch", "support"}
        here = {(c.what, c.value) for c in codes if c.what not in ways and c.side in {"both", ""}}
        there = {(c.what, c.value) for c in others if c.what not in ways and c.side in {"both", ""}}
        assert here == there
        sided = {(c.what, swap[c.side], c.value) for c in codes if c.what not in ways and c.side in swap}
        assert sided == {(c.what, c.side, c.value) for c in others if c.what not in ways and c.side in swap}


def test_training_captions_say_what_was_chosen_in_words_for_every_code(many: DoubleArray) -> None:
    rng = np.random.default_rng(0)
    seen = 0
    for codes in read_codes(many):
        assert all(wordings(code) for code in codes)
        said = clauses(codes, rng=rng)
        assert len(said) <= 8
        assert all(re.fullmatch(r"[a-z0-9 ,-]+", each) for each in said)
        seen += len(said)
    assert seen > 4 * len(many)


def test_trivial_codes_are_left_out_where_there_are_telling_ones() -> None:
    (codes,) = read_codes(family("hands up"))
    chosen = {(code.what, code.value) for code in chosen_codes(codes)}
    assert ("forearm", "up") in chosen
    assert ("knee", "straight") not in chosen
    assert ("knee", "straight") in {(code.what, code.value) for code in codes}


def test_a_raised_hand_is_told_where_its_arm_lies_between_all_ways() -> None:
    """No way to point is near enough to hold, yet that the arm is raised is what is seen first."""
    pose = posed(left_shoulder=(-60.0, -20.0, 70.0), left_elbow=(0.0, -60.0, 0.0))
    said = [wording.sentence() for each in statements(pose) for wording in each.wordings()]
    assert not any("left upper arm" in each or "left forearm" in each for each in said)
    assert "the left hand is above the head" in said
    assert "eft hand is above the head" in describe(pose)
