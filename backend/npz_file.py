"""Reads the arrays of .npz files that others wrote: numbers and texts alone, never pickles, and no more than is there.

The headers are looked at before anything is unpacked. The format is numpy's
(https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
"""

from __future__ import annotations

import ast
import math
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt

from .errors import ContrappostoError, InputError
from .outside import check_file, reason_of

MOST_BYTES: Final = 2 << 30
"""Of a file, and of all arrays that are wanted of it; ten minutes of AMASS at 120 Hz have 100 MB."""
_MOST_MEMBERS: Final = 4096
_MOST_HEADER: Final = 2000
_MAGIC: Final = b"\x93NUMPY"
_TYPES: Final = re.compile(r"[<>|=]?(b1|[iu][1248]|f[248]|[SU]\d{1,6})")
_LONG: Final = re.compile(r"(\d)L\b")
"""Python 2 wrote lengths so."""
_DAMAGED: Final = (
    OSError, EOFError, ValueError, KeyError, IndexError, RuntimeError, OverflowError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What zipfile raises on files that are not what they should be (NotImplementedError is a RuntimeError)."""


def read_npz(
    path: Path, wanted: Callable[[str], bool], *, what: str, error: type[ContrappostoError] = InputError
) -> dict[str, npt.NDArray[Any]]:
    """The arrays whose names are wanted; writable copies.

    Args:
        path: the file.
        wanted: says of a name whether it is read; what is not is not even unpacked.
        what: what the file should be, such as "an AMASS .npz file".
        error: what is raised.

    Raises:
        InputError, or the `error` that was named: it is missing, damaged, no archive, holds Python objects, or unfolds
            to more than `MOST_BYTES`.
    """
    check_file(path, most=MOST_BYTES, what=what, error=error)
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(path) as archive:
            warnings.simplefilter("ignore")
            return {name: array_of(archive.read(member)) for name, member in _members(archive, wanted).items()}
    except _DAMAGED as fault:
        reason = reason_of(fault).strip().rstrip(".")[:200]
        raise error(f"{path} cannot be read as {what}: {reason}. Save or download it again.") from fault


def array_of(content: bytes) -> npt.NDArray[Any]:
    """The array of an .npy file's bytes.

    Raises:
        ValueError: it is none, it holds anything but numbers and texts, or its header does not fit its content.
    """
    header, start = _header(content)
    shape, kind = header.get("shape"), header.get("descr")
    if not isinstance(kind, str) or not _TYPES.fullmatch(kind):
        pickled = isinstance(kind, str) and "O" in kind
        raise ValueError("it holds Python objects (a pickle), which are never read" if pickled
                         else "it holds other things than numbers and texts")  # fmt: skip
    if not isinstance(shape, tuple) or not all(type(length) is int and length >= 0 for length in cast("Any", shape)):
        raise ValueError("an array has no shape")
    lengths = cast("tuple[int, ...]", shape)
    numbers = np.dtype(kind)
    if len(lengths) > 32 or max(lengths, default=0) >= 1 << 62 or not numbers.itemsize:
        raise ValueError("an array has an impossible shape")
    if math.prod(lengths) * numbers.itemsize != len(content) - start:
        raise ValueError("the header of an array does not fit its content")
    order = "F" if header.get("fortran_order") is True else "C"
    return np.array(np.frombuffer(content, numbers, offset=start).reshape(lengths, order=order))


def _members(archive: zipfile.ZipFile, wanted: Callable[[str], bool]) -> dict[str, zipfile.ZipInfo]:
    """What is to be read, by name."""
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise ValueError(f"it holds {len(infos)} arrays")
    found = {info.filename.removesuffix(".npy"): info for info in infos if wanted(info.filename.removesuffix(".npy"))}
    if any(info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for info in found.values()):
        raise ValueError("it is packed in an unusual way")
    if sum(info.file_size for info in found.values()) > MOST_BYTES:
        raise ValueError(f"it unfolds to more than {MOST_BYTES >> 30} GB")
    return found


def _header(content: bytes) -> tuple[dict[str, Any], int]:
    """What the header says, and where the numbers begin."""
    if len(content) < 12 or content[:6] != _MAGIC or content[6] not in {1, 2, 3}:
        raise ValueError("an array is none of numpy's")
    start = 10 if content[6] == 1 else 12
    length = int.from_bytes(content[8:start], "little")
    if length > _MOST_HEADER or start + length > len(content):
        raise ValueError("an array has an impossible header")
    text = _LONG.sub(r"\1", content[start : start + length].decode("latin-1")).strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd spellings
            said: object = ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError("the header of an array is damaged") from error
    if not isinstance(said, dict):
        raise ValueError("the header of an array is damaged")
    return cast("dict[str, Any]", said), start + length
