"""Tells front from back of a body found by structure: by feet, knees, thumbs, elbows and the head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import DoubleArray, IntArray
from .limbs import BodyFrame, LimbPair
from .skeleton_tree import SkeletonTree
from .trunk import Trunk

_LEAST: Final = 0.25
"""Evidence below this is not worth a word."""


@dataclass(frozen=True)
class Front:
    """Above 0 where the frame's forward is the body's front, below where it is its back; from 1 on it is certain."""

    value: float
    reason: str


def front_evidence(
    tree: SkeletonTree, frame: BodyFrame, *, legs: LimbPair, arms: LimbPair, trunk: Trunk, named: float = 0.0
) -> Front:
    """What speaks for the frame's forward being the front; left is then where the frame says.

    `named` is how far the bones' names agree that left is there, -1 to 1.
    """
    heads = frame.local(tree.heads)
    clues = {
        "feet": 3.0 * _clear(_feet(heads, legs, trunk), 0.08),
        "thumbs": 1.5 * _clear(_thumbs(tree, heads, arms), 0.012),
        "knees": 0.8 * _clear(_bend(heads, legs), 0.02),
        "elbows": -0.6 * _clear(_bend(heads, arms), 0.02),
        "heels": 0.8 * _clear(_soles(tree, legs, frame), 0.6),
        "names": 2.0 * named,
        "face": 0.5 * _clear(_face(tree, heads, trunk), 0.05),
    }
    value = sum(clues.values())
    words = [name for name, clue in clues.items() if abs(clue) > _LEAST and clue * value > 0.0]
    against = [name for name, clue in clues.items() if abs(clue) > _LEAST and clue * value < 0.0]
    reason = f"front by {', '.join(words)}" if words else "front unknown"
    return Front(value, reason + (f", against {', '.join(against)}" if against else ""))


def _clear(value: float, scale: float) -> float:
    """-1 to 1: how clearly a length in leg lengths points forward."""
    return float(np.tanh(value / scale))


def _feet(heads: DoubleArray, legs: LimbPair, trunk: Trunk) -> float:
    ways = [
        heads[foot, 2] - heads[limb[2], 2]
        for (foot, _), limb in zip(trunk.feet, legs.both, strict=True)
        if foot is not None
    ]
    return float(np.mean(ways)) if ways else 0.0


def _bend(heads: DoubleArray, limbs: LimbPair) -> float:
    """How far the middle joints lie before the straight line from end to end."""
    found: list[float] = []
    for start, middle, end in limbs.both:
        away = heads[end] - heads[start]
        share = float((heads[middle] - heads[start]) @ away / max(float(away @ away), 1e-9))
        found.append(float((heads[middle] - heads[start] - share * away)[2]))
    return float(np.mean(found))


def _thumbs(tree: SkeletonTree, heads: DoubleArray, arms: LimbPair) -> float:
    """How far the shortest finger's root lies before the other fingers' roots: thumbs point to the front at rest."""
    found: list[float] = []
    for _, elbow, wrist in arms.both:
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


def _soles(tree: SkeletonTree, legs: LimbPair, frame: BodyFrame) -> float:
    """Where the ankles' own bones point, if both feet agree and lie flat: their tails, which not every format keeps."""
    ways = [tree.rig.rest[limb[2], :3, 1].astype(np.float64) for limb in legs.both]
    local = [np.array([way @ frame.across, way @ frame.up, way @ frame.forward]) for way in ways]
    mirrored = float(local[0] @ (local[1] * (-1.0, 1.0, 1.0)))
    flat = all(abs(way[2]) > 0.5 and way[1] < 0.2 for way in local)
    return float(local[0][2] + local[1][2]) / 2.0 if mirrored > 0.9 and flat else 0.0


def _face(tree: SkeletonTree, heads: DoubleArray, trunk: Trunk) -> float:
    """How far what hangs on the head lies before it; hair behind it makes this weak."""
    if trunk.head is None:
        return 0.0
    under: IntArray = np.flatnonzero(tree.below[trunk.head])
    away = heads[under] - heads[trunk.head]
    near = np.linalg.norm(away, axis=1) < 0.3
    ahead: DoubleArray = away[near, 2]
    return float(ahead.mean()) if len(ahead) else 0.0
