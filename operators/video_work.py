"""Reading a video and solving one of its people: a job that tells how far it is, and that can be stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from ..backend.errors import InputError
from ..backend.job import Job, Progress
from ..translations.words import iface_
from .session import session, stamp_of
from .video_memory import ClipKey
from .video_store import video_store
from .ways import check_packages

if TYPE_CHECKING:
    from ..backend.detect.clip import Clip
    from ..backend.detect.track_people import Tracking
    from ..backend.detect.tracks import VideoTracks
    from ..backend.pose_sequence import PoseSequence
    from ..backend.video_cache import CachedTracking
    from ..backend.video_pipeline import VideoResult
    from ..preferences import Settings

FOLLOWING: Final = 0.8
SOLVING: Final = 0.97
"""Shares of the work that are done when people are followed, and when one of them is solved; as measured."""
_TELL_AFTER_S: Final = 1.5
_LEAST_SHARE: Final = 0.03


@dataclass(frozen=True)
class SeveralPeople:
    """The outcome of a job that has to ask first whose motion to take."""

    tracks: VideoTracks


@dataclass(frozen=True)
class Solved:
    """The outcome of a job: a person's motion, and how many seconds it took."""

    result: VideoResult
    seconds: float


class VideoWork:
    """From a clip to a person's motion.

    Args:
        clip: what to read.
        person: whose motion, counted from 1; 0 for the most prominent, or to ask.
        ask: with several people and `person` 0, end with `SeveralPeople`.
        chosen: the preferences.
        camera_motion: measure how the camera turns, and take that out.

    Attributes:
        is_solved: whether the motion is found, so that there is nothing more to read or to show.
    """

    def __init__(self, clip: Clip, person: int, *, ask: bool, chosen: Settings, camera_motion: bool = False) -> None:
        self.clip, self._person, self._ask, self._chosen = clip, person, ask, chosen
        self._camera_motion = camera_motion
        self._run: CachedTracking | None = None
        self._tracks: VideoTracks | None = None
        self._fitted: Any = None
        self.is_solved = False
        self._begun = time.monotonic()
        self._first: tuple[float, float] | None = None
        self._share = 0.0

    @property
    def has_something(self) -> bool:
        """Whether anything is done that could be kept."""
        return self._tracks is not None or (self._tracking is not None and len(self._tracking.tracker.frames) > 0)

    def job(self) -> Job[Solved | SeveralPeople]:
        """Read, follow, and solve.

        Raises:
            ContrappostoError: it cannot be read, nobody is in it, or a model cannot run.
        """
        from ..backend import packages

        yield from check_packages()
        key = self._key()
        tracks = session.videos.tracks_of(key)
        if tracks is None:
            packages.require_torch()  # said before the video is read, and not after
            tracks = yield from self._follow()
            session.videos.remember_tracks(key, tracks)
        return (yield from self._solve(key, tracks))

    def rest(self) -> Job[Solved | SeveralPeople]:
        """Go on with what has been done so far, as if the video ended there; for a job that was stopped.

        Raises:
            ContrappostoError: as `job`.
        """
        from ..backend.video_part import first_frames

        tracks = self._tracks
        if tracks is not None and self._fitted is not None:
            tracks = first_frames(tracks, max(self._person, 1) - 1, self._fitted.frames)
            return (yield from self._solve((), tracks))
        if tracks is None and self._tracking is not None:
            tracks = self._tracking.result()
            self.clip = replace(self.clip, end=int(tracks.frames[-1]))
            session.videos.remember_tracks(self._key(), tracks)
        if tracks is None:
            raise InputError("Nothing is done yet that could be kept.")
        return (yield from self._solve(self._key(), tracks))

    def detail(self) -> str:
        """Which frame it is at, and the time left, in words."""
        words = [self._frame_in_words()]
        if self._first is not None:
            seconds, share = time.monotonic() - self._first[0], self._share - self._first[1]
            if seconds > _TELL_AFTER_S and share > _LEAST_SHARE:
                left = iface_("{time} left")
                words.append(left.format(time=in_words(seconds * (1.0 - self._share) / share)))
        return ", ".join(filter(None, words))

    def glimpse(self) -> PoseSequence | None:
        """What the person does in the frame that was done last; None where there is none, or all is done."""
        from ..backend.video_glimpse import fitted_pose, followed_pose

        if self.is_solved:
            return None
        if self._fitted is not None:
            return fitted_pose(self._fitted.rotations)
        if self._tracking is None or self._tracking.latest is None or self._tracks is not None:
            return None
        height, width = self._tracking.latest.image.shape[:2]
        return followed_pose(self._tracking.tracker, (width, height))

    def _frame_in_words(self) -> str:
        if self._tracks is not None:
            person = max(self._person, 1) - 1
            count = len(self._tracks.tracks[person].frames) if person < len(self._tracks.tracks) else 0
            return _frames(self._fitted.frames, count) if self._fitted is not None else ""
        if self._tracking is None:
            return ""
        done, expected = len(self._tracking.tracker.frames), self._tracking.expected_count
        return _frames(done, expected)

    @property
    def _tracking(self) -> Tracking | None:
        return None if self._run is None else self._run.tracking

    def _key(self) -> ClipKey:
        return clip_key(self.clip, camera_motion=self._camera_motion)

    def _follow(self) -> Job[VideoTracks]:
        from ..backend.video_cache import CachedTracking

        self._run = CachedTracking(
            self.clip,
            session.models(self._chosen),
            store=video_store(self._chosen),
            camera_motion=self._camera_motion,
        )
        return (yield from self._part(self._run.job(), 0.0, FOLLOWING))

    def _solve(self, key: ClipKey, tracks: VideoTracks) -> Job[Solved | SeveralPeople]:
        self._tracks = tracks
        if self._ask and self._person == 0 and len(tracks.tracks) > 1:
            return SeveralPeople(tracks)
        known = yield from self._motion(key, tracks, max(self._person, 1) - 1)
        self.is_solved = True
        return Solved(known, time.monotonic() - self._begun)

    def _motion(self, key: ClipKey, tracks: VideoTracks, person: int) -> Job[VideoResult]:
        """One person's motion; nothing is kept of a part, which has no key."""
        from ..backend import video_cache, video_pipeline

        video_pipeline.chosen_track(tracks, person)
        store = video_store(self._chosen) if key else None
        known = session.videos.solved_of(key, person) or (store.motion(tracks, person) if store is not None else None)
        if known is None:
            models = session.models(self._chosen)
            yield Progress("Loading the pose model", FOLLOWING)
            models.estimator("MODEL")  # makes it ready: torch's first time is slow
            solving = video_cache.cached_motion(tracks, person, models=models, store=store)
            known = yield from self._part(solving, FOLLOWING, SOLVING)
        if key:
            session.videos.remember_solved(key, known)
        return known

    def _part(self, job: Job[Any], start: float, end: float) -> Job[Any]:
        """The job as a part of the whole; what it tells is remembered."""
        from ..backend.estimate.motion import Fitted

        try:
            while True:
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return stop.value
                if isinstance(progress, Fitted):
                    self._fitted = progress
                self._share = start + (end - start) * progress.fraction
                if self._first is None and progress.fraction > 0.0:  # loading is no measure, nor is the first frame
                    self._first = (time.monotonic(), self._share)
                yield replace(progress, fraction=self._share)
        finally:
            job.close()


def clip_key(clip: Clip, *, camera_motion: bool) -> ClipKey:
    """What a clip is known by, and how it is read; an empty one where its file cannot be looked at."""
    from ..backend.detect.image_sequence import is_picture_name, open_sequence

    is_sequence = clip.path.is_dir() or is_picture_name(clip.path)
    stamp = open_sequence(clip).info.stamp if is_sequence else stamp_of(clip.path)
    return () if stamp is None else (*stamp, clip.start, clip.end, clip.step, clip.fps, camera_motion)


def _frames(done: int, count: int | None) -> str:
    if not count:
        return iface_("frame {number}").format(number=done)
    return iface_("frame {number} of {count}").format(number=done, count=count)


def in_words(seconds: float) -> str:
    """A time that is left."""
    if seconds < 60.0:
        return f"{max(round(seconds), 1)} s"
    return f"{round(seconds / 60.0)} min"
