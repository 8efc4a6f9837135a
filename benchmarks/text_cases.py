"""Prompts as artists type them and what a pose that follows them must measure: read from `text_prompts/`.

Each file of that folder but `start_poses.json` is a group: a list of objects with

    say      the prompt
    expect   a list of expectations
    either   true where the prompt leaves sides open: a pose or its mirror image must do
    start    of an edit: the name of a pose in `start_poses.json`, whose poses are written as in `text_sticks.py`
    moves    of an edit: joints and parts (`left_arm`, `trunk` ...) that may turn; all others may by 5 degrees
    mirror   of an edit: true where the start pose's mirror image is what the rest must be

An expectation is a row of a measure's name, its arguments, the least and the most, null where there is none; `change`
before it counts from the start pose. Directions are words: "up", "forward left". {"any": [...]} holds where one of its
rows, or lists of rows, does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from text_sticks import stick_pose

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX, JOINT_NAMES, MIRROR
from contrapposto.backend.text import measures
from contrapposto.backend.text.measures import Body, Check, Measure

FOLDER: Final = Path(__file__).resolve().parent / "text_prompts"
GROUPS: Final = ("explicit", "contacts", "named", "moods", "edits")
STAY_DEGREES: Final = 5.0
SLACK_DEGREES: Final = 5.0
SLACK_M: Final = 0.02
CHANGE_SLACK: Final = 0.2
"""Of both, for what is counted from the start pose: or no change at all would do."""

_DIRECTIONS: Final = {
    "left": (1.0, 0.0, 0.0), "right": (-1.0, 0.0, 0.0), "up": (0.0, 1.0, 0.0), "down": (0.0, -1.0, 0.0),
    "forward": (0.0, 0.0, 1.0), "back": (0.0, 0.0, -1.0),
}  # fmt: skip
_KINDS: Final[dict[str, int]] = {
    "Angle": 1, "Away": 2, "Between": 2, "Distance": 2, "Offset": 3, "Height": 1, "Trunk": 1, "HeadTurn": 1,
    "Facing": 0, "Palm": 2,
}  # fmt: skip
"""The measures by name, and how many arguments each takes."""
_SIDED: Final = {
    "arm": ("collar", "shoulder", "elbow", "wrist", "hand"), "leg": ("hip", "knee", "ankle", "foot"),
}  # fmt: skip
_NEUTRAL: Final = Body.posed(np.zeros((1, len(JOINT_NAMES), 3)))
PARTS: Final[dict[str, tuple[str, ...]]] = {
    "trunk": ("spine1", "spine2", "spine3"),
    "head": ("neck", "head"),
    **{
        f"{side}_{part}": tuple(f"{side}_{joint}" for joint in joints)
        for part, joints in _SIDED.items()
        for side in ("left", "right")
    },
}


class Expectation(Protocol):
    """What a pose must be like."""

    @property
    def words(self) -> str:
        """It, for lists of what failed."""
        ...

    def met(self, body: Body, rotations: DoubleArray) -> bool:
        """Whether the one pose (1, 24, 3) of `body` is so."""
        ...


@dataclass(frozen=True)
class Measured:
    """One of several lists of checks holds."""

    words: str
    ways: tuple[tuple[Check, ...], ...]

    def met(self, body: Body, rotations: DoubleArray) -> bool:
        """Whether one does, entirely."""
        return any(all(bool(check.holds(body)[0]) for check in way) for way in self.ways)


@dataclass(frozen=True)
class Stays:
    """Joints that an edit does not name are turned no further than a little."""

    start: DoubleArray
    still: tuple[int, ...]
    words: str = "the rest stays"

    def met(self, body: Body, rotations: DoubleArray) -> bool:
        """Whether all of them are."""
        return self.farthest(rotations)[1] <= STAY_DEGREES

    def farthest(self, rotations: DoubleArray) -> tuple[str, float]:
        """The joint that turned most, and by how many degrees."""
        still = list(self.still)
        before, after = axis_angle_to_matrix(self.start[still]), axis_angle_to_matrix(rotations[0, still])
        turned = np.degrees(geodesic_angle(before, after))
        most = int(turned.argmax())
        return JOINT_NAMES[still[most]], float(turned[most])


@dataclass(frozen=True)
class TextCase:
    """A prompt, and what is expected of its poses.

    Attributes:
        start: (24, 3) the pose that an edit begins with, or None.
        either: the mirror image will do.
    """

    group: str
    prompt: str
    expectations: tuple[Expectation, ...]
    start: DoubleArray | None = None
    either: bool = False

    def met(self, rotations: DoubleArray) -> tuple[bool, ...]:
        """Which expectations a pose (24, 3) meets; where sides are open, of it and its mirror image the better."""
        found = self._met(rotations[None])
        if self.either:
            found = max(found, self._met(mirrored(rotations)[None]), key=sum)
        return found

    def _met(self, rotations: DoubleArray) -> tuple[bool, ...]:
        body = Body.posed(rotations)
        return tuple(expected.met(body, rotations) for expected in self.expectations)


def mirrored(rotations: DoubleArray) -> DoubleArray:
    """A pose (24, 3) as a mirror shows it."""
    return rotations[MIRROR] * (1.0, -1.0, -1.0)


def read_start_poses() -> dict[str, DoubleArray]:
    """The poses (24, 3) that edits begin with."""
    said = json.loads((FOLDER / "start_poses.json").read_text(encoding="utf-8"))
    return {name: stick_pose(pose) for name, pose in said.items()}


def read_cases(groups: Sequence[str] = GROUPS) -> list[TextCase]:
    """The prompts of these groups.

    Raises:
        ValueError: a row is not as the top of this file says; names the prompt.
    """
    starts = read_start_poses()
    return [
        _case(group, said, starts)
        for group in groups
        for said in json.loads((FOLDER / f"{group}.json").read_text(encoding="utf-8"))
    ]


def _case(group: str, said: Mapping[str, Any], starts: Mapping[str, DoubleArray]) -> TextCase:
    try:
        unknown = set(said) - {"say", "expect", "either", "start", "moves", "mirror"}
        if unknown:
            raise ValueError(f"no prompt has {', '.join(sorted(unknown))}")
        start = starts[said["start"]] if "start" in said else None
        base = start if start is None or not said.get("mirror", False) else mirrored(start)
        body = None if base is None else Body.posed(base[None])
        expected: list[Expectation] = [_expectation(row, body) for row in said["expect"]]
        if base is not None:
            expected.append(Stays(base, still_joints(said["moves"])))
        return TextCase(group, said["say"], tuple(expected), start, said.get("either", False))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{group}: {said.get('say')}: {error!r}") from error


def still_joints(moves: Sequence[str]) -> tuple[int, ...]:
    """Indices of the joints that are neither named nor part of what is named."""
    moving = {joint for name in moves for joint in PARTS.get(name, (name,))}
    unknown = moving - set(JOINT_NAMES)
    if unknown:
        raise ValueError(f"nothing is called {', '.join(sorted(unknown))}")
    return tuple(index for name, index in JOINT_INDEX.items() if name not in moving)


def _expectation(row: Any, start: Body | None) -> Measured:
    if isinstance(row, Mapping):
        ways = tuple(
            tuple(_check(each, start) for each in (way if isinstance(way[0], list) else [way])) for way in row["any"]
        )
        return Measured(" or ".join(str(way) for way in row["any"]), ways)
    return Measured(" ".join(str(each) for each in row), ((_check(row, start),),))


def _check(row: Sequence[Any], start: Body | None) -> Check:
    """A check of a row; a measure that is counted from the start pose gets its value there added."""
    from_start = row[0] == "change"
    kind, *arguments = row[1:] if from_start else row
    *arguments, low, high = arguments
    measure = _measure(kind, arguments)
    value = 0.0
    if from_start:
        if start is None:
            raise ValueError("nothing can change without a start pose")
        value = float(measure.of(start)[0])
    least = -np.inf if low is None else low + value
    most = np.inf if high is None else high + value
    if least > most:
        raise ValueError(f"{row} ends before it begins")
    slack = (CHANGE_SLACK if from_start else 1.0) * (SLACK_DEGREES if measure.unit == "deg" else SLACK_M)
    return Check(measure, least, most, slack=slack, cyclic=kind == "Facing")


def _measure(kind: str, arguments: Sequence[Any]) -> Measure:
    if len(arguments) != _KINDS[kind]:
        raise ValueError(f"{kind} takes {_KINDS[kind]} arguments")
    made = [_direction(each) if kind in {"Away", "Palm"} and at == 1 else each for at, each in enumerate(arguments)]
    measure: Measure = getattr(measures, kind)(*made)
    measure.of(_NEUTRAL)  # unknown places and joints surface here
    return measure


def _direction(words: str) -> tuple[float, float, float]:
    left, up, ahead = np.sum([_DIRECTIONS[word] for word in words.split()], axis=0)
    return float(left), float(up), float(ahead)
