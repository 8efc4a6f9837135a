"""Elements of the pose language in plain words, for the list of what was understood."""

from __future__ import annotations

from typing import Final

from .chains import bare, side_of
from .language import (
    Apart,
    Bend,
    Change,
    Element,
    Face,
    Ground,
    Head,
    Mirror,
    Palm,
    Place,
    Point,
    Raise,
    Support,
    Touch,
    Trunk,
)

_KINDS: Final = {
    "standing": "Standing",
    "left_leg": "Standing on the left leg",
    "right_leg": "Standing on the right leg",
    "tiptoe": "Standing on tiptoe",
    "squatting": "Squatting",
    "lunge_left": "Lunge with the left knee in front",
    "lunge_right": "Lunge with the right knee in front",
    "kneeling": "Kneeling",
    "kneeling_left": "Kneeling on the left knee",
    "kneeling_right": "Kneeling on the right knee",
    "sitting": "Sitting",
    "sitting_floor": "Sitting on the floor",
    "sitting_cross_legged": "Sitting cross-legged",
    "sitting_heels": "Sitting on the heels",
    "lying_back": "Lying on the back",
    "lying_front": "Lying on the front",
    "lying_left": "Lying on the left side",
    "lying_right": "Lying on the right side",
    "all_fours": "On all fours",
    "plank": "Plank",
    "handstand": "Handstand",
    "airborne": "In the air",
}
_TOWARD: Final = {"forward": "forward", "out": "to the side", "back": "back", "across": "across the body"}
_RELATION: Final = {
    "above": "above", "below": "below", "ahead": "in front of", "behind": "behind", "left_of": "to the left of",
    "right_of": "to the right of", "level": "level with", "beside": "beside",
}  # fmt: skip
_AMOUNT: Final = {"a_little": "a little", "some": "more", "much": "much more", "fully": "all the way"}


def words(name: str) -> str:
    """`left upper arm` of `left_upper_arm`."""
    return name.replace("_", " ")


def _the(name: str) -> str:
    """With its article; the heart and the body's middle need it too."""
    return f"the {words(name)}"


def sentence(element: Element) -> str:  # noqa: C901, PLR0912 - one line for each kind of element
    """What an element says, such as `Left knee bent by 90°`."""
    match element:
        case Bend(joint=joint, degrees=degrees):
            text = f"{words(joint)} straight" if abs(degrees) < 1.0 else f"{words(joint)} bent by {abs(degrees):.0f}°"
        case Raise(limb=limb, toward=toward, degrees=degrees):
            text = f"{words(limb)} raised {_TOWARD[toward]} to {degrees:.0f}°"
        case Point(limb=limb, directions=directions):
            text = f"{words(limb)} pointing {_ways(directions)}"
        case Touch(part=part, place=place):
            text = f"{words(part)} on {_the(place)}"
        case Place(part=part, relation=relation, other=other, metres=metres):
            least = "" if metres is None else f"at least {metres * 100.0:.0f} cm "
            text = f"{words(part)} {least}{_RELATION[relation]} {_the(other)}"
        case Apart(first=first, second=second, least=least, most=most):
            text = f"{words(first)} {_span(least, most)} from {_the(second)}"
        case Ground(part=part, above=above):
            text = (
                f"{words(part)} on the ground"
                if above <= 0.0
                else f"{words(part)} {above * 100.0:.0f} cm above the ground"
            )
        case Support(kind=kind, height=height):
            text = _KINDS[kind] if height is None else f"{_KINDS[kind]}, {height * 100.0:.0f} cm above the ground"
        case Trunk() | Head():
            text = _turns(element)
        case Palm(side=side, directions=directions):
            text = f"{side} palm facing {_ways(directions)}"
        case Face(left=left):
            text = _facing(left)
        case Change():
            text = _change(element)
        case Mirror(part=part, source=source):
            what = "body" if part == "body" else part
            text = f"{what} mirrored" if source is None else f"{what}: both sides as the {source} one"
    return text[:1].upper() + text[1:]


def _span(least: float, most: float) -> str:
    low, high = least * 100.0, most * 100.0
    return f"{high:.0f} cm" if abs(high - low) < 1.0 else f"{low:.0f} to {high:.0f} cm"


def _ways(directions: tuple[str, ...]) -> str:
    names = {"out": "outwards", "across": "across the body"}
    return " and ".join(names.get(each, each) for each in directions) or "nowhere"


def _turns(element: Trunk | Head) -> str:
    """The fields that are told, each in words."""
    name = "trunk" if isinstance(element, Trunk) else "head"
    turns: list[tuple[float | None, str, str]]
    if isinstance(element, Trunk):
        turns = [
            (element.forward, "leaning forward", "leaning back"),
            (element.left, "leaning left", "leaning right"),
            (element.twist_left, "twisted left", "twisted right"),
        ]
    else:
        turns = [
            (element.left, "turned left", "turned right"),
            (element.tilt_left, "tilted left", "tilted right"),
            (element.down, "nodding down", "looking up"),
        ]
    told = [
        "straight" if abs(value) < 0.5 else f"{one if value > 0.0 else other} by {abs(value):.0f}°"
        for value, one, other in turns
        if value is not None
    ]
    return f"{name} {' and '.join(dict.fromkeys(told)) or 'as it is'}"


def _facing(left: float) -> str:
    turned = (left + 180.0) % 360.0 - 180.0
    if abs(turned) < 0.5:
        return "facing the viewer"
    if abs(abs(turned) - 180.0) < 0.5:
        return "seen from behind"
    return f"turned {abs(turned):.0f}° to its own {'left' if turned > 0.0 else 'right'}"


def _change(element: Change) -> str:
    amount = f"by {element.degrees:.0f}°" if element.degrees is not None else _AMOUNT[element.amount]
    amount = f"by {element.metres * 100.0:.0f} cm" if element.metres is not None else amount
    where = f" {_ways(element.directions)}" if element.directions else ""
    if element.toward is not None:
        away = element.verb in {"spread", "open"}
        return f"move {_the(element.part)} {'away from' if away else 'towards'} {_the(element.toward)} {amount}"
    side, name = side_of(element.part), bare(element.part)
    part = f"the {side} {words(name)}" if side else f"the {words(name)}"
    return f"{element.verb} {part}{where} {amount}"
