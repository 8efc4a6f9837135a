"""Which joints a picture shows: by the landmarks beyond them, inside of the picture."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import pipeline
from contrapposto.backend.correction import Correction
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33, COCO_17
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.shown_joints import SHOWN, parts_not_shown, shown_by
from contrapposto.backend.skeleton import JOINT_NAMES

SIZE = (400, 300)


def seen(schema=BLAZEPOSE_33, *, outside: tuple[str, ...] = (), **confidence: float) -> Observation:
    """Everything is in the middle and sure, but for what is said."""
    points = np.full((1, len(schema), 2), 150.0, np.float32)
    sure = np.full((1, len(schema)), 0.95, np.float32)
    for name in outside:
        points[0, schema.index[name]] = (150.0, 301.0)
    for name, value in confidence.items():
        sure[0, schema.index[name]] = value
    return Observation(points, sure, schema, SIZE)


def hidden(observation: Observation, **options) -> set[str]:
    shown = shown_by(observation, **options)[0]
    return {JOINT_NAMES[joint] for joint in np.flatnonzero(shown < SHOWN)}


def poses(observation: Observation) -> PoseSequence:
    return PoseSequence(np.zeros((1, 24, 3)), np.zeros((1, 3)), shown=shown_by(observation))


def cut_off(*names: str) -> tuple[str, ...]:
    return tuple(f"{side}_{name}" for side in ("left", "right") for name in names)


def test_all_is_shown_of_a_person_in_the_middle() -> None:
    assert hidden(seen()) == set()
    assert parts_not_shown(poses(seen())) == ()


def test_legs_beyond_the_edge_are_not_shown_however_sure_the_detector_is() -> None:
    bust = seen(outside=cut_off("hip", "knee", "ankle", "heel", "foot_index"))
    assert hidden(bust) == set(cut_off("hip", "knee", "ankle", "foot"))
    assert parts_not_shown(poses(bust)) == ("Left leg", "Right leg")


def test_what_comes_after_a_hidden_joint_shows_how_it_is_turned() -> None:
    assert hidden(seen(left_elbow=0.1)) == set()
    assert hidden(seen(left_wrist=0.1, left_index=0.1, left_pinky=0.2, left_thumb=0.0)) == {
        "left_elbow", "left_wrist", "left_hand"
    }  # fmt: skip
    arm = {f"left_{name}": 0.29 for name in ("elbow", "wrist", "index", "pinky", "thumb")}
    assert parts_not_shown(poses(seen(**arm))) == ("Left arm",)
    assert parts_not_shown(poses(seen(**arm)).mirrored()) == ("Right arm",)


def test_a_detector_without_hands_and_feet_does_not_show_them() -> None:
    assert hidden(seen(COCO_17)) == set(cut_off("wrist", "hand", "ankle", "foot"))


def test_a_placed_landmark_shows_its_joint_wherever_it_is() -> None:
    bust = seen(outside=cut_off("hip", "knee", "ankle", "heel", "foot_index"))
    assert "left_hip" not in hidden(bust, placed=("left_knee",))
    assert "left_foot" not in hidden(seen(COCO_17), placed=("left_foot_index",))


def test_a_shape_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Exception, match="shown"):
        PoseSequence(np.zeros((1, 24, 3)), np.zeros((1, 3)), shown=np.ones((2, 24)))


def test_the_way_of_a_photo_says_what_it_shows_and_a_correction_changes_it() -> None:
    pytest.importorskip("torch")
    world = np.random.default_rng(2).normal(0.0, 0.3, (1, 33, 3)).astype(np.float32)
    person = replace(seen(outside=cut_off("knee", "ankle", "heel", "foot_index")), keypoints_world=world)
    found = pipeline.FoundPeople(Path("bust.jpg"), np.zeros((300, 400, 3), np.uint8), (person,))
    result = run_job(pipeline.pose_person(found, 0))
    assert parts_not_shown(result.estimate.poses) == ("Left leg", "Right leg")
    corrected = Correction(result).with_moved("left_ankle", (150.0, 340.0)).reading(0)
    assert parts_not_shown(corrected.poses) == ("Right leg",)
    assert parts_not_shown(result.estimate.poses) == ("Left leg", "Right leg")
