"""The first frames of what was followed through a video, where a run was stopped before it was solved to the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    from .detect.tracks import Track, VideoTracks
    from .observation import Observation


def first_frames(tracks: VideoTracks, person: int, count: int) -> VideoTracks:
    """The same with only the first `count` frames of one of the people, counted from 0; the others stay as they are.

    Raises:
        InputError: there is no such person, or no frame would be left.
    """
    if not 0 <= person < len(tracks.tracks) or count < 1:
        raise InputError(f"Nothing of person {person + 1} of {tracks.info.name} is solved yet.")
    shortened = tuple(_shortened(track, count) if n == person else track for n, track in enumerate(tracks.tracks))
    return replace(tracks, tracks=shortened)


def _shortened(track: Track, count: int) -> Track:
    return replace(
        track,
        observation=_first(track.observation, count),
        frames=track.frames[:count],
        time_s=track.time_s[:count],
        seen=track.seen[:count],
    )


def _first(seen: Observation, count: int) -> Observation:
    world, box = seen.keypoints_world, seen.box_px
    return replace(
        seen,
        keypoints_px=seen.keypoints_px[:count],
        confidence=seen.confidence[:count],
        keypoints_world=None if world is None else world[:count],
        box_px=None if box is None else box[:count],
    )
