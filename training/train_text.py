"""Train the generator of poses for words: `python -m training.train_text LESSONS.npz OUT.safetensors [--minutes M]`.

The lessons are those that `python -m training.text.lessons` writes. A run that was stopped goes on where its last
checkpoint, OUT.checkpoint, was written. `--no-text` trains the same network without words, to compare with.
"""

from __future__ import annotations

import argparse
import copy
import math
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.rotations import matrix_from_6d_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import REST_OFFSETS
from contrapposto.backend.text.text_file import load_text_network, save_text_network
from contrapposto.backend.text.text_network import TextNetwork
from training.text.lessons import Lessons, batch_of, held_out_beside, load_lessons

_EVERY = 500
_WARM_UP = 300
_EMA = 0.999
_DROPPED = 0.12
_OFFSETS = torch.from_numpy(REST_OFFSETS.copy())


@dataclass
class Training:
    """One run: the network, its running average, what it learns from."""

    network: TextNetwork
    average: TextNetwork
    optimiser: torch.optim.Optimizer
    data: Lessons
    batch: int
    dropped: float
    steps: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    def step(self, learning_rate: float) -> None:
        """One update."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        rows = torch.multinomial(self.data.weights, self.batch, replacement=True)
        loss = flow_loss(self.network, self.data, rows, dropped=self.dropped)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self.steps += 1
        self.losses.append(float(loss.detach()))
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
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is none of this training.
        """
        try:
            state = torch.load(path, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.average.load_state_dict(state["average"])
            self.optimiser.load_state_dict(state["optimiser"])
        except (OSError, EOFError, KeyError, RuntimeError, pickle.UnpicklingError) as error:
            raise InputError(f"{path} is no checkpoint of this training. Delete it to begin anew.") from error
        self.steps, self.seconds = state["steps"], state["seconds"]


def flow_loss(network: TextNetwork, data: Lessons, rows: torch.Tensor, *, dropped: float) -> torch.Tensor:
    """The end of the flow: its rotations and where they put the joints, both squared."""
    end = network.to_point(matrix_to_6d_torch(data.rotations[rows]))
    with torch.autocast("cpu", torch.bfloat16):
        told = network.told(*batch_of(data, rows, dropped=dropped))
    when = torch.rand(len(rows), 1)
    point = (1.0 - when[..., None]) * torch.randn_like(end) + when[..., None] * end
    with torch.autocast("cpu", torch.bfloat16):
        found = network(told, point, when)
    found = found.float()
    pelvis = torch.zeros(len(rows), 3)
    offsets = _OFFSETS.expand(len(rows), -1, -1)
    _, joints = pose_torch(matrix_from_6d_torch(network.to_six(found)), pelvis, offsets=offsets)
    apart = (joints - data.joints[rows]).square().sum(-1).mean()
    return 0.3 * (found - end).square().mean() + 5.0 * apart


def prepare(data: Lessons, *, width: int, depth: int, batch: int, dropped: float) -> Training:
    """A fresh run; the mean pose and its spread are those of what it will see."""
    network = TextNetwork(width, depth)
    with torch.no_grad():
        rows = torch.multinomial(data.weights, 20_000, replacement=True)
        six = matrix_to_6d_torch(data.rotations[rows])
        network.mean_pose.copy_(six.mean(0))
        network.spread.copy_(six.std(0).clamp_min(0.05))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    return Training(network, average, optimiser, data, batch, dropped)


def train(run: Training, *, minutes: float, peak: float, checkpoint: Path, held_out: Lessons) -> None:
    """Until the time is over: warm-up, then a cosine to zero."""
    total, last = minutes * 60.0, time.monotonic()
    while run.seconds < total:
        share = run.seconds / total
        run.step(peak * min(1.0, (run.steps + 1) / _WARM_UP) * (0.01 + 0.495 * (1.0 + math.cos(math.pi * share))))
        now = time.monotonic()
        run.seconds, last = run.seconds + now - last, now
        if run.steps % _EVERY == 0:
            _report(run, held_out)
            run.save(checkpoint)
    _report(run, held_out)
    run.save(checkpoint)


def _report(run: Training, held_out: Lessons) -> None:
    """Print a line: steps, minutes, and the mean losses on training and held-out poses."""
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    with torch.no_grad():
        rows = torch.randint(len(held_out.rotations), (1024,))
        held = float(flow_loss(run.average, held_out, rows, dropped=run.dropped))
    torch.random.set_rng_state(state)
    mean = sum(run.losses) / max(len(run.losses), 1)
    run.losses.clear()
    print(f"{run.steps:6d} {run.seconds / 60:6.1f} min  loss {mean:.4f}  held out {held:.4f}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train; exit status 2 with the reason where something cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--width", type=int, default=608)
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--no-text", action="store_true", help="learn poses without their words")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def _run(options: argparse.Namespace) -> None:
    """Train as the command line says, from the checkpoint if there is one; write the weights, delete the checkpoint."""
    torch.manual_seed(options.seed)
    data, held_out = load_lessons(options.lessons), load_lessons(held_out_beside(options.lessons))
    dropped = 1.0 if options.no_text else _DROPPED
    if options.no_text:
        data.natural.fill_(value=True)
    run = prepare(data, width=options.width, depth=options.depth, batch=options.batch, dropped=dropped)
    if options.start is not None:
        found = load_text_network(options.start.read_bytes(), name=options.start.name)
        for network in (run.network, run.average):
            network.load_state_dict(found.state_dict())
    checkpoint = options.out.with_suffix(".checkpoint")
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    if checkpoint.is_file():
        run.load(checkpoint)
    torch.manual_seed(options.seed + run.steps + 1)
    train(run, minutes=options.minutes, peak=options.peak, checkpoint=checkpoint, held_out=held_out)
    facts = {"steps": str(run.steps), "minutes": f"{run.seconds / 60.0:.1f}"}
    save_text_network(run.average, options.out, facts=facts)
    checkpoint.unlink()


if __name__ == "__main__":
    main()
