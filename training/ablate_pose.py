"""What each part of the training brings: `python -m training.ablate_pose POSES.npz [--steps N] [--only PART ...]`.

Small networks, alike but for what is left out, trained for the same number of steps and measured on the same held-out
sightings as the detector would report them, in the plane and with world landmarks.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.estimate.evidence import View, view_of
from contrapposto.backend.estimate.pose_network import WIDTHS, PoseNetwork
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.proportions import scaled_offsets_torch

from .evaluate_pose import AS_RECORDED
from .metrics import mpjpe, pa_mpjpe
from .pose_source import Mixture, PoseSource
from .synthesis import Given, Noise, Synthesis
from .train_pose import prepare, read_poses

_WIDTH, _DEPTH, _BATCH, _PEAK = 512, 2, 256, 1e-3
_POSES = 2000


class PlainNetwork(PoseNetwork):
    """The perceptron without halves: a mirrored picture is another picture."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__(width, depth)
        self.enter = nn.Linear(self.enter.in_features, width)
        self.blocks = nn.ModuleList(_PlainBlock(width) for _ in range(depth))
        self.leave = nn.Sequential(nn.LayerNorm(width), nn.SiLU(), nn.Linear(width, sum(WIDTHS)))
        del self.norm

    def said(self, told: torch.Tensor) -> torch.Tensor:
        """As the halved perceptron's."""
        hidden = self.enter(told)
        for block in self.blocks:
            hidden = block(hidden)
        return self.leave(hidden)


class _PlainBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width, bias=False)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.inner(x)


class UnrolledSynthesis(Synthesis):
    """People lie in the view if they lie in the picture."""

    def view(self, rays: torch.Tensor, confidence: torch.Tensor) -> View:
        """As `view_of`, rolled back."""
        seen = view_of(rays, confidence)
        x, y = seen.picture_up.unbind(1)
        back = torch.stack([torch.stack([y, x], 1), torch.stack([-x, y], 1)], dim=1)
        turn = torch.cat([seen.turn[..., :2] @ back, seen.turn[..., 2:]], dim=2)
        return View(turn, seen.points @ back, seen.size, _upright(rays))


class FlatSynthesis(Synthesis):
    """Points relative to their box in the picture, as without a camera: neither turned or rolled nor measured."""

    def view(self, rays: torch.Tensor, confidence: torch.Tensor) -> View:
        """The camera's own axes, and a size that says nothing."""
        seen = view_of(rays, confidence)
        weight = (confidence * (confidence > 0.05))[..., None]
        middle = (rays * weight).sum(1, keepdim=True) / weight.sum(1, keepdim=True).clamp_min(1e-6)
        points = (rays - middle) * rays.new_tensor([1.0, -1.0]) / seen.size[:, None]
        turn = torch.eye(3, device=rays.device).expand(len(rays), 3, 3)
        return View(turn, points, torch.full_like(seen.size, 0.2), _upright(rays))


def _upright(rays: torch.Tensor) -> torch.Tensor:
    return rays.new_tensor([0.0, 1.0]).expand(len(rays), 2)


_EXACT = Noise(
    exact=1.0,
    block=0.0,
    cut=0.0,
    exchanged=0.0,
    limb_exchanged=0.0,
    limb_lost=0.0,
    independent=0.0,
    depth_m=0.0,
    flat_m=0.0,
)
_TRIED = Mixture(recombined=0.3, perturbed=0.3)
"""With all that was tried; what brought nothing is not in the mixture that the model is trained on."""


@dataclass(frozen=True)
class Variant:
    """A network and what it learns from."""

    mixture: Mixture = _TRIED
    noise: Noise = field(default_factory=Noise)
    synthesis: type[Synthesis] = Synthesis
    network: type[PoseNetwork] = PoseNetwork


VARIANTS: Final = {
    "nothing": Variant(),
    "halves for the mirror": Variant(network=PlainNetwork),
    "the view's roll": Variant(synthesis=UnrolledSynthesis),
    "recombined poses": Variant(replace(_TRIED, recombined=0.0)),
    "perturbed poses": Variant(replace(_TRIED, perturbed=0.0)),
    "everyday poses": Variant(replace(_TRIED, everyday=0.0, lying=0.0, free_arm=0.0, bent_elbow=0.0)),
    "pictures turned by any angle": Variant(noise=Noise(any_angle=0.0)),
    "noise": Variant(noise=_EXACT),
    "rays": Variant(synthesis=FlatSynthesis),
}
"""By what is left out."""


def ablate(path: Path, *, steps: int, parts: Sequence[str] = tuple(VARIANTS)) -> Table:
    """Train the variants that leave these parts out; returns the table.

    Raises:
        InputError: the poses cannot be read.
    """
    poses, held_out = (read_poses(path, held_out=held) for held in (False, True))
    table = Table("left out", "noisy 2D", "+ world landmarks", "turned by any angle", box=None)
    for name in parts:
        variant = VARIANTS[name]
        torch.manual_seed(0)
        run = prepare(poses, variant.network(_WIDTH, _DEPTH), batch=_BATCH, device="cpu")
        run.source = PoseSource(poses, mixture=variant.mixture)
        run.synthesis = variant.synthesis(noise=variant.noise)
        for step in range(steps):
            run.step(_PEAK * min(1.0, (step + 1) / 200) * (0.01 + 0.495 * (1.0 + math.cos(math.pi * step / steps))))
        table.add_row(
            name, *[_errors(run.average, held_out, run.synthesis, kind=kind) for kind in ("flat", "deep", "turned")]
        )
    return table


@torch.no_grad()
def _errors(network: PoseNetwork, poses: torch.Tensor, synthesis: Synthesis, *, kind: str) -> str:
    """MPJPE and PA-MPJPE on the same sightings for every variant."""
    torch.manual_seed(1)
    noise = Noise(any_angle=1.0 if kind == "turned" else 0.0)
    given = Given(points=1.0, world=0.0 if kind == "flat" else 1.0, rotations=0.0, pins=0.0, camera=0.0)
    shown = type(synthesis)(noise=noise, given=given, largest=0.5)
    seen = shown.see(PoseSource(poses, mixture=AS_RECORDED).draw(_POSES))
    reading = network(seen.evidence.features())
    offsets = scaled_offsets_torch(reading.log_scales)
    joints = pose_torch(reading.rotations, torch.zeros_like(seen.pelvis), offsets=offsets)[1]
    truth = seen.truth.joints
    return f"{float(mpjpe(joints, truth).mean()):.1f} / {float(pa_mpjpe(joints, truth).mean()):.1f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train and print; exit status 2 with the reason where the poses cannot be read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", type=Path)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--only", nargs="+", choices=list(VARIANTS), default=list(VARIANTS), metavar="PART")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    console = Console(highlight=False, width=120)
    try:
        table = ablate(options.poses, steps=options.steps, parts=options.only)
    except ContrappostoError as error:
        parser.exit(2, f"{error}\n")
    console.print(f"MPJPE / PA-MPJPE in mm on {_POSES} held-out sightings after {options.steps} steps of {_BATCH}:")
    console.print(table)


if __name__ == "__main__":
    main()
