"""The named poses: each is of the language, each name means one of them, and the solver can hold nearly all."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from contrapposto.backend.job import run_job
from contrapposto.backend.refine.joint_limits import within_limits
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.text.codec import element_from_json, element_to_json
from contrapposto.backend.text.grammar import understand
from contrapposto.backend.text.grammar.blend import slots
from contrapposto.backend.text.grammar.named import mirrored, named_poses, pose_phrases
from contrapposto.backend.text.language import (
    Apart,
    Bend,
    Ground,
    Head,
    Palm,
    Place,
    Point,
    Program,
    Raise,
    Support,
    Touch,
    Trunk,
)
from contrapposto.backend.text.measures import Body
from contrapposto.backend.text.measures import Palm as MeasuredPalm
from contrapposto.backend.text.text_solver import NEUTRAL_DRAFT, solve_text

_POSES = list(named_poses().values())
# A few from every file, chosen by their place, so that a solver that has changed is seen here without taking minutes.
_GROUPS = sorted({pose.group for pose in _POSES})
_SAMPLE = [pose for group in _GROUPS for pose in [each for each in _POSES if each.group == group][1::24]]


def test_there_are_enough():
    assert len(_POSES) >= 200
    assert len({pose.group for pose in _POSES}) >= 5


@pytest.mark.parametrize("pose", _POSES, ids=lambda pose: pose.name)
def test_a_pose_holds_together(pose):
    """Every element is of the language, nothing is said twice, and the mirror's mirror is the pose."""
    assert pose.elements
    for element in pose.elements:
        assert element_from_json(element_to_json(element)) == element
    once = [e for e in pose.elements if isinstance(e, Bend | Raise | Point | Support | Trunk | Head | Palm | Apart)]
    seen = [slot for element in once for slot in slots(element)]
    assert len(seen) == len(set(seen)), f"said twice: {sorted(slot for slot in seen if seen.count(slot) > 1)}"
    assert tuple(mirrored(mirrored(element)) for element in pose.elements) == pose.elements


def test_a_name_means_one_pose():
    meant = defaultdict(set)
    for phrase, name in pose_phrases():
        meant[phrase].add(name)
    assert {phrase: names for phrase, names in meant.items() if len(names) > 1} == {}


@pytest.mark.parametrize("pose", _POSES, ids=lambda pose: pose.name)
def test_each_name_alone_is_the_pose(pose):
    for name in pose.names:
        assert set(understand(name).elements) == set(pose.elements), name


