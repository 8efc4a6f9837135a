"""Keys the last video's motion again a moment after a setting was changed, once for several changes in a row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any, Final

import bpy

from ..backend.errors import InputError
from ..backend.outside import parse_json
from ..rig.callbacks import called_by_blender
from .session import session

WAIT_S: Final = 0.35
"""A slider that is dragged changes many times a second."""
TITLE: Final = "Key Motion Again"
"""Of the job that does it, which may be stopped for the next change."""


def key_again_soon() -> None:
    """Key the motion again in a moment, if the scene has one whose solution is still known; in a window only."""
    if session.videos.is_settling or bpy.app.background or session.videos.run_of(bpy.context.scene) is None:
        return
    if bpy.app.timers.is_registered(_key_again):
        bpy.app.timers.unregister(_key_again)
    bpy.app.timers.register(_key_again, first_interval=WAIT_S)


def forget() -> None:
    """Whatever was to be done in a moment is not done."""
    if bpy.app.timers.is_registered(_key_again):
        bpy.app.timers.unregister(_key_again)


@called_by_blender("Key Motion Again")
def _key_again() -> float | None:
    """The timer: waits for a running job, and stops one of its own kind, which has the settings of before."""
    if session.job is not None:
        if session.job.title == TITLE:
            session.job.cancel_requested = True
        return 0.1
    window = next(iter(bpy.context.window_manager.windows), None)
    if window is None or session.videos.run_of(window.scene) is None:
        return None
    area = next((area for area in window.screen.areas if area.type == "VIEW_3D"), window.screen.areas[0])
    with bpy.context.temp_override(window=window, area=area):
        if not is_keyed_so(window.scene) and bpy.ops.contrapposto.video_refinish.poll():
            bpy.ops.contrapposto.video_refinish("INVOKE_DEFAULT", True)  # True: a step of undo
    return None


def is_keyed_so(scene: Any) -> bool:
    """Whether the scene's motion is keyed with the settings that are shown."""
    keyed = scene.contrapposto.video.result.keying
    shown = bpy.context.window_manager.contrapposto_video
    return bool(keyed) and all(same(getattr(shown, name), value) for name, value in kept_settings(keyed).items())


def kept_settings(keyed: str) -> dict[str, Any]:
    """The settings in a text that a .blend holds; what is none of them, or of another type, is left out."""
    from .video_keying import Keying

    try:
        content = parse_json(keyed)
    except InputError:
        return {}
    known = asdict(Keying())
    given = content if isinstance(content, dict) else {}
    return {name: value for name, value in given.items() if name in known and _is_like(value, known[name])}


def _is_like(value: object, other: object) -> bool:
    return type(value) is type(other) or (isinstance(other, float) and type(value) is int)


def same(one: Any, other: Any) -> bool:
    """Whether two settings are the same; numbers as far as Blender keeps them."""
    return abs(one - other) < 1e-5 if isinstance(one, float) else one == other


@contextmanager
def settling() -> Iterator[None]:
    """The block sets settings that are keyed already."""
    session.videos.is_settling = True
    try:
        yield
    finally:
        session.videos.is_settling = False


def show_keyed_settings(scene: Any) -> None:
    """Show the settings with which the scene's motion is keyed: after undo, redo, or another file."""
    keyed = scene.contrapposto.video.result.keying
    if not keyed:
        return
    shown: Any = bpy.context.window_manager.contrapposto_video
    with settling():
        for name, value in kept_settings(keyed).items():
            if not same(getattr(shown, name), value):
                with suppress(TypeError):  # a word that is no choice
                    setattr(shown, name, value)
