"""Follows people through the frames of a video: who is where in each frame, with BlazePose's landmarks.

The landmark model follows each person by itself: one look a frame, at the region that its last answer asked for. The
detector runs at the start, after a cut, when somebody was lost, and twice a second to find who entered.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from ..arrays import ImageArray
from . import association
from .appearance import look_of
from .blazepose import (
    LEAST_PRESENCE,
    LEAST_SCORE,
    LEAST_SIZE_PX,
    LEAST_TILE_SCORE,
    SMALL_SHARE,
    Candidate,
    person_box,
)
from .clip import VideoFrame
from .crops import Picture
from .crossings import Crossings
from .landmarks import Landmarks, averaged
from .person import Person, Sight
from .roi import Roi, half_tiles
from .shots import ShotFinder
from .tracks import Timeline, Track, track_of

_SEARCH_S: Final = 0.5
"""The detector looks for people who entered this often,"""
_URGENT_SEARCH_S: Final = 0.2
"""and this often while somebody was lost within the last `_MISSED_S`."""
_MISSED_S: Final = 2.0
_FOLLOWED_S: Final = 0.4
"""For so long after the last sight the landmark model looks where somebody should be."""
_MOST_JUMP: Final = 0.6
_UNEXPECTED: Final = 0.2
_OTHER_LOOKS: Final = 0.4
"""An answer that lies farther from the expected place than `_MOST_JUMP` sides is somebody else; beyond `_UNEXPECTED`
it is if the looks differ by more than this."""
_MOST_GROWTH: Final = 2.0
_KNOWN_REGION: Final = 0.12
_MOST_NEW: Final = 8
_BESIDE: Final = 0.25
"""So many sides of their region beside somebody who hides another one, that one's own region shows."""
_LEAST_TRACK_S: Final = 0.3
_LEAST_TRACK_SHARE: Final = 0.25
"""Tracks seen shorter than 0.3 s (of a short clip: than a quarter of it) are taken for mistakes."""
_FLICKER_S: Final = 0.1
_FORGOTTEN_S: Final = 5.0
_LEAST_CONFIDENCE: Final = 0.3


class LandmarkFinder(Protocol):
    """What the tracker needs of `BlazePose`."""

    def look(self, picture: Picture, roi: Roi) -> Landmarks:
        """What the landmark model sees in a region."""
        ...

    def candidates(self, picture: Picture, view: Roi, *, least_score: float) -> list[Candidate]:
        """Regions of a view in which somebody may be."""
        ...


