"""Says in words what is installed and what is missing: packages, model files, the user's SMPL files.

Needs Python alone, so that it can speak where a package is what is missing. `checkup.py` runs the parts as well.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from . import torch_folder
from .errors import InputError
from .job import Job, Progress, run_job
from .weights.registry import model_entries
from .weights.state import model_state

REINSTALL: Final = "Reinstall the extension for your system."
_OF_PYTHON: Final = ((3, 11), (3, 14))


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: what it is called.
        sentence: in words for the artist, what was found or what is wrong.
        ok: it is there and works.
        needed: without it the add-on's main work cannot be done.
        failed: it is there, and does not work.
        advice: what to do now, in words; nothing where nothing is to be done.
    """

    name: str
    sentence: str
    ok: bool
    needed: bool
    failed: bool = False
    advice: str = ""

    @property
    def is_trouble(self) -> bool:
        """Something has to be done: what is needed is missing, or what is there does not work."""
        return not self.ok and (self.needed or self.failed)


@dataclass(frozen=True)
class Package:
    """A Python package: what it is imported as, distributed as, what it does, its least version, and what to do.

    `advice` is what to do where it is missing.
    """

    name: str
    module: str
    distributions: tuple[str, ...]
    purpose: str
    needed: bool
    least: str
    advice: str = REINSTALL


_NAME_FOLDER: Final = "To use it, install it beside a PyTorch, and name that PyTorch Folder in the preferences."

PACKAGES: Final = (
    Package("NumPy", "numpy", ("numpy",), "compute every pose", needed=True, least="1.26"),
    Package("SciPy", "scipy.spatial.transform", ("scipy",), "turn joints and filter motion", needed=True, least="1.13"),
    Package(
        "OpenCV",
        "cv2",
        ("opencv-python-headless", "opencv-python", "opencv"),
        "open pictures and videos",
        needed=True,
        least="4.10",
    ),
    Package(
        "LiteRT",
        "ai_edge_litert.interpreter",
        ("ai-edge-litert",),
        "find people in photos and videos",
        needed=True,
        least="2.0",
    ),
    Package(
        "PyTorch",
        "torch",
        ("torch",),
        "run the pose model, and to pose from drawings and videos; photos are read by plain geometry without it",
        needed=False,
        least="2.4",
        advice="To use it, name a PyTorch Folder in the preferences.",
    ),
    Package("safetensors", "safetensors", ("safetensors",), "load the pose model", needed=False, least="0.4"),
    Package("roma", "roma", ("roma",), "run the pose model", needed=False, least="1.5"),
    Package(
        "smplx",
        "smplx",
        ("smplx",),
        "read SMPL files of your own",
        needed=False,
        least="0.1.28",
        advice=f"{_NAME_FOLDER} Its licence is for non-commercial research.",
    ),
    Package("httpx", "httpx", ("httpx",), "ask a language model on a server", needed=False, least="0.27"),
    Package(
        "Transformers",
        "transformers",
        ("transformers",),
        "run a language model from a folder of your own",
        needed=False,
        least="4.56",
        advice=_NAME_FOLDER,
    ),
    Package("rich", "rich", ("rich",), "show progress on the command line", needed=False, least="13"),
)
TO_IMPORT: Final = frozenset({"NumPy", "SciPy", "OpenCV", "LiteRT", "PyTorch", "safetensors", "roma", "httpx", "rich"})
"""The others are large, and nobody needs them who has not set something up."""
PHOTO_MODELS: Final = ("pose_detection", "pose_landmark_full")


def check_installation(*, model_folder: Path | None = None, smpl_folder: Path | None = None) -> tuple[Finding, ...]:
    """Look for every package, every model file of the photo detector, and the user's SMPL files; nothing is run."""
    findings = [find_package(package) for package in PACKAGES]
    findings += [run_job(find_model(name, model_folder)) for name in PHOTO_MODELS]
    if smpl_folder is not None:
        findings.append(find_smpl(smpl_folder))
    return tuple(findings)


