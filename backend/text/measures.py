"""What can be measured on a posed body, and checks that a measure lies in a range.

Everything that words say about a body becomes such checks: the solver makes them hold, benchmarks count those that do,
and the captioner reads the same measures the other way round.

Convention: metres and degrees on the neutral adult in an upright world (y up). The *body frame* keeps y up and turns
about it until the pelvis faces z: x to the person's left, z forward. Where the pelvis lies on its side its own forward
axis takes the place of its left one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, Protocol, TypeAlias

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..kinematics import global_rotations, joint_positions
from ..rotations import axis_angle_to_matrix, normalized
from ..skeleton import JOINT_INDEX
from .language import Limb
from .spots import SPOT_INDEX, SPOT_JOINTS, SPOT_OFFSETS

Axis: TypeAlias = Literal["left", "up", "forward"]
Hinge: TypeAlias = Literal[
    "left_elbow", "right_elbow", "left_knee", "right_knee", "left_wrist", "right_wrist", "left_ankle", "right_ankle",
    "left_shoulder", "right_shoulder", "left_hip", "right_hip",
]  # fmt: skip

AXES: Final[dict[Axis, int]] = {"left": 0, "up": 1, "forward": 2}
_HALF_SIDE: Final = 0.35
"""Below this length of the pelvis' left axis on the ground the body lies on its side."""


def _joint(*names: str) -> tuple[int, ...]:
    return tuple(JOINT_INDEX[name] for name in names)


def _both(table: dict[str, tuple[str, ...]]) -> dict[str, tuple[int, ...]]:
    """`arm: (shoulder, wrist)` for both sides, as indices of joints."""
    return {
        f"{side}_{name}": _joint(*(f"{side}_{joint}" if joint not in _MIDDLE else joint for joint in joints))
        for name, joints in table.items()
        for side in ("left", "right")
    }


_MIDDLE: Final = frozenset({"pelvis", "spine1", "spine2", "spine3", "neck", "head"})
_HINGES: Final = _both({
    "elbow": ("shoulder", "elbow", "wrist"), "knee": ("hip", "knee", "ankle"), "wrist": ("elbow", "wrist", "hand"),
    "ankle": ("knee", "ankle", "foot"), "shoulder": ("spine1", "neck", "shoulder", "elbow"),
    "hip": ("neck", "pelvis", "hip", "knee"),
})  # fmt: skip
"""Three joints, or four: then from the line between the first two, which runs along the trunk."""
_LIMBS: Final = _both({
    "arm": ("shoulder", "wrist"), "upper_arm": ("shoulder", "elbow"), "forearm": ("elbow", "wrist"),
    "hand": ("wrist", "hand"), "leg": ("hip", "ankle"), "thigh": ("hip", "knee"), "shin": ("knee", "ankle"),
    "foot": ("ankle", "foot"),
}) | {"torso": _joint("pelvis", "neck"), "head": _joint("neck", "head")}  # fmt: skip


