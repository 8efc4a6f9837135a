"""What is remembered of videos while the add-on is enabled: who was followed, and the motions that were solved."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

if TYPE_CHECKING:
    from ..backend.detect.tracks import VideoTracks
    from ..backend.video_pipeline import VideoResult
    from ..rig.fcurves import Channel
    from ..rig.motion_again import BeforeMotion
    from ..rig.pose_plan import KeyOptions
    from .target import Target

RUNS_KEPT: Final = 4
SOLVED_KEPT: Final = 4

ClipKey = tuple[Any, ...]
"""The stamp of a video, its start, end, step and frames a second, and whether the camera's turning is measured: what
was followed once is not followed again while these are the same."""


@dataclass(frozen=True)
class VideoRun:
    """A video that was keyed on a rig, for keying it again with other settings.

    Attributes:
        result: the motion before it is finished.
        target: the armature, its scene and the frame.
        request: the operator's properties that say what to read.
        options: how it is put on the rig.
        before: the rig before.
        fingers: the channels of the hands that were relaxed.
        worked: seconds that reading and solving took.
        name: what the scene calls it; unlike that of any other run.
    """

    result: VideoResult
    target: Target
    request: dict[str, Any]
    options: KeyOptions
    before: BeforeMotion
    fingers: tuple[Channel, ...] = ()
    worked: float = 0.0
    name: str = field(default_factory=lambda: uuid4().hex)


class VideoMemory:
    """The last runs and what was solved for them.

    Attributes:
        is_settling: settings are being shown that are keyed already, so their change means nothing.
    """

    def __init__(self) -> None:
        self.is_settling = False
        self._runs: deque[VideoRun] = deque(maxlen=RUNS_KEPT)
        self._followed: tuple[ClipKey, VideoTracks] | None = None
        self._solved: OrderedDict[tuple[ClipKey, int], VideoResult] = OrderedDict()

    def keep(self, run: VideoRun) -> None:
        """Keep a run, and let go of the oldest; one of the same name is exchanged."""
        others = [kept for kept in self._runs if kept.name != run.name]
        self._runs = deque((*others, run), maxlen=RUNS_KEPT)

    def keep_in_mind(self) -> Callable[[], None]:
        """Gives a function that forgets the runs that came after now."""
        runs = tuple(self._runs)

        def put_back() -> None:
            self._runs = deque(runs, maxlen=RUNS_KEPT)

        return put_back

    def run_of(self, scene: Any) -> VideoRun | None:
        """The run whose motion a scene shows; None for one of an earlier session, or too long ago."""
        name = scene.contrapposto.video.result.run
        return next((run for run in self._runs if run.name == name), None) if name else None

    def remember_tracks(self, key: ClipKey, tracks: VideoTracks) -> None:
        """Keep who was followed, for another choice among them."""
        self._followed = (key, tracks)

    def tracks_of(self, key: ClipKey) -> VideoTracks | None:
        """Who was followed in a clip, if it was the last one."""
        return self._followed[1] if key and self._followed is not None and self._followed[0] == key else None

    def remember_solved(self, key: ClipKey, result: VideoResult) -> None:
        """Keep a person's motion."""
        self._solved[key, result.person] = result
        while len(self._solved) > SOLVED_KEPT:
            self._solved.popitem(last=False)

    def solved_of(self, key: ClipKey, person: int) -> VideoResult | None:
        """The motion of a person, counted from 0, if it is remembered."""
        return self._solved.get((key, person))

    def forget_solved(self) -> None:
        """Follow and solve anew: the models or settings are others."""
        self._followed = None
        self._solved.clear()

    def forget_runs(self) -> None:
        """Let go of the runs, as when another file is opened."""
        self._runs.clear()

    def release(self) -> None:
        """Let go of everything."""
        self.forget_runs()
        self.forget_solved()
