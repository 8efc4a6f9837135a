"""`blender --command contrapposto ...`: the command line inside Blender."""

from __future__ import annotations

import sys
from typing import Any, Final

import bpy

from .backend.errors import MissingPackageError
from .backend.packages import require_package

NAME: Final = "contrapposto"
BAD_INPUT: Final = 2
NEEDED: Final = (
    ("rich", "rich", "show progress in a terminal"),
    ("scipy.spatial.transform", "scipy", "compute with rotations"),
)
"""What the command line cannot even start without."""
_handles: Final[list[Any]] = []


def run(arguments: list[str]) -> int:
    """Run the command line with `arguments`, those after the command's name, and return its exit code."""
    try:
        for module, name, purpose in NEEDED if arguments[:1] != ["doctor"] else ():
            require_package(module, name=name, purpose=purpose)
    except MissingPackageError as error:
        sys.stderr.write(f"contrapposto: {error}\n")
        return BAD_INPUT
    from .backend.cli import main

    return main(arguments, online=bpy.app.online_access)


def add() -> None:
    """Offer the command to Blender."""
    _handles.append(bpy.utils.register_cli_command(NAME, run))


def remove() -> None:
    """Take the command back."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
