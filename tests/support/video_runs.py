"""Readings of staged videos with a cache, without networks; run as a script, one that waits to be killed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from contrapposto.backend.detect.clip import Clip
from contrapposto.backend.detect.track_people import Tracking
from contrapposto.backend.detect.tracks import VideoTracks
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.video_cache import CachedTracking, VideoCache
from staged_people import Actor, Stage
from video_scenes import write_video

FPS = 25.0


class StageOfVideo(Stage):
    """A stage that goes on by one frame with each that the tracker looks at; stands for a cache of models, too."""

    def blazepose(self) -> StageOfVideo:
        return self

    def keep_up(self, tracking: Tracking | None) -> None:
        if tracking is not None and tracking.tracker.frames:
            self.now = tracking.tracker.frames[-1] + 1


def walker() -> StageOfVideo:
    return StageOfVideo([Actor(lambda number: (120.0 + 4.0 * number, 180.0))], fps=FPS)


def walkers_video(path: Path, count: int = 60) -> Path:
    return write_video(path, (frame.image for frame in walker().frames(count)), fps=FPS)


class StagedRun:
    """A reading of a staged video."""

    def __init__(self, path: Path, store: VideoCache | None, *, camera_motion: bool = False, **part: Any) -> None:
        self.stage = walker()
        self.run = CachedTracking(
            Clip(path, **part), self.stage, store=store, camera_motion=camera_motion, clock=self.seconds
        )
        self.steps: list[Progress] = []

    def seconds(self) -> float:
        """The time on a clock on which each frame takes two seconds."""
        return 2.0 * len(self.run.tracking.tracker.frames) if self.run.tracking else 0.0

    def to_end(self) -> VideoTracks:
        return run_job(self.run.job(), on_progress=self.keep_up)

    def keep_up(self, progress: Progress) -> None:
        self.steps.append(progress)
        self.stage.keep_up(self.run.tracking)

    def until(self, count: int) -> Any:
        """The job after so many frames."""
        job = self.run.job()
        while self.run.tracking is None or len(self.run.tracking.tracker.frames) < count:
            self.keep_up(next(job))
        return job


def wait_to_be_killed(video: str, folder: str, count: str) -> None:
    """Read so many frames with a cache, say so, and wait."""
    staged = StagedRun(Path(video), VideoCache(Path(folder)), camera_motion=True)
    job = staged.until(int(count))
    print("ready", flush=True)
    sys.stdin.readline()
    del job


if __name__ == "__main__":
    wait_to_be_killed(*sys.argv[1:])
