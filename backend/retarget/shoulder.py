"""Which of several bones in one line starts the arm: those before it are collars, those after it only twist."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..rotations import normalized
from .limbs import BodyFrame, LimbPair
from .skeleton_tree import SkeletonTree

_STRAIGHT: Final = np.cos(np.radians(25.0))
_A_GUESS: Final = 0.05
"""Margin of a choice that nothing decides."""
_AT_ELBOW: Final = 0.01
"""Share of the rig's extent within which a tail ends at the elbow."""


def with_shoulders(tree: SkeletonTree, frame: BodyFrame, arms: LimbPair) -> LimbPair:
    """The arms, each from its shoulder on where the shape tells it; where it does not, the start is a guess."""
    limbs: list[tuple[int, int, int]] = []
    margins = arms.margins.copy()
    for side, (start, elbow, wrist) in enumerate(arms.both):
        found, sure = _start(tree, frame, (start, elbow, wrist))
        limbs.append((found, elbow, wrist))
        if not sure:
            margins[side, 0] = min(float(margins[side, 0]), _A_GUESS)
        elif found != start:
            margins[side, 0] = np.inf
    return replace(arms, one=limbs[0], two=limbs[1], margins=margins)


def _start(tree: SkeletonTree, frame: BodyFrame, limb: tuple[int, int, int]) -> tuple[int, bool]:
    """The bone that starts the arm, and whether that is sure."""
    start, elbow, wrist = limb
    above = int(tree.rig.parents[start])
    if not _in_line(tree, frame, above=above, below=start, elbow=elbow):
        return start, True
    if _reaches(tree, above, elbow):  # past the bone between, which then only twists
        return above, True
    upper, lower = tree.steps(start, elbow), tree.steps(elbow, wrist)
    # A maker who splits the forearm by a bone that twists splits the upper arm as well, and into as many parts.
    return start, upper == lower > 1


def _in_line(tree: SkeletonTree, frame: BodyFrame, *, above: int, below: int, elbow: int) -> bool:
    """Whether the bone above the start, itself below a collar, points along the arm: then either may start it."""
    over = int(tree.rig.parents[above]) if above >= 0 else -1
    if over < 0:
        return False
    heads = frame.local(tree.heads[[over, above, below, elbow]])
    size = np.sqrt(max(float(heads[2, 1]), 0.0))
    aside = abs(float(heads[1, 0])) > 0.08 * size and abs(float(heads[0, 0])) > 0.01 * size
    return bool(aside and normalized(heads[2] - heads[1]) @ normalized(heads[3] - heads[2]) > _STRAIGHT)


def _reaches(tree: SkeletonTree, bone: int, elbow: int) -> bool:
    """Whether the bone ends at the elbow, in a pose in which tails can be read."""
    tail = tree.tails[bone]
    return bool(np.linalg.norm(tail - tree.heads[elbow]) < _AT_ELBOW * tree.extent)
