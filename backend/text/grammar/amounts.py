"""Numbers with a unit: `by 20 degrees`, `to a 90 degree angle`, `10 cm`, `45 degrees below horizontal`."""

from __future__ import annotations

from typing import Final

from .lexicon import LookedUp
from .phrases import Measure, Phrase

_BEFORE: Final = frozenset({
    "by", "to", "at", "of", "about", "around", "a", "an", "in", "through", "minus", "negative",
})  # fmt: skip
_BEHIND_LENGTHS: Final = frozenset({
    "apart", "wide", "above", "off", "high", "tall", "forward", "back", "up", "down", "to", "left", "right", "out",
    "higher", "lower", "from", "ahead", "backward", "sideways", "", ",", ".",
})  # fmt: skip
_LEVEL: Final = frozenset({"horizontal", "horizon", "level"})
_LEVEL_DEG: Final = 90.0
"""Of a level limb, from hanging down."""


def measure_at(looked: LookedUp, at: int, *, before: Phrase | None) -> Phrase | None:
    """The number with its unit that begins at a token; `before` is the phrase before it."""
    start, mode = at, ""
    while looked.word(at) in _BEFORE:
        mode = looked.word(at) if looked.word(at) in {"by", "to", "at"} else mode
        at += 1
        if at - start > 3:
            return None
    starts = before is None or before.kind in {"stop", "break", "with"}
    if starts and looked.word(at) == "one" and looked.word(at + 1) == "foot":
        return None  # `one foot off the floor`
    if at >= len(looked.tokens) or (value := looked.tokens[at].value) is None:
        return None
    if _is_plain_angle(looked, at, value=value, before=before):
        return Phrase("measure", start, at + 1, measure=Measure(value, "deg", mode))
    units = [(length, entry) for length, entry in looked.at(at + 1) if entry.category == "unit"]
    if not units or (looked.word(at + 1) in {"foot", "feet", "in", "m"} and looked.word(at + 2) not in _BEHIND_LENGTHS):
        return None
    end = at + 1 + units[0][0]
    end += looked.word(end) in {"angle", "angles", "bend"}
    value = -value if looked.word(at - 1) in {"minus", "negative"} and at > start else value
    if units[0][1].meaning == "deg" and (length := _from_level(looked, end)):
        value = _LEVEL_DEG + (value if looked.word(end) in {"above", "over"} else -value)
        end, mode = end + length, "to"
    return Phrase("measure", start, end, measure=Measure(value, units[0][1].meaning, mode))


def _from_level(looked: LookedUp, at: int) -> int:
    """How many tokens say `below the horizontal`."""
    words = [looked.word(each) for each in range(at, at + 4)]
    if words[0] not in {"above", "below", "over", "under", "beneath"}:
        return 0
    place = 1 + (words[1] in {"the", "a"})
    if words[place] in {"shoulder", "shoulders", "hip", "hips"}:
        return place + 1 + (looked.word(at + place + 1) in {"level", "height"})
    return place + 1 if words[place] in _LEVEL else 0


def _is_plain_angle(looked: LookedUp, at: int, *, value: float, before: Phrase | None) -> bool:
    """`knee bent 90`."""
    bends = before is not None and before.kind in {"verb", "state"} and before.meaning in {"bend", "turn", "twist"}
    return bends and value >= 10.0 and looked.word(at + 1) in {"", ",", ".", ";", "and", "with"}
