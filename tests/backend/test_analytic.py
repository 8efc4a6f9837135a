"""The analytic solver on exact landmarks: directions and twists come back, and what is unseen falls back."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from blazepose_markers import MARKERS, PELVIS_CAM, observe
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.job import run_job
from contrapposto.backend.kinematics import forward_kinematics, global_rotations
from contrapposto.backend.observation import Observation
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle, normalized
from contrapposto.backend.skeleton import JOINT_INDEX, MIRROR, REST_OFFSETS, SOLE_BELOW_ANKLE_M

LIMBS = [(f"{side}_{a}", f"{side}_{b}") for side in ("left", "right") for a, b in (
    ("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))]  # fmt: skip


def _solve(observation: Observation) -> Estimate:
    return run_job(AnalyticEstimator().estimate(observation))[0]


def _pose(**joints: tuple[float, float, float]) -> np.ndarray:
    """(1, 24, 3) from degrees about x, y, z of the named joints (as an axis-angle vector)."""
    rotations = np.zeros((1, 24, 3))
    for name, degrees in joints.items():
        rotations[0, JOINT_INDEX[name]] = np.radians(degrees)
    return rotations


def _plausible_poses(count: int = 40) -> np.ndarray:
    """Random poses (T, 24, 3): any root, bent elbows and knees as hinges, moderate everything else."""
    generator = np.random.default_rng(7)
    rotations = np.zeros((count, 24, 3))
    rotations[:, 0] = generator.uniform(-2.0, 2.0, (count, 3))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        rotations[:, JOINT_INDEX[f"{side}_shoulder"]] = generator.uniform(-0.6, 0.6, (count, 3))
        rotations[:, JOINT_INDEX[f"{side}_elbow"], 1] = -sign * generator.uniform(0.8, 2.0, count)
        rotations[:, JOINT_INDEX[f"{side}_hip"]] = generator.uniform(-0.5, 0.5, (count, 3)) - (0.6, 0.0, 0.0)
        rotations[:, JOINT_INDEX[f"{side}_knee"], 0] = generator.uniform(0.8, 2.0, count)
        rotations[:, JOINT_INDEX[f"{side}_ankle"]] = generator.uniform(-0.3, 0.3, (count, 3))
        rotations[:, JOINT_INDEX[f"{side}_wrist"]] = generator.uniform(-0.3, 0.3, (count, 3))
    return rotations


def _world(rotations: np.ndarray, joint: str) -> np.ndarray:
    return global_rotations(axis_angle_to_matrix(rotations))[:, JOINT_INDEX[joint]]


def test_limb_directions_are_exact() -> None:
    truth = _plausible_poses()
    estimate = _solve(observe(truth))
    expected, solved = forward_kinematics(truth, np.zeros((len(truth), 3))), estimate.joints()
    for start, end in LIMBS:
        a, b = JOINT_INDEX[start], JOINT_INDEX[end]
        cosine = np.sum(normalized(expected[:, b] - expected[:, a]) * normalized(solved[:, b] - solved[:, a]), axis=-1)
        assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.1, f"{start} to {end}"


@pytest.mark.parametrize("joint", ["pelvis", "spine3", "head", "left_shoulder", "right_shoulder", "left_hip",
                                   "right_hip", "left_knee", "right_wrist"])  # fmt: skip
def test_orientations_with_their_twist_come_back(joint: str) -> None:
    truth = _plausible_poses()
    solved = _solve(observe(truth)).poses.rotations
    error = np.degrees(geodesic_angle(_world(truth, joint), _world(solved, joint)))
    assert np.median(error) < 2.0
    assert error.max() < 20.0, "the clavicle, which the truth leaves at rest, may lift the shoulder"


def test_feet_point_where_the_toes_are() -> None:
    truth = _plausible_poses()
    solved = _solve(observe(truth)).poses.rotations
    heel_to_toes = normalized(MARKERS["left_foot_index"] - MARKERS["left_heel"])
    cosine = np.sum(
        (_world(truth, "left_ankle") @ heel_to_toes) * (_world(solved, "left_ankle") @ heel_to_toes), axis=-1
    )
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 0.5


def test_spine_and_neck_share_the_turn() -> None:
    truth = _pose(spine1=(0, 15, 0), spine2=(0, 15, 0), spine3=(0, 15, 0), neck=(0, 10, 0), head=(0, 10, 0))
    solved = _solve(observe(truth)).poses.rotations
    for joint in ("spine1", "spine2", "spine3", "neck", "head"):
        assert np.degrees(solved[0, JOINT_INDEX[joint], 1]) == pytest.approx(
            np.degrees(truth[0, JOINT_INDEX[joint], 1]), abs=1.5
        )


def test_the_mirrored_person_gives_the_mirrored_pose() -> None:
    truth = _plausible_poses(10)
    mirrored = (truth * (1.0, -1.0, -1.0))[:, MIRROR]
    solved, other = _solve(observe(truth)).poses, _solve(observe(mirrored)).poses
    np.testing.assert_allclose((solved.rotations * (1.0, -1.0, -1.0))[:, MIRROR], other.rotations, atol=1e-3)


def test_frames_do_not_touch_each_other() -> None:
    truth = _plausible_poses(5)
    together = _solve(observe(truth)).poses.rotations
    for frame in range(5):
        alone = _solve(observe(truth[frame : frame + 1])).poses.rotations
        np.testing.assert_allclose(together[frame : frame + 1], alone, atol=1e-5)


def test_a_straight_arm_keeps_the_untwisted_swing_and_says_so() -> None:
    straight, bent = _pose(left_shoulder=(0, 0, -60)), _pose(left_shoulder=(0, 0, -60), left_elbow=(0, -80, 0))
    by_straight, by_bent = _solve(observe(straight)).poses, _solve(observe(bent)).poses
    np.testing.assert_allclose(
        by_straight.rotations[0, JOINT_INDEX["left_shoulder"]], np.radians([0, 0, -60]), atol=0.02
    )
    shoulder = JOINT_INDEX["left_shoulder"]
    assert by_straight.confidence[0, shoulder] < 0.6 < 0.95 < by_bent.confidence[0, shoulder]


def test_a_straight_leg_turns_with_its_toes() -> None:
    solved = _solve(observe(_pose(left_hip=(0, 30, 0)))).poses.rotations
    np.testing.assert_allclose(solved[0, JOINT_INDEX["left_hip"]], np.radians([0, 30, 0]), atol=0.03)


def test_unseen_limbs_hang_relaxed_with_no_confidence() -> None:
    hidden = {f"right_{name}": 0.0 for name in ("elbow", "wrist", "index", "pinky", "thumb", "knee", "ankle", "heel",
                                                "foot_index")}  # fmt: skip
    poses = _solve(observe(_plausible_poses(8), confidence=hidden)).poses
    assert (
        poses.confidence[:, [JOINT_INDEX[f"right_{name}"] for name in ("shoulder", "elbow", "wrist", "knee")]] == 0
    ).all()
    np.testing.assert_allclose(poses.rotations[:, JOINT_INDEX["right_hip"]], 0.0, atol=1e-6)
    np.testing.assert_allclose(poses.rotations[:, JOINT_INDEX["right_knee"]], 0.0, atol=1e-6)
    np.testing.assert_allclose(poses.rotations[:, JOINT_INDEX["right_elbow"]], 0.0, atol=1e-6)


@pytest.mark.parametrize(("bow", "hangs"), [(0, (0, -1, 0)), (50, (0, -1, 0)), (90, (0, 0, -1)), (-90, (0, 0, 1))])
def test_unseen_arms_hang_down_or_lie_along_the_body(bow: float, hangs: tuple[float, float, float]) -> None:
    estimate = _solve(observe(_pose(pelvis=(bow, 0, 0)), confidence={"left_elbow": 0.0, "left_wrist": 0.0}))
    joints = estimate.joints()[0]
    arm = normalized(joints[JOINT_INDEX["left_elbow"]] - joints[JOINT_INDEX["left_shoulder"]])
    assert arm @ hangs > 0.9


def test_knees_never_twist_beyond_their_range() -> None:
    observation = observe(_pose(left_knee=(-70, 0, 0), left_ankle=(0, 180, 0)))
    rotations = _solve(observation).poses.rotations
    thigh = _world(rotations, "left_hip")[0]
    assert np.degrees(np.arccos(np.clip(thigh[0, 0], -1, 1))) < 56.0


def test_knees_and_elbows_never_bend_backwards() -> None:
    wrong = _pose(left_knee=(-25, 0, 0), right_elbow=(0, -25, 0))
    rotations = _solve(observe(wrong)).poses.rotations
    for joint, child, forward in (("left_hip", "left_knee", -1.0), ("right_shoulder", "right_elbow", 1.0)):
        relative = np.swapaxes(_world(rotations, joint), -1, -2) @ _world(rotations, child)
        along = normalized(REST_OFFSETS[JOINT_INDEX["left_ankle" if joint == "left_hip" else "right_wrist"]])
        assert forward * (relative[0] @ along)[2] > -0.04, joint


def test_a_foot_seen_end_on_turns_no_leg() -> None:
    observation = observe(_pose())
    world = observation.keypoints_world.copy()
    heel, toes = (observation.schema.index[name] for name in ("left_heel", "left_foot_index"))
    world[0, toes] = world[0, heel] + (0.03, 0.02, -0.01)
    poses = _solve(dataclasses.replace(observation, keypoints_world=world)).poses
    for joint in ("left_hip", "left_ankle"):
        np.testing.assert_allclose(poses.rotations[0, JOINT_INDEX[joint]], 0.0, atol=0.03)
    assert poses.confidence[0, JOINT_INDEX["left_ankle"]] < 0.1


@pytest.mark.parametrize("degrees", [(-80, 0, 0), (90, 0, 0), (0, 80, 0), (0, 0, 70)])
def test_ankles_stay_in_their_range(degrees: tuple[float, float, float]) -> None:
    rotations = _solve(observe(_pose(left_ankle=degrees))).poses.rotations
    assert np.degrees(np.abs(rotations[0, JOINT_INDEX["left_ankle"]])).max() < 51.0


def test_noise_never_breaks_it() -> None:
    generator = np.random.default_rng(0)
    clean = observe(_plausible_poses(50))
    noisy = dataclasses.replace(
        clean,
        keypoints_world=clean.keypoints_world + generator.normal(0, 0.3, clean.keypoints_world.shape),
        confidence=generator.uniform(size=clean.confidence.shape),
    )
    poses = _solve(noisy).poses
    assert np.isfinite(poses.rotations).all()
    assert np.degrees(np.linalg.norm(poses.rotations[:, JOINT_INDEX["left_wrist"]], axis=-1)).max() < 140.0
    collapsed = dataclasses.replace(clean, keypoints_world=np.zeros_like(clean.keypoints_world))
    assert np.isfinite(_solve(collapsed).poses.rotations).all()


def test_standing_puts_the_soles_on_the_ground() -> None:
    estimate = _solve(observe(_pose()))
    ankle = estimate.joints()[0, JOINT_INDEX["left_ankle"], 1]
    assert ankle == pytest.approx(SOLE_BELOW_ANKLE_M, abs=0.01)


def test_the_pelvis_is_placed_before_the_camera() -> None:
    estimate = _solve(observe(_plausible_poses(6)))
    np.testing.assert_allclose(estimate.pelvis_cam, np.broadcast_to(PELVIS_CAM, (6, 3)), atol=0.12)
    truth = observe(_plausible_poses(6))
    wrist = truth.keypoints_px[:, truth.schema.index["left_wrist"]]
    assert np.linalg.norm(estimate.joints_px()[:, JOINT_INDEX["left_wrist"]] - wrist, axis=-1).max() < 25.0


def test_without_world_landmarks_it_refuses() -> None:
    with pytest.raises(InputError, match="world landmarks"):
        _solve(dataclasses.replace(observe(_pose()), keypoints_world=None))
