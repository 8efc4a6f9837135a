"""Draws poses of the families that `families.toml` lists.

Convention: local rotations (N, 24, 3, 3), the root in a world whose y points up, facing z.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from contrapposto.backend.arrays import AnyFloatArray, DoubleArray
from contrapposto.backend.kinematics import global_rotations, joint_positions
from contrapposto.backend.refine.joint_limits import clamped_to_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle, normalized, swing_between
from contrapposto.backend.skeleton import JOINT_INDEX, MIRROR, REST_OFFSETS
from contrapposto.backend.text.spots import SPOT_INDEX, SPOT_JOINTS, SPOT_OFFSETS

from .families import Arm, Family, Leg, Range, Reach

_JITTER: Final = 2.5
"""Degrees, the standard deviation of each joint's turn besides what the family says."""
_UPPER: Final = abs(float(REST_OFFSETS[JOINT_INDEX["left_elbow"], 0]))
_LOWER: Final = abs(float(REST_OFFSETS[JOINT_INDEX["left_wrist"], 0])) + 0.08
"""Metres from the elbow to the middle of the palm."""
_SIGNS: Final = {"left": 1.0, "right": -1.0}


def family_poses(family: Family, count: int, rng: np.random.Generator) -> DoubleArray:
    """(count, 24, 3) axis-angle within joint limits; half of them in the mirror where sides do not matter."""
    local = axis_angle_to_matrix(np.radians(_JITTER) * rng.standard_normal((count, 24, 3)))
    _trunk(local, family, rng)
    for position, side in enumerate(("left", "right")):
        _leg(local, side, leg=family.legs[position % len(family.legs)], rng=rng)
    local[:, 0] = _about(0, _drawn(family.root, count, rng)) @ local[:, 0]
    for position, side in enumerate(("left", "right")):
        arm = family.arms[position % len(family.arms)]
        if isinstance(arm, Arm):
            _arm(local, side, arm=arm, rng=rng)
        else:
            _reach(local, side, reach=arm, rng=rng)
    if family.mirrored:
        flipped = rng.random(count) < 0.5
        local[flipped] = _in_mirror(local[flipped])
    return clamped_to_limits(matrix_to_axis_angle(local))


def _trunk(local: DoubleArray, family: Family, rng: np.random.Generator) -> None:
    count = len(local)
    roll = 1.5 * rng.standard_normal(count)
    local[:, 0] = local[:, 0] @ _about(2, roll) @ _about(0, _drawn(family.lean, count, rng))
    bent, aside, turned = (_drawn(each, count, rng) / 3.0 for each in (family.slump, family.side, family.twist))
    for name in ("spine1", "spine2", "spine3"):
        local[:, JOINT_INDEX[name]] @= _about(1, turned) @ _about(2, -aside) @ _about(0, bent)
    nod, turn, tilt = (_drawn(each, count, rng) / 2.0 for each in (family.nod, family.turn, family.tilt))
    for name in ("neck", "head"):
        local[:, JOINT_INDEX[name]] @= _about(1, turn) @ _about(2, -tilt) @ _about(0, nod)
    raised = _drawn(family.shrug, count, rng)
    for side, sign in _SIGNS.items():
        local[:, JOINT_INDEX[f"{side}_collar"]] @= _about(2, sign * raised)


def _leg(local: DoubleArray, side: str, *, leg: Leg, rng: np.random.Generator) -> None:
    """The thigh against the vertical, however the pelvis leans; the rest against the thigh."""
    count, sign = len(local), _SIGNS[side]
    ranges = (leg.forward, leg.out, leg.toes, leg.knee, leg.ankle)
    forward, out, toes, knee, ankle = (np.radians(_drawn(each, count, rng)) for each in ranges)
    way = np.stack([sign * np.sin(out), -np.cos(out) * np.cos(forward), np.cos(out) * np.sin(forward)], axis=1)
    thigh = swing_between(np.broadcast_to((0.0, -1.0, 0.0), way.shape), way) @ _about(1, np.degrees(sign * toes))
    upright = np.swapaxes(local[:, 0], 1, 2)
    local[:, JOINT_INDEX[f"{side}_hip"]] = upright @ thigh @ local[:, JOINT_INDEX[f"{side}_hip"]]
    local[:, JOINT_INDEX[f"{side}_knee"]] = _about(0, np.degrees(knee))
    local[:, JOINT_INDEX[f"{side}_ankle"]] @= _about(0, np.degrees(-ankle))


