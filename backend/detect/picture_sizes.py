"""Width and height that the headers of less usual pictures state, read before anything is decoded, each read bounded.

Sources: RFC 9649 (WebP), TIFF 6.0 and the BigTIFF design, the GIF89a specification, Netpbm's manual, Ward's Radiance
format, ISO/IEC 15444-1 annexes A and I (JPEG 2000), ISO/IEC 23008-12 (`ispe`), OpenEXR's file layout, Sun's rasterfile.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Final

Size = tuple[int, int]

_HEAD: Final = 4096
_MOST_ENTRIES: Final = 4096
_TIFF_SIZES: Final = {1: 1, 3: 2, 4: 4, 16: 8}
_SPACE: Final = rb"(?:\s|#[^\n]*\n)+"
_PORTABLE: Final = re.compile(rb"P[1-6fF]" + _SPACE + rb"(\d{1,10})" + _SPACE + rb"(\d{1,10})")
_ARBITRARY: Final = {name: re.compile(rb"\n" + name + rb"\s+(\d{1,10})") for name in (b"WIDTH", b"HEIGHT")}
_RADIANCE: Final = re.compile(rb"\n[-+]([XY])\s+(\d{1,10})\s+[-+]([XY])\s+(\d{1,10})")


def size_of(data: bytes) -> Size | None:
    """Width and height; None where the signature is not known here, or the header says nothing."""
    for signature, read in _READERS:
        if data.startswith(signature):
            return read(data)
    if data[4:8] == b"ftyp":
        return _of_heif(data)
    return None


def _of_webp(data: bytes) -> Size | None:
    """The canvas of an extended file, or the frame; the larger of both where a file has both."""
    if data[8:12] != b"WEBP":
        return None
    found: list[Size] = []
    for name, at, length in _riff_chunks(data):
        if name == b"VP8X" and length >= 10:
            found.append((_u24(data, at + 4) + 1, _u24(data, at + 7) + 1))
        elif name == b"VP8L" and length >= 5:
            bits = int.from_bytes(data[at + 1 : at + 5], "little")
            found.append(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        elif name == b"VP8 " and length >= 10:
            found.append((_u16(data, at + 6) & 0x3FFF, _u16(data, at + 8) & 0x3FFF))
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _riff_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], at + 8, length
        at += 8 + length + length % 2


def _of_tiff(data: bytes) -> Size | None:
    """The largest width and height that the first directory states, should it state several."""
    order = "<" if data[:2] == b"II" else ">"
    is_big = _number(data, order + "H", 2) == 43
    start = _number(data, order + ("Q" if is_big else "I"), 8 if is_big else 4)
    count = _number(data, order + ("Q" if is_big else "H"), start)
    first, length = start + (8 if is_big else 2), 20 if is_big else 12
    sides = {256: 0, 257: 0}
    for entry in range(min(count, _MOST_ENTRIES)):
        at = first + entry * length
        tag, kind = _number(data, order + "H", at), _number(data, order + "H", at + 2)
        if tag in sides and kind in _TIFF_SIZES:
            form = {1: "B", 2: "H", 4: "I", 8: "Q"}[_TIFF_SIZES[kind]]
            sides[tag] = max(sides[tag], _number(data, order + form, at + (12 if is_big else 8)))
    return (sides[256], sides[257]) if all(sides.values()) else None


def _of_gif(data: bytes) -> Size | None:
    return (_u16(data, 6), _u16(data, 8)) if len(data) >= 10 else None


def _of_portable(data: bytes) -> Size | None:
    if data.startswith(b"P7"):
        head = data[:_HEAD].partition(b"ENDHDR")[0]
        sides = [pattern.search(head) for pattern in _ARBITRARY.values()]
        return (int(sides[0][1]), int(sides[1][1])) if sides[0] and sides[1] else None
    found = _PORTABLE.match(data[:_HEAD])
    return (int(found[1]), int(found[2])) if found else None


def _of_radiance(data: bytes) -> Size | None:
    found = _RADIANCE.search(data[:_HEAD])
    if found is None or found[1] == found[3]:
        return None
    sides = {found[1]: int(found[2]), found[3]: int(found[4])}
    return sides[b"X"], sides[b"Y"]


def _of_sun(data: bytes) -> Size | None:
    return struct.unpack(">II", data[4:12]) if len(data) >= 12 else None


def _of_jpeg2000(data: bytes) -> Size | None:
    """The SIZ segment of the code stream, and the image header box before it where it says more."""
    found: list[Size] = []
    box = data.find(b"ihdr", 0, _HEAD)
    if 0 <= box <= len(data) - 12:
        height, width = struct.unpack(">II", data[box + 4 : box + 12])
        found.append((width, height))
    stream = data.find(b"\xff\x4f\xff\x51")
    if 0 <= stream <= len(data) - 24:
        right, bottom, left, top = struct.unpack(">IIII", data[stream + 8 : stream + 24])
        found.append((max(right - left, 0), max(bottom - top, 0)))
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _of_exr(data: bytes) -> Size | None:
    at = data.find(b"dataWindow\0box2i\0", 0, _HEAD)
    if at < 0 or len(data) < at + 37:
        return None
    left, top, right, bottom = struct.unpack("<iiii", data[at + 21 : at + 37])
    return abs(right - left) + 1, abs(bottom - top) + 1


def _of_heif(data: bytes) -> Size | None:
    """The largest of the sizes of AVIF and HEIC files."""
    found: list[Size] = []
    at = data.find(b"ispe")
    while 0 <= at <= len(data) - 16 and len(found) < _MOST_ENTRIES:
        found.append(struct.unpack(">II", data[at + 8 : at + 16]))
        at = data.find(b"ispe", at + 4)
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _u24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")


def _number(data: bytes, form: str, at: int) -> int:
    """One whole number; 0 where the file ends before it does."""
    if at < 0 or at + struct.calcsize(form) > len(data):
        return 0
    return int(struct.unpack_from(form, data, at)[0])


_READERS: Final[tuple[tuple[bytes, Callable[[bytes], Size | None]], ...]] = (
    (b"RIFF", _of_webp),
    *((signature, _of_tiff) for signature in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")),
    (b"GIF8", _of_gif),
    *((b"P" + kind, _of_portable) for kind in (b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"f", b"F")),
    (b"#?", _of_radiance),
    (b"\x59\xa6\x6a\x95", _of_sun),
    (b"\0\0\0\x0cjP  \r\n\x87\n", _of_jpeg2000),
    (b"\xff\x4f\xff\x51", _of_jpeg2000),
    (b"\x76\x2f\x31\x01", _of_exr),
)
