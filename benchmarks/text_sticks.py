"""Poses written by hand as the directions of limbs, for the edits' start poses and for tests of the expectations.

A pose is an object of directions, each (left, up, forward) of any length as the body sees them, and of angles:

    {"left_upper_arm": [0.2, -1, 0], "left_forearm": [0, 0, 1], "lean": 20, "head": {"left": 30}}

`root` is the pelvis' pitch forward and roll to the left in degrees, `facing` its turn to its own left; `lean`, `side`
and `twist` bend the spine forward and to the left and turn it left; arms hang and legs stand where nothing is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from scipy.spatial.transform import Rotation

from contrapposto.backend.arrays import DoubleArray
from contrapposto.backend.rotations import frame_from_axes, matrix_to_axis_angle, swing_between
from contrapposto.backend.skeleton import JOINT_COUNT, JOINT_INDEX, PARENTS, REST_OFFSETS

_HANGING: Final = {"upper_arm": (0.12, -1.0, 0.0), "thigh": (0.03, -1.0, 0.0)}
_STRAIGHT: Final = 0.05
"""Below this sine a hinge's plane is not told by its two bones."""
_FIELDS: Final = {"root", "facing", "lean", "side", "twist", "head"} | {
    f"{side}_{name}"
    for side in ("left", "right")
    for name in ("upper_arm", "forearm", "hand", "palm", "thigh", "shin", "foot")
}


def stick_pose(said: Mapping[str, Any]) -> DoubleArray:
    """The axis-angle rotations (24, 3) of such a pose.

    Raises:
        ValueError: a name is not one of those above.
    """
    unknown = set(said) - _FIELDS
    if unknown:
        raise ValueError(f"No pose has {', '.join(sorted(unknown))}.")
    turned = Rotation.from_euler("Y", said.get("facing", 0.0), degrees=True).as_matrix()
    pitch, roll = said.get("root", (0.0, 0.0))
    local = np.broadcast_to(np.eye(3), (JOINT_COUNT, 3, 3)).copy()
    local[0] = turned @ Rotation.from_euler("ZX", (-roll, pitch), degrees=True).as_matrix()
    spine = np.array([said.get("twist", 0.0), said.get("lean", 0.0), -said.get("side", 0.0)]) / 3.0
    for joint in ("spine1", "spine2", "spine3"):
        local[JOINT_INDEX[joint]] = Rotation.from_euler("YXZ", spine, degrees=True).as_matrix()
    head = said.get("head", {})
    nod = (head.get("left", 0.0), head.get("down", 0.0), -head.get("tilt_left", 0.0))
    for joint in ("neck", "head"):
        local[JOINT_INDEX[joint]] = Rotation.from_euler("YXZ", np.divide(nod, 2.0), degrees=True).as_matrix()
    for side in ("left", "right"):
        _set_arm(local, said, side=side, turned=turned)
        _set_leg(local, said, side=side, turned=turned)
    return matrix_to_axis_angle(local)


def _direction(said: Mapping[str, Any], name: str, fallback: DoubleArray | None) -> DoubleArray | None:
    if name in said:
        found = np.asarray(said[name], np.float64)
    elif fallback is None:
        return None
    else:
        return fallback
    return found / np.linalg.norm(found)


def _hanging(part: str, side: str) -> DoubleArray:
    across, up, ahead = _HANGING[part]
    found = np.array([across if side == "left" else -across, up, ahead])
    return found / np.linalg.norm(found)


def _set_arm(local: DoubleArray, said: Mapping[str, Any], *, side: str, turned: DoubleArray) -> None:
    upper = _direction(said, f"{side}_upper_arm", _hanging("upper_arm", side))
    fore = _direction(said, f"{side}_forearm", upper)
    assert upper is not None
    assert fore is not None
    hand, palm = _direction(said, f"{side}_hand", None), _direction(said, f"{side}_palm", None)
    rest = np.array([1.0 if side == "left" else -1.0, 0.0, 0.0])
    above = _world(local, "spine3")
    # The elbow bends towards its own z.
    bent = fore - (fore @ upper) * upper
    world = {"shoulder": swing_between(above @ rest, turned @ upper) @ above}
    if np.linalg.norm(bent) > _STRAIGHT:
        ahead = turned @ bent / np.linalg.norm(bent)
        along = turned @ upper * rest[0]
        world["shoulder"] = np.stack([along, np.cross(ahead, along), ahead], axis=1)
    world["elbow"] = swing_between(world["shoulder"] @ rest, turned @ fore) @ world["shoulder"]
    if palm is not None:
        world["elbow"] = frame_from_axes(turned @ fore * rest[0], -turned @ palm)
    world["wrist"] = world["elbow"]
    if hand is not None:
        world["wrist"] = swing_between(world["elbow"] @ rest, turned @ hand) @ world["elbow"]
    _put(local, world, side=side, above=above)


def _set_leg(local: DoubleArray, said: Mapping[str, Any], *, side: str, turned: DoubleArray) -> None:
    thigh = _direction(said, f"{side}_thigh", _hanging("thigh", side))
    shin = _direction(said, f"{side}_shin", thigh)
    assert thigh is not None
    assert shin is not None
    foot = _direction(said, f"{side}_foot", None)
    down, above = np.array([0.0, -1.0, 0.0]), local[0]
    bent = shin - (shin @ thigh) * thigh
    world = {"hip": swing_between(above @ down, turned @ thigh) @ above}
    if np.linalg.norm(bent) > _STRAIGHT:
        # The knee bends against its own z.
        ahead = -turned @ bent / np.linalg.norm(bent)
        up = -turned @ thigh
        world["hip"] = np.stack([np.cross(up, ahead), up, ahead], axis=1)
    world["knee"] = swing_between(world["hip"] @ down, turned @ shin) @ world["hip"]
    world["ankle"] = world["knee"]
    if foot is not None:
        rest = REST_OFFSETS[JOINT_INDEX[f"{side}_foot"]].astype(np.float64)
        world["ankle"] = swing_between(world["knee"] @ rest, turned @ foot) @ world["knee"]
    _put(local, world, side=side, above=above)


def _put(local: DoubleArray, world: dict[str, DoubleArray], *, side: str, above: DoubleArray) -> None:
    for name, turn in world.items():
        local[JOINT_INDEX[f"{side}_{name}"]] = above.T @ turn
        above = turn


def _world(local: DoubleArray, joint: str) -> DoubleArray:
    """The turn (3, 3) of a joint in the world, of its own and its ancestors' turns."""
    at, found = JOINT_INDEX[joint], np.eye(3)
    while at >= 0:
        found, at = local[at] @ found, PARENTS[at]
    return found
