"""Rotations: the one module that converts between conventions.

Convention: axis-angle in radians; matrices act on column vectors; quaternions are w, x, y, z as Blender's are.
scipy's and roma's x, y, z, w order never leaves this file. Leading axes are free: (..., 3), (..., 4), (..., 3, 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.spatial.transform import Rotation

from .arrays import AnyFloatArray, DoubleArray

if TYPE_CHECKING:
    import torch

MIRRORED_6D: Final = (1.0, -1.0, -1.0, -1.0, 1.0, 1.0)
"""Signs of a rotation's six numbers in a mirror in the plane x = 0."""


def axis_angle_to_matrix(axis_angle: AnyFloatArray) -> DoubleArray:
    """(..., 3) radians -> (..., 3, 3)."""
    flat = np.asarray(axis_angle, dtype=np.float64).reshape(-1, 3)
    return Rotation.from_rotvec(flat).as_matrix().reshape(*axis_angle.shape[:-1], 3, 3)


def matrix_to_axis_angle(matrix: AnyFloatArray) -> DoubleArray:
    """(..., 3, 3) -> (..., 3) radians, with angles in [0, pi]."""
    xyzw = np.roll(matrix_to_quaternion(matrix).reshape(-1, 4), -1, axis=-1)
    return Rotation.from_quat(xyzw).as_rotvec().reshape(*matrix.shape[:-2], 3)


def matrix_to_quaternion(matrix: AnyFloatArray) -> DoubleArray:
    """(..., 3, 3) -> (..., 4) as w, x, y, z with w >= 0.

    Each row of the symmetric matrix 4 q q^T is the quaternion up to its length; the row with the largest diagonal is
    taken (S. W. Shepperd, "Quaternion from rotation matrix", 1978). Faster than scipy, which makes every matrix
    orthogonal first.
    """
    lead = matrix.shape[:-2]
    flat = np.moveaxis(np.asarray(matrix, dtype=np.float64), (-2, -1), (0, 1)).reshape(9, -1)
    found = _quaternion_row(flat, 0)
    turned_over = np.flatnonzero(found[0] < 1.0)
    if turned_over.size:
        rest = flat[:, turned_over]
        row = np.argmax(np.stack([found[0, turned_over], *(_diagonal(rest, axis) for axis in (1, 2, 3))]), axis=0)
        for axis in (1, 2, 3):
            chosen = turned_over[row == axis]
            found[:, chosen] = _quaternion_row(flat[:, chosen], axis)
    found *= np.where(found[0] < 0.0, -1.0, 1.0) / np.sqrt(np.sum(found * found, axis=0))
    return np.moveaxis(found.reshape(4, *lead), 0, -1)


def _diagonal(flat: DoubleArray, row: int) -> DoubleArray:
    """(9, M) -> (M,): four times the square of w, x, y or z."""
    x, y, z = flat[0], flat[4], flat[8]
    return 1.0 + (x + y + z if row == 0 else x - y - z if row == 1 else y - x - z if row == 2 else z - x - y)


def _quaternion_row(flat: DoubleArray, row: int) -> DoubleArray:
    """(9, M) -> (4, M): w, x, y, z times four times the component that `row` names."""
    off = {1: (7, 5), 2: (2, 6), 3: (3, 1)}
    found = np.empty((4, flat.shape[1]))
    found[row] = _diagonal(flat, row)
    for axis, (one, other) in off.items():
        if row == 0:
            found[axis] = flat[one] - flat[other]
        elif row == axis:
            found[0] = flat[one] - flat[other]
        else:
            third = off[6 - row - axis]
            found[axis] = flat[third[0]] + flat[third[1]]
    return found


def quaternion_to_matrix(quaternion: AnyFloatArray) -> DoubleArray:
    """(..., 4) as w, x, y, z, of any length but zero -> (..., 3, 3)."""
    flat = np.asarray(quaternion, dtype=np.float64).reshape(-1, 4)
    return Rotation.from_quat(np.roll(flat, -1, axis=-1)).as_matrix().reshape(*quaternion.shape[:-1], 3, 3)


def matrix_to_6d_torch(matrix: torch.Tensor) -> torch.Tensor:
    """(..., 3, 3) -> (..., 6): its first two columns (Zhou et al., CVPR 2019)."""
    return matrix[..., :2].transpose(-1, -2).flatten(-2)


