"""Where limbs start that are to touch something: the best of many comfortable postures of an arm or a leg.

From a hanging arm, small steps would run into the body on their way behind the head; among a few thousand postures one
is near to the place already, with the elbow where people have it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from ..arrays import DoubleArray
from ..job import Job, Progress
from ..refine.joint_limits import LIMITS, rotations_from_angles
from ..skeleton import JOINT_COUNT, JOINT_INDEX
from .body_solids import CAPSULES, PAIRS, depths
from .chains import bare, chain_of_spot, mover, side_of
from .language import Element, Place, Point, Raise, Touch
from .measures import Body, angle_between
from .spots import SPOT_INDEX, SPOT_JOINTS
from .touches import KNEE_OUT_M, elbow_habit, hands_meet, skin_normal, turns_knee_out

Limb = Literal["arm", "leg"]
_COUNT: Final = {"arm": 5000, "leg": 3000}
_PART: Final = 500
"""So many postures are made in a step: together they take a second."""
_SWUNG: Final = {"arm": ("shoulder", "elbow"), "leg": ("hip", "knee")}
_CARRIER: Final = {"arm": "spine3", "leg": "pelvis"}
_NEAR_M: Final = {"arm": 0.03, "leg": 0.05}
_PALM_DEG: Final = 45.0
_ELBOW_M: Final = 0.08
_DEPTH_M: Final = 0.02
_WAYS: Final[dict[str, tuple[float, float, float]]] = {
    "above": (0.0, 1.0, 0.0), "below": (0.0, -1.0, 0.0), "ahead": (0.0, 0.0, 1.0), "behind": (0.0, 0.0, -1.0),
    "left_of": (1.0, 0.0, 0.0), "right_of": (-1.0, 0.0, 0.0),
}  # fmt: skip
# Arms up beside the head, palms to each other, elbows hardly bent; left side.
_OVERHEAD: Final = {
    "collar": (0.0, 0.0, 40.0), "shoulder": (80.0, 0.0, 62.0), "elbow": (0.0, -12.0, 0.0), "wrist": (0.0, 0.0, 0.0),
}  # fmt: skip
_VARIETY: Final = 0.6
"""How much worse than the best another alternative's start may be, in half squares of standard deviations."""


