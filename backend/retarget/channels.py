"""Rotations -> the numbers of a bone's rotation channels: every rotation mode, continuous over time, locks kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..rotations import normalized, quaternion_to_matrix
from .rig_spec import BoolArray

PROPERTY: Final = {"QUATERNION": "rotation_quaternion", "AXIS_ANGLE": "rotation_axis_angle"}
"""The rotation property of a mode; every Euler order has `rotation_euler`."""


@dataclass(frozen=True)
class RotationLocks:
    """Which rotation channels an artist has locked.

    Attributes:
        mode: the bone's rotation mode.
        locked: (4,) in the order w, x, y, z.
        per_component: the four of a quaternion or axis-angle are locked one by one; else x, y, z of its Euler angles.
    """

    mode: str
    locked: BoolArray
    per_component: bool

    @property
    def open_channels(self) -> tuple[int, ...]:
        """Indices of the channels of `mode` that may change."""
        if self.mode not in PROPERTY:
            return tuple(index for index in range(3) if not self.locked[index + 1])
        if self.locked[1:].all():
            return ()  # the first number alone, the angle of an axis that stays, would mean nothing
        return tuple(index for index in range(4) if not (self.per_component and self.locked[index]))

    @property
    def without_locks(self) -> RotationLocks:
        """The same mode with every channel open."""
        return RotationLocks(self.mode, np.zeros(4, np.bool_), False)


def rotation_property(mode: str) -> str:
    """Name of the property that holds a bone's rotation in this mode."""
    return PROPERTY.get(mode, "rotation_euler")


def rotation_channels(
    quaternions: AnyFloatArray, locks: RotationLocks, *, near: AnyFloatArray, current: AnyFloatArray
) -> DoubleArray:
    """(T, 4) w, x, y, z -> (T, 4) quaternion or angle and axis, or (T, 3) Euler angles in radians as x, y, z.

    Args:
        quaternions: the rotations wanted.
        locks: the bone's mode and locks.
        near: the channels' values before the first frame, which the first frame stays nearest to.
        current: the channels' values now, which locked channels keep.
    """
    if locks.mode in PROPERTY and not locks.per_component and locks.locked[1:].any():
        quaternions = _with_euler_locks(quaternions, locks, current)
    if locks.mode == "QUATERNION":
        values = _near_in_sign(quaternions, near)
    elif locks.mode == "AXIS_ANGLE":
        values = _axis_angles(quaternions, near)
    else:
        values = euler_angles(quaternions, locks.mode, near=near)
    shut = [index for index in range(values.shape[1]) if index not in locks.open_channels]
    values[:, shut] = np.asarray(current, dtype=np.float64)[shut]
    return values


def channels_to_quaternion(values: AnyFloatArray, mode: str) -> DoubleArray:
    """The inverse of `rotation_channels` for (..., C) values: (..., 4) w, x, y, z."""
    values = np.asarray(values, dtype=np.float64)
    if mode == "QUATERNION":
        return normalized(values)
    if mode == "AXIS_ANGLE":
        half = 0.5 * values[..., :1]
        return np.concatenate([np.cos(half), np.sin(half) * normalized(values[..., 1:])], axis=-1)
    quaternion = np.broadcast_to([1.0, 0.0, 0.0, 0.0], (*values.shape[:-1], 4))
    for letter in mode:
        axis = "XYZ".index(letter)
        half = 0.5 * values[..., axis, None]
        turn = np.concatenate([np.cos(half), np.sin(half) * np.eye(3)[axis]], axis=-1)
        quaternion = _multiplied(turn, quaternion)
    return quaternion


