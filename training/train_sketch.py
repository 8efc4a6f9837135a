"""Train the network that reads drawings: `python -m training.train_sketch SHARDS OUT.safetensors [--minutes M]`.

A run that was stopped goes on where its last checkpoint, beside OUT, was written; with more minutes so does one that
was done: the learning rate is constant and falls only towards the end. Shards that appear meanwhile are read too.
`--start WEIGHTS.safetensors` makes trained weights better instead of beginning from nothing.
"""

from __future__ import annotations

import argparse
import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from contrapposto.backend.detect.drawing_file import load_drawing_network, save_drawing_network
from contrapposto.backend.detect.drawing_network import DrawingNetwork

from .evaluate_sketch import evaluate
from .sketch_losses import losses
from .sketch_shards import Shelf, read_drawings, shards

_WARM_UP: Final = 300
_EMA: Final = 0.9985
_FALLING: Final = 0.25
"""In this last share of the time the learning rate falls."""
_SAVE_S: Final = 60.0
_LOOK_S: Final = 300.0
_MEASURED: Final = 600


@dataclass
class Training:
    """One run: the network, its running average, and what it learns from."""

    network: DrawingNetwork
    average: DrawingNetwork
    optimiser: torch.optim.Optimizer
    shelf: Shelf
    batch: int
    device: str
    steps: int = 0
    seconds: float = 0.0

    def step(self, learning_rate: float) -> dict[str, float]:
        """One update; returns each mistake."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        ink, truth = self.shelf.batch(self.batch, device=self.device)
        with torch.autocast(self.device, torch.bfloat16):
            look = self.network(ink)
        mistakes = losses(look, truth)
        self.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(mistakes.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 2.0)
        self.optimiser.step()
        self._count()
        return {name: float(value.detach()) for name, value in mistakes.items()}

    def _count(self) -> None:
        """One more step; the average follows."""
        self.steps += 1
        decay = min(_EMA, self.steps / (self.steps + 20.0))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1.0 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "seconds": self.seconds,
        }  # fmt: skip
        partial = path.with_suffix(".partial-checkpoint")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint."""
        state = torch.load(path, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.seconds = state["steps"], state["seconds"]


def prepare(shelf: Shelf, network: DrawingNetwork, *, batch: int, device: str) -> Training:
    """A fresh run."""
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.02, betas=(0.9, 0.98), fused=True)
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    return Training(network, average, optimiser, shelf, batch, device)


def rate(share: float, steps: int, *, peak: float) -> float:
    """The learning rate when this share of the time is over: warm-up, constant, then falling to nothing."""
    return peak * min(1.0, (steps + 1) / _WARM_UP, max(0.005, (1.0 - share) / _FALLING))


def train(run: Training, out: Path, *, minutes: float, peak: float, held_out: Path | None) -> None:
    """Until the time is over. The checkpoint is written each minute, OUT with it."""
    checkpoint = out.with_suffix(".checkpoint")
    total, last = minutes * 60.0, time.monotonic()
    saved = looked = run.seconds
    recent: list[dict[str, float]] = []
    while run.seconds < total:
        recent.append(run.step(rate(run.seconds / total, run.steps, peak=peak)))
        now = time.monotonic()
        run.seconds, last = run.seconds + now - last, now
        if run.seconds - saved > _SAVE_S:
            saved = run.seconds
            run.save(checkpoint)
            _report(run, recent)
            recent.clear()
            run.shelf.refresh(limit=2)
        if run.seconds - looked > _LOOK_S and held_out is not None:
            looked = run.seconds
            save_drawing_network(run.average, out)
            _measure(run, held_out)
            last = time.monotonic()
    run.save(checkpoint)
    save_drawing_network(run.average, out)


def _measure(run: Training, held_out: Path) -> None:
    for path in shards(held_out)[:1]:
        print("   ", evaluate(run.average, read_drawings(path, most=_MEASURED)).line(), flush=True)


def _report(run: Training, recent: list[dict[str, float]]) -> None:
    means = {name: float(np.mean([mistakes[name] for mistakes in recent])) for name in recent[0]}
    found = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
    print(f"{run.steps:6d} {run.seconds / 60:6.1f} min  {len(run.shelf)} drawings  {found}", flush=True)


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path, help="folder of drawings to learn from")
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=Path, help="folder of drawings to measure on")
    parser.add_argument("--minutes", type=float, default=180.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    shelf = Shelf(options.shards, seed=options.seed)
    run = prepare(shelf, start_network(options.start), batch=options.batch, device=options.device)
    checkpoint = options.out.with_suffix(".checkpoint")
    if checkpoint.is_file():
        run.load(checkpoint)
        shelf.reseed(options.seed + run.steps)
    train(run, options.out, minutes=options.minutes, peak=options.peak, held_out=options.held_out)


def start_network(start: Path | None) -> DrawingNetwork:
    """A fresh network, or a trained one that is to learn on; its spreads as it says them."""
    if start is None:
        return DrawingNetwork()
    network = load_drawing_network(start.read_bytes(), name=start.name).train().requires_grad_()
    network.spread_factor = 1.0
    return network


if __name__ == "__main__":
    main()
