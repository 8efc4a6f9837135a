"""The way from a video to tracks: the job, its states, files that are not right, and real people by the real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import mp4_boxes
from contrapposto.backend.detect.blazepose import BlazePose
from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.track_people import Tracking, track_people
from contrapposto.backend.detect.tracker import PeopleTracker
from contrapposto.backend.detect.tracks import Track
from contrapposto.backend.detect.video_file import open_video
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from detector_models import blazepose_or_skip
from staged_people import STAGE, Actor, Stage, hips_of
from video_scenes import Cutout, background, frames_of, paste, person, write_video


@pytest.fixture(scope="module")
def blazepose() -> BlazePose:
    return blazepose_or_skip()


def staged_video(path: Path, count: int = 60) -> tuple[Path, Stage]:
    stage = Stage([Actor(lambda number: (120.0 + 4.0 * number, 180.0))], fps=25.0)
    return write_video(path, (frame.image for frame in stage.frames(count)), fps=25.0), stage


class Timed(Stage):
    """A stage that goes on by one frame of the clip with each that the tracker has done."""

    def keep_up(self, tracking: Tracking) -> None:
        clip = tracking._source.clip
        self.now = clip.start if tracking.latest is None else tracking.latest.index + clip.step


def run(path: Path, **part: int):
    """Tracks of a staged video, the stage keeping up with what is read; and the fractions of progress."""
    stage = Timed([Actor(lambda number: (120.0 + 4.0 * number, 180.0))], fps=25.0)
    source = open_video(Clip(path, **part))
    tracking = Tracking(source, stage)
    stage.keep_up(tracking)
    fractions = []

    def on_progress(progress) -> None:
        fractions.append(progress.fraction)
        stage.keep_up(tracking)

    return run_job(tracking.job(), on_progress=on_progress), fractions


def test_a_video_becomes_tracks(tmp_path: Path) -> None:
    path, _ = staged_video(tmp_path / "clip.mp4")
    found, fractions = run(path)
    (track,) = found.tracks
    np.testing.assert_array_equal(found.frames, np.arange(60))
    np.testing.assert_array_equal(track.frames, np.arange(60))
    np.testing.assert_allclose(found.time_s, np.arange(60) / 25.0, atol=1e-6)
    assert track.seen.all()
    assert track.observation.fps == pytest.approx(25.0)
    assert (found.cuts, found.camera, found.truncated, found.notes) == ((), None, False, ())
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_a_part_in_steps(tmp_path: Path) -> None:
    path, _ = staged_video(tmp_path / "clip.mp4")
    found, _ = run(path, start=10, end=50, step=4)
    (track,) = found.tracks
    np.testing.assert_array_equal(track.frames, np.arange(10, 51, 4))
    assert track.observation.fps == pytest.approx(25.0 / 4.0)
    np.testing.assert_allclose(hips_of(track.observation.keypoints_px)[:, 0], 120.0 + 4.0 * track.frames, atol=1e-3)


def test_a_job_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    path, _ = staged_video(tmp_path / "clip.mp4")

    def tracking(state=None) -> Tracking:
        return Tracking(
            open_video(Clip(path)), Stage([Actor(lambda _: (300.0, 180.0))]), camera_motion=True, state=state
        )

    whole = run_job(tracking().job())
    first = tracking()
    job = first.job()
    while len(first.tracker.frames) < 23:
        next(job)
    job.close()
    assert first.latest is not None
    assert first.latest.index == 21  # the job was stopped in the midst of the 23rd frame
    assert len(first.result().frames) == 23
    assert len(first.result().tracks[0].frames) == 23
    again = run_job(tracking(first.state()).job())
    np.testing.assert_array_equal(again.frames, whole.frames)
    np.testing.assert_array_equal(again.time_s, whole.time_s)
    assert again.camera is not None
    np.testing.assert_array_equal(again.camera.homography, whole.camera.homography)
    assert len(again.camera.rotation) == 60
    np.testing.assert_array_equal(again.tracks[0].observation.keypoints_px, whole.tracks[0].observation.keypoints_px)
    finished = tracking(run_to_end(tracking()).state())
    assert len(run_job(finished.job()).frames) == 60


def run_to_end(tracking: Tracking) -> Tracking:
    run_job(tracking.job())
    return tracking


def test_of_a_file_that_is_cut_off_the_rest_is_followed(tmp_path: Path) -> None:
    path = write_video(tmp_path / "cut.mp4", (np.roll(background(0), 3 * n, axis=1) for n in range(60)))
    mp4_boxes.move_index_to_front(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    found = run_job(track_people(open_video(Clip(path)), Stage([Actor(lambda _: (300.0, 180.0))])))
    assert found.truncated
    assert "cut off" in found.notes[0]
    assert 10 < len(found.frames) < 50
    assert len(found.tracks[0].frames) == len(found.frames)


def test_nobody_in_a_video_is_no_error_here(tmp_path: Path) -> None:
    path, _ = staged_video(tmp_path / "clip.mp4", count=10)
    assert run_job(track_people(open_video(Clip(path)), Stage([]))).tracks == ()


def test_a_start_beyond_the_end_is_refused(tmp_path: Path) -> None:
    path, _ = staged_video(tmp_path / "clip.mp4", count=10)
    with pytest.raises(InputError, match="has 10 frames"):
        run_job(track_people(open_video(Clip(path, start=12)), Stage([])))


def test_what_is_kept_of_a_frame_is_small(tmp_path: Path) -> None:
    stage = Stage([Actor(lambda _: (300.0, 180.0)), Actor(lambda _: (500.0, 180.0), (30, 60, 200))])
    tracker = PeopleTracker(stage)
    sizes = {}
    for frame in stage.frames(60):
        tracker.feed(frame)
        sizes[frame.index] = sum(value.nbytes for value in tracker.state().values())
    for_a_frame = (sizes[59] - sizes[29]) / 30.0
    assert for_a_frame < 2 * 1000  # bytes: ten minutes at 30 frames a second are 36 MB
    assert STAGE[0] * STAGE[1] * 3 > 300 * for_a_frame


# by the real models

OTHER = person().mirrored().recoloured(60)


def tracks_of(blazepose: BlazePose, count: int, draw) -> tuple[Track, ...]:
    tracker = PeopleTracker(blazepose)
    for frame in frames_of(count, draw):
        tracker.feed(frame)
    return tracker.finish()


def errors_px(track: Track, path) -> np.ndarray:
    """How far the hips of the frames in which somebody was seen are from where they were drawn, along x."""
    hips = hips_of(track.observation.keypoints_px[track.seen])[:, 0]
    return np.abs(hips - np.array([path(int(frame)) for frame in track.frames[track.seen]]))


@pytest.mark.parametrize("second", [OTHER, person().mirrored()], ids=["other clothes", "same clothes"])
def test_two_real_figures_cross(blazepose: BlazePose, second: Cutout) -> None:
    def first_x(number: int) -> float:
        return 90.0 + 6.5 * number

    def second_x(number: int) -> float:
        return 550.0 - 6.5 * number

    def draw(image: np.ndarray, number: int) -> None:
        paste(image, person(), (first_x(number), 185.0))
        paste(image, second, (second_x(number), 195.0))

    tracks = tracks_of(blazepose, 72, draw)
    assert len(tracks) == 2
    first, other = sorted(tracks, key=lambda track: track.observation.keypoints_px[0, 23, 0])
    for track, path in ((first, first_x), (other, second_x)):
        assert (track.first, len(track.frames)) == (0, 72)
        assert track.seen.sum() >= 58
        wrong = errors_px(track, path) > 40.0
        assert wrong.sum() <= 4
        assert not wrong[-15:].any()


def test_a_real_figure_behind_a_pillar(blazepose: BlazePose) -> None:
    def x(number: int) -> float:
        return 110.0 + 6.0 * number

    def draw(image: np.ndarray, number: int) -> None:
        paste(image, person(), (x(number), 185.0))
        image[20:340, 290:390] = (90, 90, 80)

    (track,) = tracks_of(blazepose, 75, draw)
    assert (track.first, len(track.frames)) == (0, 75)
    assert 5 <= (~track.seen).sum() <= 35
    assert track.observation.confidence[~track.seen].max() == 0.0
    assert errors_px(track, x)[-15:].max() < 25.0


def test_a_real_figure_leaves_and_returns(blazepose: BlazePose) -> None:
    def x(number: int) -> float:
        return 380.0 + 14.0 * min(number, 90 - number)

    (track,) = tracks_of(blazepose, 91, lambda image, number: paste(image, person(), (x(number), 185.0)))
    assert (track.first, len(track.frames)) == (0, 91)
    assert track.seen[:15].all()
    assert not track.seen[30:60].any()
    assert track.seen[-5:].all()
    assert errors_px(track, x)[-5:].max() < 25.0


def test_the_runner(blazepose: BlazePose, shared_data: Path) -> None:
    source = open_video(Clip(shared_data / "videos" / "phalp_vid.mp4", start=60, end=119))
    found = run_job(track_people(source, blazepose, camera_motion=True))
    (track,) = found.tracks
    assert track.seen.all()
    assert track.observation.confidence.mean() > 0.8
    steps = np.linalg.norm(np.diff(hips_of(track.observation.keypoints_px), axis=0), axis=1)
    assert steps.max() < 40.0  # pixels of 1920
    assert found.cuts == ()
    assert found.camera is not None
    turned = found.camera.angles_deg()
    assert 2.0 < turned[-1] < 6.0
    assert np.abs(np.diff(turned)).max() < 0.5


def test_the_ball_player(blazepose: BlazePose, shared_data: Path) -> None:
    source = open_video(Clip(shared_data / "videos" / "mmhuman3d_single_person_demo.mp4"))
    (track,) = run_job(track_people(source, blazepose)).tracks
    assert (len(track.frames), int(track.seen.sum())) == (40, 40)
    assert track.observation.image_size == (1080, 1920)
    assert track.observation.fps == pytest.approx(12.0)
    assert track.observation.confidence.mean() > 0.8
