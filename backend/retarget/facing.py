"""Tells front from back of a body, found or given: by feet, knees, thumbs, elbows and the head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray, IntArray
from .character_frame import SIDES, MappedRig
from .limbs import BodyFrame, LimbPair
from .skeleton_tree import SkeletonTree
from .trunk import Trunk

_LEAST: Final = 0.25
"""Evidence below this is not worth a word."""
_POINTS_AT: Final = 0.9
"""Cosine between a bone and the line to the next joint."""
_ROW: Final = ("index", "middle", "ring", "pinky")
"""From the front to the back of a hand at rest, whether the arm is stretched or hangs."""


@dataclass(frozen=True)
class Front:
    """What the body's shape says of its front.

    Attributes:
        value: above 0 where the frame's forward is the body's front, below 0 where it is its back; certain from 1 on.
        words: the parts that say so, such as feet and knees.
        against: the parts that say the opposite.
        opposed: how much these count, 0 or more; it is taken off in `value`.
    """

    value: float
    words: tuple[str, ...] = ()
    against: tuple[str, ...] = ()
    opposed: float = 0.0

    @property
    def reason(self) -> str:
        """Which parts tell the front, in a few words."""
        reason = f"front by {', '.join(self.words)}" if self.words else "front unknown"
        return reason + (f", against {', '.join(self.against)}" if self.against else "")

    @classmethod
    def by(cls, clues: Mapping[str, float]) -> Front:
        """The sum of all clues, by the part that each comes from."""
        value = sum(clues.values())
        words = tuple(name for name, clue in clues.items() if abs(clue) > _LEAST and clue * value > 0.0)
        against = tuple(name for name, clue in clues.items() if abs(clue) > _LEAST and clue * value < 0.0)
        opposed = sum(abs(clue) for clue in clues.values() if clue * value < 0.0)
        return cls(value, words, against, opposed)

    @property
    def by_more_than_one(self) -> bool:
        """Whether the feet say it, or two other parts: hands may lie palm up, and knees be bent by mistake."""
        return "feet" in self.words or len(self.words) > 1


def front_evidence(
    tree: SkeletonTree, frame: BodyFrame, *, legs: LimbPair, arms: LimbPair, trunk: Trunk, named: float = 0.0
) -> Front:
    """What speaks for the frame's forward being the front; left is then where the frame says.

    `named` is how far the bones' names agree that left is there, -1 to 1.
    """
    heads = frame.local(tree.heads)
    ankles, hands = (legs.one[2], legs.two[2]), tuple((arm[1], arm[2]) for arm in arms.both)
    feet = [heads[foot] - heads[ankle] for (foot, _), ankle in zip(trunk.feet, ankles, strict=True) if foot is not None]
    shape = _clues(tree, frame, legs=heads[list(legs.both)], arms=heads[list(arms.both)], feet=feet, head=trunk.head)
    thumbs = 1.5 * _clear(_thumbs(tree, heads, hands), 0.012)
    heels = 0.8 * _clear(_soles(tree, ankles, frame), 0.6)
    return Front.by(shape | {"thumbs": thumbs, "heels": heels, "names": 2.0 * named})


def front_of_map(seen: MappedRig) -> Front:
    """What the shape of a mapped rig says of the front that its map makes: below 0, left and right look exchanged.

    Raises:
        RigError: an essential joint is not mapped, or the joints lie on top of each other.
    """
    axes = seen.frame.axes
    frame = BodyFrame(axes[:, 0], axes[:, 1], seen.frame.hips, seen.frame.leg_length)
    tree = SkeletonTree(seen.rig, seen.rig.heads.astype(np.float64))

    def limbs(start: str, middle: str) -> DoubleArray:
        ends = [
            (
                seen.needed_head(f"{side}_{start}"),
                seen.needed_head(f"{side}_{middle}"),
                seen.limb_end(f"{side}_{middle}"),
            )
            for side in SIDES
        ]
        return frame.local(np.array(ends))

    ends = [(seen.head(f"{side}_ankle"), seen.head(f"{side}_foot")) for side in SIDES]
    feet = [frame.local(toe) - frame.local(ankle) for ankle, toe in ends if ankle is not None and toe is not None]
    head = seen.bone_map.first("head")
    shape = _clues(
        tree,
        frame,
        legs=limbs("hip", "knee"),
        arms=limbs("shoulder", "elbow"),
        feet=feet,
        head=None if head is None else seen.rig.index[head],
    )
    ankles = tuple(seen.rig.index[bone] for side in SIDES if (bone := seen.bone_map.first(f"{side}_ankle")))
    heels = 0.8 * _clear(_soles(tree, ankles, frame), 0.6)
    return Front.by(shape | {"heels": heels, "fingers": 1.5 * _clear(_finger_row(seen, frame), 0.02)})


def _finger_row(seen: MappedRig, frame: BodyFrame) -> float:
    """How far the first finger's root lies before the last one's; the thumb counts where fewer than two others are."""
    found: list[float] = []
    for side in SIDES:
        roots = [head for finger in _ROW if (head := seen.head(f"{side}_{finger}1")) is not None]
        thumb = seen.head(f"{side}_thumb1")
        roots = [thumb, *roots] if thumb is not None and len(roots) < 2 else roots
        if len(roots) > 1:
            found.append(float((frame.local(roots[0]) - frame.local(roots[-1]))[2]))
    return float(np.mean(found)) if found else 0.0


def _clues(
    tree: SkeletonTree,
    frame: BodyFrame,
    *,
    legs: DoubleArray,
    arms: DoubleArray,
    feet: Sequence[DoubleArray],
    head: int | None,
) -> dict[str, float]:
    """From the joints of legs and arms (2, 3, 3), the feet from ankle to toes (3,), all in the frame, and the head."""
    ahead = float(np.mean([foot[2] for foot in feet])) if feet else 0.0
    return {
        "feet": 3.0 * _clear(ahead, 0.08),
        "knees": 0.8 * _clear(_bend(legs), 0.02),
        "elbows": -0.6 * _clear(_bend(arms), 0.02),
        "face": 0.5 * _clear(_face(tree, frame.local(tree.heads), head), 0.05),
    }


def _clear(value: float, scale: float) -> float:
    """-1 to 1: how clearly a length in leg lengths points forward."""
    return float(np.tanh(value / scale))


def _bend(limbs: DoubleArray) -> float:
    """How far the middle joints lie before the straight line from end to end, of joints (N, 3, 3)."""
    found: list[float] = []
    for start, middle, end in limbs:
        away = end - start
        share = float((middle - start) @ away / max(float(away @ away), 1e-9))
        found.append(float((middle - start - share * away)[2]))
    return float(np.mean(found))


def _thumbs(tree: SkeletonTree, heads: DoubleArray, hands: Sequence[tuple[int, int]]) -> float:
    """How far the shortest finger's root lies before the other fingers' roots: thumbs point to the front at rest."""
    found: list[float] = []
    for elbow, wrist in hands:
        along = heads[wrist] - heads[elbow]
        along = along / max(float(np.linalg.norm(along)), 1e-9)
        tips = [
            bone
            for bone in np.flatnonzero(tree.below[wrist] & tree.is_leaf)
            if (heads[bone] - heads[wrist]) @ along > 0.0
        ]
        if len(tips) < 2:
            continue
        reach = np.array([(heads[tip] - heads[wrist]) @ along for tip in tips])
        aside = np.array([heads[tip][2] - heads[wrist][2] - along[2] * r for tip, r in zip(tips, reach, strict=True)])
        rest = float(np.mean(np.delete(aside, int(np.argmin(reach)))))
        found.append(float(aside[int(np.argmin(reach))]) - rest)
    return float(np.mean(found)) if found else 0.0


def _soles(tree: SkeletonTree, ankles: Sequence[int], frame: BodyFrame) -> float:
    """Where the ankles' own bones point, if both feet agree and lie flat: their tails, which not every format keeps."""
    if len(ankles) < len(SIDES) or not all(_keeps_tails(tree, ankle) for ankle in ankles):
        return 0.0
    ways = [tree.rig.rest[ankle, :3, 1].astype(np.float64) for ankle in ankles]
    local = [np.array([way @ frame.across, way @ frame.up, way @ frame.forward]) for way in ways]
    mirrored = float(local[0] @ (local[1] * (-1.0, 1.0, 1.0)))
    flat = all(abs(way[2]) > 0.5 and way[1] < 0.2 for way in local)
    return float(local[0][2] + local[1][2]) / 2.0 if mirrored > 0.9 and flat else 0.0


def _keeps_tails(tree: SkeletonTree, ankle: int) -> bool:
    """Whether the bone before points at the ankle, as bones do in a rig whose tails mean something."""
    before = int(tree.rig.parents[ankle])
    if before < 0:
        return False
    way, length = tree.heads[ankle] - tree.heads[before], float(np.linalg.norm(tree.heads[ankle] - tree.heads[before]))
    along = float(tree.rig.rest[before, :3, 1].astype(np.float64) @ way)
    return length > tree.same_place and along > _POINTS_AT * length


def _face(tree: SkeletonTree, heads: DoubleArray, head: int | None) -> float:
    """How far what hangs on the head lies before it; hair behind it makes this weak."""
    if head is None:
        return 0.0
    under: IntArray = np.flatnonzero(tree.below[head])
    away = heads[under] - heads[head]
    near = np.linalg.norm(away, axis=1) < 0.3
    ahead: DoubleArray = away[near, 2]
    return float(ahead.mean()) if len(ahead) else 0.0
