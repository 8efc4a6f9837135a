"""A stage for the tracker without any network: people are stick figures in coloured clothes, and are seen exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from contrapposto.backend.detect.blazepose import Candidate
from contrapposto.backend.detect.clip import VideoFrame
from contrapposto.backend.detect.crops import Picture
from contrapposto.backend.detect.landmarks import Landmarks
from contrapposto.backend.detect.roi import Roi
from contrapposto.backend.keypoints import BLAZEPOSE_33

STAGE = (640, 360)
HEIGHT = 240.0
"""Pixels from head to foot."""
_REACH = 0.3
"""So many sides of the region the landmark model finds somebody away from its middle."""

_BODY = {
    "nose": (0.0, -0.45), "shoulder": (0.11, -0.30), "elbow": (0.16, -0.15), "wrist": (0.18, 0.0),
    "hip": (0.07, 0.0), "knee": (0.08, 0.22), "ankle": (0.08, 0.45),
}  # fmt: skip
"""Places of the landmarks in heights, from the middle of the hips."""


@dataclass(frozen=True)
class Actor:
    """Somebody on the stage.

    Attributes:
        path: the middle of the hips in pixels at a frame; None while they are not there.
        colour: RGB of their clothes.
        depth: who is nearer hides who is farther, where their bodies overlap by half.
    """

    path: Callable[[int], tuple[float, float] | None]
    colour: tuple[int, int, int] = (200, 60, 40)
    depth: float = 1.0


@dataclass
class Stage:
    """The actors; stands for `BlazePose`, and counts what it is asked."""

    actors: Sequence[Actor]
    fps: float = 30.0
    looks: int = 0
    searches: int = 0
    now: int = 0
    backgrounds: dict[int, tuple[int, int, int]] = field(default_factory=dict)

    def frames(self, count: int, *, start: int = 0) -> Iterator[VideoFrame]:
        """Frames in which everybody is painted; they also tell the stage what time it is."""
        for number in range(start, count):
            self.now = number
            shade = [colour for first, colour in sorted(self.backgrounds.items()) if first <= number]
            image = np.full((STAGE[1], STAGE[0], 3), shade[-1] if shade else (128, 128, 128), np.uint8)
            image[:: 40 if not shade else 25 * len(shade)] //= 2
            for actor in sorted(self.actors, key=lambda each: -each.depth):
                place = actor.path(number)
                if place is not None:
                    _paint(image, place, actor.colour)
            yield VideoFrame(number, number / self.fps, image)

    def look(self, picture: Picture, roi: Roi) -> Landmarks:
        self.looks += 1
        near = [
            (math.hypot(place[0] - roi.x, place[1] - roi.y), place)
            for place in self._visible()
            if math.hypot(place[0] - roi.x, place[1] - roi.y) < _REACH * roi.side
        ]
        return seen_at(min(near)[1]) if near else seen_at((roi.x, roi.y), presence=0.0)

    def candidates(self, picture: Picture, view: Roi, *, least_score: float) -> list[Candidate]:
        self.searches += 1
        half = view.side / 2.0
        return [
            Candidate(seen_at(place).next_roi, 0.9)
            for place in self._visible()
            if abs(place[0] - view.x) < half and abs(place[1] - view.y) < half
        ]

    def _visible(self) -> list[tuple[float, float]]:
        there = [(actor.depth, actor.path(self.now)) for actor in self.actors]
        places = [(depth, place) for depth, place in there if place is not None and 0 <= place[0] < STAGE[0]]
        return [
            place
            for depth, place in places
            if not any(nearer < depth and abs(other[0] - place[0]) < 0.15 * HEIGHT for nearer, other in places)
        ]


def seen_at(hips: tuple[float, float], *, presence: float = 1.0, height: float = HEIGHT) -> Landmarks:
    """Somebody upright with the middle of the hips there."""
    points = np.zeros((33, 2))
    for number, name in enumerate(BLAZEPOSE_33.names):
        side = -1.0 if "right" in name else 1.0
        part = next((place for key, place in _BODY.items() if name.endswith(key)), None)
        if part is None:
            part = _BODY["wrist"] if number in range(17, 23) else _BODY["ankle"] if number > 26 else _BODY["nose"]
        points[number] = (side * part[0] * height, part[1] * height)
    middle = np.array(hips)
    return Landmarks(
        points_px=points + middle,
        world=np.concatenate([points / height * 1.7, np.zeros((33, 1))], axis=1) * (1.0, -1.0, 1.0),
        confidence=np.full(33, 0.9, np.float32),
        presence=presence,
        next_roi=Roi.around(middle, middle - (0.0, 0.5 * height)),
    )


def hips_of(points_px: np.ndarray) -> np.ndarray:
    """(..., 2) the middle of the hips of landmarks (..., 33, 2)."""
    return points_px[..., 23:25, :].mean(axis=-2)


def _paint(image: np.ndarray, hips: tuple[float, float], colour: tuple[int, int, int]) -> None:
    x, y = hips
    low = (round(x - 0.15 * HEIGHT), round(y - 0.48 * HEIGHT))
    high = (round(x + 0.15 * HEIGHT), round(y + 0.48 * HEIGHT))
    cv2.rectangle(image, low, high, colour, -1)
