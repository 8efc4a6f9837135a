"""A video pipeline for tests of the add-on: everybody in its video swings the left arm, and it counts its calls.

Everything behind it is real: the operator, its job, finishing, reducing, keys. And a context of Blender's, played.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

SIZE = (640, 360)
FPS = 24.0
LEFT_SHOULDER, RIGHT_KNEE = 16, 5


@dataclass
class FakeVideos:
    """What is in every video, and what was asked.

    Attributes:
        frames: of a video.
        people: in it.
        error: raised after half of the frames.
        solve_error: raised in place of a motion.
        read: how many frames were read in all.
        solved: the people whose motion was solved, and the frames of each.
        closed: how many readings were stopped.
        camera_motion: of each reading, whether the camera's turning was to be measured.
    """

    package: Callable[[str], ModuleType]
    frames: int = 24
    people: int = 1
    error: Exception | None = None
    solve_error: Exception | None = None
    read: int = 0
    solved: list[tuple[int, int]] = field(default_factory=list)
    closed: int = 0
    camera_motion: list[bool] = field(default_factory=list)

    def reading(self, clip: Any, _models: object, *, camera_motion: bool = False, **_store: object) -> FakeReading:
        """Stands for `CachedTracking`."""
        self.camera_motion.append(camera_motion)
        return FakeReading(self, clip)

    def motion_job(self, tracks: Any, person: int, **_how: object) -> Generator[Any, None, Any]:
        """Stands for `cached_motion`: a chunk of six frames a step."""
        motion = self.package("backend.estimate.motion")
        count = len(tracks.tracks[person].frames)
        raw = self.raw(person, count)
        for first in range(0, count, 6):
            fitted = max(first, 1)
            stage = "Fitting the poses to the video" + " " * (first // 6 % 2)  # see `FakeReading.job`
            yield motion.Fitted(stage, first / count, fitted, raw.rotations[fitted - 1])
        if self.solve_error is not None:
            raise self.solve_error
        self.solved.append((person, count))
        return self.package("backend.video_pipeline").VideoResult(tracks, person, raw, ())

    def raw(self, person: int, count: int) -> Any:
        """The left arm swings twice a second by 0.8 radians, of the second person by 1.1; the body walks."""
        time_s = np.arange(count) / FPS
        turns = np.zeros((count, 24, 3), np.float32)
        turns[:, LEFT_SHOULDER, 2] = (0.8 + 0.3 * person) * np.sin(4.0 * np.pi * time_s)
        turns[:, RIGHT_KNEE, 0] = 0.3 + 0.3 * np.cos(2.0 * np.pi * time_s)
        rotations = self.package("backend.rotations").axis_angle_to_matrix(turns).astype(np.float32)
        pelvis = np.stack([0.5 * time_s, np.zeros(count), np.full(count, -3.0)], axis=1)
        return self.package("backend.estimate.motion").RawMotion(
            rotations=rotations,
            pelvis=pelvis,
            up=np.broadcast_to(np.float32([0.0, 1.0, 0.0]), (count, 3)),
            sigma=np.full((count, 24), 0.1, np.float32),
            log_scales=np.zeros(10, np.float32),
            camera=np.float32([500.0, 500.0, 320.0, 180.0]),
            image_size=np.float32(SIZE),
            shot=np.zeros(count, np.intp),
            seen=np.ones(count, np.bool_),
            start_s=0.0,
            fps=FPS,
        )

    def tracks(self, clip: Any, count: int) -> Any:
        """Everybody through `count` frames."""
        types, clips = self.package("backend.detect.tracks"), self.package("backend.detect.clip")
        schema = self.package("backend.keypoints").BLAZEPOSE_33
        seen = self.package("backend.observation").Observation(
            np.full((count, len(schema), 2), 100.0, np.float32),
            np.full((count, len(schema)), 0.9, np.float32),
            schema,
            SIZE,
            fps=FPS,
        )
        numbers = clip.start + np.arange(count)
        everybody = tuple(
            types.Track(seen, numbers, numbers / FPS, np.ones(count, np.bool_), np.full((64, 48, 3), 60 * n, np.uint8))
            for n in range(1, self.people + 1)
        )
        info = clips.VideoInfo(clip.path.name, SIZE, FPS, self.frames, (str(clip.path), 1, 1))
        return types.VideoTracks(info, clip, numbers, numbers / FPS, everybody)


class FakeReading:
    """Stands for a `CachedTracking` and for its `Tracking`."""

    def __init__(self, fake: FakeVideos, clip: Any) -> None:
        self.fake, self.clip = fake, clip
        self.tracking: Any = None
        self.tracker = SimpleNamespace(frames=[], seen={})
        self.latest: Any = None
        last = fake.frames - 1 if clip.end is None else min(clip.end, fake.frames - 1)
        self.expected_count = last - clip.start + 1

    def job(self) -> Generator[Any, None, Any]:
        """A frame a step."""
        progress = self.fake.package("backend.job").Progress
        self.tracking = self
        try:
            for number in range(self.expected_count):
                if self.fake.error is not None and 2 * number > self.expected_count:
                    raise self.fake.error
                self.fake.read += 1
                self.tracker.frames.append(self.clip.start + number)
                self.latest = SimpleNamespace(image=np.zeros((SIZE[1], SIZE[0], 3), np.uint8))
                # Another stage ends the tick: a frame a tick, however fast the computer is.
                yield progress("Following people" + " " * (number % 2), (number + 1) / self.expected_count)
        except GeneratorExit:
            self.fake.closed += 1
            raise
        return self.result()

    def result(self) -> Any:
        """All frames so far."""
        return self.fake.tracks(self.clip, len(self.tracker.frames))


class PlayedContext:
    """The part of Blender's context that the operator talks to; the scene and the active object are the real ones."""

    def __init__(self, bpy: Any) -> None:
        self._bpy = bpy
        self.log: list[str] = []
        self.asked: list[Any] = []
        self.window = object()
        self.preferences = bpy.context.preferences
        self.workspace = SimpleNamespace(name="no such workspace", status_text_set=self.note("status"))
        self.window_manager = SimpleNamespace(
            windows=(),
            contrapposto_video=bpy.context.window_manager.contrapposto_video,
            progress_begin=self.note("begin"),
            progress_update=self.note("update"),
            progress_end=self.note("end"),
            event_timer_add=self.note("timer"),
            event_timer_remove=self.note("timer removed"),
            modal_handler_add=self.note("handler"),
            popup_menu=lambda draw, **_words: self.asked.append(draw),
        )

    @property
    def scene(self) -> Any:
        return self._bpy.context.scene

    @property
    def active_object(self) -> Any:
        return self._bpy.context.active_object

    def note(self, name: str) -> Callable[..., None]:
        return lambda *_arguments, **_options: self.log.append(name)


