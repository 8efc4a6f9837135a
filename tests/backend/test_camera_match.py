"""Matching a camera to a posed rig: exact on the same body in any world, near on bodies of other proportions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.camera import Camera
from contrapposto.backend.camera_match import CameraPose, Lens, Sighting, match_camera
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import ProportionedBody
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES

CAMERA = Camera(1500.0, 1500.0, 480.0, 530.0)
SIZE = (1000, 1200)


def estimate(*, seed: int = 3, tilt: float = 20.0) -> Estimate:
    """Somebody in a lively pose before a camera that looks down."""
    rotations = np.random.default_rng(seed).normal(0.0, 0.4, (1, 24, 3)).astype(np.float32)
    turn = axis_angle_to_matrix(np.array([np.radians(tilt), 0.0, 0.05])).astype(np.float32)
    poses = PoseSequence(rotations, np.array([[0.3, 0.9, -0.2]]))
    return Estimate(poses, np.array([[0.2, 0.1, 3.5]]), CAMERA, camera_turn=turn)


def sighting(found: Estimate) -> Sighting:
    unseen = np.zeros((1, 33), np.float32)
    return Sighting.of(found, Observation(np.zeros((1, 33, 2), np.float32), unseen, BLAZEPOSE_33, SIZE))


def placed(points: np.ndarray, *, turn: np.ndarray, scale: float, place: np.ndarray) -> dict[str, np.ndarray]:
    """Joints (24, 3) of the inner frame in a world of another unit, place and orientation."""
    return dict(zip(JOINT_NAMES, points @ (scale * turn).T + place, strict=True))


def projected(joints: dict[str, np.ndarray], found: CameraPose, camera: Camera) -> np.ndarray:
    seen = (np.stack(list(joints.values())) - found.position) @ found.axes
    return camera.project(seen * np.array([1.0, -1.0, -1.0]) * 1e3 / np.abs(seen[:, 2:]).max())


@settings(max_examples=40, deadline=None)
@given(
    turn=st.tuples(*[st.floats(-2.0, 2.0)] * 3), scale=st.sampled_from([0.01, 1.0, 72.0]), seed=st.integers(0, 50),
)  # fmt: skip
def test_the_same_body_is_covered_exactly(turn: tuple[float, float, float], scale: float, seed: int) -> None:
    found = estimate(seed=seed)
    world = axis_angle_to_matrix(np.array(turn))
    joints = placed(found.joints()[0], turn=world, scale=scale, place=np.array([3.0, -2.0, 40.0]))
    matched = match_camera(joints, sighting(found))
    assert matched.error_px < 0.01
    assert matched.error_share < 1e-4
    np.testing.assert_allclose(projected(joints, matched, CAMERA), found.joints_px()[0], atol=0.05)
    # The camera's axes in the world: the inverse of its turn, in the rig's frame.
    expected = world @ found.camera_turn[0].T
    assert np.degrees(geodesic_angle(matched.axes, expected)) < 0.01


@pytest.mark.parametrize("seed", range(6))
def test_other_proportions_are_covered_closely(seed: int) -> None:
    found = estimate(seed=seed)
    long_legs = replace(found, body=ProportionedBody([0.0, 0.2, 0.1, 0.15, 0.15, 0.0, -0.1, -0.12, -0.12, 0.0]))
    joints = placed(long_legs.joints()[0], turn=np.eye(3), scale=1.0, place=np.zeros(3))
    matched = match_camera(joints, sighting(found))
    assert np.degrees(geodesic_angle(matched.axes, found.camera_turn[0].T)) < 3.0
    assert matched.error_share < 0.05
    for step in np.eye(3) * 0.05:
        moved = projected({name: joint + step for name, joint in joints.items()}, matched, CAMERA)
        assert np.median(np.linalg.norm(moved - found.joints_px()[0], axis=-1)) > 0.9 * matched.error_px


def test_one_joint_far_off_does_not_pull_the_camera() -> None:
    found = estimate()
    joints = placed(found.joints()[0], turn=np.eye(3), scale=1.0, place=np.zeros(3))
    seen = sighting(found)
    pixels = seen.joints_px.copy()
    pixels[JOINT_INDEX["left_wrist"]] += 400.0
    assert match_camera(joints, replace(seen, joints_px=pixels)).error_px < 1.0


def test_a_few_joints_are_enough() -> None:
    found = estimate()
    joints = placed(found.joints()[0], turn=np.eye(3), scale=1.0, place=np.zeros(3))
    essential = {name: joint for name, joint in joints.items() if name.endswith(("hip", "knee", "ankle", "shoulder"))}
    assert match_camera(essential, sighting(found)).error_px < 0.01


def test_a_flipped_pose_is_matched_to_the_mirrored_picture() -> None:
    found = estimate(tilt=15.0)
    poses = found.poses.mirrored()
    turned = found.camera_turn * np.outer([-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]).astype(np.float32)
    joints = placed(replace(found, poses=poses).joints()[0], turn=np.eye(3), scale=1.0, place=np.zeros(3))
    seen = sighting(found).flipped()
    matched = match_camera(joints, seen)
    assert seen.mirrored
    assert not seen.flipped().mirrored
    assert matched.error_px < 0.01
    assert np.degrees(geodesic_angle(matched.axes, turned[0].T)) < 0.01
    left = projected(joints, matched, seen.camera)[JOINT_INDEX["left_wrist"]]
    right = found.joints_px()[0, JOINT_INDEX["right_wrist"]]
    np.testing.assert_allclose(left, (SIZE[0] - right[0], right[1]), atol=0.05)


def test_detected_joints_are_the_goal_where_they_were_seen() -> None:
    found = estimate()
    points, confidence = np.full((1, 33, 2), 77.0, np.float32), np.zeros((1, 33), np.float32)
    confidence[0, BLAZEPOSE_33.index["left_wrist"]] = 0.9
    seen = Sighting.of(found, Observation(points, confidence, BLAZEPOSE_33, SIZE))
    np.testing.assert_allclose(seen.joints_px[JOINT_INDEX["left_wrist"]], (77.0, 77.0))
    others = np.arange(24) != JOINT_INDEX["left_wrist"]
    np.testing.assert_allclose(seen.joints_px[others], found.joints_px()[0][others])


def test_rigs_that_cannot_be_matched_are_refused_in_words() -> None:
    seen = sighting(estimate())
    with pytest.raises(InputError, match="on top of each other"):
        match_camera(dict.fromkeys(JOINT_NAMES, np.ones(3)), seen)
    with pytest.raises(InputError, match="on top of each other"):
        match_camera({"left_hip": np.zeros(3), "left_knee": np.ones(3)}, seen)
    joints = {name: np.eye(4)[k, :3] for k, name in enumerate(("head", "neck", "left_hip", "right_hand"))}
    with pytest.raises(InputError, match="too few joints"):
        match_camera(joints, seen)


@pytest.mark.parametrize("frame", [(1920, 1080), (1000, 1200), (500, 1200)])
def test_the_lens_has_the_picture_s_angle_in_any_frame(frame: tuple[int, int]) -> None:
    lens = Lens.of(CAMERA, SIZE, frame_size=frame, sensor_mm=36.0)
    # The frame's width in pixels of the picture, which is fitted into its middle.
    width = frame[0] / min(frame[0] / SIZE[0], frame[1] / SIZE[1])
    assert lens.millimetres == pytest.approx(36.0 * 1500.0 / width)
    assert (lens.shift_x * width, lens.shift_y * width) == pytest.approx((20.0, -70.0))
