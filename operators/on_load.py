"""What is let go of when another file is opened."""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from ..rig.overlay import tint
from .session import session


@persistent
def forget(_path: str = "") -> None:
    """Readings and tints belong to rigs of the file that was open."""
    session.forget_runs()
    tint.hide()


def add() -> None:
    """Listen."""
    bpy.app.handlers.load_pre.append(forget)


def remove() -> None:
    """Listen no more, and take the tint away."""
    tint.hide()
    if forget in bpy.app.handlers.load_pre:
        bpy.app.handlers.load_pre.remove(forget)
