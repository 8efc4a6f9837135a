"""What is said of one pose so that the pose language understands it as it is: degrees where words would be too loose.

Each statement names the elements that it means; it is made only where they hold on the pose, by the measures that the
solver uses. Support alone is told as it looks, even where a heel is off the ground.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

import numpy as np

from ..arrays import AnyFloatArray
from .caption_contacts import touches
from .caption_support import supports
from .caption_words import Wording, touch_words
from .codes import SIDES, Code, Column, Side, Sides
from .language import Apart, Bend, Direction, Element, Head, Joint, Limb, Place, Point, Program, Spot, Touch
from .language import Trunk as TrunkElement
from .meaning import constraints, direction_of
from .measures import Angle, Body, HeadTurn, Hinge, Trunk, angle_between

_STRAIGHT, _WHOLE_ARM = 10.0, 22.0
"""Degrees of bend below which a joint is straight, and an arm points as one."""
_BENT: Final = ((0.0, _STRAIGHT, "straight"), (22.0, 38.0, "slightly bent"), (82.0, 98.0, "bent at a right angle"),
                (112.0, 128.0, "sharply bent"))  # fmt: skip
_NEAR: Final = 7.0
_TURNS: Final[dict[str, tuple[str, float, float, float, str, str]]] = {
    "forward": ("torso", 13.0, 15.0, 30.0, "leaning {}forward", ""),
    "back": ("torso", 10.0, 12.0, 22.0, "", "leaning {}back"),
    "side": ("torso", 9.0, 10.0, 1e9, "leaning {}to the left", "leaning {}to the right"),
    "twist": ("torso", 12.0, 15.0, 35.0, "twisted {}to the left", "twisted {}to the right"),
    "turn": ("head", 13.0, 20.0, 45.0, "turned {}to the left", "turned {}to the right"),
    "tilt": ("head", 10.0, 12.0, 25.0, "tilted {}to the left", "tilted {}to the right"),
    "nod": ("head", 12.0, 15.0, 32.0, "tilted {}down", "tilted {}up"),
}
"""Part, least degrees worth saying, degrees that "slightly" and no word mean, and the words of either way."""
_WAYS: Final[tuple[Direction, ...]] = ("up", "down", "forward", "back", "out", "across")
_OPPOSITE: Final = {"up": "down", "forward": "back", "out": "across"}
_SAID: Final[dict[Direction, str]] = {"up": "up", "down": "down", "forward": "forward", "back": "back",
                                      "across": "across the body"}  # fmt: skip


_SUPPORT: Final = {
    "standing": ("standing",), "left_leg": ("standing on the left leg", "balancing on the left leg"),
    "right_leg": ("standing on the right leg", "balancing on the right leg"),
    "tiptoe": ("standing on tiptoe", "on tiptoes"), "squatting": ("squatting", "crouching"),
    "lunge_left": ("lunging with the left leg forward",), "lunge_right": ("lunging with the right leg forward",),
    "kneeling": ("kneeling on both knees", "kneeling"), "kneeling_left": ("kneeling on the left knee",),
    "kneeling_right": ("kneeling on the right knee",), "sitting": ("sitting on a chair", "seated"),
    "sitting_floor": ("sitting on the floor", "sitting on the ground"),
    "sitting_cross_legged": ("sitting cross-legged",), "sitting_heels": ("sitting on the heels",),
    "lying_back": ("lying on the back", "lying face up"), "lying_front": ("lying on the belly", "lying face down"),
    "lying_left": ("lying on the left side",), "lying_right": ("lying on the right side",),
    "all_fours": ("on all fours", "on hands and knees"), "plank": ("in a plank",), "handstand": ("in a handstand",),
}  # fmt: skip
_LYING: Final = {"lying_back", "lying_front", "lying_left", "lying_right", "all_fours", "plank", "handstand"}


@dataclass(frozen=True)
class Statement:
    """Something said of a pose.

    Attributes:
        part: what it is about, without its side, or empty for the whole body.
        side: left, right, both or neither.
        said: in several wordings, read after "is" or "are"; of a limb that points, after its name.
        weight: how telling it is, as of codes.
        elements: what the pose language understands by it.
    """

    part: str
    side: Sides
    said: tuple[str, ...]
    weight: float
    elements: tuple[Element, ...]

    def wordings(self) -> tuple[Wording, ...]:
        """Every way to say it, the plainest first."""
        if not self.part:
            return tuple(Wording("", many=False, said=said) for said in self.said)
        both = self.side == "both"
        plural = "feet" if self.part == "foot" else f"{self.part}s"
        subject = f"both {plural}" if both else f"{self.side} {self.part}".strip()
        many = both or self.part in {"feet", "arms", "hands"}
        return tuple(Wording(subject, many=many, said=said) for said in self.said)


def statements(rotations: AnyFloatArray) -> list[Statement]:
    """All there is to say of one pose (24, 3), in the order of the body."""
    body = Body.posed(np.asarray(rotations)[None])
    found = [*_support(body), *_turns(body), *_arms(body), *_hands(body), *_knees(body), *_feet(body)]
    held = [each for each in found if not each.part or _holds(each.elements, body)]
    return _paired(held)


def _holds(elements: tuple[Element, ...], body: Body) -> bool:
    return all(bool(each.holds(body)[0]) for each in constraints(Program(elements), None))


def _support(body: Body) -> Iterator[Statement]:
    (column,) = supports(body)
    code = _code(column)
    if code is not None and code.value in _SUPPORT:
        yield Statement("", "", _SUPPORT[code.value], 9.0, ())


def _code(column: Column) -> Code | None:
    """The code of the first pose."""
    kind = str(column.kinds[0])
    return Code(column.what, column.side, kind, float(column.weights[0])) if kind else None


def _turns(body: Body) -> Iterator[Statement]:
    """Of trunk and head; how far the trunk leans while the legs carry it."""
    (column,) = supports(body)
    leaning = str(column.kinds[0]) not in _LYING and body.limb("torso")[0, 1] > -0.5
    measures = {
        "forward": Trunk("forward"), "back": Trunk("forward"), "side": Trunk("left"), "twist": Trunk("twist_left"),
        "turn": HeadTurn("left"), "tilt": HeadTurn("tilt_left"), "nod": HeadTurn("down"),
    }  # fmt: skip
    for name, measure in measures.items():
        value = float(measure.of(body)[0])
        part, least, little, plain, more, less = _TURNS[name]
        size, pattern = abs(value), more if value > 0.0 else less
        if size < least or not pattern or (part == "torso" and name != "twist" and not leaning):
            continue
        degrees = round(size / 5.0) * 5.0
        if abs(size - little) < _NEAR:
            said, degrees = ("slightly ", "a little "), little
        elif abs(size - plain) < _NEAR:
            said, degrees = ("",), plain
        else:
            said = (f"{degrees:.0f} degrees ",)
        signed = degrees if value > 0.0 else -degrees
        weight = 1.2 if size < 25.0 else 1.9
        yield Statement(part, "", tuple(pattern.format(each) for each in said), weight, (_turn(name, signed),))


def _turn(name: str, degrees: float) -> Element:
    match name:
        case "forward" | "back":
            return TrunkElement(forward=degrees)
        case "side":
            return TrunkElement(left=degrees)
        case "twist":
            return TrunkElement(twist_left=degrees)
        case "turn":
            return Head(left=degrees)
        case "tilt":
            return Head(tilt_left=degrees)
        case _:
            return Head(down=degrees)


def _bend(body: Body, joint: str, side: Side) -> float:
    return 180.0 - float(Angle(cast("Hinge", f"{side}_{joint}")).of(body)[0])


def _bent(body: Body, joint: Literal["elbow", "knee"], side: Side) -> Statement:
    bend = _bend(body, joint, side)
    degrees = min(round(bend / 10.0) * 10.0, 150.0)
    said = f"bent {degrees:.0f} degrees"
    for low, high, words in _BENT:
        if low <= bend <= high:
            said, degrees = words, 0.0 if not low else 0.5 * (low + high)
    weight = 0.3 if bend < 18.0 else 0.6 if bend < 40.0 else 1.3
    return Statement(joint, side, (said,), weight, (Bend(cast("Joint", f"{side}_{joint}"), degrees),))


def _arms(body: Body) -> Iterator[Statement]:
    for side in SIDES:
        whole = _bend(body, "elbow", side) < _WHOLE_ARM
        pointing = [_pointing(body, part, side) for part in (("arm",) if whole else ("upper arm", "forearm"))]
        yield from pointing
        if not any(_holds(each.elements, body) for each in pointing):
            yield from _raised(body, side)
        if not whole:
            yield _bent(body, "elbow", side)


def _raised(body: Body, side: Side) -> Iterator[Statement]:
    """Where a raised hand is, of an arm that lies between all ways: they are up to 27 degrees from it, and 22 hold."""
    if any(each.side in ("", side) and _holds(each.elements, body) for each in _hands(body)):
        return  # it is told where that hand is
    hand, shoulder = cast("Spot", f"{side}_hand"), cast("Spot", f"{side}_shoulder")
    places: tuple[tuple[Spot, str], ...] = (("head_top", "above the head"), (shoulder, f"above the {side} shoulder"))
    for other, said in places:
        element = Place(hand, "above", other)
        if _holds((element,), body):
            yield Statement("hand", side, (said,), 1.5, (element,))
            return


def _pointing(body: Body, part: str, side: Side) -> Statement:
    """The nearest of the 26 ways between up, down, forward, back, out and across."""
    limb = cast("Limb", f"{side}_{part.replace(' ', '_')}")
    along = body.limb(limb)[0]
    # Of an upper arm "back" alone means as far back as a shoulder goes, which is 45 degrees.
    known = [ways for ways in _combinations() if part != "upper arm" or ways != ("back",)]
    chosen = min(known, key=lambda ways: float(angle_between(along, np.asarray(direction_of(ways, side)))))
    out = f"to the {side}"
    words = [_SAID.get(way, out) for way in chosen]
    said = words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
    weight = 0.2 if chosen == ("down",) else 0.9 if part == "upper arm" and "down" in chosen else 1.5
    return Statement(part, side, (f"points {said}",), weight, (Point(limb, chosen),))


def _combinations() -> Iterator[tuple[Direction, ...]]:
    for count in (1, 2, 3):
        for ways in itertools.combinations(_WAYS, count):
            if not any(_OPPOSITE.get(way) in ways for way in ways):
                yield ways


def _hands(body: Body) -> Iterator[Statement]:
    for side in SIDES:
        code = _code(touches(body, side))
        if code is not None:
            element = Touch(cast("Spot", f"{side}_hand"), cast("Spot", code.value))
            yield Statement("hand", side, touch_words(code), 2.0, (element,))
    yield Statement("hands", "", ("together",), 2.0, (Touch("left_hand", "right_hand"),))
    crossed = (Touch("left_hand", "right_upper_arm"), Touch("right_hand", "left_upper_arm"))
    yield Statement("arms", "", ("crossed", "folded"), 2.4, crossed)


def _knees(body: Body) -> Iterator[Statement]:
    for side in SIDES:
        yield _bent(body, "knee", side)


def _feet(body: Body) -> Iterator[Statement]:
    ankles: tuple[Spot, Spot] = ("left_ankle", "right_ankle")
    yield Statement("feet", "", ("together",), 0.7, (Apart(*ankles, 0.0, 0.14),))
    yield Statement("feet", "", ("wide apart", "spread wide"), 1.5, (Apart(*ankles, 0.75, 1.05),))
    yield Statement("feet", "", ("apart",), 0.8, (Apart(*ankles, 0.42, 0.7),))
    left, right = body.spot("left_foot")[0], body.spot("right_foot")[0]
    level = abs(float(left[1] - right[1])) < 0.15
    if level:
        yield Statement("foot", "left", ("in front of the right foot",), 0.9, (_ahead("left_foot", "right_foot"),))
        yield Statement("foot", "right", ("in front of the left foot",), 0.9, (_ahead("right_foot", "left_foot"),))


def _ahead(first: Spot, second: Spot) -> Place:
    return Place(first, "ahead", second, 0.2)


def _paired(found: list[Statement]) -> list[Statement]:
    """Left and right as both, where the same is said of them; what lies to either side then lies to the sides."""
    kept: list[Statement] = []
    for each in found:
        twin = next((other for other in kept if _is_twin(other, each)), None)
        if twin is None:
            kept.append(each)
            continue
        said = tuple(_plural(said) for said in twin.said)
        both = Statement(each.part, "both", said, max(each.weight, twin.weight) + 0.1, twin.elements + each.elements)
        kept[kept.index(twin)] = both
    return kept


def _is_twin(first: Statement, second: Statement) -> bool:
    if first.part != second.part or (first.side, second.side) != ("left", "right"):
        return False
    return [_sideless(each, "left") for each in first.said] == [_sideless(each, "right") for each in second.said]


def _sideless(said: str, side: Side) -> str:
    return said.replace(f"to the {side}", "to the sides").replace(f"the {side} ", "the own ")


def _plural(said: str) -> str:
    """Of the left side, as it is said of both: "on the left hip" becomes "on the hips"."""
    said = _sideless(said, "left").replace("points ", "point ")
    if "the own " not in said:
        return said
    return f"{said.replace('the own ', 'the ')}s".replace("foots", "feet")