def find_python() -> Finding:
    """Whether this Python is one that the packages are built for."""
    version = sys.version_info
    words = f"Python {version.major}.{version.minor}.{version.micro}"
    if _OF_PYTHON[0] <= (version.major, version.minor) <= _OF_PYTHON[1]:
        return Finding("Python", f"{words} is right.", ok=True, needed=True)
    oldest, newest = (".".join(map(str, limit)) for limit in _OF_PYTHON)
    return Finding(
        "Python",
        f"{words} is not supported.",
        ok=False,
        needed=True,
        failed=True,
        advice=f"Use Blender 4.5 or 5, or Python {oldest} to {newest}.",
    )


def find_package(package: Package) -> Finding:
    """Whether a package is installed, and new enough."""
    if not _is_there(package.module):
        needed = "It is needed" if package.needed else "It is only needed"
        sentence = f"{package.name} is not installed. {needed} to {package.purpose}."
        return Finding(package.name, sentence, ok=False, needed=package.needed, advice=package.advice)
    version = version_of(package)
    if version and numbers(version) < numbers(package.least):
        return Finding(
            package.name,
            f"{package.name} {version} is too old: {package.least} or newer is needed to {package.purpose}.",
            ok=False,
            needed=package.needed,
            failed=True,
            advice=f"{REINSTALL} Where another add-on brings an older {package.name}, disable that one.",
        )
    sentence = f"{package.name} {version} is installed."
    return Finding(package.name, " ".join(sentence.split()), ok=True, needed=package.needed)


def import_package(package: Package) -> Job[Finding]:
    """The same, and whether it can be loaded on this machine."""
    if package.module == "torch":
        try:
            torch_folder.prepare()
        except InputError as error:
            return Finding(package.name, str(error), ok=False, needed=package.needed, failed=True)
    found = find_package(package)
    if not found.ok or package.name not in TO_IMPORT:
        return found
    yield Progress(f"Loading {package.name}", 0.0)
    try:
        importlib.import_module(package.module)
    except Exception as error:  # noqa: BLE001  (whatever a broken package raises is what is to be found)
        return Finding(
            package.name,
            f"{package.name} {version_of(package)} is installed but cannot be loaded: {one_line(error)}",
            ok=False,
            needed=package.needed,
            failed=True,
            advice=f"{REINSTALL} If that does not help, send the report.",
        )
    return found


def version_of(package: Package) -> str:
    """The installed version, or nothing where it does not say."""
    for distribution in package.distributions:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return str(getattr(sys.modules.get(package.module.partition(".")[0]), "__version__", ""))


def find_model(name: str, folder: Path | None, *, needed: bool = True) -> Job[Finding]:
    """Whether a registered model file is there and the right one."""
    state = yield from model_state(model_entries()[name], folder)
    if state.path is not None and not state.problem:
        return Finding(name, f"Model {state.path.name} is there, and is the right one.", ok=True, needed=needed)
    file = Path(state.entry.file).name
    place = "" if state.path is None else f" ({state.path})"
    advice = (
        "Delete it, then reinstall the extension"
        if state.own
        else "Reinstall the extension, or choose a model folder that holds the file"
    )
    if state.path is None:
        advice = "Reinstall the extension, or choose a model folder that holds the file"
    in_checkout = "in a checkout, run `python -m contrapposto.backend.weights.fetch`"
    return Finding(
        name,
        f"Model {file} {state.problem}{place}.",
        ok=False,
        needed=needed,
        failed=state.path is not None,
        advice=f"{advice}; {in_checkout}.",
    )


def find_smpl(folder: Path) -> Finding:
    """Whether a folder holds SMPL files."""
    from .smpl_files import smpl_files  # imports numpy

    files = smpl_files(folder)
    if files:
        return Finding("SMPL", f"SMPL folder: {files[0].name} gives the proportions.", ok=True, needed=False)
    return Finding(
        "SMPL",
        f"The folder {folder} holds no SMPLX_*.npz and no SMPL_*.pkl.",
        ok=False,
        needed=False,
        failed=True,
        advice="Choose the folder of your SMPL files in the preferences, or clear the field.",
    )


def one_line(error: BaseException) -> str:
    """An exception in one line of bounded length, with its kind."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:300]}" if words else type(error).__name__


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, to compare."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found[0].split(".")) if found else ()


def _is_there(module: str) -> bool:
    """Looks for the top package alone: to look further would import it."""
    try:
        return importlib.util.find_spec(module.partition(".")[0]) is not None
    except (ImportError, ValueError):
        return False
