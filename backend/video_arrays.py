"""The people of a video as plain arrays, and back: what the cache keeps."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .detect.camera_motion import CameraMotion
from .detect.clip import Clip, VideoInfo
from .detect.tracks import Track, VideoTracks
from .errors import InputError
from .keypoints import BLAZEPOSE_33
from .observation import Observation
from .outside import parse_json

_POINTS: Final = ("keypoints_px", "confidence", "keypoints_world", "box_px")
_CAMERA: Final = ("homography", "rotation", "sure")


def tracks_to_arrays(tracks: VideoTracks) -> dict[str, npt.NDArray[Any]]:
    """Everything but what is known before the video is read: the clip, and what the file says of itself."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "frames": tracks.frames,
        "time_s": tracks.time_s,
        "cuts": np.array(tracks.cuts, np.int64),
        "truncated": np.array(tracks.truncated),
        "notes": np.array(json.dumps(tracks.notes)),
        "people": np.array(len(tracks.tracks)),
    }
    if tracks.camera is not None:
        arrays |= {f"camera/{name}": getattr(tracks.camera, name) for name in _CAMERA}
    for number, track in enumerate(tracks.tracks):
        arrays |= {f"track{number}/{name}": value for name, value in track_to_arrays(track).items()}
    return arrays


def tracks_from_arrays(arrays: Mapping[str, npt.NDArray[Any]], *, info: VideoInfo, clip: Clip) -> VideoTracks:
    """The inverse of `tracks_to_arrays`.

    Raises:
        InputError: the arrays are of something else.
    """
    try:
        frames, time_s = arrays["frames"].astype(np.intp), arrays["time_s"].astype(np.float64)
        camera = None
        if "camera/rotation" in arrays:
            camera = CameraMotion(*(arrays[f"camera/{name}"] for name in _CAMERA))
        tracks = VideoTracks(
            info=info,
            clip=clip,
            frames=frames,
            time_s=time_s,
            tracks=tuple(
                _track_from_arrays(_part(arrays, f"track{number}/"), frames, time_s, size=info.size)
                for number in range(int(arrays["people"]))
            ),
            cuts=tuple(int(cut) for cut in arrays["cuts"]),
            camera=camera,
            truncated=bool(arrays["truncated"]),
            notes=tuple(str(note) for note in parse_json(str(arrays["notes"]))),
        )
    except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise InputError("This holds no people of a video. Read the video again.") from error
    if len(time_s) != len(frames) or (camera is not None and len(camera.rotation) != len(frames)):
        raise InputError("This holds people of a video with frames missing. Read the video again.")
    return tracks


def track_to_arrays(track: Track) -> dict[str, npt.NDArray[Any]]:
    """One person; frames and times are those of the video from `first` on."""
    points = {name: getattr(track.observation, name) for name in _POINTS}
    return {name: value for name, value in points.items() if value is not None} | {
        "fps": np.array(track.observation.fps),
        "seen": track.seen,
        "thumbnail": track.thumbnail,
        "first": np.array(track.first),
    }


def digest_of(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """SHA-256 over names, types, shapes and contents."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _part(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> dict[str, npt.NDArray[Any]]:
    return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}


def _track_from_arrays(
    own: Mapping[str, npt.NDArray[Any]],
    frames: npt.NDArray[np.intp],
    time_s: npt.NDArray[np.float64],
    *,
    size: tuple[int, int],
) -> Track:
    """One person (T frames) of a video's N frames and times."""
    observation = Observation(
        own["keypoints_px"],
        own["confidence"],
        BLAZEPOSE_33,
        size,
        keypoints_world=own.get("keypoints_world"),
        box_px=own.get("box_px"),
        fps=float(own["fps"]),
    )
    first, count = int(own["first"]), observation.frame_count
    seen, thumbnail = own["seen"].astype(np.bool_), own["thumbnail"].astype(np.uint8)
    if not 0 <= first <= len(frames) - count or seen.shape != (count,) or thumbnail.shape[2:] != (3,):
        raise ValueError("a track beyond the video's frames")
    span = slice(first, first + count)
    return Track(observation, frames[span], time_s[span], seen, thumbnail, first)
