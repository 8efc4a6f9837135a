"""What is let go of when another file is opened, and what is shown anew then and after an undo."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.app.handlers import persistent

from ..rig.callbacks import called_by_blender
from ..rig.overlay import tint
from . import video_soon
from .session import session


@persistent
@called_by_blender("Forgetting the file that was open")
def forget(*_file: object) -> None:
    """Readings and tints belong to rigs of the file that was open."""
    session.forget_runs()
    tint.hide()


@persistent
@called_by_blender("Showing the settings of the motion")
def show_settings(*_scene: object) -> None:
    """The settings of a video's motion are those with which it is keyed now."""
    video_soon.show_keyed_settings(bpy.context.scene)


def add() -> None:
    """Listen."""
    bpy.app.handlers.load_pre.append(forget)
    for listeners in _after():
        listeners.append(show_settings)


def remove() -> None:
    """Listen no more, and take the tint away."""
    tint.hide()
    video_soon.forget()
    for listeners, listener in ((bpy.app.handlers.load_pre, forget), *((each, show_settings) for each in _after())):
        if listener in listeners:
            listeners.remove(listener)


def _after() -> tuple[Any, ...]:
    return bpy.app.handlers.undo_post, bpy.app.handlers.redo_post, bpy.app.handlers.load_post
