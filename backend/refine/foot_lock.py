"""Feet that stand, stand still: legs are bent so that standing soles stay where they stand, without a knee that pops.

Convention: a world whose y points up and whose ground is y = 0; metres; T frames evenly spaced.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.ndimage import (
    gaussian_filter1d,  # pyright: ignore[reportUnknownVariableType]
    maximum_filter1d,  # pyright: ignore[reportUnknownVariableType]
)
from scipy.spatial.transform import Rotation

from ..arrays import BoolArray, DoubleArray
from ..kinematics import global_rotations, joint_positions
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle, normalized, swing_between
from ..skeleton import JOINT_INDEX
from .contacts import runs, soles

_EASED_S: Final = 0.2
"""A correction comes and goes in about this time beside a contact."""
_STRETCHED: Final = 0.99
"""A leg is stretched to this share of its length at most: straighter, a millimetre would turn the knee by degrees."""
_SIDES: Final = ("left", "right")
_UP: Final = np.array([0.0, 1.0, 0.0])


def with_locked_feet(
    rotations: DoubleArray, pelvis: DoubleArray, stands: BoolArray, *, offsets: DoubleArray, fps: float
) -> tuple[DoubleArray, DoubleArray]:
    """Bend the legs, and lower the pelvis where they are too short, so that standing soles stand.

    Args:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the world.
        pelvis: (T, 3).
        stands: (T, 4) left heel, left ball, right heel, right ball.
        offsets: (24, 3) metres, the body's rest offsets.
        fps: frames per second.

    Returns:
        Rotations and pelvis, as given.
    """
    if not stands.any():
        return rotations, pelvis
    turned, place = np.array(rotations, np.float64), np.array(pelvis, np.float64)
    eased = max(1, round(_EASED_S * fps))
    for side in (0, 1):
        _set_flat(turned, stands[:, 2 * side : 2 * side + 2], ankle=JOINT_INDEX[f"{_SIDES[side]}_ankle"], eased=eased)
    joints = joint_positions(global_rotations(turned), place, offsets=offsets)
    found = soles(turned, place, offsets=offsets)
    goals = [
        joints[:, JOINT_INDEX[f"{name}_ankle"]]
        + _moves(found[:, 2 * side : 2 * side + 2], stands[:, 2 * side : 2 * side + 2], eased=eased)
        for side, name in enumerate(_SIDES)
    ]
    place[:, 1] -= _lowered(joints, goals, offsets=offsets, eased=eased)
    for name, goal in zip(_SIDES, goals, strict=True):
        _bend(turned, place, goal, side=name, offsets=offsets)
    return turned, place


def _set_flat(turned: DoubleArray, stands: BoolArray, *, ankle: int, eased: int) -> None:
    """While heel and ball stand, the foot keeps its direction and lies level; before and after it turns there."""
    world = global_rotations(turned)
    wanted, flat = world[:, ankle].copy(), stands.all(1)
    if not flat.any():
        return
    turns = np.zeros((len(turned), 3))
    for run in runs(flat):
        mean = _mean_rotation(world[run, ankle])
        ahead = mean @ np.array([0.0, 0.0, 1.0])
        level = swing_between(ahead, ahead - (ahead @ _UP) * _UP) @ mean
        turns[run] = matrix_to_axis_angle(level @ np.swapaxes(world[run, ankle], 1, 2))
    wanted = axis_angle_to_matrix(_between(turns, flat, eased)) @ wanted
    above = world[:, JOINT_INDEX["left_knee"] if ankle == JOINT_INDEX["left_ankle"] else JOINT_INDEX["right_knee"]]
    turned[:, ankle] = np.swapaxes(above, 1, 2) @ wanted


def _mean_rotation(rotations: DoubleArray) -> DoubleArray:
    """(3, 3) the mean of (N, 3, 3)."""
    return Rotation.from_matrix(rotations).mean().as_matrix()


def _moves(places: DoubleArray, stands: BoolArray, *, eased: int) -> DoubleArray:
    """(T, 3): where a foot goes so that its soles (T, 2, 3) stand still while they stand (T, 2).

    How high is left as it is in the mean: ground that is told a little wrong would bend every leg.
    """
    moves, weight = np.zeros(places.shape), stands.astype(np.float64)
    for sole in range(places.shape[1]):
        for run in runs(stands[:, sole]):
            anchor = places[run, sole].mean(0)
            moves[run, sole] = anchor - places[run, sole]
    either = stands.any(1)
    mean = (moves * weight[..., None]).sum(1) / np.maximum(weight.sum(1), 1.0)[:, None]
    return _between(mean, either, eased)


def _between(values: DoubleArray, held: BoolArray, eased: int) -> DoubleArray:
    """(T, D) as they are where held (T,), fading out beside it within `eased` frames."""
    found = np.where(held[:, None], values, 0.0)
    for gap in runs(~held):
        count = gap.stop - gap.start
        reach = min(eased, count + 1)
        ahead: DoubleArray = np.arange(1.0, count + 1.0)
        if gap.start > 0:
            found[gap] += _fade(ahead / reach)[:, None] * values[gap.start - 1]
        if gap.stop < len(values):
            found[gap] += _fade(ahead[::-1] / reach)[:, None] * values[gap.stop]
    return found


def _fade(share: DoubleArray) -> DoubleArray:
    """From 1 at 0 to 0 at 1 and beyond, level at both ends; with that of 1 - share it sums to 1."""
    share = np.clip(share, 0.0, 1.0)
    return 1.0 - share * share * (3.0 - 2.0 * share)


def _lowered(joints: DoubleArray, goals: list[DoubleArray], *, offsets: DoubleArray, eased: int) -> DoubleArray:
    """(T,) metres by which the pelvis sinks so that both legs reach their goals."""
    needed = np.zeros(len(joints))
    for name, goal in zip(_SIDES, goals, strict=True):
        hip, ankle = joints[:, JOINT_INDEX[f"{name}_hip"]], joints[:, JOINT_INDEX[f"{name}_ankle"]]
        reach = _reach(hip, ankle, side=name, offsets=offsets)
        aside = np.square((hip - goal)[:, [0, 2]]).sum(1)
        height = np.sqrt(np.maximum(np.square(reach) - aside, 0.0))
        needed = np.maximum(needed, (hip - goal)[:, 1] - height)
    width = 2 * eased + 1
    widened: DoubleArray = np.asarray(maximum_filter1d(needed, width, mode="nearest"), np.float64)
    return np.asarray(gaussian_filter1d(widened, 0.5 * eased, mode="nearest"), np.float64)


def _reach(hip: DoubleArray, ankle: DoubleArray, *, side: str, offsets: DoubleArray) -> DoubleArray:
    """(T,) metres: how far from the hip the ankle may be; no nearer than it was."""
    length = sum(float(np.linalg.norm(offsets[JOINT_INDEX[f"{side}_{name}"]])) for name in ("knee", "ankle"))
    return np.maximum(_STRETCHED * length, np.minimum(np.linalg.norm(ankle - hip, axis=1), length))


def _bend(turned: DoubleArray, place: DoubleArray, goal: DoubleArray, *, side: str, offsets: DoubleArray) -> None:
    """Turn hip and knee so that the ankle is at the goal (T, 3).

    The knee stays in the plane in which it was, and the foot keeps its direction.
    """
    hip, knee, ankle = (JOINT_INDEX[f"{side}_{name}"] for name in ("hip", "knee", "ankle"))
    world = global_rotations(turned)
    joints = joint_positions(world, place, offsets=offsets)
    foot = world[:, ankle].copy()
    thigh, shin = joints[:, knee] - joints[:, hip], joints[:, ankle] - joints[:, knee]
    reach = _reach(joints[:, hip], joints[:, ankle], side=side, offsets=offsets)
    far = np.minimum(np.linalg.norm(goal - joints[:, hip], axis=1), reach)
    long, short = np.linalg.norm(thigh, axis=1), np.linalg.norm(shin, axis=1)
    cosine = (np.square(far) - np.square(long) - np.square(short)) / (2.0 * long * short)
    axis = _hinge(thigh, shin, world[:, knee])
    bent = np.arctan2(np.sum(np.cross(thigh, shin) * axis, axis=1), np.sum(thigh * shin, axis=1))
    more = np.arccos(np.clip(cosine, -1.0, 1.0)) - bent
    knee_turn = axis_angle_to_matrix(axis * more[:, None])
    straight = thigh + (knee_turn @ shin[..., None])[..., 0]
    hip_turn = swing_between(straight, goal - joints[:, hip])
    new_hip, new_knee = hip_turn @ world[:, hip], hip_turn @ knee_turn @ world[:, knee]
    turned[:, hip] = np.swapaxes(world[:, 0], 1, 2) @ new_hip
    turned[:, knee] = np.swapaxes(new_hip, 1, 2) @ new_knee
    turned[:, ankle] = np.swapaxes(new_knee, 1, 2) @ foot


def _hinge(thigh: DoubleArray, shin: DoubleArray, knee: DoubleArray) -> DoubleArray:
    """(T, 3) unit axes about which the knees bend: across the bent leg, and their own x axis where it is straight."""
    across = np.cross(thigh, shin)
    size = np.linalg.norm(thigh, axis=1) * np.linalg.norm(shin, axis=1)
    own = knee[..., 0]
    share = np.clip(np.linalg.norm(across, axis=1) / (0.1 * size), 0.0, 1.0)[:, None]
    sign = np.where(np.sum(across * own, axis=1) < 0.0, -1.0, 1.0)[:, None]
    axis = normalized(share * normalized(across) + (1.0 - share) * sign * own)
    return normalized(axis - np.sum(axis * normalized(thigh), axis=1, keepdims=True) * normalized(thigh))
