"""The network behind poses for words: a flow from noise to poses, steered by sentence vectors.

Flow matching (Lipman et al., ICLR 2023) over 24 rotations of six numbers, as in `estimate/pose_network.py`: a residual
perceptron is given a point between noise and a pose and says the pose. What it is told arrives as a set of clauses,
each a sentence vector, so that their order and number do not matter (Zaheer et al., "Deep Sets", NeurIPS 2017); without
any it draws poses of any kind. Both readings together steer harder than one alone (Ho and Salimans, "Classifier-Free
Diffusion Guidance", 2022).
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import nn

from ..skeleton import JOINT_COUNT

POSE_WIDTH: Final = JOINT_COUNT * 6
SENTENCE_WIDTH: Final = 384
_CONDITION: Final = 256
_TIME_WIDTH: Final = 16


class _Block(nn.Module):
    """A residual step whose input is scaled and shifted by what was said (Perez et al., "FiLM", AAAI 2018)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.steer = nn.Linear(_CONDITION, 2 * width)
        self.first = nn.Linear(width, width)
        self.second = nn.Linear(width, width)
        for layer in (self.steer, self.second):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, x: torch.Tensor, condition: torch.Tensor) -> torch.Tensor:
        scale, shift = self.steer(condition).chunk(2, dim=1)
        return x + self.second(nn.functional.silu(self.first(self.norm(x) * (1.0 + scale) + shift)))


class TextNetwork(nn.Module):
    """Clauses and a point on the flow -> the pose at the flow's end.

    Args:
        width: of the hidden layers.
        depth: number of residual blocks, two layers each.
    """

    mean_pose: torch.Tensor
    spread: torch.Tensor

    def __init__(self, width: int = 608, depth: int = 4) -> None:
        super().__init__()
        self.width, self.depth = width, depth
        self.clause = nn.Sequential(
            nn.Linear(SENTENCE_WIDTH, _CONDITION), nn.SiLU(), nn.Linear(_CONDITION, _CONDITION, bias=False)
        )
        self.when = nn.Linear(_TIME_WIDTH, _CONDITION)
        self.enter = nn.Linear(POSE_WIDTH + _CONDITION, width)
        self.blocks = nn.ModuleList(_Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.leave = nn.Linear(width, POSE_WIDTH)
        nn.init.normal_(self.leave.weight, std=0.01)
        nn.init.zeros_(self.leave.bias)
        self.register_buffer("mean_pose", torch.zeros(JOINT_COUNT, 6))
        self.register_buffer("spread", torch.ones(JOINT_COUNT, 6))

    def told(self, clauses: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """What N sets of clauses say, (N, 256); nothing said is zero.

        Args:
            clauses: (N, K, 384) sentence vectors of length 1.
            there: (N, K) 1 where there is a clause, else 0.
        """
        read = self.clause(clauses * SENTENCE_WIDTH**0.5) * there[..., None]
        return read.sum(1) / (1.0 + there.sum(1, keepdim=True)).sqrt()

    def forward(self, told: torch.Tensor, point: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
        """The end of the flow, (N, 24, 6) in its own space of unit spread.

        Args:
            told: (N, 256), see `told`.
            point: (N, 24, 6) where on the flow from noise (time 0) to a pose (time 1).
            time: (N, 1) in [0, 1].
        """
        condition = nn.functional.silu(told + self.when(_waves(time)))
        hidden = self.enter(torch.cat([point.flatten(1), condition], dim=1))
        for block in self.blocks:
            hidden = block(hidden, condition)
        return self.leave(nn.functional.silu(self.norm(hidden))).unflatten(1, (JOINT_COUNT, 6))

    def to_point(self, six: torch.Tensor) -> torch.Tensor:
        """Rotations (N, 24, 6) -> the space of the flow, of unit spread."""
        return (six - self.mean_pose) / self.spread

    def to_six(self, point: torch.Tensor) -> torch.Tensor:
        """The inverse."""
        return self.mean_pose + self.spread * point

    @torch.no_grad()
    def sample(self, told: torch.Tensor, noise: torch.Tensor, *, steps: int = 6, guidance: float = 1.0) -> torch.Tensor:
        """Rotations (N, 24, 6), not yet orthogonal, for noise (N, 24, 6) of unit normal numbers, in Euler steps.

        Args:
            told: (N, 256).
            noise: where the flow begins.
            steps: of the flow; each asks the network once, or twice with guidance.
            guidance: 1 follows the words as the training did; more exaggerates what they change.
        """
        point, count = noise, len(noise)
        end = noise
        for step in range(steps):
            time = step / steps
            when = torch.full((count, 1), time, device=noise.device)
            if guidance == 1.0:
                end = self(told, point, when)
            else:
                both = torch.cat([told, torch.zeros_like(told)])
                with_words, without = self(both, point.repeat(2, 1, 1), when.repeat(2, 1)).chunk(2)
                end = without + guidance * (with_words - without)
            point = point + (end - point) * ((1.0 / steps) / (1.0 - time))
        return self.to_six(end)


def _waves(time: torch.Tensor) -> torch.Tensor:
    """(N, 1) -> (N, 16) sines and cosines."""
    octaves = 2.0 ** torch.arange(_TIME_WIDTH // 2, device=time.device)
    angle = time * octaves * (math.pi / 8.0)
    return torch.cat([angle.sin(), angle.cos()], dim=1)
