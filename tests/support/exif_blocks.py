"""EXIF blocks made from numbers, and pictures that carry them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from fractions import Fraction

import cv2
import numpy as np

Value = int | Fraction
ORIENTATION, EXIF_IFD = 0x0112, 0x8769
FOCAL, FOCAL_35, WIDTH, HEIGHT, ZOOM = 0x920A, 0xA405, 0xA002, 0xA003, 0xA404
PLANE_X, PLANE_Y, PLANE_UNIT = 0xA20E, 0xA20F, 0xA210


def _directory(tags: Mapping[int, Value], order: str, *, start: int) -> bytes:
    """A TIFF directory at `start`: integers as SHORT or LONG, fractions behind the directory."""
    entries, behind = b"", b""
    data_at = start + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        if isinstance(value, Fraction):
            entries += struct.pack(order + "HHII", tag, 5, 1, data_at + len(behind))
            behind += struct.pack(order + "II", value.numerator, value.denominator)
        elif tag in (EXIF_IFD, WIDTH, HEIGHT):
            entries += struct.pack(order + "HHII", tag, 4, 1, value)
        else:
            entries += struct.pack(order + "HHIHH", tag, 3, 1, value, 0)
    return struct.pack(order + "H", len(tags)) + entries + struct.pack(order + "I", 0) + behind


def exif_block(tags: Mapping[int, Value], *, order: str = "<", orientation: int = 1) -> bytes:
    """A TIFF block: the orientation in its first directory, `tags` in the EXIF directory."""
    main = {ORIENTATION: orientation, EXIF_IFD: 0}
    place = 8 + len(_directory(main, order, start=8))
    header = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return header + _directory({**main, EXIF_IFD: place}, order, start=8) + _directory(tags, order, start=place)


def picture(width: int, height: int) -> np.ndarray:
    """(H, W, 3) uint8, all grey."""
    return np.full((height, width, 3), 128, np.uint8)


def encoded(suffix: str, width: int, height: int) -> bytes:
    """A grey picture as a file."""
    done, data = cv2.imencode(suffix, picture(width, height))
    assert done
    return data.tobytes()


def jpeg(block: bytes, width: int, height: int) -> bytes:
    """A JPEG with an EXIF block."""
    data, segment = encoded(".jpg", width, height), b"Exif\0\0" + block
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(segment) + 2) + segment + data[2:]


def png(block: bytes, width: int, height: int) -> bytes:
    """A PNG with an eXIf chunk."""
    data = encoded(".png", width, height)
    chunk = struct.pack(">I", len(block)) + b"eXIf" + block + struct.pack(">I", zlib.crc32(b"eXIf" + block))
    return data[:33] + chunk + data[33:]


def webp(block: bytes, width: int, height: int) -> bytes:
    """A WebP with an EXIF chunk at its end."""
    data = encoded(".webp", width, height)
    data += b"EXIF" + struct.pack("<I", len(block)) + block + b"\0" * (len(block) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
