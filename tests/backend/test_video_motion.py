"""From keypoints over time to poses in the world: steady, on the ground, with feet that stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.motion import RawMotion, solve_motion
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.job import run_job
from contrapposto.backend.kinematics import forward_kinematics, global_rotations, joint_positions
from contrapposto.backend.observation import Observation
from contrapposto.backend.refine.contacts import soles, standing, steps
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.refine.foot_lock import with_locked_feet
from contrapposto.backend.refine.steady import at_even_times
from contrapposto.backend.refine.world_motion import in_the_world
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS, SOLE_BELOW_ANKLE_M

FPS = 30.0
OFFSETS = REST_OFFSETS.astype(np.float64)
_LEFT, _RIGHT = JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]
_HIP_HEIGHT = 0.065 + 0.245 * 1.70 + 0.246 * 1.70 + SOLE_BELOW_ANKLE_M


def _stepper(frames: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Somebody who stands on the left leg and swings the right: rotations (T, 24, 3, 3) and pelvis (T, 3), y = 0."""
    turns = np.zeros((frames, 24, 3))
    swing = 0.6 * np.sin(2.0 * np.pi * np.arange(frames) / FPS)
    turns[:, _RIGHT, 0] = swing
    turns[:, JOINT_INDEX["right_knee"], 0] = 0.9
    return axis_angle_to_matrix(turns), np.tile([0.0, _HIP_HEIGHT, 0.0], (frames, 1))


def _raw(rotations: np.ndarray, pelvis: np.ndarray, **changed: object) -> RawMotion:
    """As a level camera 4 m away sees it."""
    frames = len(rotations)
    raw = RawMotion(
        rotations=rotations.astype(np.float32),
        pelvis=(pelvis + [0.0, -1.2, -4.0]).astype(np.float32),
        up=np.tile([0.0, 1.0, 0.0], (frames, 1)).astype(np.float32),
        sigma=np.full((frames, 24), 0.1, np.float32),
        log_scales=np.zeros(10, np.float32),
        camera=np.array([1000.0, 1000.0, 500.0, 500.0], np.float32),
        image_size=np.array([1000.0, 1000.0], np.float32),
        shot=np.zeros(frames, np.intp),
        seen=np.ones(frames, np.bool_),
        start_s=0.0,
        fps=FPS,
    )
    return replace(raw, **changed)


def test_the_standing_foot_is_told_and_the_swinging_is_not() -> None:
    rotations, pelvis = _stepper()
    places = soles(rotations, pelvis, offsets=OFFSETS)
    stands = steps(standing(places, fps=FPS), fps=FPS)
    assert stands[:, 0].all()
    assert stands[:, 1].all()
    assert not stands[:, 2:].any()


def test_a_camera_that_trembles_in_depth_does_not_move_somebody_who_stands() -> None:
    rotations, pelvis = _stepper()
    seen = pelvis + [0.0, -1.2, -4.0]
    seen[:, 2] += 0.1 * np.random.default_rng(0).normal(size=len(seen))
    up = np.tile([0.0, 1.0, 0.0], (len(seen), 1))
    job = in_the_world(rotations, seen, up, seen=np.ones(len(seen), np.bool_), offsets=OFFSETS, fps=FPS)
    found = run_job(job)
    trembled = np.linalg.norm(np.diff(seen, axis=0), axis=1).mean()
    assert np.linalg.norm(np.diff(found.pelvis, axis=0), axis=1).mean() < 0.02 * trembled
    assert found.pelvis[:, 1].mean() == pytest.approx(_HIP_HEIGHT, abs=0.03)


