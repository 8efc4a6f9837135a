"""Where limbs start that are to touch something: the best of many comfortable postures of an arm or a leg.

From a hanging arm, small steps would run into the body on their way behind the head; among a few thousand postures one
is near to the place already, with the elbow where people have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from ..arrays import DoubleArray
from ..refine.joint_limits import LIMITS, rotations_from_angles
from ..skeleton import JOINT_COUNT, JOINT_INDEX
from .body_solids import CAPSULES, PAIRS, depths
from .chains import bare, chain_of_spot, mover, side_of
from .language import Element, Touch
from .measures import Body, angle_between
from .spots import SPOT_INDEX, SPOT_JOINTS
from .touches import elbow_habit, skin_normal

Limb = Literal["arm", "leg"]
_COUNT: Final = {"arm": 5000, "leg": 3000}
_SWUNG: Final = {"arm": ("shoulder", "elbow"), "leg": ("hip", "knee")}
_CARRIER: Final = {"arm": "spine3", "leg": "pelvis"}
_NEAR_M: Final = {"arm": 0.03, "leg": 0.05}
_PALM_DEG: Final = 45.0
_ELBOW_M: Final = 0.08
_DEPTH_M: Final = 0.02
_VARIETY: Final = 0.6
"""How much worse than the best another alternative's start may be, in half squares of standard deviations."""


@dataclass(frozen=True)
class _Library:
    """Postures (L) of a left limb, the rest of the body in the T-pose.

    Attributes:
        turns: (L, 2, 3) axis-angle of its two joints.
        spots: (L, S, 3) all places of the body, seen from the joint that carries the limb.
        palms: (L, 3) where the palm faces, seen from there.
        elbows: (L, 3) from the shoulder to the elbow, seen from there.
        effort: (L,) how uncomfortable, and how deep inside of the body.
    """

    turns: DoubleArray
    spots: DoubleArray
    palms: DoubleArray
    elbows: DoubleArray
    effort: DoubleArray


def _arm_angles(random: np.random.Generator, count: int) -> DoubleArray:
    """(L, 2, 3) radians of the left shoulder and elbow, within their ranges."""
    angles = np.zeros((count, 2, 3))
    low, high = LIMITS[JOINT_INDEX["left_shoulder"], :, 0], LIMITS[JOINT_INDEX["left_shoulder"], :, 1]
    angles[:, 0] = low + (high - low) * random.uniform(0.03, 0.97, (count, 3))
    angles[:, 1, 1] = -np.radians(random.uniform(5.0, 152.0, count))
    angles[:, 1, 0] = np.radians(random.normal(0.0, 45.0, count).clip(-100.0, 100.0))
    return angles


def _leg_angles(random: np.random.Generator, count: int) -> DoubleArray:
    angles = np.zeros((count, 2, 3))
    low, high = LIMITS[JOINT_INDEX["left_hip"], :, 0], LIMITS[JOINT_INDEX["left_hip"], :, 1]
    angles[:, 0] = low + (high - low) * random.uniform(0.03, 0.97, (count, 3))
    angles[:, 1, 0] = np.radians(random.uniform(3.0, 155.0, count))
    return angles


