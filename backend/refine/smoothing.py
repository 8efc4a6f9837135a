"""Smooths values over time without lag: penalised least squares, and the filters that animators know by name.

Convention: time is the leading axis; frames are evenly spaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg import solveh_banded  # pyright: ignore[reportUnknownVariableType]

from ..arrays import AnyFloatArray, DoubleArray

ORDER: Final = 3
"""Of the difference that is kept small: the third leaves speed and acceleration of a movement as they are."""
_LEAST_WEIGHT: Final = 1e-8


def smoothed(
    values: AnyFloatArray, weights: AnyFloatArray, *, cutoff: AnyFloatArray | float, fps: float
) -> DoubleArray:
    """Whittaker's smoother: the series nearest to the values whose third differences are small.

    Minimises sum w (x - y)^2 + k sum (D^3 x)^2, a banded system; with all weights 1 it is a filter without lag that
    passes half of the amplitude at `cutoff` (E. T. Whittaker, "On a new method of graduation", 1923; P. H. C. Eilers,
    "A perfect smoother", 2003). Frames without weight are filled in by the curve through the others.

    Args:
        values: (T, ...).
        weights: (T,) or of the values' leading shape (T, C); 0 for what was not seen.
        cutoff: Hz, of all frames or in the shape of `weights`; at half of `fps` or above the values come back as they
            are.
        fps: frames per second.

    Returns:
        (T, ...) in double precision.
    """
    values = np.asarray(values, np.float64)
    count = len(values)
    if count <= ORDER or np.min(cutoff) >= 0.5 * fps:
        return values.copy()
    flat = values.reshape(count, -1)
    weights = np.asarray(weights, np.float64)
    cutoffs = np.broadcast_to(np.asarray(cutoff, np.float64), weights.shape)
    strength = strength_of(cutoffs / fps)
    if weights.ndim == 1:
        return _solved(flat, weights, strength).reshape(values.shape)
    width = flat.shape[1] // weights.shape[1]
    found = [
        _solved(flat[:, width * place : width * (place + 1)], weights[:, place], strength[:, place])
        for place in range(weights.shape[1])
    ]
    return np.concatenate(found, axis=1).reshape(values.shape)


def strength_of(share: AnyFloatArray | float) -> DoubleArray:
    """The k whose filter, 1 / (1 + k (2 sin(pi f))^6), passes half at `share` cycles a frame; 0.5 are the most."""
    share = np.minimum(np.asarray(share, np.float64), 0.5)
    return np.asarray((2.0 * np.sin(np.pi * share)) ** (-2 * ORDER), np.float64)


def _solved(flat: DoubleArray, weights: DoubleArray, strength: DoubleArray) -> DoubleArray:
    """(T, C) of one weight, and one strength of the penalty (T,), a frame."""
    bands = penalty_bands(len(flat), strength[1 : len(flat) - ORDER + 1])
    weights = np.maximum(weights, _LEAST_WEIGHT)
    bands[-1] += weights
    return np.asarray(solveh_banded(bands, weights[:, None] * flat), np.float64)


def penalty_bands(count: int, strength: DoubleArray | float = 1.0) -> DoubleArray:
    """D'SD of the third difference, (4, T) upper bands as `solveh_banded` takes them; S of each of the T - 3."""
    row = np.array([-1.0, 3.0, -3.0, 1.0])
    bands = np.zeros((ORDER + 1, count))
    for first in range(ORDER + 1):
        for second in range(first, ORDER + 1):
            apart = second - first
            part = slice(second, count - ORDER + second)
            bands[ORDER - apart, part] += row[first] * row[second] * strength
    return bands


@dataclass(frozen=True)
class Robust:
    """How outliers are told from the rest.

    Attributes:
        scale: an ordinary error, in the values' units.
        widths: so many of them off, a frame counts a quarter.
        rounds: of judging and smoothing again.
    """

    scale: float
    widths: float = 3.0
    rounds: int = 3


def robustly_smoothed(
    values: AnyFloatArray, weights: AnyFloatArray, *, cutoff: float, fps: float, robust: Robust
) -> DoubleArray:
    """`smoothed`, where frames far from the curve through the others count less and less.

    The weights are those of S. Geman and D. E. McClure, "Statistical methods for tomographic image
    reconstruction", 1987.

    Args:
        values: (T, D), one point.
        weights: (T,).
        cutoff, fps: as there.
        robust: what is far.
    """
    values, judged = np.asarray(values, np.float64), np.asarray(weights, np.float64)
    for _ in range(robust.rounds):
        off = np.linalg.norm(values - smoothed(values, judged, cutoff=cutoff, fps=fps), axis=-1) / robust.scale
        judged = weights / np.square(1.0 + np.square(off / robust.widths))
    return smoothed(values, judged, cutoff=cutoff, fps=fps)
