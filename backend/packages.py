"""Packages that are imported only when a step needs them, and the sentence shown when one is absent."""

from __future__ import annotations

import importlib

from .errors import MissingPackageError


def require_package(module: str, *, name: str, purpose: str) -> None:
    """Import `module`, so that a plain `import` of it right after succeeds.

    Args:
        module: what Python imports, such as "cv2".
        name: what the artist would install, such as "opencv-python-headless".
        purpose: what it is needed for, read after "to".

    Raises:
        MissingPackageError: the package is not installed, or cannot be loaded on this machine.
    """
    try:
        importlib.import_module(module)
    except ImportError as error:
        raise MissingPackageError(
            f"The Python package {name} is needed to {purpose}, but cannot be imported ({error}). "
            f"Reinstall the extension for your system, or install {name} into this Python."
        ) from error


def require_opencv() -> None:
    """Raises: MissingPackageError: OpenCV cannot be imported."""
    require_package("cv2", name="opencv-python-headless", purpose="read and crop pictures")


def require_litert() -> None:
    """Raises: MissingPackageError: LiteRT cannot be imported."""
    require_package("ai_edge_litert.interpreter", name="ai-edge-litert", purpose="find people in pictures")


def require_torch() -> None:
    """Import torch, from the folder that the artist named if there is one.

    Raises:
        MissingPackageError: torch cannot be imported.
        InputError: a folder is named, and its torch cannot be used.
    """
    from . import torch_folder  # not before torch is needed: it loads much of importlib

    torch_folder.prepare()
    try:
        require_package("torch", name="torch", purpose="run learned models")
    except MissingPackageError as error:
        raise MissingPackageError(
            f"{error} Or name a folder that holds PyTorch: PyTorch Folder in the preferences, or the environment "
            f"variable {torch_folder.VARIABLE} on the command line."
        ) from error
