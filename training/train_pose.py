"""Train the pose model: `python -m training.train_pose POSES.npz OUT.safetensors [--minutes M] [--device D]`.

A run that was stopped goes on where its last checkpoint, OUT.checkpoint, was written, if its settings are the same; the
checkpoint of a run that ended is deleted. `--start WEIGHTS.safetensors` makes trained weights better instead of
beginning from nothing.
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import math
import pickle
import time
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from contrapposto.backend.errors import ContrappostoError, InputError
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.rotations import matrix_to_6d_torch
from contrapposto.backend.skeleton import JOINT_COUNT

from .evaluate_pose import evaluate
from .pose_losses import flow_loss, regression_loss
from .pose_source import PoseSource
from .synthesis import Synthesis
from .weights import save_network

_EVERY = 500
_WARM_UP = 500
_EMA = 0.999
_FLOW_WEIGHT = 4.0


@dataclass
class Training:
    """One run: the network, its running average, what it learns from, and the settings that a checkpoint must share."""

    network: PoseNetwork
    average: PoseNetwork
    optimiser: torch.optim.Optimizer
    source: PoseSource
    synthesis: Synthesis
    batch: int
    device: str
    steps: int = 0
    seconds: float = 0.0
    settings: dict[str, str] = field(default_factory=dict)

    def step(self, learning_rate: float) -> float:
        """One update; half of the batch is read as a regressor, half as a flow."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        loss = self._loss()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimiser.step()
        self._count()
        return float(loss.detach())

    def _loss(self) -> torch.Tensor:
        with torch.no_grad():
            sighting = self.synthesis.see(self.source.draw(self.batch))
            features = sighting.evidence.features()
        half = self.batch // 2
        first, second = sighting.truth.part(slice(half)), sighting.truth.part(slice(half, None))
        six = matrix_to_6d_torch(second.local)
        when = torch.rand(self.batch - half, 1, device=self.device)
        noise = torch.randn_like(six)
        point = (1.0 - when[..., None]) * noise + when[..., None] * self.network.to_point(six)
        with torch.autocast(self.device, torch.bfloat16):
            read, flown = self.network(features[:half]), self.network(features[half:], point, when)
        return regression_loss(read, first) + _FLOW_WEIGHT * flow_loss(self.network, flown, second)

    def _count(self) -> None:
        """One more step; the average follows."""
        self.steps += 1
        decay = min(_EMA, self.steps / (self.steps + 20.0))
        with torch.no_grad():
            pairs = zip(self.average.parameters(), self.network.parameters(), strict=True)
            for kept, new in pairs:
                kept.lerp_(new, 1.0 - decay)

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all."""
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "seconds": self.seconds,
            "settings": self.settings,
        }  # fmt: skip
        partial = path.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(path)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is none, or of a run with other settings.
        """
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            _check_settings(path, state["settings"], self.settings)
        except (OSError, EOFError, KeyError, TypeError, RuntimeError, pickle.UnpicklingError) as error:
            raise InputError(f"{path} is no checkpoint of this training. Delete it to begin anew.") from error
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps, self.seconds = state["steps"], state["seconds"]


def _check_settings(path: Path, found: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """Refuse a checkpoint of other settings; of a hash the beginning is shown."""
    other = [
        f"{name} is {found.get(name, 'not given')[:12]}, not {asked.get(name, 'not given')[:12]}"
        for name in sorted(found.keys() | asked.keys())
        if found.get(name) != asked.get(name)
    ]
    if other:
        raise InputError(
            f"{path} is of a run with other settings: {', '.join(other)}; delete it to begin anew, or give its "
            "settings to go on."
        )


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


def prepare(poses: torch.Tensor, *, width: int, depth: int, batch: int, device: str) -> Training:
    """A fresh run; the mean pose and its spread are those of what it will see."""
    source = PoseSource(poses, device=device)
    network = PoseNetwork(width, depth).to(device)
    with torch.no_grad():
        six = matrix_to_6d_torch(Synthesis(device=device).see(source.draw(8192)).truth.local)
        network.mean_pose.copy_(six.mean(0))
        network.spread.copy_(six.std(0).clamp_min(0.05))
    parameters = network.parameters()
    optimiser = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    average = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
    return Training(network, average, optimiser, source, Synthesis(device=device), batch, device)


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
    total, last = minutes * 60.0, time.monotonic()
    losses: list[float] = []
    while run.seconds < total:
        share = run.seconds / total
        rate = peak * min(1.0, (run.steps + 1) / _WARM_UP) * (0.01 + 0.495 * (1.0 + math.cos(math.pi * share)))
        losses.append(run.step(rate))
        now = time.monotonic()
        run.seconds, last = run.seconds + now - last, now
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
    parser.add_argument("--depth", type=int, default=4)
    parser.add_argument("--batch", type=int, default=512)
    parser.add_argument("--peak", type=float, default=1e-3, help="highest learning rate")
    parser.add_argument("--start", type=Path, help="trained weights to go on from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except ContrappostoError as error:
        parser.exit(2, f"{error}\n")


def _run(options: argparse.Namespace) -> None:
    """Train as the command line says, from the checkpoint if there is one; write the weights, delete the checkpoint."""
    if not options.minutes > 0.0:
        raise InputError(f"--minutes must be more than 0, not {options.minutes:g}.")
    torch.manual_seed(options.seed)
    held_out, poses = (read_poses(options.poses, held_out=held) for held in (True, False))
    run = prepare(poses, width=options.width, depth=options.depth, batch=options.batch, device=options.device)
    run.settings = {
        "poses": hashlib.sha256(options.poses.read_bytes()).hexdigest(),
        **{name: str(getattr(options, name)) for name in ("width", "depth", "batch", "seed")},
    }
    if options.start is not None:
        content = _read(options.start)
        start_from(run, content)
        run.settings["start"] = hashlib.sha256(content).hexdigest()
    checkpoint = options.out.with_suffix(".checkpoint")
    if checkpoint == options.out:
        raise InputError(f"{checkpoint} is where the checkpoint goes. Give the weights another ending.")
    _make_folder(checkpoint.parent)
    if checkpoint.is_file():
        run.load(checkpoint)
        torch.manual_seed(options.seed + run.steps)
    train(run, minutes=options.minutes, peak=options.peak, checkpoint=checkpoint, held_out=held_out)
    facts = {"steps": str(run.steps), "minutes": f"{run.seconds / 60.0:.1f}"}
    save_network(run.average, options.out, facts=facts)
    checkpoint.unlink()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Give the weights to start from.") from error


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be made: {error.strerror}. Choose another place.") from error


if __name__ == "__main__":
    main()
