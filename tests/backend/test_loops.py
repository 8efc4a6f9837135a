"""Loops: the period is found, the ends meet, the middle stays, and the root drifts as it was told to."""

from __future__ import annotations

import numpy as np
import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.keying.loops import Cycle, best_cycle, find_cycle, looped
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from moving_poses import moving_rotations, walking

PERIOD = 32


def walk(frames: int = 200, **chosen: float) -> PoseSequence:
    rotations, translation = walking(frames, period=PERIOD, **chosen)
    return PoseSequence(rotations, translation, fps=30.0)


def degrees(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.degrees(geodesic_angle(axis_angle_to_matrix(first), axis_angle_to_matrix(second)))


def test_one_period_is_found_wherever_the_body_walks_and_turns() -> None:
    for chosen in ({}, {"turn": 0.02}, {"turn": -0.05}):
        cycle = best_cycle(walk(**chosen))
        assert cycle.length == PERIOD
        assert cycle.share < 0.01


def test_a_period_is_found_in_noise_between_standing_and_something_else() -> None:
    rotations, translation = walking(130, period=PERIOD)
    still, other = np.repeat(rotations[:1], 90, axis=0), moving_rotations(60, size=0.8)
    rotations = np.concatenate([still, rotations, other])
    rotations += np.random.default_rng(0).normal(0.0, 0.01, rotations.shape)
    places = np.concatenate([translation[:1].repeat(90, axis=0), translation, translation[-1:].repeat(60, axis=0)])
    cycle = best_cycle(PoseSequence(rotations, places, fps=30.0), shortest_s=0.8)
    assert abs(cycle.length - PERIOD) <= 1
    assert 88 <= cycle.start < cycle.end <= 222


def test_lengths_are_kept_to() -> None:
    assert best_cycle(walk(), shortest_s=1.5).length == 2 * PERIOD
    cycle = best_cycle(walk(), shortest_s=0.2, longest_s=0.9)
    assert 6 <= cycle.length <= 27


def test_the_ends_meet_and_the_middle_stays() -> None:
    poses = walk(drift=0.004)
    loop = looped(poses, Cycle(20, 20 + PERIOD, 0.0, 0.0), blend_s=0.3)
    original = poses.rotations[20 : 20 + PERIOD + 1]
    assert degrees(original[0], original[-1]).max() > 7.0
    assert degrees(loop.poses.rotations[0], loop.poses.rotations[-1]).max() < 1e-3
    assert degrees(loop.poses.rotations[10:23], original[10:23]).max() < 1e-3
    # Each end goes half the way, and no frame farther.
    moved = degrees(loop.poses.rotations, original).max(axis=-1)
    assert moved.max() == pytest.approx(0.5 * degrees(original[0], original[-1]).max(), abs=0.01)
    assert loop.poses.frame_count == PERIOD + 1


def test_repeated_rounds_have_no_jerk_where_they_meet() -> None:
    loop = looped(walk(drift=0.004), Cycle(20, 20 + PERIOD, 0.0, 0.0))
    rounds = np.concatenate([loop.poses.rotations[:-1]] * 3)
    steps = degrees(rounds[1:], rounds[:-1]).max(axis=-1)
    seam = steps[[PERIOD - 1, 2 * PERIOD - 1]].max()
    assert seam <= 1.1 * steps.max()
    assert seam < 1.5 * np.median(steps)


@pytest.mark.parametrize("turn", [0.0, 0.03])
def test_in_place_the_root_ends_where_it_began(turn: float) -> None:
    poses = walk(turn=turn)
    loop = looped(poses, Cycle(10, 10 + PERIOD, 0.0, 0.0))
    assert np.abs(loop.poses.translation[0] - loop.poses.translation[-1]).max() < 1e-5
    assert loop.turn == pytest.approx(0.0, abs=1e-9)
    assert np.allclose(loop.travel, 0.0)
    assert np.ptp(loop.poses.translation[:, [0, 2]], axis=0).max() < 0.05
    assert np.ptp(poses.translation[10 : 11 + PERIOD, [0, 2]], axis=0).max() > 0.8


@pytest.mark.parametrize("turn", [0.0, 0.03])
def test_travelling_rounds_go_on_from_each_other(turn: float) -> None:
    poses = walk(turn=turn)
    loop = looped(poses, Cycle(10, 10 + PERIOD, 0.0, 0.0), root="TRAVEL")
    assert loop.turn == pytest.approx(turn * PERIOD, abs=1e-6)
    assert np.linalg.norm(loop.travel) > 0.8
    assert np.abs(loop.poses.translation - poses.translation[10 : 11 + PERIOD]).max() < 1e-3
    assert loop.poses.translation[0, 1] == pytest.approx(loop.poses.translation[-1, 1], abs=1e-6)


def test_a_hand_and_what_is_known_of_it_loop_too() -> None:
    poses = walk(60)
    hands = np.tile(moving_rotations(60)[:, None, :15], (1, 2, 1, 1))
    confidence = np.random.default_rng(0).uniform(0.0, 1.0, (60, 24)).astype(np.float32)
    poses = PoseSequence(poses.rotations, poses.translation, confidence=confidence, hands=hands, fps=30.0)
    loop = looped(poses, Cycle(5, 45, 0.0, 0.0)).poses
    assert degrees(loop.hands[0], loop.hands[-1]).max() < 1e-3
    assert np.array_equal(loop.confidence[0], loop.confidence[-1])


def test_what_cannot_loop_is_refused() -> None:
    still = PoseSequence(np.zeros((90, 24, 3)), np.zeros((90, 3)), fps=30.0)
    with pytest.raises(InputError, match="Nothing moves"):
        best_cycle(still)
    with pytest.raises(InputError, match="longer motion"):
        best_cycle(walk(10))
    with pytest.raises(InputError, match="not within"):
        looped(walk(20), Cycle(5, 25, 0.0, 0.0))
    with pytest.raises(InputError, match="IN_PLACE or TRAVEL"):
        looped(walk(60), Cycle(5, 25, 0.0, 0.0), root="FLY")  # pyright: ignore[reportArgumentType]


def test_the_search_yields_in_small_steps() -> None:
    seen: list[float] = []
    run_job(find_cycle(walk(400)), on_progress=lambda progress: seen.append(progress.fraction))
    assert len(seen) >= 6
    assert seen == sorted(seen)
