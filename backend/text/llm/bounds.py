"""Numbers that a body can be told: what lies outside is brought to the nearest that makes sense, and that is told.

Degrees are the ranges of motion of a supple adult, rounded up (AAOS, Joint Motion: Method of Measuring and Recording),
so that a dancer's pose stays as it was said; the fit's own joint limits are narrower.
"""

from __future__ import annotations

import dataclasses
from typing import Final

from ..language import Apart, Bend, Element, Face

Bounds = tuple[float, float]

_FOLDS: Final[Bounds] = (0.0, 160.0)
_EITHER_WAY: Final[Bounds] = (-90.0, 90.0)
_BOUNDS: Final[dict[tuple[str, str], Bounds]] = {
    ("Raise", "degrees"): (0.0, 180.0),
    ("Place", "metres"): (0.0, 2.0),
    ("Apart", "least"): (0.0, 2.0),
    ("Apart", "most"): (0.0, 2.5),
    ("Ground", "above"): (0.0, 2.0),
    ("Support", "height"): (0.0, 1.2),
    ("Trunk", "forward"): (-60.0, 130.0),
    ("Trunk", "left"): (-70.0, 70.0),
    ("Trunk", "twist_left"): (-90.0, 90.0),
    ("Head", "left"): (-90.0, 90.0),
    ("Head", "tilt_left"): (-60.0, 60.0),
    ("Head", "down"): (-75.0, 75.0),
    ("Change", "degrees"): (0.0, 360.0),
    ("Change", "metres"): (0.0, 1.5),
}


def within_bounds(elements: tuple[Element, ...]) -> tuple[tuple[Element, ...], tuple[str, ...]]:
    """The elements with numbers that make sense, and a sentence for each that was changed."""
    kept: list[Element] = []
    notes: list[str] = []
    for element in elements:
        told, changed = _bounded(element)
        kept.append(told)
        notes += changed
    return tuple(kept), tuple(notes)


def _bounded(element: Element) -> tuple[Element, list[str]]:
    if isinstance(element, Face):  # a direction comes back after a turn
        return Face(180.0 - (180.0 - element.left) % 360.0), []
    if isinstance(element, Apart) and element.least > element.most:
        element = dataclasses.replace(element, least=element.most, most=element.least)
    name, notes = type(element).__name__, list[str]()
    changed: dict[str, float] = {}
    for field in dataclasses.fields(element):
        value = getattr(element, field.name)
        bounds = _bend(element) if isinstance(element, Bend) else _BOUNDS.get((name, field.name))
        if not isinstance(value, float) or bounds is None:
            continue
        nearest = min(max(value, bounds[0]), bounds[1])
        if nearest != value:
            changed[field.name] = nearest
            notes.append(f"The language model said {value:g} for {name} {field.name}; {nearest:g} was taken.")
    return dataclasses.replace(element, **changed), notes


def _bend(element: Bend) -> Bounds:
    return _FOLDS if element.joint.endswith(("elbow", "knee")) else _EITHER_WAY
