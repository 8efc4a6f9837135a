"""Feet that stand do not slide, knees do not pop, at any frame rate and through the seam of a loop."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.motion import RawMotion
from contrapposto.backend.job import run_job
from contrapposto.backend.keying.resample import resampled, resampled_flags
from contrapposto.backend.kinematics import forward_kinematics, global_rotations, joint_positions
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.refine.contacts import runs, soles
from contrapposto.backend.refine.finish import MotionSettings, finish_motion
from contrapposto.backend.refine.finished_loop import finish_loop
from contrapposto.backend.refine.foot_lock import with_locked_feet
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS
from walker import STEP_M, STEP_S, on_the_ground, walking

OFFSETS = REST_OFFSETS.astype(np.float64)
DRIFT_MPS = 0.1


def places_of(poses: PoseSequence) -> DoubleArray:
    return soles(axis_angle_to_matrix(poses.rotations), poses.translation.astype(np.float64), offsets=OFFSETS)


def slides_mm(places: DoubleArray, stands: BoolArray) -> DoubleArray:
    """What standing soles move from frame to frame."""
    held = stands[1:] & stands[:-1]
    return 1000.0 * np.linalg.norm(np.diff(places, axis=0), axis=-1)[held]


def knee_pops(rotations: DoubleArray, pelvis: DoubleArray) -> DoubleArray:
    """(T - 2, 2) degrees a frame squared."""
    joints = joint_positions(global_rotations(rotations), pelvis, offsets=OFFSETS)
    bends: list[DoubleArray] = []
    for side in ("left", "right"):
        hip, knee, ankle = (joints[:, JOINT_INDEX[f"{side}_{name}"]] for name in ("hip", "knee", "ankle"))
        thigh, shin = knee - hip, ankle - knee
        across = np.linalg.norm(np.cross(thigh, shin), axis=1)
        bends.append(np.degrees(np.arctan2(across, (thigh * shin).sum(1))))
    return np.abs(np.diff(np.stack(bends, 1), 2, axis=0))


def locked(raw: RawMotion, stands: BoolArray) -> tuple[DoubleArray, DoubleArray]:
    pelvis = raw.pelvis.astype(np.float64)
    return with_locked_feet(raw.rotations.astype(np.float64), pelvis, stands, offsets=OFFSETS, fps=raw.fps)


def test_standing_feet_stand() -> None:
    raw, stands = walking(drift_mps=DRIFT_MPS), on_the_ground()
    before = raw.rotations.astype(np.float64), raw.pelvis.astype(np.float64)
    after = locked(raw, stands)
    loose, held = (slides_mm(soles(*each, offsets=OFFSETS), stands) for each in (before, after))
    assert np.mean(loose) > 3.0
    assert np.mean(held) < 0.25 * np.mean(loose)
    assert np.median(held) < 0.5


@pytest.mark.parametrize("late", [0, 1, 2, 3])
def test_knees_do_not_pop_where_a_foot_leaves_sooner_than_told(late: int) -> None:
    raw, stands = walking(drift_mps=DRIFT_MPS), on_the_ground()
    told = stands.copy()
    for frames in range(1, late + 1):
        told[frames:] |= stands[:-frames]
    before = raw.rotations.astype(np.float64), raw.pelvis.astype(np.float64)
    assert knee_pops(*locked(raw, told)).max() < 2.0 * knee_pops(*before).max()


def test_a_foot_does_not_slide_as_its_heel_lifts() -> None:
    raw, stands = walking(drift_mps=DRIFT_MPS), on_the_ground()
    count = round(STEP_S * raw.fps)
    for side in (0, 1):
        for start in range(side * count, len(stands), 2 * count):
            stands[start + count // 2 : start + count, 2 * side] = False  # the ball alone
    places = soles(*locked(raw, stands), offsets=OFFSETS)[:, [1, 3]]
    balls = stands[:, [1, 3]]
    inside = balls.copy()
    for edge in range(1, 4):  # where a contact begins and ends its foot eases in and out
        inside[edge:] &= balls[:-edge]
        inside[:-edge] &= balls[edge:]
    assert slides_mm(places, inside).max() < 3.0


def test_nothing_that_stands_is_left_as_it_is() -> None:
    raw = walking(1.0)
    rotations, pelvis = locked(raw, np.zeros((raw.frame_count, 4), np.bool_))
    np.testing.assert_array_equal(rotations, raw.rotations)
    np.testing.assert_array_equal(pelvis, raw.pelvis)


@pytest.mark.parametrize(("own", "fps"), [(12.0, 24.0), (30.0, 24.0)])
def test_feet_stand_at_another_frame_rate(own: float, fps: float) -> None:
    raw = walking(fps=own, drift_mps=DRIFT_MPS)
    done = run_job(finish_motion(raw, MotionSettings(), fps=fps))
    assert done.poses.fps == fps
    assert len(done.stands) == len(done.places) == done.poses.frame_count == int((raw.frame_count - 1) * fps / own) + 1
    same = run_job(finish_motion(raw, MotionSettings()))
    late = slides_mm(places_of(resampled(same.poses, fps)), resampled_flags(same.stands, own, fps=fps))
    now = slides_mm(places_of(done.poses), done.stands)
    assert now.size > 100
    assert now.max() < 0.6 * late.max()


def test_a_loop_stands_through_its_seam() -> None:
    raw = walking(5.0, drift_mps=DRIFT_MPS)
    made = run_job(finish_loop(raw, MotionSettings()))
    poses, loop = made.motion.poses, made.loop
    assert loop.cycle.length == pytest.approx(2.0 * STEP_S * raw.fps, abs=1)
    assert loop.cycle.meets
    assert np.hypot(*loop.travel) == pytest.approx(2.0 * STEP_M, rel=0.1)
    # The last frame is the first of the next round.
    joints = forward_kinematics(poses.rotations, poses.translation, offsets=OFFSETS)
    np.testing.assert_allclose(
        joints[-1] - joints[0], np.tile([loop.travel[0], 0.0, loop.travel[1]], (24, 1)), atol=2e-3
    )
    assert np.mean(slides_mm(places_of(poses), made.motion.stands)) < 1.0
    still = run_job(finish_loop(raw, MotionSettings(in_place=True)))
    np.testing.assert_array_equal(still.motion.poses.translation[:, [0, 2]], 0.0)
    np.testing.assert_allclose(still.motion.poses.rotations[0], still.motion.poses.rotations[-1], atol=1e-4)


def test_a_loop_of_somebody_who_stands_stays_where_it_is() -> None:
    raw = walking(5.0)
    turns = raw.rotations.copy()
    legs = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("hip", "knee", "ankle")]
    turns[:, legs] = np.eye(3)
    swing = np.zeros((raw.frame_count, 3))
    swing[:, 2] = 0.6 * np.sin(2.0 * np.pi * np.arange(raw.frame_count) / 36.0) - 0.6
    turns[:, JOINT_INDEX["left_shoulder"]] = axis_angle_to_matrix(swing)
    pelvis = np.tile(raw.pelvis[:1], (raw.frame_count, 1))
    pelvis[:, 0] += np.linspace(0.0, 0.2, raw.frame_count)
    standing = RawMotion(**{**raw.to_arrays(), "rotations": turns, "pelvis": pelvis})
    made = run_job(finish_loop(standing, MotionSettings()))
    assert made.loop.cycle.length % 36 == 0
    np.testing.assert_allclose(made.loop.travel, 0.0, atol=1e-6)
    np.testing.assert_allclose(made.motion.poses.translation[0], made.motion.poses.translation[-1], atol=1e-5)
    assert slides_mm(places_of(made.motion.poses), made.motion.stands).max() < 0.5


@pytest.mark.parametrize("fps", [1.0, 2.5, 5.0, 6.0, 9.0])
def test_few_frames_a_second_are_no_trouble(fps: float) -> None:
    raw = walking(6.0, fps=fps)
    done = run_job(finish_motion(raw, MotionSettings()))
    assert np.isfinite(done.poses.translation).all()
    if fps < 2.0 / STEP_S:  # steps are not seen
        return
    way = done.poses.translation[-1] - done.poses.translation[0]
    told = raw.pelvis[-1] - raw.pelvis[0]
    assert np.hypot(way[0], way[2]) == pytest.approx(float(np.linalg.norm(told)), rel=0.35)


def test_contacts_end_at_a_cut_and_loops_stay_within_a_take() -> None:
    raw = walking(8.0)
    shot = (np.arange(raw.frame_count) >= raw.frame_count // 2).astype(np.intp)
    cut = RawMotion(**{**raw.to_arrays(), "shot": shot})
    done = run_job(finish_motion(cut, MotionSettings(), fps=24.0))
    assert [take.stop - take.start for take in done.takes] == [96, 96]
    assert not done.stands[96].any()
    made = run_job(finish_loop(cut, MotionSettings(), fps=24.0))
    cycle = made.loop.cycle
    assert any(take.start <= cycle.start < cycle.end < take.stop for take in done.takes)


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(fps: float) -> None:
    with pytest.raises(InputError, match="positive"):
        run_job(finish_motion(walking(1.0), MotionSettings(), fps=fps))


def test_a_sole_does_not_stand_before_it_has_landed() -> None:
    raw = walking(6.0, fps=12.0)
    coarse = run_job(finish_motion(raw, MotionSettings()))
    fine = run_job(finish_motion(raw, MotionSettings(), fps=120.0))
    for sole in range(4):
        for run in runs(fine.stands[:, sole]):
            first, last = fine.places[run.start], fine.places[run.stop - 1]
            assert coarse.stands[int(np.floor(first)) : int(np.ceil(last)) + 1, sole].all()
