"""How sure a joint is, in grades and in words; needs no numpy, so that panels may ask it."""

from __future__ import annotations

from typing import Final, Literal

SURE: Final = 0.7
"""From here on a joint can be taken as it is."""
UNSEEN: Final = 0.4
"""Below this a joint is as good as guessed."""

Grade = Literal["SURE", "DOUBTFUL", "UNSEEN"]


def grade_of(confidence: float) -> Grade:
    """The grade of a confidence in [0, 1]."""
    if confidence >= SURE:
        return "SURE"
    return "DOUBTFUL" if confidence >= UNSEEN else "UNSEEN"
