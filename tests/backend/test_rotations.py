"""Properties of rotations: round trips, orthonormality, q and -q, in float32 and float64."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from contrapposto.backend import rotations as rot
from contrapposto.backend.frames import INNER_TO_BLENDER, blender_to_inner, inner_to_blender, inner_to_camera

vectors = hnp.arrays(np.float64, (5, 3), elements=st.floats(-3.0, 3.0, width=32))
directions = vectors.filter(lambda v: bool((np.linalg.norm(v, axis=-1) > 1e-3).all()))


@given(vectors)
def test_axis_angle_round_trip(axis_angle: np.ndarray) -> None:
    matrix = rot.axis_angle_to_matrix(axis_angle)
    back = rot.axis_angle_to_matrix(rot.matrix_to_axis_angle(matrix))
    np.testing.assert_allclose(back, matrix, atol=1e-9)
    np.testing.assert_allclose(matrix @ np.swapaxes(matrix, -1, -2), np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0, atol=1e-12)


@given(vectors)
def test_quaternions_are_w_first_and_both_signs_mean_the_same(axis_angle: np.ndarray) -> None:
    matrix = rot.axis_angle_to_matrix(axis_angle)
    quaternion = rot.matrix_to_quaternion(matrix)
    assert (quaternion[:, 0] >= 0.0).all()
    np.testing.assert_allclose(rot.quaternion_to_matrix(quaternion), matrix, atol=1e-9)
    np.testing.assert_allclose(rot.quaternion_to_matrix(-3.0 * quaternion), matrix, atol=1e-9)


def test_quaternion_of_a_quarter_turn_about_x() -> None:
    quaternion = rot.matrix_to_quaternion(rot.axis_angle_to_matrix(np.array([np.pi / 2, 0.0, 0.0])))
    np.testing.assert_allclose(quaternion, [np.sqrt(0.5), np.sqrt(0.5), 0.0, 0.0], atol=1e-12)


@given(directions, directions)
def test_swing_brings_start_to_end_by_the_shortest_way(start: np.ndarray, end: np.ndarray) -> None:
    swing = rot.swing_between(start, end)
    np.testing.assert_allclose(np.einsum("tij,tj->ti", swing, rot.normalized(start)), rot.normalized(end), atol=1e-6)
    cosine = np.sum(rot.normalized(start) * rot.normalized(end), axis=-1)
    angle = rot.geodesic_angle(swing, np.eye(3))
    np.testing.assert_allclose(np.cos(angle), np.clip(cosine, -1.0, 1.0), atol=1e-6)


def test_swing_of_opposite_directions() -> None:
    start = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -2.0]])
    np.testing.assert_allclose(np.einsum("tij,tj->ti", rot.swing_between(start, -start), start), -start, atol=1e-9)


@given(directions, st.floats(-3.1, 3.1))
def test_twist_angle_is_the_angle_turned(axis: np.ndarray, angle: float) -> None:
    start = np.cross(axis, rot.normalized(axis) + (0.3, -0.5, 0.7))
    if (np.linalg.norm(start, axis=-1) < 1e-2).any():
        return
    end = np.einsum("tij,tj->ti", rot.axis_angle_to_matrix(rot.normalized(axis) * angle), start)
    lifted = end + 0.3 * axis
    np.testing.assert_allclose(rot.twist_angle(axis, start, lifted), angle, atol=1e-6)


@given(directions)
def test_frames_are_orthonormal(primary: np.ndarray) -> None:
    secondary = np.roll(primary, 1, axis=-1) + (0.1, -0.2, 0.4)
    frame = rot.frame_from_axes(primary, secondary)
    if (np.linalg.norm(np.cross(primary, secondary), axis=-1) < 1e-2).any():
        return
    np.testing.assert_allclose(np.swapaxes(frame, -1, -2) @ frame, np.broadcast_to(np.eye(3), (5, 3, 3)), atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(frame), 1.0, atol=1e-9)
    np.testing.assert_allclose(frame[..., 0], rot.normalized(primary), atol=1e-12)


def test_float32_and_leading_axes() -> None:
    axis_angle = np.random.default_rng(0).normal(size=(2, 4, 3)).astype(np.float32)
    matrix = rot.axis_angle_to_matrix(axis_angle)
    assert matrix.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(rot.matrix_to_axis_angle(matrix), axis_angle, atol=1e-6)


def test_who_faces_the_camera_faces_blenders_front_view() -> None:
    towards_viewer, up, left_of_person = np.eye(3)[[2, 1, 0]]
    np.testing.assert_array_equal(inner_to_blender(towards_viewer), [0.0, -1.0, 0.0])
    np.testing.assert_array_equal(inner_to_blender(up), [0.0, 0.0, 1.0])
    np.testing.assert_array_equal(inner_to_blender(left_of_person), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(inner_to_camera(towards_viewer), [0.0, 0.0, -1.0])


@given(vectors)
def test_frame_conversions_agree(points: np.ndarray) -> None:
    np.testing.assert_array_equal(inner_to_blender(points), points @ INNER_TO_BLENDER.T)
    np.testing.assert_array_equal(blender_to_inner(inner_to_blender(points)), points)
    np.testing.assert_array_equal(inner_to_camera(inner_to_camera(points)), points)
    assert np.linalg.det(INNER_TO_BLENDER) == pytest.approx(1.0)
