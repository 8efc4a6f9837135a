"""Names of places, limbs and joints put together from a side and a part, as the pose language types them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, cast, get_args

from ..language import Direction, Joint, Limb, Relation, Side, Spot, Swung
from ..spots import SPOT_INDEX

_SPOTS: Final = frozenset(get_args(Spot))


def other_of(side: Side) -> Side:
    """Right of left."""
    return "right" if side == "left" else "left"


def is_spot(name: str) -> bool:
    """Whether the language has such a place."""
    return name in _SPOTS


def spot(part: str, side: str | None = None) -> Spot:
    """`left_hand` of a hand and a side; what is in the middle has none, and what has two sides is the right without."""
    name = f"{side}_{part}" if side else part
    return cast(Spot, name if name in SPOT_INDEX or f"right_{part}" not in SPOT_INDEX else f"right_{part}")


def joint(part: str, side: Side) -> Joint:
    """`left_elbow`."""
    return cast(Joint, f"{side}_{part}")


def limb(part: str, side: Side) -> Limb:
    """`left_forearm`."""
    return cast(Limb, f"{side}_{part}")


def swung_limb(part: str, side: Side) -> Swung:
    """`left_arm`."""
    return cast(Swung, f"{side}_{part}")


def side_relation(side: Side) -> Relation:
    """`left_of` or `right_of`."""
    return "left_of" if side == "left" else "right_of"


def directions(words: Iterable[str]) -> tuple[Direction, ...]:
    """Directions as the language types them."""
    return tuple(cast(Direction, word) for word in words)
