"""Which joints make a human body, and which constraints take a bone out of the artist's hands."""

from __future__ import annotations

from typing import Final

ESSENTIAL: Final[tuple[str, ...]] = (
    "pelvis",
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "hip", "knee") for side in ("left", "right")),
)
"""Without these a rig is no human body."""

SOUGHT: Final[tuple[str, ...]] = (ESSENTIAL[0], "spine3", *ESSENTIAL[1:])
"""What nearly every human body has: `spine3` is filled whenever there is any bone of the spine."""

OVERRIDING: Final = frozenset(
    ("IK", "SPLINE_IK", "COPY_ROTATION", "COPY_TRANSFORMS", "TRACK_TO", "DAMPED_TRACK", "LOCKED_TRACK", "ARMATURE")
)
"""Constraints that turn a bone away from what its channels say."""

DISPLACING: Final = OVERRIDING | {"STRETCH_TO", "COPY_LOCATION", "PIVOT"}
"""Constraints that turn or move a bone away from what its channels say, so that a pose may not show."""
