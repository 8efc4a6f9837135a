"""How long each stage from a video to keys takes, and how much memory a long video needs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from contrapposto.backend.detect.blazepose import BlazePose
from contrapposto.backend.detect.clip import Clip, VideoFrame
from contrapposto.backend.detect.track_people import Tracking
from contrapposto.backend.detect.tracks import VideoTracks
from contrapposto.backend.detect.video_file import VideoSource, open_video
from contrapposto.backend.job import Job
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.refine.finish import FinishedMotion, finish_motion
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.video_pipeline import solve_video_person

Result = TypeVar("Result")
STAGES: Final = (
    "decode", "find people", "landmark look", "other tracking", "steadying", "reading", "fitting", "finishing",
    "key planning", "key reduction", "keys written",
)  # fmt: skip
_SOLVING: Final = {
    "Following the joints": "steadying",
    "Reading the poses": "reading",
    "Fitting the poses to the video": "fitting",
}
_WARM_UP: Final = 5
"""Frames read before the clock runs: loading models is measured elsewhere, and is no matter of frames."""


@dataclass
class Watch:
    """Seconds of each stage: of the processor, and of the clock on the wall."""

    processor: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    wall: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))

    @contextmanager
    def on(self, stage: str) -> Iterator[None]:
        """Count what happens inside."""
        processor, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.processor[stage] += time.process_time() - processor
            self.wall[stage] += time.perf_counter() - wall

    def job(self, job: Job[Result], stage: str, *, others: Mapping[str, str] | None = None) -> Result:
        """Exhaust a job; `others` names the stages that begin with what it says it does next."""
        while True:
            with self.on(stage):
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return stop.value
            stage = (others or {}).get(progress.stage, stage)


class _WatchedDetector:
    """BlazePose with a clock."""

    def __init__(self, detector: BlazePose, watch: Watch) -> None:
        self._detector, self._watch = detector, watch

    def look(self, *given: Any) -> Any:
        with self._watch.on("landmark look"):
            return self._detector.look(*given)

    def candidates(self, *given: Any, **named: Any) -> Any:
        with self._watch.on("find people"):
            return self._detector.candidates(*given, **named)


class _WatchedSource:
    """A video with a clock."""

    def __init__(self, source: VideoSource, watch: Watch) -> None:
        self._source, self._watch = source, watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def frames(self, *, start_index: int | None = None) -> Iterator[VideoFrame]:
        there = self._source.frames(start_index=start_index)
        while True:
            with self._watch.on("decode"):
                frame = next(there, None)
            if frame is None:
                return
            yield frame


def timed_video(path: Path, models: ModelCache) -> tuple[Watch, int]:
    """From a video's file to few keys on a Rigify human: the time of each stage, and the number of frames.

    Raises:
        ContrappostoError: nobody is in it, or a model cannot run.
    """
    _motion_of(Clip(path, end=_WARM_UP - 1), models, Watch())
    watch = Watch()
    motion, frames = _motion_of(Clip(path), models, watch)
    key(motion, watch)
    return watch, frames


def _motion_of(clip: Clip, models: ModelCache, watch: Watch) -> tuple[FinishedMotion, int]:
    source = open_video(clip)
    tracks = _followed(source, models, watch)
    source.close()
    found = watch.job(solve_video_person(tracks, 0, models), "steadying", others=_SOLVING)
    return watch.job(finish_motion(found.raw), "finishing"), len(tracks.frames)


def _followed(source: VideoSource, models: ModelCache, watch: Watch) -> VideoTracks:
    inner: Any = (_WatchedSource(source, watch), _WatchedDetector(models.blazepose(), watch))
    within = ("decode", "find people", "landmark look")
    tracks = watch.job(Tracking(*inner).job(), "other tracking")
    for seconds in (watch.processor, watch.wall):
        seconds["other tracking"] -= sum(seconds[stage] for stage in within)
    return tracks


def key(motion: FinishedMotion, watch: Watch) -> None:
    """Plan, reduce and write the keys of a Rigify human, at the default bound."""
    import bpy

    from contrapposto.backend.keying.key_reduction import Reduction
    from contrapposto.backend.keying.resample import resampled, resampled_flags
    from contrapposto.rig.motion_keys import key_motion, plan_motion, scene_fps
    from contrapposto.rig.pose_plan import KeyOptions
    from contrapposto.rig.rig_files import start_empty_file
    from contrapposto.rig.rigify_human import make_rigify_human

    start_empty_file()
    rig = make_rigify_human()
    bpy.context.scene.render.fps = round(motion.poses.fps)
    fps = scene_fps(bpy.context.scene)
    with watch.on("key planning"):
        poses: PoseSequence = resampled(motion.poses, fps)
        stands = resampled_flags(motion.stands, motion.poses.fps, fps=fps)
        plan = plan_motion(rig, poses, options=KeyOptions(frame=1.0), contacts=stands, locked=True)
    plan = watch.job(plan.reduce(Reduction()), "key reduction")
    with watch.on("keys written"):
        key_motion(rig, plan)


def memory_lines(*, minutes: float, fps: float) -> Iterator[str]:
    """Make a long 1080p video, follow and solve it in a process of its own; yields what that prints."""
    script = Path(__file__).with_name("video_memory.py")
    command = [sys.executable, str(script), "--minutes", str(minutes), "--fps", str(fps)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            yield line.rstrip()
    if process.returncode:
        yield f"! the process ended with {process.returncode}"
