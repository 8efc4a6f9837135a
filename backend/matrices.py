"""Products of many small matrices, several times faster than `@`: what repeats lies along the last axes in memory."""

from __future__ import annotations

from typing import cast

import numpy as np

from .arrays import AnyFloatArray, DoubleArray


def product(first: AnyFloatArray, second: AnyFloatArray) -> DoubleArray:
    """(..., 3, 3) times (..., 3, 3), as `first @ second` gives it; leading axes are broadcast.

    The result is a view on memory in the order (3, 3, ...), in which numpy runs over everything that is repeated at
    once. Arguments of that kind are taken as they are, others are copied first.
    """
    left, right = _inside_out(first), _inside_out(second)
    if left.ndim == 2:
        return _outside_in((left @ right.reshape(3, -1)).reshape(right.shape))
    if right.ndim == 2:
        return _outside_in(np.matmul(right.T, left.reshape(3, 3, -1)).reshape(left.shape))
    found = left[:, 0, None] * right[0]
    found += left[:, 1, None] * right[1]
    found += left[:, 2, None] * right[2]
    return _outside_in(found)


def transform(matrices: AnyFloatArray, vectors: AnyFloatArray) -> DoubleArray:
    """(T, 3, 3) times (3,) or (T, 3) -> (T, 3)."""
    left, right = _inside_out(matrices), np.asarray(vectors, np.float64)
    if right.ndim == 1:
        return np.matmul(right, left).T
    found = left[:, 0] * right[:, 0]
    found += left[:, 1] * right[:, 1]
    found += left[:, 2] * right[:, 2]
    return found.T


def transposed(matrices: AnyFloatArray) -> DoubleArray:
    """(..., 3, 3) -> (..., 3, 3), the inverse of rotations: a view."""
    return cast(DoubleArray, np.swapaxes(matrices, -1, -2))


def stacked(matrices: list[DoubleArray]) -> DoubleArray:
    """N of (T, 3, 3) -> (N, T, 3, 3)."""
    return _outside_in(np.stack([np.moveaxis(matrix, (-2, -1), (0, 1)) for matrix in matrices], axis=2))


def _inside_out(matrices: AnyFloatArray) -> DoubleArray:
    """(..., 3, 3) -> (3, 3, ...), contiguous."""
    return np.ascontiguousarray(np.moveaxis(matrices, (-2, -1), (0, 1)), dtype=np.float64)


def _outside_in(matrices: DoubleArray) -> DoubleArray:
    return np.moveaxis(matrices, (0, 1), (-2, -1))
