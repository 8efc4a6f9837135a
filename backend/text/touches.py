"""What touching means: how near two places come, how the palm lies on what it touches, and where the elbow goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from ..arrays import DoubleArray
from ..skeleton import JOINT_INDEX
from .chains import bare, chain_of_spot, mover, side_of, spot_joint
from .language import Element, Limb, Place, Spot, Touch
from .measures import Angle, Away, Body, Check, Distance, Offset, angle_between
from .spots import SPOT_INDEX, SPOT_JOINTS, SPOT_OFFSETS

_TOUCH_M: Final = 0.04
KNEE_OUT_M: Final = 0.16
# Places are on the front or the back of a limb, in its middle, or under the toes; what touches its side is so much
# further away.
_GIRTH_M: Final = {
    "knee": 0.04, "thigh": 0.06, "shin": 0.04, "calf": 0.04, "ankle": 0.03, "foot": 0.03, "heel": 0.03, "wrist": 0.02,
    "elbow": 0.02, "forearm": 0.02, "upper_arm": 0.02, "sole": 0.02, "toes": 0.03, "hip": 0.03, "buttock": 0.04,
}  # fmt: skip
_HANDS: Final = frozenset({"hand", "fingers"})
_ANY: Final = (-np.inf, np.inf)
# Where the elbow is from the shoulder, seen from the chest, as metres outwards, up and forward: least and most each.
_HABITS: Final[dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]]] = {
    "hip": ((0.15, np.inf), (-0.26, np.inf), (-np.inf, -0.03)),
    "waist": ((0.15, np.inf), (-0.26, np.inf), (-np.inf, -0.02)),
    "lower_back": ((0.06, np.inf), _ANY, (-np.inf, -0.08)),
    "upper_back": (_ANY, _ANY, _ANY),
    "bottom": ((0.06, np.inf), _ANY, (-np.inf, -0.05)),
    "buttock": ((0.06, np.inf), _ANY, (-np.inf, -0.05)),
    "belly": ((0.05, np.inf), (-np.inf, -0.15), _ANY),
    "head_back": ((0.16, np.inf), (0.02, np.inf), _ANY),
    "nape": ((0.14, np.inf), (-0.02, np.inf), _ANY),
    "head_top": ((0.12, np.inf), (0.06, np.inf), _ANY),
    "forehead": ((0.10, np.inf), (-0.16, 0.12), _ANY),
    "temple": ((0.16, np.inf), (-0.12, 0.10), _ANY),
    "ear": ((0.12, np.inf), (-0.18, 0.10), _ANY),
    "eye": ((0.06, np.inf), (-np.inf, 0.0), _ANY),
    "nose": ((0.0, np.inf), (-np.inf, -0.10), _ANY),
    "mouth": ((0.0, np.inf), (-np.inf, -0.12), _ANY),
    "chin": ((-0.02, np.inf), (-np.inf, -0.14), _ANY),
    "cheek": ((0.0, np.inf), (-np.inf, -0.10), _ANY),
    "throat": ((0.02, np.inf), (-np.inf, -0.12), _ANY),
    "chest": ((0.04, np.inf), (-np.inf, -0.16), _ANY),
    "heart": ((0.04, np.inf), (-np.inf, -0.16), _ANY),
    "shoulder": (_ANY, (-np.inf, -0.04), (0.0, np.inf)),
    "thigh": ((0.0, 0.10), (-np.inf, -0.24), _ANY),
    "knee": ((0.0, 0.16), (-np.inf, -0.10), _ANY),
}


@dataclass(frozen=True)
class PalmAgainst:
    """How far a palm is from lying flat on a place of the body, whose skin faces away from the limb's middle."""

    side: Literal["left", "right"]
    place: str
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        palm = -body.world[:, JOINT_INDEX[f"{self.side}_wrist"], :, 1]
        outward = body.world[:, SPOT_JOINTS[SPOT_INDEX[self.place]]] @ np.asarray(skin_normal(self.place))
        return angle_between(palm, -outward)


@dataclass(frozen=True)
class OffSkin:
    """How far a part of a hand is above the skin at a place of the body, along the way that the skin faces there."""

    part: str
    place: str
    unit: Literal["m"] = "m"

    def of(self, body: Body) -> DoubleArray:
        """(N,) metres, negative inside."""
        outward = body.world[:, SPOT_JOINTS[SPOT_INDEX[self.place]]] @ np.asarray(skin_normal(self.place))
        return np.asarray(((body.spot(self.part) - body.spot(self.place)) * outward).sum(1), np.float64)


@dataclass(frozen=True)
class PalmsFacing:
    """How far both palms are from facing each other."""

    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        left, right = (-body.world[:, JOINT_INDEX[f"{side}_wrist"], :, 1] for side in ("left", "right"))
        return angle_between(left, -right)


@dataclass(frozen=True)
class Elbow:
    """How far an elbow is from its shoulder outwards (0), up (1) or forward (2), seen from the chest."""

    side: Literal["left", "right"]
    axis: int
    unit: Literal["m"] = "m"

    def of(self, body: Body) -> DoubleArray:
        """(N,) metres."""
        elbow, shoulder = (body.joints[:, JOINT_INDEX[f"{self.side}_{name}"]] for name in ("elbow", "shoulder"))
        along = body.world[:, JOINT_INDEX["spine3"], :, self.axis]
        sign = -1.0 if self.side == "right" and self.axis == 0 else 1.0
        return np.asarray(sign * (along * (elbow - shoulder)).sum(1), np.float64)


