"""Directions of the pose language as vectors of the body frame, and turns towards them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import axis_angle_to_matrix
from .measures import angle_between

_AXES: Final = {
    "left": (1.0, 0.0, 0.0), "right": (-1.0, 0.0, 0.0), "up": (0.0, 1.0, 0.0), "down": (0.0, -1.0, 0.0),
    "forward": (0.0, 0.0, 1.0), "back": (0.0, 0.0, -1.0),
}  # fmt: skip


def way_of(directions: Sequence[str], side: str | None) -> DoubleArray | None:
    """Unit vector (3,) between directions, `out` and `across` as a limb of `side` has them.

    None where there are none or they cancel each other.
    """
    out = -1.0 if side == "right" else 1.0
    total = np.zeros(3)
    for direction in dict.fromkeys(directions):
        if direction in {"out", "across"}:
            total += np.array([out if direction == "out" else -out, 0.0, 0.0])
        else:
            total += _AXES[direction]
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-6 else None


def direction_of(directions: Sequence[str], side: str | None) -> tuple[float, float, float] | None:
    """`way_of` as plain numbers, for checks."""
    way = way_of(directions, side)
    if way is None:
        return None
    x, y, z = way.tolist()
    return x, y, z


def apart(one: DoubleArray, other: DoubleArray) -> float:
    """Degrees in [0, 180] between two vectors (3,)."""
    return float(angle_between(one, other))


def turned_toward(now: DoubleArray, goal: DoubleArray, degrees: float) -> DoubleArray:
    """`now` (3,) turned by so much in the plane that holds `goal` (3,), also beyond it."""
    axis = np.cross(now, goal)
    length = float(np.linalg.norm(axis))
    if length < 1e-6:
        helper = np.array([0.0, 0.0, 1.0]) if abs(now[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
        axis, length = np.cross(now, helper), float(np.linalg.norm(np.cross(now, helper)))
    return axis_angle_to_matrix(axis / length * np.radians(degrees)) @ now
