"""The rig as an artist poses it: its free controls alone, each below the control that carries it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import IntArray
from .rig_spec import BoolArray, RigSpec

_HARMLESS: Final = frozenset(
    ("LIMIT_ROTATION", "LIMIT_LOCATION", "LIMIT_SCALE", "LIMIT_DISTANCE", "MAINTAIN_VOLUME", "COPY_SCALE", "FLOOR")
)
"""Constraints that leave a bone in the artist's hands."""
_OF_CONTROLS: Final = 0.1
"""Share of bones moved by constraints from which on a rig is one of controls."""
_A_BODY: Final = 14
"""So many free bones of a body have shapes of their own where a rig's maker gave shapes to what is to be posed."""


@dataclass(frozen=True)
class View:
    """Some bones of a rig, and which of them carries which.

    Attributes:
        rig: these bones alone; a parent is what carries a bone, by parenting or by constraints.
        kept: (B,) which bones of the whole rig they are, in the order of `rig`.
        marked: the rig's maker marked the controls by shapes, or there are no others.
    """

    rig: RigSpec
    kept: IntArray
    marked: bool


def views(rig: RigSpec) -> list[View]:
    """Ways to look at a rig, the most telling first: by its marked controls, by its free bones, or whole."""
    driven = np.array([bool(set(types) - _HARMLESS) for types in rig.constraints])
    if driven.mean() < _OF_CONTROLS:
        return [View(rig, np.arange(len(rig.bones)), marked=True)]
    free = ~driven & _bends(rig)
    found = [_view(rig, free & rig.shaped, marked=True)] if (free & rig.shaped).sum() >= _A_BODY else []
    return [*found, _view(rig, free, marked=False)] if free.any() else found


def _bends(rig: RigSpec) -> BoolArray:
    """(B,) bones that are free to turn about another axis than their own length."""
    return ~(rig.lock_rotation[:, 1] & rig.lock_rotation[:, 3])


def _view(rig: RigSpec, chosen: BoolArray, *, marked: bool) -> View:
    carriers = {int(bone): _carrier(rig, int(bone), chosen, copies=True) for bone in np.flatnonzero(chosen)}
    order = _parents_first(carriers)
    if order is None:  # controls that carry each other in a circle: the parents alone say it
        carriers = {bone: _carrier(rig, bone, chosen, copies=False) for bone in carriers}
        order = sorted(carriers)
    place = {bone: position for position, bone in enumerate(order)} | {-1: -1}
    kept = np.array(order, dtype=np.intp)
    return View(
        RigSpec(
            rig.name,
            tuple(rig.bones[bone] for bone in order),
            np.array([place[carriers[bone]] for bone in order], dtype=np.intp),
            rig.rest[kept],
            rig.lengths[kept],
        ),
        kept,
        marked,
    )


def _carrier(rig: RigSpec, bone: int, chosen: BoolArray, *, copies: bool) -> int:
    """The chosen bone that a bone hangs on, through helpers and what these copy; -1 for none."""
    at, seen = int(rig.parents[bone]), {bone}
    while at >= 0 and not chosen[at]:
        source = rig.index.get(rig.copies[at], -1) if copies and at not in seen else -1
        seen.add(at)
        at = source if source >= 0 and source not in seen else int(rig.parents[at])
    return at


def _parents_first(carriers: dict[int, int]) -> list[int] | None:
    """The bones, each after what carries it; None where they go round in a circle."""
    order: list[int] = []
    placed = {-1}
    while len(order) < len(carriers):
        ready = [bone for bone, carrier in carriers.items() if bone not in placed and carrier in placed]
        if not ready:
            return None
        order += ready
        placed.update(ready)
    return order
