"""Forward kinematics of the SMPL tree, in numpy and in torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray
from .matrices import product
from .rotations import axis_angle_to_matrix
from .skeleton import PARENTS, REST_OFFSETS

if TYPE_CHECKING:
    import torch


def global_rotations(local: AnyFloatArray) -> DoubleArray:
    """Parent-relative matrices (..., 24, 3, 3) -> matrices in the inner frame (..., 24, 3, 3)."""
    world = np.moveaxis(np.empty((local.shape[-3], 3, 3, *local.shape[:-3])), (0, 1, 2), (-3, -2, -1))
    world[:] = local
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            world[..., joint, :, :] = product(world[..., parent, :, :], world[..., joint, :, :])
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


def _levels() -> list[tuple[list[int], list[int]]]:
    """Joints and their parents, all of one depth in the tree together."""
    depth = [0] * len(PARENTS)
    for joint, parent in enumerate(PARENTS):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
    levels: list[tuple[list[int], list[int]]] = []
    for level in range(1, max(depth) + 1):
        joints = [joint for joint, at in enumerate(depth) if at == level]
        levels.append((joints, [PARENTS[joint] for joint in joints]))
    return levels


LEVELS: Final = _levels()
"""Per depth in the tree from 1 on: the joints, and their parents."""


def pose_torch(
    local: torch.Tensor, pelvis: torch.Tensor, *, offsets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Matrices in the inner frame (..., 24, 3, 3) and joints (..., 24, 3), a level of the tree at a time.

    Args:
        local: parent-relative matrices (..., 24, 3, 3).
        pelvis: (..., 3) metres.
        offsets: (..., 24, 3) metres, each joint relative to its parent in the T-pose.
    """
    import torch

    turns: list[torch.Tensor] = [local[..., 0, :, :]] * len(PARENTS)
    places: list[torch.Tensor] = [pelvis] * len(PARENTS)
    for joints, parents in LEVELS:
        above = torch.stack([turns[parent] for parent in parents], dim=-3)
        start = torch.stack([places[parent] for parent in parents], dim=-2)
        turned = above @ local[..., joints, :, :]
        placed = start + (above @ offsets[..., joints, :, None])[..., 0]
        for position, joint in enumerate(joints):
            turns[joint], places[joint] = turned[..., position, :, :], placed[..., position, :]
    return torch.stack(turns, dim=-3), torch.stack(places, dim=-2)
