"""Where on the body a hand rests, read from a pose."""

from __future__ import annotations

from typing import Final

import numpy as np

from .codes import Column, Side
from .measures import Body
from .spots import SPOT_INDEX

_NEAR: Final = {
    "hip": 0.12, "waist": 0.10, "head_top": 0.13, "head_back": 0.12, "forehead": 0.10, "cheek": 0.10, "ear": 0.10,
    "chin": 0.09, "mouth": 0.08, "throat": 0.09, "nape": 0.10, "chest": 0.11, "belly": 0.11, "lower_back": 0.12,
    "bottom": 0.11, "shoulder": 0.11, "upper_arm": 0.10, "elbow": 0.10, "forearm": 0.10, "thigh": 0.10, "knee": 0.12,
    "shin": 0.10, "ankle": 0.12, "foot": 0.12,
}  # fmt: skip
"""Metres from a hand to a place at which it is said to be on it."""
_OTHER_ARM: Final = {"upper_arm", "elbow", "forearm"}
"""What a hand reaches on the other arm alone."""
_FINGERS_M: Final = 0.02
"""So much nearer than the palm the fingers must be to count."""
_WEIGHT: Final = 2.0


def touches(body: Body, side: Side) -> Column:
    """The place that a hand is nearest to, measured by what is near there, if it is near enough."""
    names = _places(side)
    limits = np.array([_NEAR[name.removeprefix("left_").removeprefix("right_")] for name in names])
    places = body.spots[:, [SPOT_INDEX[name] for name in names]]
    palm = np.linalg.norm(places - body.spot(f"{side}_hand")[:, None], axis=2)
    fingers = np.linalg.norm(places - body.spot(f"{side}_fingers")[:, None], axis=2)
    share = np.minimum(palm, fingers + _FINGERS_M) / limits
    kind = np.array(names, dtype="<U40")[share.argmin(1)]
    return Column("touch", side, np.where(share.min(1) < 1.0, kind, ""), np.full(len(palm), _WEIGHT))


def _places(side: Side) -> list[str]:
    """Names of spots: those in the middle, those of both sides, and of the other arm."""
    other = "right" if side == "left" else "left"
    found: list[str] = []
    for place in _NEAR:
        if place in SPOT_INDEX:
            found.append(place)
        elif place in _OTHER_ARM:
            found.append(f"{other}_{place}")
        else:
            found += [f"{side}_{place}", f"{other}_{place}"]
    return found
