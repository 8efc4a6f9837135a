"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import InputError


@contextmanager
def write_atomically(path: Path) -> Iterator[Path]:
    """A path of the same ending in the same folder to write to; it replaces `path` when the block ends well.

    Raises:
        InputError: the folder is missing or not writable, or the disk is full.
    """
    path = Path(path).resolve()  # a symbolic link stays one, and its target is written
    if path.is_dir():
        raise InputError(f"{path} is a folder. Name a file to write to.")
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        os.close(handle)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    partial = Path(name)
    try:
        yield partial
        partial.chmod(_mode_of(path))
        partial.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}. Choose another place.") from error
    except InputError as error:
        if str(partial) not in str(error):
            raise
        # Who writes to the path in the block knows only that one.
        raise InputError(str(error).replace(str(partial), str(path))) from error
    finally:
        partial.unlink(missing_ok=True)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, where they are not there.

    Raises:
        InputError: it cannot be made.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"The folder {path} cannot be made: {error.strerror}. Choose another place.") from error


def _mode_of(path: Path) -> int:
    """The permissions of the file that is replaced, or those that the process gives to new files."""
    if path.exists():
        return path.stat().st_mode & 0o777
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
