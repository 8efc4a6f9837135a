"""Describes poses in plain English, for the artist and for the training of the generator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

import numpy as np

from ..arrays import AnyFloatArray
from .caption_words import Wording, wordings
from .codes import Code
from .exact_words import statements

_Said = TypeVar("_Said")
_MOST: Final = 8
_MOST_SAID: Final = 11
_LEAST_WEIGHT: Final = 0.65
"""Codes below it are trivial: a caption leaves them out unless it would say next to nothing."""
_FEW: Final = 3


def describe(rotations: AnyFloatArray, *, rng: np.random.Generator | None = None) -> str:
    """What can be seen of a pose, in a few sentences: what carries the body, trunk, head, arms and legs.

    The pose language understands it as it is (`exact_words.py`).

    Args:
        rotations: (24, 3) axis-angle in radians, parent-relative, the root in an upright world.
        rng: varies choice and wording; without one the same pose always gives the same text.
    """
    found = statements(rotations)
    chosen = _telling(found, [each.weight for each in found], rng=rng, most=_MOST_SAID)
    said = [_one_of(each.wordings(), rng) for each in chosen]
    if not said:
        return "Nothing about this pose can be put into words."
    return " ".join(f"{each[0].upper()}{each[1:]}." for each in _sentences(said, rng))


def _telling(
    found: Sequence[_Said], weights: Sequence[float], *, rng: np.random.Generator | None, most: int
) -> list[_Said]:
    """Those with the largest weights, in their order; with `rng` the weights are shaken first."""
    shaken = [weight * (1.0 if rng is None else rng.uniform(0.6, 1.4)) for weight in weights]
    ranked = sorted(range(len(found)), key=lambda position: -shaken[position])
    kept = [position for position in ranked if shaken[position] >= _LEAST_WEIGHT]
    kept = (kept if len(kept) >= _FEW else ranked[:_FEW])[:most]
    return [found[position] for position in sorted(kept)]


def chosen_codes(codes: Sequence[Code], *, rng: np.random.Generator | None = None, most: int = _MOST) -> list[Code]:
    """The telling ones, in their order; with `rng` some of the less telling are left out and some trivial ones kept."""
    left = _without_doubles(codes)
    weights = [9.0 if code.what == "support" else code.weight for code in left]
    return _telling(left, weights, rng=rng, most=most)


def _without_doubles(codes: Sequence[Code]) -> list[Code]:
    """Without codes that say what another says already."""
    there = {(code.what, code.value) for code in codes}
    support = next((code.value for code in codes if code.what == "support"), "")
    on_ground = support not in _ON_FEET
    touched = {side for code in codes if code.what == "touch" for side in _sides(code)}
    raised = {side for code in codes if code.what == "hand" for side in _sides(code)}
    folded = ("hands", "arms crossed") in there
    dropped: list[Code] = []
    for code in codes:
        sides = _sides(code)
        if (
            (code.what == "hand" and sides <= touched)
            or (code.what == "higher" and sides & (raised | touched))
            or (folded and code.what in {"touch", "hand", "forearm", "elbow"})
            or (
                on_ground
                and code.what in {"foot raised", "foot ahead", "feet", "leg", "thigh", "knee"}
                and support in _LEGS_KNOWN
            )
            or (code.what == "foot raised" and support in {"left_leg", "right_leg"})
            or (code.what in {"lean", "side"} and support in _LEANING)
            or (code.what == "foot ahead" and support.startswith("lunge"))
        ):
            dropped.append(code)
    return [code for code in codes if code not in dropped]


_ON_FEET: Final = {"standing", "left_leg", "right_leg", "tiptoe", "bent_over", "lunge_left", "lunge_right", ""}
_LEGS_KNOWN: Final = {
    "squatting", "kneeling", "kneeling_left", "kneeling_right", "sitting", "sitting_cross_legged", "sitting_heels",
    "all_fours",
}  # fmt: skip
_LEANING: Final = {"all_fours", "plank", "handstand", "bent_over"}


def _sides(code: Code) -> frozenset[str]:
    return frozenset({"left", "right"} if code.side == "both" else {code.side})


def _one_of(choices: Sequence[Wording], rng: np.random.Generator | None) -> Wording:
    return choices[0] if rng is None else choices[int(rng.integers(len(choices)))]


def _sentences(said: Sequence[Wording], rng: np.random.Generator | None) -> list[str]:
    """Two statements share a sentence, and a subject if they have the same one."""
    found: list[str] = []
    left = list(said)
    while left:
        first = left.pop(0)
        if not first.subject:
            found.append(first.said if rng is None or rng.random() < 0.5 else f"{_subject(rng)} is {first.said}")
        elif left and left[0].subject and (rng is None or left[0].subject == first.subject or rng.random() < 0.6):
            found.append(_joined(first, left.pop(0), rng))
        else:
            found.append(first.sentence())
    return found


def _joined(first: Wording, second: Wording, rng: np.random.Generator | None) -> str:
    if first.subject == second.subject:
        return f"{first.sentence()} and {second.said}"
    if rng is None or rng.random() < 0.7:
        return f"{first.sentence()} and {second.sentence()}"
    return f"{first.sentence()}, while {second.sentence()}"


def _subject(rng: np.random.Generator) -> str:
    return ("the person", "the figure", "the body", "someone", "the character")[int(rng.integers(5))]


def clauses(codes: Sequence[Code], *, rng: np.random.Generator, most: int = _MOST) -> list[str]:
    """Some of a pose's codes, each as a clause of its own in varied wording: what the generator learns from."""
    found: list[str] = []
    for code in chosen_codes(codes, rng=rng, most=most):
        wording = _one_of(wordings(code), rng)
        found.append(wording.sentence() if rng.random() < 0.5 else wording.fragment())
    return found
