"""Corrected keypoints: a placed point is met, the limb follows, and everything else stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.estimate.landmark_body import LANDMARK_JOINTS
from contrapposto.backend.estimate.resolve import landmarks_px, person_height_px, resolve
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, matrix_to_axis_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES

pytest.importorskip("torch")

CAMERA = Camera(1400.0, 1400.0, 500.0, 500.0)
LIMB_LANDMARKS = [f"{side}_{name}" for side in ("left", "right") for name in (
    "shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot_index", "ear")]  # fmt: skip


def reading(*, tilt: float = 0.0, **degrees: tuple[float, float, float]) -> Estimate:
    """Somebody with bent arms and legs; the camera looks down by `tilt` degrees."""
    posture = {
        "pelvis": (0, 25, 0), "left_shoulder": (0, -20, -50), "right_shoulder": (0, 20, 45), "left_elbow": (0, -60, 0),
        "right_elbow": (0, 50, 0), "left_hip": (-35, 0, 8), "left_knee": (50, 0, 0),
    }  # fmt: skip
    rotations = np.zeros((1, 24, 3), np.float32)
    for joint, turn in {**posture, **degrees}.items():
        rotations[0, JOINT_INDEX[joint]] = np.radians(turn)
    turn = axis_angle_to_matrix(np.array([np.radians(tilt), 0.0, 0.0]))
    poses = PoseSequence(rotations, np.array([[0.0, 0.95, 0.0]]), confidence=np.full((1, 24), 0.3))
    return Estimate(poses, np.array([[0.1, 0.0, 3.6]]), CAMERA, camera_turn=turn.astype(np.float32))


def moved_by(estimate: Estimate, name: str, share: tuple[float, float]) -> dict[str, tuple[float, float]]:
    """The landmark's place, moved by shares of the person's height."""
    x, y = landmarks_px(estimate)[BLAZEPOSE_33.index[name]] + np.array(share) * person_height_px(estimate)
    return {name: (float(x), float(y))}


def miss(estimate: Estimate, moved: Mapping[str, tuple[float, float]]) -> float:
    """The furthest placed point from where it was put, as a share of the person's height."""
    found = landmarks_px(estimate)
    away = [np.linalg.norm(found[BLAZEPOSE_33.index[name]] - place) for name, place in moved.items()]
    return float(max(away)) / person_height_px(estimate)


def turned(before: Estimate, after: Estimate) -> dict[str, float]:
    """Degrees that each joint turned against its parent."""
    angles = geodesic_angle(*(axis_angle_to_matrix(each.poses.rotations[0]) for each in (before, after)))
    return dict(zip(JOINT_NAMES, np.degrees(angles).tolist(), strict=True))


@pytest.mark.parametrize("name", [*LIMB_LANDMARKS, "nose"])
@pytest.mark.parametrize("direction", [(1.0, 0.0), (0.0, 1.0), (-0.7, 0.7), (0.0, -1.0)])
def test_a_placed_point_is_met(name: str, direction: tuple[float, float]) -> None:
    estimate = reading()
    moved = moved_by(estimate, name, (0.05 * direction[0], 0.05 * direction[1]))
    assert miss(estimate, moved) > 0.04
    assert miss(resolve(estimate, moved), moved) < 0.01


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_wrist_turns_its_own_arm_alone(side: str) -> None:
    estimate = reading()
    moved = moved_by(estimate, f"{side}_wrist", (0.03, 0.05))
    solved = resolve(estimate, moved)
    angles = turned(estimate, solved)
    arm = {f"{side}_{joint}" for joint in ("collar", "shoulder", "elbow")}
    assert max(angle for joint, angle in angles.items() if joint in arm) > 5.0
    assert max(angle for joint, angle in angles.items() if joint not in arm) < 1.0
    away = np.linalg.norm(landmarks_px(solved) - landmarks_px(estimate), axis=-1) / person_height_px(estimate)
    others = ~np.isin(LANDMARK_JOINTS, [JOINT_INDEX[f"{side}_{joint}"] for joint in ("elbow", "wrist")])
    assert away[others].max() < 0.015


@pytest.mark.parametrize("tilt", [0.0, 20.0])
def test_the_true_wrist_and_elbow_bring_the_arm_back(tilt: float) -> None:
    truth = reading(tilt=tilt)
    wrong = reading(tilt=tilt, left_shoulder=(0, -10, -20), left_elbow=(0, -35, 0))
    points = landmarks_px(truth)
    moved = {name: tuple(map(float, points[BLAZEPOSE_33.index[name]])) for name in ("left_elbow", "left_wrist")}
    solved = resolve(wrong, moved)
    arm = [JOINT_INDEX["left_elbow"], JOINT_INDEX["left_wrist"]]
    before, after = (np.linalg.norm((e.joints() - truth.joints())[0, arm], axis=-1).max() for e in (wrong, solved))
    assert before > 0.18
    assert after < 0.3 * before
    np.testing.assert_allclose(solved.camera_turn, truth.camera_turn)


def observed(estimate: Estimate, confidence: float) -> Observation:
    """A detector that sees what the estimate says."""
    sure = np.full((1, len(BLAZEPOSE_33)), confidence)
    return Observation(landmarks_px(estimate)[None], sure, BLAZEPOSE_33, (1000, 1000))


