"""Lays out what goes into one zip: the package, the weights with their licences, the wheels, and the manifest."""

from __future__ import annotations

import hashlib
import re
import shutil
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from .targets import ROOT, Target, Wheel, WheelError, wanted

LICENCES: Final = "THIRD-PARTY-LICENCES.md"
_KINDS: Final = {".py", ".json", ".toml", ".md"}
"""What is taken of the package's folders. Weights are taken by their registry."""
_LEFT_OUT: Final = {"backend/weights/fetch.py"}
"""Belongs to a checkout: it runs pip."""
_TABLE: Final = """\
# What this extension brings of others

Contrapposto itself is GPL-3.0-or-later; its text is in LICENSE. The packages below lie unmodified in `wheels/`, each
with its licence in its own `.dist-info` folder. The licences of the models of others lie beside their files in
`backend/weights`.

| package | version | licence |
| --- | --- | --- |
"""


def stage(target: Target, folder: Path, *, paths: Sequence[Path], wheels: Sequence[Wheel], root: Path = ROOT) -> None:
    """Lay out an extension in a new `folder`.

    Args:
        target: what it is for.
        folder: made anew; what was in it is gone.
        paths: the wheels' files.
        wheels: the pinned wheels, of which `paths` are.
        root: the checkout.

    Raises:
        WheelError: a file of the weights is missing or not the registered one.
    """
    if folder.exists():
        shutil.rmtree(folder)
    (folder / "wheels").mkdir(parents=True)
    for relative in (*package_files(root), *weight_files(root)):
        (folder / relative).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / relative, folder / relative)
    for path in paths:
        shutil.copyfile(path, folder / "wheels" / path.name)
    bundled = [wheel for wheel in wheels if wheel.file in {path.name for path in paths}]
    (folder / LICENCES).write_text(licence_table(bundled), "utf-8")
    text = (root / "blender_manifest.toml").read_text("utf-8")
    (folder / "blender_manifest.toml").write_text(manifest(text, target, [path.name for path in paths]), "utf-8")


def package_files(root: Path = ROOT) -> Iterator[Path]:
    """The package's own files, relative to the checkout, in the folders that pyproject.toml calls packages."""
    packages = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    yield from (Path("LICENSE"), Path("README.md"))
    for package in packages:
        relative = Path(*package.split(".")[1:])
        for path in sorted((root / relative).iterdir()):
            name = (relative / path.name).as_posix()
            if path.suffix in _KINDS and name not in _LEFT_OUT and _is_of_the_package(path, relative):
                yield relative / path.name
    for pattern in ("backend/text/grammar/*/*.json",):
        yield from (path.relative_to(root) for path in sorted(root.glob(pattern)))


def _is_of_the_package(path: Path, relative: Path) -> bool:
    """At the root of the checkout lies much else; of it only modules belong to the package."""
    return path.is_file() and (relative != Path() or path.suffix == ".py")


def weight_files(root: Path = ROOT) -> Iterator[Path]:
    """Every registered model file, checked, with the licence and the notice beside it.

    Raises:
        WheelError: one is missing or not the registered one.
    """
    weights = Path("backend", "weights")
    entries = tomllib.loads((root / weights / "registry.toml").read_text("utf-8"))["model"]
    folders: set[Path] = set()
    for name, entry in entries.items():
        path = root / weights / entry["file"]
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise WheelError(f"The file of the model {name}, {path}, is missing or another one. Run `make models`.")
        folders.add((weights / entry["file"]).parent)
        yield weights / entry["file"]
    for folder in sorted(folders):
        yield from (folder / name for name in ("LICENSE", "NOTICE") if (root / folder / name).is_file())


def manifest(text: str, target: Target, wheels: Sequence[str]) -> str:
    """The manifest of one zip, from that of the checkout.

    Raises:
        WheelError: the checkout's manifest is laid out otherwise than this knows.
    """
    versions = wanted()["python"][target.python]
    lines = [f'blender_version_min = "{versions["blender_min"]}"']
    if "blender_max" in versions:
        lines.append(f'blender_version_max = "{versions["blender_max"]}"')
    lines.append(f'platforms = ["{target.platform}"]')
    lines += ["wheels = [", *(f'    "./wheels/{name}",' for name in sorted(wheels)), "]"]
    kept = re.sub(r"(?ms)^\[build\]\n.*?(?=^\[|\Z)", "", text)
    made, count = re.subn(r"(?m)^blender_version_min = .*$", "\n".join(lines), kept)
    if count != 1:
        raise WheelError("blender_manifest.toml has no single line that starts with blender_version_min.")
    return made.rstrip() + "\n"


def licence_table(wheels: Sequence[Wheel]) -> str:
    """The list of bundled packages with their licences."""
    rows = (f"| {wheel.package} | {wheel.version} | {wheel.licence} |" for wheel in wheels)
    return _TABLE + "\n".join(rows) + "\n"
