"""The skeleton, and forward kinematics in numpy and torch."""

from __future__ import annotations

import numpy as np
import pytest

from contrapposto.backend import kinematics
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import (
    JOINT_COUNT,
    JOINT_INDEX,
    JOINT_NAMES,
    MIRROR,
    PARENTS,
    REST_OFFSETS,
    SOLE_BELOW_ANKLE_M,
    STATURE_M,
)


def _random(frames: int = 6) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(2)
    return generator.normal(0, 0.7, (frames, JOINT_COUNT, 3)), generator.normal(0, 1, (frames, 3))


def test_parents_come_first_and_mirror_pairs_match() -> None:
    assert JOINT_COUNT == 24
    assert all(parent < joint for joint, parent in enumerate(PARENTS))
    np.testing.assert_array_equal(MIRROR[MIRROR], np.arange(JOINT_COUNT))
    for joint, other in enumerate(MIRROR):
        assert JOINT_NAMES[joint].replace("left", "right") == JOINT_NAMES[other].replace("left", "right")
        assert PARENTS[other] == (MIRROR[PARENTS[joint]] if PARENTS[joint] >= 0 else -1)


def test_rest_pose_is_symmetric_and_of_adult_proportions() -> None:
    rest = kinematics.forward_kinematics(np.zeros((24, 3)), np.zeros(3))
    np.testing.assert_allclose(rest[MIRROR], rest * (-1.0, 1.0, 1.0), atol=1e-6)
    assert rest[JOINT_INDEX["left_wrist"], 0] > 0.0, "the person's left is +x"
    assert rest[JOINT_INDEX["left_foot"], 2] > rest[JOINT_INDEX["left_ankle"], 2], "toes point to +z"
    # Winter figure 4.1: the shoulder joint stands at 0.818, the chin at 0.870, the hip joint at 0.530 of stature.
    ground = rest[JOINT_INDEX["left_ankle"], 1] - SOLE_BELOW_ANKLE_M
    height = {name: (rest[JOINT_INDEX[name], 1] - ground) / STATURE_M for name in ("left_shoulder", "head", "left_hip")}
    assert height["left_shoulder"] == pytest.approx(0.818, abs=0.03)
    assert height["head"] == pytest.approx(0.91, abs=0.03)
    assert height["left_hip"] == pytest.approx(0.530, abs=0.03)


def test_bone_lengths_stay_and_the_root_turns_everything() -> None:
    rotations, translation = _random()
    joints = kinematics.forward_kinematics(rotations, translation)
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, list(PARENTS[1:])], axis=-1)
    np.testing.assert_allclose(lengths, np.broadcast_to(np.linalg.norm(REST_OFFSETS[1:], axis=-1), lengths.shape))
    only_root = np.zeros((1, 24, 3))
    only_root[0, 0] = (0.0, np.pi / 2, 0.0)
    turned = kinematics.forward_kinematics(only_root, np.zeros((1, 3)))[0]
    rest = kinematics.forward_kinematics(np.zeros((24, 3)), np.zeros(3))
    np.testing.assert_allclose(turned, np.stack([rest[:, 2], rest[:, 1], -rest[:, 0]], -1), atol=1e-6)


def test_local_and_global_rotations_are_inverse() -> None:
    local = axis_angle_to_matrix(_random()[0])
    np.testing.assert_allclose(kinematics.local_rotations(kinematics.global_rotations(local)), local, atol=1e-12)
