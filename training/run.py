"""What all trainings of networks share: a network and its running average, updates, checkpoints, and a clock.

A training says in `step` what it minimises; `until` steps until its time is over. A checkpoint is of one run: one of
other settings is refused.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import math
import pickle
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import torch

from contrapposto.backend.errors import InputError
from contrapposto.backend.files import write_atomically

Network = TypeVar("Network", bound=torch.nn.Module)
Made = TypeVar("Made")
_UNREADABLE = (OSError, EOFError, LookupError, TypeError, ValueError, AttributeError, RuntimeError)
_BFLOAT16 = ("amx_bf16", "avx512_bf16", "bf16")
"""What processors that multiply such numbers say of themselves."""
Schedule = Callable[[float, int], float]
"""The learning rate when a share of the time is over and so many steps are done."""


@dataclass
class Run(ABC, Generic[Network, Made]):
    """One run of a training.

    Attributes:
        network: what is trained, on `device`.
        average: its running average, which is what is kept in the end.
        optimiser: of the network's parameters.
        batch: how many are seen in a step.
        device: where it is trained.
        steps, seconds: done so far, those before a stop included.
        settings: what a checkpoint must have been written with, such as the size of the network and hashes of files.
    """

    network: Network
    average: Network
    optimiser: torch.optim.Optimizer
    batch: int
    device: str
    steps: int = 0
    seconds: float = 0.0
    settings: dict[str, str] = field(default_factory=dict[str, str])
    _clock: float = field(default=0.0, init=False, repr=False)

    decay: ClassVar[float] = 0.999
    """Share of the running average that a step leaves, once there were many."""
    longest: ClassVar[float] = 1.0
    """Length to which gradients are cut."""

    @abstractmethod
    def step(self, learning_rate: float) -> Made:
        """One update; what it tells of it is for reports."""

    def learn(self, loss: torch.Tensor, learning_rate: float) -> None:
        """Make a loss smaller by one update; the average follows."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.longest)
        self.optimiser.step()
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 20.0))
        with torch.no_grad():
            for kept, new in zip(self.average.parameters(), self.network.parameters(), strict=True):
                kept.lerp_(new, 1.0 - decay)

    def until(self, minutes: float, schedule: Schedule) -> Iterator[Made]:
        """Step until so many minutes are over, those before a stop included; yields what each step tells."""
        total, self._clock = minutes * 60.0, time.monotonic()
        while self.seconds < total:
            made = self.step(schedule(self.seconds / total, self.steps))
            now = time.monotonic()
            self.seconds, self._clock = self.seconds + now - self._clock, now
            yield made

    @contextlib.contextmanager
    def uncounted(self) -> Iterator[None]:
        """What is done inside takes none of the time."""
        began = time.monotonic()
        yield
        self._clock += time.monotonic() - began

    def save(self, path: Path) -> None:
        """Write a checkpoint, whole or not at all.

        Raises:
            InputError: the folder is missing or not writable, or the disk is full.
        """
        state = {
            "network": self.network.state_dict(), "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(), "steps": self.steps, "seconds": self.seconds,
            "settings": self.settings,
        }  # fmt: skip
        with write_atomically(path) as partial, partial.open("wb") as stream:
            torch.save(state, stream)

    def load(self, path: Path) -> None:
        """Go on from a checkpoint.

        Raises:
            InputError: it is none of this training, or of a run with other settings.
        """
        try:
            state: dict[str, Any] = torch.load(path, map_location=self.device, weights_only=True)
            check_settings(path, state["settings"], self.settings)
            for name in ("network", "average", "optimiser"):
                getattr(self, name).load_state_dict(state[name])
            self.steps, self.seconds = int(state["steps"]), float(state["seconds"])
        except (*_UNREADABLE, pickle.UnpicklingError) as error:
            raise InputError(f"{path} is no checkpoint of this training. Delete it to begin anew.") from error


def averaged(network: Network) -> Network:
    """A running average to begin with: a copy that is not trained itself."""
    return copy.deepcopy(network).eval().requires_grad_(requires_grad=False)


def warm_cosine(peak: float, *, warm_up: int) -> Schedule:
    """Rising to `peak` in so many steps, and along a cosine to a hundredth of it in the time."""

    def rate(share: float, steps: int) -> float:
        return peak * min(1.0, (steps + 1) / warm_up) * (0.01 + 0.495 * (1.0 + math.cos(math.pi * share)))

    return rate


def check_settings(path: Path, found: Mapping[str, str], asked: Mapping[str, str]) -> None:
    """Refuse a checkpoint of other settings; of a hash the beginning is shown.

    Raises:
        InputError: they differ.
    """
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


def checkpoint_of(out: Path) -> Path:
    """Where the checkpoint of a run that writes `out` lies; its folder is made.

    Raises:
        InputError: that is where the weights go, or the folder cannot be made.
    """
    checkpoint = out.with_suffix(".checkpoint")
    if checkpoint == out:
        raise InputError(f"{checkpoint} is where the checkpoint goes. Give the weights another ending.")
    try:
        checkpoint.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{checkpoint.parent} cannot be made: {error.strerror}. Choose another place.") from error
    return checkpoint


def check_minutes(minutes: float) -> None:
    """Refuse a training that has no time.

    Raises:
        InputError: it has none.
    """
    if not minutes > 0.0:
        raise InputError(f"--minutes must be more than 0, not {minutes:g}.")


def start_content(path: Path) -> bytes:
    """The file of weights to start from.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Give the weights to start from.") from error


def digest(path: Path) -> str:
    """SHA-256 of a file, for settings.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error


def default_device() -> str:
    """CUDA where there is one."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def half_precision(device: str | torch.device) -> torch.autocast:
    """Inside it networks calculate in bfloat16 where the device has it; emulated it takes four times as long."""
    kind = torch.device(device).type
    can = getattr(torch.cpu, "get_capabilities", dict[str, Any])()
    native = kind != "cpu" or any(can.get(name) for name in _BFLOAT16)
    return torch.autocast(kind, torch.bfloat16, enabled=native)
