"""A folder of references as a catalogue: its pictures, and the catalogue of each by its sub-folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .asset_catalogs import catalog_path
from .batch import PHOTOS, find_inputs
from .errors import InputError

MOST_PICTURES: Final = 10_000


def pictures_in(folder: Path, *, recursive: bool = True) -> list[tuple[Path, str]]:
    """Pictures, sorted, with the path of a catalogue: the folder's name, and within it those of its sub-folders.

    Args:
        folder: of pictures; hidden files and folders are left out.
        recursive: the sub-folders too.

    Raises:
        InputError: it is no folder, cannot be read, or holds no pictures or too many.
    """
    found = [path for path in find_inputs(folder, recursive=recursive) if path.suffix.lower() in PHOTOS]
    if not found:
        raise InputError(f"{folder} holds no pictures ({', '.join(PHOTOS)}). Choose another folder.")
    if len(found) > MOST_PICTURES:
        raise InputError(
            f"{folder} holds {len(found)} pictures, and {MOST_PICTURES} can be taken at once. Choose a smaller folder."
        )
    top = folder.resolve().name
    return [(path, catalog_path(top, *path.relative_to(folder).parts[:-1])) for path in found]
