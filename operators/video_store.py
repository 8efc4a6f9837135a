"""Where what was found in videos is kept between sessions: beside the .blend, or in the user's folder of the add-on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ..preferences import PACKAGE

if TYPE_CHECKING:
    from ..backend.video_cache import VideoCache
    from ..preferences import Settings

FOLDER = "video_cache"


def video_store(chosen: Settings) -> VideoCache | None:
    """The store of the file that is open; None with models of the user's own, by which nothing is kept apart."""
    from ..backend.video_cache import FOLDER_NAME, VideoCache

    if chosen.model_folder is not None:
        return None
    if bpy.data.filepath:
        return VideoCache(Path(bpy.data.filepath).parent / FOLDER_NAME)
    return VideoCache(_user_folder())


def _user_folder() -> Path:
    from ..backend.video_cache import user_folder

    if not PACKAGE.startswith("bl_ext."):
        return user_folder()
    return Path(bpy.utils.extension_path_user(PACKAGE, path=FOLDER))
