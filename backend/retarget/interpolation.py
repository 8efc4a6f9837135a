"""Spherical interpolation, powers and twists of many rotations at once."""

from __future__ import annotations

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..rotations import (
    axis_angle_to_matrix,
    matrix_to_quaternion,
    normalized,
    quaternion_to_matrix,
)


def slerp(first: AnyFloatArray, second: AnyFloatArray, amount: AnyFloatArray | float) -> DoubleArray:
    """Quaternions (..., 4) on the shorter arc from `first` (amount 0) to `second` (1); `amount` (...) or a number."""
    amount = np.asarray(amount, dtype=np.float64)[..., None]
    start, end = normalized(first), normalized(second)
    cosine = np.sum(start * end, axis=-1, keepdims=True)
    end, cosine = np.where(cosine < 0.0, -end, end), np.abs(cosine)
    angle = np.arccos(np.clip(cosine, 0.0, 1.0))
    sine = np.sin(angle)
    near = sine < 1e-6
    safe = np.where(near, 1.0, sine)
    from_start = np.where(near, 1.0 - amount, np.sin((1.0 - amount) * angle) / safe)
    from_end = np.where(near, amount, np.sin(amount * angle) / safe)
    return normalized(from_start * start + from_end * end)


def between(first: AnyFloatArray, second: AnyFloatArray, amount: float) -> DoubleArray:
    """Rotation matrices (..., 3, 3) a share `amount` of the way from `first` to `second`."""
    if amount <= 0.0:
        return np.array(first, dtype=np.float64)
    if amount >= 1.0:
        return np.array(second, dtype=np.float64)
    return quaternion_to_matrix(slerp(matrix_to_quaternion(first), matrix_to_quaternion(second), amount))


def swing_and_twist(rotation: AnyFloatArray, axis: AnyFloatArray) -> tuple[DoubleArray, DoubleArray]:
    """Split `rotation` (..., 3, 3) = swing (..., 3, 3) @ turn by twist (...) radians about the unit `axis` (3,).

    Twist in (-pi, pi]: the standard projection of the quaternion on the axis; 0 where the axis is turned right over.
    """
    quaternion = matrix_to_quaternion(rotation)
    along = quaternion[..., 1:] @ np.asarray(axis, dtype=np.float64)
    twist = 2.0 * np.arctan2(along, quaternion[..., 0])
    twist = np.where(np.hypot(along, quaternion[..., 0]) < 1e-9, 0.0, (twist + np.pi) % (2.0 * np.pi) - np.pi)
    back = turn_about(axis, -twist)
    return np.asarray(rotation, dtype=np.float64) @ back, twist


def turn_about(axis: AnyFloatArray, angle: AnyFloatArray | float) -> DoubleArray:
    """Rotations (..., 3, 3) by `angle` (...) radians about the unit `axis` (3,)."""
    return axis_angle_to_matrix(np.asarray(angle, dtype=np.float64)[..., None] * np.asarray(axis, dtype=np.float64))


def turn_about_each(axes: AnyFloatArray, angles: AnyFloatArray) -> DoubleArray:
    """Rotations (T, 3, 3) by `angles` (T,) radians about the unit `axes` (T, 3)."""
    return axis_angle_to_matrix(np.asarray(angles, dtype=np.float64)[:, None] * np.asarray(axes, dtype=np.float64))


def angle_between(first: AnyFloatArray, second: AnyFloatArray) -> DoubleArray:
    """Angle in radians between the rotations of the unit quaternions (..., 4) and (..., 4), in [0, pi]."""
    cosine = np.abs(np.sum(np.asarray(first, dtype=np.float64) * second, axis=-1))
    return 2.0 * np.arccos(np.clip(cosine, 0.0, 1.0))
