"""Reads `profiles/*.json`: how each convention names the joints."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from .bone_map import MAPPABLE, Switch

_FOLDER: Final = Path(__file__).parent / "profiles"


@dataclass(frozen=True)
class Profile:
    """One naming convention.

    Attributes:
        convention: the file's name.
        title: the name for artists.
        joints: joint -> alternatives, the preferred first; each is a chain of one or more bone names.
        chains: "spine" (all bones between pelvis and neck) and "neck" -> names in order; any number may be missing.
        requires: names without which a rig is not of this convention.
        controls: the names are of controls, whose parents need not be in the order of the body.
        switches: properties that make the rig obey these bones.
    """

    convention: str
    title: str
    joints: dict[str, tuple[tuple[str, ...], ...]]
    chains: dict[str, tuple[str, ...]]
    requires: tuple[str, ...]
    controls: bool
    switches: tuple[Switch, ...]


@cache
def profiles() -> tuple[Profile, ...]:
    """Every profile, in the order of their names."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.json")))


def _read(path: Path) -> Profile:
    content = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
    left = {joint: _alternatives(names) for joint, names in content["joints"].items()}
    right = {
        mirrored(joint): tuple(tuple(map(mirrored, chain)) for chain in alternatives)
        for joint, alternatives in left.items()
        if joint.startswith("left_")
    }
    unknown = (left | right).keys() - MAPPABLE
    if unknown:
        raise ValueError(f"{path.name}: unknown joints {', '.join(sorted(unknown))}")
    switches = [
        Switch(side(s["bone"]), s["property"], float(s["value"]), tuple(map(side, s["joints"])))
        for s in content.get("switches", ())
        for side in (str, mirrored)
    ]
    return Profile(
        convention=path.stem,
        title=content["title"],
        joints=left | right,
        chains={name: tuple(names) for name, names in content.get("chains", {}).items()},
        requires=tuple(content.get("requires", ())),
        controls=bool(content.get("controls", False)),
        switches=tuple(switches),
    )


def _alternatives(names: list[str | list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) if isinstance(name, str) else tuple(name) for name in names)


_MIRRORED: Final = (("left_", "right_"), ("_L_", "_R_"), ("Left", "Right"), ("left", "right"), ("左", "右"))
_MIRRORED_ENDS: Final = ((".L", ".R"), ("_L", "_R"), ("_l", "_r"), (".l", ".r"))


def mirrored(name: str) -> str:
    """The name on the right of a name on the left; profiles name the left side only."""
    for left, right in _MIRRORED_ENDS:
        if name.endswith(left):
            return name.removesuffix(left) + right
    for left, right in _MIRRORED:
        if left in name:
            return name.replace(left, right, 1)
    return name
