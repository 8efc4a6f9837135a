"""The report of what went wrong: plain text of bounded size with nothing private in it, for whoever can mend it.

Needs nothing but Python itself, because it must come about where numpy or torch is what is broken.
"""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .masking import Secrets, mask
from .version import package_version
from .weights.state import ModelState

LIMIT_BYTES: Final = 64 * 1024
_MOST_LETTERS: Final = 512 * 1024
"""More is not even looked through for what is private."""
_LONGEST_LINE: Final = 600
_TRACEBACK_LINES: Final = 200
_LEFT_OUT: Final = "[... left out ...]"
_CUT: Final = "[... the rest is left out: the report is limited to 64 KiB ...]\n"
_PACKAGE: Final = Path(__file__).resolve().parents[1]
VERSIONS: Final = (
    ("numpy", ("numpy",)),
    ("scipy", ("scipy",)),
    ("opencv", ("opencv-python-headless", "opencv-python", "opencv")),
    ("litert", ("ai-edge-litert",)),
    ("torch", ("torch",)),
    ("safetensors", ("safetensors",)),
    ("roma", ("roma",)),
    ("httpx", ("httpx",)),
    ("rich", ("rich",)),
    ("smplx", ("smplx",)),
    ("transformers", ("transformers",)),
    ("onnxruntime", ("onnxruntime",)),
)
"""The packages that are named, and as what they are distributed."""


@dataclass(frozen=True)
class Section:
    """A part of the report: its title and its lines."""

    title: str
    lines: tuple[str, ...]


def render(sections: Sequence[Section], secrets: Secrets) -> str:
    """The report: masked, and at most `LIMIT_BYTES` long as UTF-8.

    It is masked as a whole and cut afterwards: half a secret is not known as one.
    """
    parts = ["Contrapposto report", "==================="]
    for section in sections:
        parts += ["", section.title, "-" * len(section.title), *section.lines]
    text = mask(_bounded("\n".join(map(_printable, parts))), secrets)
    lines = [
        line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]} {_LEFT_OUT}" for line in text.splitlines()
    ]
    return _cut("\n".join(lines) + "\n")


def distribution_version(names: Sequence[str]) -> str:
    """The version of the first of these distributions that is installed, or nothing."""
    for name in names:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def versions_section(*, blender: str = "") -> Section:
    """Versions of the add-on, Blender, Python, the system and the packages; imports none of them."""
    own = [
        f"Contrapposto {package_version()}",
        f"Blender {blender or 'none: the command line'}",
        f"Python {platform.python_version()} ({platform.python_implementation()}, {sys.maxsize.bit_length() + 1} bit)",
        f"System {platform.platform()} ({platform.machine()})",
    ]
    found = [(name, distribution_version(distributions)) for name, distributions in VERSIONS]
    return Section("Versions", (*own, *(f"{name} {version or 'is not installed'}" for name, version in found)))


def models_section(states: Sequence[ModelState]) -> Section:
    """Each model file, and whether it is the registered one."""
    return Section("Model files", tuple(state.words for state in states))


def traceback_section(error: BaseException) -> Section:
    """Where it happened and from what it came; the files by their place in the add-on, Blender or Python."""
    text = "".join(traceback.TracebackException.from_exception(error, limit=-60, compact=True).format(chain=True))
    lines = shortened_paths(text[-_MOST_LETTERS:]).splitlines()
    if len(lines) > _TRACEBACK_LINES:
        half = _TRACEBACK_LINES // 2
        lines = [*lines[:half], f"[... {len(lines) - 2 * half} lines left out ...]", *lines[-half:]]
    return Section("Traceback", tuple(lines))


def shortened_paths(text: str) -> str:
    """A text in which our own files start at `contrapposto`, and those of packages at the package."""
    for folder in {str(_PACKAGE), str(Path(__file__).parents[1])}:
        for written in {folder, folder.replace("\\", "\\\\")}:
            text = text.replace(written, "contrapposto")
    return re.sub(r'File "[^"\n]*?[\\/](?:site-packages|dist-packages)[\\/]', 'File "', text)


def _printable(line: str) -> str:
    """Without what would confuse a terminal or a reader: control characters, and marks that turn the direction."""
    return "".join(letter if letter.isprintable() or letter in "\n\t " else " " for letter in str(line))


def _bounded(text: str) -> str:
    """A huge text, which only a hostile message makes, up to its last whole line."""
    if len(text) <= _MOST_LETTERS:
        return text
    return f"{text[:_MOST_LETTERS].rpartition(chr(10))[0]}\n{_LEFT_OUT}"


def _cut(text: str) -> str:
    content = text.encode("utf-8", "replace")
    if len(content) <= LIMIT_BYTES:
        return content.decode("utf-8")
    kept = content[: LIMIT_BYTES - len(_CUT)].decode("utf-8", "ignore")
    return f"{kept.rpartition(chr(10))[0]}\n{_CUT}"
