"""Keeps the chatter of Blender's importers, exporters and renderers off the terminal; hides no error."""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

_STDOUT, _STDERR = 1, 2
DEBUG_VARIABLE: Final = "CONTRAPPOSTO_DEBUG"


@contextmanager
def quiet_blender() -> Generator[None]:
    """Hold back what Python and Blender's C code print inside the block.

    Exceptions pass. With the environment variable CONTRAPPOSTO_DEBUG set nothing is held back.
    """
    if os.environ.get(DEBUG_VARIABLE):
        yield
        return
    _flush()
    saved = os.dup(_STDOUT), os.dup(_STDERR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDOUT)
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        finally:
            _flush()
            for descriptor, kept in zip((_STDOUT, _STDERR), saved, strict=True):
                os.dup2(kept, descriptor)
                os.close(kept)


def _flush() -> None:
    """Flush Python's buffers and the C library's: without the second, Blender's lines surface later."""
    sys.stdout.flush()
    sys.stderr.flush()
    library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
    library.fflush(None)
