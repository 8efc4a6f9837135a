"""A named pose and what is said besides it: explicit words take the place of the parts that they speak of."""

from __future__ import annotations

from collections.abc import Sequence

from ..language import (
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
    Side,
    Support,
    Touch,
    Trunk,
)
from .named import NamedPose, mirrored
from .phrases import SIDES

_ENDS = {"hand": "reach", "fingers": "reach", "wrist": "reach", "forearm": "reach", "elbow": "upper", "upper_arm": "upper",
         "foot": "foot", "sole": "foot", "heel": "foot", "toes": "foot", "ankle": "foot", "knee": "thigh", "shin": "foot",
         "calf": "foot", "thigh": "thigh"}  # fmt: skip
_LIMBS = {"arm": ("arm",), "upper_arm": ("upper",), "forearm": ("fore",), "hand": ("handdir",), "leg": ("leg",),
          "thigh": ("thigh",), "shin": ("shin",), "foot": ("footdir",)}  # fmt: skip
# What an explicit word about the first takes away from a named pose.
_TAKES = {
    "arm": ("arm", "upper", "fore", "elbow", "reach", "handdir", "palm"), "upper": ("arm", "upper", "reach"),
    "fore": ("arm", "fore", "elbow", "reach"), "elbow": ("elbow", "fore", "reach"), "handdir": ("handdir",),
    "reach": ("arm", "upper", "fore", "elbow", "reach", "handdir", "palm"), "palm": ("palm",), "wrist": ("wrist",),
    "leg": ("leg", "thigh", "shin", "knee", "foot"), "thigh": ("leg", "thigh", "foot"), "shin": ("leg", "shin", "knee", "foot"),
    "knee": ("knee", "shin"), "foot": ("foot", "leg", "thigh", "knee", "shin"), "footdir": ("footdir",), "ankle": ("ankle",),
}  # fmt: skip


def slots(element: Element) -> frozenset[str]:
    """The freedoms of the body that an element is about, each with its side: `left arm`, `right knee`, `head turn`."""
    match element:
        case Bend(joint=joint):
            return frozenset({joint.replace("_", " ")})
        case Raise(limb=limb) | Point(limb=limb):
            side, _, name = limb.partition("_")
            return frozenset(f"{side} {slot}" for slot in _LIMBS[name]) if name in _LIMBS else frozenset({limb})
        case Touch(part=one, place=other):
            return _ends(one, other)
        case Place(part=one):
            return _ends(one)
        case Ground(part=one):
            return _ends(one)
        case Apart(first=one, second=other):
            return frozenset({"apart " + one.rpartition("_")[2]}) | (
                _ends(one, other) if "hand" in one else frozenset()
            )
        case Support():
            return frozenset({"support"})
        case Palm(side=side):
            return frozenset({f"{side} palm"})
        case Face():
            return frozenset({"face"})
        case Trunk():
            return frozenset(f"trunk {f}" for f in ("forward", "left", "twist_left") if getattr(element, f) is not None)
        case Head():
            return frozenset(f"head {f}" for f in ("left", "tilt_left", "down") if getattr(element, f) is not None)
        case Change() | Mirror():
            return frozenset()


def _ends(*spots: str) -> frozenset[str]:
    moving = [spot for spot in spots if spot.split("_", 1)[-1] in {"hand", "fingers", "wrist", "forearm"}] or list(
        spots[:1]
    )
    found: set[str] = set()
    for spot in moving:
        side, _, name = spot.partition("_")
        if side in {"left", "right"} and name in _ENDS:
            found.add(f"{side} {_ENDS[name]}")
    return frozenset(found)


def blended(pose: Sequence[Element], said: Sequence[Element]) -> tuple[Element, ...]:
    """The elements of a pose that explicit ones leave, as far as they leave them, then the explicit ones."""
    taken: set[str] = set()
    front = any(_stepped(each) is not None for each in pose) or any(
        isinstance(e, Raise) and "thigh" in e.limb for e in pose
    )
    if front and any(slots(each) & {"left thigh", "right thigh", "support"} for each in pose):
        said = [each for each in said if _stepped(each) is None]
    for element in said:
        for slot in slots(element):
            side, _, name = slot.partition(" ")
            taken |= {f"{side} {each}" for each in _TAKES.get(name, (name,))} if side in {"left", "right"} else {slot}
    if "support" in taken:
        taken |= (
            {f"{side} {each}" for side in SIDES for each in ("leg", "thigh", "shin", "knee", "foot", "ankle")}
            if (_another_support(pose, said))
            else set()
        )
    kept = [_loosened(element, taken) for element in pose]
    return (*(element for element in kept if element is not None), *said)


def _another_support(pose: Sequence[Element], said: Sequence[Element]) -> bool:
    old = [each.kind for each in pose if isinstance(each, Support)]
    new = [each.kind for each in said if isinstance(each, Support)]
    upright = {"standing", "left_leg", "right_leg", "tiptoe"}
    return bool(old) and bool(new) and old != new and not (old[0] in upright and new[0] in {"standing", "tiptoe"})


def _loosened(element: Element, taken: set[str]) -> Element | None:
    """What is left of an element of a pose."""
    own = slots(element)
    if isinstance(element, Trunk | Head):
        kind = "trunk" if isinstance(element, Trunk) else "head"
        left = {f.partition(" ")[2]: getattr(element, f.partition(" ")[2]) for f in own - taken if f.startswith(kind)}
        return type(element)(**left) if left else None
    return None if own & taken else element


def sided(pose: NamedPose, *, side: Side | None, said: Sequence[Element]) -> tuple[Element, ...]:
    """The elements of a pose for a side: the one that was said, or the one that fits what else was said better."""
    turned = tuple(mirrored(element) for element in pose.elements)
    front = next((side_ for each in said if (side_ := _stepped(each)) is not None), None)
    if side is None and front is not None and pose.front is not None:
        return pose.elements if front == pose.front else turned
    if side is not None:
        return turned if pose.side is not None and side != pose.side else pose.elements
    return turned if _fit(turned, said) > _fit(pose.elements, said) else pose.elements


def _stepped(element: Element) -> Side | None:
    """The leg that is said to be in front."""
    match element:
        case Place(part="left_foot", relation="ahead") | Place(part="right_foot", relation="behind"):
            return "left"
        case Place(part="right_foot", relation="ahead") | Place(part="left_foot", relation="behind"):
            return "right"
        case _:
            return None


def _fit(pose: Sequence[Element], said: Sequence[Element]) -> int:
    """How well explicit words agree with a pose: elements that say nearly the same."""
    score = 0
    for element in said:
        for own in pose:
            if own == element:
                score += 3
            elif type(own) is type(element) and isinstance(own, Raise | Bend | Touch | Place | Ground):
                score += slots(own) == slots(element)
    return score
