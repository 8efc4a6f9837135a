"""What following people through a video comes to: one `Track` a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, ImageArray, IntArray
from ..keypoints import BLAZEPOSE_33
from ..observation import Observation
from .camera_motion import CameraMotion
from .clip import Clip, VideoInfo

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Track:
    """One person through the sampled frames from the first to the last in which they were seen.

    Attributes:
        observation: T frames; where the person was not seen, keypoints are interpolated and have confidence 0.
        frames: (T,) numbers in the source.
        time_s: (T,) seconds after the source's first frame.
        seen: (T,) whether the person was seen.
        thumbnail: (h, w, 3) uint8 RGB of the frame in which most of them is seen.
        first: position of the first frame among all that were sampled (`VideoTracks.frames`).
    """

    observation: Observation
    frames: IntArray
    time_s: DoubleArray
    seen: BoolArray
    thumbnail: ImageArray
    first: int = 0


@dataclass(frozen=True)
class VideoTracks:
    """The people of a clip.

    Attributes:
        info: the video.
        clip: what of it was read.
        frames: (N,) numbers in the source of all sampled frames.
        time_s: (N,) their times in seconds.
        tracks: the most prominent first; may be empty.
        cuts: positions (in `frames`) at which another shot begins, ascending.
        camera: how the camera moved, where that was asked for; N frames.
        truncated: whether the file ends before its stated end.
        notes: what the artist should know, in sentences.
    """

    info: VideoInfo
    clip: Clip
    frames: IntArray
    time_s: DoubleArray
    tracks: tuple[Track, ...]
    cuts: tuple[int, ...] = ()
    camera: CameraMotion | None = None
    truncated: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sightings:
    """The S frames in which one person was seen.

    Attributes:
        positions: (S,) among the sampled frames, ascending.
        points_px: (S, 33, 2).
        world: (S, 33, 3) metres in the inner axes.
        confidence: (S, 33).
        boxes: (S, 4) left, top, right, bottom in pixels.
        presence: (S,) in [0, 1].
    """

    positions: IntArray
    points_px: FloatArray
    world: FloatArray
    confidence: FloatArray
    boxes: FloatArray
    presence: FloatArray

    def prominence(self, image_size: tuple[int, int]) -> float:
        """The share of the picture that the person's box covers times presence, summed over the frames."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return float((sides.prod(axis=1) * self.presence).sum() / (image_size[0] * image_size[1]))

    def without_flicker(self, shortest: int) -> Sightings:
        """Without runs of fewer than `shortest` frames between frames in which the person was not seen.

        What is seen of somebody for a moment in the midst of being hidden is hardly ever them. The longest run stays.
        """
        runs = np.cumsum(np.diff(self.positions, prepend=self.positions[:1]) > 1)
        lengths = np.bincount(runs)
        kept = lengths[runs] >= min(shortest, int(lengths.max()))
        return Sightings(*(value[kept] for value in self.arrays().values()))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """The fields by name."""
        return {name: getattr(self, name) for name in SIGHTING_FIELDS}


SIGHTING_FIELDS = ("positions", "points_px", "world", "confidence", "boxes", "presence")


@dataclass(frozen=True)
class Timeline:
    """The sampled frames of a video: numbers (N,) and times (N,), the size of the pictures, and frames per second."""

    frames: IntArray
    time_s: DoubleArray
    image_size: tuple[int, int]
    fps: float


def track_of(seen: Sightings, timeline: Timeline, thumbnail: ImageArray) -> Track:
    """A track without holes: what was not seen is interpolated over time, with confidence 0."""
    first, last = int(seen.positions[0]), int(seen.positions[-1])
    span = slice(first, last + 1)
    time_s = timeline.time_s[span]
    known_s = timeline.time_s[seen.positions]
    there = np.zeros(last + 1 - first, np.bool_)
    there[seen.positions - first] = True
    confidence = np.zeros((len(there), seen.confidence.shape[1]), np.float32)
    confidence[there] = seen.confidence
    observation = Observation(
        keypoints_px=interpolated(time_s, known_s, seen.points_px),
        confidence=confidence,
        schema=BLAZEPOSE_33,
        image_size=timeline.image_size,
        keypoints_world=interpolated(time_s, known_s, seen.world),
        box_px=interpolated(time_s, known_s, seen.boxes),
        fps=timeline.fps,
    )
    return Track(observation, timeline.frames[span], time_s, there, thumbnail, first)


def interpolated(time_s: DoubleArray, known_s: DoubleArray, values: AnyFloatArray) -> FloatArray:
    """`values` (S, ...) at ascending times (S,), at other times (T,): linear between, held outside; (T, ...)."""
    after = np.clip(np.searchsorted(known_s, time_s, side="left"), 0, len(known_s) - 1)
    before = np.clip(np.where(known_s[after] > time_s, after - 1, after), 0, None)
    length = known_s[after] - known_s[before]
    share = np.where(length > 0.0, (time_s - known_s[before]) / np.where(length > 0.0, length, 1.0), 0.0)
    share = np.clip(share, 0.0, 1.0).reshape(-1, *[1] * (values.ndim - 1))
    return ((1.0 - share) * values[before] + share * values[after]).astype(np.float32)
