"""Finds the user's own SMPL files; imports nothing large, so that it can be asked for at any time."""

from __future__ import annotations

from pathlib import Path


def smpl_files(folder: Path) -> list[Path]:
    """The `SMPLX_*.npz` and `SMPL_*.pkl` files of a folder, neutral ones first, SMPL-X before SMPL."""
    found = sorted(folder.glob("SMPLX_*.npz")) + sorted(folder.glob("SMPL_*.pkl"))
    return sorted(found, key=lambda path: "NEUTRAL" not in path.stem.upper())
