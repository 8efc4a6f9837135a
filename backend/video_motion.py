"""From a clip to what is written: one person's poses at the wanted rate, or the loop in them, and their .npz file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arrays import BoolArray, DoubleArray
from .detect.clip import Clip
from .job import Job
from .keying.loops import Loop
from .kinematics import forward_kinematics
from .pose_sequence import PoseSequence
from .proportions import scaled_offsets
from .refine.finish import MotionSettings, finish_motion
from .refine.finished_loop import finish_loop
from .video_cache import CachedTracking, VideoCache, cached_motion
from .video_pipeline import VideoResult

if TYPE_CHECKING:
    from .runtime import ModelCache


@dataclass(frozen=True)
class VideoMotion:
    """T poses of somebody in a video.

    Attributes:
        result: what they were made from.
        poses: at the wanted frame rate.
        stands: (T, 4) when left heel, left ball, right heel and right ball stand.
        time_s: (T,) seconds after the video's first frame.
        loop: the cycle, where one was asked for: then the last pose is the first again.
    """

    result: VideoResult
    poses: PoseSequence
    stands: BoolArray
    time_s: DoubleArray
    loop: Loop | None = None

    def save(self, path: Path) -> None:
        """Write an AMASS .npz.

        Beside the usual keys: `joints` (T, 24, 3) metres in the inner frame, of a body of this person's proportions;
        `stands` (T, 4) truths, in the order of `VideoMotion.stands`; `time_s` (T,) seconds in the video.

        Raises:
            InputError: the file cannot be written.
        """
        offsets = scaled_offsets(self.result.raw.log_scales)
        joints = forward_kinematics(self.poses.rotations, self.poses.translation, offsets=offsets)
        extra = {"joints": joints.astype(np.float32), "stands": self.stands, "time_s": self.time_s}
        self.poses.save(path, extra=extra)


def read_motion(
    clip: Clip, person: int, *, models: ModelCache, store: VideoCache | None, camera_motion: bool = False
) -> Job[VideoResult]:
    """Read a clip, or what is kept of it, and solve one person's motion, counted from 0.

    Raises:
        NoPersonFoundError: nobody is in it.
        InputError: it cannot be read, or has no such person.
        ModelError: a model cannot run.
    """
    tracks = yield from CachedTracking(clip, models, store=store, camera_motion=camera_motion).job()
    return (yield from cached_motion(tracks, person, models=models, store=store))


def finished(
    result: VideoResult, settings: MotionSettings, *, fps: float | None = None, loop: bool = False
) -> Job[VideoMotion]:
    """Poses at `fps` frames a second, or at the video's own rate; where asked, only the best cycle of them.

    Raises:
        InputError: the motion is too short for a loop, or nothing moves.
    """
    raw = result.raw
    if not loop:
        done = yield from finish_motion(raw, settings, fps=fps)
        return VideoMotion(result, done.poses, done.stands, raw.start_s + done.places / raw.fps)
    found = yield from finish_loop(raw, settings, fps=fps)
    done = found.motion
    return VideoMotion(result, done.poses, done.stands, raw.start_s + done.places / raw.fps, found.loop)
