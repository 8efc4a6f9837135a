"""The pose model: a residual perceptron that reads evidence and says a pose, how sure it is, and where up is.

Of a mirrored picture it says the mirrored pose. What it knows are two halves, of the picture and of its mirror image,
and each layer makes of exchanged halves the exchanged halves, which takes half of the weights and of the work.

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
from ..rotations import MIRRORED_6D, matrix_from_6d_torch
from ..skeleton import JOINT_COUNT
from .evidence import FEATURE_PARTS, FEATURES, Evidence
from .mirror import DEEP, OTHER_JOINT, OTHER_LANDMARK, Mirror, MirroredLinear, MirroredNorm, Part

POSE_WIDTH: Final = JOINT_COUNT * 6
_TIME_WIDTH: Final = 16
FLOW_WIDTH: Final = POSE_WIDTH + _TIME_WIDTH + 1
"""A point on the flow, when, and whether there is one."""
POSE_PART: Final = Part(OTHER_JOINT, MIRRORED_6D)
_TOLD: Final = (*FEATURE_PARTS, POSE_PART, *[Part()] * (FLOW_WIDTH - POSE_WIDTH))
_SAID: Final = (
    POSE_PART, Part(range(len(LENGTH_GROUPS))), Part(signs=DEEP), *[Part(OTHER_JOINT)] * 3, Part(OTHER_LANDMARK)
)  # fmt: skip
WIDTHS: Final = tuple(part.size for part in _SAID)
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


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = MirroredNorm(width)
        self.first = MirroredLinear(width, width)
        self.second = MirroredLinear(width, width)
        nn.init.zeros_(self.second.shared.weight)
        nn.init.zeros_(self.second.shared.bias)
        nn.init.zeros_(self.second.differing.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(nn.functional.silu(self.first(self.norm(x))))


class PoseNetwork(nn.Module):
    """Evidence, and a point on the flow when it samples -> `Reading`.

    Args:
        width: of the hidden layers, both halves together.
        depth: number of residual blocks, two layers each.
    """

    mean_pose: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int = 1024, depth: int = 6) -> None:
        super().__init__()
        self.width, self.depth = width, depth
        half = width // 2
        self.told_mirrored, self.said_mirrored = Mirror(_TOLD), Mirror(_SAID)
        self.enter = nn.Linear(FEATURES + FLOW_WIDTH, half)
        self.blocks = nn.ModuleList(_Block(half) for _ in range(depth))
        self.norm = MirroredNorm(half)
        self.leave = nn.Linear(half, sum(WIDTHS))
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
        return self.reading(self.told(features, point, time))

    def told(
        self, features: torch.Tensor, point: torch.Tensor | None = None, time: torch.Tensor | None = None
    ) -> torch.Tensor:
        """(N, FEATURES + FLOW_WIDTH) what the layers read, of what `forward` is given."""
        if point is None or time is None:
            tail = features.new_zeros(len(features), FLOW_WIDTH)
        else:
            tail = torch.cat([point.flatten(1), _waves(time), torch.ones_like(time)], dim=1)
        return torch.cat([features, tail], dim=1)

    def reading(self, told: torch.Tensor) -> Reading:
        """What is said of N people that are `told` of, some in a flow and some not."""
        out = self.said(told).float()
        pose, scales, up, rotation, body, position, trust = torch.split(out, list(WIDTHS), dim=1)
        six = self.mean_pose + self.spread * pose.reshape(len(told), JOINT_COUNT, 6)
        up = nn.functional.normalize(up + up.new_tensor([0.0, 1e-3, 0.0]), dim=1)
        return Reading(six, 0.1 * scales, up, rotation - 2.0, body - 1.5, position - 3.0, trust - 3.5)

    def said(self, told: torch.Tensor) -> torch.Tensor:
        """(N, FEATURES + FLOW_WIDTH) evidence and flow -> (N, sum of WIDTHS): what `forward` makes a reading of."""
        hidden = self.enter(torch.stack([told, self.told_mirrored(told)], dim=1))
        for block in self.blocks:
            hidden = block(hidden)
        one, other = self.leave(nn.functional.silu(self.norm(hidden))).float().unbind(1)
        return one + self.said_mirrored(other)

    def expected(self, evidence: Evidence) -> Reading:
        """The expected pose, where there are world landmarks the mean of what is read with them and without.

        Detectors' are worse in pictures than in what the network learned from, so that it trusts them too much.
        """
        if not bool(evidence.has_world.any()):
            return self(evidence.features())
        told = [evidence, evidence.without_world()]
        read: Reading = self(torch.cat([each.features() for each in told]))
        count = len(evidence.size)
        return _mean([read.part(slice(count)), read.part(slice(count, None))])

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
