"""Hands and eyes of a story in a real Blender window: mouse, keyboard, photographs, a watch on the event loop."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import bpy

Story = Iterator[float]
"""Yields the seconds to wait before the next step."""


def x11(*command: str) -> None:
    """Run a program that talks to the X server."""
    subprocess.run(command, check=True, timeout=60)


def photograph(folder: Path, name: str) -> None:
    """Photograph the screen; Blender's own screenshot is black with software OpenGL."""
    x11("import", "-window", "root", str(folder / f"{name}.png"))
    print("PHOTOGRAPH", name, flush=True)


def key(name: str) -> None:
    """Press a key, such as `Escape` or `ctrl+z`."""
    x11("xdotool", "key", name)


def hold(name: str) -> None:
    """Hold a key down, such as `ctrl`."""
    x11("xdotool", "keydown", name)


def let_go(name: str) -> None:
    """Let a key go."""
    x11("xdotool", "keyup", name)


def write(text: str) -> None:
    """Type a text."""
    x11("xdotool", "type", "--delay", "30", text)


def move(x: float, y: float) -> None:
    """Move the mouse; x and y count from the window's lower left, as Blender does."""
    height = bpy.context.window_manager.windows[0].height
    x11("xdotool", "mousemove", str(int(x)), str(int(height - y)))


def click(x: float, y: float) -> Story:
    """Click with the left button."""
    move(x, y)
    yield 0.3
    x11("xdotool", "mousedown", "1")
    yield 0.15
    x11("xdotool", "mouseup", "1")
    yield 0.3


def drag(start: tuple[float, float], end: tuple[float, float]) -> Story:
    """Drag with the left button."""
    move(*start)
    yield 0.3
    x11("xdotool", "mousedown", "1")
    yield 0.3
    steps = 20
    for step in range(1, steps + 1):
        share = step / steps
        move(start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
        yield 0.03
    x11("xdotool", "mouseup", "1")
    yield 0.4


def view3d() -> tuple[bpy.types.Window, bpy.types.Area]:
    """The window, and its 3D view."""
    window = bpy.context.window_manager.windows[0]
    return window, next(area for area in window.screen.areas if area.type == "VIEW_3D")


def region(kind: str) -> bpy.types.Region:
    """A region of the 3D view: WINDOW or UI (the sidebar)."""
    return next(region for region in view3d()[1].regions if region.type == kind)


def in_view(call: Callable[[], object]) -> object:
    """Call as if the mouse were in the 3D view."""
    window, area = view3d()
    with bpy.context.temp_override(window=window, area=area, region=region("WINDOW")):
        return call()


def press_button(command: str, *, at: float = 0.45) -> Story:
    """Look for the sidebar's button of an operator, such as `contrapposto.sketch_strokes`, and click on it.

    Args:
        command: the operator.
        at: how far across the sidebar to look.
    """
    window, area = view3d()
    side = region("UI")
    x = side.x + at * side.width
    for y in range(side.y + side.height - 30, side.y + 10, -10):
        move(x, y)
        yield 0.12
        with bpy.context.temp_override(window=window, area=area, region=side):
            if not bpy.ops.ui.copy_python_command_button.poll():
                continue
            bpy.ops.ui.copy_python_command_button()
        if bpy.context.window_manager.clipboard.startswith(f"bpy.ops.{command}("):
            yield from click(x, y)
            return
    raise AssertionError(f"the sidebar shows no button of {command}")


class Watch:
    """Measures the time between two turns of the event loop, and during which stage of the job it was.

    The drawing of the window is in it, which is slow without a graphics card.
    """

    def __init__(self, stage: Callable[[], str]) -> None:
        self._stage = stage
        self._running = False
        self._gaps: list[tuple[float, str]] = []

    def start(self) -> None:
        """Begin to measure."""
        self._gaps, self._running = [], True
        self._last, self._last_stage = time.perf_counter(), self._stage()
        bpy.app.timers.register(self._turn, first_interval=0.0)

    def stop(self) -> list[tuple[float, str]]:
        """The gaps in milliseconds with the stage that was announced before each, the longest first."""
        self._running = False
        return sorted(self._gaps, reverse=True)

    def _turn(self) -> float | None:
        now = time.perf_counter()
        self._gaps.append(((now - self._last) * 1000.0, self._last_stage))
        self._last, self._last_stage = now, self._stage()
        return 0.001 if self._running else None


def tell(story: Story) -> None:
    """Let the story run from Blender's timer; an error in it ends Blender with status 4."""

    def step() -> float | None:
        try:
            return next(story)
        except StopIteration:
            print("WINDOW OK", flush=True)
            bpy.ops.wm.quit_blender()
        except BaseException:  # noqa: BLE001  (whatever it is, it is printed and ends Blender)
            traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(4)  # Blender would only print it and stay open
        return None

    bpy.app.timers.register(step, first_interval=1.0, persistent=True)  # on, also when a file is opened
