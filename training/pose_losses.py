"""What the pose model is trained to make small."""

from __future__ import annotations

import torch

from contrapposto.backend.estimate.pose_network import PoseNetwork, Reading
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.proportions import scaled_offsets_torch
from contrapposto.backend.rotations import geodesic_angle_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import JOINT_NAMES

from .synthesis import Truth

_ENDS = torch.tensor([0.3 if name.endswith(("foot", "hand")) else 1.0 for name in JOINT_NAMES])
"""Fingers and toes turn with hand and foot in most mocap: their own turn is noise."""


def regression_loss(reading: Reading, truth: Truth) -> torch.Tensor:
    """Rotations in their parents' frames and in the view, joints, proportions, up, and how sure the model is."""
    local = reading.rotations
    world, joints = _posed(local, reading.log_scales)
    ends = _ENDS.to(local.device)
    turned = ((local - truth.local).abs().mean((-1, -2)) * ends).mean()
    seen = ((world - truth.world).abs().mean((-1, -2)) * ends).mean()
    apart = (joints - truth.joints).norm(dim=-1)
    scales = (reading.log_scales - truth.log_scales).abs().mean()
    up = 1.0 - (reading.up * truth.up).sum(-1).mean()
    with torch.no_grad():
        rotation_error = geodesic_angle_torch(local, truth.local)
        body_error = geodesic_angle_torch(_from_pelvis(world), _from_pelvis(truth.world))
    unsure = _uncertainty_loss(reading.log_rotation_sigma, rotation_error)
    unsure = unsure + _uncertainty_loss(reading.log_body_sigma, body_error)
    unsure = unsure + _uncertainty_loss(reading.log_position_sigma, apart.detach())
    given = truth.point_error >= 0.0
    unsure = unsure + _uncertainty_loss(reading.log_point_sigma[given], truth.point_error[given])
    return 2.0 * turned + 2.0 * seen + 10.0 * apart.mean() + 0.5 * scales + 0.3 * up + 0.03 * unsure


def flow_loss(network: PoseNetwork, reading: Reading, truth: Truth) -> torch.Tensor:
    """The end of the flow: squared, for its mean is what the flow needs."""
    six = matrix_to_6d_torch(truth.local)
    ends = (network.to_point(reading.six) - network.to_point(six)).square().mean()
    _, joints = _posed(reading.rotations, truth.log_scales)
    return 0.3 * ends + 5.0 * (joints - truth.joints).square().sum(-1).mean()


def _posed(local: torch.Tensor, log_scales: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    offsets = scaled_offsets_torch(log_scales)
    return pose_torch(local, torch.zeros_like(local[:, 0, :, 0]), offsets=offsets)


def _from_pelvis(world: torch.Tensor) -> torch.Tensor:
    return world[:, :1].transpose(-1, -2) @ world


def _uncertainty_loss(log_sigma: torch.Tensor, error: torch.Tensor) -> torch.Tensor:
    """Laplace likelihood of an error that is taken as it is: it trains the head alone to be honest."""
    log_sigma = log_sigma.clamp(-7.0, 2.0)
    return (error * (-log_sigma).exp() + log_sigma).mean()
