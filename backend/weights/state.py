"""Whether a model file is there and is the registered one, found out in small steps; needs neither numpy nor torch."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..job import Job, Progress
from .registry import FOLDER, ModelEntry

_BLOCK_BYTES: Final = 4 << 20


@dataclass(frozen=True)
class ModelState:
    """What was found of a registered model file.

    Attributes:
        entry: what was looked for.
        path: the file, or None where there is none.
        problem: in words, what is wrong with it, or nothing.
        own: it is the user's own copy, not the one that is shipped.
    """

    entry: ModelEntry
    path: Path | None
    problem: str = ""
    own: bool = False

    @property
    def words(self) -> str:
        """Such as `pose: pose.safetensors, 18.6 MB, SHA-256 is right`."""
        whose = " (your own copy)" if self.own else ""
        state = self.problem or "SHA-256 is right"
        return f"{self.entry.name}: {Path(self.entry.file).name}{whose}, {self.entry.size / 1e6:.1f} MB, {state}"


def model_state(entry: ModelEntry, folder: Path | None = None) -> Job[ModelState]:
    """Read the file that would be used, from the user's `folder` or else from those shipped, and compare its hash."""
    own = [] if folder is None else [folder / Path(entry.file).name, folder / entry.file]
    path = next((place for place in (*own, FOLDER / entry.file) if place.is_file()), None)
    if path is None:
        return ModelState(entry, None, "is missing")
    try:
        problem = yield from _problem(entry, path)
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
    return ModelState(entry, path, problem, own=path in own)


def _problem(entry: ModelEntry, path: Path) -> Job[str]:
    size = path.stat().st_size
    if size != entry.size:
        return f"is damaged: it has {size} bytes, not {entry.size}"
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            yield Progress(f"Reading {path.name}", file.tell() / max(size, 1))
    return "" if digest.hexdigest() == entry.sha256 else "is damaged, or another version: its SHA-256 is wrong"