@dataclass(frozen=True)
class _Library:
    """Postures (L) of a left limb, the rest of the body in the T-pose.

    Attributes:
        turns: (L, 2, 3) axis-angle of its two joints.
        spots: (L, S, 3) all places of the body, seen from the joint that carries the limb.
        palms: (L, 3) where the palm faces, seen from there.
        elbows: (L, 3) from the shoulder to the elbow, or from the hip to the knee, seen from there.
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


def prepared(elements: Sequence[Element]) -> Job[None]:
    """Make the postures that these elements need, the first time, a part of them in a step."""
    for limb in dict.fromkeys(_kind(goal) for element in elements if (goal := _goal(element)) is not None):
        for first in range(0, _COUNT[limb], _PART):
            yield Progress("Drafting poses", 0.4)
            _part(limb, first)


@lru_cache(maxsize=2)
def _library(limb: Limb) -> _Library:
    parts = [_part(limb, first) for first in range(0, _COUNT[limb], _PART)]
    return _Library(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(_Library)))


@lru_cache(maxsize=2)
def _angles(limb: Limb) -> DoubleArray:
    make = _arm_angles if limb == "arm" else _leg_angles
    return make(np.random.default_rng(5), _COUNT[limb])


@lru_cache(maxsize=32)
def _part(limb: Limb, first: int) -> _Library:
    """`_PART` postures from `first` on."""
    angles = _angles(limb)[first : first + _PART]
    count = len(angles)
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
    """Poses (A, 24, 3) whose limbs that are to be somewhere are near to it.

    Each alternative takes another posture where several are about as good.
    """
    found, placed = overhead(poses, elements), set[str]()
    if hands_meet(elements) and any(_points_up(each) for each in elements):
        placed |= {"left_arm", "right_arm"}
    goals = sorted((goal for element in elements if (goal := _goal(element)) is not None), key=_is_arm)
    for goal in goals:
        moved, still = goal.moved, goal.still
        if _is_arm(goal) and chain_of_spot(moved) in placed and chain_of_spot(still) not in placed:
            goal = replace(goal, moved=still, still=moved)  # noqa: PLW2901
        chain = chain_of_spot(goal.moved)
        if chain in placed:
            continue
        placed.add(chain)
        kind = _kind(goal)
        body, side = Body.posed(found), str(side_of(goal.moved))
        mirror = np.array([1.0, 1.0, 1.0] if side == "left" else [1.0, -1.0, -1.0])
        joints = [JOINT_INDEX[f"{side}_{name}"] for name in _SWUNG[kind]]
        for index in range(len(found)):
            found[index, joints] = _library(kind).turns[_choice(body, index, goal, kind=kind)] * mirror
    return found


def overhead(poses: DoubleArray, elements: Sequence[Element]) -> DoubleArray:
    """Poses (A, 24, 3) whose arms are up where they are to point up and their hands to meet."""
    if not hands_meet(elements) or not any(_points_up(each) for each in elements):
        return poses
    angles = np.zeros((JOINT_COUNT, 3))
    for joint, left in _OVERHEAD.items():
        angles[JOINT_INDEX[f"left_{joint}"]] = left
        angles[JOINT_INDEX[f"right_{joint}"]] = np.asarray(left) * (1.0, -1.0, -1.0)
    turns, found = rotations_from_angles(np.radians(angles)), poses.copy()
    for joint in _OVERHEAD:
        for side in ("left", "right"):
            found[:, JOINT_INDEX[f"{side}_{joint}"]] = turns[JOINT_INDEX[f"{side}_{joint}"]]
    return found


def _points_up(element: Element) -> bool:
    match element:
        case Point(limb=limb, directions=directions):
            return bare(limb) in {"arm", "upper_arm", "forearm"} and "up" in directions
        case Raise(limb=limb, degrees=degrees):
            return bare(limb) in {"arm", "upper_arm"} and degrees > 140.0
        case Place(part=part, relation="above", other="head_top"):
            return bare(part) in {"hand", "fingers"}
        case _:
            return False


@dataclass(frozen=True)
class _Goal:
    """A place of a limb that goes to another place, or beyond it by `least` metres in the direction `way`."""

    moved: str
    still: str
    way: tuple[float, float, float] | None = None
    least: float = 0.0


def _goal(element: Element) -> _Goal | None:
    """Where an element sends a limb; None for knees or feet that meet, which need not go anywhere."""
    match element:
        case Touch(part=part, place=place):
            moved, still = mover(part, place)
            limb = bare(chain_of_spot(moved))
            met = bare(moved) == bare(still) and limb == "leg"
            return None if limb not in _SWUNG or met else _Goal(moved, still)
        case Place(part=part, relation=relation, other=other) if relation in _WAYS:
            if bare(chain_of_spot(part)) != "arm" or bare(chain_of_spot(other)) == "arm":
                return None
            return _Goal(part, other, _WAYS[relation], 0.08 if element.metres is None else element.metres)
        case _:
            return None


def _kind(goal: _Goal) -> Limb:
    """What kind of limb goes there."""
    return "arm" if bare(chain_of_spot(goal.moved)) == "arm" else "leg"


def _is_arm(goal: _Goal) -> bool:
    """Whether one arm goes to the other: those come last."""
    return bare(chain_of_spot(goal.still)) == "arm"


def _choice(body: Body, index: int, goal: _Goal, *, kind: Limb) -> int:
    """Which posture of the library brings a place of the limb to where it is to be, on one body."""
    library, side = _library(kind), side_of(goal.moved)
    base = JOINT_INDEX[_CARRIER[kind]]
    mirror = np.array([1.0 if side == "left" else -1.0, 1.0, 1.0])
    frame = body.world[index, base]
    place = (frame.T @ (body.spot(goal.still)[index] - body.joints[index, base])) * mirror
    named = goal.moved if side == "left" else goal.moved.replace("right_", "left_")
    way = library.spots[:, SPOT_INDEX[named]] - place
    if goal.way is not None:
        along = way @ ((frame.T @ body.frame[index].T @ np.asarray(goal.way)) * mirror)
        score = (np.maximum(goal.least - along, 0.0) / _NEAR_M[kind]) ** 2 + library.effort
    else:
        score = (way * way).sum(1) / _NEAR_M[kind] ** 2 + library.effort
    if kind == "arm" and goal.way is None:
        normal = frame.T @ body.world[index, SPOT_JOINTS[SPOT_INDEX[goal.still]]] @ np.asarray(skin_normal(goal.still))
        score = score + _lying_flat(library, normal * mirror) + _habit(library, goal.still)
    if goal.way is None and turns_knee_out(goal.moved, goal.still):
        score = score + (np.maximum(KNEE_OUT_M - library.elbows[:, 0], 0.0) / _ELBOW_M) ** 2
    order = np.argsort(score)[:64]
    alike = order[score[order] < score[order[0]] + _VARIETY]
    return int(alike[index % len(alike)])


def _lying_flat(library: _Library, normal: DoubleArray) -> DoubleArray:
    """(L,) how far palms are from lying flat on skin that faces along `normal` (3,); 0 where it is zero."""
    if not normal.any():
        return np.zeros(len(library.palms))
    return (angle_between(library.palms, -normal[None]) / _PALM_DEG) ** 2


def _habit(library: _Library, still: str) -> DoubleArray:
    """(L,) how far elbows are from where people have them."""
    low, high = elbow_habit(bare(still))
    miss = np.maximum(low - library.elbows, 0.0) + np.maximum(library.elbows - high, 0.0)
    return ((miss / _ELBOW_M) ** 2).sum(1)
