"""What a network that reads drawings is told about its mistakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch.nn import functional

from contrapposto.backend.detect.drawing_network import CELL_PX, CELLS, INPUT_SIZE, Look

_BLUR_CELLS: Final = 0.8
_HIDDEN, _BEYOND = 0.6, 0.3


@dataclass(frozen=True)
class Truth:
    """What N pictures show.

    Attributes:
        points: (N, 23, 2) in pixels of the network's input.
        visible: (N, 23) drawn, in the picture and not hidden.
        inside: (N, 23) in the picture; the network's input may show more than the picture.
        depth: (N, 23).
        figure: (N,) whether there is a figure.
    """

    points: torch.Tensor
    visible: torch.Tensor
    inside: torch.Tensor
    depth: torch.Tensor
    figure: torch.Tensor

    def weights(self) -> torch.Tensor:
        """(N, 23) how much each keypoint counts: less where it is hidden, little where it was cut off, else nothing."""
        shown = ((self.points > -0.5) & (self.points < INPUT_SIZE - 0.5)).all(2) & self.figure[:, None]
        kept = torch.where(self.visible, 1.0, torch.where(self.inside, _HIDDEN, _BEYOND))
        return kept * shown


def losses(look: Look, truth: Truth) -> dict[str, torch.Tensor]:
    """Each mistake by name, weighted; their sum is what is minimised."""
    weights = truth.weights()
    total = weights.sum().clamp_min(1.0)
    error = (look.points - truth.points).square().sum(2).add(1e-4).sqrt()
    log_spread = look.log_spread.clamp(-2.0, 5.0)
    point = error * (-log_spread).exp() + 2.0 * log_spread
    log_sigma = look.log_depth_sigma.clamp(-5.0, 1.0)
    depth = (look.depth - truth.depth).abs() * (-log_sigma).exp() + log_sigma
    there = truth.figure[:, None].float().expand_as(weights)
    known = there.sum().clamp_min(1.0)
    return {
        "heat": (_cross_entropy(look.heat, truth.points) * weights).sum() / total,
        "point": 0.3 * (point * weights).sum() / total,
        "depth": 0.2 * (depth * weights).sum() / total,
        "visible": 0.2 * (_binary(look.visible, truth.visible) * there).sum() / known,
        "inside": 0.2 * (_binary(look.inside, truth.inside) * there).sum() / known,
        "figure": 0.3 * _binary(look.figure, truth.figure).mean(),
    }


def _cross_entropy(heat: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """(N, 23) of the heat maps, against a narrow bell about each point."""
    said = functional.log_softmax(heat.flatten(2), dim=2).unflatten(2, (CELLS, CELLS))
    centres = CELL_PX * (torch.arange(CELLS, device=heat.device) + 0.5) - 0.5
    bell = torch.exp(-0.5 * ((centres - points[..., None]) / (_BLUR_CELLS * CELL_PX)).square())
    bell = bell / bell.sum(-1, keepdim=True).clamp_min(1e-6)
    rows = (said @ bell[:, :, 0, :, None])[..., 0]
    return -(rows * bell[:, :, 1]).sum(-1)


def _binary(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    return functional.binary_cross_entropy_with_logits(logits, truth.float(), reduction="none")
