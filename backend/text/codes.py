"""Posecodes: one telling thing about a pose each, and how a measure of many poses is sorted into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..arrays import DoubleArray

Side: TypeAlias = Literal["left", "right"]
Sides: TypeAlias = Literal["left", "right", "both", ""]
SIDES: Final[tuple[Side, Side]] = ("left", "right")
Mask: TypeAlias = npt.NDArray[np.bool_]
Kinds: TypeAlias = npt.NDArray[Any]
"""(N,) texts."""


@dataclass(frozen=True)
class Code:
    """One telling thing.

    Attributes:
        what: the family, such as "elbow" or "touch".
        side: of the body, "both", or empty.
        value: the kind within the family.
        weight: how telling it is: about 0 for what most poses show, from 2 up for what few do.
    """

    what: str
    side: Sides
    value: str
    weight: float


@dataclass(frozen=True)
class Column:
    """One family on one side, of N poses.

    Attributes:
        what, side: as in `Code`.
        kinds: (N,) texts, "" where there is nothing to say.
        weights: (N,).
    """

    what: str
    side: Sides
    kinds: Kinds
    weights: DoubleArray


def column(what: str, side: Sides, *choices: tuple[Mask, str, float]) -> Column:
    """The first of (N,) conditions that is met names kind and weight."""
    conditions = [condition for condition, _, _ in choices]
    kinds = np.select(conditions, [np.full(len(conditions[0]), kind, dtype="<U40") for _, kind, _ in choices], "")
    weights = np.select(conditions, [weight for _, _, weight in choices], 0.0)
    return Column(what, side, kinds, np.asarray(weights, np.float64))
