"""Numbered pictures as a video: finds the run, names its gaps, and reads one picture at a time."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..arrays import ImageArray
from ..errors import InputError
from .clip import Clip, VideoInfo
from .image import load_image

_ENDINGS: Final = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".exr", ".hdr", ".jp2", ".tga"})
_NUMBER: Final = re.compile(r"^(.*?)(\d+)(\D*)$")
USUAL_FPS: Final = 24.0
"""Blender's own rate, of sequences that are given none."""
_MOST_NAMED: Final = 5
_MOST_DIGITS: Final = 9


@dataclass(frozen=True)
class PictureSequence:
    """The pictures of a run.

    Attributes:
        info: as of a video; `frame_count` counts gaps too.
        files: index in the source (number less the first number) and file of each, ascending.
        fps: frames per second.
    """

    info: VideoInfo
    files: tuple[tuple[int, Path], ...]
    fps: float


class PictureReader:
    """Goes through a `PictureSequence`; see `video_file.FrameReader`. Pictures that cannot be used are gaps."""

    def __init__(self, sequence: PictureSequence) -> None:
        self._sequence = sequence
        self._at = -1
        self._unread: list[str] = []

    def advance(self) -> tuple[int, float] | None:
        """The index and time of the next picture."""
        self._at += 1
        if self._at >= len(self._sequence.files):
            return None
        index = self._sequence.files[self._at][0]
        return index, index / self._sequence.fps

    def image(self) -> ImageArray | None:
        """The pixels; None for a picture that is damaged or of another size than the first."""
        path = self._sequence.files[self._at][1]
        try:
            pixels = load_image(path)
        except InputError as error:
            self._unread.append(str(error))
            return None
        width, height = self._sequence.info.size
        if pixels.shape[:2] != (height, width):
            self._unread.append(
                f"{path.name} has {pixels.shape[1]} x {pixels.shape[0]} pixels, where the first picture has {width} x "
                f"{height}."
            )
            return None
        return pixels

    def is_cut_off(self) -> bool:
        """Never: pictures state no number."""
        return False

    def notes(self) -> tuple[str, ...]:
        """The gaps, and what could not be used."""
        notes: list[str] = []
        gaps = gaps_of([index for index, _ in self._sequence.files])
        if gaps:
            one = len(gaps) == 1 and gaps[0][0] == gaps[0][1]
            what = "A picture is missing" if one else "Pictures are missing"
            notes.append(f"{what} in {self._sequence.info.name}: frame{'' if one else 's'} {_named(gaps)}.")
        if self._unread:
            more = len(self._unread) - _MOST_NAMED
            rest = f" And {more} more." if more > 0 else ""
            notes.append("Left out: " + " ".join(self._unread[:_MOST_NAMED]) + rest)
        return tuple(notes)

    def close(self) -> None:
        """Nothing is held open."""


def is_picture_name(path: Path) -> bool:
    """Whether the ending is that of a picture."""
    return path.suffix.lower() in _ENDINGS


def open_sequence(clip: Clip) -> PictureSequence:
    """The run that a folder holds or that a picture belongs to; the size is that of its first readable picture.

    Raises:
        InputError: there is no picture, several runs could be meant, or no picture can be read.
    """
    path = clip.path
    files = _run_in_folder(path) if path.is_dir() else _run_around(path)
    fps = clip.fps or USUAL_FPS
    size = _first_size(files, path)
    facts = [file.stat() for _, file in files]
    stamp = (str(path.resolve()), max(each.st_mtime_ns for each in facts), sum(each.st_size for each in facts))
    return PictureSequence(VideoInfo(path.name, size, fps, files[-1][0] + 1, stamp), files, fps)


def gaps_of(indices: list[int]) -> list[tuple[int, int]]:
    """The first and last missing number of each gap in ascending numbers."""
    return [(low + 1, high - 1) for low, high in itertools.pairwise(indices) if high > low + 1]


def _named(gaps: list[tuple[int, int]]) -> str:
    words = [f"{low}" if low == high else f"{low} to {high}" for low, high in gaps[:_MOST_NAMED]]
    return ", ".join(words) + (f" and {len(gaps) - _MOST_NAMED} more gaps" if len(gaps) > _MOST_NAMED else "")


def _first_size(files: tuple[tuple[int, Path], ...], path: Path) -> tuple[int, int]:
    error: InputError | None = None
    for _, file in files[:_MOST_NAMED]:
        try:
            pixels = load_image(file)
        except InputError as unreadable:
            error = error or unreadable
            continue
        return pixels.shape[1], pixels.shape[0]
    raise InputError(f"No picture of {path} can be read. The first: {error}")


def _run_around(path: Path) -> tuple[tuple[int, Path], ...]:
    """All numbered pictures beside `path` that differ from it only in the number; `path` alone where it has none."""
    key, number = _parts(path)
    if number is None:
        return ((0, path),)
    return _numbered([other for other in path.parent.iterdir() if is_picture_name(other) and _parts(other)[0] == key])


def _run_in_folder(folder: Path) -> tuple[tuple[int, Path], ...]:
    pictures = sorted(path for path in folder.iterdir() if is_picture_name(path) and not path.name.startswith("."))
    if not pictures:
        raise InputError(f"{folder} holds no pictures. Choose a video file, or a folder with the pictures of one.")
    runs: dict[tuple[str, str, str], list[Path]] = {}
    for path in pictures:
        key, number = _parts(path)
        if number is not None:
            runs.setdefault(key, []).append(path)
    longest = sorted(runs.values(), key=len, reverse=True)
    if len(longest) > 1 and len(longest[1]) > 1:
        names = ", ".join(run[0].name for run in longest[:_MOST_NAMED])
        raise InputError(f"{folder} holds {len(longest)} runs of pictures ({names}). Choose one picture of the run.")
    if not longest or len(longest[0]) == 1:
        return tuple(enumerate(pictures))
    return _numbered(longest[0])


def _numbered(paths: list[Path]) -> tuple[tuple[int, Path], ...]:
    """Sorted by number, counted from the first; of two files with one number (7 and 007) the first name stays."""
    by_number: dict[int, Path] = {}
    for path in sorted(paths):
        by_number.setdefault(_parts(path)[1] or 0, path)
    first = min(by_number)
    return tuple((number - first, by_number[number]) for number in sorted(by_number))


def _parts(path: Path) -> tuple[tuple[str, str, str], int | None]:
    """What is before the last number in the name, what is after it, and the ending; and the number."""
    match = _NUMBER.match(path.stem)
    if match is None or len(match[2]) > _MOST_DIGITS:
        return (path.stem, "", path.suffix.lower()), None
    return (match[1], match[3], path.suffix.lower()), int(match[2])
