"""Finds the fingers of a hand by shape: four or five chains side by side; the one that stands off is the thumb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..rotations import normalized
from .skeleton_tree import SkeletonTree

_PHALANGES: Final = 3
_NAMES: Final = {5: ("thumb", "index", "middle", "ring", "pinky"), 4: ("thumb", "index", "middle", "pinky")}
"""From the thumb on; a hand of three fingers has no ring finger."""
_LONGEST: Final = 1.7
"""Reach of a finger from the wrist in lengths of the forearm; what is longer is held in the hand."""
_SHORTEST: Final = 0.15
_BENT: Final = np.cos(np.radians(75.0))
_CLEAR: Final = 1.25
"""How much more than any finger the thumb must stand off."""


@dataclass(frozen=True)
class Chain:
    """The bones of one finger from the palm outwards, in different places.

    Attributes:
        bones: from the knuckle or the palm to the tip.
        heads: (N, 3).
        steps: (N,) how far each is from the one before, the first from the wrist.
    """

    bones: tuple[int, ...]
    heads: DoubleArray
    steps: DoubleArray

    @property
    def has_palm(self) -> bool:
        """Whether the first bone lies in the palm: nearer to the wrist than the next is to it."""
        return len(self.bones) > _PHALANGES and bool(self.steps[0] < self.steps[1])

    @property
    def knuckle(self) -> DoubleArray:
        """(3,) where the finger leaves the palm."""
        return self.heads[int(self.has_palm)]


def finger_chains(tree: SkeletonTree, arm: tuple[int, int, int]) -> list[Chain]:
    """The chains of two bones or more that lead from the wrist outwards as fingers do."""
    _, elbow, wrist = arm
    forearm = float(np.linalg.norm(tree.heads[wrist] - tree.heads[elbow]))
    under = np.flatnonzero(tree.below[wrist])
    shared = [int(bone) for bone in under if tree.fans[bone] > 1]
    found: list[Chain] = []
    for tip in under[tree.is_leaf[under]]:
        above = [bone for bone in shared if bone == tip or tree.below[bone, tip]]
        chain = _chain(tree, above[-1] if above else wrist, int(tip), wrist=wrist)
        if chain is not None and _is_finger(tree, chain, wrist=wrist, forearm=forearm):
            found.append(chain)
    return found


def _chain(tree: SkeletonTree, after: int, tip: int, *, wrist: int) -> Chain | None:
    """The bones below `after` down to a tip; of those in one place the lowest."""
    bones: list[int] = []
    at = tree.heads[wrist]
    for bone in (*tree.between(after, tip), tip):
        step = float(np.linalg.norm(tree.heads[bone] - at))
        if bones and step <= tree.same_place:
            bones[-1] = bone
        else:
            bones.append(bone)
        at = tree.heads[bone]
    if len(bones) < 2:
        return None
    heads = tree.heads[bones]
    steps = np.linalg.norm(np.diff(heads, axis=0, prepend=tree.heads[[wrist]]), axis=1)
    return Chain(tuple(bones), heads, steps)


def _is_finger(tree: SkeletonTree, chain: Chain, *, wrist: int, forearm: float) -> bool:
    reach = float(np.linalg.norm(chain.heads[-1] - tree.heads[wrist]))
    if not _SHORTEST * forearm < reach < _LONGEST * forearm or len(chain.bones) > _PHALANGES + 2:
        return False
    ways = normalized(np.diff(chain.heads, axis=0))
    return bool((np.sum(ways[1:] * ways[:-1], axis=1) > _BENT).all())


def have_end_bones(chains: list[Chain]) -> bool | None:
    """Whether the fingers end in bones that move nothing; None where there are too few to tell."""
    if len(chains) < 4:
        return None
    counts = [len(chain.bones) - chain.has_palm for chain in chains]
    return bool(np.median(counts) > _PHALANGES)


def fingers(tree: SkeletonTree, arm: tuple[int, int, int]) -> dict[str, int]:
    """Finger joint, such as index1, to bone; nothing where the hand has not four or five clear fingers."""
    chains = finger_chains(tree, arm)
    names = _NAMES.get(len(chains))
    order = _from_thumb(tree, chains, wrist=arm[2]) if names else None
    if names is None or order is None:
        return {}
    ends = have_end_bones(chains)
    joints: dict[str, int] = {}
    for name, chain in zip(names, order, strict=True):
        bones = chain.bones[int(chain.has_palm and name != "thumb") :]
        if ends and len(bones) <= _PHALANGES:
            bones = bones[:-1]
        joints |= {f"{name}{number + 1}": bone for number, bone in enumerate(bones[:_PHALANGES])}
    return joints


def _from_thumb(tree: SkeletonTree, chains: list[Chain], *, wrist: int) -> list[Chain] | None:
    """The chains in order across the palm, the thumb first; None where none of them is clearly the thumb."""
    knuckles: DoubleArray = np.array([chain.knuckle for chain in chains])
    near: DoubleArray = np.linalg.norm(knuckles - tree.heads[wrist], axis=1)
    ways: DoubleArray = normalized(np.array([chain.heads[-1] for chain in chains]) - knuckles)
    usual: DoubleArray = normalized(np.asarray(np.median(ways, axis=0), dtype=np.float64))
    stands_off = 0.1 + (1.0 - ways @ usual) + np.maximum(0.0, 1.0 - near / float(np.median(near)))
    thumb, next_best = np.argsort(stands_off)[::-1][:2]
    if stands_off[thumb] < _CLEAR * stands_off[next_best]:
        return None
    rest = np.delete(np.arange(len(chains)), thumb)
    across: DoubleArray = np.asarray(
        np.linalg.svd(knuckles[rest] - knuckles[rest].mean(axis=0))[2][0], dtype=np.float64
    )
    places = knuckles[rest] @ across
    order = rest[np.argsort(places, kind="stable")]
    if (chains[thumb].heads[-1] @ across) > places.mean():
        order = order[::-1]
    return [chains[index] for index in (thumb, *order)]