@lru_cache(maxsize=128)
def skin_normal(spot: str) -> tuple[float, float, float]:
    """Unit vector in the joint's axes; zero for places in a limb's middle."""
    x, y, z = SPOT_OFFSETS[SPOT_INDEX[spot]].tolist()
    joint = bare(spot_joint(spot))
    if bare(spot) in {"foot", "toes"}:
        way = (0.0, 1.0, 0.4)
    elif joint == "head":
        way = (x, y - 0.06, z - 0.02)
    elif joint in {"pelvis", "spine1", "spine3", "neck", "hip", "knee", "ankle"}:
        way = (x, 0.0, z) if bare(spot) not in {"sole", "crotch", "bottom"} else (0.0, y, 0.0)
    else:
        way = (0.0, y, z)
    length = float(np.linalg.norm(way))
    return (way[0] / length, way[1] / length, way[2] / length) if length > 1e-6 else (0.0, 0.0, 0.0)


def touch_checks(part: Spot, place: Spot) -> tuple[Check, ...]:
    """How near they must come; nothing for a place with itself."""
    if part == place:
        return ()
    bulk = 0.0 if _on_skin(part, place) else _GIRTH_M.get(bare(part), 0.0)
    inside = bare(place) in {"wrist", "ankle", "toes"}
    bulk += _GIRTH_M.get(bare(place), 0.0) if inside or not _on_skin(part, place) else 0.0
    return (Check(Distance(part, place), high=_TOUCH_M + bulk, slack=0.05),)


def _on_skin(part: Spot, place: Spot) -> bool:
    """Hands reach the very place; feet and knees touch with their sides."""
    return bare(part) in _HANDS or bare(place) in _HANDS


def touch_wishes(element: Touch, others: Sequence[Element]) -> tuple[Check, ...]:
    """What makes a touch look natural."""
    moved, still = mover(element.part, element.place)
    side = side_of(moved)
    if side is not None and turns_knee_out(moved, still):
        knee, hip = (f"{side}_knee", f"{side}_hip") if side == "left" else (f"{side}_hip", f"{side}_knee")
        return (Check(Offset(knee, hip, "left"), low=KNEE_OUT_M, slack=0.10),)
    if side is None or bare(chain_of_spot(moved)) != "arm" or bare(moved) not in _HANDS:
        return ()
    if bare(still) in _HANDS:
        facing = Check(PalmsFacing(), high=40.0, slack=60.0)
        overhead = any(_over_the_head(each) for each in others)
        return (facing, *joined_overhead("left_arm"), *joined_overhead("right_arm")) if overhead else (facing,)
    found: list[Check] = []
    if np.any(skin_normal(still)):
        found.append(Check(PalmAgainst(side, still), high=20.0, slack=36.0))
        found += [Check(OffSkin(f"{side}_{part}", still), low=low, slack=0.025) for part, low in _along(still)]
    for axis, (low, high) in enumerate(zip(*elbow_habit(bare(still)), strict=True)):
        if np.isfinite(low) or np.isfinite(high):
            found.append(Check(Elbow(side, axis), float(low), float(high), slack=0.08))
    return (*found, *_crossed(side, still, others))


def _along(place: str) -> tuple[tuple[str, float], ...]:
    """Parts of a hand that lie along the skin, and metres that they are above it: all where the body is broad."""
    broad = bare(spot_joint(place)) in {"pelvis", "spine1", "spine3", "hip"} and bare(place) not in {"crotch", "bottom"}
    return (("hand", 0.015), ("fingers", 0.015), ("wrist", 0.02)) if broad else (("hand", 0.01),)


def hands_meet(elements: Sequence[Element]) -> bool:
    """Whether both hands are to touch each other."""
    return any(
        isinstance(each, Touch) and bare(each.part) in _HANDS and bare(each.place) in _HANDS for each in elements
    )


def joined_overhead(arm: Limb) -> tuple[Check, ...]:
    """An arm that points up while its hand meets the other one above the head: as upright as its shoulder lets it."""
    straight = Check(Angle("left_elbow" if arm == "left_arm" else "right_elbow"), low=150.0, slack=12.0)
    return Check(Away(arm, (0.0, 1.0, 0.0)), high=15.0, slack=6.0), straight


def _over_the_head(element: Element) -> bool:
    """Whether it has a hand above the top of the head."""
    if not isinstance(element, Place) or element.relation != "above":
        return False
    return bare(element.part) in _HANDS and element.other == "head_top"


def turns_knee_out(moved: str, still: str) -> bool:
    """Whether a sole goes to the other leg, as in the tree: the knee points aside."""
    return bare(moved) == "sole" and bare(chain_of_spot(still)) == "leg" and side_of(moved) != side_of(still)


def elbow_habit(place: str) -> tuple[DoubleArray, DoubleArray]:
    """Least and most (3,) metres outwards, up and forward that the elbow is from the shoulder for a hand at a place."""
    ranges = np.array(_HABITS.get(place, (_ANY, _ANY, _ANY)))
    return ranges[:, 0], ranges[:, 1]


def _crossed(side: Literal["left", "right"], still: str, others: Sequence[Element]) -> tuple[Check, ...]:
    """Folded arms: the upper arms hang, the forearms lie before the belly, one above the other."""
    other = "right" if side == "left" else "left"
    places = {"upper_arm", "elbow", "forearm"}
    if side_of(still) != other or bare(still) not in places:
        return ()
    back = any(
        isinstance(each, Touch)
        and each.part == f"{other}_hand"
        and side_of(each.place) == side
        and bare(each.place) in places
        for each in others
    )
    hanging = Check(Offset(f"{side}_elbow", f"{side}_shoulder", "up"), high=-0.2, slack=0.06)
    if not back:
        return (hanging,)
    level = Check(Offset(f"{side}_wrist", f"{side}_elbow", "up"), 0.0, 0.12, slack=0.08)
    return hanging, level, Check(Offset(f"{side}_elbow", "chest", "forward"), -0.14, 0.02, slack=0.08)