def _arm(local: DoubleArray, side: str, *, arm: Arm, rng: np.random.Generator) -> None:
    count, sign = len(local), _SIGNS[side]
    way = np.array([sign * arm.way[0], arm.way[1], arm.way[2]])
    way = normalized(normalized(way) + arm.spread * rng.standard_normal((count, 3)))
    along = np.broadcast_to((sign, 0.0, 0.0), way.shape)
    local[:, JOINT_INDEX[f"{side}_shoulder"]] = swing_between(along, way) @ _about(0, _drawn(arm.twist, count, rng))
    local[:, JOINT_INDEX[f"{side}_elbow"]] = _about(1, -sign * _drawn(arm.elbow, count, rng))
    local[:, JOINT_INDEX[f"{side}_wrist"]] @= _about(2, sign * _drawn(arm.wrist, count, rng))


def _reach(local: DoubleArray, side: str, *, reach: Reach, rng: np.random.Generator) -> None:
    """The palm goes to the place, the elbow outwards and down: the law of cosines in the plane of both."""
    count, sign = len(local), _SIGNS[side]
    world = global_rotations(local)
    joints = joint_positions(world, np.zeros((count, 3)))
    spot = SPOT_INDEX[_spot(reach.spot, side)]
    carrier = world[:, SPOT_JOINTS[spot]]
    moved = np.array([sign * reach.moved[0], reach.moved[1], reach.moved[2]])
    goal = joints[:, SPOT_JOINTS[spot]] + carrier @ SPOT_OFFSETS[spot] + _frame(carrier, reach.spot, world) @ moved
    goal = goal + 0.012 * rng.standard_normal((count, 3))
    collar = world[:, JOINT_INDEX[f"{side}_collar"]]
    way = goal - joints[:, JOINT_INDEX[f"{side}_shoulder"]]
    far = np.clip(np.linalg.norm(way, axis=1), 0.12, _UPPER + _LOWER - 0.005)
    along = normalized(way)
    hint = collar @ np.array([sign * reach.elbow_out, -0.8, -0.25]) + 0.12 * rng.standard_normal((count, 3))
    out = normalized(hint - (hint * along).sum(1, keepdims=True) * along)
    inner = np.arccos(np.clip((_UPPER**2 + far**2 - _LOWER**2) / (2.0 * _UPPER * far), -1.0, 1.0))
    upper = np.cos(inner)[:, None] * along + np.sin(inner)[:, None] * out
    lower = normalized(far[:, None] * along - _UPPER * upper)
    bend = np.degrees(np.arccos(np.clip((upper * lower).sum(1), -1.0, 1.0)))
    ahead = normalized(lower - (upper * lower).sum(1, keepdims=True) * upper)
    axis = sign * upper
    turned = np.stack([axis, np.cross(ahead, axis), ahead], axis=2)
    local[:, JOINT_INDEX[f"{side}_shoulder"]] = np.swapaxes(collar, 1, 2) @ turned
    local[:, JOINT_INDEX[f"{side}_elbow"]] = _about(1, -sign * bend)


def _spot(name: str, side: str) -> str:
    """`hip` is that of the side, `other_hip` that of the other; what is in the middle has one name."""
    if name.startswith("other_"):
        return f"{'right' if side == 'left' else 'left'}_{name.removeprefix('other_')}"
    return name if name in SPOT_INDEX else f"{side}_{name}"


def _frame(carrier: DoubleArray, spot: str, world: DoubleArray) -> DoubleArray:
    """The axes that a distance from a place is told in: the chest's for limbs, whose own axes lie anyhow."""
    limbs = ("elbow", "upper_arm", "forearm", "knee", "thigh", "shin", "wrist")
    return world[:, JOINT_INDEX["spine3"]] if spot.removeprefix("other_") in limbs else carrier


def _in_mirror(local: DoubleArray) -> DoubleArray:
    flip = np.diag([-1.0, 1.0, 1.0])
    return flip @ local[:, MIRROR] @ flip


def _drawn(bounds: Range, count: int, rng: np.random.Generator) -> DoubleArray:
    """(count,) degrees, mostly well inside the bounds."""
    low, high = bounds
    return low + (high - low) * rng.beta(2.0, 2.0, count)


def _about(axis: int, degrees: AnyFloatArray) -> DoubleArray:
    """(N,) degrees -> (N, 3, 3) about a coordinate axis."""
    turn = np.zeros((len(degrees), 3))
    turn[:, axis] = np.radians(degrees)
    return axis_angle_to_matrix(turn)