class _WithWindow:
    """`bpy.app`, as it is where there is a window."""

    background = False

    def __init__(self, app: Any) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        return getattr(self._app, name)


TICK = SimpleNamespace(type="TIMER", value="NOTHING")
ESCAPE = SimpleNamespace(type="ESC", value="PRESS")


def install(package: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> FakeVideos:
    """Put a fake in the place of reading and solving until the test ends."""
    pytest.importorskip("scipy", reason="poses are computed with scipy")
    pytest.importorskip("cv2", reason="the operator asks for OpenCV before anything else")
    fake = FakeVideos(package)
    cache = package("backend.video_cache")
    monkeypatch.setattr(cache, "CachedTracking", fake.reading)
    monkeypatch.setattr(cache, "cached_motion", fake.motion_job)
    monkeypatch.setattr(cache.VideoCache, "motion", lambda _self, _tracks, _person: None)
    monkeypatch.setattr(package("backend.packages"), "require_torch", lambda: None)
    glimpse = package("backend.video_glimpse")
    monkeypatch.setattr(
        glimpse, "followed_pose", lambda _tracker, _size: glimpse.fitted_pose(fake.raw(1, 8).rotations[3])
    )
    models = SimpleNamespace(estimator=lambda _solver: None)
    monkeypatch.setattr(package("operators.session").session, "models", lambda _chosen: models)
    return fake


def play(package: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch, bpy: Any, path: Path, **given: Any):
    """The operator of a video begun in a window that is played; returns it with its context."""
    module, properties = package("operators.estimate_video"), package("video_properties")

    class Played(module.PosesFromVideo):
        def __init__(self) -> None:
            self.reports: list[tuple[str, str]] = []
            context = bpy.context
            for name in properties.KEYING_NAMES:
                setattr(self, name, getattr(context.window_manager.contrapposto_video, name))
            for name in properties.CLIP_NAMES:
                setattr(self, name, getattr(context.scene.contrapposto.video, name))
            self.filepath = str(path)
            self.__dict__.update(given)
            self.properties = SimpleNamespace(is_property_set=lambda _name: True)

        def report(self, kind: set[str], text: str) -> None:
            self.reports.append((*kind, text))

    monkeypatch.setattr(package("operators.modal_job").bpy, "app", _WithWindow(bpy.app))
    operator, context = Played(), PlayedContext(bpy)
    operator._ask = True
    assert operator.start_job(context) == {"RUNNING_MODAL"}
    return operator, context


def tick_until(operator: Any, context: PlayedContext, done: Callable[[], bool], *, most: int = 2000) -> set[str]:
    """Let the timer tick until something holds or the operator ends; its last answer."""
    for _ in range(most):
        answer = operator.modal(context, TICK)
        if answer != {"RUNNING_MODAL"} or done():
            return answer
    raise AssertionError("the operator did not come to an end")
