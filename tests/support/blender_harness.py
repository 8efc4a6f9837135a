"""Loads the checkout into the bpy module the way Blender loads an installed extension, and leaves the process safely.

Import this module before anything imports bpy: it points Blender's user folders at an empty temporary one. It must not
be used by tests of the backend, which run without bpy.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import shutil
import sys
import tempfile
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
ADDON = "bl_ext.user_default.contrapposto"


def make_user_folder() -> Path:
    """Give Blender an empty user folder in which the checkout is installed in the repository `user_default`."""
    folder = Path(tempfile.mkdtemp(prefix="contrapposto-blender-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    repository = folder / "extensions" / "user_default"
    repository.mkdir(parents=True)
    (repository / "contrapposto").symlink_to(CHECKOUT, target_is_directory=True)
    os.environ["BLENDER_USER_RESOURCES"] = str(folder)
    os.environ["BLENDER_USER_EXTENSIONS"] = str(folder / "extensions")
    return folder


if "bpy" in sys.modules:
    raise ImportError("blender_harness must be imported before bpy: Blender has already chosen its user folders.")
USER_FOLDER = make_user_folder()

# isort: off
import bpy  # noqa: E402  (Blender reads its user folders when bpy is first imported)
import addon_utils  # noqa: E402  (bpy brings the folder it lies in)
# isort: on


class AddonError(AssertionError):
    """The add-on did not register; the message holds the traceback."""


def is_enabled() -> bool:
    """Whether the add-on is registered."""
    return addon_utils.check(ADDON)[1]


def enable_addon() -> None:
    """Register the checkout as the extension `bl_ext.user_default.contrapposto`, also in the preferences.

    Raises:
        AddonError: `register()` raised: `addon_utils.enable` only prints that and returns None.
    """
    failures: list[str] = []
    module = addon_utils.enable(
        ADDON, default_set=True, handle_error=lambda error: failures.append("".join(traceback.format_exception(error)))
    )
    if module is None or failures:
        raise AddonError(f"{ADDON} did not register.\n\n" + "\n".join(failures))


def reset_blender() -> None:
    """An empty scene from factory defaults, with the add-on registered; preferences stay as they are."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    if not is_enabled():
        enable_addon()


@contextlib.contextmanager
def addon_disabled() -> Iterator[None]:
    """The block runs with the add-on unregistered and out of the preferences."""
    addon_utils.disable(ADDON, default_set=True)
    try:
        yield
    finally:
        enable_addon()


def leave_process(status: int) -> None:
    """End the process now, after doing what a normal end would have flushed and what atexit would have run.

    With the PyPI module of bpy 4.5 the interpreter can wait for ever in Blender's C++ destructors once a reference to
    the module has leaked (a generated Rigify rig, torch next to an armature); `os._exit` skips those destructors.
    """
    for step in (threading._shutdown, atexit._run_exitfuncs, logging.shutdown):  # type: ignore[attr-defined]
        try:
            step()
        except BaseException:  # noqa: BLE001  (nothing may stop the way out, and the reason is printed)
            traceback.print_exc()
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
    os._exit(status & 0xFF)
