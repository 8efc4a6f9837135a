"""Videos that are in the file already: movie clips, image sequences and strips, as files with a range of frames."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from bpy.props import StringProperty

from ..backend.errors import ContrappostoError, InputError
from .telling import TellsWhy

ICONS = {"CLIP": "TRACKER", "IMAGE": "RENDERLAYERS", "STRIP": "SEQUENCE"}


@dataclass(frozen=True)
class SceneVideo:
    """A video of the file.

    Attributes:
        kind: CLIP, IMAGE or STRIP.
        name: of the data.
    """

    kind: str
    name: str


@dataclass(frozen=True)
class Resolved:
    """What to read: a file or one picture of a sequence, the first frame, the last or 0, and frames a second or 0."""

    filepath: str
    start: int = 0
    end: int = 0
    fps: float = 0.0


def scene_videos(scene: Any) -> list[SceneVideo]:
    """All that the file holds, in the order of Blender's lists."""
    clips = [SceneVideo("CLIP", clip.name) for clip in bpy.data.movieclips]
    images = [SceneVideo("IMAGE", image.name) for image in bpy.data.images if image.source in ("MOVIE", "SEQUENCE")]
    editor = scene.sequence_editor
    strips: Any = () if editor is None else editor.strips_all
    found = [SceneVideo("STRIP", strip.name) for strip in strips if strip.type in ("MOVIE", "IMAGE")]
    return [*clips, *images, *found]


def resolved(video: SceneVideo, scene: Any) -> Resolved:
    """Where its frames are.

    Raises:
        InputError: it is gone, packed, or its pictures cannot be found.
    """
    if not video.name:
        raise InputError("No clip, image or strip of this file was chosen. Choose one.")
    if video.kind == "CLIP":
        clip = bpy.data.movieclips.get(video.name)
        if clip is not None:
            return _file(clip, clip.frame_offset, is_sequence=clip.source == "SEQUENCE", fps=clip.fps)
    elif video.kind == "IMAGE":
        image = bpy.data.images.get(video.name)
        if image is not None:
            return _file(image, 0, is_sequence=image.source == "SEQUENCE")
    else:
        editor = scene.sequence_editor
        strip = None if editor is None else next((s for s in editor.strips_all if s.name == video.name), None)
        if strip is not None:
            return _movie_strip(strip) if strip.type == "MOVIE" else _image_strip(strip)
    raise InputError(f"{video.name} is no longer in this file. Choose another video.")


def _file(data: Any, offset: int, *, is_sequence: bool, fps: float = 0.0) -> Resolved:
    path = bpy.path.abspath(data.filepath, library=data.library)
    if not is_sequence:
        return Resolved(path, max(offset, 0))
    return Resolved(path, max(_place_in_run(Path(path)) + offset, 0), fps=fps)


def _movie_strip(strip: Any) -> Resolved:
    """What of the file the strip shows; Blender 5.2 has other names for the same."""
    first = _either(strip, "content_trim_start", "animation_offset_start")
    first += round(_either(strip, "left_handle_offset", "frame_offset_start"))
    count = round(_either(strip, "duration", "frame_final_duration"))
    return Resolved(bpy.path.abspath(strip.filepath), max(first, 0), max(first + count - 1, 0))


def _image_strip(strip: Any) -> Resolved:
    first = round(_either(strip, "left_handle_offset", "frame_offset_start"))
    count = round(_either(strip, "duration", "frame_final_duration"))
    names = [element.filename for element in strip.elements]
    if len(names) < 2:
        raise InputError(f"The strip {strip.name} is a single picture. Choose a video, or pose from the picture.")
    folder = Path(bpy.path.abspath(strip.directory))
    shown = names[max(first, 0) : max(first, 0) + count]
    path, start = folder / shown[0], _place_in_run(folder / shown[0])
    end = _place_in_run(folder / shown[-1])
    if end - start != len(shown) - 1:
        raise InputError(
            f"The pictures of the strip {strip.name} are no numbered sequence. Rename them, or make a video of them."
        )
    return Resolved(str(path), start, end)


def _either(strip: Any, new: str, old: str) -> Any:
    """A property by its name in Blender 5.2, or by that of before."""
    return getattr(strip, new if hasattr(strip, new) else old)


def _place_in_run(path: Path) -> int:
    """The place of a picture in its numbered sequence, counted from 0.

    Raises:
        InputError: it is not there, or its sequence cannot be read.
    """
    from ..backend.detect.clip import Clip
    from ..backend.detect.image_sequence import open_sequence

    if not path.is_file():
        raise InputError(f"{path} does not exist: it is packed into the file, or was moved. Choose another video.")
    files = open_sequence(Clip(path)).files
    return next((index for index, file in files if file == path), 0)


class CONTRAPPOSTO_OT_video_take(TellsWhy, bpy.types.Operator):
    """Take a video that is in this file already"""

    bl_idname = "contrapposto.video_take"
    bl_label = "Take Video of the File"
    bl_options = {"UNDO", "INTERNAL"}

    kind: StringProperty(name="Kind", description="What holds the video: CLIP, IMAGE or STRIP", options={"SKIP_SAVE"})
    source: StringProperty(name="Source", description="The name of the clip, image or strip", options={"SKIP_SAVE"})

    @classmethod
    def why_not(cls, _context: bpy.types.Context) -> str | None:
        return None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the panel's fields in."""
        try:
            found = resolved(SceneVideo(self.kind, self.source), context.scene)
        except ContrappostoError as error:
            return self.refuse(error)
        clip = context.scene.contrapposto.video
        clip.filepath, clip.start, clip.end, clip.fps = found.filepath, found.start, found.end, found.fps
        clip.step, clip.person, clip.camera_motion = 1, 0, False
        return {"FINISHED"}


class CONTRAPPOSTO_MT_video_sources(bpy.types.Menu):
    bl_label = "Videos in This File"
    bl_description = "Movie clips, image sequences and strips that are in this file already"

    def draw(self, context: bpy.types.Context) -> None:
        layout: Any = self.layout
        videos = scene_videos(context.scene)
        if not videos:
            layout.label(text="No movie clip, image sequence or strip is in this file")
        for video in videos:
            button = layout.operator(
                "contrapposto.video_take", text=video.name, icon=ICONS[video.kind], translate=False
            )
            button.kind, button.source = video.kind, video.name


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_video_take, CONTRAPPOSTO_MT_video_sources)
