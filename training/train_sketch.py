"""Train the network that reads drawings: `python -m training.train_sketch SHARDS OUT.safetensors [--minutes M]`.

A run that was stopped goes on where its last checkpoint, beside OUT, was written; with more minutes so does one that
was done, if its settings are the same: the learning rate is constant and falls only towards the end. Shards that appear
meanwhile are read too.
`--start WEIGHTS.safetensors` makes trained weights better instead of beginning from nothing.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

import numpy as np
import torch

from contrapposto.backend.detect.drawing_file import load_drawing_network, save_drawing_network
from contrapposto.backend.detect.drawing_network import DrawingNetwork
from contrapposto.backend.errors import ContrappostoError

from .evaluate_sketch import evaluate
from .run import Run, averaged, check_minutes, checkpoint_of, default_device, digest, half_precision, start_content
from .sketch_losses import losses
from .sketch_shards import Shelf, read_drawings, shards

_WARM_UP: Final = 300
_FALLING: Final = 0.25
"""In this last share of the time the learning rate falls."""
_SAVE_S: Final = 60.0
_LOOK_S: Final = 300.0
_MEASURED: Final = 600


@dataclass(kw_only=True)
class Training(Run[DrawingNetwork, dict[str, float]]):
    """One run; `shelf` holds the drawings."""

    shelf: Shelf

    decay: ClassVar[float] = 0.9985
    longest: ClassVar[float] = 2.0

    def step(self, learning_rate: float) -> dict[str, float]:
        """One update; returns each mistake."""
        ink, truth = self.shelf.batch(self.batch, device=self.device)
        with half_precision(self.device):
            look = self.network(ink)
        mistakes = losses(look, truth)
        self.learn(torch.stack(list(mistakes.values())).sum(), learning_rate)
        return {name: float(value.detach()) for name, value in mistakes.items()}


def prepare(shelf: Shelf, network: DrawingNetwork, *, batch: int, device: str) -> Training:
    """A fresh run."""
    network = network.to(device, memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.02, betas=(0.9, 0.98), fused=True)
    return Training(
        network=network, average=averaged(network), optimiser=optimiser, batch=batch, device=device, shelf=shelf
    )


def rate(share: float, steps: int, *, peak: float) -> float:
    """The learning rate when this share of the time is over: warm-up, constant, then falling to nothing."""
    return peak * min(1.0, (steps + 1) / _WARM_UP, max(0.005, (1.0 - share) / _FALLING))


def train(run: Training, out: Path, *, minutes: float, peak: float, held_out: Path | None) -> None:
    """Until the time is over. The checkpoint is written each minute, OUT with it."""
    checkpoint = out.with_suffix(".checkpoint")
    saved = looked = run.seconds
    recent: list[dict[str, float]] = []
    for mistakes in run.until(minutes, functools.partial(rate, peak=peak)):
        recent.append(mistakes)
        if run.seconds - saved > _SAVE_S:
            saved = run.seconds
            run.save(checkpoint)
            _report(run, recent)
            recent.clear()
            run.shelf.refresh(limit=2)
        if run.seconds - looked > _LOOK_S and held_out is not None:
            looked = run.seconds
            with run.uncounted():
                save_drawing_network(run.average, out)
                _measure(run, held_out)
    run.save(checkpoint)
    save_drawing_network(run.average, out)


def _measure(run: Training, held_out: Path) -> None:
    for path in shards(held_out)[:1]:
        print("   ", evaluate(run.average, read_drawings(path, most=_MEASURED)).line(), flush=True)


def _report(run: Training, recent: list[dict[str, float]]) -> None:
    means = {name: float(np.mean([mistakes[name] for mistakes in recent])) for name in recent[0]}
    found = "  ".join(f"{name} {value:.3f}" for name, value in means.items())
    print(f"{run.steps:6d} {run.seconds / 60:6.1f} min  {len(run.shelf)} drawings  {found}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train; exit status 2 with the reason where something cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path, help="folder of drawings to learn from")
    parser.add_argument("out", type=Path)
    parser.add_argument("--held-out", type=Path, help="folder of drawings to measure on")
    parser.add_argument("--minutes", type=float, default=180.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--device", default=default_device())
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def _run(options: argparse.Namespace) -> None:
    """Train as the command line says, from the checkpoint if there is one."""
    check_minutes(options.minutes)
    torch.manual_seed(options.seed)
    checkpoint = checkpoint_of(options.out)
    shelf = Shelf(options.shards, seed=options.seed)
    run = prepare(shelf, start_network(options.start), batch=options.batch, device=options.device)
    run.settings = {name: str(getattr(options, name)) for name in ("batch", "seed")}
    if options.start is not None:
        run.settings["start"] = digest(options.start)
    if checkpoint.is_file():
        run.load(checkpoint)
        shelf.reseed(options.seed + run.steps)
    train(run, options.out, minutes=options.minutes, peak=options.peak, held_out=options.held_out)


def start_network(start: Path | None) -> DrawingNetwork:
    """A fresh network, or a trained one that is to learn on; its spreads as it says them."""
    if start is None:
        return DrawingNetwork()
    network = load_drawing_network(start_content(start), name=start.name).train().requires_grad_()
    network.spread_factor = 1.0
    return network


if __name__ == "__main__":
    main()
