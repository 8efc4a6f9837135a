"""Changes what the header of an MP4 file written by OpenCV says: how it is turned, and when its frames are shown."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_TURNED = {
    0: (1, 0, 0, 1),
    90: (0, 1, -1, 0),
    180: (-1, 0, 0, -1),
    270: (0, -1, 1, 0),
}
"""a, b, c, d of the display matrix (ISO/IEC 14496-12, 8.3.2): clockwise, as phones write it."""


def set_rotation(path: Path, degrees: int) -> None:
    """State that the frames are to be shown turned clockwise."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    matrix = at + (52 if data[at] == 1 else 40)
    a, b, c, d = (value * 0x10000 for value in _TURNED[degrees])
    data[matrix : matrix + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)


def set_size(path: Path, width: int, height: int) -> None:
    """State another size in the sample description, whatever the frames have."""
    data = bytearray(path.read_bytes())
    at = data.index(b"mp4v", data.index(b"stsd")) + 4
    data[at + 24 : at + 28] = struct.pack(">HH", width, height)
    path.write_bytes(data)


def set_durations(path: Path, durations: Sequence[int]) -> None:
    """State how many ticks each frame is shown: a variable frame rate."""
    data = path.read_bytes().replace(b"edts", b"free")  # the edit list ends with the old duration
    table = struct.pack(">I", len(durations)) + b"".join(struct.pack(">II", 1, each) for each in durations)
    path.write_bytes(_replaced(data, b"stts", b"\0\0\0\0" + table))


def first_duration(path: Path) -> int:
    """Ticks for which the first frame is shown."""
    data = path.read_bytes()
    at = data.index(b"stts") + 4
    return struct.unpack(">I", data[at + 12 : at + 16])[0]


def move_index_to_front(path: Path) -> None:
    """Put `moov` before `mdat`, so that a file that is cut off can still be opened."""
    boxes = _boxes(path.read_bytes())
    moov = next(content for kind, content in boxes if kind == b"moov")
    moov = _shifted(moov, len(moov) + 8)
    rest = [(kind, content) for kind, content in boxes if kind not in (b"moov", b"ftyp")]
    ordered = [*[box for box in boxes if box[0] == b"ftyp"], (b"moov", moov), *rest]
    path.write_bytes(b"".join(_box(*box) for box in ordered))


def _shifted(moov: bytes, by: int) -> bytes:
    """With all chunk offsets moved."""
    at = moov.index(b"stco") + 4
    count = struct.unpack(">I", moov[at + 4 : at + 8])[0]
    offsets = struct.unpack(f">{count}I", moov[at + 8 : at + 8 + 4 * count])
    moved = struct.pack(f">{count}I", *(offset + by for offset in offsets))
    return moov[: at + 8] + moved + moov[at + 8 + 4 * count :]


def _replaced(data: bytes, wanted: bytes, new: bytes) -> bytes:
    """`data`, a series of boxes, with the content of the first box of this kind exchanged."""
    return b"".join(
        _box(kind, new if kind == wanted else _replaced(content, wanted, new) if kind in _CONTAINERS else content)
        for kind, content in _boxes(data)
    )


def _boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 0
    while at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        assert length >= 8, kind
        found.append((kind, data[at + 8 : at + length]))
        at += length
    return found


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content
