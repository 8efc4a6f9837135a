"""registry.toml as Python objects."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
"""Where the shipped model files are."""


@dataclass(frozen=True)
class ModelEntry:
    """One model file: its place below `FOLDER`, and what its bytes must be."""

    name: str
    file: str
    size: int
    sha256: str


@cache
def model_entries() -> dict[str, ModelEntry]:
    """Every registered model by its name."""
    tables = tomllib.loads((FOLDER / "registry.toml").read_text("utf-8"))["model"]
    return {
        name: ModelEntry(name, str(table["file"]), int(table["size"]), str(table["sha256"]))
        for name, table in tables.items()
    }
