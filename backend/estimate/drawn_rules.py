"""What artists mean by how a figure is drawn: straight limbs, feet on one ground, hands that touch the body.

The rules follow Brodt and Bessmeltsev, "Sketch2Pose", 2022, whose network finds touches in the picture; here they are
found where hands and feet are drawn over other joints.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from ..arrays import DoubleArray
from ..keypoints import FIGURE_23
from ..skeleton import JOINT_INDEX
from .drawn_bones import BONE_INDEX
from .drawn_proportions import LIMB_PAIRS, DrawnSkeleton

_SIDES: Final = ("left", "right")
STRAIGHT_JOINTS: Final[tuple[tuple[int, int, int], ...]] = tuple(
    (JOINT_INDEX[f"{side}_{top}"], JOINT_INDEX[f"{side}_{middle}"], JOINT_INDEX[f"{side}_{end}"])
    for top, middle, end in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    for side in _SIDES
)
"""Top, middle and end of the limbs, in the order of `straightness`."""
_STRAIGHT: Final = np.radians(10.0)
_FLATTER_THAN: Final = 0.5
_ALIKE: Final = 0.15
_STRAIGHT_SIGMA: Final = np.radians(6.0)

_LEVEL: Final = 0.04
_FIGURE_M: Final = 1.7
"""Feet that are drawn this share of a standing figure apart in height are half way to not standing on one ground."""
_TIPTOE: Final = np.cos(np.radians(35.0))

_BENT: Final = np.radians(35.0)
_HAND_M: Final = 0.05
_NEAR_M: Final = 0.13
_NEAR_FEET_M: Final = 0.12
_TOUCH_SIGMA_M: Final = 0.06
_FEET_SIGMA_M: Final = 0.10


class Touch(NamedTuple):
    """Two points that are drawn over each other: names of keypoints, whose means are meant, and metres."""

    first: tuple[str, ...]
    second: tuple[str, ...]
    sigma_m: float


def straightness(figure: DrawnSkeleton) -> DoubleArray:
    """(4,) radians: how straight arms and legs are, as a sigma of their bend; infinite for those that are bent."""
    found: list[float] = []
    for pair in LIMB_PAIRS:
        bones = [BONE_INDEX[bone] for bone in pair]
        shares = figure.cosines[bones]
        flat = figure.drawn[bones].all() and shares.min() > _FLATTER_THAN and np.ptp(shares) < _ALIKE
        weight = np.exp(-np.square(_bend(figure, pair) / _STRAIGHT)) if flat else 0.0
        found.append(float(_STRAIGHT_SIGMA / weight) if weight > 0.05 else np.inf)
    return np.array(found)


def _bend(figure: DrawnSkeleton, bones: tuple[str, str]) -> float:
    """Radians between two bones as they are drawn."""
    first, second = figure.directions[[BONE_INDEX[bone] for bone in bones]]
    return float(np.arccos(np.clip(first @ second, -1.0, 1.0)))


def standing(figure: DrawnSkeleton) -> DoubleArray:
    """(4,) in [0, 1]: how surely left heel, left ball, right heel and right ball stand on one ground.

    0 for all where only one foot is seen, or the feet are drawn at different heights.
    """
    found = np.zeros(4)
    feet = [FIGURE_23.index[f"{side}_ankle"] for side in _SIDES]
    if not figure.seen[feet].all():
        return found
    depth = figure.points_px[feet, 1]
    lowest = figure.points_px[figure.seen, 1].max()
    tall = _FIGURE_M * figure.scale
    above = np.maximum(lowest - depth - 0.12 * figure.scale, 0.0)
    level = np.exp(-np.square(np.ptp(depth) / (_LEVEL * tall)))
    for number, side in enumerate(_SIDES):
        sure = float(level * np.exp(-np.square(above[number] / (0.1 * tall))))
        bone = BONE_INDEX[f"{side}_foot"]
        down = figure.is_drawn(f"{side}_foot") and -figure.directions[bone, 1] > _TIPTOE and _foot_length(figure, bone)
        found[2 * number : 2 * number + 2] = (0.0 if down else sure, sure)
    return found


def _foot_length(figure: DrawnSkeleton, bone: int) -> bool:
    """Whether a foot is drawn long enough to point down, rather than towards the viewer."""
    return bool(figure.lengths_px[bone] > 0.13 * figure.scale)


def touches(figure: DrawnSkeleton) -> list[Touch]:
    """Hands over other parts of the body, and feet over each other and over knees."""
    found: list[Touch] = []
    hands = {side: hand for side in _SIDES if (hand := _hand(figure, side)) is not None}
    if len(hands) == 2 and np.linalg.norm(hands["left"] - hands["right"]) < _NEAR_M * figure.scale:
        found.append(Touch(_hand_names("left"), _hand_names("right"), _TOUCH_SIGMA_M))
    for side, hand in hands.items():
        names = [name for name in _touched_by(figure, side) if figure.seen[FIGURE_23.index[name]]]
        away = [float(np.linalg.norm(figure.points_px[FIGURE_23.index[name]] - hand)) for name in names]
        if away and min(away) < _NEAR_M * figure.scale:
            found.append(Touch(_hand_names(side), (names[int(np.argmin(away))],), _TOUCH_SIGMA_M))
    for first, second in (("left_ankle", "right_ankle"), ("left_ankle", "right_knee"), ("right_ankle", "left_knee")):
        if figure.between_m(first, second) < _NEAR_FEET_M:
            found.append(Touch((first,), (second,), _FEET_SIGMA_M))
    return found


def _hand_names(side: str) -> tuple[str, str]:
    return f"{side}_wrist", f"{side}_index"


def _hand(figure: DrawnSkeleton, side: str) -> DoubleArray | None:
    """(2,) pixels: the middle of a hand, along the forearm where the hand itself is not drawn."""
    wrist, index = (FIGURE_23.index[name] for name in _hand_names(side))
    if not figure.seen[wrist]:
        return None
    if figure.seen[index]:
        return figure.points_px[[wrist, index]].mean(0)
    forward = figure.directions[BONE_INDEX[f"{side}_forearm"]] * np.array([1.0, -1.0])
    reach = _HAND_M * figure.scale if figure.is_drawn(f"{side}_forearm") else 0.0
    return figure.points_px[wrist] + reach * forward


def _touched_by(figure: DrawnSkeleton, side: str) -> tuple[str, ...]:
    """What a hand may lie on; the hips only with a bent arm, or else it just hangs beside them."""
    other = "right" if side == "left" else "left"
    arm = (f"{side}_upper_arm", f"{side}_forearm")
    hips = ("left_hip", "right_hip") if _bend(figure, arm) > _BENT else ()
    return (
        "nose", "left_ear", "right_ear", "head_top", "neck", f"{other}_shoulder", f"{other}_elbow", *hips,
        "left_knee", "right_knee", "left_ankle", "right_ankle",
    )  # fmt: skip
