"""Bone names in canonical form: prefixes, namespaces, side markers, case and separators made alike."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast

_WORDS: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\d_a-zA-Z]+")
_SIDE_WORDS: Final = Path(__file__).parent / "profiles" / "_sides.json"
_SHARED_BY: Final = 0.8
_LONG: Final = 4
"""Letters of a side marker that is recognised at the start or end of a longer word: `leftarm`, but not `larm`."""
_NUMBER: Final = re.compile(r"_\d{2,}$")
_SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class CanonicalName:
    """Words run together in lower case, numbers without leading zeros, and the side apart: left, right or none."""

    base: str
    side: str


@cache
def canonical(name: str) -> CanonicalName:
    """`upper_arm.L`, `LeftUpperArm`, `ns:UpperArm_L` and `upperarm_l` become (upperarm, left)."""
    local = re.split(r"[:|]", unicodedata.normalize("NFKC", name))[-1]
    words = [part for word in _WORDS.findall(local) for part in _split(str(word).lower())]
    sides = [word for word in words if word in _side_words()]
    # A single marker names the side; in "l_clavicle_l" or "arm_l_r" the last one does.
    side = _side_words()[sides[-1]] if sides else ""
    rest = [str(int(word)) if word.isdecimal() else word for word in words if word not in _side_words()]
    return CanonicalName("".join(rest), side)


def side_of(name: str) -> str:
    """Left, right or nothing: what a bone's name says of its side."""
    return canonical(name).side


def spellings(names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Each name without its namespace, and without the prefix or suffix that most bones share: `Neo_`, `_jnt`."""
    local = {name: re.split(r"[:|]", name)[-1] for name in names}
    local = _without_running_numbers(local)
    prefix = _shared(tuple(local.values()), r"[^-_.\s]+[-_.\s]+")
    suffix = _shared(tuple(text[::-1] for text in local.values()), r"[^-_.\s]+[-_.\s]+")[::-1]
    return {
        name: tuple(dict.fromkeys((text, text.removeprefix(prefix).removesuffix(suffix) or text)))
        for name, text in local.items()
    }


def _without_running_numbers(names: dict[str, str]) -> dict[str, str]:
    """The names without the number, another for each bone, that some web viewers put behind them: `Hand_067`."""
    numbers = {name: match.group() for name, text in names.items() if (match := _NUMBER.search(text))}
    if len(numbers) < max(5.0, _SHARED_BY * len(names)) or len(set(numbers.values())) < _SHARED_BY * len(numbers):
        return names
    return {name: text.removesuffix(numbers.get(name, "")) for name, text in names.items()}


def _shared(texts: tuple[str, ...], pattern: str) -> str:
    """The beginning that most texts have in common, unless it marks a side."""
    heads = Counter(match.group() for text in texts if (match := re.match(pattern, text)))
    common = [head for head, count in heads.items() if len(texts) > 4 and count >= _SHARED_BY * len(texts)]
    return common[0] if common and common[0].strip("-_. ").lower() not in _side_words() else ""


@cache
def _side_words() -> dict[str, str]:
    content = cast(dict[str, list[str]], json.loads(_SIDE_WORDS.read_text(encoding="utf-8")))
    return {unicodedata.normalize("NFKC", word): side for side in _SIDES for word in content[side]}


@cache
def _split(word: str) -> tuple[str, ...]:
    """The side marker apart, where it is written in one with the rest: `leftarm`, `左腕`."""
    if word in _side_words():
        return (word,)
    for marker in _side_words():
        if len(marker) >= _LONG or not marker.isascii():
            if word.startswith(marker):
                return marker, word.removeprefix(marker)
            if word.endswith(marker):
                return word.removesuffix(marker), marker
    return (word,)