class PeopleTracker:
    """Follows everybody in frames that are given one after the other; what it keeps of a frame are numbers.

    Args:
        detector: finds people and their landmarks.
        fps: sampled frames per second, for the tracks.
    """

    def __init__(self, detector: LandmarkFinder, *, fps: float = 30.0) -> None:
        self._detector = detector
        self._fps = fps
        self._people: dict[int, Person] = {}
        self._next_number = 0
        self._frames: list[int] = []
        self._times: list[float] = []
        self._cuts: list[int] = []
        self._size = (1, 1)
        self._searched_s = -np.inf
        self._tile = 0
        self._shots = ShotFinder()
        self._crossings = Crossings()
        self.seen: dict[int, Sight] = {}
        """Who was seen in the last frame, by number."""

    @property
    def frames(self) -> tuple[int, ...]:
        """The numbers in the source of the frames so far."""
        return tuple(self._frames)

    @property
    def times(self) -> tuple[float, ...]:
        """Their times in seconds."""
        return tuple(self._times)

    @property
    def cuts(self) -> tuple[int, ...]:
        """Positions among the frames at which another shot begins."""
        return tuple(self._cuts)

    def feed(self, frame: VideoFrame) -> bool:
        """Take the next frame; True when a new shot began with it.

        Raises:
            ModelError: a model cannot run.
        """
        steps = self.feed_in_steps(frame)
        while True:
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value

    def feed_in_steps(self, frame: VideoFrame) -> Generator[None, None, bool]:
        """`feed`, yielding after each look of a model; until it has ended the tracker may not be used otherwise."""
        position, time_s = len(self._frames), frame.time_s
        self._size = (frame.image.shape[1], frame.image.shape[0])
        self._frames.append(frame.index)
        self._times.append(time_s)
        is_cut = self._shots.is_cut(frame.image)
        if is_cut:
            self._cuts.append(position)
            self._begin_shot()
        picture = Picture(frame.image)
        seen = yield from self._follow(picture, frame)
        self._settle(seen, position=position, time_s=time_s)
        self._crossings.correct(self._people, seen)
        found = yield from self._search(picture, seen, time_s=time_s)
        self._name(found, seen, frame)
        self._remember(seen, frame, position)
        self.seen = seen
        return is_cut

    def finish(self, *, people: int | None = None) -> tuple[Track, ...]:
        """The tracks so far, the most prominent first; more frames may be fed afterwards.

        Args:
            people: how many at most.
        """
        if not self._frames:
            return ()
        timeline = Timeline(np.array(self._frames, np.intp), np.array(self._times), self._size, self._fps)
        least = self._least_frames()
        kept = [
            (sightings, person.thumbnail)
            for person in self._people.values()
            if len(person.positions) >= least
            for sightings in [person.sightings().without_flicker(self._shortest_run())]
            if float(sightings.confidence.mean()) >= _LEAST_CONFIDENCE
        ]
        kept.sort(key=lambda one: -one[0].prominence(self._size))
        return tuple(track_of(sightings, timeline, thumbnail) for sightings, thumbnail in kept[:people])

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """All that `from_state` needs to go on as if nothing had happened, as plain arrays."""
        last = self._shots.last
        state = {
            "frames": np.array(self._frames, np.int64), "times": np.array(self._times, np.float64),
            "cuts": np.array(self._cuts, np.int64), "size": np.array(self._size), "fps": np.array(self._fps),
            "search": np.array([self._searched_s, self._tile, self._next_number]),
            "shot": np.zeros((0, 0, 3), np.float32) if last is None else last,
            "numbers": np.array(list(self._people), np.int64), "crossings": self._crossings.state(),
        }  # fmt: skip
        for number, person in self._people.items():
            state |= {f"person{number}/{name}": value for name, value in person.state().items()}
        return state

    @classmethod
    def from_state(cls, detector: LandmarkFinder, state: Mapping[str, npt.NDArray[Any]]) -> PeopleTracker:
        """Go on where `state` was taken."""
        tracker = cls(detector, fps=float(state["fps"]))
        tracker._frames = [int(frame) for frame in state["frames"]]
        tracker._times = [float(time_s) for time_s in state["times"]]
        tracker._cuts = [int(cut) for cut in state["cuts"]]
        tracker._size = (int(state["size"][0]), int(state["size"][1]))
        searched_s, tile, number = (float(each) for each in state["search"])
        tracker._searched_s, tracker._tile, tracker._next_number = searched_s, int(tile), int(number)
        tracker._shots = ShotFinder(state["shot"] if state["shot"].size else None)
        tracker._crossings = Crossings.from_state(state["crossings"])
        for each in state["numbers"]:
            start = f"person{int(each)}/"
            own = {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}
            tracker._people[int(each)] = Person.from_state(own)
        return tracker

    def _begin_shot(self) -> None:
        for person in self._people.values():
            person.motion = None
        self._crossings.forget()
        self._searched_s = -np.inf

    def _follow(self, picture: Picture, frame: VideoFrame) -> Generator[None, None, dict[int, Sight]]:
        """Look for everybody who was just there where they should be now."""
        seen: dict[int, Sight] = {}
        for number in sorted(self._people, key=lambda each: -self._people[each].last_s):
            person = self._people[number]
            beside = self._beside(number, seen, frame.time_s)
            expected = self._expected(person, frame.time_s) if beside is None else beside
            if expected is None:
                continue
            sight = self._sight(frame.image, self._detector.look(picture, expected))
            least = 0.0 if beside is not None else _UNEXPECTED
            if _is_person(sight.landmarks) and not _is_other(person, expected, sight, sure=least):
                seen[number] = sight
            yield
        return seen

    def _expected(self, person: Person, time_s: float) -> Roi | None:
        """Where somebody should be; None for those who have to be found anew."""
        recent = time_s - person.last_s <= _FOLLOWED_S or person.positions[-1] == len(self._frames) - 2
        return None if person.motion is None or not recent else person.motion.at(time_s)

    def _beside(self, number: int, seen: Mapping[int, Sight], time_s: float) -> Roi | None:
        """Where to look for somebody who was lost beside somebody else: at both sides of them in turn.

        Of two people so near to each other the detector sees one only.
        """
        person, before = self._people[number], len(self._frames) - 2
        others = self._crossings.others(number) & seen.keys()
        if not others or person.positions[-1] == before or time_s - person.last_s > _MISSED_S:
            return None
        roi = seen[min(others)].landmarks.next_roi
        return replace(roi, x=roi.x + (_BESIDE if before % 2 else -_BESIDE) * roi.side)

    def _settle(self, seen: dict[int, Sight], *, position: int, time_s: float) -> None:
        """Where two came upon one body leave it to the one whom it fits better by place and looks."""
        numbers = list(seen)
        for pair in association.converged([seen[number].landmarks.points_px for number in numbers]):
            first, second = (numbers[place] for place in pair)
            if first in seen and second in seen:
                costs = {number: self._cost(number, seen[number], time_s) for number in (first, second)}
                loser = max(costs, key=lambda number: costs[number])
                owner = first if loser == second else second
                del seen[loser]
                self._crossings.lost(loser, owner, position=position, time_s=time_s)

    def _cost(self, number: int, sight: Sight, time_s: float) -> float:
        person = self._people[number]
        place = association.place_cost(person.motion, sight.landmarks, time_s)
        return association.matching_cost(place, person.looks_unlike(sight.look))

    def _misses_somebody(self, seen: Mapping[int, Sight], time_s: float) -> bool:
        """Whether somebody was lost a short while ago."""
        return any(number not in seen and time_s - person.last_s < _MISSED_S for number, person in self._people.items())

    def _search(
        self, picture: Picture, seen: Mapping[int, Sight], *, time_s: float
    ) -> Generator[None, None, list[Landmarks]]:
        """People whom the detector sees beside those already seen, where it is time to ask it."""
        urgent = self._misses_somebody(seen, time_s)
        if time_s - self._searched_s < (_URGENT_SEARCH_S if urgent else _SEARCH_S) - 1e-6:
            return []
        self._searched_s = time_s
        known = [sight.landmarks for sight in seen.values()]
        thorough = not self._people or bool(self._cuts and self._cuts[-1] == len(self._frames) - 1)
        found = yield from self._look_at(picture, Roi.letterbox(picture.size), known, least_score=LEAST_SCORE)
        if all(_share(person, picture.size) < SMALL_SHARE for person in (*known, *found)):
            tiles = half_tiles(picture.size)
            self._tile += 1
            for tile in tiles if thorough else [tiles[self._tile % len(tiles)]]:
                found += yield from self._look_at(picture, tile, [*known, *found], least_score=LEAST_TILE_SCORE)
        return found

    def _look_at(
        self, picture: Picture, view: Roi, known: Sequence[Landmarks], *, least_score: float
    ) -> Generator[None, None, list[Landmarks]]:
        """New people in one view of the picture."""
        found: list[Landmarks] = []
        candidates = self._detector.candidates(picture, view, least_score=least_score)[:_MOST_NEW]
        yield
        for candidate in candidates:
            if any(_in_region(candidate.roi, other.next_roi) for other in (*known, *found)):
                continue
            looks = [self._detector.look(picture, candidate.roi)]
            if _is_person(looks[0]):
                looks.append(self._detector.look(picture, looks[0].next_roi))
            person = averaged(looks)
            others = (other.points_px for other in (*known, *found))
            if _is_person(person) and not any(association.one_body(person.points_px, other) for other in others):
                found.append(person)
            yield
        return found

    def _name(self, found: Iterable[Landmarks], seen: dict[int, Sight], frame: VideoFrame) -> None:
        """Give those who were found the numbers of people who were lost, or new ones."""
        sights = [self._sight(frame.image, landmarks) for landmarks in found]
        absent = [number for number in self._people if number not in seen]
        costs = [[self._cost(number, sight, frame.time_s) for sight in sights] for number in absent]
        matches = association.assigned(np.array(costs, np.float64).reshape(len(absent), len(sights)))
        for row, column in matches:
            seen[absent[row]] = sights[column]
        for column in sorted(set(range(len(sights))) - {column for _, column in matches}):
            self._people[self._next_number] = Person()
            seen[self._next_number] = sights[column]
            self._next_number += 1

    def _remember(self, seen: Mapping[int, Sight], frame: VideoFrame, position: int) -> None:
        for number, sight in seen.items():
            self._people[number].add(position, sight, time_s=frame.time_s)
        self._crossings.feed(self._people, seen, position=position, time_s=frame.time_s)
        for number, sight in seen.items():
            if not self._crossings.unsure(number):
                self._people[number].learn(sight, frame.image)
        for number, person in list(self._people.items()):
            if len(person.positions) < self._least_frames() and frame.time_s - person.last_s > _FORGOTTEN_S:
                del self._people[number]

    def _shortest_run(self) -> int:
        return max(1, round(_FLICKER_S * self._fps))

    def _least_frames(self) -> int:
        """How many frames somebody must be seen in."""
        return max(1, min(round(_LEAST_TRACK_S * self._fps), int(_LEAST_TRACK_SHARE * len(self._frames))))

    def _sight(self, image: ImageArray, landmarks: Landmarks) -> Sight:
        look = look_of(image, landmarks.points_px, landmarks.confidence)
        return Sight(landmarks, look, person_box(landmarks, self._size).astype(np.float32))


def _is_person(seen: Landmarks) -> bool:
    return seen.presence >= LEAST_PRESENCE and association.body_size(seen.points_px) >= LEAST_SIZE_PX


def _is_other(person: Person, expected: Roi, sight: Sight, *, sure: float) -> bool:
    """Whether an answer is too far from where the person should be to be them; within `sure` sides looks may differ."""
    found = sight.landmarks.next_roi
    smaller, larger = sorted((expected.side, found.side))
    if larger > _MOST_GROWTH * smaller:
        return True
    away = float(np.hypot(found.x - expected.x, found.y - expected.y)) / smaller
    if away <= sure:
        return False
    return away > _MOST_JUMP or person.looks_unlike(sight.look) > _OTHER_LOOKS


def _in_region(candidate: Roi, known: Roi) -> bool:
    """Whether a candidate is about somebody already seen."""
    smaller, larger = sorted((candidate.side, known.side))
    away = float(np.hypot(candidate.x - known.x, candidate.y - known.y))
    return larger < _MOST_GROWTH * smaller and away < _KNOWN_REGION * smaller


def _share(person: Landmarks, size: tuple[int, int]) -> float:
    left, top, right, bottom = person_box(person, size)
    return float((right - left) * (bottom - top)) / (size[0] * size[1])