def test_a_wrong_direction_of_gravity_is_levelled_by_the_steps() -> None:
    frames = 120
    rotations, pelvis = _stepper(frames)
    pelvis[:, 2] += np.repeat(np.arange(4) * 0.8, frames // 4)  # stands here, then there, on level ground
    tilt = axis_angle_to_matrix(np.array([0.05, 0.0, 0.0]))
    seen = (pelvis + [0.0, -1.2, -5.0]) @ tilt.T
    turned = rotations.copy()
    turned[:, 0] = tilt @ turned[:, 0]
    up = np.tile([0.0, 1.0, 0.0], (frames, 1))  # what the camera believes
    found = run_job(in_the_world(turned, seen, up, seen=np.ones(frames, np.bool_), offsets=OFFSETS, fps=FPS))
    before = float(np.ptp(seen[:, 1]))
    assert np.ptp(found.pelvis[:, 1]) < 0.6 * before


def test_locked_feet_stand_still_and_the_rest_hardly_moves() -> None:
    rotations, pelvis = _stepper()
    pelvis[:, 0] += 0.02 * np.sin(np.arange(len(pelvis)) / 5.0)
    pelvis[:, 1] += 0.01 * np.sin(np.arange(len(pelvis)) / 7.0)
    stands = np.zeros((len(pelvis), 4), np.bool_)
    stands[10:50, :2] = True
    turned, place = with_locked_feet(rotations, pelvis, stands, offsets=OFFSETS, fps=FPS)
    before, after = (soles(*each, offsets=OFFSETS)[10:50, :2] for each in ((rotations, pelvis), (turned, place)))
    assert np.linalg.norm(np.diff(after, axis=0), axis=-1).max() < 1e-3
    assert np.linalg.norm(np.diff(before, axis=0), axis=-1).max() > 3e-3
    assert np.abs(after[..., 1]).max() < 2e-3
    assert np.abs(place - pelvis).max() < 0.03
    head = JOINT_INDEX["head"]
    joints = [
        joint_positions(global_rotations(one), at, offsets=OFFSETS)
        for one, at in ((rotations, pelvis), (turned, place))
    ]
    assert np.linalg.norm(joints[0][:, head] - joints[1][:, head], axis=-1).max() < 0.03


def test_a_straight_leg_that_cannot_reach_lowers_the_pelvis_and_pops_no_knee() -> None:
    rotations, pelvis = _stepper()
    rotations[:] = np.eye(3)
    pelvis[:, 1] += 0.03  # the soles hang 3 cm in the air
    stands = np.zeros((len(pelvis), 4), np.bool_)
    stands[15:45] = True
    turned, place = with_locked_feet(rotations, pelvis, stands, offsets=OFFSETS, fps=FPS)
    after = soles(turned, place, offsets=OFFSETS)
    assert np.abs(after[15:45, :, 1]).max() < 2e-3
    knee = turned[:, JOINT_INDEX["left_knee"]]
    bent = np.degrees(np.arccos(np.clip((np.trace(knee, axis1=1, axis2=2) - 1.0) / 2.0, -1.0, 1.0)))
    assert np.abs(np.diff(bent, 2)).max() < 4.0
    assert np.abs(np.diff(place[:, 1])).max() < 0.012


def test_nothing_is_locked_where_nothing_stands() -> None:
    rotations, pelvis = _stepper()
    turned, place = with_locked_feet(rotations, pelvis, np.zeros((60, 4), np.bool_), offsets=OFFSETS, fps=FPS)
    assert (turned == rotations).all()
    assert (place == pelvis).all()


def test_a_finished_motion_stands_on_the_ground_over_the_origin() -> None:
    finished = run_job(finish_motion(_raw(*_stepper())))
    poses = finished.poses
    assert poses.translation[0, [0, 2]] == pytest.approx([0.0, 0.0], abs=1e-6)
    lowest = soles(axis_angle_to_matrix(poses.rotations), poses.translation.astype(float), offsets=OFFSETS)[
        ..., 1
    ].min()
    assert abs(lowest) < 0.02
    assert finished.stands[:, :2].mean() > 0.9
    assert poses.fps == FPS


def test_smoothing_can_be_chosen_afterwards() -> None:
    rotations, pelvis = _stepper()
    noise = axis_angle_to_matrix(0.05 * np.random.default_rng(1).normal(size=(60, 24, 3)))
    raw = _raw(rotations @ noise, pelvis)
    jitters: list[float] = []
    for hertz in (20.0, 6.0, 2.0):
        poses = run_job(finish_motion(raw, MotionSettings(smoothing_hz=hertz, lock_feet=False))).poses
        joints = forward_kinematics(poses.rotations, np.zeros((60, 3)))
        jitters.append(float(np.linalg.norm(np.diff(joints, 3, axis=0), axis=-1).mean()))
    assert jitters[0] > 5.0 * jitters[1] > 10.0 * jitters[2]


def test_in_place_keeps_only_the_height() -> None:
    rotations, pelvis = _stepper()
    pelvis[:, 2] += np.linspace(0.0, 2.0, 60)
    poses = run_job(finish_motion(_raw(rotations, pelvis), MotionSettings(in_place=True))).poses
    assert np.abs(poses.translation[:, [0, 2]]).max() == 0.0
    assert np.ptp(poses.translation[:, 1]) < 0.2


def test_takes_follow_each_other_without_a_jump_of_the_root() -> None:
    rotations, pelvis = _stepper()
    pelvis[30:, 0] += 3.0  # another camera
    raw = _raw(rotations, pelvis, shot=np.repeat([0, 1], 30).astype(np.intp))
    poses = run_job(finish_motion(raw)).poses
    assert np.linalg.norm(np.diff(poses.translation[:, [0, 2]], axis=0), axis=1).max() < 0.05


def test_a_raw_motion_survives_a_file() -> None:
    raw = _raw(*_stepper())
    again = RawMotion.from_arrays(raw.to_arrays())
    for name, value in raw.to_arrays().items():
        assert np.array_equal(value, again.to_arrays()[name])
    with pytest.raises(InputError, match="Read the video again"):
        RawMotion.from_arrays({"rotations": raw.rotations})


def test_smoothing_below_what_makes_sense_is_refused() -> None:
    with pytest.raises(InputError, match="Smoothing"):
        MotionSettings(smoothing_hz=0.0)


def _watched(frames: int = 40, *, trembling: float = 0.0) -> tuple[Observation, np.ndarray]:
    """Landmarks of somebody who swings a leg, 4 m from a camera, and when the frames were taken."""
    import torch

    from contrapposto.backend.estimate.landmark_body import landmark_positions_torch
    from contrapposto.backend.keypoints import BLAZEPOSE_33

    rotations, pelvis = _stepper(frames)
    world = torch.from_numpy(global_rotations(rotations)).float()
    joints = torch.from_numpy(joint_positions(global_rotations(rotations), pelvis, offsets=OFFSETS)).float()
    marks = landmark_positions_torch(world, joints, torch.zeros(frames, 10)).double().numpy()
    places = inner_to_camera(marks + np.array([0.0, -1.0, -4.0]))
    pixels = 1000.0 * places[..., :2] / places[..., 2:] + 500.0
    pixels = pixels + trembling * np.random.default_rng(5).normal(size=pixels.shape)
    hips = [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]
    body = marks - marks[:, hips].mean(1, keepdims=True)
    seen = Observation(
        pixels.astype(np.float32), np.ones((frames, 33), np.float32), BLAZEPOSE_33, (1000, 1000),
        keypoints_world=body.astype(np.float32),
    )  # fmt: skip
    return seen, np.arange(frames) / FPS


def test_even_times_keep_the_frames_and_uneven_ones_are_filled() -> None:
    seen, times = _watched()
    even, places = at_even_times(seen, times)
    assert (places == np.arange(40)).all()
    assert even.fps == pytest.approx(FPS)
    kept = np.delete(np.arange(40), [10, 11, 12, 25])
    part = replace(
        seen, keypoints_px=seen.keypoints_px[kept], confidence=seen.confidence[kept],
        keypoints_world=None,
    )  # fmt: skip
    filled, nearest = at_even_times(part, times[kept])
    assert filled.frame_count == 40
    assert np.abs(filled.keypoints_px - seen.keypoints_px).max() < 12.0
    assert set(nearest.tolist()) <= set(range(len(kept)))


@pytest.mark.parametrize("times", [[0.0, 0.0, 0.1], [0.0, 0.2, 0.1], [0.0, 0.1]])
def test_times_that_do_not_fit_are_refused(times: list[float]) -> None:
    seen, _ = _watched(3)
    with pytest.raises(InputError):
        at_even_times(seen, np.array(times))


@pytest.fixture(scope="module")
def network() -> object:
    pytest.importorskip("torch")
    from contrapposto.backend.runtime import ModelCache

    return ModelCache().pose_network()


def test_a_motion_is_solved_and_trembling_points_do_not_shake_it(network: object) -> None:
    exact = run_job(solve_motion(*_watched(), network))
    shaken = run_job(solve_motion(*_watched(trembling=4.0), network))
    joints = []
    for raw in (exact, shaken):
        poses = run_job(finish_motion(raw)).poses
        joints.append(forward_kinematics(poses.rotations, np.zeros((40, 3))))
    jitter = [float(np.linalg.norm(np.diff(each, 3, axis=0), axis=-1).mean()) for each in joints]
    assert jitter[1] < 4.0 * jitter[0]
    assert np.linalg.norm(joints[0] - joints[1], axis=-1).mean() < 0.03
    assert exact.frame_count == 40


def test_frames_in_which_nobody_is_seen_are_filled_in_and_less_sure(network: object) -> None:
    seen, times = _watched()
    confidence = seen.confidence.copy()
    confidence[18:22] = 0.0
    raw = run_job(solve_motion(replace(seen, confidence=confidence), times, network))
    assert not raw.seen[18:22].any()
    poses = run_job(finish_motion(raw)).poses
    assert poses.confidence[19].mean() < 0.6 * poses.confidence[5].mean()
    whole = run_job(finish_motion(run_job(solve_motion(seen, times, network)))).poses
    joints = [forward_kinematics(each.rotations, np.zeros((40, 3))) for each in (poses, whole)]
    assert np.linalg.norm(joints[0] - joints[1], axis=-1)[18:22].mean() < 0.08


def test_takes_are_solved_apart(network: object) -> None:
    seen, times = _watched()
    raw = run_job(solve_motion(seen, times, network, cuts=(15,)))
    assert [part.stop for part in raw.shots] == [15, 40]


def test_nobody_seen_is_said(network: object) -> None:
    seen, times = _watched(5)
    with pytest.raises(InputError, match="seen in no frame"):
        run_job(solve_motion(replace(seen, confidence=np.zeros((5, 33), np.float32)), times, network))


def test_no_step_takes_more_than_a_few_frames(network: object) -> None:
    """The window answers between the steps: their number grows with the frames."""
    counts = [sum(1 for _ in solve_motion(*_watched(frames), network)) for frames in (40, 80)]
    assert counts[1] - counts[0] >= 40 // 24