@dataclass(frozen=True)
class Body:
    """N poses, and where that puts everything.

    Attributes:
        joints: (N, 24, 3) metres.
        world: (N, 24, 3, 3) rotations in the world.
    """

    joints: DoubleArray
    world: DoubleArray

    @classmethod
    def posed(cls, rotations: AnyFloatArray) -> Body:
        """Of parent-relative axis-angle rotations (N, 24, 3), the pelvis at the origin."""
        return cls.turned(axis_angle_to_matrix(np.asarray(rotations, np.float64)))

    @classmethod
    def turned(cls, local: DoubleArray) -> Body:
        """Of parent-relative matrices (N, 24, 3, 3), the pelvis at the origin."""
        world = global_rotations(local)
        return cls(joint_positions(world, np.zeros((len(local), 3))), world)

    @cached_property
    def frame(self) -> DoubleArray:
        """(N, 3, 3) rows are left, up and forward of the body frame, in the world."""
        left = self.world[:, 0, :, 0] * (1.0, 0.0, 1.0)
        ahead = self.world[:, 0, :, 2] * (1.0, 0.0, 1.0)
        from_ahead = np.cross((0.0, 1.0, 0.0), ahead)
        on_side = np.linalg.norm(left, axis=1, keepdims=True) < _HALF_SIDE
        left = np.where(on_side, from_ahead, left)
        left = left / np.maximum(np.linalg.norm(left, axis=1, keepdims=True), 1e-9)
        up = np.broadcast_to((0.0, 1.0, 0.0), left.shape)
        return np.stack([left, up, np.cross(left, up)], axis=1)

    @cached_property
    def spots(self) -> DoubleArray:
        """(N, S, 3) metres, the places of `SPOTS`."""
        turned = (self.world[:, SPOT_JOINTS] @ SPOT_OFFSETS[..., None])[..., 0]
        return self.joints[:, SPOT_JOINTS] + turned

    @cached_property
    def ground(self) -> DoubleArray:
        """(N,) metres, the height of the lowest place of the body."""
        return self.spots[..., 1].min(1)

    def spot(self, name: str) -> DoubleArray:
        """(N, 3) metres."""
        return self.spots[:, SPOT_INDEX[name]]

    def limb(self, name: Limb) -> DoubleArray:
        """(N, 3) unit vector along a limb, away from the trunk, in the body frame; up the torso and the head."""
        if name == "head":
            return normalized((self.frame @ self.world[:, JOINT_INDEX["head"], :, 1, None])[..., 0])
        start, end = _LIMBS[name]
        return normalized((self.frame @ (self.joints[:, end] - self.joints[:, start])[..., None])[..., 0])


class Measure(Protocol):
    """Something that has a value on every body."""

    @property
    def unit(self) -> Literal["deg", "m"]:
        """What values count in."""
        ...

    def of(self, body: Body) -> DoubleArray:
        """(N,) values."""
        ...


@dataclass(frozen=True)
class Angle:
    """Between the two bones of a joint: 180 is straight; at shoulders and hips from hanging down along the trunk, 0."""

    joint: Hinge
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        chain = _HINGES[self.joint]
        if len(chain) == 3:
            start, middle, end = (body.joints[:, joint] for joint in chain)
            return angle_between(start - middle, end - middle)
        top, low, start, end = (body.joints[:, joint] for joint in chain)
        down = top - low if self.joint.endswith("shoulder") else low - top
        return angle_between(down, end - start)


@dataclass(frozen=True)
class Away:
    """How far a limb points away from a direction (left, up, forward) of the body frame, of any length."""

    limb: Limb
    direction: tuple[float, float, float]
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        return angle_between(body.limb(self.limb), np.asarray(self.direction, np.float64)[None])


@dataclass(frozen=True)
class Between:
    """Between two limbs' directions."""

    first: Limb
    second: Limb
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        return angle_between(body.limb(self.first), body.limb(self.second))


@dataclass(frozen=True)
class Distance:
    """From one place of the body to another."""

    first: str
    second: str
    unit: Literal["m"] = "m"

    def of(self, body: Body) -> DoubleArray:
        """(N,) metres."""
        return np.linalg.norm(body.spot(self.first) - body.spot(self.second), axis=1)


@dataclass(frozen=True)
class Offset:
    """How much farther left, up or forward a place is than another, in the body frame."""

    first: str
    second: str
    axis: Axis
    unit: Literal["m"] = "m"

    def of(self, body: Body) -> DoubleArray:
        """(N,) metres."""
        way = body.spot(self.first) - body.spot(self.second)
        return np.asarray((body.frame[:, AXES[self.axis]] * way).sum(1), np.float64)


@dataclass(frozen=True)
class Height:
    """Of a place above the lowest place of the body."""

    spot: str
    unit: Literal["m"] = "m"

    def of(self, body: Body) -> DoubleArray:
        """(N,) metres, never negative."""
        return body.spot(self.spot)[:, 1] - body.ground


