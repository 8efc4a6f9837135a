"""The camera behind a picture, as far as its EXIF block tells: TIFF tags read by hand, each read bounds-checked.

Sources: CIPA DC-008-2023 (Exif 3.0) for the tags, TIFF 6.0 for the directories, W3C PNG (third edition) for `eXIf`,
Google's WebP container specification. Whatever is damaged or unlikely counts as not said.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..camera import FULL_FRAME_DIAGONAL_MM, Camera
from .image_header import ImageKind, kind_of

_EXIF_IFD, _ORIENTATION, _FOCAL, _FOCAL_35 = 0x8769, 0x0112, 0x920A, 0xA405
_WIDTH, _HEIGHT, _ZOOM = 0xA002, 0xA003, 0xA404
_PLANE_X, _PLANE_Y, _PLANE_UNIT = 0xA20E, 0xA20F, 0xA210
_WANTED: Final = frozenset({_EXIF_IFD, _ORIENTATION, _FOCAL, _FOCAL_35, _WIDTH, _HEIGHT, _ZOOM, _PLANE_X, _PLANE_Y,
                            _PLANE_UNIT})  # fmt: skip
_TYPES: Final = {1: "B", 3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}
"""TIFF field types of one number as `struct` reads them; two letters are a fraction."""
_MILLIMETRES: Final = {2: 25.4, 3: 10.0, 4: 1.0, 5: 1e-3}
"""Of FocalPlaneResolutionUnit: inch, centimetre, millimetre, micrometre."""
_MOST_ENTRIES: Final = 512
_FOCAL_SHARES: Final = (0.15, 30.0)
"""Focal lengths in diagonals that lenses have: of 6.5 mm and of 1300 mm on 35 mm film."""
_SAME_SHAPE: Final = 0.01
_SQUARE: Final = 0.02
_LEAST_CROP: Final = 0.5
"""A picture of another shape that is smaller than this in both directions was probably scaled as well as cropped."""


@dataclass(frozen=True)
class _Tags:
    """What an EXIF block says; 0 where it does not."""

    values: dict[int, float]

    def __getitem__(self, tag: int) -> float:
        return self.values.get(tag, 0.0)

    @property
    def stated_size(self) -> tuple[float, float]:
        """Width and height that the picture had in the camera, turned upright; 0 where they are not said."""
        width, height = self[_WIDTH], self[_HEIGHT]
        return (height, width) if 5 <= self[_ORIENTATION] <= 8 else (width, height)


def exif_camera(data: bytes, size: tuple[int, int]) -> Camera | None:
    """The pinhole camera of a picture file, its principal point in the middle; None where the file does not tell it.

    The equivalent focal length on 35 mm film is taken, else focal length and focal plane resolution. A picture of
    the shape that its EXIF block states was at most scaled; a smaller one of another shape was cropped.

    Args:
        data: the file.
        size: width and height of the upright picture in pixels.
    """
    tags = _read_tags(data)
    full = _uncropped_diagonal(tags, size) if tags is not None else None
    if tags is None or full is None:
        return None
    diagonal, scale = full
    focal = tags[_FOCAL_35] / FULL_FRAME_DIAGONAL_MM * diagonal or _by_plane(tags) * scale
    share = focal / max(diagonal, 1.0)
    if not _FOCAL_SHARES[0] <= share <= _FOCAL_SHARES[1]:
        return None
    return Camera(focal, focal, size[0] / 2.0, size[1] / 2.0)


def exif_orientation(data: bytes) -> int:
    """1 to 8 as the EXIF block says; 1, upright, where it does not."""
    tags = _read_tags(data)
    orientation = int(tags[_ORIENTATION]) if tags is not None else 1
    return orientation if 1 <= orientation <= 8 else 1


def _uncropped_diagonal(tags: _Tags, size: tuple[int, int]) -> tuple[float, float] | None:
    """Of the picture as the camera took it, in this picture's pixels; and how these are to the camera's pixels.

    None for a picture that was both cropped and scaled, so that nothing can be told.
    """
    width, height = size
    stated_width, stated_height = tags.stated_size
    if min(stated_width, stated_height) < 1.0:
        return math.hypot(width, height), 1.0
    across, down = width / stated_width, height / stated_height
    if abs(across / down - 1.0) < _SAME_SHAPE:
        return math.hypot(width, height), across
    if _LEAST_CROP <= max(across, down) <= 1.0:
        return math.hypot(stated_width, stated_height), 1.0
    return None


def _by_plane(tags: _Tags) -> float:
    """Focal length in the camera's pixels by focal plane resolution; 0 where it is not said or pixels are oblong."""
    across, down = tags[_PLANE_X], tags[_PLANE_Y] or tags[_PLANE_X]
    unit = _MILLIMETRES.get(int(tags[_PLANE_UNIT]) or 2, 0.0)
    if min(across, down, unit) <= 0.0 or abs(across / down - 1.0) > _SQUARE:
        return 0.0
    return tags[_FOCAL] * across / unit * max(tags[_ZOOM], 1.0)


