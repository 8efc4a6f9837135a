"""Videos as a stream of upright RGB frames with real time stamps; holds one frame at a time. Knows nothing of people.

Files are read by OpenCV's FFmpeg. Its own turning and its guesses of positions are not used: frames are counted from
the first one, as seeking is not exact in all files.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from ..arrays import ImageArray
from ..errors import InputError
from ..packages import require_opencv
from ..quiet import quiet
from .clip import Clip, VideoFrame, VideoInfo
from .frame_times import FrameTimes, plausible_fps
from .image_sequence import PictureReader, is_picture_name, open_sequence

if TYPE_CHECKING:
    import cv2

__all__ = ["Clip", "VideoFrame", "VideoInfo", "VideoSource", "open_video"]

MOST_PIXELS: Final = 100_000_000
"""Three times an 8k frame; a header that states more is damaged or hostile."""
_USUAL_FPS: Final = 30.0
_TURNS: Final = (0, 90, 180, 270)
_CUT_OFF_SHARE: Final = 0.02
_CUT_OFF_FRAMES: Final = 3
"""A file is taken for cut off when its frames end earlier than it states by more than both; containers round."""


class FrameReader(Protocol):
    """Goes through a source frame by frame."""

    def advance(self) -> tuple[int, float] | None:
        """Go on to the next frame without decoding its pixels: its index and time in seconds; None at the end."""
        ...

    def image(self) -> ImageArray | None:
        """The pixels (H, W, 3) RGB of the frame that was reached, upright; None where they cannot be read."""
        ...

    def is_cut_off(self) -> bool:
        """Whether the frames that were read end clearly before the stated end; asked after the last one."""
        ...

    def notes(self) -> tuple[str, ...]:
        """What was odd in what has been read, in sentences."""
        ...

    def close(self) -> None:
        """Let the file go."""
        ...


class VideoFileReader:
    """A video file, read by OpenCV.

    Args:
        path: of an existing file.

    Raises:
        InputError: it is no video that OpenCV can read, it has no frames, or it states an impossible size.
    """

    def __init__(self, path: Path) -> None:
        self._capture = _opened(path)
        self._path = path
        self._index = -1
        self._quarter_turns = quarter_turns(_property(self._capture, "CAP_PROP_ORIENTATION_META"))
        self.fps = plausible_fps(_property(self._capture, "CAP_PROP_FPS"))
        self.frame_count = _stated_count(_property(self._capture, "CAP_PROP_FRAME_COUNT"), path)
        self._times = FrameTimes(self.fps)
        width, height = (int(_property(self._capture, f"CAP_PROP_FRAME_{side}")) for side in ("WIDTH", "HEIGHT"))
        self.size = (height, width) if self._quarter_turns % 2 else (width, height)
        self._last_s = 0.0
        self._unread = 0

    def advance(self) -> tuple[int, float] | None:
        """See `FrameReader`."""
        with quiet():
            there = self._capture.grab()
        if not there:
            return None
        self._index += 1
        self._last_s = self._times.next(_property(self._capture, "CAP_PROP_POS_MSEC") / 1000.0)
        return self._index, self._last_s

    def image(self) -> ImageArray | None:
        """See `FrameReader`. A frame of another size than the first is scaled to it."""
        import cv2

        with quiet():
            there, pixels = self._capture.retrieve()
        if not there or pixels.size == 0:
            self._unread += 1
            return None
        rgb = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB if pixels.ndim == 2 else cv2.COLOR_BGR2RGB)
        upright = turned(np.asarray(rgb, np.uint8), self._quarter_turns)
        if (upright.shape[1], upright.shape[0]) != self.size:
            upright = np.asarray(cv2.resize(upright, self.size, interpolation=cv2.INTER_AREA), np.uint8)
        return upright

    def notes(self) -> tuple[str, ...]:
        """See `FrameReader`."""
        notes: list[str] = []
        if self._times.repaired:
            notes.append(
                f"{self._times.repaired} time stamps of {self._path.name} run backwards or are missing; the frames "
                f"were spaced by the stated frame rate there."
            )
        if self._unread:
            notes.append(f"{self._unread} frames of {self._path.name} could not be decoded and were left out.")
        return tuple(notes)

    def is_cut_off(self) -> bool:
        """See `FrameReader`."""
        if not self.frame_count or self.fps is None:
            return False
        missing = self.frame_count - (self._index + 1)
        missing_time = self.frame_count - 1 - self._last_s * self.fps  # an estimated count is one of the duration
        return min(missing, missing_time) > max(_CUT_OFF_FRAMES, _CUT_OFF_SHARE * self.frame_count)

    def close(self) -> None:
        """See `FrameReader`."""
        self._capture.release()


class VideoSource:
    """A clip that can be read, from its start as often as needed; made by `open_video`.

    Attributes:
        info: what the video says of itself.
        clip: what is read of it.
        truncated: whether the last reading found the file to end before its stated end.
        notes: what was odd in the last reading, in sentences for the artist.
    """

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.truncated = False
        self.notes: tuple[str, ...] = ()
        self._reader, self.info = _open(clip)
        self._passed = -1

    @property
    def expected_count(self) -> int:
        """How many frames `frames` will yield if the file states the truth; 0 where it states nothing."""
        last = self.info.frame_count - 1
        if last < 0:
            return 0
        last = last if self.clip.end is None else min(last, self.clip.end)
        return max((last - self.clip.start) // self.clip.step + 1, 0)

    def frames(self, *, start_index: int | None = None) -> Iterator[VideoFrame]:
        """The frames of the clip, one after the other.

        Args:
            start_index: the first one is the first of the clip that has this number in the source or a later one; by
                default the clip's start. To reach it all frames before it are decoded: `skip_to` does that in steps.

        Raises:
            InputError: the clip starts beyond the end of the video.
        """
        first = max(self.clip.start, start_index or 0)
        for _ in self.skip_to(first):
            pass
        yielded = start_index is not None
        while (place := self._advance()) is not None:
            index, time_s = place
            if index < first or (index - self.clip.start) % self.clip.step:
                continue
            image = self._reader.image()
            if image is not None:
                yielded = True
                yield VideoFrame(index, time_s, image)
        self.notes = self._reader.notes() + ((self._cut_off_note(),) if self.truncated else ())
        if not yielded:
            raise InputError(
                f"{self.info.name} has {self._passed + 1} frames, counted from 0, so nothing is left from frame "
                f"{self.clip.start} on. Choose an earlier start frame."
            )

    def skip_to(self, index: int) -> Iterator[int]:
        """Go up to frame `index` of the source, without its pixels; yields each frame that is passed over."""
        if self._passed >= index:
            self._rewind()
        while self._passed < index - 1:
            place = self._advance()
            if place is None:
                return
            yield place[0]

    def close(self) -> None:
        """Let the file go."""
        self._reader.close()

    def _advance(self) -> tuple[int, float] | None:
        end = self.clip.end
        if end is not None and self._passed >= end:
            return None
        place = self._reader.advance()
        if place is None:
            self.truncated = self._reader.is_cut_off()
            return None
        self._passed = place[0]
        return None if end is not None and place[0] > end else place

    def _cut_off_note(self) -> str:
        return (
            f"{self.info.name} ends after frame {self._passed}, where it states {self.info.frame_count} frames: it is "
            f"cut off or damaged. What could be read was used."
        )

    def _rewind(self) -> None:
        self._reader.close()
        self._reader, self.info = _open(self.clip)
        self._passed = -1
        self.truncated = False


def open_video(clip: Clip) -> VideoSource:
    """Open a video file or an image sequence; its first frame is decoded to be sure that it is one.

    Raises:
        InputError: the file is missing, no video, empty, states an impossible size, or is shorter than `clip.start`.
        MissingPackageError: OpenCV is not installed.
    """
    require_opencv()
    source = VideoSource(clip)
    if not clip.path.is_dir() and not is_picture_name(clip.path):
        _check_first_frame(clip.path)
    return source


def quarter_turns(degrees: float) -> int:
    """How often a frame is turned clockwise by 90 degrees to stand upright, from the angle that the file states."""
    nearest = round(degrees / 90.0) * 90 % 360 if np.isfinite(degrees) else 0
    return _TURNS.index(nearest)


def turned(image: ImageArray, turns: int) -> ImageArray:
    """(H, W, 3) turned clockwise by `turns` quarters."""
    return np.ascontiguousarray(np.rot90(image, -turns)) if turns else image


def _open(clip: Clip) -> tuple[FrameReader, VideoInfo]:
    path = clip.path
    if not path.exists():
        raise InputError(f"{path} does not exist. Check the name and the folder.")
    if path.is_dir() or is_picture_name(path):
        pictures = open_sequence(clip)
        return PictureReader(pictures), pictures.info
    if not path.is_file():
        raise InputError(f"{path} is not a regular file. Choose a video file.")
    reader = VideoFileReader(path)
    if reader.frame_count and clip.start >= 1.1 * reader.frame_count + 10:
        raise InputError(
            f"{path.name} has about {reader.frame_count} frames, so nothing is left from frame {clip.start} on. "
            f"Choose an earlier start frame."
        )
    facts = path.stat()
    stamp = (str(path.resolve()), facts.st_mtime_ns, facts.st_size)
    return reader, VideoInfo(path.name, reader.size, reader.fps or clip.fps or _USUAL_FPS, reader.frame_count, stamp)


def _opened(path: Path) -> cv2.VideoCapture:
    """An open capture of a size that can be decoded, with its own turning switched off."""
    import cv2

    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            stream.read(1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Check that you may open it.") from error
    if size == 0:
        raise InputError(f"{path} is empty. Choose another video file.")
    with quiet():
        capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise InputError(
            f"{path} cannot be read as a video: it is no video file, or it is cut off before its index, or of a kind "
            f"that OpenCV does not know. Convert it to MP4 (H.264), or choose another."
        )
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 0)
    width, height = capture.get(cv2.CAP_PROP_FRAME_WIDTH), capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
    if not (width >= 1 and height >= 1 and width * height <= MOST_PIXELS):
        capture.release()
        raise InputError(
            f"{path} states frames of {width:.0f} x {height:.0f} pixels, which cannot be read (at most "
            f"{MOST_PIXELS // 1_000_000} million pixels). The file is damaged, or must be scaled down first."
        )
    return capture


def _check_first_frame(path: Path) -> None:
    """Raises: InputError: there is no frame, whatever the header says."""
    capture = _opened(path)
    with quiet():
        there, pixels = capture.read()
    capture.release()
    if not there or pixels.size == 0:
        raise InputError(f"{path} has no frame that can be read: it is empty or damaged. Choose another video file.")


def _property(capture: cv2.VideoCapture, name: str) -> float:
    import cv2

    return float(capture.get(getattr(cv2, name)))


def _stated_count(count: float, path: Path) -> int:
    """The stated number of frames, or 0 where it cannot be: each frame takes at least a byte of the file."""
    return int(count) if np.isfinite(count) and 0 < count <= path.stat().st_size else 0
