"""Forward kinematics of the SMPL tree, in numpy and in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrays import AnyFloatArray, DoubleArray
from .rotations import axis_angle_to_matrix, axis_angle_to_matrix_torch
from .skeleton import PARENTS, REST_OFFSETS

if TYPE_CHECKING:
    import torch


def global_rotations(local: AnyFloatArray) -> DoubleArray:
    """Parent-relative matrices (..., 24, 3, 3) -> matrices in the inner frame (..., 24, 3, 3)."""
    world = np.array(local, dtype=np.float64)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            world[..., joint, :, :] = world[..., parent, :, :] @ world[..., joint, :, :]
    return world


def local_rotations(world: AnyFloatArray) -> DoubleArray:
    """The inverse of `global_rotations`: (..., 24, 3, 3) -> (..., 24, 3, 3)."""
    local = np.array(world, dtype=np.float64)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            local[..., joint, :, :] = np.swapaxes(world[..., parent, :, :], -1, -2) @ world[..., joint, :, :]
    return local


def joint_positions(
    world: AnyFloatArray, translation: AnyFloatArray, *, offsets: AnyFloatArray = REST_OFFSETS
) -> DoubleArray:
    """Joints (..., 24, 3) in metres from matrices in the inner frame (..., 24, 3, 3) and the pelvis (..., 3)."""
    joints = np.zeros((*world.shape[:-2], 3))
    joints[..., 0, :] = translation
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[..., joint, :] = joints[..., parent, :] + world[..., parent, :, :] @ offsets[joint]
    return joints


def forward_kinematics(
    rotations: AnyFloatArray, translation: AnyFloatArray, *, offsets: AnyFloatArray = REST_OFFSETS
) -> DoubleArray:
    """Joints (..., 24, 3) in metres of axis-angle rotations (..., 24, 3) and the pelvis (..., 3)."""
    world = global_rotations(axis_angle_to_matrix(rotations))
    return joint_positions(world, translation, offsets=offsets)


def forward_kinematics_torch(
    rotations: torch.Tensor, translation: torch.Tensor, *, offsets: torch.Tensor | None = None
) -> torch.Tensor:
    """`forward_kinematics` in torch, differentiable: (..., 24, 3) and (..., 3) -> (..., 24, 3)."""
    import torch

    if offsets is None:
        offsets = torch.from_numpy(REST_OFFSETS.copy()).to(rotations)
    local = axis_angle_to_matrix_torch(rotations)
    world = [local[..., 0, :, :]]
    joints = [translation]
    for joint, parent in list(enumerate(PARENTS))[1:]:
        world.append(world[parent] @ local[..., joint, :, :])
        joints.append(joints[parent] + world[parent] @ offsets[joint])
    return torch.stack(joints, dim=-2)
