"""A named pose and what is said besides it: explicit words take the place of the parts that they speak of."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Final

from ..language import (
    Apart,
    Bend,
    Element,
    Face,
    Ground,
    Head,
    Palm,
    Place,
    Point,
    Raise,
    Side,
    Support,
    Touch,
    Trunk,
)
from .facts import agreement, facts
from .limits import steps
from .named import NamedPose, mirrored
from .phrases import ARM_KINDS, HEAD_KINDS, LEG_KINDS, SIDES

_ENDS: Final = {
    "hand": "reach", "fingers": "reach", "wrist": "reach", "forearm": "reach", "elbow": "upper", "upper_arm": "upper",
    "foot": "foot", "sole": "foot", "heel": "foot", "toes": "foot", "ankle": "foot", "shin": "foot", "calf": "foot",
    "knee": "thigh", "thigh": "thigh",
}  # fmt: skip
_AIMED: Final = {
    "arm": "arm", "upper_arm": "upper", "forearm": "fore", "hand": "hand aim", "leg": "leg", "thigh": "thigh",
    "shin": "shin", "foot": "foot aim",
}  # fmt: skip
_WHOLE_ARM: Final = ("arm", "upper", "fore", "elbow", "reach", "hand aim", "palm")
_LEG: Final = ("leg", "thigh", "shin", "knee", "foot", "ankle")
_TAKES: Final = {
    "arm": _WHOLE_ARM, "reach": _WHOLE_ARM, "upper": ("arm", "upper", "reach"),
    "fore": ("arm", "fore", "elbow", "reach"),
    "elbow": ("elbow", "fore", "reach"), "leg": _LEG[:-1], "thigh": ("leg", "thigh", "foot"),
    "shin": ("leg", "shin", "knee", "foot"), "knee": ("knee", "shin"), "foot": _LEG[:-1],
}  # fmt: skip
"""What an explicit word about the first takes away from a named pose."""
_FREEDOMS: Final = {
    "elbow": ("elbow",), "knee": ("knee", "thigh"), "palm": ("palm",), "wrist": ("hand aim",), "ankle": ("foot aim",),
}  # fmt: skip
"""Of a joint that is spoken of, where it is not the whole limb."""
_UPRIGHT: Final = frozenset({"standing", "left_leg", "right_leg", "tiptoe"})
_SAME, _ALIKE = 3, 1


def slots(element: Element) -> frozenset[str]:
    """The freedoms of the body that an element is about, each with its side: `left arm`, `right knee`, `head down`."""
    match element:
        case Bend(joint=joint):
            return frozenset({joint.replace("_", " ")})
        case Raise(limb=limb) | Point(limb=limb):
            side, _, name = limb.partition("_")
            return frozenset({f"{side} {_AIMED[name]}" if name else limb})
        case Touch(part=one, place=other):
            return _ends(one, other)
        case Place(part=one) | Ground(part=one):
            return _ends(one)
        case Apart(first=one, second=other):
            hands = _ends(one, other) if one.endswith("hand") else frozenset[str]()
            return hands | {"apart " + one.rpartition("_")[2]}
        case _:
            return _of_body(element)


def _of_body(element: Element) -> frozenset[str]:
    if isinstance(element, Trunk | Head):
        told = [f.name for f in dataclasses.fields(element) if getattr(element, f.name) is not None]
        return frozenset(f"{type(element).__name__.lower()} {name}" for name in told)
    if isinstance(element, Palm):
        return frozenset({f"{element.side} palm"})
    if isinstance(element, Support | Face):
        return frozenset({type(element).__name__.lower()})
    return frozenset()


def _ends(*spots: str) -> frozenset[str]:
    hands = [spot for spot in spots if spot.partition("_")[2] in {"hand", "fingers", "wrist", "forearm"}]
    parts = [spot.partition("_") for spot in hands or spots[:1]]
    return frozenset(f"{side} {_ENDS[name]}" for side, _, name in parts if side in SIDES and name in _ENDS)


def blended(pose: Sequence[Element], said: Sequence[Element]) -> tuple[Element, ...]:
    """The elements of a pose that explicit ones leave, as far as they leave them, then the explicit ones."""
    if _is_stride(pose):
        said = [each for each in said if _in_front(each) is None]
    said = [each for each in said if not _is_done_by(pose, each) and not _is_seat_of(pose, each)]
    taken: set[str] = set()
    for slot in (slot for element in said for slot in slots(element)):
        side, _, name = slot.partition(" ")
        taken |= {f"{side} {each}" for each in _TAKES.get(name, (name,))} if side in SIDES else {slot}
    if "support" in taken and _is_another_support(pose, said):
        taken |= {f"{side} {each}" for side in SIDES for each in _LEG}
        taken |= {"apart ankle", "apart foot"}
        pose = [each for each in pose if not _rests_on_leg(each)]
    kept = [_loosened(element, taken) for element in pose]
    return (*(element for element in kept if element is not None), *said)


def without_parts(elements: Sequence[Element], parts: Iterable[tuple[str, tuple[Side, ...]]]) -> tuple[Element, ...]:
    """The elements without those about certain parts; of a part without sides both are left out."""
    taken: set[str] = set()
    for kind, sides in parts:
        names = _FREEDOMS.get(kind) or (_WHOLE_ARM if kind in ARM_KINDS else _LEG if kind in LEG_KINDS else ())
        taken |= {f"{side} {name}" for side in sides or SIDES for name in names}
        taken |= {f"head {field.name}" for field in dataclasses.fields(Head)} if kind in HEAD_KINDS else set()
    kept = [_loosened(element, taken) for element in elements]
    return tuple(element for element in kept if element is not None)


def _is_done_by(pose: Sequence[Element], element: Element) -> bool:
    """Whether a pose does more exactly what is only said in passing: `arabesque, left leg behind`, `kick, leg up`."""
    if not any(isinstance(each, Support) and each.kind in {"left_leg", "right_leg"} for each in pose):
        return False
    own = facts(pose)
    front = _in_front(element)
    if front is not None:
        rear = "right" if front == "left" else "left"
        return own.get((f"{front} leg", "way")) == "forward" or own.get((f"{rear} leg", "way")) == "back"
    if not isinstance(element, Raise) or not element.limb.endswith("leg"):
        return False
    leg = f"{element.limb.partition('_')[0]} leg"
    usual = element.degrees == steps(f"leg {element.toward}", "")
    way = own.get((leg, "way"))
    # Up is forward where nothing else is said, so it does not contradict another way.
    return usual and way is not None and element.toward in {way, "forward"} and own.get((leg, "carries")) == "no"


def _is_seat_of(pose: Sequence[Element], element: Element) -> bool:
    """Whether a pose says itself how the body sits: `sitting in the lotus position`."""
    if not isinstance(element, Support) or element.kind not in {"sitting", "sitting_floor"} or element.height:
        return False
    return any(isinstance(each, Support) and each.kind == "sitting_cross_legged" for each in pose)


def _is_stride(pose: Sequence[Element]) -> bool:
    """Whether a pose says itself which leg is in front, so that `right leg forward` only chooses its side."""
    lunges = any(isinstance(each, Support) and each.kind.startswith("lunge") for each in pose)
    thighs = any(isinstance(each, Raise) and each.limb.endswith("thigh") for each in pose)
    return lunges or thighs or any(_in_front(each) is not None for each in pose)


def _is_another_support(pose: Sequence[Element], said: Sequence[Element]) -> bool:
    old = [each.kind for each in pose if isinstance(each, Support)]
    new = [each.kind for each in said if isinstance(each, Support)]
    if not old or not new or old == new:
        return False
    return not (old[0] in _UPRIGHT and new[0] in {"standing", "tiptoe"})


def _rests_on_leg(element: Element) -> bool:
    """Whether an arm is on a leg: `thinker` no longer is once the body stands."""
    return isinstance(element, Touch) and element.place.rpartition("_")[2] in {"thigh", "knee", "shin"}


def _loosened(element: Element, taken: set[str]) -> Element | None:
    """What is left of an element of a pose."""
    own = slots(element)
    if isinstance(element, Trunk | Head):
        left = {name: getattr(element, name) for _, _, name in (slot.partition(" ") for slot in own - taken)}
        return type(element)(**left) if left else None
    return None if own & taken else element


def sided(pose: NamedPose, *, side: Side | None, said: Sequence[Element]) -> tuple[Element, ...]:
    """The elements of a pose for a side: the one that was said, or the one that fits what else was said better."""
    turned = tuple(mirrored(element) for element in pose.elements)
    if side is not None:
        return turned if pose.side is not None and side != pose.side else pose.elements
    front = next((found for each in said if (found := _in_front(each)) is not None), None)
    if front is not None and pose.front is not None:
        return pose.elements if front == pose.front else turned
    fits, turned_fits = ((agreement(each, said), _fit(each, said)) for each in (pose.elements, turned))
    return turned if turned_fits > fits else pose.elements


def _in_front(element: Element) -> Side | None:
    """The leg that is said to be in front."""
    match element:
        case Place(part="left_foot", relation="ahead") | Place(part="right_foot", relation="behind"):
            return "left"
        case Place(part="right_foot", relation="ahead") | Place(part="left_foot", relation="behind"):
            return "right"
        case _:
            return None


def _fit(pose: Sequence[Element], said: Sequence[Element]) -> int:
    """How well explicit words agree with a pose: elements that say the same, or something of the same part."""
    score = 0
    for own, element in ((own, element) for own in pose for element in said):
        alike = isinstance(own, Raise | Bend | Touch | Place | Ground) and slots(own) == slots(element)
        score += _SAME if own == element else _ALIKE if alike and type(own) is type(element) else 0
    return score
