"""Counts how many joints of a bone map are those that the rig's own names say; for tests and benchmarks alike.

Takes bone maps of whichever name the package has in its process.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tally:
    """Joints of the body that are mapped right, asked about, mapped wrong, and of these to the other side."""

    right: int = 0
    unsure: int = 0
    wrong: int = 0
    other_side: int = 0

    @property
    def counted(self) -> int:
        """All joints that the rig's own names tell."""
        return self.right + self.unsure + self.wrong

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.right + other.right,
            self.unsure + other.unsure,
            self.wrong + other.wrong,
            self.other_side + other.other_side,
        )


def tally_of(truth: Any, found: Any, was: Mapping[str, str], *, joints: Container[str], sure: float) -> Tally:
    """Compare a map that was found without names with the map by names.

    Args:
        truth: the bone map by names.
        found: the bone map of the same rig after its bones were renamed.
        was: from the new name of each bone to its own.
        joints: which joints count, of those that the names tell.
        sure: the score from which a joint is not asked about.
    """
    right = unsure = wrong = other_side = 0
    for joint in truth.joints:
        if joint not in joints:
            continue
        match = found.joints.get(joint)
        if match is None or match.score < sure:
            unsure += 1
            continue
        bone = was[match.bones[0]]
        if _is_same(truth, joint, bone):
            right += 1
        else:
            wrong += 1
            other_side += _is_on_other_side(truth, joint, bone)
    return Tally(right, unsure, wrong, other_side)


def _is_same(truth: Any, joint: str, bone: str) -> bool:
    """Whether the bone is the joint's first, or one of the middle's, where chains may be cut elsewhere."""
    bones = truth.joints[joint].bones
    return bone in (bones if joint.startswith(("spine", "neck")) else bones[:1])


def _is_on_other_side(truth: Any, joint: str, bone: str) -> bool:
    other = {"left": "right_", "right": "left_"}.get(joint.partition("_")[0])
    return other is not None and any(bone in m.bones for name, m in truth.joints.items() if name.startswith(other))
