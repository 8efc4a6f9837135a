"""What kinds of verbs there are: whose object moves, whose object is a place, and what the whole body does."""

from __future__ import annotations

from typing import Final

PATIENT: Final = frozenset({
    "raise", "lower", "bend", "straighten", "stretch", "cross", "fold", "clasp", "spread", "open", "close", "turn",
    "twist", "tilt", "put", "move", "swing", "hang", "keep", "tuck", "point", "lean", "arch", "hunch", "shrug",
    "mirror", "make", "look", "nod", "bow", "copy", "reach", "brace", "balance",
})  # fmt: skip
"""Verbs whose object is the part that moves."""
TARGET: Final = frozenset({"touch", "hold", "hug", "cover", "support"})
"""Verbs whose object is where the hands, or the subject, go."""
HELD_SOMEWHERE: Final = frozenset({"arm", "leg", "head", "hand", "torso", "chin"})
"""Parts that one holds up or out; others are held on to."""
BODY: Final = frozenset({
    "stand", "sit", "kneel", "lie", "squat", "lunge", "step", "balance", "jump", "look", "bow", "nod", "hunch", "face",
    "all_fours", "one_knee", "cross_legged", "tiptoe", "on_heels", "airborne", "upside_down", "supine", "prone",
    "mirror",
})  # fmt: skip
"""What is said of the whole body, whatever limb was spoken of before."""
WHOLE: Final = frozenset({"look", "stand", "sit", "kneel", "lie", "squat", "lunge"})
"""What the body does, also without a comma, once something was said of a limb: `arms up looking at the sky`."""
LIGHT: Final = frozenset({"keep", "hold", "hang", "put", "make", "be", "balance"})
"""Verbs that add nothing to the one behind them: `held up straight`, `kept bent`."""
GO_TOGETHER: Final = frozenset({("move", "together"), ("move", "spread"), ("move", "cross"), ("spread", "spread")})
"""Verbs whose state behind them is what they come to: `bring together`, `spread wide apart`."""
INSTRUMENT: Final = frozenset(
    {
        "touch", "hold", "hug", "cover", "support", "point", "reach", "step", "lunge", "put", "raise", "swing",
        "stretch", "pose",
    }
)  # fmt: skip
LEG_SWUNG: Final = frozenset({"raise", "swing"})
"""Verbs that, of no part, are done with a leg: `kick backwards with the right leg`."""
PURPOSE: Final = ("word", "pose", "person", "filler", "place")
"""What stands behind a hand that reaches for something."""