@lru_cache(maxsize=2)
def _library(limb: Limb) -> _Library:
    random = np.random.default_rng(5)
    count = _COUNT[limb]
    angles = _arm_angles(random, count) if limb == "arm" else _leg_angles(random, count)
    joints = [JOINT_INDEX[f"left_{name}"] for name in _SWUNG[limb]]
    whole = np.zeros((count, JOINT_COUNT, 3))
    whole[:, joints] = angles
    whole[:, JOINT_INDEX["right_shoulder"], 2] = np.radians(80.0)
    body = Body.posed(rotations_from_angles(whole))
    base = JOINT_INDEX[_CARRIER[limb]]
    chest = body.joints[:, base]
    shoulder, elbow = (body.joints[:, JOINT_INDEX[f"left_{name}"]] for name in _SWUNG[limb])
    relaxed = np.radians([-71.0, 0.0]) if limb == "arm" else np.radians([0.0, 0.0])
    swing = np.abs(angles[:, 0] - [0.0, 0.0, relaxed[0]])
    weights = (0.25, 0.2, 0.35) if limb == "arm" else (0.3, 0.5, 0.5)
    effort = (swing * weights).sum(1) + 0.15 * np.abs(angles[:, 1, 0]) * (limb == "arm")
    effort = effort + (_own_depths(body, limb) / _DEPTH_M) ** 2
    return _Library(
        turns=rotations_from_angles(whole)[:, joints],
        spots=body.spots - chest[:, None],
        palms=-body.world[:, JOINT_INDEX["left_wrist"], :, 1],
        elbows=elbow - shoulder,
        effort=effort,
    )


def _own_depths(body: Body, limb: Limb) -> DoubleArray:
    """(L,) metres that the left limb is inside of the trunk and the head."""
    parts = {"arm": ("upper_arm", "forearm", "hand"), "leg": ("thigh", "shin", "foot")}[limb]
    trunk = {name for name in CAPSULES if side_of(name) is None}
    named = [
        index for index, (one, other) in enumerate(PAIRS) if bare(one) in parts and one[:4] == "left" and other in trunk
    ]
    return depths(body)[:, named].max(1)


def reaching(poses: DoubleArray, elements: Sequence[Element]) -> DoubleArray:
    """Poses (A, 24, 3) whose limbs that are to touch something are near to it.

    Each alternative takes another posture where several are about as good.
    """
    found = poses.copy()
    for element in elements:
        if not isinstance(element, Touch):
            continue
        moved, still = mover(element.part, element.place)
        limb = bare(chain_of_spot(moved))
        side = side_of(moved)
        if side is None or limb not in _SWUNG or bare(chain_of_spot(still)) == "arm" or _same_leg_pair(moved, still):
            continue
        body = Body.posed(found)
        for index in range(len(found)):
            kind: Limb = "arm" if limb == "arm" else "leg"
            choice = _choice(body, index, moved, still, kind=kind)
            turns = _library(kind).turns[choice]
            mirror = 1.0 if side == "left" else np.array([1.0, -1.0, -1.0])
            found[index, [JOINT_INDEX[f"{side}_{name}"] for name in _SWUNG[limb]]] = turns * mirror
    return found


def _same_leg_pair(moved: str, still: str) -> bool:
    """Knees together or feet together: nothing has to go anywhere."""
    return bare(moved) == bare(still) and bare(chain_of_spot(moved)) == "leg"


def _choice(body: Body, index: int, moved: str, still: str, *, kind: Limb) -> int:
    """Which posture of the library brings a place of the limb to another place of one body."""
    library, side = _library(kind), side_of(moved)
    base = JOINT_INDEX[_CARRIER[kind]]
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    frame = body.world[index, base]
    goal = (frame.T @ (body.spot(still)[index] - body.joints[index, base])) * mirror
    named = moved if side == "left" else moved.replace("right_", "left_")
    way = library.spots[:, SPOT_INDEX[named]] - goal
    score = (way * way).sum(1) / _NEAR_M[kind] ** 2 + library.effort
    if kind == "arm":
        normal = np.asarray(skin_normal(still))
        if normal.any():
            facing = (frame.T @ body.world[index, SPOT_JOINTS[SPOT_INDEX[still]]] @ normal) * mirror
            score = score + (angle_between(library.palms, -facing[None]) / _PALM_DEG) ** 2
        low, high = elbow_habit(bare(still))
        miss = np.maximum(low - library.elbows, 0.0) + np.maximum(library.elbows - high, 0.0)
        score = score + ((miss / _ELBOW_M) ** 2).sum(1)
    order = np.argsort(score)[:64]
    alike = order[score[order] < score[order[0]] + _VARIETY]
    return int(alike[index % len(alike)])
