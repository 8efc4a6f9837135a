"""What was found in videos, kept between runs: a reading that was killed goes on, one that is finished is not repeated.

Kept are the state of a running reading, every few seconds; the people of a finished one; and the motion of each person
before it is finished, so that smoothing, contacts and keys are changed without the video.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .array_store import ArrayStore
from .detect.clip import Clip, VideoInfo
from .errors import InputError
from .job import Job, Progress
from .outside import parse_json
from .packages import require_torch
from .version import package_version
from .video_arrays import digest_of, track_to_arrays, tracks_from_arrays, tracks_to_arrays
from .video_pipeline import VideoResult, chosen_track, solve_video_person, start_tracking
from .weights.registry import model_entries

if TYPE_CHECKING:
    from .detect.track_people import Tracking
    from .detect.tracks import VideoTracks
    from .runtime import ModelCache

FOLDER_NAME: Final = "contrapposto_cache"
"""Of the folder beside a .blend."""
LIMIT_BYTES: Final = 1 << 30
_FORMAT: Final = 2
"""Another number makes everything that is kept unknown; the package's version does so too."""
_TRACKING, _TRACKS, _MOTION = "tracking", "tracks", "motion"
_SAVED_EVERY_S: Final = 3.0
_LEAST_WORK: Final = 20.0
"""So many times as long as the last writing took is worked before the next one: long videos have large states."""
_DETECTORS: Final = ("pose_detection", "pose_landmark_full")
_POSE: Final = "pose"


@dataclass(frozen=True)
class VideoProgress(Progress):
    """Where the reading of a video is.

    Attributes:
        done: frames that are read, those of earlier runs too.
        total: frames that will be; 0 where the file does not say.
        seconds_left: as the run went so far; None where that cannot be said.
    """

    done: int
    total: int
    seconds_left: float | None


def user_folder() -> Path:
    """Where programs keep what may be lost, on this system."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "contrapposto" / "video"


class VideoCache:
    """Finished and unfinished readings of videos in one folder.

    Args:
        folder: `user_folder()`, or `FOLDER_NAME` beside a .blend; made when it is needed.
        limit_bytes: of all that is kept; what was used longest ago goes first.
    """

    def __init__(self, folder: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self.folder = Path(folder)
        self._store = ArrayStore(folder, limit_bytes=limit_bytes)

    @property
    def notes(self) -> tuple[str, ...]:
        """Why something could not be kept, in sentences; each once."""
        return tuple(self._store.notes)

    def tracks(self, info: VideoInfo, clip: Clip, *, camera_motion: bool) -> VideoTracks | None:
        """The people of a clip that was read to its end before."""
        arrays = self._store.read(clip_key(info, clip, camera_motion=camera_motion), _TRACKS)
        if arrays is None:
            return None
        try:
            return tracks_from_arrays(arrays, info=info, clip=clip)
        except InputError:  # a damaged file is as good as none
            return None

    def keep_tracks(self, tracks: VideoTracks) -> None:
        """Keep the people of a clip that was read to its end."""
        key = clip_key(tracks.info, tracks.clip, camera_motion=tracks.camera is not None)
        if self._store.write(key, _TRACKS, tracks_to_arrays(tracks)):
            self._store.remove(key, _TRACKING)

    def state(self, info: VideoInfo, clip: Clip, *, camera_motion: bool) -> dict[str, npt.NDArray[Any]] | None:
        """The last state of a reading that did not come to its end."""
        return self._store.read(clip_key(info, clip, camera_motion=camera_motion), _TRACKING)

    def keep_state(
        self, state: Mapping[str, npt.NDArray[Any]], info: VideoInfo, clip: Clip, *, camera_motion: bool
    ) -> bool:
        """Keep `Tracking.state()`; False where that is not possible."""
        return self._store.write(clip_key(info, clip, camera_motion=camera_motion), _TRACKING, state)

    def motion(self, tracks: VideoTracks, person: int) -> VideoResult | None:
        """One person's motion that was solved before."""
        from .estimate.motion import RawMotion

        arrays = self._store.read(motion_key(tracks, person), _MOTION)
        if arrays is None:
            return None
        try:
            notes = parse_json(str(arrays["notes"]))
            return VideoResult(tracks, person, RawMotion.from_arrays(arrays), tuple(str(note) for note in notes))
        except (InputError, KeyError, TypeError, ValueError):  # a damaged file is as good as none
            return None

    def keep_motion(self, result: VideoResult) -> None:
        """Keep one person's motion."""
        arrays = {**result.raw.to_arrays(), "notes": np.array(json.dumps(result.notes))}
        self._store.write(motion_key(result.tracks, result.person), _MOTION, arrays)


