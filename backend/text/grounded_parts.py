"""Places that a program has on the ground, such as the hands of who bends down: they help its support to carry it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from .body_solids import GROUND_PARTS, Points, joined
from .chains import bare, side_of
from .language import Element, Ground
from .spots import SPOT_INDEX, SPOT_JOINTS, SPOT_OFFSETS

_ON_FEET: Final = frozenset({"sole", "foot", "toes", "heel", "ankle"})
_HANDS: Final = frozenset({"hand", "fingers"})


def grounded_points(on: Sequence[Element], carriers: Sequence[str]) -> Points:
    """Points of the skin at all places that are on the ground, but those of feet and of what carries the body anyway.

    Args:
        on: what the body is told.
        carriers: parts that the support has on the ground, names of `body_solids.GROUND_PARTS`.
    """
    down = dict.fromkeys(each.part for each in on if isinstance(each, Ground) and each.above <= 0.0)
    parts: list[Points] = []
    for spot in down:
        part = f"{side_of(spot)}_hand" if bare(spot) in _HANDS else spot
        if bare(spot) not in _ON_FEET and part not in carriers:
            parts.append(GROUND_PARTS.get(part, _point(spot)) if bare(spot) in _HANDS else _point(spot))
    return joined(parts)


def _point(spot: str) -> Points:
    index = SPOT_INDEX[spot]
    return Points(np.array([SPOT_JOINTS[index]]), SPOT_OFFSETS[index][None])
