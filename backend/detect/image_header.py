"""What the first bytes of an image file say, before anything is decoded: its kind, its size, whether it is whole."""

from __future__ import annotations

import struct
from enum import Enum
from typing import Final

from .picture_sizes import size_of

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_JPEG_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_START_OF_SCAN: Final = 0xDA
_JPEG_WITHOUT_LENGTH: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class ImageKind(Enum):
    """The formats that need care of their own; everything else is `OTHER` and left to OpenCV."""

    JPEG = "JPEG"
    PNG = "PNG"
    WEBP = "WebP"
    BMP = "BMP"
    HEIC = "HEIC"
    OTHER = "other"


def kind_of(data: bytes) -> ImageKind:
    """The format that the signature names."""
    if data.startswith(b"\xff\xd8\xff"):
        return ImageKind.JPEG
    if data.startswith(_PNG_SIGNATURE):
        return ImageKind.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return ImageKind.WEBP
    if data.startswith(b"BM"):
        return ImageKind.BMP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return ImageKind.HEIC
    return ImageKind.OTHER


def stated_size(data: bytes) -> tuple[int, int] | None:
    """Width and height that the header states; None where it does not, or is that of no picture that is known."""
    kind = kind_of(data)
    if kind is ImageKind.PNG and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if kind is ImageKind.BMP and len(data) >= 26:
        if int.from_bytes(data[14:18], "little") == 12:  # OS/2's
            return struct.unpack("<HH", data[18:22])
        width, height = struct.unpack("<ii", data[18:26])
        return abs(width), abs(height)
    if kind is ImageKind.JPEG:
        return _walk_jpeg(data)[0]
    return size_of(data)


def is_cut_off(data: bytes) -> bool:
    """Whether the file ends before the picture does.

    OpenCV fills the missing part of such a JPEG or PNG with grey or black and says nothing. A JPEG is whole when an
    end-of-image marker follows its first scan: inside a scan 0xFF is always followed by a stuffed 0x00 or a restart
    number (ITU-T T.81, B.1.1.5), so a thumbnail's marker in the header cannot be mistaken for it. A PNG is whole
    when its chunks lead to IEND, a WebP or BMP when it is as long as it states.
    """
    kind = kind_of(data)
    if kind is ImageKind.JPEG:
        scan = _walk_jpeg(data)[1]
        return scan is None or data.find(b"\xff\xd9", scan) < 0
    if kind is ImageKind.PNG:
        return not _png_reaches_end(data)
    if kind is ImageKind.WEBP:
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if kind is ImageKind.BMP:
        return len(data) < int.from_bytes(data[2:6], "little")
    return False


def has_exif(data: bytes) -> bool:
    """Whether a PNG or WebP carries an EXIF block, and with it perhaps an orientation."""
    return kind_of(data) in (ImageKind.PNG, ImageKind.WEBP) and (b"eXIf" in data or b"EXIF" in data)


def _walk_jpeg(data: bytes) -> tuple[tuple[int, int] | None, int | None]:
    """The size that the frame header states, and where the first scan starts; None for what does not come."""
    size, at = None, 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in _JPEG_WITHOUT_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker in _JPEG_START_OF_FRAME and at + 9 <= len(data):
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            size = max(size or (0, 0), (width, height), key=lambda sides: sides[0] * sides[1])
        at += 2 + length
        if marker == _JPEG_START_OF_SCAN:
            return size, at
    return size, None


def _png_reaches_end(data: bytes) -> bool:
    at = len(_PNG_SIGNATURE)
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + length
    return False
