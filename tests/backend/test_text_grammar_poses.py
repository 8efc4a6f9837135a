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
from contrapposto.backend.text.language import Apart, Bend, Head, Palm, Point, Program, Raise, Support, Touch, Trunk
from contrapposto.backend.text.measures import Body
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
