"""Reads `profiles/*.json`: how each convention names the joints. Files that begin with _ are no conventions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast

from .bone_map import MAPPABLE, Switch

_FOLDER: Final = Path(__file__).parent / "profiles"
STRUCTURE: Final = "structure"
"""In place of a convention: the bones were found by the rig's shape alone."""
STRUCTURE_OF_CONTROLS: Final = "structure_of_controls"
"""The same, among the controls of the rig."""


@dataclass(frozen=True)
class Profile:
    """One naming convention.

    Attributes:
        convention: the file's name.
        title: the name for artists.
        joints: joint -> alternatives, the preferred first; each is a chain of one or more bone names. A file names
            the left side; the right follows by `mirrored` where the file does not name it.
        chains: "spine" (all bones between pelvis and neck) and "neck" -> names in order; any number may be missing.
        requires: names without which a rig is not of this convention.
        weight: factor in (0, 1] of the scores; below 1 for words that mean different bones in different rigs.
        humanoid: the names are those of the humanoid tables of VRM files.
        common: its names are shown as examples where a bone is missing.
        controls: the names are of controls, whose parents need not be in the order of the body.
        switches: properties that make the rig obey these bones.
    """

    convention: str
    title: str
    joints: dict[str, tuple[tuple[str, ...], ...]]
    chains: dict[str, tuple[str, ...]]
    requires: tuple[str, ...]
    weight: float
    humanoid: bool
    common: bool
    controls: bool
    switches: tuple[Switch, ...]


@cache
def profiles() -> tuple[Profile, ...]:
    """Every profile, in the order of their names."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("[!_]*.json")))


def is_of_controls(convention: str) -> bool:
    """Whether a convention names the controls of a rig, whose parents do not follow the body."""
    named = (profile.controls for profile in profiles() if profile.convention == convention)
    return convention == STRUCTURE_OF_CONTROLS or any(named)


def _read(path: Path) -> Profile:
    content = cast(dict[str, Any], json.loads(path.read_text(encoding="utf-8")))
    named = {joint: _alternatives(names) for joint, names in content["joints"].items()}
    right = {
        mirrored(joint): tuple(tuple(map(mirrored, chain)) for chain in alternatives)
        for joint, alternatives in named.items()
        if joint.startswith("left_")
    }
    joints = right | named
    unknown = joints.keys() - MAPPABLE
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
        joints=joints,
        chains={name: tuple(names) for name, names in content.get("chains", {}).items()},
        requires=tuple(content.get("requires", ())),
        weight=float(content.get("weight", 1.0)),
        humanoid=bool(content.get("humanoid", False)),
        common=bool(content.get("common", False)),
        controls=bool(content.get("controls", False)),
        switches=tuple(switches),
    )


def _alternatives(names: list[str | list[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple((name,) if isinstance(name, str) else tuple(name) for name in names)


_MIRRORED: Final = tuple(
    (re.compile(left), right)
    for left, right in (
        (r"([._])L$", r"\1R"),
        (r"([._])l$", r"\1r"),
        (r"([_ ])L(?=[_ ])", r"\1R"),
        (r"^L(?=[_ A-Z])", "R"),
        (r"^l(?=[_A-Z])", "r"),
        ("Left", "Right"),
        ("left", "right"),
        ("左", "右"),
    )
)


def mirrored(name: str) -> str:
    """The name on the right of a name on the left; profiles name the left side only, where the rule holds."""
    for left, right in _MIRRORED:
        changed = left.sub(right, name, count=1)
        if changed != name:
            return changed
    return name
