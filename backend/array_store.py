"""A folder of array files that may be lost at any time: bounded in size, never trusted, and never in the way.

Files are .npz without compression and without pickle. What is damaged, foreign or of another version is as good as not
there. Where nothing can be written, as on a full disk, that is told once and the work goes on without the store.
"""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .files import write_atomically
from .npz_file import array_of

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]

_KEY: Final = r"[0-9a-f]{32}"
_OWN_FILE: Final = re.compile(rf"{_KEY}\.[a-z]+\.npz")
_PARTIAL_FILE: Final = re.compile(rf"\.{_KEY}\.[a-z]+-\w+\.npz")
"""What `write_atomically` leaves where the process is killed in the middle of it."""
_PARTIAL_FOR_S: Final = 3600.0
_KEY_MEMBER: Final = "key"
_HEADERS: Final = 512
"""Bytes of a file for each array, beside its numbers."""
_UNREADABLE: Final = (OSError, EOFError, ValueError, KeyError, RuntimeError, OverflowError, zipfile.BadZipFile)
"""What numpy and zipfile raise on files that are not what they should be (NotImplementedError is a RuntimeError)."""


class ArrayStore:
    """Arrays by key and kind, in one folder.

    Args:
        folder: made when something is written for the first time.
        limit_bytes: of all files together; those that were used longest ago are removed first.

    Attributes:
        folder: where the files are.
        notes: why something could not be kept, in sentences for the artist; each once.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder = Path(folder)
        self.notes: list[str] = []
        self._limit = limit_bytes
        self._is_broken = False

    def read(self, key: str, kind: str) -> dict[str, npt.NDArray[Any]] | None:
        """The arrays that were written under a key (32 hexadecimal digits) and kind (letters); None where none are."""
        path = self._path(key, kind)
        if path.is_symlink() or not path.is_file():
            return None
        try:
            arrays = read_arrays(path)
            if str(arrays.pop(_KEY_MEMBER)) != key:
                return None
        except _UNREADABLE:
            return None
        with suppress(OSError):  # a folder that may only be read is read all the same
            path.touch()
        return arrays

    def write(self, key: str, kind: str, arrays: Arrays) -> bool:
        """Keep arrays, in place of those of the same key and kind; False where they cannot be kept."""
        if self._is_broken:
            return False
        size = sum(array.nbytes + _HEADERS for array in arrays.values())
        if size > self._limit:
            self._note(f"{size / 1e6:.0f} MB of results do not fit into a cache of {self._limit / 1e6:.0f} MB.")
            return False
        path = self._path(key, kind)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._make_room(size, besides=path)
            if path.is_symlink():
                path.unlink()  # what it points to is not ours to write
            with write_atomically(path) as partial:
                write_arrays(partial, {_KEY_MEMBER: np.array(key), **arrays})
        except (OSError, InputError) as error:
            self._is_broken = True
            cause = error.__cause__ if isinstance(error, InputError) else error
            reason = getattr(cause, "strerror", None) or error
            self._note(f"Nothing can be kept in the cache {self.folder}: {reason}. The work goes on without it.")
            return False
        return True

    def remove(self, key: str, kind: str) -> None:
        """Forget arrays, where there are any."""
        with suppress(OSError):
            self._path(key, kind).unlink(missing_ok=True)

    def _path(self, key: str, kind: str) -> Path:
        name = f"{key}.{kind}.npz"
        if not _OWN_FILE.fullmatch(name):
            raise ValueError(f"{key} with {kind} is no key and kind of a store")
        return self.folder / name

    def _make_room(self, size: int, *, besides: Path) -> None:
        """Remove files of ours until so many bytes more stay within the limit; files of others are left alone."""
        found = sorted(self._files(), key=lambda one: one[0])
        total = sum(length for _, length, path in found if path != besides)
        for _, length, path in found:
            if total + size <= self._limit:
                return
            if path != besides:
                path.unlink(missing_ok=True)
                total -= length

    def _files(self) -> list[tuple[float, int, Path]]:
        """Time of last use in seconds, bytes and place of each file of ours; old halves of files are removed."""
        found: list[tuple[float, int, Path]] = []
        for path in self.folder.iterdir():
            is_partial = bool(_PARTIAL_FILE.fullmatch(path.name))
            if not is_partial and not _OWN_FILE.fullmatch(path.name):
                continue
            with suppress(FileNotFoundError):  # another process may remove it at the same time
                facts = path.lstat()
                if is_partial and time.time() - facts.st_mtime > _PARTIAL_FOR_S:
                    path.unlink()
                else:
                    found.append((facts.st_mtime, facts.st_size, path))
        return found

    def _note(self, sentence: str) -> None:
        if sentence not in self.notes:
            self.notes.append(sentence)


def write_arrays(path: Path, arrays: Arrays) -> None:
    """Write an .npz of plain arrays.

    Raises:
        OSError: the disk is full, for instance.
        ValueError: an array holds Python objects.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asanyarray(array), allow_pickle=False)


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Read what `write_arrays` wrote; takes no more memory than the file has bytes, whatever it says.

    Raises:
        OSError, EOFError, ValueError, RuntimeError, zipfile.BadZipFile: the file is damaged, or of another kind.
    """
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        is_plain = all(each.compress_type == zipfile.ZIP_STORED for each in members)
        if not is_plain or sum(each.file_size for each in members) > path.stat().st_size:
            raise ValueError("compressed, or larger inside than outside")
        return {each.filename.removesuffix(".npy"): array_of(archive.read(each)) for each in members}
