"""What `contrapposto video` can be asked for, checked before any work begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from .cli_rig_request import RigRequest
from .detect.clip import Clip
from .errors import InputError
from .keying.error_bound import ErrorBound
from .keying.key_reduction import Reduction
from .refine.finish import MotionSettings
from .video_cache import VideoCache, user_folder

DESTINATIONS: Final[dict[str, Literal["CURRENT", "NEW_ACTION", "NLA"]]] = {
    "current": "CURRENT",
    "new": "NEW_ACTION",
    "nla": "NLA",
}
MAX_ERROR_DEG: Final = 2.0
MAX_ERROR_MM: Final = 20.0
_MOST_FPS: Final = 1000.0


@dataclass(frozen=True)
class VideoRequest(RigRequest):
    """What `contrapposto video` was asked for.

    Attributes:
        video: a video file, a folder of pictures, or one picture of a numbered run.
        start, end, step, fps: which frames; see `Clip`.
        person: counted from 1.
        list_people: tell who is in the video, and do nothing else.
        thumbnails: the folder for pictures of them, or None.
        keys: "dense" or "reduced".
        max_error_deg, max_error_mm: bounds of reduced keys; None for the default.
        lock_feet, smoothing: see `MotionSettings`.
        scene_fps: frames a second of the keys, or None for the rig file's own, else the video's.
        camera_motion: the camera turns; take that out.
        loop: make the best cycle of it.
        destination: one of `DESTINATIONS`.
        cache: the folder of what is kept between runs, or None for the user's.
        no_cache: keep nothing.
    """

    video: Path
    start: int
    end: int | None
    step: int
    fps: float | None
    person: int
    list_people: bool
    thumbnails: Path | None
    keys: str
    max_error_deg: float | None
    max_error_mm: float | None
    lock_feet: bool
    smoothing: float
    scene_fps: float | None
    camera_motion: bool
    loop: bool
    destination: str
    cache: Path | None
    no_cache: bool

    def __post_init__(self) -> None:
        if self.person < 1:
            raise InputError(f"--person counts from 1, so {self.person} is nobody.")
        if self.scene_fps is not None and not 0.0 < self.scene_fps <= _MOST_FPS:
            raise InputError(f"--scene-fps must be above 0 and at most {_MOST_FPS:.0f}, not {self.scene_fps:g}.")
        if self.keys != "reduced" and (self.max_error_deg, self.max_error_mm) != (None, None):
            raise InputError("--max-error-deg and --max-error-mm bound reduced keys: add --keys reduced.")
        if self.no_cache and self.cache is not None:
            raise InputError("--no-cache keeps nothing: leave out --cache.")
        if self.thumbnails is not None and not self.list_people:
            raise InputError("--thumbnails shows who is in the video: add --list-people.")
        if self.list_people and (self.wants_rig or self.npz is not None):
            raise InputError(
                "--list-people only tells who is in the video: leave out the rig and what is to be written."
            )
        _ = self.clip, self.settings, self.reduction  # their own checks
        self.check()

    @property
    def clip(self) -> Clip:
        """The frames to read."""
        return Clip(self.video, start=self.start, end=self.end, step=self.step, fps=self.fps)

    @property
    def settings(self) -> MotionSettings:
        """How the motion is finished."""
        return MotionSettings(smoothing_hz=self.smoothing, lock_feet=self.lock_feet, in_place=self.in_place)

    @property
    def reduction(self) -> Reduction | None:
        """How keys are reduced; None for one in every frame."""
        if self.keys != "reduced":
            return None
        degrees = MAX_ERROR_DEG if self.max_error_deg is None else self.max_error_deg
        millimetres = MAX_ERROR_MM if self.max_error_mm is None else self.max_error_mm
        return Reduction(ErrorBound(degrees, millimetres))

    @property
    def store(self) -> VideoCache | None:
        """What is kept between runs."""
        return None if self.no_cache else VideoCache(self.cache or user_folder())

    def files_read(self) -> Iterator[Path]:
        """Files that must not be written over."""
        yield self.video
        yield from super().files_read()
