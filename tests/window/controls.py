"""Controls that a story works with by mouse and keyboard: fields, sections, the file browser, the preferences.

Places of what cannot be asked for are those of Blender 5.2 in a window of 1280 x 800 pixels at a scale of 1.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import bpy
import window
from window import Story, click, key, move, write

SECTIONS = ("photo", "sketch", "text", "video", "rig", "result", "settings")
TITLE, TITLE_STEP = (860, 703), 28
"""Where the title of the first section is, and how far below it the next one while all are folded."""
EDIT_MENU, PREFERENCES_ITEM = (79, 786), (131, 517)
PREFERENCES_AT = (100, 60)
"""Where the preferences' upper left corner is put: it opens partly off the screen, and there is no window manager."""


def wait_until(true: Callable[[], object], told: str, *, seconds: float = 60.0) -> Story:
    """Wait until something is true; `told` says what did not happen."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, told
        yield 0.05


def fill(x: float, y: float, text: str) -> Story:
    """Click into a field, and type a text in place of what is there.

    The second click is for a field beside one that is still being edited: the first one only ends that.
    """
    yield from click(x, y)
    yield from click(x, y)
    key("ctrl+a")
    yield 0.3
    write(text)
    yield 0.5


def field(path: str, *, at: float = 0.6) -> Story:
    """Look for the sidebar's field of a property whose data path ends with `path`; returns where it is."""
    here, area = window.view3d()
    side = window.region("UI")
    x = side.x + at * side.width
    for y in range(side.y + side.height - 30, side.y + 10, -10):
        move(x, y)
        yield 0.12
        with bpy.context.temp_override(window=here, area=area, region=side):
            if not bpy.ops.ui.copy_data_path_button.poll():
                continue
            bpy.ops.ui.copy_data_path_button(full_path=True)
        if bpy.context.window_manager.clipboard.endswith(path):
            return x, y
    raise AssertionError(f"the sidebar shows no field of {path}")


def type_into(path: str, text: str, *, at: float = 0.6) -> Story:
    """Click into a field of the sidebar, type, and press Enter; a number's field wants two clicks."""
    x, y = yield from field(path, at=at)
    yield from click(x, y)
    yield 0.5
    if text.isdigit():
        yield from click(x, y)
        yield 0.3
    key("ctrl+a")
    yield 0.3
    write(text)
    yield 0.8
    key("Return")
    yield 0.8


def only_section(name: str) -> Story:
    """Fold all sections by their titles, and open one: a click with Ctrl opens it alone."""
    x, y = TITLE
    window.hold("ctrl")
    yield from click(x, y)
    window.let_go("ctrl")
    yield 0.5
    if name != SECTIONS[0]:
        yield from click(x, y)
        yield 0.8
        there = [each for each in SECTIONS if each != "result" or bpy.types.CONTRAPPOSTO_PT_result.poll(bpy.context)]
        yield from click(x, y - TITLE_STEP * there.index(name))
    yield 0.8


def file_browser() -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """The window and area of the open file browser."""
    for here in bpy.context.window_manager.windows:
        for area in here.screen.areas:
            if area.type == "FILE_BROWSER":
                return here, area
    return None


def _in_browser(kind: str, across: float) -> tuple[float, float]:
    """A place in a region of the file browser, in pixels of the screen from its lower left."""
    here, area = file_browser()
    region = next(region for region in area.regions if region.type == kind)
    return here.x + region.x + across * region.width, here.y + region.y + 0.5 * region.height


def name_file(path: Path) -> Story:
    """Type folder and name into the file browser that opens."""
    yield from wait_until(file_browser, "no file browser was opened")
    yield 1.0
    yield from fill(*_in_browser("UI", 0.385), f"{path.parent}/")
    key("Return")
    yield 1.0
    yield from fill(*_in_browser("EXECUTE", 0.25), path.name)
    key("Return")
    yield 0.8
    params = file_browser()[1].spaces.active.params
    typed = Path(params.directory.decode()) / params.filename
    assert typed == path, typed


def confirm_file() -> Story:
    """Press the file browser's own button."""
    yield from click(*_in_browser("EXECUTE", 0.91))


def choose_file(path: Path) -> Story:
    """Type folder and name into the file browser that opens, and press its button."""
    yield from name_file(path)
    yield from confirm_file()


def on_screen(x: float, y: float) -> Story:
    """Click a place of the screen, counted from its upper left as in a photograph."""
    yield from click(x, bpy.context.window_manager.windows[0].height - y)


def preferences_window() -> bpy.types.Window | None:
    """The window of the preferences."""
    windows = bpy.context.window_manager.windows
    return next((here for here in windows if any(area.type == "PREFERENCES" for area in here.screen.areas)), None)


def open_preferences() -> Story:
    """Edit > Preferences."""
    yield from click(*EDIT_MENU)
    yield 0.8
    yield from click(*PREFERENCES_ITEM)
    yield from wait_until(preferences_window, "the preferences did not open")
    yield 1.0
    found = subprocess.run(["xdotool", "search", "--name", "^Preferences$"], capture_output=True, text=True, check=True)
    window.x11("xdotool", "windowmove", found.stdout.split()[-1], *map(str, PREFERENCES_AT))
    yield 1.0


def close_preferences() -> Story:
    """What a window manager does, which is not there."""
    here = preferences_window()
    with bpy.context.temp_override(window=here):
        bpy.ops.wm.window_close()
    yield 1.0
    assert len(bpy.context.window_manager.windows) == 1
