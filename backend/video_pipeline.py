"""The way of a video: frames -> people followed -> one person's motion -> poses. The rig's keys are Blender's side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from .detect.camera_motion import CameraMotion
from .detect.clip import Clip
from .errors import InputError, NoPersonFoundError
from .frames import inner_to_camera
from .job import Job, Progress
from .observation import Observation
from .refine.gaps import LONG_GAP_S

if TYPE_CHECKING:
    from .detect.track_people import Tracking
    from .detect.tracks import Track, VideoTracks
    from .estimate.motion import RawMotion
    from .runtime import ModelCache

_LATE_S: Final = 0.1
_FEW_SEEN: Final = 0.5
"""Where a person is seen in a smaller share of the frames, the artist is told."""


@dataclass(frozen=True)
class VideoResult:
    """One person of a video, solved; `refine.finish.finish_motion` makes poses of it.

    Attributes:
        tracks: everybody in the video.
        person: which of them, from 0.
        raw: the motion before it is finished.
        notes: what the artist should know, in sentences.
    """

    tracks: VideoTracks
    person: int
    raw: RawMotion
    notes: tuple[str, ...]


def start_tracking(
    clip: Clip, models: ModelCache, *, camera_motion: bool = False, state: Mapping[str, npt.NDArray[Any]] | None = None
) -> Job[Tracking]:
    """Open a video and load what follows the people in it; `job()` of the result reads it to the end.

    Args:
        clip: what to read.
        models: BlazePose is taken from here.
        camera_motion: measure how the camera turns.
        state: `Tracking.state()` of an earlier run over the same clip, to go on from there.

    Raises:
        InputError: the file is no video, or holds no such frames.
        ModelError: the detector cannot run.
    """
    from .detect.track_people import Tracking
    from .detect.video_file import open_video

    yield Progress("Opening the video", 0.0)
    source = open_video(clip)
    yield Progress("Loading the detector", 0.0)
    return Tracking(source, models.blazepose(), camera_motion=camera_motion, state=state)


def chosen_track(tracks: VideoTracks, person: int) -> Track:
    """One of the people, counted from 0.

    Raises:
        NoPersonFoundError: nobody is in the video.
        InputError: there is no such person.
    """
    if not tracks.tracks:
        raise NoPersonFoundError(
            f"Nobody was found in {tracks.info.name}. Choose a video in which most of one person can be seen."
        )
    if not 0 <= person < len(tracks.tracks):
        raise InputError(
            f"There is no person {person + 1} in {tracks.info.name}: {len(tracks.tracks)} found, counted from 1."
        )
    return tracks.tracks[person]


def solve_video_person(tracks: VideoTracks, person: int, models: ModelCache) -> Job[VideoResult]:
    """The motion of one of the people, counted from 0.

    Raises:
        NoPersonFoundError, InputError: as `chosen_track`.
        ModelError: the pose model cannot run.
    """
    from .estimate.motion import solve_motion

    track = chosen_track(tracks, person)
    yield Progress("Loading the pose model", 0.0)
    network = models.pose_network()
    seen, count = track.observation, len(track.frames)
    if tracks.camera is not None:
        seen = _standing_camera(seen, tracks.camera.part(track.first, count))
    cuts = tuple(cut - track.first for cut in tracks.cuts if 0 < cut - track.first < count)
    raw = yield from solve_motion(seen, track.time_s, network, cuts=cuts, seen=track.seen)
    return VideoResult(tracks, person, raw, (*tracks.notes, *_late(tracks, track), *notes_of(track, cuts)))


def _standing_camera(seen: Observation, camera: CameraMotion) -> Observation:
    """What a camera that does not turn would have seen, world landmarks too."""
    steadied = camera.steadied(seen)
    world = seen.keypoints_world
    if world is None:
        return steadied
    turned = inner_to_camera(world) @ np.swapaxes(camera.rotation, 1, 2)
    return replace(steadied, keypoints_world=np.asarray(inner_to_camera(turned), np.float32))


def _late(tracks: VideoTracks, track: Track) -> tuple[str, ...]:
    """Whether the motion begins after the video, which matters to who plays both beside each other."""
    late = float(track.time_s[0] - tracks.time_s[0])
    if late < _LATE_S:
        return ()
    return (f"The person is seen from {late:.2f} s after the first frame on; the motion begins there.",)


def notes_of(track: Track, cuts: tuple[int, ...]) -> tuple[str, ...]:
    """What the artist should know of how somebody is seen, in sentences; `cuts` are the frames where takes begin."""
    notes: list[str] = []
    share, gap = float(track.seen.mean()), _longest_gap_s(track)
    if share < _FEW_SEEN:
        notes.append(f"The person is seen in {share:.0%} of the frames only; the rest is filled in.")
    elif gap >= LONG_GAP_S:
        notes.append(
            f"The person is not seen in {1.0 - share:.0%} of the frames, for {gap:.1f} s at most; these are filled in."
        )
    if cuts:
        often = "once" if len(cuts) == 1 else f"{len(cuts)} times"
        notes.append(f"The video is cut {often} while the person is in it; each take is solved by itself.")
    return tuple(notes)


def _longest_gap_s(track: Track) -> float:
    """For how long the person is away at most, from when last seen to when seen again."""
    seen = track.time_s[track.seen]
    usual = float(np.median(np.diff(track.time_s))) if len(track.time_s) > 1 else 0.0
    return max(float(np.diff(seen).max(initial=0.0)) - usual, 0.0)
