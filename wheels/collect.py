"""Fetches the wheels of pinned.toml with pip: `python -m wheels.collect`. Nothing else than those files is taken.

Which index pip asks is its own matter: a company's mirror or an index of CPU builds is set up as for any other use.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .pip_download import download
from .targets import BASE, ROOT, TORCH, Target, Wheel, WheelError, chosen_targets, pinned

FOLDER: Final = ROOT / "build" / "wheels"
Download = Callable[..., None]


def wheels_of(target: Target, *, group: str, wheels: Sequence[Wheel] | None = None) -> list[Wheel]:
    """The pinned wheels of a group for a target."""
    return [
        wheel
        for wheel in (pinned() if wheels is None else wheels)
        if wheel.group == group and target.name in wheel.targets
    ]  # fmt: skip


def collect(
    target: Target, folder: Path = FOLDER, *, fetch: Download = download, wheels: Sequence[Wheel] | None = None
) -> tuple[list[Path], str]:
    """Put the wheels of a target into `folder`, unless they are there, and check every one.

    Args:
        target: what they run on.
        folder: where they are kept.
        fetch: downloads wheels, as `pip_download.download` does.
        wheels: by default those of pinned.toml.

    Returns:
        The wheels' paths, and why those of torch are not among them, a sentence, or nothing.

    Raises:
        WheelError: a wheel cannot be downloaded, or is not the pinned one; for torch only the latter.
    """
    base = wheels_of(target, group=BASE, wheels=wheels)
    if not base:
        raise WheelError(f"No wheels are pinned for {target.name}. Make the list anew with `python -m wheels.pin`.")
    _fetch_missing(base, target, folder=folder, fetch=fetch)
    torch = wheels_of(target, group=TORCH, wheels=wheels)
    if not torch:
        return [folder / wheel.file for wheel in base], "the index has no build of torch for the processor alone"
    try:
        _fetch_missing(torch, target, folder=folder, fetch=fetch)
    except NotFetchedError as error:
        return [folder / wheel.file for wheel in base], str(error)
    return [folder / wheel.file for wheel in (*base, *torch)], ""


class NotFetchedError(WheelError):
    """pip finds no such wheel here."""


def check(path: Path, wheel: Wheel) -> None:
    """Make sure that a file is the pinned one.

    Raises:
        WheelError: its size or its SHA-256 differs.
    """
    content = path.read_bytes()
    if len(content) != wheel.size or hashlib.sha256(content).hexdigest() != wheel.sha256:
        raise WheelError(
            f"{path.name} is not the pinned file: it has {len(content)} bytes instead of {wheel.size}, or another "
            f"SHA-256. Delete {path} and run again; if it comes back so, do not use it."
        )


def _fetch_missing(wheels: list[Wheel], target: Target, *, folder: Path, fetch: Download) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    missing = [wheel for wheel in wheels if not (folder / wheel.file).is_file()]
    for wheel in wheels:
        if wheel not in missing:
            check(folder / wheel.file, wheel)
    if not missing:
        return
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        asked = [f"{wheel.package}=={wheel.version}" for wheel in missing]
        try:
            fetch(asked, target, group=missing[0].group, folder=Path(scratch))
        except WheelError as error:
            raise NotFetchedError(str(error)) from error
        files = {path.name for path in Path(scratch).iterdir()}
        if files != {wheel.file for wheel in missing}:
            odd = files.symmetric_difference({wheel.file for wheel in missing})
            raise NotFetchedError(
                f"pip fetched other files for {target.name} than those pinned: {', '.join(sorted(odd))}."
            )
        for wheel in missing:
            check(Path(scratch) / wheel.file, wheel)
            (Path(scratch) / wheel.file).replace(folder / wheel.file)


def main(arguments: list[str] | None = None) -> int:
    """Fetch, and say what was done. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m wheels.collect", description=__doc__)
    parser.add_argument("--platforms", nargs="*", default=[], help="such as linux-x64; all by default")
    parser.add_argument("--pythons", nargs="*", default=[], help="such as 3.11; those that Blender brings by default")
    options = parser.parse_args(arguments)
    try:
        for target in chosen_targets(options.platforms, options.pythons):
            paths, without_torch = collect(target)
            size = sum(path.stat().st_size for path in paths) / 1e6
            note = f"; without torch: {without_torch}" if without_torch else ""
            print(f"{target.name}: {len(paths)} wheels, {size:.0f} MB{note}")
    except (WheelError, OSError) as error:
        print(f"Wheels: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
