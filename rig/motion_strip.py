"""The picture that tells whether a video was understood: its frames, and below each the rig at that time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
import numpy as np

from ..backend.arrays import DoubleArray, FloatArray, ImageArray
from ..backend.detect.video_file import open_video
from ..backend.job import Job, Progress
from ..backend.pictures import PAPER, draw_keypoints, scaled_to_height, stacked, write_png
from .preview import sitters_of
from .studio import nothing_left_behind, photograph

if TYPE_CHECKING:
    from ..backend.detect.tracks import Track
    from ..backend.video_motion import VideoMotion

_COLUMNS: Final = 8
_HEIGHT: Final = 320
_ASPECT: Final = 0.75
_STUDIO_SIDES: Final = 1.15
"""The studio leaves this much of the room's width beside it."""
_GAP: Final = 6
_AROUND: Final = 1.25
"""Heights of the tallest box that the cut-out of a video frame is high."""
_ROOM: Final = 1.08
"""Heights of the tallest figure that the room is high in which the rig is photographed."""


def strip_of(armature: bpy.types.Object, motion: VideoMotion, *, first_frame: float, path: Path) -> Job[None]:
    """Write a PNG of frames evenly over the motion: the video with its keypoints above, the rig below.

    All figures are shown at one size, and stand on one floor, so that feet can be compared.

    Raises:
        InputError: the file cannot be written, or the video no longer be read.
        RigError: the rig has nothing to show.
    """
    count = min(_COLUMNS, motion.poses.frame_count)
    shown = np.unique(np.linspace(0, motion.poses.frame_count - 1, count).round().astype(int))
    pictures = _video_pictures(motion, motion.time_s[shown])
    scene: Any = bpy.context.scene
    frames = [first_frame + int(place) for place in shown]
    scene_frame = scene.frame_current_final
    rooms = _rooms(armature, frames)
    columns: list[ImageArray] = []
    for place, (frame, picture) in enumerate(zip(frames, pictures, strict=True)):
        yield Progress("Rendering the preview", place / len(frames))
        _go_to(frame)
        with nothing_left_behind():
            rendered = photograph(sitters_of(armature), height=_HEIGHT, room=rooms[place])
        columns.append(_column(picture, rendered, f"{motion.time_s[shown[place]]:.2f} s"))
    _go_to(scene_frame)
    write_png(_in_a_row(columns), path)


def _go_to(frame: float) -> None:
    scene: Any = bpy.context.scene
    scene.frame_set(math.floor(frame), subframe=frame % 1.0)


def _rooms(armature: bpy.types.Object, frames: Sequence[float]) -> list[DoubleArray]:
    """For each frame the corners (2, 3) of a box around the figure: all of one size, on one floor."""
    ends: list[DoubleArray] = []
    for frame in frames:
        _go_to(frame)
        with nothing_left_behind():
            points = np.concatenate([sitter.points() for sitter in sitters_of(armature)] or [np.zeros((1, 3))])
        ends.append(np.stack([points.min(axis=0), points.max(axis=0)]))
    lows, highs = np.stack([end[0] for end in ends]), np.stack([end[1] for end in ends])
    floor = float(lows[:, 2].min())
    share = _ASPECT / _STUDIO_SIDES
    height = max(float((highs[:, 2] - floor).max()) * _ROOM, float((highs - lows)[:, 0].max()) / share)
    middle = (lows + highs) / 2.0
    half = np.array([share * height / 2.0, float((highs - lows)[:, 1].max()) / 2.0, 0.0])
    return [np.stack([[x, y, floor] - half, [x, y, floor + height] + half]) for x, y in middle[:, :2]]


def _video_pictures(motion: VideoMotion, times: DoubleArray) -> list[ImageArray]:
    """The cut-outs of the video (H, W, 3) around the person at ascending times (F,) in seconds."""
    tracks = motion.result.tracks
    track = tracks.tracks[motion.result.person]
    places = [int(np.argmin(np.abs(track.time_s - time_s))) for time_s in times]
    boxes = track.observation.box_px
    assert boxes is not None, "tracks have boxes"
    side = _AROUND * float(max((boxes[place][3] - boxes[place][1]) for place in places))
    side = max(side, _AROUND * float(max((boxes[place][2] - boxes[place][0]) for place in places)) / _ASPECT)
    wanted = [int(track.frames[place]) for place in places]
    images = _frames_of(motion, wanted)
    return [
        _cut_out(draw_on(image, track, place), boxes[place], side=side)
        for image, place in zip(images, places, strict=True)
    ]


def draw_on(image: ImageArray, track: Track, place: int) -> ImageArray:
    """The picture with the person's keypoints, where they were seen."""
    return draw_keypoints(image, track.observation, frame=place) if track.seen[place] else image


def _frames_of(motion: VideoMotion, wanted: Sequence[int]) -> Iterator[ImageArray]:
    """The frames of ascending numbers, some of them perhaps the same."""
    source = open_video(motion.result.tracks.clip)
    last: tuple[int, ImageArray] | None = None
    for index in wanted:
        if last is None or last[0] != index:
            frame = next(source.frames(start_index=index))
            last = (index, frame.image)
        yield last[1]
    source.close()


def _cut_out(image: ImageArray, box: FloatArray, *, side: float) -> ImageArray:
    """The part around the middle of a box, so many pixels high; what is beyond the picture is paper."""
    height, width = max(round(side), 8), max(round(_ASPECT * side), 6)
    left, top = round((box[0] + box[2]) / 2.0 - width / 2.0), round((box[1] + box[3]) / 2.0 - height / 2.0)
    part = np.full((height, width, 3), PAPER, np.uint8)
    rows = slice(max(top, 0), min(top + height, image.shape[0]))
    columns = slice(max(left, 0), min(left + width, image.shape[1]))
    seen = image[rows, columns]
    if seen.size:
        part[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = seen
    return scaled_to_height(part, _HEIGHT)


def _column(picture: ImageArray, rendered: ImageArray, words: str) -> ImageArray:
    import cv2

    label = np.full((22, round(_ASPECT * _HEIGHT), 3), PAPER, np.uint8)
    cv2.putText(label, words, (4, 16), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (60, 60, 64), 1, cv2.LINE_AA)
    return stacked([label, picture, np.full((_GAP, 1, 3), PAPER, np.uint8), rendered])


def _in_a_row(columns: Sequence[ImageArray]) -> ImageArray:
    height = max(column.shape[0] for column in columns)
    gap = np.full((height, _GAP, 3), PAPER, np.uint8)
    panels: list[ImageArray] = [gap]
    for column in columns:
        panels += [column, gap]
    return np.concatenate(panels, axis=1)
