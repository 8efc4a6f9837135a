"""Damages pictures and videos inside their structure: chunks, segments, boxes and directories, with right checksums."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from random import Random
from typing import Final

from fuzz_bytes import NUMBERS, flipped, mutated, packed_number, renumbered, truncated

_SIDES: Final = (0, 1, 2, 16, 255, 4096, 20_000, 65_500, 65_535, 100_000, 2**20, 2**31 - 1, 2**32 - 1)


def mutated_png(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Chunks with other sizes, content and order; the checksums fit."""
    chunks = _png_chunks(data)
    if len(chunks) < 2:
        return mutated(data, rng, others)
    at = rng.randrange(len(chunks))
    name, content = chunks[at]
    chance = rng.random()
    if chance < 0.3:
        sides = struct.pack(">II", rng.choice(_SIDES), rng.choice(_SIDES))
        kind = bytes((rng.choice((1, 2, 4, 8, 16, 3)), rng.randrange(8), 0, 0, rng.randrange(3)))
        chunks[0] = (b"IHDR", sides + (kind if rng.random() < 0.5 else chunks[0][1][8:]))
    elif chance < 0.4:
        del chunks[at]
    elif chance < 0.5:
        chunks[at:at] = [chunks[at]] * rng.choice((1, 20))
    elif chance < 0.6:
        bomb = zlib.compress(b"\0" * rng.choice((1000, 1 << 22)))
        extra = rng.choice((b"iCCP", b"zTXt", b"eXIf", b"tRNS", b"PLTE", b"acTL", b"fcTL", b"fdAT", b"iTXt", b"gAMA"))
        chunks.insert(1, (extra, rng.choice((b"x\0\0" + bomb, rng.randbytes(40), b""))))
    else:
        chunks[at] = (name, rng.choice((flipped, renumbered, truncated))(content, rng))
    return data[:8] + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks: list[tuple[bytes, bytes]] = []
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return chunks


def mutated_jpeg(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Segments with other sizes, tables and order; EXIF directories that lead back into themselves."""
    segments, at = list[bytes](), 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        segments.append(data[at:end])
        at = max(end, at + 2)
    rest = data[at:]
    if not segments:
        return mutated(data, rng, others)
    at, chance = rng.randrange(len(segments)), rng.random()
    frame = next((k for k, one in enumerate(segments) if 0xC0 <= one[1] <= 0xC2), at)
    if chance < 0.25:
        sides = struct.pack(">HH", rng.choice(_SIDES) & 0xFFFF, rng.choice(_SIDES) & 0xFFFF)
        segments[frame] = segments[frame][:5] + sides + segments[frame][9:]
    elif chance < 0.35:
        del segments[at]
    elif chance < 0.45:
        segments[at:at] = [segments[at]] * rng.choice((1, 200))
    elif chance < 0.65:
        block = b"Exif\0\0" + looping_exif(rng)
        segments.insert(0, b"\xff\xe1" + struct.pack(">H", (len(block) + 2) & 0xFFFF) + block)
    elif chance < 0.85:
        segments[at] = segments[at][:4] + rng.choice((flipped, renumbered))(segments[at][4:], rng)
    else:
        rest = rng.choice((flipped, truncated))(rest, rng)
    return data[:2] + b"".join(segments) + rest


def looping_exif(rng: Random) -> bytes:
    """A TIFF block of directories that point to each other, count too much, and lie about their types."""
    order = rng.choice("<>")
    count = rng.choice((1, 3, 12, 0xFFFF))
    tags = (0x8769, 0x0112, 0x920A, 0xA405, 0xA002, 0xA003, 0xA20E, 0xA210, 0x0100, 0x0101, 0x0111, 0x0117)
    entries = b"".join(
        struct.pack(order + "HHII", rng.choice(tags), rng.randrange(14), rng.choice(NUMBERS) & 0xFFFFFFFF,
                    rng.choice((8, 8, 0, 2**32 - 1, rng.randrange(200))))
        for _ in range(min(count, 12))
    )  # fmt: skip
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    return head + struct.pack(order + "H", count) + entries + struct.pack(order + "I", 8) + rng.randbytes(20)


def mutated_tiff(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Entries of the first directory with other tags, types, counts and values."""
    order = "<" if data[:2] == b"II" else ">"
    if len(data) < 16 or rng.random() < 0.3:
        return mutated(data, rng, others)
    start = struct.unpack_from(order + "I", data, 4)[0]
    if start + 2 > len(data):
        return mutated(data, rng, others)
    count = struct.unpack_from(order + "H", data, start)[0]
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        place = start + 2 + 12 * rng.randrange(max(count, 1))
        if place + 12 > len(changed):
            break
        offset, form = rng.choice(((0, "H"), (2, "H"), (4, "I"), (8, "I"), (8, "I"), (8, "H")))
        value = rng.choice((*_SIDES, *NUMBERS[:8], rng.randrange(256, 340)))
        struct.pack_into(order + form, changed, place + offset, value & (0xFFFF if form == "H" else 0xFFFFFFFF))
    return bytes(changed)


def mutated_riff(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """WebP and AVI: a chunk's length or the numbers behind its name changed; the outer length fits, mostly."""
    names = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"EXIF", b"avih", b"strh", b"strf", b"idx1", b"movi", b"00dc", b"hdrl")
    places = [at for name in names if (at := data.find(name)) >= 0]
    if not places or rng.random() < 0.2:
        return mutated(data, rng, others)
    at = rng.choice(places)
    inside = at + rng.choice((4, 8, 12, 16, 20, 24, 28, 32, 36, 40))
    number = rng.choice((packed_number(rng), struct.pack("<II", rng.choice(_SIDES), rng.choice(_SIDES))))
    data = data[:inside] + number + data[inside + len(number) :]
    if rng.random() < 0.3:
        data = truncated(data, rng)
    return data[:4] + struct.pack("<I", max(len(data) - 8, 0)) + data[8:] if rng.random() < 0.8 else data


def mutated_mp4(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Boxes of an MP4: lengths that lie, sizes, counts and times that cannot be, boxes lost or doubled."""
    names = (b"tkhd", b"mvhd", b"mdhd", b"stsd", b"stts", b"stsz", b"stco", b"stsc", b"stss", b"avc1", b"mp4v", b"trak",
             b"moov", b"mdat", b"ctts", b"elst", b"hdlr", b"dref", b"esds", b"ftyp")  # fmt: skip
    places = [at for name in names if (at := data.find(name)) >= 4]
    if not places or rng.random() < 0.15:
        return mutated(data, rng, others)
    at = rng.choice(places)
    length = int.from_bytes(data[at - 4 : at], "big")
    chance = rng.random()
    if chance < 0.15:
        return data[: at - 4] + packed_number(rng)[:4].rjust(4, b"\0") + data[at:]
    if chance < 0.25:
        return data[: at - 4] + data[at - 4 + length :]
    if chance < 0.35:
        return data[: at - 4] + data[at - 4 : at - 4 + length] * rng.choice((2, 30)) + data[at - 4 + length :]
    inside = at + rng.randrange(4, max(min(length, 96), 5))
    number = packed_number(rng)
    return data[:inside] + number + data[inside + len(number) :]
