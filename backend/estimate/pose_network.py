"""The pose model: a residual perceptron that reads evidence and says a pose, how sure it is, and where up is.

One network does two things. As a regressor it gives the expected pose. As the velocity of a flow from noise to poses
(flow matching: Lipman et al., ICLR 2023; here it predicts the end of the flow) it gives samples: alternatives where the
evidence is ambiguous, and whatever fits where there is little of it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import torch
from torch import nn

from ..proportions import LENGTH_GROUPS
from ..rotations import matrix_from_6d_torch
from ..skeleton import JOINT_COUNT
from .evidence import FEATURES, LANDMARKS, OTHER_JOINT, OTHER_LANDMARK, Evidence, mirrored_6d_torch

POSE_WIDTH: Final = JOINT_COUNT * 6
_TIME_WIDTH: Final = 16
FLOW_WIDTH: Final = POSE_WIDTH + _TIME_WIDTH + 1
"""A point on the flow, when, and whether there is one."""
WIDTHS: Final = (POSE_WIDTH, len(LENGTH_GROUPS), 3, JOINT_COUNT, JOINT_COUNT, JOINT_COUNT, LANDMARKS)
"""Of the network's answer: pose, lengths, up, three doubts of each joint, and one of each landmark."""


@dataclass(frozen=True)
class Reading:
    """What the network says of N people, in the axes of their views.

    Attributes:
        six: (N, 24, 6) parent-relative rotations as the network gives them, not yet orthogonal.
        log_scales: (N, 10) in the order of `LENGTH_GROUPS`.
        up: (N, 3) unit vector against gravity.
        log_rotation_sigma: (N, 24) logarithm of the expected error of each joint's rotation in radians.
        log_body_sigma: (N, 24) the same of its rotation as the pelvis sees it.
        log_position_sigma: (N, 24) logarithm of the expected error of each joint's position in metres.
        log_point_sigma: (N, 33) the same of each landmark that was given, in the view's units: how far to trust it.
    """

    six: torch.Tensor
    log_scales: torch.Tensor
    up: torch.Tensor
    log_rotation_sigma: torch.Tensor
    log_body_sigma: torch.Tensor
    log_position_sigma: torch.Tensor
    log_point_sigma: torch.Tensor

    @property
    def rotations(self) -> torch.Tensor:
        """(N, 24, 3, 3)."""
        return matrix_from_6d_torch(self.six)

    def part(self, people: slice) -> Reading:
        """What is said of some of the people."""
        return Reading(**{name: value[people] for name, value in vars(self).items()})

    def mirrored(self) -> Reading:
        """What is said of the same people seen in a mirror in the plane x = 0."""
        return Reading(
            six=mirrored_6d_torch(self.six),
            log_scales=self.log_scales,
            up=self.up * self.up.new_tensor([-1.0, 1.0, 1.0]),
            log_rotation_sigma=self.log_rotation_sigma[:, OTHER_JOINT],
            log_body_sigma=self.log_body_sigma[:, OTHER_JOINT],
            log_position_sigma=self.log_position_sigma[:, OTHER_JOINT],
            log_point_sigma=self.log_point_sigma[:, OTHER_LANDMARK],
        )


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        nn.init.zeros_(self.second.weight)
        nn.init.zeros_(self.second.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(nn.functional.silu(self.first(self.norm(x))))


class PoseNetwork(nn.Module):
    """Evidence, and a point on the flow when it samples -> `Reading`.

    Args:
        width: of the hidden layers.
        depth: number of residual blocks, two layers each.
    """

    mean_pose: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int = 1024, depth: int = 4) -> None:
        super().__init__()
        self.width, self.depth = width, depth
        self.enter = nn.Linear(FEATURES + FLOW_WIDTH, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, sum(WIDTHS))
        nn.init.normal_(self.leave.weight, std=0.01)
        nn.init.zeros_(self.leave.bias)
        self.register_buffer("mean_pose", torch.zeros(JOINT_COUNT, 6))
        self.register_buffer("spread", torch.ones(JOINT_COUNT, 6))

    def forward(
        self, features: torch.Tensor, point: torch.Tensor | None = None, time: torch.Tensor | None = None
    ) -> Reading:
        """Read evidence.

        Args:
            features: (N, FEATURES), see `Evidence.features`.
            point: (N, 24, 6) where on the flow from noise (time 0) to a pose (time 1), or None for the expected pose.
            time: (N, 1) in [0, 1], with `point`.
        """
        count = len(features)
        if point is None or time is None:
            tail = features.new_zeros(count, FLOW_WIDTH)
        else:
            tail = torch.cat([point.flatten(1), _waves(time), torch.ones_like(time)], dim=1)
        out = self.said(torch.cat([features, tail], dim=1)).float()
        pose, scales, up, rotation, body, position, trust = torch.split(out, list(WIDTHS), dim=1)
        six = self.mean_pose + self.spread * pose.reshape(count, JOINT_COUNT, 6)
        up = nn.functional.normalize(up + up.new_tensor([0.0, 1e-3, 0.0]), dim=1)
        return Reading(six, 0.1 * scales, up, rotation - 2.0, body - 1.5, position - 3.0, trust - 3.5)

    def said(self, told: torch.Tensor) -> torch.Tensor:
        """(N, FEATURES + FLOW_WIDTH) evidence and flow -> (N, sum of WIDTHS): what `forward` makes a reading of."""
        hidden = self.enter(told)
        for block in self.blocks:
            hidden = block(hidden)
        return self.leave(nn.functional.silu(self.norm(hidden)))

    def expected(self, evidence: Evidence) -> Reading:
        """The expected pose: the mean of what is read of the evidence in several ways.

        Of its mirror image, turned back: a mirrored picture gives the mirrored pose, and errors that are not the same
        on both sides cancel, 1 % of them. And of the points alone where there are world landmarks too: detectors' are
        worse in pictures than in what the network learned from, so that it trusts them too much.
        """
        told = [evidence, evidence.without_world()] if bool(evidence.has_world.any()) else [evidence]
        both = [each for one in told for each in (one, one.mirrored())]
        read: Reading = self(torch.cat([each.features() for each in both]))
        count = len(evidence.size)
        parts = [read.part(slice(first, first + count)) for first in range(0, count * len(both), count)]
        return _mean([*parts[::2], *[part.mirrored() for part in parts[1::2]]])

    def to_point(self, six: torch.Tensor) -> torch.Tensor:
        """Rotations (N, 24, 6) -> the space of the flow, of unit spread."""
        return (six - self.mean_pose) / self.spread

    @torch.no_grad()
    def sample(self, evidence: Evidence, noise: torch.Tensor, *, steps: int = 4) -> Reading:
        """A pose that fits the evidence for each noise (N, 24, 6) of unit normal numbers, in `steps` Euler steps."""
        features, point = evidence.features(), noise
        reading = None
        for step in range(steps):
            time = step / steps
            reading = self(features, point, torch.full((len(noise), 1), time, device=noise.device))
            end = self.to_point(reading.six)
            point = point + (end - point) * ((1.0 / steps) / (1.0 - time))
        assert reading is not None
        return reading


def _mean(readings: Sequence[Reading]) -> Reading:
    """Of readings of the same people."""
    names = [field.name for field in fields(Reading)]
    mean = {name: torch.stack([getattr(reading, name) for reading in readings]).mean(0) for name in names}
    return Reading(**mean | {"up": nn.functional.normalize(mean["up"], dim=1)})


def _waves(time: torch.Tensor) -> torch.Tensor:
    """(N, 1) -> (N, 16) sines and cosines."""
    octaves = 2.0 ** torch.arange(_TIME_WIDTH // 2, device=time.device)
    angle = time * octaves * (math.pi / 8.0)
    return torch.cat([angle.sin(), angle.cos()], dim=1)
