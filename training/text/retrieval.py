"""A small model that knows which words go with which pose; it measures the generator and is no part of the product.

    python -m training.text.retrieval LESSONS.npz OUT.safetensors [--minutes M]

Poses and captions become points that lie near each other where they belong together (contrastive learning: van den Oord
et al., 2018; for poses and words G. Delmas et al., "PoseScript", ECCV 2022).
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.files import write_atomically
from contrapposto.backend.rotations import matrix_to_6d_torch

from .lessons import Lessons, batch_of, load_lessons

FEATURES: Final = 64
_HIDDEN: Final = 256
_PEAK: Final = 2e-3


class Retrieval(nn.Module):
    """Poses and captions to points on a sphere of 64 dimensions."""

    def __init__(self) -> None:
        super().__init__()
        self.pose = nn.Sequential(
            nn.Linear(24 * 9, 384), nn.SiLU(), nn.LayerNorm(384),
            nn.Linear(384, _HIDDEN), nn.SiLU(), nn.LayerNorm(_HIDDEN), nn.Linear(_HIDDEN, FEATURES),
        )  # fmt: skip
        self.clause = nn.Sequential(nn.Linear(384, _HIDDEN), nn.SiLU(), nn.Linear(_HIDDEN, _HIDDEN))
        self.caption = nn.Sequential(nn.LayerNorm(_HIDDEN), nn.SiLU(), nn.Linear(_HIDDEN, FEATURES))
        self.sharpness = nn.Parameter(torch.tensor(math.log(14.0)))

    def features(self, rotations: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
        """(N, 64) of poses, not of length 1: the space in which distributions of poses are compared.

        Args:
            rotations: (N, 24, 3, 3) parent-relative, facing forward.
            joints: (N, 24, 3) metres, the pelvis at the origin.
        """
        six = matrix_to_6d_torch(rotations).flatten(1)
        return self.pose(torch.cat([six, 3.0 * joints.flatten(1)], dim=1))

    def poses(self, rotations: torch.Tensor, joints: torch.Tensor) -> torch.Tensor:
        """(N, 64) of length 1."""
        return nn.functional.normalize(self.features(rotations, joints), dim=1)

    def captions(self, clauses: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """(N, 64) of length 1, of N sets of clauses (N, K, 384), which are there (N, K)."""
        read = self.clause(clauses * 384**0.5) * there[..., None]
        told = read.sum(1) / there.sum(1, keepdim=True).clamp_min(1.0).sqrt()
        return nn.functional.normalize(self.caption(told), dim=1)


def contrast(model: Retrieval, data: Lessons, rows: torch.Tensor) -> torch.Tensor:
    """Cross entropy of finding each pose's words among the batch's, and each caption's pose."""
    captions = model.captions(*batch_of(data, rows, dropped=0.0))
    poses = model.poses(data.rotations[rows], data.joints[rows])
    alike = captions @ poses.T * model.sharpness.exp().clamp_max(60.0)
    target = torch.arange(len(rows))
    return 0.5 * (nn.functional.cross_entropy(alike, target) + nn.functional.cross_entropy(alike.T, target))


def train(data: Lessons, *, minutes: float, batch: int = 384, seed: int = 0) -> Retrieval:
    """Until the time is over; the learning rate falls as a cosine."""
    torch.manual_seed(seed)
    model = Retrieval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=_PEAK, weight_decay=0.05)
    began, steps, total, losses = time.monotonic(), 0, 60.0 * minutes, 0.0
    while (spent := time.monotonic() - began) < total:
        for group in optimiser.param_groups:
            group["lr"] = _PEAK * min(1.0, (steps + 1) / 100) * 0.5 * (1.0 + math.cos(math.pi * spent / total))
        loss = contrast(model, data, torch.multinomial(data.weights, batch, replacement=True))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        steps += 1
        losses += float(loss.detach())
        if steps % 250 == 0:
            print(f"{steps:6d} {spent / 60:6.1f} min  loss {losses / 250:.3f}", flush=True)
            losses = 0.0
    return model.eval().requires_grad_(requires_grad=False)


def load_retrieval(path: Path) -> Retrieval:
    """What `main` wrote.

    Raises:
        InputError: it is not there, or something else.
    """
    model = Retrieval()
    try:
        model.load_state_dict({name: value.float() for name, value in load(path.read_bytes()).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise InputError(f"{path} is no retrieval model: `python -m training.text.retrieval` makes one.") from error
    return model.eval().requires_grad_(requires_grad=False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=5.0)
    options = parser.parse_args(arguments)
    try:
        model = train(load_lessons(options.lessons), minutes=options.minutes)
        with write_atomically(options.out) as partial:
            partial.write_bytes(save({name: value.half().contiguous() for name, value in model.state_dict().items()}))
    except ContrappostoError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
