"""One person as the tracker remembers them: where they were seen, how they move, and what they look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..arrays import FloatArray, ImageArray
from ..thumbnails import square_thumbnail
from . import appearance
from .appearance import BINS
from .association import Motion
from .landmarks import LANDMARKS, Landmarks
from .roi import Roi
from .tracks import Sightings

_UNKNOWN_LOOKS: Final = 0.35
"""The distance of looks that cannot be compared: such people are matched by place alone, and never after a cut."""
_BETTER: Final = 1.2
"""A new thumbnail must show so many times more."""
_THUMBNAIL: Final = 128


@dataclass(frozen=True)
class Sight:
    """One person in one frame.

    Attributes:
        landmarks: what the landmark model said.
        look: (2, BINS) colours, see `appearance.look_of`.
        box: (4,) left, top, right, bottom in pixels, inside the picture.
    """

    landmarks: Landmarks
    look: FloatArray
    box: FloatArray


@dataclass
class Person:
    """Somebody who was seen at least once.

    Attributes:
        positions: of the frames (among those sampled) in which they were seen, ascending.
        sights: arrays of the same frames: points, world, confidence, box, presence.
        motion: where they are expected; None after a cut.
        last_s: when they were last seen, in seconds.
        look: (2, BINS) mean colours; `weights` (2,) frames behind each part.
        thumbnail: (128, 128, 3), and how much it shows.
    """

    positions: list[int] = field(default_factory=list[int])
    sights: list[tuple[FloatArray, ...]] = field(default_factory=list[tuple[FloatArray, ...]])
    motion: Motion | None = None
    last_s: float = 0.0
    look: FloatArray = field(default_factory=lambda: np.zeros((2, BINS), np.float32))
    weights: FloatArray = field(default_factory=lambda: np.zeros(2, np.float32))
    thumbnail: ImageArray = field(default_factory=lambda: np.zeros((_THUMBNAIL, _THUMBNAIL, 3), np.uint8))
    thumbnail_score: float = 0.0

    def add(self, position: int, sight: Sight, *, time_s: float) -> None:
        """Seen once more."""
        seen = sight.landmarks
        values = (seen.points_px, seen.world, seen.confidence, sight.box, np.array(seen.presence))
        self.positions.append(position)
        self.sights.append(tuple(np.asarray(value, np.float32) for value in values))
        roi = seen.next_roi
        self.motion = Motion(roi, (0.0, 0.0), time_s) if self.motion is None else self.motion.seen(roi, time_s)
        self.last_s = time_s

    def learn(self, sight: Sight, image: ImageArray) -> None:
        """Remember how they look, and keep the picture that shows most of them."""
        self.look, self.weights = appearance.merged(self.look, self.weights, sight.look)
        sides = sight.box[2:] - sight.box[:2]
        score = float(sides.prod()) * sight.landmarks.presence * float(sight.landmarks.confidence.mean()) ** 2
        if score > _BETTER * self.thumbnail_score:
            shown = square_thumbnail(image, sight.box, size=_THUMBNAIL)[..., :3]
            self.thumbnail = np.rint(np.clip(shown, 0.0, 1.0) * 255.0).astype(np.uint8)
            self.thumbnail_score = score

    def looks_unlike(self, look: FloatArray) -> float:
        """How different a look (2, BINS) is from what is remembered, from 0 to 1."""
        found = appearance.distance(self.look, look)
        return _UNKNOWN_LOOKS if found is None else found

    def exchange(self, other: Person, position: int) -> None:
        """Give `other` all that was seen from this position on, for all that they were seen in: they were mistaken."""
        mine, theirs = (int(np.searchsorted(person.positions, position)) for person in (self, other))
        self.positions[mine:], other.positions[theirs:] = other.positions[theirs:], self.positions[mine:]
        self.sights[mine:], other.sights[theirs:] = other.sights[theirs:], self.sights[mine:]
        self.motion, other.motion = other.motion, self.motion
        self.last_s, other.last_s = other.last_s, self.last_s

    def sightings(self) -> Sightings:
        """All of them as arrays."""
        return Sightings(np.array(self.positions, np.intp), *_columns(self.sights))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Everything as plain arrays."""
        motion = self.motion
        numbers = (
            [np.nan] * 7
            if motion is None
            else [motion.roi.x, motion.roi.y, motion.roi.side, motion.roi.angle, *motion.velocity, motion.time_s]
        )
        return {
            **self.sightings().arrays(), "motion": np.array(numbers), "look": self.look, "weights": self.weights,
            "thumbnail": self.thumbnail, "last": np.array([self.last_s, self.thumbnail_score]),
        }  # fmt: skip

    @classmethod
    def from_state(cls, state: Mapping[str, npt.NDArray[Any]]) -> Person:
        """As `state` left them."""
        x, y, side, angle, *velocity, time_s = (float(number) for number in state["motion"])
        motion = None if np.isnan(x) else Motion(Roi(x, y, side, angle), (velocity[0], velocity[1]), time_s)
        columns = (state[name] for name in ("points_px", "world", "confidence", "boxes", "presence"))
        return cls(
            positions=[int(position) for position in state["positions"]],
            sights=list(zip(*columns, strict=True)),
            motion=motion,
            last_s=float(state["last"][0]),
            look=state["look"],
            weights=state["weights"],
            thumbnail=state["thumbnail"],
            thumbnail_score=float(state["last"][1]),
        )


def _columns(sights: Sequence[tuple[FloatArray, ...]]) -> list[FloatArray]:
    shapes = ((LANDMARKS, 2), (LANDMARKS, 3), (LANDMARKS,), (4,), ())
    return [
        np.array([sight[column] for sight in sights], np.float32).reshape(len(sights), *shape)
        for column, shape in enumerate(shapes)
    ]
