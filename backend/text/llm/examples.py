"""Sentences and what they mean, for the system prompt: written as `Program`s, so they are always of the language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..language import (
    Bend,
    Change,
    Face,
    Ground,
    Head,
    Mirror,
    Palm,
    Place,
    Point,
    Program,
    Raise,
    Support,
    Touch,
    Trunk,
)


@dataclass(frozen=True)
class Example:
    """One exchange.

    Attributes:
        sentence: what the artist wrote.
        program: what should be answered.
    """

    sentence: str
    program: Program


EXAMPLES: Final = (
    Example(
        "Kneeling on the left knee, right hand on the heart, looking up.",
        Program((Support("kneeling_left"), Touch("right_hand", "heart"), Head(down=-30.0))),
    ),
    Example(
        "Boxer in guard",
        Program(
            (
                Support("standing"), Bend("left_elbow", 110.0), Bend("right_elbow", 120.0),
                Place("left_hand", "level", "chin"), Place("left_hand", "ahead", "chin", 0.2),
                Place("right_hand", "level", "chin"), Place("right_hand", "ahead", "chin", 0.1),
                Place("left_foot", "ahead", "right_foot", 0.25), Bend("left_knee", 25.0), Bend("right_knee", 25.0),
                Trunk(forward=10.0), Head(down=10.0),
            ),
            style="a boxer in guard",
        ),
    ),
    Example(
        "T-pose with the palms forward, seen from behind",
        Program(
            (
                Support("standing"), Face(180.0), Raise("left_arm", "out", 90.0), Raise("right_arm", "out", 90.0),
                Palm("left", ("forward",)), Palm("right", ("forward",)),
            ),
        ),
    ),
    Example("Ein müder alter Mann", Program((Support("standing"),), style="a tired old man")),
    Example(
        "Sitzt auf einem Stuhl, das linke Bein ausgestreckt, Ferse am Boden",
        Program(
            (Support("sitting", 0.45), Bend("left_knee", 5.0), Point("left_leg", ("forward",)), Ground("left_heel")),
        ),
    ),
)  # fmt: skip
"""A new pose each."""

EDITS: Final = (
    Example(
        "Bend the left elbow a bit more and lower the other arm by 20 degrees",
        Program((Change("bend", "left_elbow", "a_little"), Change("lower", "right_arm", degrees=20.0)), edit=True),
    ),
    Example("Mirror it", Program((Mirror(),), edit=True)),
)
"""A changed pose each."""
