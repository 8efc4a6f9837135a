"""Confidence by body part."""

import numpy as np
import pytest

from contrapposto.backend.body_parts import BODY_PARTS, body_part_confidence
from contrapposto.backend.skeleton import JOINT_INDEX


def test_each_part_is_the_mean_of_its_joints_over_all_frames():
    confidence = np.zeros((2, 24), np.float32)
    confidence[0, [JOINT_INDEX["left_hip"], JOINT_INDEX["left_knee"], JOINT_INDEX["left_ankle"]]] = 1.0
    parts = body_part_confidence(confidence)
    assert parts["Left leg"] == pytest.approx(0.5)
    assert parts["Right leg"] == 0.0
    assert list(parts) == ["Head", "Torso", "Left arm", "Right arm", "Left leg", "Right leg"]


def test_no_joint_is_in_two_parts():
    joints = [joint for part in BODY_PARTS.values() for joint in part]
    assert len(joints) == len(set(joints))
