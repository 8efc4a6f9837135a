"""People who cross: while two bodies overlap nobody is sure who is who; looks decide once they are apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .association import overlap
from .person import Person, Sight

_TOUCHING: Final = 0.25
_APART: Final = 0.1
"""Share of the smaller box that is shared: hysteresis, or a contact would end and begin with every step."""
_FRAMES_JUDGED: Final = 5
_MARGIN: Final = 0.05
"""Two people are exchanged when that lowers the mean distance of looks by more than this."""
_CLEARLY: Final = 0.12
"""In the midst of a contact a sight changes hands when its looks fit the other one better by more than this."""
_NEVER_JUDGED_S: Final = 20.0
"""A contact whose people are not both seen apart for so long is forgotten."""


@dataclass
class _Contact:
    start: int
    began_s: float
    frames: int = 0
    gain: float = 0.0


class Crossings:
    """Notices contacts between people, who are called by their numbers."""

    def __init__(self) -> None:
        self._contacts: dict[tuple[int, int], _Contact] = {}

    def unsure(self, number: int) -> bool:
        """Whether this person is, or just was, in contact with somebody: not the time to learn how they look."""
        return bool(self.others(number))

    def others(self, number: int) -> set[int]:
        """With whom this person is in contact."""
        return {other for pair in self._contacts if number in pair for other in pair} - {number}

    def forget(self) -> None:
        """After a cut."""
        self._contacts.clear()

    def correct(self, people: Mapping[int, Person], seen: dict[int, Sight]) -> None:
        """Within contacts, give each sight of this frame to whom it clearly looks like."""
        for first, second in self._contacts:
            there = [number for number in (first, second) if number in seen]
            if len(there) == 2:
                if _gain(people[first], people[second], (seen[first], seen[second])) > 2.0 * _CLEARLY:
                    seen[first], seen[second] = seen[second], seen[first]
                    people[first].motion, people[second].motion = people[second].motion, people[first].motion
            elif there:
                holder = there[0]
                other = second if holder == first else first
                look = seen[holder].look
                if people[holder].looks_unlike(look) - people[other].looks_unlike(look) > _CLEARLY:
                    seen[other] = seen.pop(holder)
                    people[other].motion = people[holder].motion

    def feed(self, people: Mapping[int, Person], seen: Mapping[int, Sight], *, position: int, time_s: float) -> None:
        """Take what was seen in a frame; exchanges those who were mistaken for each other."""
        self._begin(seen, position, time_s)
        for pair, contact in list(self._contacts.items()):
            first, second = pair
            if time_s - contact.began_s > _NEVER_JUDGED_S or not people.keys() >= set(pair):
                del self._contacts[pair]
                continue
            if not seen.keys() >= set(pair) or overlap(seen[first].box, seen[second].box) > _APART:
                continue
            contact.frames += 1
            contact.gain += _gain(people[first], people[second], (seen[first], seen[second]))
            if contact.frames >= _FRAMES_JUDGED:
                if contact.gain / contact.frames > 2.0 * _MARGIN:
                    people[first].exchange(people[second], _nearest(people[first], people[second], contact.start))
                del self._contacts[pair]

    def state(self) -> npt.NDArray[Any]:
        """(C, 6) numbers."""
        rows = [[*pair, each.start, each.began_s, each.frames, each.gain] for pair, each in self._contacts.items()]
        return np.array(rows, np.float64).reshape(-1, 6)

    @classmethod
    def from_state(cls, state: npt.NDArray[Any]) -> Crossings:
        """As `state` left them."""
        crossings = cls()
        for first, second, start, began_s, frames, gain in state:
            contact = _Contact(int(start), float(began_s), int(frames), float(gain))
            crossings._contacts[int(first), int(second)] = contact
        return crossings

    def _begin(self, seen: Mapping[int, Sight], position: int, time_s: float) -> None:
        numbers = sorted(seen)
        for place, first in enumerate(numbers):
            for second in numbers[place + 1 :]:
                if overlap(seen[first].box, seen[second].box) > _TOUCHING:
                    contact = self._contacts.setdefault((first, second), _Contact(position, time_s))
                    contact.frames, contact.gain = 0, 0.0

    def lost(self, loser: int, owner: int, *, position: int, time_s: float) -> None:
        """Two tracks came upon one body, and `loser` gave way."""
        pair = (min(loser, owner), max(loser, owner))
        contact = self._contacts.setdefault(pair, _Contact(position, time_s))
        contact.frames, contact.gain = 0, 0.0


def _gain(first: Person, second: Person, seen: tuple[Sight, Sight]) -> float:
    """By how much the looks would fit better if the two were exchanged."""
    as_they_are = first.looks_unlike(seen[0].look) + second.looks_unlike(seen[1].look)
    exchanged = first.looks_unlike(seen[1].look) + second.looks_unlike(seen[0].look)
    return as_they_are - exchanged


def _nearest(first: Person, second: Person, start: int) -> int:
    """The position from `start` on at which the two were seen nearest to each other."""
    places = [
        {
            position: (sight[3][:2] + sight[3][2:]) / 2.0
            for position, sight in zip(person.positions, person.sights, strict=True)
            if position >= start
        }
        for person in (first, second)
    ]
    shared = sorted(places[0].keys() & places[1].keys())
    return min(shared, key=lambda at: float(np.linalg.norm(places[0][at] - places[1][at])), default=start)
