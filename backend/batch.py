"""Many photos and videos, one after the other or on many computers: what there is to do, and what of it is done.

A manifest in the output folder remembers what is finished; it is written anew after each input, whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from .batch_task import BatchOptions, Outcome, Task
from .errors import InputError
from .files import make_folder, write_atomically
from .outside import read_json

MANIFEST: Final = "contrapposto_batch.json"
_VERSION: Final = 1
_MOST_BYTES: Final = 100_000_000
PHOTOS: Final = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff")
VIDEOS: Final = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".mts", ".m2ts", ".3gp")


def find_inputs(folder: Path, *, recursive: bool, besides: Sequence[Path] = ()) -> list[Path]:
    """The photos and videos of a folder by their endings, sorted; hidden files and folders are left out.

    Args:
        folder: where to look.
        recursive: look into its subfolders too; links to folders are not followed.
        besides: folders that are left out, such as that of the results.

    Raises:
        InputError: it is no folder, cannot be read, or holds none.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Name the folder that holds photos and videos.")
    left_out = {path.resolve() for path in besides}
    found: list[Path] = []
    try:
        for place, folders, files in os.walk(folder, onerror=_raise):
            here = Path(place)
            inside = [name for name in folders if not name.startswith(".") and (here / name).resolve() not in left_out]
            folders[:] = sorted(inside) if recursive else []
            found += [here / name for name in files if not name.startswith(".") and _kind(Path(name))]
    except OSError as error:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}.") from error
    if not found:
        where = "and its subfolders hold" if recursive else "holds"
        raise InputError(f"{folder} {where} no photos or videos ({', '.join((*PHOTOS, *VIDEOS))}).")
    return sorted(found)


def _raise(error: OSError) -> None:
    raise error


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return "photo" if suffix in PHOTOS else "video" if suffix in VIDEOS else ""


def tasks_of(inputs: Iterable[Path], folder: Path, *, out: Path, rig_suffix: str | None) -> list[Task]:
    """What is to be made of each input: in `out` in the same subfolder, of the same name.

    Where inputs differ by their ending alone, it becomes a part of the name: `walk_mp4.npz`.
    """
    inputs = list(inputs)
    shared = Counter(path.with_suffix("") for path in inputs)
    tasks: list[Task] = []
    for path in inputs:
        inside = path.relative_to(folder)
        stem = path.stem if shared[path.with_suffix("")] == 1 else f"{path.stem}_{path.suffix[1:].lower()}"
        target = out / inside.parent / stem
        rig = None if rig_suffix is None else target.with_name(f"{stem}{rig_suffix}")
        tasks.append(Task(inside.as_posix(), path, _kind(path), target.with_name(f"{stem}.npz"), rig))
    return tasks


@dataclass
class Manifest:
    """What is finished in an output folder.

    Attributes:
        folder: where it is.
        entries: by the input's name.
    """

    folder: Path
    entries: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])

    @classmethod
    def of(cls, folder: Path) -> Manifest:
        """That of a folder; an empty one where there is none that can be read."""
        try:
            content = read_json(folder / MANIFEST, most=_MOST_BYTES, what="a manifest")
        except InputError:
            return cls(folder)
        if not isinstance(content, dict):
            return cls(folder)
        read = cast("dict[str, object]", content)
        entries = read.get("inputs")
        if read.get("version") != _VERSION or not isinstance(entries, dict):
            return cls(folder)
        known = cast("dict[str, object]", entries).items()
        return cls(folder, {name: cast("dict[str, Any]", entry) for name, entry in known if isinstance(entry, dict)})

    def known(self, task: Task, options: BatchOptions) -> Outcome | None:
        """What came of an input that is finished: unchanged since, asked for in the same way, its files still there."""
        entry = self.entries.get(task.name, {})
        if entry.get("made") != _made_of(task, options) or not all(path.is_file() for path in task.targets):
            return None
        return kept_outcome(task.name, entry)

    def add(self, task: Task, options: BatchOptions, outcome: Outcome) -> None:
        """Remember what came of an input; what failed is tried again the next time.

        Raises:
            InputError: the file cannot be written.
        """
        made = _made_of(task, options) if outcome.error is None else None
        self.entries[task.name] = {"made": made, "outcome": outcome_to_json(outcome)}
        write_json(self.folder / MANIFEST, {"version": _VERSION, "inputs": self.entries})


def _made_of(task: Task, options: BatchOptions) -> list[Any]:
    """The input as it is, and how it is asked for; as JSON has it."""
    try:
        facts = task.path.stat()
    except OSError:
        return []
    asked = json.dumps([options.to_json(), [path.name for path in task.targets]], sort_keys=True)
    return [facts.st_mtime_ns, facts.st_size, hashlib.sha256(asked.encode()).hexdigest()]


def kept_outcome(name: str, entry: Mapping[str, Any]) -> Outcome | None:
    """The outcome in an entry of the manifest; None where there is none, or one that cannot be."""
    try:
        kept = cast("dict[str, Any]", entry["outcome"])
        notes = tuple(str(note) for note in kept["notes"])
        return Outcome(name, int(kept["people"]), int(kept["frames"]), float(kept["seconds"]), notes, known=True)
    except (KeyError, TypeError, ValueError):
        return None


def outcome_to_json(outcome: Outcome) -> dict[str, Any]:
    """As the manifest and the report have it."""
    return {**asdict(outcome), "notes": list(outcome.notes)}


def write_json(path: Path, content: object) -> None:
    """Write a JSON file, whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    with write_atomically(path) as partial:
        partial.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def make_folders(tasks: Iterable[Task]) -> None:
    """The folders of all results.

    Raises:
        InputError: one cannot be made.
    """
    for folder in _folders(tasks):
        make_folder(folder)


def _folders(tasks: Iterable[Task]) -> Iterator[Path]:
    yield from sorted({path.parent for task in tasks for path in task.targets})
