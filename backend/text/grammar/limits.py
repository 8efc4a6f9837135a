"""How far what words ask for can go, what `a little` and `far` mean in degrees, and how high parts of the body are.

Ranges are those of `refine/joint_limits.py`, summed over the joints that share a turn and rounded inwards; heights are
those of the neutral adult of `skeleton.py` who stands upright.
"""

from __future__ import annotations

import math
from typing import Final

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "elbow": (0.0, 150.0), "knee": (0.0, 155.0), "wrist": (-80.0, 80.0), "ankle": (-45.0, 55.0),
    "arm forward": (0.0, 180.0), "arm out": (0.0, 180.0), "arm back": (0.0, 60.0), "arm across": (0.0, 60.0),
    "leg forward": (0.0, 130.0), "leg out": (0.0, 80.0), "leg back": (0.0, 45.0), "leg across": (0.0, 30.0),
    "lean forward": (-50.0, 120.0), "lean left": (-60.0, 60.0), "twist": (-70.0, 70.0),
    "head turn": (-80.0, 80.0), "head tilt": (-45.0, 45.0), "head nod": (-65.0, 60.0),
    "seat": (0.1, 1.2), "apart": (0.0, 1.3), "change": (0.0, 180.0),
}  # fmt: skip
"""Least and most: degrees, the seat and the distance of feet in metres."""

STEPS: Final[dict[str, tuple[float, float, float, float]]] = {
    "elbow": (30.0, 90.0, 120.0, 145.0), "knee": (30.0, 90.0, 120.0, 145.0), "wrist": (20.0, 45.0, 60.0, 75.0),
    "ankle": (10.0, 25.0, 40.0, 50.0),
    "arm raise": (35.0, 90.0, 150.0, 175.0), "thigh": (35.0, 90.0, 115.0, 125.0),
    "leg forward": (25.0, 60.0, 90.0, 110.0), "leg out": (20.0, 40.0, 60.0, 75.0),
    "leg back": (12.0, 30.0, 40.0, 45.0), "leg across": (10.0, 20.0, 25.0, 30.0),
    "lean forward": (15.0, 30.0, 50.0, 70.0), "bow": (25.0, 60.0, 85.0, 100.0), "lean back": (12.0, 22.0, 35.0, 45.0),
    "lean left": (10.0, 22.0, 35.0, 45.0), "twist": (15.0, 35.0, 50.0, 65.0), "arch": (12.0, 22.0, 35.0, 45.0),
    "head turn": (20.0, 45.0, 65.0, 78.0), "head tilt": (12.0, 25.0, 35.0, 42.0), "head down": (15.0, 32.0, 45.0, 55.0),
    "head up": (15.0, 32.0, 45.0, 60.0), "face": (25.0, 90.0, 90.0, 180.0),
}  # fmt: skip
"""Degrees of a little, some, much and fully."""

HEIGHTS: Final[dict[str, float]] = {
    "shoulder": 1.42, "armpit": 1.32, "chest": 1.36, "heart": 1.36, "upper_back": 1.36, "belly": 1.10,
    "lower_back": 1.08, "torso": 1.2, "waist": 1.10, "hip": 0.99, "pelvis": 0.97, "bottom": 0.90, "buttock": 0.90,
    "crotch": 0.87, "thigh": 0.70, "knee": 0.49, "shin": 0.30, "calf": 0.33, "ankle": 0.08, "elbow": 1.10, "neck": 1.48,
    "throat": 1.51, "chin": 1.51, "mouth": 1.56, "nose": 1.60, "cheek": 1.57, "ear": 1.60, "eye": 1.62, "face": 1.60,
    "temple": 1.64, "forehead": 1.67, "head": 1.66, "head_top": 1.73, "hand": 0.8, "foot": 0.05, "toes": 0.02,
    "heel": 0.03,
}  # fmt: skip
"""Metres above the ground."""
SHOULDER_M: Final = 1.42
HIP_M: Final = 0.91
ARM_M: Final = 0.645
"""From the shoulder to the palm."""
UPPER_ARM_M: Final = 0.316
LEG_M: Final = 0.834
THIGH_M: Final = 0.4165

SEATS: Final[dict[str, float]] = {
    "chair": 0.46, "stool": 0.5, "bench": 0.45, "sofa": 0.42, "bed": 0.5, "bar stool": 0.75, "table": 0.74, "step": 0.2,
}  # fmt: skip
"""Metres, usual furniture."""

APART: Final[dict[str, tuple[float, float]]] = {
    "together": (0.0, 0.14), "hip": (0.18, 0.28), "shoulder": (0.34, 0.46), "a_little": (0.22, 0.36),
    "some": (0.42, 0.7), "much": (0.75, 1.05), "fully": (0.95, 1.3),
}  # fmt: skip
"""Metres between the ankles: least and most."""


def steps(name: str, amount: str) -> float:
    """Degrees of an amount; `some` where it is empty."""
    little, some, much, fully = STEPS[name]
    return {
        "a_little": little, "some": some, "much": much, "fully": fully, "half": 0.5 * fully, "almost": 0.85 * fully,
    }.get(amount, some)  # fmt: skip


def swing_to(height: float, *, pivot: float, length: float) -> float:
    """Degrees from hanging down at which a straight limb of `length` ends at a height; all in metres."""
    return math.degrees(math.acos(min(1.0, max(-1.0, (pivot - height) / length))))