def matrix_from_6d_torch(six: torch.Tensor) -> torch.Tensor:
    """(..., 6) of any scale -> (..., 3, 3) by Gram-Schmidt, differentiable."""
    import torch
    from torch.nn.functional import normalize

    first = normalize(six[..., :3], dim=-1)
    second = six[..., 3:] - (first * six[..., 3:]).sum(-1, keepdim=True) * first
    second = normalize(second, dim=-1)
    return torch.stack([first, second, torch.linalg.cross(first, second)], dim=-1)


def geodesic_angle_torch(first: torch.Tensor, second: torch.Tensor) -> torch.Tensor:
    """Angle in radians between rotations (..., 3, 3) and (..., 3, 3), from |A - B| = sqrt(8) sin(angle / 2)."""
    chord = (first - second).square().sum((-1, -2)).clamp_min(1e-12).sqrt()
    return 2.0 * (chord / 8.0**0.5).clamp_max(1.0 - 1e-6).asin()


def matrix_to_quaternion_torch(matrix: torch.Tensor) -> torch.Tensor:
    """`matrix_to_quaternion` in torch: (..., 3, 3) -> (..., 4) as w, x, y, z with w >= 0."""
    import roma
    import torch

    xyzw = torch.as_tensor(roma.rotmat_to_unitquat(matrix))
    return torch.where(xyzw[..., 3:] < 0.0, -xyzw, xyzw).roll(1, -1)


def swing_between(start: AnyFloatArray, end: AnyFloatArray) -> DoubleArray:
    """The smallest rotations (..., 3, 3) that turn the directions `start` (..., 3) into `end` (..., 3).

    Rodrigues' formula with the axis start x end; where the two are opposite any perpendicular axis serves.
    """
    first, second = normalized(start), normalized(end)
    first, second = np.broadcast_arrays(first, second)
    axis, cosine = np.cross(first, second), np.sum(first * second, axis=-1)
    sine = np.linalg.norm(axis, axis=-1)
    axis = np.where(sine[..., None] > 1e-8, axis, np.cross(first, _helper(first)))
    return axis_angle_to_matrix(normalized(axis) * np.arctan2(sine, cosine)[..., None])


def frame_from_axes(primary: AnyFloatArray, secondary: AnyFloatArray) -> DoubleArray:
    """Right-handed orthonormal frames (..., 3, 3) by Gram-Schmidt.

    The first column points along `primary` (..., 3), the second as near to `secondary` (..., 3) as it can. Where a
    direction is missing or both are parallel, an axis of the coordinate system stands in.
    """
    first = normalized(primary)
    first = np.where(np.linalg.norm(first, axis=-1, keepdims=True) > 0.5, first, [1.0, 0.0, 0.0])
    second = _across(first, np.asarray(secondary, dtype=np.float64))
    second = np.where(np.linalg.norm(second, axis=-1, keepdims=True) > 0.5, second, _across(first, _helper(first)))
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def _across(axis: DoubleArray, vectors: DoubleArray) -> DoubleArray:
    """`vectors` (..., 3) without their part along the unit `axis` (..., 3), as unit vectors."""
    return normalized(vectors - np.sum(vectors * axis, axis=-1, keepdims=True) * axis)


def _helper(axis: DoubleArray) -> DoubleArray:
    """A coordinate axis (..., 3) that is far from the unit `axis` (..., 3)."""
    return np.where(np.abs(axis[..., :1]) < 0.9, np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0]))


def twist_angle(axis: AnyFloatArray, start: AnyFloatArray, end: AnyFloatArray) -> DoubleArray:
    """Signed angle (...) in radians, in [-pi, pi], that turns `start` into `end` about `axis` (all (..., 3)).

    Both are seen along the axis; where one of them lies on the axis the angle is 0.
    """
    axis = normalized(axis)
    sine = np.sum(np.cross(start, end) * axis, axis=-1)
    cosine = np.sum(start * end, axis=-1) - np.sum(start * axis, axis=-1) * np.sum(end * axis, axis=-1)
    return np.arctan2(sine, cosine)


def normalized(vectors: AnyFloatArray) -> DoubleArray:
    """(..., 3) directions of length 1; a vector shorter than 1e-12 stays as it is."""
    vectors = np.asarray(vectors, dtype=np.float64)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def geodesic_angle(first: AnyFloatArray, second: AnyFloatArray) -> DoubleArray:
    """Angle in radians between the rotations (..., 3, 3) and (..., 3, 3), in [0, pi]."""
    relative = np.swapaxes(np.asarray(first, dtype=np.float64), -1, -2) @ second
    return np.linalg.norm(matrix_to_axis_angle(relative), axis=-1)