def euler_angles(quaternions: AnyFloatArray, order: str, *, near: AnyFloatArray) -> DoubleArray:
    """(T, 4) -> (T, 3) angles x, y, z in radians, each frame nearest to the one before, the first nearest to `near`.

    Convention: Blender's; order XYZ turns about x first. With i, j, k the axes in that order, the matrix is
    R_k R_j R_i; at gimbal lock the first angle is 0.
    """
    matrix = quaternion_to_matrix(np.asarray(quaternions))
    i, j, k = ("XYZ".index(letter) for letter in order)
    parity = 1.0 if (j - i) % 3 == 1 else -1.0
    cosine = np.hypot(matrix[:, i, i], matrix[:, j, i])
    locked = cosine < 1e-6
    first = np.arctan2(parity * matrix[:, k, j], matrix[:, k, k])
    second = np.arctan2(-parity * matrix[:, k, i], cosine)
    third = np.arctan2(parity * matrix[:, j, i], matrix[:, i, i])
    angles = np.empty((len(matrix), 3))
    angles[:, i] = np.where(locked, 0.0, first)
    angles[:, j] = second
    angles[:, k] = np.where(locked, np.arctan2(-parity * matrix[:, i, j], matrix[:, j, j]), third)
    return _unwrapped(angles, (i, j, k), near)


def _unwrapped(angles: DoubleArray, axes: tuple[int, int, int], near: AnyFloatArray) -> DoubleArray:
    """Choose between the two triples of each rotation, then whole turns, so that no frame jumps."""
    start = np.concatenate([np.asarray(near, dtype=np.float64)[None], angles])
    other = start + np.pi
    other[:, axes[1]] = np.pi - start[:, axes[1]]
    stay, swap = _turn_apart(start[1:], start[:-1]), _turn_apart(other[1:], start[:-1])
    # Swapping both of two frames leaves their distance as it is, so that swaps add up along the frames.
    swapped = np.concatenate([[False], np.cumsum(swap < stay) % 2 == 1])
    chosen = np.where(swapped[:, None], other, start)
    return np.unwrap(chosen, axis=0)[1:]


def _turn_apart(first: DoubleArray, second: DoubleArray) -> DoubleArray:
    return np.abs((first - second + np.pi) % (2.0 * np.pi) - np.pi).sum(axis=-1)


def _near_in_sign(quaternions: AnyFloatArray, near: AnyFloatArray) -> DoubleArray:
    chain = np.concatenate([np.asarray(near, dtype=np.float64)[None], quaternions])
    signs = np.where(np.sum(chain[1:] * chain[:-1], axis=-1) < 0.0, -1.0, 1.0)
    return np.cumprod(signs)[:, None] * quaternions


def _axis_angles(quaternions: AnyFloatArray, near: AnyFloatArray) -> DoubleArray:
    """(T, 4) angle, x, y, z: the axis never flips, the angle runs on; without a turn the axis stays as it was."""
    near = np.asarray(near, dtype=np.float64)
    sines = np.linalg.norm(quaternions[:, 1:], axis=-1)
    axis = near[1:] if np.linalg.norm(near[1:]) > 1e-6 else np.array([0.0, 1.0, 0.0])
    values = np.empty((len(quaternions), 4))
    for frame, sine in enumerate(sines):
        w, vector = quaternions[frame, 0], quaternions[frame, 1:]
        sign = -1.0 if vector @ axis < 0.0 else 1.0
        axis = sign * vector / sine if sine > 1e-6 else axis
        values[frame] = [2.0 * np.arctan2(sine, sign * w), *axis]
    whole = np.concatenate([near[:1], values[:, 0]])
    values[:, 0] = np.unwrap(whole)[1:]
    return values


def _with_euler_locks(quaternions: AnyFloatArray, locks: RotationLocks, current: AnyFloatArray) -> DoubleArray:
    """What Blender's transform tools do: locked x, y, z of the Euler angles of a quaternion keep their values."""
    now = channels_to_quaternion(np.asarray(current), locks.mode)
    before = euler_angles(now[None], "XYZ", near=np.zeros(3))[0]
    angles = euler_angles(quaternions, "XYZ", near=before)
    angles[:, locks.locked[1:]] = before[locks.locked[1:]]
    return channels_to_quaternion(angles, "XYZ")


def _multiplied(first: DoubleArray, second: DoubleArray) -> DoubleArray:
    """Hamilton product (..., 4) x (..., 4): `second` is applied before `first`."""
    scalar = first[..., :1] * second[..., :1] - np.sum(first[..., 1:] * second[..., 1:], axis=-1, keepdims=True)
    vector = (
        first[..., :1] * second[..., 1:] + second[..., :1] * first[..., 1:] + np.cross(first[..., 1:], second[..., 1:])
    )
    return np.concatenate([scalar, vector], axis=-1)
