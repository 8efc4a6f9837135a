"""What is built: the systems and Pythons, and wanted.toml and pinned.toml as Python objects."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
ROOT: Final = HERE.parent
PINNED: Final = HERE / "pinned.toml"
TORCH: Final = "torch"
"""The group of wheels that belong to torch; they are bundled together or not at all."""
BASE: Final = "base"


class WheelError(Exception):
    """A wheel cannot be fetched, is not the pinned one, or is not in the list."""


@dataclass(frozen=True, order=True)
class Target:
    """One zip: a system in Blender's words, such as linux-x64, and a version of Python, such as 3.11."""

    platform: str
    python: str

    @property
    def name(self) -> str:
        """As pinned.toml and the zips' names have it, such as linux-x64-py311."""
        return f"{self.platform}-py{self.python.replace('.', '')}"

    def tags(self, group: str) -> list[str]:
        """The tags of wheels of a group that run there, the preferred first."""
        entry = wanted()["platform"][self.platform]
        return list(entry.get("torch_tags", entry["tags"]) if group == TORCH else entry["tags"])

    @property
    def markers(self) -> dict[str, str]:
        """What a package's environment markers ask about."""
        given: dict[str, str] = wanted()["platform"][self.platform]["markers"]
        return {
            **given,
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": "",
        }


@dataclass(frozen=True)
class Wheel:
    """One pinned wheel.

    Attributes:
        package: its name, as the index writes it.
        version: in full, with the local part, such as 2.13.0+cpu.
        licence: in SPDX words.
        group: `BASE`, or `TORCH` for torch and what only torch needs.
        file: the wheel's name.
        sha256: of its bytes.
        size: in bytes.
        targets: the names of the targets that it is for.
    """

    package: str
    version: str
    licence: str
    group: str
    file: str
    sha256: str
    size: int
    targets: tuple[str, ...]


@cache
def wanted() -> Mapping[str, Any]:
    """The content of wanted.toml."""
    return tomllib.loads((HERE / "wanted.toml").read_text("utf-8"))


def pinned(path: Path = PINNED) -> list[Wheel]:
    """The wheels of pinned.toml, in its order."""
    packages = tomllib.loads(path.read_text("utf-8"))["package"]
    return [
        Wheel(
            package["name"], package["version"], package["licence"], package["group"],
            wheel["file"], wheel["sha256"], int(wheel["size"]), tuple(wheel["targets"]),
        )
        for package in packages
        for wheel in package["wheel"]
    ]  # fmt: skip


def all_targets() -> list[Target]:
    """Every target that can be built."""
    return [Target(platform, python) for platform in wanted()["platform"] for python in wanted()["python"]]


def chosen_targets(platforms: Sequence[str] = (), pythons: Sequence[str] = ()) -> list[Target]:
    """The targets of these systems and Pythons; without any, those that are built unless told otherwise.

    Raises:
        WheelError: there is no such system or Python.
    """
    known = wanted()
    default = [python for python, entry in known["python"].items() if entry["default"]]
    for given, table in ((platforms, "platform"), (pythons, "python")):
        for name in given:
            if name not in known[table]:
                raise WheelError(f"There is no {table} {name}: choose among {', '.join(known[table])}.")
    return [
        Target(platform, python)
        for platform in platforms or known["platform"]
        for python in pythons or default
    ]  # fmt: skip
