"""Joint limits: which way joints bend, how they are clamped, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrapposto.backend.refine.joint_limits import (
    LIMITS,
    LimitTerms,
    clamped_to_limits,
    joint_angles,
    rotations_from_angles,
    within_limits,
)
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_quaternion
from contrapposto.backend.skeleton import JOINT_INDEX, MIRROR

SEEDS = st.integers(0, 10_000)


def random_rotations(seed: int, *, most: float = 2.5) -> np.ndarray:
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(5, 24, 3))
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True) * random.uniform(0.0, most, (5, 24, 1))


@pytest.mark.parametrize(
    ("joint", "axis", "possible", "impossible"),
    [
        ("left_knee", "x", 140, -40), ("right_knee", "x", 140, -40),
        ("left_elbow", "y", -140, 60), ("right_elbow", "y", 140, -60),
        ("left_hip", "x", -120, 80), ("left_hip", "z", 60, -70), ("right_hip", "z", -60, 70),
        ("left_shoulder", "y", -120, 100), ("right_shoulder", "y", 120, -100),
        ("left_ankle", "x", 45, -70), ("neck", "y", 50, 100), ("spine2", "x", 40, -60),
    ],
)  # fmt: skip
def test_joints_bend_the_way_people_do(joint: str, axis: str, possible: float, impossible: float) -> None:
    rotations = np.zeros((2, 24, 3))
    rotations[:, JOINT_INDEX[joint], "xyz".index(axis)] = np.radians([possible, impossible])
    within = within_limits(rotations)
    assert within[0].all()
    assert not within[1, JOINT_INDEX[joint]]
    assert within[1].sum() == 23


def test_the_rest_pose_is_possible_and_sides_are_mirrored() -> None:
    assert within_limits(np.zeros((24, 3))).all()
    mirrored = LIMITS[MIRROR].copy()
    mirrored[:, 1:] = -mirrored[:, 1:, ::-1]
    sided = [joint for joint in range(24) if MIRROR[joint] != joint]
    np.testing.assert_allclose(mirrored[sided], LIMITS[sided])


@given(SEEDS)
def test_angles_lead_back_to_the_rotations(seed: int) -> None:
    rotations = random_rotations(seed)
    back = rotations_from_angles(joint_angles(rotations))
    angle = geodesic_angle(axis_angle_to_matrix(back), axis_angle_to_matrix(rotations))
    assert np.degrees(angle).max() < 0.01


@given(SEEDS)
def test_clamped_poses_are_possible_and_possible_joints_stay(seed: int) -> None:
    rotations = random_rotations(seed)
    clamped = clamped_to_limits(rotations)
    assert within_limits(clamped, slack=np.radians(0.01)).all()
    within = within_limits(rotations)
    np.testing.assert_array_equal(clamped[within], rotations[within])
    assert np.any(clamped[~within] != rotations[~within], axis=-1).all()


def test_terms_of_the_fit_agree_with_the_checks_and_their_derivatives_with_differences() -> None:
    torch = pytest.importorskip("torch")
    from contrapposto.backend.refine.evidence import PointModel
    from contrapposto.backend.refine.kinematics import Kinematics

    rotations = random_rotations(3, most=2.2)
    quaternions = torch.from_numpy(matrix_to_quaternion(axis_angle_to_matrix(rotations)))
    terms = LimitTerms(quaternions)
    excess, slopes = terms(quaternions)
    np.testing.assert_array_equal((excess == 0.0).all(-1).numpy(), within_limits(rotations))
    turn = Kinematics(PointModel.of_joints(()), quaternions).turned
    beyond = (excess.abs() > 1e-3)[..., None]
    assert beyond.sum() > 50
    for axis in range(3):
        step = torch.zeros_like(quaternions[..., 1:])
        step[..., axis] = 1e-6
        difference = (terms(turn(quaternions, step))[0] - terms(turn(quaternions, -step))[0]) / 2e-6
        error = (difference - slopes[..., axis]).abs()[beyond[..., 0]]
        assert error.max() < 1e-5
