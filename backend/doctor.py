"""Says in words what is installed and what is missing; loads no model and imports no large package."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import ModelError
from .smpl_files import smpl_files


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for.

    Attributes:
        name: what it is called.
        sentence: in words for the artist, what was found or what to do.
        ok: it is there.
        needed: without it the add-on's main work cannot be done.
    """

    name: str
    sentence: str
    ok: bool
    needed: bool


@dataclass(frozen=True)
class Package:
    """A Python package: what it is imported as, distributed as and needed for."""

    name: str
    module: str
    distributions: tuple[str, ...]
    purpose: str
    needed: bool


PACKAGES: Final = (
    Package("LiteRT", "ai_edge_litert", ("ai-edge-litert",), "reads people from photos", needed=True),
    Package("OpenCV", "cv2", ("opencv-python-headless", "opencv-python", "opencv"), "opens pictures", needed=True),
    Package("SciPy", "scipy", ("scipy",), "filters and assignment", needed=True),
    Package("PyTorch", "torch", ("torch",), "runs the pose model", needed=False),
    Package("safetensors", "safetensors", ("safetensors",), "loads the pose model", needed=False),
    Package("smplx", "smplx", ("smplx",), "reads your own SMPL files", needed=False),
    Package("httpx", "httpx", ("httpx",), "asks a language model on a server", needed=False),
    Package("Transformers", "transformers", ("transformers",), "runs a language model from a folder", needed=False),
)
PHOTO_MODELS: Final = ("pose_detection", "pose_landmark_full")


def check_installation(*, model_folder: Path | None = None, smpl_folder: Path | None = None) -> tuple[Finding, ...]:
    """Look for every package, every model file of the photo detector, and the user's SMPL files."""
    findings = [_find_package(package) for package in PACKAGES]
    findings += [_find_model(name, model_folder) for name in PHOTO_MODELS]
    if smpl_folder is not None:
        findings.append(_find_smpl(smpl_folder))
    return tuple(findings)


def _find_package(package: Package) -> Finding:
    if importlib.util.find_spec(package.module) is None:
        need = "needed" if package.needed else "optional"
        sentence = f"{package.name} is not installed ({need}: {package.purpose})."
        return Finding(package.name, sentence, ok=False, needed=package.needed)
    sentence = f"{package.name} {_version(package)} is installed."
    return Finding(package.name, " ".join(sentence.split()), ok=True, needed=package.needed)


def _version(package: Package) -> str:
    for distribution in package.distributions:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _find_model(name: str, folder: Path | None) -> Finding:
    from .runtime import model_path

    try:
        path = model_path(name, folder=folder)
    except ModelError as error:
        return Finding(name, str(error), ok=False, needed=True)
    return Finding(name, f"Model {path.name} is there, and is the right one.", ok=True, needed=True)


def _find_smpl(folder: Path) -> Finding:
    files = smpl_files(folder)
    if files:
        return Finding("SMPL", f"SMPL folder: {files[0].name} gives the proportions.", ok=True, needed=False)
    return Finding("SMPL", f"The folder {folder} holds no SMPLX_*.npz and no SMPL_*.pkl.", ok=False, needed=False)