@pytest.mark.parametrize("pose", _SAMPLE, ids=lambda pose: pose.name)
def test_the_solver_poses_it_within_the_joint_limits(pose):
    draft = np.asarray(NEUTRAL_DRAFT, np.float64).reshape(1, 24, 3)
    best = run_job(solve_text(Program(pose.elements), drafts=draft, current=None))[0]
    assert within_limits(best.rotations[None], slack=np.radians(0.1)).all()
    missed = [each.sentence for each, held in zip(best.constraints, best.held, strict=True) if not held]
    assert len(missed) <= max(1, len(best.held) // 8), missed


@pytest.mark.parametrize(
    ("sentence", "element"),
    [
        ("left jab", Point("left_arm", ("forward",))),
        ("right jab", Point("right_arm", ("forward",))),
        ("side kick with the left leg", Raise("left_leg", "out", 80.0)),
        ("tree pose on the right leg", Support("right_leg")),
        ("tree pose standing on the left leg", Touch("right_sole", "left_thigh")),
        ("warrior one with the right leg forward", Support("lunge_right")),
        ("archery to the right", Raise("right_arm", "out", 90.0)),
        ("arabesque on the right leg", Point("left_leg", ("back",))),
    ],
)
def test_a_side_turns_a_pose_over(sentence, element):
    assert element in understand(sentence).elements


_SIDED = [pose for pose in _POSES if pose.side is not None]


@pytest.mark.parametrize("pose", _SIDED, ids=lambda pose: pose.name)
def test_left_handed_people_do_the_mirror_of_a_pose(pose):
    """Poses are written as right-handed people do them, whichever side they are named for."""
    turned = {mirrored(element) for element in pose.elements}
    for words in (f"left-handed {pose.name}", f"{pose.name}, left handed", f"a left-hander {pose.name}"):
        found = understand(words)
        assert set(found.elements) == turned, words
        assert not found.notes
    assert set(understand(f"right-handed {pose.name}").elements) == set(pose.elements)


# Carrying a baby takes both arms; in one it is another pose.
@pytest.mark.parametrize(
    "pose", [pose for pose in _SIDED if pose.name != "carrying a baby"], ids=lambda pose: pose.name
)
def test_the_hand_that_is_named_does_the_pose(pose):
    turned = {mirrored(element) for element in pose.elements}
    acting = pose.hand or pose.side
    for side in ("left", "right"):
        wanted = set(pose.elements) if side == acting else turned
        assert set(understand(f"{pose.name} with the {side} hand").elements) == wanted


@pytest.mark.parametrize(
    ("sentence", "element"),
    [
        ("archer with the bow in the right hand", Raise("right_arm", "out", 90.0)),
        ("an archer holding the bow in her left hand", Raise("left_arm", "out", 90.0)),
        ("phone in the left hand, talking on the phone", Touch("left_hand", "left_ear")),
        ("drinking from a cup in the left hand", Touch("left_hand", "mouth")),
        ("southpaw boxer", Place("right_foot", "ahead", "left_foot", 0.25)),
        ("tying a shoelace", Touch("right_hand", "left_ankle")),
        ("tying the right shoe", Touch("left_hand", "right_ankle")),
        ("tying her left shoe", Support("kneeling_right")),
        ("carrying a box on the left shoulder", Place("left_hand", "above", "left_shoulder", 0.03)),
        ("hauling a heavy wooden log on his right shoulder", Place("right_hand", "above", "right_shoulder", 0.03)),
        ("walking with a sack over the left shoulder", Place("left_hand", "above", "left_shoulder", 0.03)),
        ("carrying a book under the left arm", Raise("left_upper_arm", "out", 25.0)),
        ("carrying a bucket in the left hand", Point("left_arm", ("down",))),
        ("carrying a crate in the right hand", Point("right_arm", ("down",))),
        ("carrying a toddler on the left hip", Bend("left_elbow", 100.0)),
        ("a waiter with a tray", Palm("right", ("up",))),
        ("waitress carrying a tray on her left hand", Palm("left", ("up",))),
        ("waitress carrying a tray on her left hand", Point("right_arm", ("down",))),
        ("balancing a basket on the head", Touch("right_hand", "head_top")),
        ("holding a puppy in the right arm", Bend("right_elbow", 100.0)),
        ("fencer with the foil in the left hand", Point("left_arm", ("forward",))),
        ("holding a cup in the left hand", Bend("left_elbow", 80.0)),
        ("carrying a ladder across both shoulders", Raise("left_upper_arm", "out", 55.0)),
        ("carrying two suitcases", Raise("left_arm", "out", 14.0)),
        ("mother cradling her sleeping infant", Touch("right_hand", "left_forearm")),
    ],
)
def test_things_are_held_and_carried_where_it_says(sentence, element):
    assert element in understand(sentence).elements


@pytest.mark.parametrize(
    ("sentence", "side"),
    [
        ("waving with the left hand", "right"),
        ("carrying a box on the left shoulder", "right"),
        ("holding a baby in the left arm", "right"),
        ("drinking with the right hand", "left"),
        ("phone call with the left hand", "right"),
    ],
)
def test_what_one_hand_does_leaves_the_other_arm(sentence, side):
    said = [slot for element in understand(sentence).elements for slot in slots(element)]
    assert said
    assert not [slot for slot in said if slot.startswith(side)]


def test_left_handed_of_nothing_is_said_to_change_nothing():
    assert any("left-handed" in note for note in understand("standing upright, left-handed").notes)


def test_both_forearms_cradle_a_baby():
    body = _solved("holding a baby")
    for side, other in (("left", "right"), ("right", "left")):
        forearm = body.limb(f"{side}_forearm")[0]
        assert abs(forearm[1]) < 0.6
        assert body.spot(f"{side}_wrist")[0, 2] - body.spot("belly")[0, 2] > 0.08
        assert np.linalg.norm(body.spot(f"{side}_hand")[0] - body.spot(f"{other}_forearm")[0]) < 0.2


def test_a_waiter_carries_a_tray_level_at_the_shoulder():
    body = _solved("a waiter with a tray")
    assert abs(body.spot("right_hand")[0, 1] - body.spot("right_shoulder")[0, 1]) < 0.08
    assert float(MeasuredPalm("right", (0.0, 1.0, 0.0)).of(body)[0]) < 35.0
    assert body.limb("left_arm")[0, 1] < -0.9


def test_explicit_words_take_the_place_of_parts_of_a_pose():
    plain = understand("tree pose").elements
    told = understand("tree pose with the arms out to the sides, looking down").elements
    assert Touch("left_hand", "right_hand") in plain
    assert Touch("left_hand", "right_hand") not in told
    assert Point("left_arm", ("out",)) in told
    assert Support("left_leg") in told
    assert Head(down=32.0) in told


def _solved(sentence: str) -> Body:
    draft = np.asarray(NEUTRAL_DRAFT, np.float64).reshape(1, 24, 3)
    best = run_job(solve_text(understand(sentence), drafts=draft, current=None))[0]
    return Body.posed(best.rotations[None])


@pytest.mark.parametrize("sentence", ["tree pose", "namaste", "hands clasped in front of the belly"])
def test_joined_hands_are_before_the_middle(sentence):
    joints = _solved(sentence).joints[0]
    hands = 0.5 * (joints[JOINT_INDEX["left_wrist"]] + joints[JOINT_INDEX["right_wrist"]])
    off = hands - joints[JOINT_INDEX["spine3"]]
    assert abs(off[0]) < 0.08
    assert 0.1 < off[2] < 0.4


def test_the_arms_of_a_downward_dog_go_on_from_its_trunk():
    joints = _solved("downward dog").joints[0]
    left, right = (joints[JOINT_INDEX[f"{side}_wrist"]] for side in ("left", "right"))
    assert 0.3 < np.linalg.norm(left - right) < 0.65
    trunk = joints[JOINT_INDEX["neck"]] - joints[JOINT_INDEX["pelvis"]]
    for side, wrist in (("left", left), ("right", right)):
        arm = wrist - joints[JOINT_INDEX[f"{side}_shoulder"]]
        turned = np.degrees(np.arccos(arm @ trunk / np.linalg.norm(arm) / np.linalg.norm(trunk)))
        assert turned < 30.0, f"{side}: {turned:.0f} degrees"


@pytest.mark.parametrize(
    ("sentence", "sides"),
    [
        ("sitting on a bar stool, feet dangling", ("left", "right")),
        ("sitting on a bar stool, feet hanging", ("left", "right")),
        ("sitting on a bar stool with dangling feet", ("left", "right")),
        ("feet dangling, sitting on a chair", ("left", "right")),
        ("sitting on a table, legs dangling", ("left", "right")),
        ("seated, his feet dangling off the ground", ("left", "right")),
        ("perched on a bench, her legs hanging down", ("left", "right")),
        ("sitting on a wall, left leg dangling", ("left",)),
    ],
)
def test_dangling_feet_of_who_sits_hang_free_from_a_high_seat(sentence, sides):
    program = understand(sentence)
    assert next(each.height for each in program.elements if isinstance(each, Support)) >= 0.7
    assert not any(isinstance(each, Ground) for each in program.elements)
    pose = run_job(solve_text(program, drafts=NEUTRAL_DRAFT[None], current=None, switched_off=frozenset()))[0]
    body = Body.posed(pose.rotations[None])
    assert all(pose.held)
    for side in sides:
        thigh, shin = (body.limb(f"{side}_{part}")[0] for part in ("thigh", "shin"))
        thigh, shin = thigh / np.linalg.norm(thigh), shin / np.linalg.norm(shin)
        assert 78.0 < np.degrees(np.arccos(thigh @ shin)) < 95.0
        assert np.degrees(np.arccos(-shin[1])) < 14.0
        assert body.spot("bottom")[0, 1] - body.spot(f"{side}_sole")[0, 1] < 0.6


@pytest.mark.parametrize(
    "sentence", ["sitting on a chair, feet relaxed", "sitting on a chair, feet not dangling", "sitting on a chair"]
)
def test_feet_that_do_not_dangle_leave_the_seat_as_it_is(sentence):
    elements = understand(sentence).elements
    assert elements[0] == Support("sitting", 0.46)
    assert not any(isinstance(each, Bend) for each in elements)


def test_beside_a_foot_on_the_floor_the_other_dangles_from_the_seat_that_was_said():
    elements = understand("sitting on a stool, left foot dangling, right foot on the floor").elements
    assert elements[0] == Support("sitting", 0.5)
    assert [each.part for each in elements if isinstance(each, Ground)] == ["right_sole"]
    assert Point("left_shin", ("down",)) in elements


def test_a_seat_too_low_for_dangling_feet_is_raised_with_a_note():
    assert any("seat" in note for note in understand("sitting on a chair, feet dangling").notes)
    assert not understand("sitting on a bar stool, feet dangling").notes
