"""`blender --command contrapposto ...`: the command line inside Blender."""

from __future__ import annotations

from typing import Any, Final

import bpy

NAME: Final = "contrapposto"
_handles: Final[list[Any]] = []


def run(arguments: list[str]) -> int:
    """Run the command line with `arguments`, those after the command's name, and return its exit code."""
    from .backend.cli import main

    return main(arguments)


def add() -> None:
    """Offer the command to Blender."""
    _handles.append(bpy.utils.register_cli_command(NAME, run))


def remove() -> None:
    """Take the command back."""
    while _handles:
        bpy.utils.unregister_cli_command(_handles.pop())
