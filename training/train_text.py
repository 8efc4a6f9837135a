"""Train the generator of poses for words: `python -m training.train_text LESSONS.npz OUT.safetensors [--minutes M]`.

The lessons are those that `python -m training.text.lessons` writes. A run that was stopped goes on where its last
checkpoint, OUT.checkpoint, was written, if its settings are the same. `--no-text` trains the same network without
words, to compare with.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.rotations import matrix_from_6d_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import REST_OFFSETS
from contrapposto.backend.text.text_file import load_text_network, save_text_network
from contrapposto.backend.text.text_network import TextNetwork
from training.run import (
    Run,
    averaged,
    check_minutes,
    checkpoint_of,
    default_device,
    digest,
    half_precision,
    start_content,
    warm_cosine,
)
from training.text.lessons import Lessons, batch_of, held_out_beside, load_lessons

_EVERY = 500
_WARM_UP = 300
_DROPPED = 0.12
_OFFSETS = torch.from_numpy(REST_OFFSETS.copy())


@dataclass(kw_only=True)
class Training(Run[TextNetwork, float]):
    """One run; of `data` it learns, and this share of the poses is told nothing."""

    data: Lessons
    dropped: float

    def step(self, learning_rate: float) -> float:
        """One update; returns the loss."""
        rows = torch.multinomial(self.data.weights, self.batch, replacement=True)
        loss = flow_loss(self.network, self.data, rows, dropped=self.dropped)
        self.learn(loss, learning_rate)
        return float(loss.detach())


def flow_loss(network: TextNetwork, data: Lessons, rows: torch.Tensor, *, dropped: float) -> torch.Tensor:
    """The end of the flow: its rotations and where they put the joints, both squared.

    Args:
        network: on any device; the lessons stay where they are.
        data: what is learned from.
        rows: (B,) which of its poses.
        dropped: the share of them that are told nothing.
    """
    device = network.mean_pose.device
    end = network.to_point(matrix_to_6d_torch(data.rotations[rows].to(device)))
    words = [each.to(device) for each in batch_of(data, rows, dropped=dropped)]
    with half_precision(device):
        told = network.told(*words)
    when = torch.rand(len(rows), 1, device=device)
    point = (1.0 - when[..., None]) * torch.randn_like(end) + when[..., None] * end
    with half_precision(device):
        found = network(told, point, when)
    found = found.float()
    pelvis = torch.zeros(len(rows), 3, device=device)
    offsets = _OFFSETS.to(device).expand(len(rows), -1, -1)
    _, joints = pose_torch(matrix_from_6d_torch(network.to_six(found)), pelvis, offsets=offsets)
    apart = (joints - data.joints[rows].to(device)).square().sum(-1).mean()
    return 0.3 * (found - end).square().mean() + 5.0 * apart


def prepare(data: Lessons, *, width: int, depth: int, batch: int, dropped: float, device: str = "cpu") -> Training:
    """A fresh run; the mean pose and its spread are those of what it will see."""
    network = TextNetwork(width, depth).to(device)
    with torch.no_grad():
        rows = torch.multinomial(data.weights, 20_000, replacement=True)
        six = matrix_to_6d_torch(data.rotations[rows])
        network.mean_pose.copy_(six.mean(0))
        network.spread.copy_(six.std(0).clamp_min(0.05))
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    return Training(
        network=network,
        average=averaged(network),
        optimiser=optimiser,
        batch=batch,
        device=device,
        data=data,
        dropped=dropped,
    )


def train(run: Training, *, minutes: float, peak: float, checkpoint: Path, held_out: Lessons) -> None:
    """Until the time is over: warm-up, then a cosine to zero."""
    losses: list[float] = []
    for loss in run.until(minutes, warm_cosine(peak, warm_up=_WARM_UP)):
        losses.append(loss)
        if run.steps % _EVERY == 0:
            _report(run, losses, held_out)
            losses.clear()
            run.save(checkpoint)
    _report(run, losses, held_out)
    run.save(checkpoint)


def _report(run: Training, losses: Sequence[float], held_out: Lessons) -> None:
    """Print a line: steps, minutes, and the mean losses on training and held-out poses."""
    state = torch.random.get_rng_state()
    torch.manual_seed(0)
    with torch.no_grad():
        rows = torch.randint(len(held_out.rotations), (1024,))
        held = float(flow_loss(run.average, held_out, rows, dropped=run.dropped))
    torch.random.set_rng_state(state)
    mean = sum(losses) / max(len(losses), 1)
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
    parser.add_argument("--device", default=default_device())
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def _run(options: argparse.Namespace) -> None:
    """Train as the command line says, from the checkpoint if there is one; write the weights, delete the checkpoint."""
    check_minutes(options.minutes)
    torch.manual_seed(options.seed)
    data, held_out = load_lessons(options.lessons), load_lessons(held_out_beside(options.lessons))
    dropped = 1.0 if options.no_text else _DROPPED
    if options.no_text:
        data.natural.fill_(value=True)
    size = {name: getattr(options, name) for name in ("width", "depth", "batch")}
    run = prepare(data, **size, dropped=dropped, device=options.device)
    run.settings = {"lessons": digest(options.lessons), "dropped": f"{dropped:g}", "seed": str(options.seed)}
    run.settings |= {name: str(value) for name, value in size.items()}
    if options.start is not None:
        start_from(run, start_content(options.start), name=options.start.name)
        run.settings["start"] = digest(options.start)
    checkpoint = checkpoint_of(options.out)
    if checkpoint.is_file():
        run.load(checkpoint)
    torch.manual_seed(options.seed + run.steps + 1)
    train(run, minutes=options.minutes, peak=options.peak, checkpoint=checkpoint, held_out=held_out)
    facts = {"steps": str(run.steps), "minutes": f"{run.seconds / 60.0:.1f}"}
    save_text_network(run.average, options.out, facts=facts)
    checkpoint.unlink()


def start_from(run: Training, content: bytes, *, name: str) -> None:
    """Give a fresh run the weights of a `.safetensors` file.

    Raises:
        ModelFileError: it is no such file.
        InputError: its network has another width or depth.
    """
    found = load_text_network(content, name=name)
    if (found.width, found.depth) != (run.network.width, run.network.depth):
        raise InputError(
            f"The weights to start from are {found.width} wide and {found.depth} deep: give --width {found.width} "
            f"--depth {found.depth}."
        )
    for network in (run.network, run.average):
        network.load_state_dict(found.state_dict())


if __name__ == "__main__":
    main()
