"""Named poses: `poses/*.json`, each a list of elements in a short form, and the names it goes by.

A line is an element's name and its fields in order, or `field=value`: `Raise both_arm out 90`, `Trunk forward=45`,
`Point left_arm up+out`. `both_` stands for the left and then the right one, `+` joins directions. A pose is written for
one side; `side` says which, so that `left jab` is the mirror of a jab with the right. It is written as right-handed
people do it; where the hand that does it is not on that side, `hand` names it, and `holds` which hand has what.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, cast

from ..codec import element_from_json
from ..language import ELEMENTS, Element, Face, Head, Limb, Place, Point, Raise, Side, Support, Trunk
from .inflection import verb_forms

_FOLDER: Final = Path(__file__).parent / "poses"
_KINDS: Final = {kind.__name__: kind for kind in ELEMENTS}
_RAISED_DEG: Final = 60.0
_BOTH: Final = "both_"


@dataclass(frozen=True)
class NamedPose:
    """A pose with a name.

    Attributes:
        name: the first of its names.
        names: all of them.
        verbs: those that are verbs, and so have forms.
        lines: its elements in the short form.
        side: the side that it is written for; None of a pose that has none.
        leg: the leg in front, of a pose whose elements do not show it.
        group: the file it stands in.
        hand: the hand that does it, where that is not the one of `side`.
        holds: things, and the hand that has each, where that is not the hand that does it.
    """

    name: str
    names: tuple[str, ...]
    verbs: tuple[str, ...]
    lines: tuple[str, ...]
    side: Side | None
    leg: Side | None
    group: str
    hand: Side | None = None
    holds: Mapping[str, Side] = field(default_factory=dict[str, Side], hash=False)

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """What the body does."""
        return tuple(element for line in self.lines for element in element_lines(line))

    @cached_property
    def front(self) -> Side | None:
        """The leg in front: of a lunge, of a foot ahead of the other, or as the file says; None where neither is."""
        for element in self.elements:
            match element:
                case Support(kind="lunge_left" | "lunge_right"):
                    return "left" if element.kind == "lunge_left" else "right"
                case Place(part=part, relation="ahead", other=other):
                    if part.endswith("_foot") and other.endswith(("foot", "knee")):
                        return "left" if part.startswith("left") else "right"
                case _:
                    pass
        return self.leg

    @cached_property
    def raises_one_arm(self) -> bool:
        """Whether it raises the arm of its side, and says nothing of the other one: waving does."""
        own = {f"{self.side}_arm", f"{self.side}_upper_arm"}
        raised = any(
            (isinstance(each, Raise) and each.limb in own and each.degrees >= _RAISED_DEG)
            or (isinstance(each, Point) and each.limb in own and "up" in each.directions)
            for each in self.elements
        )
        other = "left" if self.side == "right" else "right"
        rests = Point(other_limb := cast(Limb, f"{other}_arm"), ("down",))
        arms = (other_limb, *(f"{other}_{part}" for part in ("upper_arm", "forearm", "hand", "elbow", "fingers")))
        theirs = any(_names(each, arms) for each in self.elements if each != rests)
        return raised and not theirs


def _names(element: Element, parts: tuple[str, ...]) -> bool:
    """Whether it is about one of these parts."""
    return any(getattr(element, field.name) in parts for field in dataclasses.fields(element))


@cache
def named_poses() -> dict[str, NamedPose]:
    """All of them, by name."""
    found: dict[str, NamedPose] = {}
    for path in sorted(_FOLDER.glob("*.json")):
        for row in cast("list[dict[str, Any]]", json.loads(path.read_text(encoding="utf-8"))):
            pose = _pose(row, path.stem)
            if pose.name in found:
                raise ValueError(f"{path.name}: {pose.name} is there twice")
            found[pose.name] = pose
    return found


def pose_phrases() -> Iterator[tuple[str, str]]:
    """Every way to say every pose, with the pose's name."""
    for pose in named_poses().values():
        for name in pose.names:
            yield name, pose.name
        for verb in pose.verbs:
            for spelt in verb_forms(verb):
                yield spelt, pose.name


def _pose(row: dict[str, Any], group: str) -> NamedPose:
    names = tuple(cast("list[str]", row.get("names", [])))
    verbs = tuple(cast("list[str]", row.get("verbs", [])))
    lines = tuple(cast("list[str]", row["pose"]))
    hand, holds = row.get("hand"), row.get("holds", {})
    return NamedPose((names + verbs)[0], names, verbs, lines, row.get("side"), row.get("front"), group, hand, holds)


def element_lines(line: str) -> tuple[Element, ...]:
    """One line of a pose as elements: two where it says `both_`.

    Raises:
        ValueError: it is none.
    """
    if _BOTH in line:
        return tuple(_element(line.replace(_BOTH, side)) for side in ("left_", "right_"))
    if line.startswith("Palm both"):
        return tuple(_element(line.replace("both", side)) for side in ("left", "right"))
    return (_element(line),)


def _element(line: str) -> Element:
    name, *words = line.split(" ")
    kind = _KINDS.get(name)
    if kind is None:
        raise ValueError(f"{line!r}: no element {name}")
    hints, fields = typing.get_type_hints(kind), dataclasses.fields(kind)
    said: dict[str, Any] = {"say": name}
    for place, word in enumerate(words):
        field, _, value = word.rpartition("=")
        field = field or fields[place].name
        said[field] = _value(value, hints[field])
    return element_from_json(said, place=line)


def _value(word: str, wanted: Any) -> object:
    if typing.get_origin(wanted) is tuple:
        return word.split("+")
    return float(word) if word.replace(".", "", 1).removeprefix("-").isdigit() else word


def mirrored(element: Element) -> Element:
    """The same element with sides exchanged."""
    values = {field.name: _mirrored_value(getattr(element, field.name)) for field in dataclasses.fields(element)}
    if isinstance(element, Face):
        values["left"] = -element.left
    if isinstance(element, Trunk):
        values |= {"left": _minus(element.left), "twist_left": _minus(element.twist_left)}
    if isinstance(element, Head):
        values |= {"left": _minus(element.left), "tilt_left": _minus(element.tilt_left)}
    return type(element)(**values)


def _minus(value: float | None) -> float | None:
    return None if value is None else -value or 0.0


def _mirrored_value(value: object) -> Any:
    if isinstance(value, tuple):
        return tuple(_mirrored_value(each) for each in cast("tuple[object, ...]", value))
    if not isinstance(value, str):
        return value
    if value in {"left", "right"}:
        return "right" if value == "left" else "left"
    swapped = {"left_of": "right_of", "right_of": "left_of", "lunge_left": "lunge_right", "lunge_right": "lunge_left",
               "kneeling_left": "kneeling_right", "kneeling_right": "kneeling_left", "lying_left": "lying_right",
               "lying_right": "lying_left"}  # fmt: skip
    if value in swapped:
        return swapped[value]
    if value.startswith("left_"):
        return "right_" + value.removeprefix("left_")
    return "left_" + value.removeprefix("right_") if value.startswith("right_") else value
