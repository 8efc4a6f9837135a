"""What is written of a motion: at other rates its times stay those of the video, and a loop meets itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from contrapposto.backend.detect.tracks import Track
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.refine.finish import MotionSettings
from contrapposto.backend.refine.steady import at_even_times
from contrapposto.backend.video_motion import finished
from contrapposto.backend.video_pipeline import VideoResult, notes_of
from walker import raw_motion

FPS = 30.0
ROUND = 36
"""Frames of a round of the arms and knees."""
START_S = 2.0


def swinging(frames: int = 100) -> VideoResult:
    """Somebody who swings arms and knees on the spot, seen from 2 s of a video on."""
    phase = 2.0 * np.pi * np.arange(frames) / ROUND
    turns = np.zeros((frames, 24, 3))
    turns[:, 16, 2], turns[:, 17, 2] = -1.2 + 0.5 * np.sin(phase), 1.2 + 0.5 * np.sin(phase)
    turns[:, 1, 0], turns[:, 4, 0] = -0.4 - 0.4 * np.sin(phase), 0.4 + 0.4 * np.sin(phase)
    raw = raw_motion(turns, np.tile([0.0, 0.0, -4.0], (frames, 1)), fps=FPS, start_s=START_S)
    tracks: Any = None  # what was seen is not asked for any more
    return VideoResult(tracks, 0, raw, ())


@pytest.mark.parametrize("fps", [None, 24.0, 60.0])
def test_times_are_those_of_the_video(fps: float | None, tmp_path: Path) -> None:
    motion = run_job(finished(swinging(), MotionSettings(), fps=fps))
    rate = fps or FPS
    assert motion.poses.fps == rate
    assert len(motion.time_s) == len(motion.stands) == motion.poses.frame_count == int(99 / FPS * rate + 1e-6) + 1
    np.testing.assert_allclose(motion.time_s, START_S + np.arange(motion.poses.frame_count) / rate, atol=1e-9)
    motion.save(tmp_path / "a.npz")
    assert PoseSequence.load(tmp_path / "a.npz").fps == rate
    with np.load(tmp_path / "a.npz") as archive:
        np.testing.assert_array_equal(archive["time_s"], motion.time_s)
        assert archive["joints"].shape == (motion.poses.frame_count, 24, 3)


def test_a_loop_is_a_round_that_meets_itself() -> None:
    motion = run_job(finished(swinging(), MotionSettings(in_place=True), fps=60.0, loop=True))
    rounds = (motion.poses.frame_count - 1) / (2 * ROUND)
    assert rounds == pytest.approx(round(rounds), abs=2 / (2 * ROUND))
    assert round(rounds) >= 1
    np.testing.assert_allclose(motion.poses.rotations[0], motion.poses.rotations[-1], atol=1e-5)
    np.testing.assert_allclose(motion.poses.translation[0], motion.poses.translation[-1], atol=1e-5)
    np.testing.assert_array_equal(motion.stands[0], motion.stands[-1])
    assert motion.loop is not None
    assert motion.time_s[0] == pytest.approx(START_S + motion.loop.cycle.start / 60.0)
    assert len(motion.time_s) == motion.poses.frame_count


def test_nothing_that_moves_is_no_loop() -> None:
    with pytest.raises(InputError, match="longer motion"):
        run_job(finished(swinging(5), MotionSettings(), loop=True))


def keypoints(times: np.ndarray) -> Observation:
    """Points that move to the right, a hundred pixels a second."""
    points = np.zeros((len(times), 33, 2), np.float32)
    points[..., 0] = 100.0 * times[:, None]
    return Observation(points, np.ones(points.shape[:2], np.float32), BLAZEPOSE_33, (640, 360))


@pytest.mark.parametrize(
    ("steps", "fps"),
    [([3, 1] * 12, 12.5), ([1, 1, 1, 1, 10] * 4, 25.0), ([1] * 20, 25.0)],
    ids=["long and short in turn", "pauses", "even"],
)
def test_uneven_frames_keep_their_number_and_their_times(steps: list[int], fps: float) -> None:
    times = np.concatenate([[0.0], np.cumsum(steps)]) / 25.0
    even, nearest = at_even_times(keypoints(times), times)
    assert even.fps == pytest.approx(fps)
    assert even.frame_count == len(nearest) == round(float(times[-1]) * fps) + 1 >= len(times)
    np.testing.assert_allclose(even.keypoints_px[:, 0, 0], 100.0 * np.arange(even.frame_count) / fps, atol=0.01)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (slice(0, 0), ""),
        (slice(10, 14), ""),
        (slice(10, 35), "for 0.8 s at most"),
        (slice(10, 90), "20% of the frames"),
    ],
)
def test_who_is_away_for_long_is_told_of(away: slice, said: str) -> None:
    times = np.arange(100) / 30.0
    seen = np.ones(100, np.bool_)
    seen[away] = False
    track = Track(keypoints(times), np.arange(100), times, seen, np.zeros((4, 4, 3), np.uint8))
    assert said in " ".join(notes_of(track, ()))
    assert bool(notes_of(track, ())) == bool(said)
