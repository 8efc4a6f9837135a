"""Makes pinned.toml anew from wanted.toml and constraints.txt: `python -m wheels.pin`.

It downloads each wheel for each target once (about 2 GB), reads from its metadata what it needs in turn, and writes
down its name, size and SHA-256. What the index has no wheel of for a target is left out there if it belongs to torch;
otherwise that is an error.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename

from .pip_download import download
from .targets import BASE, PINNED, ROOT, TORCH, Target, WheelError, all_targets, wanted

_HEADER: Final = """\
# Every wheel that the built extension bundles, made by `python -m wheels.pin` from wanted.toml: do not edit by hand.
# `python -m wheels.collect` fetches these files and takes no other.
"""
_CLASSIFIER: Final = "License :: OSI Approved :: "


@dataclass
class Found:
    """A wheel that was downloaded, and the targets that it is for."""

    package: str
    version: str
    licence: str
    group: str
    path: Path
    targets: list[str] = field(default_factory=list)


def constraints(path: Path = ROOT / "constraints.txt") -> dict[str, list[Requirement]]:
    """The versions that constraints.txt names, by canonical name; several where they depend on the Python."""
    found: dict[str, list[Requirement]] = {}
    for line in path.read_text("utf-8").splitlines():
        text = line.partition("#")[0].strip()
        if text:
            requirement = Requirement(text)
            found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def resolve(target: Target, *, folder: Path) -> Iterator[Found]:
    """Download what a target needs: the packages of wanted.toml and what they need in turn.

    Raises:
        WheelError: the index has no wheel of a package for this target.
    """
    seen: set[str] = set(wanted()["left_out"]) | {TORCH}
    yield from _resolve(wanted()["packages"], BASE, seen=seen, target=target, folder=folder)
    seen.discard(TORCH)
    try:
        yield from _resolve([wanted()["torch"]["package"]], TORCH, seen=seen, target=target, folder=folder)
    except WheelError as error:
        print(f"{target.name}: without torch. {error}")


def _resolve(names: Iterable[str], group: str, *, seen: set[str], target: Target, folder: Path) -> Iterator[Found]:
    waiting = [Requirement(name) for name in names]
    while waiting:
        asked = waiting.pop(0)
        name = canonicalize_name(asked.name)
        if name in seen:
            continue
        seen.add(name)
        path = _fetch(asked, target, group=group, folder=folder)
        metadata = _metadata(path)
        yield Found(str(metadata["Name"]), str(metadata["Version"]), _licence(metadata), group, path, [target.name])
        needed = [Requirement(text) for text in metadata.get_all("Requires-Dist") or []]
        waiting += [each for each in needed if each.marker is None or each.marker.evaluate(target.markers)]


def _fetch(asked: Requirement, target: Target, *, group: str, folder: Path) -> Path:
    """The wheel of a package for a target, in a folder of its own so that it is known which one pip chose."""
    name = canonicalize_name(asked.name)
    versions = [
        each
        for each in constraints().get(name, [])
        if each.marker is None or each.marker.evaluate(target.markers)
    ]  # fmt: skip
    specifier = str(versions[0].specifier) if versions else str(asked.specifier)
    local = wanted()["torch"]["local"].get(target.platform) if name == TORCH else None
    place = folder / target.name / name
    place.mkdir(parents=True, exist_ok=True)
    if not list(place.glob("*.whl")):
        download([f"{name}{specifier}{'+' + local if local else ''}"], target, group=group, folder=place)
    (path,) = place.glob("*.whl")
    largest = wanted()["torch"]["largest_mb"]
    if name == TORCH and path.stat().st_size > largest * 1_000_000:
        raise WheelError(f"{path.name} is larger than {largest} MB.")
    return path


def _metadata(path: Path) -> Message:
    with zipfile.ZipFile(path) as archive:
        (name,) = [each for each in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/METADATA", each)]
        return BytesParser().parsebytes(archive.read(name))


def _licence(metadata: Message) -> str:
    """In SPDX words, from the first place that has them.

    Raises:
        WheelError: none has; wanted.toml must say it.
    """
    name = canonicalize_name(str(metadata["Name"]))
    told = wanted()["licence"].get(name) or metadata.get("License-Expression")
    if told:
        return str(told)
    short = str(metadata.get("License") or "").strip()
    if short and "\n" not in short and len(short) <= 30:
        return short
    classifiers = [each for each in metadata.get_all("Classifier") or [] if each.startswith(_CLASSIFIER)]
    if len(classifiers) != 1:
        raise WheelError(f"The metadata of {name} tell no single licence: write it into wanted.toml under [licence].")
    return classifiers[0].removeprefix(_CLASSIFIER)


def merged(found: Iterable[Found]) -> list[Found]:
    """One entry a file, with all targets that it is for; a package that torch and others need is not torch's alone."""
    kept: dict[str, Found] = {}
    for each in found:
        known = kept.setdefault(each.path.name, each)
        if known is not each:
            known.targets += each.targets
            known.group = BASE if BASE in {known.group, each.group} else TORCH
    return sorted(kept.values(), key=lambda each: (canonicalize_name(each.package), each.version, each.path.name))


def written(found: list[Found]) -> str:
    """pinned.toml's content."""
    lines, before = [_HEADER], ("", "")
    for each in found:
        if (each.package, each.version) != before:
            before = (each.package, each.version)
            lines.append("[[package]]")
            lines += [f"{key} = {json.dumps(getattr(each, attribute))}" for key, attribute in (
                ("name", "package"), ("version", "version"), ("licence", "licence"), ("group", "group"),
            )]  # fmt: skip
            lines.append("")
        content = each.path.read_bytes()
        lines.append("[[package.wheel]]")
        lines.append(f"file = {json.dumps(each.path.name)}")
        lines.append(f'sha256 = "{hashlib.sha256(content).hexdigest()}"')
        lines.append(f"size = {len(content)}")
        lines += ["targets = [", *(f"    {json.dumps(target)}," for target in sorted(each.targets)), "]", ""]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Make the list, and say what is in it. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m wheels.pin", description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "wheels-pinning", help="where downloads are kept"
    )
    options = parser.parse_args(arguments)
    found: list[Found] = []
    try:
        for target in all_targets():
            here = list(resolve(target, folder=options.folder))
            print(f"{target.name}: {len(here)} wheels, {sum(each.path.stat().st_size for each in here) / 1e6:.0f} MB")
            found += here
        for each in found:
            parse_wheel_filename(each.path.name)
        PINNED.write_text(written(merged(found)), "utf-8")
    except (WheelError, OSError) as error:
        print(f"The list was not made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
