"""Damages bytes at random: what any reader of a file must stand, whatever the format. The same in every run."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

NUMBERS: Final = (0, 1, -1, 2, 7, 64, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 100_000, 2**24, 2**31 - 1, 2**31,
                  2**32 - 1, 2**32, 2**40, 2**62, 2**63 - 1, 2**64 - 1)  # fmt: skip
"""At which counters and lengths overflow, turn negative, or ask for more memory than there is."""
NASTY_WORDS: Final = (
    "", " ", "..", "../../../etc/passwd", "C:\\Windows\\win.ini", "/dev/zero", "CON", "NUL.json", "a" * 5000, "\x00",
    "left\u202etxt.exe", "\u2066x\u2069", "\x1b[31mred", "a\nb\r\nc", "\ud800", "\ufeff", "💃🏽", "İ", "ß" * 50,
    "%s%n{0}{x.__class__}", "__proto__", "nan", "1e999",
)  # fmt: skip
MOST_BYTES: Final = 4 << 20


def mutated(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """One to six damages of any kind, one after the other."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        data = rng.choice(_DAMAGES)(data, rng, others)[:MOST_BYTES]
    return data


def packed_number(rng: Random) -> bytes:
    """A number at which something may overflow, as 1, 2, 4 or 8 bytes of either order."""
    size = rng.choice((1, 2, 4, 4, 8))
    value = rng.choice(NUMBERS) & ((1 << 8 * size) - 1)
    return value.to_bytes(size, rng.choice(("little", "big")))


def flipped(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """Some bits turned over."""
    if not data:
        return data
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def renumbered(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    """A number written over what is somewhere, near the start more often than not."""
    if not data:
        return data
    reach = rng.choice((64, 512, len(data)))
    at, number = rng.randrange(min(reach, len(data))), packed_number(rng)
    return data[:at] + number + data[at + len(number) :]


def truncated(data: bytes, rng: Random, others: Sequence[bytes] = ()) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[end:]


def _repeated(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    start, end = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[start:end] * rng.choice((1, 2, 50)) + data[end:]


def _spliced(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """The start of this file and the end of another."""
    other = rng.choice(others) if others else data
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def _grown(data: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((rng.randbytes(rng.randrange(1, 64)), b"\0" * 4096, b"\xff" * 300)) + data[at:]


_DAMAGES: Final[tuple[Callable[[bytes, Random, Sequence[bytes]], bytes], ...]] = (
    flipped, flipped, renumbered, renumbered, renumbered, truncated, _cut, _repeated, _spliced, _grown,
)  # fmt: skip


def mutated_words(text: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """Words exchanged, left out, repeated and mixed with what no sentence holds."""
    words = text.decode("utf-8", "replace").split(" ")
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(words) + 1)
        strange = rng.choice(NASTY_WORDS) if rng.random() < 0.5 else chr(rng.randrange(0xD800))
        taken = rng.choice(words) if rng.random() < 0.3 else str(rng.choice(NUMBERS))
        words[at : at + rng.randrange(2)] = [rng.choice((strange, taken))] * rng.choice((1, 1, 1, 30))
    return " ".join(words).encode("utf-8", "surrogatepass")


def u32(value: int, *, big: bool = False) -> bytes:
    """Four bytes."""
    return struct.pack(">I" if big else "<I", value & 0xFFFFFFFF)