@dataclass(frozen=True)
class Trunk:
    """How the trunk leans forward or to the left, and how the shoulders turn left against the hips."""

    way: Literal["forward", "left", "twist_left"]
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees; a lean is that of the line from pelvis to neck, in [-180, 180]."""
        if self.way == "twist_left":
            return _turned(body, JOINT_INDEX["spine3"], 0)
        along = body.limb("torso")
        aside = along[:, 2] if self.way == "forward" else along[:, 0]
        return np.degrees(np.arctan2(aside, along[:, 1]))


@dataclass(frozen=True)
class HeadTurn:
    """Of the head against the chest: turned left, tilted to the left shoulder, or nodding down."""

    way: Literal["left", "tilt_left", "down"]
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees."""
        if self.way == "left":
            return _turned(body, JOINT_INDEX["head"], JOINT_INDEX["spine3"])
        chest, head = body.world[:, JOINT_INDEX["spine3"]], body.world[:, JOINT_INDEX["head"]]
        turn = np.swapaxes(chest, 1, 2) @ head
        if self.way == "down":
            return np.degrees(np.arcsin(np.clip(-turn[:, 1, 2], -1.0, 1.0)))
        return np.degrees(np.arcsin(np.clip(-turn[:, 1, 0], -1.0, 1.0)))


@dataclass(frozen=True)
class Facing:
    """Which way the body faces: 0 to the viewer, 90 to its own left, which is the picture's right."""

    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [-180, 180]."""
        ahead = body.frame[:, 2]
        return np.degrees(np.arctan2(ahead[:, 0], ahead[:, 2]))


@dataclass(frozen=True)
class Palm:
    """How far a palm faces away from a direction of the body frame."""

    side: Literal["left", "right"]
    direction: tuple[float, float, float]
    unit: Literal["deg"] = "deg"

    def of(self, body: Body) -> DoubleArray:
        """(N,) degrees in [0, 180]."""
        out = -body.world[:, JOINT_INDEX[f"{self.side}_wrist"], :, 1]
        return angle_between((body.frame @ out[..., None])[..., 0], np.asarray(self.direction, np.float64)[None])


def _turned(body: Body, joint: int, against: int) -> DoubleArray:
    """(N,) degrees that a joint is turned left about its own upward axis against another."""
    turn = np.swapaxes(body.world[:, against], 1, 2) @ body.world[:, joint]
    return np.degrees(np.arctan2(turn[:, 0, 2], turn[:, 2, 2]))


@dataclass(frozen=True)
class Check:
    """A measure that must lie in a range.

    Attributes:
        measure: what.
        low: the least, or minus infinity.
        high: the most, or infinity.
        slack: how far beyond the range still counts as held; half of it is one standard deviation for the solver.
        cyclic: the measure is a direction that comes back after 360 degrees.
    """

    measure: Measure
    low: float = -np.inf
    high: float = np.inf
    slack: float = 0.0
    cyclic: bool = False

    def tolerance(self) -> float:
        """`slack`, or 12 degrees, or 0.05 m."""
        return self.slack or (12.0 if self.measure.unit == "deg" else 0.05)

    def excess(self, body: Body) -> DoubleArray:
        """(N,) how far the measure is outside of its range, with its sign; 0 inside."""
        value = self.measure.of(body)
        if self.cyclic:
            middle = 0.5 * (self.low + self.high)
            value = middle + (value - middle + 180.0) % 360.0 - 180.0
        above, below = np.maximum(value - self.high, 0.0), np.minimum(value - self.low, 0.0)
        return np.asarray(above + below, np.float64)

    def residual(self, body: Body) -> DoubleArray:
        """(N,) the excess in standard deviations."""
        return self.excess(body) / (0.5 * self.tolerance())

    def holds(self, body: Body) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """(N,) whether it does, within its tolerance."""
        return np.asarray(np.abs(self.excess(body)) <= self.tolerance())


def angle_between(first: DoubleArray, second: DoubleArray) -> DoubleArray:
    """(...,) degrees in [0, 180] between vectors (..., 3), exact also near 0 and 180 (Kahan)."""
    a, b = normalized(first), normalized(second)
    return 2.0 * np.degrees(np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))