class CachedTracking:
    """Follows the people of a clip, or knows them from before.

    Args:
        clip: what to read.
        models: BlazePose is taken from here.
        store: where to look and keep; None for nowhere.
        camera_motion: measure how the camera turns.
        clock: seconds.

    Attributes:
        tracking: the reading once it runs, for previews and what is done so far; None where nothing has to be read.
        resumed: how many frames were known from a run that did not come to its end.
        known: whether all was known.
    """

    def __init__(
        self,
        clip: Clip,
        models: ModelCache,
        *,
        store: VideoCache | None = None,
        camera_motion: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tracking: Tracking | None = None
        self.resumed = 0
        self.known = False
        self._clip, self._models, self._store, self._camera_motion = clip, models, store, camera_motion
        self._clock = clock

    def job(self) -> Job[VideoTracks]:
        """Read to the end of the clip. Closed before, it keeps what is done, and goes on there the next time.

        Raises:
            InputError: the file is no video, or holds no such frames.
            ModelError: the detector cannot run.
        """
        yield Progress("Loading", 0.0)
        from .detect.video_file import open_video

        yield Progress("Opening the video", 0.0)
        source = open_video(self._clip)
        info, total = source.info, source.expected_count
        source.close()
        yield Progress("Opening the video", 0.0)
        found = None if self._store is None else self._store.tracks(info, self._clip, camera_motion=self._camera_motion)
        if found is not None:
            self.known = True
            return found
        tracking = yield from self._started(info)
        self.tracking = tracking
        tracks = yield from self._followed(tracking, info, total)
        if self._store is not None:
            self._store.keep_tracks(tracks)
        return tracks

    def _started(self, info: VideoInfo) -> Job[Tracking]:
        """The reading, from where an earlier one was left if there is any."""
        state = None if self._store is None else self._store.state(info, self._clip, camera_motion=self._camera_motion)
        if state is not None:
            try:
                tracking = yield from start_tracking(
                    self._clip, self._models, camera_motion=self._camera_motion, state=state
                )
            except (KeyError, ValueError, TypeError, IndexError):
                pass  # what was kept is no state, and as good as not there
            else:
                self.resumed = len(tracking.tracker.frames)
                return tracking
        return (yield from start_tracking(self._clip, self._models, camera_motion=self._camera_motion))

    def _followed(self, tracking: Tracking, info: VideoInfo, total: int) -> Job[VideoTracks]:
        keeper, pace = _Keeper(self, tracking, info), _Pace(self._clock, total, self.resumed)
        job = tracking.job()
        try:
            while True:
                try:
                    progress = next(job)
                except StopIteration as stop:
                    return stop.value
                keeper.look()
                yield pace.at(progress, len(tracking.tracker.frames))
        except GeneratorExit:  # cancelled between two frames: the state is whole
            keeper.save()
            raise
        finally:
            job.close()

    def keep_state(self, tracking: Tracking, info: VideoInfo) -> bool:
        """Keep how far the reading is; False where there is nowhere to keep it."""
        if self._store is None:
            return False
        return self._store.keep_state(tracking.state(), info, self._clip, camera_motion=self._camera_motion)

    @property
    def clock(self) -> Callable[[], float]:
        """Seconds."""
        return self._clock


class _Keeper:
    """Saves the state of a reading every few seconds, as long as that works."""

    def __init__(self, run: CachedTracking, tracking: Tracking, info: VideoInfo) -> None:
        self._run, self._tracking, self._info = run, tracking, info
        self._saved, self._works = len(tracking.tracker.frames), True
        self._next_s = run.clock() + _SAVED_EVERY_S

    def look(self) -> None:
        """Save where it is time to."""
        if self._run.clock() >= self._next_s:
            start = self._run.clock()
            self.save()
            took = self._run.clock() - start
            self._next_s = self._run.clock() + max(_SAVED_EVERY_S, _LEAST_WORK * took)

    def save(self) -> None:
        """Save what is new."""
        count = len(self._tracking.tracker.frames)
        if self._works and count > self._saved:
            self._works = self._run.keep_state(self._tracking, self._info)
            self._saved = count


class _Pace:
    """How long the rest will take, from how long the frames of this run took."""

    def __init__(self, clock: Callable[[], float], total: int, resumed: int) -> None:
        self._clock, self._total, self._resumed = clock, total, resumed
        self._start_s: float | None = None
        self._start_done = resumed

    def at(self, progress: Progress, done: int) -> VideoProgress:
        """What to show after so many frames."""
        left: float | None = None
        if self._start_s is None:
            if done > self._resumed:  # what is skipped before is no measure, and neither is the first frame
                self._start_s, self._start_done = self._clock(), done
        elif done > self._start_done and self._total:
            pace = (self._clock() - self._start_s) / (done - self._start_done)
            left = pace * max(self._total - done, 0)
        return VideoProgress(progress.stage, progress.fraction, done, self._total, left)


def cached_tracks(
    clip: Clip, models: ModelCache, *, store: VideoCache | None, camera_motion: bool = False
) -> Job[VideoTracks]:
    """The people of a clip: `CachedTracking.job`, for those who need no preview.

    Raises:
        InputError: the file is no video, or holds no such frames.
        ModelError: the detector cannot run.
    """
    return CachedTracking(clip, models, store=store, camera_motion=camera_motion).job()


def cached_motion(
    tracks: VideoTracks, person: int, *, models: ModelCache, store: VideoCache | None
) -> Job[VideoResult]:
    """The motion of one of the people, counted from 0; solved where it is not known from before.

    Raises:
        NoPersonFoundError, InputError: there is no such person.
        ModelError: the pose model cannot run.
    """
    chosen_track(tracks, person)
    require_torch()  # what a motion is made of needs it, one that is known too
    known = None if store is None else store.motion(tracks, person)
    if known is not None:
        return known
    result = yield from solve_video_person(tracks, person, models)
    if store is not None:
        store.keep_motion(result)
    return result


def clip_key(info: VideoInfo, clip: Clip, *, camera_motion: bool) -> str:
    """The name under which the people of a clip are kept: of the file as it is, the part, and what reads it."""
    part = (clip.start, clip.end, clip.step, clip.fps)
    return _key(info.stamp, part, camera_motion, *(model_entries()[name].sha256 for name in _DETECTORS))


def motion_key(tracks: VideoTracks, person: int) -> str:
    """The name under which a person's motion is kept: of all that it is solved from."""
    track = chosen_track(tracks, person)
    arrays = track_to_arrays(track)
    arrays |= {"time_s": track.time_s, "cuts": np.array(tracks.cuts, np.int64)}
    if tracks.camera is not None:
        arrays["camera"] = tracks.camera.part(track.first, len(track.frames)).homography
    return _key(digest_of(arrays), tracks.notes, model_entries()[_POSE].sha256)


def _key(*parts: object) -> str:
    text = json.dumps([_FORMAT, package_version(), *parts])
    return hashlib.sha256(text.encode()).hexdigest()[:32]
