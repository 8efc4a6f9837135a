"""Keeps the chatter of native code (Blender's importers and renderers, LiteRT) off the terminal; hides no error."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_STDOUT, _STDERR = 1, 2
DEBUG_VARIABLE: Final = "CONTRAPPOSTO_DEBUG"


@dataclass
class Held:
    """What was printed inside a `quiet` block; complete once the block has ended."""

    text: str = ""


@contextmanager
def quiet() -> Generator[Held]:
    """Hold back what Python and C code print inside the block.

    Exceptions pass. With the environment variable CONTRAPPOSTO_DEBUG set nothing is held back.
    """
    saved = None if os.environ.get(DEBUG_VARIABLE) else _duplicated()
    held_text = Held()
    if saved is None:
        yield held_text
        return
    _flush()
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDOUT)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield held_text
        finally:
            _flush()
            for descriptor, kept in zip((_STDOUT, _STDERR), saved, strict=True):
                os.dup2(kept, descriptor)
                os.close(kept)
            held.seek(0)
            held_text.text = held.read().decode(errors="replace")


def _duplicated() -> tuple[int, int] | None:
    """Copies of standard output and error, or None where they are closed (Blender started from Windows' desktop)."""
    try:
        return os.dup(_STDOUT), os.dup(_STDERR)
    except OSError:
        return None


def _flush() -> None:
    """Flush Python's buffers and the C library's: without the second, native lines surface later."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # pyright: ignore[reportUnnecessaryComparison]  # None without a terminal on Windows
            stream.flush()
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    library.fflush(None)
