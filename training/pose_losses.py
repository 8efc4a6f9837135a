"""What the pose model is trained to make small."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch

from contrapposto.backend.estimate.pose_network import PoseNetwork, Reading
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.proportions import scaled_offsets_torch
from contrapposto.backend.rotations import geodesic_angle_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import JOINT_NAMES

from .run import half_precision
from .synthesis import Truth

_FLOW_WEIGHT: Final = 4.0
_ENDS: Final = torch.tensor([0.3 if name.endswith(("foot", "hand")) else 1.0 for name in JOINT_NAMES])
"""Fingers and toes turn with hand and foot in most mocap: their own turn is noise."""


@dataclass(frozen=True)
class Posed:
    """N people's skeletons as a network reads them.

    Attributes:
        reading: what it says.
        local: (N, 24, 3, 3) its rotations.
        world: (N, 24, 3, 3) the same in the view.
        joints: (N, 24, 3) metres from the pelvis.
    """

    reading: Reading
    local: torch.Tensor
    world: torch.Tensor
    joints: torch.Tensor

    def part(self, people: slice) -> Posed:
        """Some of the people."""
        return Posed(self.reading.part(people), self.local[people], self.world[people], self.joints[people])


def pose_loss(network: PoseNetwork, told: torch.Tensor, truth: Truth, *, read: int) -> torch.Tensor:
    """Of people that a network is told of, the first `read` as a regressor and the others as a flow.

    All go through the network and along the skeleton together, which is faster than one half after the other. The
    joints of a flow are those of true proportions.
    """
    with half_precision(told.device):
        reading = network.reading(told)
    first, second = slice(read), slice(read, None)
    offsets = scaled_offsets_torch(torch.cat([reading.log_scales[first], truth.log_scales[second]]))
    local = reading.rotations
    posed = Posed(reading, local, *pose_torch(local, torch.zeros_like(reading.up), offsets=offsets))
    regression = regression_loss(posed.part(first), truth.part(first))
    return regression + _FLOW_WEIGHT * flow_loss(network, posed.part(second), truth.part(second))


def regression_loss(posed: Posed, truth: Truth) -> torch.Tensor:
    """Rotations in their parents' frames and in the view, joints, proportions, up, and how sure the model is."""
    reading, local, world = posed.reading, posed.local, posed.world
    ends = _ENDS.to(local.device)
    turned = ((local - truth.local).abs().mean((-1, -2)) * ends).mean()
    seen = ((world - truth.world).abs().mean((-1, -2)) * ends).mean()
    apart = (posed.joints - truth.joints).norm(dim=-1)
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


def flow_loss(network: PoseNetwork, posed: Posed, truth: Truth) -> torch.Tensor:
    """The end of the flow: squared, for its mean is what the flow needs."""
    six = matrix_to_6d_torch(truth.local)
    ends = (network.to_point(posed.reading.six) - network.to_point(six)).square().mean()
    return 0.3 * ends + 5.0 * (posed.joints - truth.joints).square().sum(-1).mean()


def _from_pelvis(world: torch.Tensor) -> torch.Tensor:
    return world[:, :1].transpose(-1, -2) @ world


def _uncertainty_loss(log_sigma: torch.Tensor, error: torch.Tensor) -> torch.Tensor:
    """Laplace likelihood of an error that is taken as it is: it trains the head alone to be honest."""
    log_sigma = log_sigma.clamp(-7.0, 2.0)
    return (error * (-log_sigma).exp() + log_sigma).mean()
