"""Bone names in canonical form: prefixes, namespaces, side markers, case and separators made alike."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_SIDES: Final = {"l": "left", "left": "left", "r": "right", "right": "right"}
_SHARED_BY: Final = 0.8


@dataclass(frozen=True)
class CanonicalName:
    """Words run together in lower case, numbers without leading zeros, and the side apart: left, right or none."""

    base: str
    side: str


def canonical(name: str) -> CanonicalName:
    """`upper_arm.L`, `LeftUpperArm`, `ns:UpperArm_L` and `upperarm_l` become (upperarm, left)."""
    local = re.split(r"[:|]", name)[-1]
    words = [word.lower() for word in _WORDS.findall(local)]
    sides = [word for word in words if word in _SIDES]
    # A single marker names the side; in "l_clavicle_l" or "arm_l_r" the last one does.
    side = _SIDES[sides[-1]] if sides else ""
    rest = [str(int(word)) if word.isdecimal() else word for word in words if word not in _SIDES]
    return CanonicalName("".join(rest), side)


def without_shared_prefix(names: tuple[str, ...]) -> dict[str, str]:
    """Each name without its namespace and without a prefix such as `Neo_` that most bones share."""
    local = {name: re.split(r"[:|]", name)[-1] for name in names}
    heads = Counter(match.group() for text in local.values() if (match := re.match(r"[^_.\s]+[_.\s]+", text)))
    common = [head for head, count in heads.items() if len(names) > 4 and count >= _SHARED_BY * len(names)]
    if not common or common[0].strip("_. ").lower() in _SIDES:
        return local
    return {name: text.removeprefix(common[0]) or text for name, text in local.items()}