def test_what_was_detected_of_a_limb_helps_when_its_end_is_placed() -> None:
    truth, wrong = reading(), reading(left_shoulder=(0, -15, -35), left_elbow=(0, -40, 0))
    x, y = landmarks_px(truth)[BLAZEPOSE_33.index["left_wrist"]]
    moved = {"left_wrist": (float(x), float(y))}
    elbow = BLAZEPOSE_33.index["left_elbow"]
    off = {
        confidence: np.linalg.norm(
            landmarks_px(resolve(wrong, moved, seen=observed(truth, confidence)))[elbow] - landmarks_px(truth)[elbow]
        )
        for confidence in (0.2, 0.9)
    }
    assert off[0.9] < 0.4 * off[0.2]
    others = turned(wrong, resolve(wrong, moved, seen=observed(truth, 0.9)))
    assert max(angle for joint, angle in others.items() if not joint.startswith("left_")) < 1.5


def test_a_point_detected_far_off_does_not_pull_the_limb() -> None:
    estimate = reading()
    seen = observed(estimate, 0.9)
    points = seen.keypoints_px.copy()
    points[0, BLAZEPOSE_33.index["left_elbow"]] += 200.0
    moved = moved_by(estimate, "left_wrist", (0.02, 0.02))
    with_outlier = resolve(estimate, moved, seen=replace(seen, keypoints_px=points))
    assert max(turned(with_outlier, resolve(estimate, moved)).values()) < 2.0


def test_an_arm_that_lies_flat_in_the_picture_foreshortens() -> None:
    estimate = reading(left_shoulder=(0, 0, 0), left_elbow=(0, 0, 0), pelvis=(0, 0, 0))
    moved = moved_by(estimate, "left_wrist", (-0.08, 0.0))
    solved = resolve(estimate, moved)
    assert miss(solved, moved) < 0.01
    lengths = [np.linalg.norm(np.diff(e.joints()[0, [16, 18]], axis=0)) for e in (estimate, solved)]
    assert lengths[1] > 0.9 * lengths[0]


def test_corrections_do_not_depend_on_their_order() -> None:
    estimate = reading()
    first, second = moved_by(estimate, "left_wrist", (0.05, 0.0)), moved_by(estimate, "right_knee", (0.03, 0.0))
    one, other = resolve(estimate, {**first, **second}), resolve(estimate, {**second, **first})
    np.testing.assert_allclose(one.poses.rotations, other.poses.rotations, atol=1e-5)
    assert miss(one, {**first, **second}) < 0.01


def test_points_left_where_they_are_change_nothing() -> None:
    estimate = reading(tilt=20.0)
    assert resolve(estimate, {}) is estimate
    solved = resolve(estimate, moved_by(estimate, "left_wrist", (0.0, 0.0)))
    assert max(turned(estimate, solved).values()) < 0.5
    np.testing.assert_allclose(solved.poses.translation, estimate.poses.translation, atol=2e-3)


def test_a_raised_foot_stands_where_the_other_one_stands() -> None:
    standing = reading(left_hip=(0, 0, 0), left_knee=(0, 0, 0))
    solved = resolve(standing, moved_by(standing, "left_ankle", (0.0, -0.08)))
    assert solved.poses.translation[0, 1] == pytest.approx(standing.poses.translation[0, 1], abs=0.02)


def test_what_was_placed_counts_as_sure() -> None:
    estimate = reading()
    solved = resolve(estimate, moved_by(estimate, "right_ankle", (0.02, 0.0)))
    assert solved.poses.confidence[0, JOINT_INDEX["right_knee"]] >= 0.7
    assert solved.poses.confidence[0, JOINT_INDEX["left_knee"]] == pytest.approx(0.3)


def test_points_far_outside_of_the_picture_give_a_pose_all_the_same() -> None:
    estimate = reading()
    solved = resolve(estimate, {"left_wrist": (90000.0, -40000.0), "right_ankle": (-3.0, 1e5)})
    assert np.isfinite(solved.poses.rotations).all()
    assert np.isfinite(solved.pelvis_cam).all()


def test_what_cannot_be_used_is_refused_in_words() -> None:
    estimate = reading()
    with pytest.raises(InputError, match="No keypoint is called left_hoof"):
        resolve(estimate, {"left_hoof": (1.0, 2.0)})
    with pytest.raises(InputError, match="finite pixels"):
        resolve(estimate, {"left_wrist": (float("nan"), 2.0)})
    poses = PoseSequence(np.zeros((2, 24, 3)), np.zeros((2, 3)))
    with pytest.raises(InputError, match="2 frames"):
        resolve(Estimate(poses, np.full((2, 3), 3.0), CAMERA), {"left_wrist": (1.0, 2.0)})


def test_turns_of_the_root_come_back() -> None:
    """The root is given on a level camera and fitted before the tilted one."""
    estimate = reading(tilt=30.0)
    solved = resolve(estimate, moved_by(estimate, "left_wrist", (0.05, 0.02)))
    root = matrix_to_axis_angle(axis_angle_to_matrix(solved.poses.rotations[0, 0]))
    np.testing.assert_allclose(np.degrees(root), (0.0, 25.0, 0.0), atol=1.0)
