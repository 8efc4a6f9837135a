"""Bodies at random: whatever the proportions, facing, order of bones and whatever hangs on them, no joint is wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from contrapposto.backend.retarget.bone_map import FINGER_JOINTS, SURE, BoneMap
from contrapposto.backend.retarget.matcher import detect_bones
from contrapposto.backend.skeleton import JOINT_NAMES
from random_bodies import Body, random_body, rig_of_body

BODIES = 150


def outcome(body: Body, old: dict[str, str], bone_map: BoneMap, *, joint: str) -> str:
    """Right, wrong or unsure."""
    match = bone_map.joints.get(joint)
    if match is None or match.score < SURE:
        return "unsure"
    wanted = body.joints[joint] if joint == "neck" else body.joints[joint][:1]
    return "right" if old[match.bones[0]] in wanted else "wrong"


@pytest.fixture(scope="module")
def found() -> list[tuple[int, Body, dict[str, str], BoneMap]]:
    """Each body, made into a rig without names, and its map."""
    results = []
    for seed in range(BODIES):
        body = random_body(seed)
        rig, old = rig_of_body(body)
        results.append((seed, body, old, detect_bones(rig)))
    return results


def test_no_joint_is_wrong_and_most_are_sure(found) -> None:
    counts, wrong = Counter(), []
    for seed, body, old, bone_map in found:
        for joint in body.joints.keys() & set(JOINT_NAMES):
            what = outcome(body, old, bone_map, joint=joint)
            counts[what] += 1
            if what == "wrong":
                wrong.append(f"{seed}: {joint} is {old[bone_map.joints[joint].bones[0]]}")
    assert not wrong
    assert counts["right"] >= 0.95 * counts.total()


def test_the_spine_lies_between_hips_and_arms(found) -> None:
    for seed, body, old, bone_map in found:
        spine = [bone for joint in ("spine1", "spine2", "spine3") for bone in _bones(bone_map, joint)]
        if "pelvis" not in bone_map.unsure and "spine3" not in bone_map.unsure and spine:
            assert [old[bone] for bone in spine] == list(body.joints["spine"]), seed


def _bones(bone_map: BoneMap, joint: str) -> tuple[str, ...]:
    return bone_map.joints[joint].bones if joint in bone_map.joints else ()


def test_no_finger_is_wrong_and_hands_of_five_are_found(found) -> None:
    hands = complete = 0
    for seed, body, old, bone_map in found:
        fingers = body.joints.keys() & set(FINGER_JOINTS)
        four = "left_pinky1" not in fingers
        named = {joint: match for joint, match in bone_map.joints.items() if joint in FINGER_JOINTS}
        for joint, match in named.items():
            # Of a hand of four the last counts as the little finger.
            truth = joint.replace("pinky", "ring") if four else joint
            assert old[match.bones[0]] == body.joints[truth][0], f"{seed}: {joint}"
        hands += bool(fingers)
        complete += len(named) == len(fingers) > 0
        assert fingers or not named, f"{seed}: fingers on a hand that has none"
    assert complete >= 0.8 * hands > 0
