"""How a figure that was solved in a view stands where a rig's frame is the inner frame."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.camera import Camera
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.sketch_pipeline import Stance, hips_px


def estimate() -> Estimate:
    rng = np.random.default_rng(4)
    rotations = rng.normal(0.0, 0.4, (1, 24, 3)).astype(np.float32)
    poses = PoseSequence(rotations, np.array([[0.0, 0.9, 0.0]], np.float32))
    level = Rotation.from_rotvec([0.2, 0.0, 0.0]).as_matrix()
    return Estimate(poses, np.array([[0.1, -0.2, 6.0]]), Camera(900.0, 900.0, 300.0, 200.0), camera_turn=level[None])


@pytest.mark.parametrize("pelvis", [None, np.array([0.4, 1.2, -0.3], np.float32)])
def test_a_stance_changes_the_frame_and_not_what_the_camera_sees(pelvis):
    turn = Rotation.from_rotvec([0.3, 1.9, -0.4]).as_matrix()
    before, after = estimate(), Stance(turn, pelvis).of(estimate())
    np.testing.assert_allclose(after.joints_cam(), before.joints_cam(), atol=1e-5)
    np.testing.assert_allclose(after.camera_turn[0], turn.T, atol=1e-6)
    seen = before.camera_turn[0] @ (before.joints()[0] - before.joints()[0, :1]).T
    np.testing.assert_allclose((after.joints()[0] - after.joints()[0, :1]).T, turn @ seen, atol=1e-5)
    if pelvis is not None:
        np.testing.assert_allclose(after.poses.translation[0], pelvis)


def test_without_a_place_for_the_pelvis_the_lowest_part_stands_on_the_ground():
    after = Stance(Rotation.from_rotvec([0.0, 0.0, np.pi]).as_matrix()).of(estimate())
    lowest = float(after.joints()[0, :, 1].min())
    assert 0.0 < lowest < 0.2


def test_a_stance_taken_twice_is_taken_once():
    stance = Stance(Rotation.from_rotvec([0.5, 0.1, 0.2]).as_matrix(), np.array([0.0, 1.0, 0.0], np.float32))
    once = stance.of(estimate())
    np.testing.assert_allclose(stance.of(once).poses.rotations, once.poses.rotations, atol=1e-5)


def test_the_pelvis_moves_with_the_hips_in_the_picture():
    per_pixel = np.array([[0.01, 0.0], [0.0, -0.01], [0.0, 0.0]])
    stance = Stance(np.eye(3), np.array([0.0, 1.0, 0.0], np.float32), per_pixel)
    np.testing.assert_allclose(stance.moved(np.array([30.0, 20.0])).pelvis, [0.3, 0.8, 0.0], atol=1e-6)
    assert Stance(np.eye(3)).moved(np.array([30.0, 20.0])).pelvis is None


def test_hips_are_seen_between_both():
    one = estimate()
    seen = one.camera.project(one.joints_cam()[0, [1, 2]])
    np.testing.assert_allclose(hips_px(one), seen.mean(axis=0), atol=1e-4)
