"""Lengths of edits as what joints can do: how far a limb swings for them, and how far a hand or a foot reaches."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..skeleton import JOINT_INDEX
from .measures import Body

_ENDS: Final = {
    "arm": ("shoulder", "wrist"), "forearm": ("elbow", "wrist"), "elbow": ("shoulder", "elbow"),
    "leg": ("hip", "ankle"), "shin": ("knee", "ankle"), "knee": ("hip", "knee"),
}  # fmt: skip
_ALMOST_STRAIGHT: Final = 0.985
"""Share of a limb's whole length to which it is stretched at most."""
_ALONG: Final = 0.97
"""Share of what it is stretched to that it goes one way: for the rest of it, it would swing far aside."""


def length_of(current: Body, name: str, side: str) -> float:
    """Metres from where a limb turns to its end as it is bent now, of `arm`, `forearm`, `elbow`, `leg` ..."""
    start, end = (current.joints[0, JOINT_INDEX[f"{side}_{joint}"]] for joint in _ENDS[name])
    return float(np.linalg.norm(end - start))


def swing_degrees(now: DoubleArray, way: DoubleArray, share: float) -> tuple[float, float]:
    """How far a limb turns so that its end moves along a way.

    Args:
        now: (3,) unit vector along the limb.
        way: (3,) unit vector.
        share: how far its end is to move along `way`, as a share of the limb's length.

    Returns:
        Degrees, and the share that is not reached once it points along `way`.
    """
    before = float(np.clip(now @ way, -1.0, 1.0))
    after = float(np.clip(before + share, -1.0, 1.0))
    return float(np.degrees(np.arccos(before) - np.arccos(after))), before + share - after


def within_reach(
    current: Body, goal: DoubleArray, *, way: DoubleArray, limb: tuple[str, str, str], base: str
) -> DoubleArray:
    """A goal (3,) for the end of a limb, brought so near to its root that the limb reaches it.

    What it is to move along `way` is kept as far as it goes; it gives way across.

    Args:
        current: one pose.
        goal: in the body frame, from `base`.
        way: (3,) unit vector.
        limb: the joints at its root, in its middle and at its end.
        base: a place of the body.
    """
    start, bend, last = (current.joints[0, JOINT_INDEX[joint]] for joint in limb)
    longest = _ALMOST_STRAIGHT * float(np.linalg.norm(bend - start) + np.linalg.norm(last - bend))
    longest = max(longest, float(np.linalg.norm(last - start)))
    centre = current.frame[0] @ (start - current.spot(base)[0])
    asked = goal - centre
    if float(np.linalg.norm(asked)) <= longest:
        return goal
    most = max(_ALONG * longest, abs(float((current.frame[0] @ (last - start)) @ way)))
    along = float(np.clip(asked @ way, -most, most))
    across = asked - (asked @ way) * way
    room = np.sqrt(longest**2 - along**2) / max(float(np.linalg.norm(across)), 1e-9)
    return centre + along * way + min(1.0, room) * across
