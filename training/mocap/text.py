"""Numbers out of the text of motion capture files, with errors in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from contrapposto.backend.arrays import AnyFloatArray, DoubleArray
from contrapposto.backend.errors import InputError
from contrapposto.backend.rotations import axis_angle_to_matrix


def numbers(name: str, words: Sequence[str], *, what: str) -> DoubleArray:
    """(N,) finite numbers.

    Raises:
        InputError: a word is no finite number.
    """
    try:
        found = np.array(words, dtype=np.float64)
    except ValueError as error:
        raise InputError(f"{name}: {what} must be numbers: {error}.") from error
    if not np.isfinite(found).all():
        raise InputError(f"{name}: {what} holds numbers that are not finite.")
    return found


def turned_in_order(angles: AnyFloatArray, axes: str) -> DoubleArray:
    """(T, 3, 3) of Euler angles (T, N) in degrees about moving axes, the first of `axes` (such as "zyx") outermost."""
    matrix = np.tile(np.eye(3), (len(angles), 1, 1))
    for column, axis in enumerate(axes):
        along = np.eye(3)["xyz".index(axis)]
        matrix = matrix @ axis_angle_to_matrix(np.radians(angles[:, column, None]) * along)
    return matrix
