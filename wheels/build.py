"""Builds the extension: one zip for each system and Python, and the index by which Blender finds them.

    python -m wheels.build                                         every system on the Pythons that Blender brings
    python -m wheels.build --platforms linux-x64 --pythons 3.11    one of them
    python -m wheels.build --without-torch                         torch stays out: it is found in the artist's folder

The zips and index.json are put into `dist`. Blender's own tool validates and builds them.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .collect import FOLDER, collect
from .stage import stage
from .targets import ROOT, TORCH, Target, WheelError, chosen_targets, pinned, wanted

DIST: Final = ROOT / "dist"
STAGES: Final = ROOT / "build" / "extension"


@dataclass(frozen=True)
class Built:
    """One zip.

    Attributes:
        target: what it is for.
        path: where it is.
        size: in bytes.
        unpacked: bytes on the artist's disk, as extension and with the wheels laid out as packages.
        wheels: how many it holds.
        without_torch: why torch is not inside, a sentence, or nothing.
    """

    target: Target
    path: Path
    size: int
    unpacked: int
    wheels: int
    without_torch: str


def blender_tool() -> Path:
    """Blender's own `--command extension`, as a program; it needs Python alone.

    Raises:
        WheelError: Blender's Python module is not installed here.
    """
    spec = importlib.util.find_spec("bpy")
    if spec is None or spec.origin is None:
        raise WheelError("Blender's Python module bpy is not installed. Run `make extension`, which installs it.")
    found = sorted(Path(spec.origin).parent.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not found:
        raise WheelError(f"Blender's extension tool is not in {Path(spec.origin).parent}.")
    return found[-1]


def run_tool(*arguments: str) -> str:
    """What Blender's tool says.

    Raises:
        WheelError: it refuses; the message holds what it said.
    """
    done = subprocess.run(
        [sys.executable, str(blender_tool()), *arguments], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    if done.returncode != 0 or "FATAL_ERROR" in said or "\nWARN" in "\n" + said:
        raise WheelError(f"Blender's extension tool refuses: {' '.join(arguments)}\n{said.strip()}")
    return said


def build(target: Target, *, dist: Path = DIST, wheels: Path = FOLDER, with_torch: bool = True) -> Built:
    """Build one zip.

    Raises:
        WheelError: a wheel is missing or wrong, Blender refuses the extension, or the zip is larger than the bound.
    """
    paths, without_torch = collect(target, wheels)
    if not with_torch:
        torch = {wheel.file for wheel in pinned() if wheel.group == TORCH}
        paths, without_torch = [path for path in paths if path.name not in torch], "as was asked"
    folder = STAGES / target.name
    stage(target, folder, paths=paths, wheels=pinned())
    version = tomllib.loads((folder / "blender_manifest.toml").read_text("utf-8"))["version"]
    dist.mkdir(parents=True, exist_ok=True)
    archive = dist / f"contrapposto-{version}-{target.name}.zip"
    archive.unlink(missing_ok=True)
    run_tool("validate", "--valid-tags=", str(folder))
    run_tool("build", "--valid-tags=", "--source-dir", str(folder), "--output-filepath", str(archive))
    run_tool("validate", "--valid-tags=", str(archive))
    built = Built(target, archive, archive.stat().st_size, unpacked(folder), len(paths), without_torch)
    bound = wanted()["bound_mb"]["without_torch" if without_torch else "with_torch"]
    if built.size > bound * 1_000_000:
        archive.unlink()
        raise WheelError(f"{archive.name} has {built.size / 1e6:.0f} MB, more than the {bound} MB of wanted.toml.")
    return built


def unpacked(folder: Path) -> int:
    """Bytes on the artist's disk: Blender keeps the wheels and lays them out as packages besides."""
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    for wheel in folder.glob("wheels/*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            size += sum(entry.file_size for entry in archive.infolist())
    return size


def index(dist: Path = DIST, *, version: str | None = None) -> Path:
    """Write index.json over the zips in `dist`; zips of other versions are removed.

    Raises:
        WheelError: Blender's tool refuses, as where two zips are for the same Blender.
    """
    known = version or tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))["version"]
    for old in dist.glob("contrapposto-*.zip"):
        if not old.name.startswith(f"contrapposto-{known}-"):
            old.unlink()
    run_tool("server-generate", "--repo-dir", str(dist))
    return dist / "index.json"


def table(built: Sequence[Built]) -> str:
    """The zips with their sizes, in millions of bytes."""
    rows = ["| zip | MB | on disk, MB | wheels | torch |", "| --- | --- | --- | --- | --- |"]
    rows += [
        f"| {each.path.name} | {each.size / 1e6:.0f} | {each.unpacked / 1e6:.0f} | {each.wheels} | "
        f"{'no: ' + each.without_torch if each.without_torch else 'bundled'} |"
        for each in built
    ]
    return "\n".join(rows)


def main(arguments: list[str] | None = None) -> int:
    """Build, and print the table of sizes. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m wheels.build", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--platforms", nargs="*", default=[])
    parser.add_argument("--pythons", nargs="*", default=[])
    parser.add_argument("--without-torch", action="store_true")
    parser.add_argument("--dist", type=Path, default=DIST)
    options = parser.parse_args(arguments)
    built: list[Built] = []
    try:
        for target in chosen_targets(options.platforms, options.pythons):
            print(f"Building for {target.name} ...", flush=True)
            built.append(build(target, dist=options.dist, with_torch=not options.without_torch))
        listed = index(options.dist)
    except (WheelError, OSError) as error:
        print(f"Extension: {error}", file=sys.stderr)
        return 1
    print(table(built))
    print(f"The index is {listed}: in Blender, Preferences > Get Extensions > Repositories > Add Remote Repository.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