def _read_tags(data: bytes) -> _Tags | None:
    """The tags of the first EXIF block that can be read."""
    for block in _blocks(data):
        order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
        if order is None:
            continue
        values = _directory(block, order, at=_number(block, order + "I", 4))
        for tag, value in _directory(block, order, at=values.get(_EXIF_IFD, 0.0)).items():
            values.setdefault(tag, value)
        if values:
            return _Tags(values)
    return None


def _blocks(data: bytes) -> Iterator[bytes]:
    """Candidates for EXIF blocks, each from its TIFF header on."""
    kind = kind_of(data)
    if kind is ImageKind.JPEG:
        yield from _jpeg_blocks(data)
    elif kind is ImageKind.PNG:
        yield from _png_blocks(data)
    elif kind is ImageKind.WEBP:
        yield from _webp_blocks(data)
    elif data[:4] in (b"II*\x00", b"MM\x00*"):
        yield data


def _jpeg_blocks(data: bytes) -> Iterator[bytes]:
    """The APP1 segments called Exif, before the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE1 and data[at + 4 : at + 10] == b"Exif\x00\x00":
            yield data[at + 10 : at + 2 + length]
        at += 2 + max(length, 2)


def _png_blocks(data: bytes) -> Iterator[bytes]:
    """The eXIf chunks: length, name, content, checksum."""
    at = 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"eXIf":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length


def _webp_blocks(data: bytes) -> Iterator[bytes]:
    """The EXIF chunks: name, length, content, padded to even length."""
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            yield data[at + 8 : at + 8 + length].removeprefix(b"Exif\x00\x00")
        at += 8 + length + length % 2


def _directory(block: bytes, order: str, *, at: float) -> dict[int, float]:
    """The wanted entries of one TIFF directory; empty where there is none."""
    start, found = int(at), dict[int, float]()
    if start < 8:
        return found
    for entry in range(min(int(_number(block, order + "H", start)), _MOST_ENTRIES)):
        place = start + 2 + 12 * entry
        tag, kind = int(_number(block, order + "H", place)), int(_number(block, order + "H", place + 2))
        if tag not in _WANTED or kind not in _TYPES or tag in found:
            continue
        fraction = len(_TYPES[kind]) == 2
        where = int(_number(block, order + "I", place + 8)) if fraction else place + 8
        value = _number(block, order + _TYPES[kind][0], where)
        below = _number(block, order + _TYPES[kind][0], where + 4) if fraction else 1.0
        found[tag] = value / below if below else 0.0
    return found


def _number(block: bytes, form: str, at: int) -> float:
    """One number; 0 where the block ends before it does."""
    size = struct.calcsize(form)
    if at < 0 or at + size > len(block):
        return 0.0
    return float(struct.unpack_from(form, block, at)[0])
