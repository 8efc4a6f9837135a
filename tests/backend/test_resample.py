"""Another frame rate: no drift, exact at shared frames, smooth in between, there and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.errors import InputError
from contrapposto.backend.keying.resample import resampled, resampled_flags, source_places
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from moving_poses import moving_rotations, moving_translation


def motion(frames: int, fps: float, *, hands: bool = False) -> PoseSequence:
    random = np.random.default_rng(0)
    return PoseSequence(
        moving_rotations(frames, fps=fps),
        moving_translation(frames, fps=fps),
        confidence=random.uniform(0.0, 1.0, (frames, 24)).astype(np.float32),
        fps=fps,
        hands=np.tile(moving_rotations(frames, fps=fps)[:, None, :15], (1, 2, 1, 1)) if hands else None,
        shown=random.uniform(0.0, 1.0, (frames, 24)).astype(np.float32),
    )


def degrees_apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.degrees(geodesic_angle(axis_angle_to_matrix(first), axis_angle_to_matrix(second))).max())


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(1, 4000), source=st.floats(1.0, 240.0), fps=st.floats(1.0, 240.0))
def test_times_neither_drift_nor_leave_the_motion(frames: int, source: float, fps: float) -> None:
    places = source_places(frames, source, fps=fps)
    seconds = places / source
    assert np.abs(seconds - np.arange(len(places)) / fps).max() < 2e-6 / min(fps, source)
    assert places[-1] <= frames - 1
    # The last frame that fits is there: one more would lie beyond the end.
    assert len(places) / fps > (frames - 1) / source - 1e-6


@pytest.mark.parametrize(("source", "fps"), [(30.0, 60.0), (24.0, 48.0), (30.0, 90.0)])
def test_shared_frames_are_the_same(source: float, fps: float) -> None:
    poses = motion(60, source, hands=True)
    found = resampled(poses, fps)
    every = round(fps / source)
    assert found.fps == fps
    assert found.frame_count == 59 * every + 1
    assert degrees_apart(found.rotations[::every], poses.rotations) < 1e-3
    assert degrees_apart(found.hands[::every], poses.hands) < 1e-3
    assert np.abs(found.translation[::every] - poses.translation).max() < 1e-6
    assert np.abs(found.confidence[::every] - poses.confidence).max() < 1e-6


@pytest.mark.parametrize(("source", "fps"), [(29.97, 24.0), (60.0, 24.0), (25.0, 30.0), (24.0, 60.0)])
def test_it_is_the_same_motion_at_the_other_rate(source: float, fps: float) -> None:
    found = resampled(motion(round(10 * source), source), fps)
    truth = motion(found.frame_count, fps)
    inner = slice(3, -3)
    assert degrees_apart(found.rotations[inner], truth.rotations[inner]) < 0.5
    assert 1000.0 * np.abs(found.translation - truth.translation)[inner].max() < 1.0


def test_it_is_nearer_to_the_truth_than_straight_lines_and_has_no_kinks() -> None:
    poses = motion(150, 15.0)
    found, truth = resampled(poses, 60.0), motion(597, 60.0)
    places = source_places(150, 15.0, fps=60.0)
    low = np.minimum(places.astype(int), 148)
    share = (places - low)[:, None, None]
    straight = (1.0 - share) * poses.rotations[low] + share * poses.rotations[low + 1]
    cubic_error = degrees_apart(found.rotations[4:-4], truth.rotations[4:593])
    assert cubic_error < 0.4 * degrees_apart(straight[4:-4], truth.rotations[4:593])
    assert np.abs(np.diff(found.rotations, 2, axis=0)).max() < 1.5 * np.abs(np.diff(truth.rotations, 2, axis=0)).max()


def test_turns_through_half_a_turn_go_the_short_way() -> None:
    rotations = np.zeros((30, 24, 3), np.float32)
    rotations[:, 0, 1] = (np.linspace(0.0, 12.0, 30) + np.pi) % (2.0 * np.pi) - np.pi
    found = resampled(PoseSequence(rotations, np.zeros((30, 3)), fps=30.0), 100.0)
    turned = axis_angle_to_matrix(found.rotations[:, 0])
    steps = np.degrees(geodesic_angle(turned[1:], turned[:-1]))
    assert steps.max() < 1.05 * np.degrees(12.0 / 29 * 0.3)
    assert steps.min() > 0.95 * np.degrees(12.0 / 29 * 0.3)


def test_contacts_go_with_the_nearest_frames() -> None:
    flags = np.zeros((31, 2), np.bool_)
    flags[10:20, 1] = True
    found = resampled_flags(flags, 30.0, fps=60.0)
    assert found.shape == (61, 2)
    assert abs(int(found[:, 1].sum()) - 20) <= 1


def test_one_frame_stays_one_frame_and_the_same_rate_changes_nothing() -> None:
    assert resampled(motion(1, 30.0), 24.0).frame_count == 1
    poses = motion(9, 30.0)
    assert np.array_equal(resampled(poses, 30.0).rotations, poses.rotations)


@pytest.mark.parametrize("fps", [0.0, -5.0, float("nan"), float("inf")])
def test_a_rate_that_is_none_is_refused(fps: float) -> None:
    with pytest.raises(InputError, match="positive"):
        resampled(motion(5, 30.0), fps)
