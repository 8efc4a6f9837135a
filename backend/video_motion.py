"""From a clip to what is written: one person's poses at the wanted rate, or the loop in them, and their .npz file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .arrays import BoolArray, DoubleArray
from .detect.clip import Clip
from .job import Job, Progress
from .keying.loops import Loop, find_cycle, looped
from .keying.resample import resample, resampled_flags, source_places
from .kinematics import forward_kinematics
from .pose_sequence import PoseSequence
from .proportions import scaled_offsets
from .refine.finish import MotionSettings, finish_motion
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
    done = yield from finish_motion(raw, settings)
    rate = raw.fps if fps is None else fps
    poses = yield from resample(done.poses, rate)
    stands = resampled_flags(done.stands, raw.fps, fps=rate)
    places = source_places(raw.frame_count, raw.fps, fps=rate)
    motion = VideoMotion(result, poses, stands, raw.start_s + places / raw.fps)
    if not loop:
        return motion
    cycle = yield from find_cycle(poses)
    yield Progress("Blending the loop", 1.0)
    made = looped(poses, cycle, root="IN_PLACE" if settings.in_place else "TRAVEL")
    part = slice(cycle.start, cycle.end + 1)
    stands = stands[part].copy()
    stands[-1] = stands[0]
    return replace(motion, poses=made.poses, stands=stands, time_s=motion.time_s[part], loop=made)
