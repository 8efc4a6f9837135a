"""How far poses are from the truth.

Convention: joints (N, J, 3) in metres, rotations (N, 24, 3, 3); results per pose.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch

from contrapposto.backend.rotations import geodesic_angle_torch
from contrapposto.backend.skeleton import JOINT_INDEX

LSP_JOINTS: Final = [
    JOINT_INDEX[f"{side}_{name}"]
    for side in ("left", "right")
    for name in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
] + [JOINT_INDEX["neck"], JOINT_INDEX["head"]]
"""The 14 joints of 3DPW's evaluation."""
_LIMBS: Final = [
    (JOINT_INDEX[f"{side}_{top}"], JOINT_INDEX[f"{side}_{end}"])
    for side in ("left", "right")
    for top, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
]
_HIPS: Final = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]


def mpjpe(found: torch.Tensor, truth: torch.Tensor, *, among: Sequence[int] = LSP_JOINTS) -> torch.Tensor:
    """(N,) millimetres: mean distance of 14 joints, or those `among`, the middle between the hips at the origin."""
    found, truth = (joints - joints[:, _HIPS].mean(1, keepdim=True) for joints in (found, truth))
    return 1000.0 * (found - truth)[:, list(among)].norm(dim=-1).mean(-1)


def pa_mpjpe(found: torch.Tensor, truth: torch.Tensor, *, among: Sequence[int] = LSP_JOINTS) -> torch.Tensor:
    """(N,) millimetres: the same after the best rotation, scale and shift (Procrustes, no reflection)."""
    found, truth = found[:, list(among)].double(), truth[:, list(among)].double()
    middle = truth.mean(1, keepdim=True)
    found, truth = found - found.mean(1, keepdim=True), truth - middle
    u, sizes, vt = torch.linalg.svd(truth.transpose(1, 2) @ found)
    sign = torch.ones_like(sizes)
    sign[:, 2] = torch.linalg.det(u @ vt).sign()
    turn = (u * sign[:, None]) @ vt
    scale = (sizes * sign).sum(1) / found.square().sum((1, 2)).clamp_min(1e-12)
    aligned = scale[:, None, None] * (found @ turn.transpose(1, 2))
    return 1000.0 * (aligned - truth).norm(dim=-1).mean(-1).float()


def limb_angles(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """(N, 8) degrees between the directions of upper arms, forearms, thighs and shins."""
    tops, ends = [top for top, _ in _LIMBS], [end for _, end in _LIMBS]
    one, other = (torch.nn.functional.normalize(joints[:, ends] - joints[:, tops], dim=-1) for joints in (found, truth))
    return torch.atan2(torch.linalg.cross(one, other).norm(dim=-1), (one * other).sum(-1)).rad2deg()


def root_angle(found: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """(N,) degrees between the pelvis' orientations (N, 3, 3)."""
    return geodesic_angle_torch(found, truth).rad2deg()
