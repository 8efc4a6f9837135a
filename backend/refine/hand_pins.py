"""Hands that hold on to something: arms are bent so that the wrist is where it shall be, the elbow on its own side.

Works on directions only, with the arm lengths of whoever has them, such as an artist's rig.
Convention: the inner frame; T frames; lengths and places in one unit.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..errors import InputError
from ..kinematics import global_rotations
from ..rotations import axis_angle_to_matrix, normalized, swing_between
from ..skeleton import JOINT_INDEX, REST_OFFSETS

Side = Literal["left", "right"]

_STRETCHED: Final = 0.999
"""An arm is stretched to this share of its length at most: straighter, a millimetre would turn the elbow by degrees."""
_FOLDED: Final = 1.02
"""A wrist comes no nearer to the shoulder than this many times the difference of the arm's parts."""


def with_hand_at(
    rotations: AnyFloatArray, goal: AnyFloatArray, *, side: Side, lengths: tuple[float, float]
) -> tuple[DoubleArray, DoubleArray]:
    """Turn shoulder and elbow so that the wrist is at the goal, or as near as the arm allows; the hand keeps its way.

    Args:
        rotations: (T, 24, 3, 3) parent-relative, the pelvis in the world.
        goal: (T, 3) the wrist as seen from the shoulder joint, in the world's axes.
        side: which arm.
        lengths: of upper arm and forearm.

    Returns:
        Rotations as given, and (T,) how far the wrist stays off its goal.

    Raises:
        InputError: a length is not a positive number, or the goals do not fit the rotations.
    """
    turned, wanted = np.array(rotations, np.float64), np.asarray(goal, np.float64)
    if wanted.shape != (len(turned), 3) or not min(lengths) > 0.0:
        raise InputError(f"Goals {wanted.shape} and arm lengths {lengths} do not fit {len(turned)} frames.")
    shoulder, elbow, wrist = (JOINT_INDEX[f"{side}_{name}"] for name in ("shoulder", "elbow", "wrist"))
    world = global_rotations(turned)
    hand, collar = world[:, wrist].copy(), world[:, JOINT_INDEX[f"{side}_collar"]]
    upper = lengths[0] * _direction(world[:, shoulder], elbow)
    lower = lengths[1] * _direction(world[:, elbow], wrist)
    far = np.linalg.norm(wanted, axis=1)
    reach = np.clip(far, _FOLDED * abs(lengths[0] - lengths[1]) + 1e-9, _STRETCHED * sum(lengths))
    axis = _hinge(upper, lower, world[:, elbow], side=side)
    bent = np.arctan2(np.sum(np.cross(upper, lower) * axis, axis=1), np.sum(upper * lower, axis=1))
    cosine = (reach**2 - lengths[0] ** 2 - lengths[1] ** 2) / (2.0 * lengths[0] * lengths[1])
    wanted_bend = np.arccos(np.clip(cosine, -1.0, 1.0))
    elbow_turn = axis_angle_to_matrix(axis * (wanted_bend - bent)[:, None])
    forearm = lengths[1] / lengths[0] * (axis_angle_to_matrix(axis * wanted_bend[:, None]) @ upper[..., None])[..., 0]
    # The axis is not quite across a forearm that is nearly straight.
    elbow_turn = swing_between((elbow_turn @ lower[..., None])[..., 0], forearm) @ elbow_turn
    reached = upper + forearm
    shoulder_turn = swing_between(reached, np.where(far[:, None] > 1e-9, wanted, reached))
    new_shoulder = shoulder_turn @ world[:, shoulder]
    new_elbow = shoulder_turn @ elbow_turn @ world[:, elbow]
    turned[:, shoulder] = np.swapaxes(collar, 1, 2) @ new_shoulder
    turned[:, elbow] = np.swapaxes(new_shoulder, 1, 2) @ new_elbow
    turned[:, wrist] = np.swapaxes(new_elbow, 1, 2) @ hand
    return turned, np.abs(far - reach)


def _direction(rotations: DoubleArray, child: int) -> DoubleArray:
    """(T, 3) unit vectors to a child joint."""
    return rotations @ normalized(REST_OFFSETS[child].astype(np.float64))


def _hinge(upper: DoubleArray, lower: DoubleArray, elbow: DoubleArray, *, side: Side) -> DoubleArray:
    """(T, 3) unit axes about which the elbows bend: across the bent arm; where it is straight, as elbows do at rest.

    At rest palms face down and forearms bend forwards: a left arm, which points to +x, about -y, a right one about +y.
    """
    own = elbow[..., 1] * (-1.0 if side == "left" else 1.0)
    across = np.cross(upper, lower)
    size = np.linalg.norm(upper, axis=1) * np.linalg.norm(lower, axis=1)
    share = np.clip(np.linalg.norm(across, axis=1) / (0.1 * size), 0.0, 1.0)[:, None]
    unit = np.where(share > 0.0, across / np.maximum(np.linalg.norm(across, axis=1), 1e-12)[:, None], own)
    sign = np.where(np.sum(unit * own, axis=1) < 0.0, -1.0, 1.0)[:, None]
    axis = normalized(share * unit + (1.0 - share) * sign * own)
    along = normalized(upper)
    return normalized(axis - np.sum(axis * along, axis=1, keepdims=True) * along)
