"""Feet and legs that dangle: of somebody who sits the shins hang down, free of the ground, from a seat high enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..language import Ground, Side, Support
from .phrases import LEG_KINDS, SIDES, Clause
from .sheet import Sheet, Swing
from .tokens import Token

_WORDS: Final = ("dangl", "hang", "hung")
"""How words for it begin; legs that `relax` or `droop` may as well stand on the ground."""
_SEAT_M: Final = 0.75
"""Of a bar stool: the soles of somebody whose thighs are level are well above the ground."""
_FREE_M: Final = 0.65
"""Lower seats leave the toes on the ground."""
_KNEE_DEG: Final = 90.0
"""Of the knee and of the thigh before the hip, so that the shin hangs straight down."""


def named_dangling(tokens: Sequence[Token], clauses: Sequence[Clause]) -> None:
    """Mark what legs and feet do as dangling where the sentence says so, and not only that they are at ease."""
    for clause in clauses:
        if not clause.subjects or any(ref.kind not in LEG_KINDS for ref in clause.subjects):
            continue
        for predicate in clause.predicates:
            words = [token.word for token in tokens[max(predicate.start, 0) : predicate.end]]
            if predicate.meaning in {"hang", "off_ground"} and any(word.startswith(_WORDS) for word in words):
                predicate.dangling = True


def seated_free(sheet: Sheet, support: Support | None) -> Support | None:
    """The support of somebody who sits with dangling feet; their legs hang from the knees on the sheet."""
    if support is None or support.kind != "sitting" or not sheet.dangling:
        return support
    for side in sheet.dangling:
        _hang(sheet, side)
    if any(isinstance(each, Ground) and each.above <= 0.0 for side in SIDES for each in sheet.legs[side].contacts):
        return support  # The other foot stands on the ground, from which the seat has to be in reach.
    if sheet.seat is not None and sheet.seat < _FREE_M:
        sheet.note(f"So that the feet are free, the seat is taken to be {_SEAT_M} m high.")
    return support if (support.height or 0.0) >= _FREE_M else replace(support, height=_SEAT_M)


def _hang(sheet: Sheet, side: Side) -> None:
    """Shin down, nothing on the ground; a knee that was bent by degrees stays so."""
    limb = sheet.legs[side]
    limb.contacts = [each for each in limb.contacts if not isinstance(each, Ground)]
    limb.whole = Swing() if limb.whole.dirs == ("down",) else limb.whole
    if limb.firm and limb.bend is not None:
        return
    limb.bend, limb.lower = _KNEE_DEG, ("down",)
    if not limb.upper.is_said:
        limb.upper.dirs, limb.upper.angle = ("forward",), _KNEE_DEG
