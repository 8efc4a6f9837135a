"""Array types, and the shape checks that the core types make on construction."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import InputError

FloatArray: TypeAlias = npt.NDArray[np.float32]
DoubleArray: TypeAlias = npt.NDArray[np.float64]
AnyFloatArray: TypeAlias = npt.NDArray[np.floating[Any]]
IntArray: TypeAlias = npt.NDArray[np.intp]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
ImageArray: TypeAlias = npt.NDArray[np.uint8]


def checked(name: str, value: npt.ArrayLike, shape: tuple[int | str, ...]) -> FloatArray:
    """`value` as a read-only float32 array of this shape.

    A letter in `shape` stands for any length, the same letter for the same length ("T", 24, 3).

    Raises:
        InputError: the shape differs, or a number is not finite.
    """
    array = np.array(value, dtype=np.float32)
    lengths: dict[str, int] = {}
    fits = array.ndim == len(shape) and all(
        length == (lengths.setdefault(want, length) if isinstance(want, str) else want)
        for want, length in zip(shape, array.shape, strict=True)
    )
    if not fits:
        wanted = ", ".join(str(want) for want in shape)
        raise InputError(f"{name} must have the shape ({wanted}), not {array.shape}.")
    place = not_finite(array)
    if place is not None:
        raise InputError(f"{name} holds numbers that are not finite, the first at {list(place)}.")
    array.setflags(write=False)
    return array


def not_finite(array: npt.NDArray[np.floating[Any]]) -> tuple[int, ...] | None:
    """The indices of the first number that is not finite, or None."""
    finite = np.isfinite(array)
    return None if finite.all() else tuple(np.argwhere(~finite)[0].tolist())


def checked_share(name: str, value: npt.ArrayLike, shape: tuple[int | str, ...]) -> FloatArray:
    """Like `checked`, for numbers that must lie in [0, 1]."""
    array = checked(name, value, shape)
    if array.size and (array.min() < 0.0 or array.max() > 1.0):
        raise InputError(f"{name} must lie between 0 and 1, not {array.min():.3g} to {array.max():.3g}.")
    return array
