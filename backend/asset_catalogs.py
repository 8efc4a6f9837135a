"""The file in which Blender keeps the catalogues of an asset library: one is looked up or added, all else stays.

Format: https://developer.blender.org/docs/features/asset_system/backend/asset_catalogs/#catalog-definition-files
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import InputError
from .files import write_atomically

FILE_NAME: Final = "blender_assets.cats.txt"
_VERSION: Final = "VERSION 1"
_MOST_BYTES: Final = 16 << 20
_MOST_LETTERS: Final = 200
_NOT_IN_NAMES: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029:\\/]+")
_HEAD: Final = (
    "# This is an Asset Catalog Definition file for Blender.\n"
    "#\n"
    "# Empty lines and lines starting with `#` will be ignored.\n"
    "# The first non-ignored line should be the version indicator.\n"
    '# Other lines are of the format "UUID:catalog/path/for/assets:simple catalog name"\n'
    "\n"
    f"{_VERSION}\n"
    "\n"
)
"""As Blender begins such a file."""


@dataclass(frozen=True)
class Catalog:
    """A catalogue: its identity, and where it stands, such as `Poses/Dance`."""

    uuid: str
    path: str


def catalog_path(*parts: str) -> str:
    """A path of catalogues from names that may hold anything; never empty.

    A colon would end the path in the file, and a slash begins another catalogue within.
    """
    return "/".join(filter(None, map(_cleaned, parts))) or "Poses"


def _cleaned(name: str) -> str:
    """A name without what ends a line, a path or a part of it."""
    text = _NOT_IN_NAMES.sub("-", name.encode("utf-8", "replace").decode())
    return " ".join(text.split())[:_MOST_LETTERS].strip(" .")


def read_catalogs(folder: Path) -> tuple[Catalog, ...]:
    """The catalogues of a library; none where it has no file of them.

    Raises:
        InputError: the file cannot be read, or is of another version.
    """
    return _parsed(folder / FILE_NAME, _content(folder / FILE_NAME))


def ensure_catalog(folder: Path, path: str, *, new_id: Callable[[], uuid.UUID] = uuid.uuid4) -> Catalog:
    """The catalogue of that path; where there is none it is added, and every other line of the file stays as it is.

    Args:
        folder: the library's.
        path: as from `catalog_path`.
        new_id: makes an identity.

    Raises:
        InputError: the file cannot be read or written, or is of another version; nothing is changed.
    """
    file = folder / FILE_NAME
    content = _content(file)
    known = _parsed(file, content)
    found = next((catalog for catalog in known if catalog.path == path), None)
    if found is not None:
        return found
    catalog = Catalog(str(new_id()), path)
    text = content or _HEAD
    newline = "\r\n" if "\r\n" in text else "\n"
    if not text.endswith(("\n", "\r")):
        text += newline
    text += f"{catalog.uuid}:{path}:{path.replace('/', '-')}{newline}"
    with write_atomically(file) as partial:
        partial.write_bytes(text.encode("utf-8"))
    return catalog


def _content(file: Path) -> str:
    """The file as it is, its line ends too; empty where there is none."""
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise InputError(
                f"{file} is larger than any list of catalogues. Move it away, and save it anew in Blender."
            )
        return file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}. Check who may read it.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{file} is no text that Blender writes (UTF-8). Save its catalogues in Blender again."
        ) from error


def _parsed(file: Path, content: str) -> tuple[Catalog, ...]:
    lines = [line.strip() for line in content.removeprefix("\ufeff").split("\n")]
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        if content.strip():
            raise InputError(f"{file} says no version. Save its catalogues in Blender again.")
        return ()
    if lines[0] != _VERSION:
        raise InputError(
            f"{file} is of another version (“{lines[0][:40]}”). Update Contrapposto, or choose another place."
        )
    found: list[Catalog] = []
    for line in lines[1:]:
        name, _, rest = line.partition(":")
        path = rest.partition(":")[0].strip().strip("/")
        if path and _is_id(name.strip()):
            found.append(Catalog(name.strip(), path))
    return tuple(found)


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
