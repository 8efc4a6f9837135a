"""Train the pose model: `python -m training.train_pose POSES.npz OUT.safetensors [--minutes M] [--device D]`.

A run that was stopped goes on where its last checkpoint, OUT.checkpoint, was written, if its settings are the same; the
checkpoint of a run that ended is deleted. `--start WEIGHTS.safetensors` makes trained weights better instead of
beginning from nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.estimate.mirror import Mirror
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.estimate.pose_network import POSE_PART, PoseNetwork
from contrapposto.backend.rotations import matrix_to_6d_torch
from contrapposto.backend.skeleton import JOINT_COUNT

from .evaluate_pose import evaluate
from .pose_losses import pose_loss
from .pose_source import PoseSource
from .run import (
    Run,
    averaged,
    check_minutes,
    checkpoint_of,
    default_device,
    digest,
    start_content,
    warm_cosine,
)
from .synthesis import Synthesis, Truth
from .weights import save_network

_EVERY = 1000
_WARM_UP = 500
_AT_ONCE = 8
"""So many batches of people are made at once: of a single one most of the time goes into calling operations."""


@dataclass(kw_only=True)
class Training(Run[PoseNetwork, float]):
    """One run; `source` draws its poses, `synthesis` how they are seen."""

    source: PoseSource
    synthesis: Synthesis
    _made: list[tuple[torch.Tensor, Truth]] = field(default_factory=list[tuple[torch.Tensor, Truth]], init=False)

    def step(self, learning_rate: float) -> float:
        """One update; half of the batch is read as a regressor, half as a flow."""
        loss = self._loss()
        self.learn(loss, learning_rate)
        return float(loss.detach())

    def _loss(self) -> torch.Tensor:
        features, truth = self.seen()
        half = self.batch // 2
        six = matrix_to_6d_torch(truth.local[half:])
        when = torch.rand(len(six), 1, device=self.device)
        noise = torch.randn_like(six)
        point = (1.0 - when[..., None]) * noise + when[..., None] * self.network.to_point(six)
        told = torch.cat([self.network.told(features[:half]), self.network.told(features[half:], point, when)])
        return pose_loss(self.network, told, truth, read=half)

    @torch.no_grad()
    def seen(self) -> tuple[torch.Tensor, Truth]:
        """Evidence (B, FEATURES) and truth of the next batch of people."""
        if not self._made:
            sighting = self.synthesis.see(self.source.draw(_AT_ONCE * self.batch))
            features = sighting.evidence.features()
            parts = [slice(at, at + self.batch) for at in range(0, len(features), self.batch)]
            self._made = [(features[part], sighting.truth.part(part)) for part in parts]
        return self._made.pop()


def read_poses(path: Path, *, held_out: bool) -> torch.Tensor:
    """(M, 24, 3) axis-angle of the training clips, or of the held-out ones.

    Raises:
        InputError: the file is missing, not what `training.mocap.collect` writes, or holds no such poses.
    """
    if not path.is_file():
        raise InputError(f"{path} is not there. `python -m training.mocap.collect FOLDER {path}` makes it.")
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            chosen = archive["held_out"][archive["clip"]] == held_out
            poses = archive["rotations"][chosen].astype(np.float32)
    except (OSError, EOFError, ValueError, TypeError, LookupError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path} holds no poses as `python -m training.mocap.collect` writes them. Collect them again."
        ) from error
    if poses.shape[1:] != (JOINT_COUNT, 3):
        raise InputError(f"{path}: rotations must be (poses, {JOINT_COUNT}, 3). Collect them again.")
    if not len(poses):
        kind = "held-out poses" if held_out else "poses to train on"
        raise InputError(f"{path} holds no {kind}. Collect more clips.")
    return torch.from_numpy(poses)


def prepare(poses: torch.Tensor, network: PoseNetwork, *, batch: int, device: str) -> Training:
    """A fresh run; the mean pose and its spread are those of what it will see."""
    source = PoseSource(poses, device=device)
    network = network.to(device)
    with torch.no_grad():
        six = matrix_to_6d_torch(Synthesis(device=device).see(source.draw(8192)).truth.local)
        six = torch.cat([six, Mirror([POSE_PART]).to(device)(six.flatten(1)).view_as(six)])
        network.mean_pose.copy_(six.mean(0))
        network.spread.copy_(six.std(0).clamp_min(0.05))
    parameters = network.parameters()
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    return Training(
        network=network,
        average=averaged(network),
        optimiser=optimiser,
        batch=batch,
        device=device,
        source=source,
        synthesis=Synthesis(device=device),
    )


def start_from(run: Training, content: bytes) -> None:
    """Give a fresh run the weights of a `.safetensors` file, its mean pose and spread among them.

    Raises:
        ModelFileError: it is no such file.
        InputError: its network has another width or depth.
    """
    found = load_network(content)
    if (found.width, found.depth) != (run.network.width, run.network.depth):
        raise InputError(
            f"The weights to start from are {found.width} wide and {found.depth} deep: give --width {found.width} "
            f"--depth {found.depth}."
        )
    for network in (run.network, run.average):
        network.load_state_dict(found.state_dict())


def train(run: Training, *, minutes: float, peak: float, checkpoint: Path, held_out: torch.Tensor) -> None:
    """Until the time is over: warm-up, then a cosine to zero. At the end it is measured, and the checkpoint written."""
    losses: list[float] = []
    for loss in run.until(minutes, warm_cosine(peak, warm_up=_WARM_UP)):
        losses.append(loss)
        if run.steps % _EVERY == 0:
            _report(run, losses, held_out)
            losses.clear()
            run.save(checkpoint)
    _report(run, losses, held_out)
    run.save(checkpoint)


def _report(run: Training, losses: Sequence[float], held_out: torch.Tensor) -> None:
    """Print a line: steps, minutes, the mean of the losses, and errors on held-out poses."""
    found = "  ".join(f"{name} {value:.1f}" for name, value in evaluate(run.average, held_out).items())
    mean = f"loss {sum(losses) / len(losses):.4f}  " if losses else ""
    print(f"{run.steps:6d} {run.seconds / 60:6.1f} min  {mean}{found}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train; exit status 2 with the reason where something cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("poses", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--depth", type=int, default=6)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--peak", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--device", default=default_device())
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except ContrappostoError as error:
        parser.exit(2, f"{error}\n")


def _run(options: argparse.Namespace) -> None:
    """Train as the command line says, from the checkpoint if there is one; write the weights, delete the checkpoint."""
    check_minutes(options.minutes)
    torch.manual_seed(options.seed)
    held_out, poses = (read_poses(options.poses, held_out=held) for held in (True, False))
    run = prepare(poses, PoseNetwork(options.width, options.depth), batch=options.batch, device=options.device)
    run.settings = {
        "poses": digest(options.poses),
        **{name: str(getattr(options, name)) for name in ("width", "depth", "batch", "seed")},
    }
    if options.start is not None:
        content = start_content(options.start)
        start_from(run, content)
        run.settings["start"] = hashlib.sha256(content).hexdigest()
    checkpoint = checkpoint_of(options.out)
    if checkpoint.is_file():
        run.load(checkpoint)
        torch.manual_seed(options.seed + run.steps)
    train(run, minutes=options.minutes, peak=options.peak, checkpoint=checkpoint, held_out=held_out)
    facts = {"steps": str(run.steps), "minutes": f"{run.seconds / 60.0:.1f}"}
    save_network(run.average, options.out, facts=facts)
    checkpoint.unlink()


if __name__ == "__main__":
    main()
