"""Which earlier elements of a program later ones overrule, because both cannot hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

import numpy as np

from .chains import bare, chain_of_limb, chain_of_spot, mover, side_of
from .language import (
    Apart,
    Bend,
    Change,
    Element,
    Face,
    Ground,
    Head,
    Palm,
    Place,
    Point,
    Raise,
    Support,
    Touch,
    Trunk,
)
from .measures import Body
from .situation import raised_leg

_FAR_APART_M: Final = 0.25
_T_POSE: Final = Body.posed(np.zeros((1, 24, 3)))
_OPPOSITE: Final = {
    "above": "below", "below": "above", "ahead": "behind", "behind": "ahead", "left_of": "right_of",
    "right_of": "left_of",
}  # fmt: skip


def overruled(elements: Sequence[Element]) -> dict[int, Element | None]:
    """What later elements leave of earlier ones, by their index: None, or a `Trunk` or `Head` with less told.

    What is not in the answer is left whole.
    """
    found: dict[int, Element | None] = {}
    raised = raised_leg(elements)
    for index, element in enumerate(elements):
        left: Element | None = None if _under(element, raised) else element
        for later in elements[index + 1 :]:
            left = _left_of(left, later) if left is not None else None
        if left != element:
            found[index] = left
    return found


def _under(element: Element, raised: str | None) -> bool:
    """Whether it has the foot of a leg on the ground that is raised high."""
    if raised is None or not isinstance(element, Ground) or element.above > 0.0:
        return False
    return chain_of_spot(element.part) == f"{raised}_leg"


def _left_of(element: Element, later: Element) -> Element | None:
    """What of an element is left when `later` is to hold."""
    if isinstance(element, Trunk | Head):
        return _fields_left(element, later)
    if isinstance(element, Touch) and _takes_away(element, later):
        return None
    return None if _same_matter(element, later) else element


def _fields_left(element: Trunk | Head, later: Element) -> Element | None:
    kept = {field.name: getattr(element, field.name) for field in dataclasses.fields(element)}
    if isinstance(later, Trunk | Head) and type(later) is type(element):
        kept = {name: None if getattr(later, name) is not None else value for name, value in kept.items()}
    if isinstance(later, Point) and later.limb == "torso" and isinstance(element, Trunk):
        kept["forward"] = kept["left"] = None
    if all(value is None for value in kept.values()):
        return None if any(getattr(element, name) is not None for name in kept) else element
    return dataclasses.replace(element, **kept)


def _takes_away(element: Touch, later: Element) -> bool:
    """Whether a limb that touched something is told to be elsewhere."""
    moved, still = mover(element.part, element.place)
    fixed = chain_of_spot(still)
    match later:
        case Touch(part=part, place=place):
            other, where = mover(part, place)
            if _end(other) != _end(moved) or bare(fixed) == "arm" or bare(chain_of_spot(where)) == "arm":
                return False
            if bare(fixed) == "leg" or bare(chain_of_spot(where)) == "leg":
                return still != where
            return float(np.linalg.norm(_T_POSE.spot(still) - _T_POSE.spot(where))) > _FAR_APART_M
        case Raise(limb=limb) | Point(limb=limb) if bare(limb) in {"arm", "leg"}:
            return chain_of_limb(limb) == chain_of_spot(moved) and bare(_end(moved)) in {"hand", "foot"}
        case _:
            return False


def _end(spot: str) -> str:
    """The side and the end of the limb that a place belongs to."""
    name = bare(spot)
    if name in {"hand", "fingers", "wrist"}:
        return f"{side_of(spot)}_hand"
    if name in {"foot", "sole", "heel", "toes", "ankle"}:
        return f"{side_of(spot)}_foot"
    return spot


def _same_matter(element: Element, later: Element) -> bool:  # noqa: C901, PLR0911, PLR0912 - one line for each kind of element
    """Whether both say something of the same freedom of the body."""
    match element, later:
        case Bend(joint=one), Bend(joint=other):
            return one == other
        case ((Raise(limb=one) | Point(limb=one)), (Raise(limb=other) | Point(limb=other))):
            return _aimed(one) == _aimed(other)
        case Point(limb="torso"), Trunk(forward=forward, left=left):
            return forward is not None or left is not None
        case Touch(part=a, place=b), Touch(part=c, place=d):
            return {a, b} == {c, d}
        case Apart(first=a, second=b), Apart(first=c, second=d):
            return {a, b} == {c, d}
        case Apart(first=a, second=b, least=least), Touch(part=c, place=d):
            return {a, b} == {c, d} and least > 0.05
        case Touch(part=a, place=b), Apart(first=c, second=d, least=least):
            return {a, b} == {c, d} and least > 0.05
        case Place() as one, Place() as other:
            return _opposite(one, other)
        case Ground(part=one), Ground(part=other):
            return one == other
        case Palm(side=one), Palm(side=other):
            return one == other
        case (Support(), Support()) | (Face(), Face()):
            return True
        case Change(verb=one, part=a, directions=b), Change(verb=other, part=c, directions=d):
            return (one, a, b) == (other, c, d)
        case _:
            return False


def _aimed(limb: str) -> str:
    """An arm is aimed by its upper half."""
    return {"arm": f"{side_of(limb)}_upper_arm", "leg": f"{side_of(limb)}_thigh"}.get(bare(limb), limb)


def _opposite(element: Place, later: Place) -> bool:
    same = (element.part, element.other) == (later.part, later.other)
    turned = (element.part, element.other) == (later.other, later.part)
    if same:
        return later.relation in {element.relation, _OPPOSITE.get(element.relation)}
    return turned and later.relation == element.relation
