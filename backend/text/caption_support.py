"""What carries a body, read from its pose alone: standing, kneeling, sitting, lying and the like.

Heights are above the lowest place of the body. Nothing is known of what stands around it: where the seat would have to
carry a body for it not to fall, it sits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray
from ..skeleton import JOINT_INDEX
from .codes import SIDES, Column, Mask, column
from .measures import Angle, Body

_WEIGHTS: Final = {
    "spine2": 0.46, "pelvis": 0.10, "head": 0.08, "left_hip": 0.10, "right_hip": 0.10, "left_knee": 0.08,
    "right_knee": 0.08,
}  # fmt: skip
"""Shares of the body's weight: trunk with arms, head, thighs and shins (Winter, "Biomechanics", table 4.1, rounded)."""
_Choices: TypeAlias = list[tuple[Mask, str, float]]
"""Conditions (N,), and the kind and weight of the first that is met."""


class _Heights:
    """What the kinds are told by; each (N,)."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.upright = body.limb("torso")[:, 1]
        facing = body.world[:, 0, :, 2]
        self.face_up, self.left_up = facing[:, 1], body.world[:, 0, 1, 0]
        self.bottom = self.of("bottom")
        self.hands = np.maximum(self._low("hand", "fingers", "left"), self._low("hand", "fingers", "right"))
        self.knee = {side: self.of(f"{side}_knee") for side in SIDES}
        self.foot = {side: np.minimum(self.of(f"{side}_toes"), self.of(f"{side}_heel")) for side in SIDES}
        self.heel = {side: self.of(f"{side}_heel") for side in SIDES}
        self.bend = {"left": 180.0 - Angle("left_knee").of(body), "right": 180.0 - Angle("right_knee").of(body)}

    def of(self, spot: str) -> DoubleArray:
        return self.body.spot(spot)[:, 1] - self.body.ground

    def _low(self, first: str, second: str, side: str) -> DoubleArray:
        return np.minimum(self.of(f"{side}_{first}"), self.of(f"{side}_{second}"))

    def ahead_of_weight(self) -> DoubleArray:
        """How far the middle of the feet is before the body's weight."""
        feet = 0.5 * (self.body.spot("left_sole") + self.body.spot("right_sole"))
        weight = np.zeros_like(feet)
        for name, share in _WEIGHTS.items():
            weight += share * self.body.joints[:, JOINT_INDEX[name]]
        return np.asarray((self.body.frame[:, 2] * (feet - weight)).sum(1), np.float64)


def supports(body: Body) -> Iterator[Column]:
    """One column: the kind of support of each pose, empty where it is none of those known."""
    of = _Heights(body)
    yield column("support", "", *_low(of), *_kneeling(of), *_seated(of), *_upright(of))


def _low(of: _Heights) -> _Choices:
    """Upside down, lying, on hands and knees."""
    flat: Mask = of.upright < 0.5
    down: Mask = of.hands < 0.16
    knees, feet = (np.maximum(each["left"], each["right"]) for each in (of.knee, of.foot))
    inverted: Mask = (of.upright < -0.6) & (np.minimum(of.foot["left"], of.foot["right"]) > 0.7)
    pressed: Mask = (of.face_up < -0.5) & (of.bottom < 0.75) & (of.upright > -0.35)
    lying: Mask = flat & (of.bottom < 0.32) & (of.upright > -0.6)
    return [
        (inverted & down & (of.bottom > 0.55), "handstand", 3.0),
        (flat & down & (knees < 0.18) & (of.face_up < -0.4) & (of.bottom > 0.25), "all_fours", 3.0),
        (flat & down & pressed & (feet < 0.15) & (knees > 0.1), "plank", 3.0),
        (lying & (of.face_up > 0.55), "lying_back", 3.0),
        (lying & (of.face_up < -0.55), "lying_front", 3.0),
        (lying & (of.left_up < -0.4), "lying_left", 3.0),
        (lying & (of.left_up > 0.4), "lying_right", 3.0),
    ]


def _kneeling(of: _Heights) -> _Choices:
    upright: Mask = of.upright > 0.5
    left: Mask = of.knee["left"] < 0.14
    right: Mask = of.knee["right"] < 0.14
    folded: Mask = (np.minimum(of.bend["left"], of.bend["right"]) > 100.0) & (of.bottom < 0.33)
    one: Mask = upright & (of.bottom > 0.2)
    foot = {side: (of.foot[side] < 0.12) & (of.knee[side] > 0.25) for side in SIDES}
    return [
        (upright & left & right & folded & (of.bottom > 0.12), "sitting_heels", 3.0),
        (upright & left & right & (of.bottom > 0.25), "kneeling", 3.0),
        (one & left & ~right & foot["right"], "kneeling_left", 3.0),
        (one & right & ~left & foot["left"], "kneeling_right", 3.0),
    ]


def _seated(of: _Heights) -> _Choices:
    upright: Mask = of.upright > 0.45
    ahead = of.ahead_of_weight()
    bent = np.minimum(of.bend["left"], of.bend["right"])
    frame, spot = of.body.frame[:, 0], of.body.spot
    ankles = (frame * (spot("left_ankle") - spot("right_ankle"))).sum(1)
    knees = (frame * (spot("left_knee") - spot("right_knee"))).sum(1)
    # Both thighs are 55 degrees or more from hanging down.
    level: Mask = np.minimum(of.body.limb("left_thigh")[:, 1], of.body.limb("right_thigh")[:, 1]) > -0.57
    tailor: Mask = upright & (ankles < 0.22) & (knees > 0.45) & (bent > 90.0) & (of.bottom < 0.28)
    return [
        (tailor, "sitting_cross_legged", 3.0),
        (upright & (of.bottom < 0.18), "sitting_floor", 3.0),
        (upright & (bent > 75.0) & level & (np.abs(ahead) < 0.20) & (of.bottom < 0.60), "squatting", 3.0),
        (upright & (bent > 45.0) & level & (ahead > 0.15) & (of.bottom > 0.16), "sitting", 2.8),
    ]


def _upright(of: _Heights) -> _Choices:
    stride = (of.body.frame[:, 2] * (of.body.spot("left_ankle") - of.body.spot("right_ankle"))).sum(1)
    left, right = of.foot["left"], of.foot["right"]
    most, bent = np.maximum(left, right), np.minimum(of.bend["left"], of.bend["right"])
    up: Mask = of.upright > 0.5
    level: Mask = up & (np.abs(left - right) < 0.12)
    hang: Mask = np.maximum(of.body.limb("left_leg")[:, 1], of.body.limb("right_leg")[:, 1]) < -0.5
    toes: Mask = up & (np.minimum(of.heel["left"], of.heel["right"]) > 0.07) & (most < 0.08) & (bent < 30.0)
    left_front: Mask = (stride > 0.62) & (of.bend["left"] > 55.0) & (of.bend["right"] < 60.0)
    right_front: Mask = (stride < -0.62) & (of.bend["right"] > 55.0) & (of.bend["left"] < 60.0)
    return [
        (level & left_front, "lunge_left", 2.6),
        (level & right_front, "lunge_right", 2.6),
        (up & (right - left > 0.14) & (of.bend["left"] < 45.0), "left_leg", 1.6),
        (up & (left - right > 0.14) & (of.bend["right"] < 45.0), "right_leg", 1.6),
        (~up & (of.bottom > 0.4) & (bent < 70.0) & hang, "bent_over", 2.4),
        (toes, "tiptoe", 1.8),
        (up & (of.bottom > 0.5) & (np.abs(left - right) < 0.16), "standing", 0.5),
    ]
