"""The camera's turning, measured on made-up pans whose angles are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from contrapposto.backend.camera import Camera
from contrapposto.backend.detect.camera_motion import CameraFinder, CameraMotion, mapped
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from video_scenes import SIZE, background, paste, person

CAMERA = Camera.assumed(SIZE)
K = np.array([[CAMERA.fx, 0.0, CAMERA.cx], [0.0, CAMERA.fy, CAMERA.cy], [0.0, 0.0, 1.0]])
WALL = (1600, 900)


def seen_by(rotation: np.ndarray) -> np.ndarray:
    """A frame of a wide wall by a camera whose axes are `rotation` @ those of the first one."""
    offset = np.array([[1.0, 0.0, -(WALL[0] - SIZE[0]) / 2.0], [0.0, 1.0, -(WALL[1] - SIZE[1]) / 2.0], [0, 0, 1.0]])
    # OpenCV counts from the middle of the first pixel, the camera from its corner
    half = np.array([[1.0, 0.0, 0.5], [0.0, 1.0, 0.5], [0.0, 0.0, 1.0]])
    to_frame = np.linalg.inv(half) @ K @ rotation.T @ np.linalg.inv(K) @ half @ offset
    return cv2.warpPerspective(background(3, WALL), to_frame, SIZE, flags=cv2.INTER_LINEAR)


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    return Rotation.from_euler("yxz", [yaw, pitch, roll], degrees=True).as_matrix()


def angle_between(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.degrees(Rotation.from_matrix(np.swapaxes(first, -1, -2) @ second).magnitude())


def pan(count: int = 40) -> np.ndarray:
    return np.array([turned(0.6 * n, 2.0 * np.sin(n / 9.0), 1.5 * np.sin(n / 7.0)) for n in range(count)])


def measured(rotations: np.ndarray, **extra: object) -> CameraMotion:
    finder = CameraFinder(SIZE)
    for number, rotation in enumerate(rotations):
        image = seen_by(rotation)
        box = []
        if extra.get("walker"):
            middle = (120.0 + 10.0 * number, 190.0)
            paste(image, person(), middle)
            left = middle[0] - 70.0
            box = [np.array([left, 40.0, left + 140.0, 340.0])] if extra.get("boxed") else []
        finder.feed(image, box, is_cut=number == extra.get("cut"))
    return finder.motion()


def test_a_camera_that_stands_still_does_not_turn() -> None:
    motion = measured(np.tile(np.eye(3), (15, 1, 1)))
    assert motion.angles_deg().max() < 0.02
    np.testing.assert_allclose(motion.homography, np.tile(np.eye(3), (15, 1, 1)), atol=1e-2)
    assert motion.sure.min() > 0.95


def test_a_pan_with_tilt_and_roll_is_measured() -> None:
    rotations = pan()
    motion = measured(rotations)
    errors = angle_between(motion.rotation, rotations)
    assert errors.max() < 0.5  # of 23.4 degrees, over several references
    np.testing.assert_allclose(motion.angles_deg(), angle_between(np.eye(3), rotations), atol=0.5)
    assert motion.sure.min() > 0.5


@pytest.mark.parametrize("boxed", [True, False])
def test_somebody_who_walks_through_does_not_disturb_it(boxed: bool) -> None:
    rotations = pan(30)
    motion = measured(rotations, walker=True, boxed=boxed)
    assert angle_between(motion.rotation, rotations).max() < 0.7


def test_homographies_take_points_back_to_the_first_frame() -> None:
    rotations = pan(25)
    motion = measured(rotations)
    point = np.array([300.0, 200.0, 1.0])
    there = np.array([K @ rotation.T @ np.linalg.inv(K) @ point for rotation in rotations])
    there = there[:, :2] / there[:, 2:]
    found = mapped(motion.homography, there[:, None])
    np.testing.assert_allclose(found[:, 0], np.tile(point[:2], (25, 1)), atol=3.0)
    seen = Observation(
        keypoints_px=np.tile(there[:, None], (1, 33, 1)),
        confidence=np.ones((25, 33)),
        schema=BLAZEPOSE_33,
        image_size=SIZE,
        box_px=np.concatenate([there - 20.0, there + 20.0], axis=1),
    )
    steady = motion.steadied(seen)
    assert np.ptp(seen.keypoints_px[:, 0, 0]) > 150.0
    assert np.ptp(steady.keypoints_px[:, 0], axis=0).max() < 5.0
    assert (steady.box_px[:, 2] > steady.box_px[:, 0] + 30.0).all()


def test_after_a_cut_the_first_frame_is_another_one() -> None:
    motion = measured(pan(20), cut=10)
    np.testing.assert_allclose(motion.rotation[10], np.eye(3))
    assert angle_between(motion.rotation[19], pan(20)[10].T @ pan(20)[19]) < 0.5


def test_without_anything_to_hold_on_to_the_last_place_is_held() -> None:
    finder = CameraFinder(SIZE)
    for _ in range(4):
        finder.feed(np.full((SIZE[1], SIZE[0], 3), 90, np.uint8), [])
    motion = finder.motion()
    np.testing.assert_array_equal(motion.rotation, np.tile(np.eye(3), (4, 1, 1)))
    assert motion.sure[1:].max() == 0.0


def test_it_goes_on_from_a_saved_state() -> None:
    rotations = pan(16)
    whole = measured(rotations)
    finder = CameraFinder(SIZE)
    for number, rotation in enumerate(rotations):
        finder.feed(seen_by(rotation), [])
        if number == 7:
            finder = CameraFinder.from_state({name: value.copy() for name, value in finder.state().items()})
    np.testing.assert_array_equal(finder.motion().homography, whole.homography)
    np.testing.assert_array_equal(finder.motion().rotation, whole.rotation)


def test_a_part_of_the_frames() -> None:
    motion = measured(pan(6))
    np.testing.assert_array_equal(motion.part(2, 3).rotation, motion.rotation[2:5])
