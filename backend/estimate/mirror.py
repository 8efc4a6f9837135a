"""What a mirror in the plane x = 0 makes of the numbers that the pose model reads and says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from ..keypoints import BLAZEPOSE_33
from ..skeleton import MIRROR

OTHER_LANDMARK: Final = list(BLAZEPOSE_33.mirror)
"""Per landmark that of the other side; one of the middle is its own."""
OTHER_JOINT: Final = MIRROR.tolist()
"""The same of joints."""
FLAT: Final = (-1.0, 1.0)
"""Signs of a place or direction in the plane of the view."""
DEEP: Final = (-1.0, 1.0, 1.0)
"""The same in space."""


@dataclass(frozen=True)
class Part:
    """Numbers in a row, equally many of each landmark, of each joint, or of the person.

    Attributes:
        other: whose numbers each one's become.
        signs: of one's numbers.
    """

    other: Sequence[int] = (0,)
    signs: Sequence[float] = (1.0,)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.other) * len(self.signs)


class Mirror(nn.Module):
    """(N, C) numbers in these parts, of people -> the same of their mirror images."""

    order: torch.Tensor
    signs: torch.Tensor

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        order: list[torch.Tensor] = []
        first = 0
        for part in parts:
            own = torch.arange(first, first + part.size).reshape(len(part.other), len(part.signs))
            order.append(own[list(part.other)].flatten())
            first += part.size
        signs = [sign for part in parts for sign in list(part.signs) * len(part.other)]
        self.register_buffer("order", torch.cat(order), persistent=False)
        self.register_buffer("signs", torch.tensor(signs), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Each number where it is found in the mirror."""
        return x[:, self.order] * self.signs


class MirroredLinear(nn.Module):
    """A linear layer on what is known of people, and of their mirror images.

    Of exchanged halves it says the exchanged halves: one matrix weighs what they share, one how they differ.
    """

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.shared = nn.Linear(width, out)
        self.differing = nn.Linear(width, out, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 2, C) -> (N, 2, out)."""
        one, other = x.unbind(1)
        shared, differing = self.shared(0.5 * (one + other)), self.differing(0.5 * (one - other))
        return torch.stack([shared + differing, shared - differing], dim=1)


class MirroredNorm(nn.Module):
    """A layer norm over both halves of (N, 2, C)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.bias = nn.Parameter(torch.zeros(width))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, 2, C) -> the same, of mean 0 and spread 1 but for the weights."""
        weight, bias = (each.expand(x.shape[1:]).contiguous() for each in (self.weight, self.bias))
        return nn.functional.layer_norm(x, x.shape[1:], weight, bias)
