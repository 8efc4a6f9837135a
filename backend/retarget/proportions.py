"""Tells birds, which stand on two legs as well, from humans: by proportions that no human has."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from .character_frame import SIDES, MappedRig

_BROAD_HIPS: Final = 1.2
"""Distance of the hip joints over that of the shoulders; at most 0.9 in the human rigs measured."""
_LONG_NECK: Final = 0.8
"""From the shoulders to the head's joint, over the trunk's length; at most 0.5 in the human rigs measured."""


def is_like_a_bird(seen: MappedRig) -> bool:
    """Whether the hips are broader than the shoulders and the neck is as long as the trunk, whatever the rest pose.

    Either of them alone is a style.

    Raises:
        RigError: an essential joint is not mapped.
    """
    hips, shoulders, head = _pair(seen, "hip"), _pair(seen, "shoulder"), seen.head("head")
    if head is None or _apart(hips) <= _BROAD_HIPS * _apart(shoulders):
        return False
    chest = shoulders.mean(axis=0)
    trunk = float(np.linalg.norm(chest - hips.mean(axis=0)))
    return float(np.linalg.norm(head - chest)) > _LONG_NECK * trunk


def _pair(seen: MappedRig, part: str) -> DoubleArray:
    """(2, 3) rest positions of a joint on both sides."""
    return np.array([seen.needed_head(f"{side}_{part}") for side in SIDES])


def _apart(pair: DoubleArray) -> float:
    return float(np.linalg.norm(pair[0] - pair[1]))
