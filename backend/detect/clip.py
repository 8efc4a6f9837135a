"""What is asked of a video, what a video says of itself, and its frames: the types of reading."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..arrays import ImageArray
from ..errors import InputError
from .frame_times import plausible_fps


@dataclass(frozen=True)
class Clip:
    """A part of a video file or of an image sequence.

    Attributes:
        path: a video file; or a folder of pictures, or one picture of a numbered run.
        start: the first frame, counted from 0 in the source.
        end: the last frame, which is read too; None for all.
        step: of the frames from `start` on one in so many is read.
        fps: frames per second of an image sequence, which knows none; of a file that states one it is ignored.

    Raises:
        InputError: a number is out of range.
    """

    path: Path
    start: int = 0
    end: int | None = None
    step: int = 1
    fps: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", Path(self.path))
        if self.start < 0:
            raise InputError(f"The start frame must be 0 or more, not {self.start}.")
        if self.step < 1:
            raise InputError(f"The step must be 1 or more frames, not {self.step}.")
        if self.end is not None and self.end < self.start:
            raise InputError(f"The end frame {self.end} lies before the start frame {self.start}. Exchange them.")
        if self.fps is not None and plausible_fps(self.fps) is None:
            raise InputError(f"The frame rate must be above 0 and at most 1000 frames per second, not {self.fps:g}.")


@dataclass(frozen=True)
class VideoInfo:
    """What a video says of itself.

    Attributes:
        name: of the file or folder, for messages.
        size: width and height in pixels, upright.
        fps: mean frames per second.
        frame_count: as the file states it; 0 where it does not or cannot be believed.
        stamp: path, time of change in nanoseconds and bytes, by which a cache knows that the file is the same.
    """

    name: str
    size: tuple[int, int]
    fps: float
    frame_count: int
    stamp: tuple[str, int, int]


@dataclass(frozen=True)
class VideoFrame:
    """One picture of a video.

    Attributes:
        index: its number in the source, from 0.
        time_s: seconds after the source's first frame; strictly increasing.
        image: (H, W, 3) uint8 RGB, upright.
    """

    index: int
    time_s: float
    image: ImageArray
