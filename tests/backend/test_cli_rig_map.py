"""What `contrapposto rig-map` prints of a bone map: a table for people, JSON for programs, and problems in words."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from contrapposto.backend.cli_rig_map import MapReport, print_table, require_body
from contrapposto.backend.errors import RigError
from contrapposto.backend.retarget.bone_map import BoneMap, BoneMatch
from contrapposto.backend.skeleton import JOINT_NAMES

BODY = JOINT_NAMES[:22]


def _report(*, without: tuple[str, ...] = (), asked: tuple[str, ...] = ()) -> MapReport:
    joints = {joint: BoneMatch((f"[{joint}]",), 0.97, f"named {joint}") for joint in BODY if joint not in without}
    joints["left_index1"] = BoneMatch(("finger",))
    return MapReport(BoneMap("Hero [2]", joints, "Mixamo", problems=("It kneels.",)), asked)


def _table(report: MapReport) -> str:
    stream = StringIO()
    print_table(report, Console(file=stream, width=200))
    return stream.getvalue()


def test_json_has_armature_smpl_joints_and_problems() -> None:
    content = json.loads(_report().as_json())
    assert list(content) == ["armature", "joints", "problems"]
    assert tuple(content["joints"]) == BODY
    assert content["joints"]["left_hip"] == {"bones": ["[left_hip]"], "score": 0.97, "reason": "named left_hip"}
    assert content["problems"] == ["It kneels."]


def test_json_can_be_given_back_as_a_bone_map() -> None:
    report = _report()
    again = BoneMap.from_json(report.as_json())
    assert {joint: again.joints[joint] for joint in BODY} == {joint: report.bone_map.joints[joint] for joint in BODY}


def test_what_is_missing_or_in_question_is_a_problem_in_words() -> None:
    problems = _report(without=("left_hip",), asked=("left_hip", "right_elbow")).problems
    assert problems[0] == "It kneels."
    assert problems[1] == "No bone was found for left thigh."
    assert "right forearm" in problems[2]


def test_the_table_has_a_line_for_each_joint_with_bone_score_and_reason() -> None:
    text = _table(_report(without=("left_hip",), asked=("left_hip", "right_elbow")))
    lines = {line.split()[0]: line for line in text.splitlines() if line.split()[0] in BODY}
    assert tuple(lines) == BODY
    assert "[right_hip]" in lines["right_hip"]
    assert "97%" in lines["right_hip"]
    assert "named right_hip" in lines["right_hip"]
    assert "?" in lines["right_elbow"]
    assert "not found" in lines["left_hip"]
    assert "Hero [2]: 21 of 22 joints, named as in Mixamo." in text
    assert "Fingers: 1 of 30" in text
    assert "- It kneels." in text


def test_what_is_no_body_is_refused() -> None:
    require_body(_report(without=BODY[11:]))
    with pytest.raises(RigError, match=r"no human body: bones were found for 10 of 22 joints\. It kneels\."):
        require_body(_report(without=BODY[10:]))
    require_body(_report(asked=BODY[1:]))
    with pytest.raises(RigError, match=r"none of its bones is sure\. It kneels\."):
        require_body(_report(asked=BODY))
