"""What elements say of each limb in one word, so that explicit words can tell a named pose from its mirror."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from ..language import Bend, Element, Ground, Place, Point, Raise, Side, Support, SupportKind, Touch
from .names import other_of
from .phrases import SIDES

Facts: TypeAlias = dict[tuple[str, str], str]
"""(`left leg`, `way`) -> `back`."""
_BENT_DEG, _STRAIGHT_DEG, _LIFTED_DEG, _CLEAR_M = 45.0, 20.0, 25.0, 0.05
_LEGS: Final = frozenset({"leg", "thigh"})
_ARMS: Final = frozenset({"arm", "upper_arm"})
_FEET: Final = frozenset({"foot", "sole", "heel", "toes"})


def agreement(pose: Sequence[Element], said: Sequence[Element]) -> int:
    """How many facts of a pose explicit words repeat, less those that they contradict."""
    own, told = facts(pose), facts(said)
    return sum(1 if own[key] == value else -1 for key, value in told.items() if key in own)


def facts(elements: Iterable[Element]) -> Facts:
    """What elements say of limbs; the later holds."""
    found: Facts = {}
    for element in elements:
        found |= _of(element)
    return found


def _of(element: Element) -> Facts:
    match element:
        case Bend(joint=joint, degrees=degrees):
            word = "bent" if degrees >= _BENT_DEG else "straight" if degrees <= _STRAIGHT_DEG else ""
            return {(joint.replace("_", " "), "bend"): word} if word else {}
        case Raise(limb=limb, toward=toward, degrees=degrees):
            return _way(limb, toward, lifted=degrees >= _LIFTED_DEG)
        case Point(limb=limb, directions=directions):
            return _way(limb, directions[0], lifted=directions[0] != "down")
        case Support(kind=kind):
            return _of_support(kind)
        case _:
            return _of_place(element)


def _of_place(element: Element) -> Facts:
    """Of steps, parts on the ground, and what hands and feet are at."""
    match element:
        case Place(part="left_foot" | "right_foot", relation="ahead" | "behind", other="left_foot" | "right_foot"):
            side: Side = "left" if element.part == "left_foot" else "right"
            ways = ("forward", "back") if element.relation == "ahead" else ("back", "forward")
            return {(f"{side} leg", "way"): ways[0], (f"{other_of(side)} leg", "way"): ways[1]}
        case Ground(part=part, above=above):
            which, _, name = part.partition("_")
            lifted = above > _CLEAR_M
            carried: Facts = {(f"{which} leg", "carries"): "no"} if lifted and name in _FEET else {}
            return carried | {(f"{which} {name}", "on"): "air" if lifted else "ground"}
        case Touch(part=part, place=place):
            which, _, name = part.partition("_")
            at = place.partition("_")[2] if place.startswith(SIDES) else place
            return {(f"{which} {'foot' if name in _FEET else name}", "at"): at}
        case _:
            return {}


def _way(limb: str, way: str, *, lifted: bool) -> Facts:
    side, _, name = limb.partition("_")
    if name in _LEGS and lifted:
        return {(f"{side} leg", "way"): way, (f"{side} leg", "carries"): "no"}
    return {(f"{side} {'leg' if name in _LEGS else 'arm'}", "way"): way} if name in _LEGS | _ARMS else {}


def _of_support(kind: SupportKind) -> Facts:
    for side in SIDES:
        other = other_of(side)
        if kind == f"{side}_leg":
            return {(f"{side} leg", "carries"): "yes", (f"{other} leg", "carries"): "no"}
        if kind == f"lunge_{side}":
            ways: Facts = {(f"{side} leg", "way"): "forward", (f"{other} leg", "way"): "back"}
            return ways | {(f"{side} knee", "bend"): "bent", (f"{other} knee", "bend"): "straight"}
        if kind == f"kneeling_{side}":
            return {(f"{side} knee", "on"): "ground", (f"{other} knee", "on"): "air"}
        if kind == f"lying_{side}":
            return {("body", "on"): side}
    return {}
