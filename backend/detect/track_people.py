"""The job that reads a video and follows the people in it; can be stopped, kept and taken up again at any frame."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..job import Job, Progress
from .camera_motion import CameraFinder
from .clip import VideoFrame
from .tracker import LandmarkFinder, PeopleTracker
from .tracks import VideoTracks
from .video_file import VideoSource

_CAMERA: Final = "camera/"
_SKIP_STEP: Final = 8
_UNKNOWN_COUNT: Final = 1000


class Tracking:
    """Follows the people of a clip.

    Args:
        source: the video.
        detector: BlazePose.
        people: how many tracks at most, the most prominent ones; None for all.
        camera_motion: whether the camera's turning is measured.
        state: of an earlier `state()` of the same clip, to go on from there.

    Attributes:
        latest: the last frame that was read, for a preview; None before the first.
    """

    def __init__(
        self,
        source: VideoSource,
        detector: LandmarkFinder,
        *,
        people: int | None = None,
        camera_motion: bool = False,
        state: Mapping[str, npt.NDArray[Any]] | None = None,
    ) -> None:
        self._source = source
        self._people = people
        fps = source.info.fps / source.clip.step
        self.tracker = PeopleTracker(detector, fps=fps) if state is None else PeopleTracker.from_state(detector, state)
        self._camera = CameraFinder(source.info.size) if camera_motion else None
        if state is not None and camera_motion:
            own = {key.removeprefix(_CAMERA): value for key, value in state.items() if key.startswith(_CAMERA)}
            self._camera = CameraFinder.from_state(own)
        self.latest: VideoFrame | None = None
        self._frame: VideoFrame | None = None
        self._step: Generator[None, None, bool] | None = None

    @property
    def expected_count(self) -> int:
        """How many frames there will be in all, as the file says; 0 where it does not."""
        return self._source.expected_count

    def job(self) -> Job[VideoTracks]:
        """Read and follow to the end of the clip; yields after each look of a model.

        Raises:
            InputError: the clip starts beyond the end of the video.
            ModelError: a model cannot run.
        """
        frames = self.tracker.frames
        start = frames[-1] + 1 if frames else None
        if start is not None or self._source.clip.start:
            yield from self._skipped(self._source.clip.start if start is None else start)
        for frame in self._source.frames(start_index=start):
            self._begin(frame)
            while self._step is not None:
                self._go_on()
                yield Progress("Following people", self._fraction())
        return self.result()

    def result(self) -> VideoTracks:
        """What has been found so far: of a job that was stopped, up to the frame that it was at."""
        self._complete()
        tracker = self.tracker
        return VideoTracks(
            info=self._source.info,
            clip=self._source.clip,
            frames=np.array(tracker.frames, np.intp),
            time_s=np.array(tracker.times, np.float64),
            tracks=tracker.finish(people=self._people),
            cuts=tracker.cuts,
            camera=None if self._camera is None else self._camera.motion(),
            truncated=self._source.truncated,
            notes=self._source.notes,
        )

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that is needed to go on after the last frame, as plain arrays under names of letters, digits and `/`.

        May be called between any two steps of the job; a frame that is at work is completed first.
        """
        self._complete()
        camera = {} if self._camera is None else self._camera.state()
        return self.tracker.state() | {_CAMERA + name: value for name, value in camera.items()}

    def _begin(self, frame: VideoFrame) -> None:
        self._frame, self._step = frame, self.tracker.feed_in_steps(frame)

    def _go_on(self) -> None:
        """One look of a model; with the last one of a frame `latest` is that frame."""
        if self._step is None or self._frame is None:
            return
        try:
            next(self._step)
        except StopIteration as stop:
            if self._camera is not None:
                boxes = [sight.box for sight in self.tracker.seen.values()]
                self._camera.feed(self._frame.image, boxes, is_cut=stop.value)
            self.latest, self._frame, self._step = self._frame, None, None

    def _complete(self) -> None:
        """Go to the end of the frame that is at work: half a frame cannot be kept."""
        while self._step is not None:
            self._go_on()

    def _skipped(self, start: int) -> Job[None]:
        for index in self._source.skip_to(start):
            if index % _SKIP_STEP == 0:
                yield Progress(f"Going to frame {start}", 0.0)

    def _fraction(self) -> float:
        done = len(self.tracker.frames)
        expected = self.expected_count
        return min(done / expected, 1.0) if expected else done / (done + _UNKNOWN_COUNT)


def track_people(
    source: VideoSource,
    detector: LandmarkFinder,
    *,
    people: int | None = None,
    camera_motion: bool = False,
    state: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Job[VideoTracks]:
    """`Tracking.job`, for those who need no state in between; see `Tracking`."""
    return Tracking(source, detector, people=people, camera_motion=camera_motion, state=state).job()
