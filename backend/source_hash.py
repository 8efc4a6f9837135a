"""By which bytes a source is known again: SHA-256 of a file, or of parts of it where it is long."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import InputError

WHOLE_UP_TO: Final = 64 << 20
"""Bytes: a file that is longer is known by its length and three parts."""
PART: Final = 4 << 20
_STEP: Final = 1 << 20


@dataclass(frozen=True)
class SourceHash:
    """What a source was.

    Attributes:
        sha256: 64 hexadecimal digits.
        size: bytes; of a sequence of pictures, of all of them together.
        whole: whether all bytes went into it. If not: the size, and the first, middle and last `PART` bytes; of a
            sequence the names and sizes of all pictures, and the bytes of the first, the middle and the last.
    """

    sha256: str
    size: int
    whole: bool = True


def hash_bytes(content: bytes) -> SourceHash:
    """That of bytes at hand."""
    return SourceHash(hashlib.sha256(content).hexdigest(), len(content))


def hash_file(path: Path) -> SourceHash:
    """That of a file.

    Raises:
        InputError: it is missing, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            size = path.stat().st_size
            digest = hashlib.sha256()
            if size <= WHOLE_UP_TO:
                while block := stream.read(_STEP):
                    digest.update(block)
                return SourceHash(digest.hexdigest(), size)
            digest.update(f"{size}\n".encode())
            for start in (0, (size - PART) // 2, size - PART):
                stream.seek(start)
                digest.update(stream.read(PART))
            return SourceHash(digest.hexdigest(), size, whole=False)
    except OSError as error:
        raise _unreadable(path, error) from error


def hash_sequence(files: Sequence[Path]) -> SourceHash:
    """That of numbered pictures, in their order.

    Raises:
        InputError: there are none, or one cannot be read.
    """
    if not files:
        raise InputError("There are no pictures in the sequence. Choose another one.")
    digest, total = hashlib.sha256(), 0
    for path in files:
        try:
            size = path.stat().st_size
        except OSError as error:
            raise _unreadable(path, error) from error
        digest.update(f"{path.name}\n{size}\n".encode("utf-8", "surrogateescape"))
        total += size
    for path in (files[0], files[len(files) // 2], files[-1]):
        digest.update(hash_file(path).sha256.encode())
    return SourceHash(digest.hexdigest(), total, whole=False)


def _unreadable(path: Path, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(f"{path} does not exist. Put it back, or choose another source.")
    return InputError(f"{path} cannot be read: {error.strerror}. Choose another source.")
