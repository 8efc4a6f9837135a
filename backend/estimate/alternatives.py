"""Several readings of one picture: the expected pose, and samples of the model that differ from it and each other."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import torch

from ..arrays import DoubleArray
from ..kinematics import pose_torch
from ..proportions import scaled_offsets_torch
from .evidence import Evidence
from .pose_network import PoseNetwork, Reading

_SAMPLES: Final = 64
_STEPS: Final = 2
_APART_M: Final = 0.10
"""Readings differ where some joint is this far from where the other has it."""
_SURER: Final = -0.8
"""What is added to the logarithm of a sample's uncertainty: it is a definite pose, where the expected one is a mean."""


def different_readings(
    network: PoseNetwork, evidence: Evidence, count: int, *, seed: int = 0
) -> tuple[list[Reading], list[float]]:
    """Up to `count` readings of one person, and the share of the model's samples that each stands for.

    The first is the expected pose; the others are fewer where the evidence leaves no doubt.
    """
    expected = network(evidence.features())
    if count <= 1:
        return [expected], [1.0]
    device = expected.six.device
    generator = torch.Generator(device).manual_seed(seed)
    noise = torch.randn(_SAMPLES, *expected.six.shape[1:], generator=generator, device=device)
    repeated = Evidence(**{name: value.expand(_SAMPLES, *value.shape[1:]) for name, value in vars(evidence).items()})
    sampled = network.sample(repeated, noise, steps=_STEPS)
    chosen, likelihood = _different(_joints(expected), _joints(sampled), count)
    surer = replace(
        expected,
        log_rotation_sigma=expected.log_rotation_sigma + _SURER,
        log_body_sigma=expected.log_body_sigma + _SURER,
    )
    others = [replace(surer, six=sampled.six[k : k + 1]) for k in chosen]
    return [expected, *others], likelihood


def _different(expected: DoubleArray, sampled: DoubleArray, count: int) -> tuple[list[int], list[float]]:
    """Samples (N, 24, 3) that together leave the least doubt, beside what is expected (1, 24, 3).

    Greedily the sample that brings all others nearest, on average, to one that is taken (facility location: Nemhauser,
    Wolsey, Fisher 1978); and the share of the samples that are nearest to each, what is expected first.
    """
    apart = np.linalg.norm(sampled[:, None] - sampled[None], axis=-1)
    from_expected = np.linalg.norm(sampled - expected, axis=-1)
    mean, most = apart.mean(-1), apart.max(-1)
    nearest, free = from_expected.mean(-1), from_expected.max(-1) >= _APART_M
    distances, chosen = [nearest], list[int]()
    while len(chosen) < count - 1 and free.any():
        gain = np.maximum(nearest - mean, 0.0).sum(1)
        best = int(np.where(free, gain, -1.0).argmax())
        chosen.append(best)
        distances.append(mean[best])
        nearest = np.minimum(nearest, mean[best])
        free &= most[best] >= _APART_M
    shares = np.bincount(np.argmin(distances, axis=0), minlength=len(distances)) / len(sampled)
    return chosen, [float(share) for share in shares]


def _joints(reading: Reading) -> DoubleArray:
    """(N, 24, 3) metres from the pelvis, on the neutral adult."""
    local = reading.rotations
    offsets = scaled_offsets_torch(torch.zeros(len(local), reading.log_scales.shape[1], device=local.device))
    joints = pose_torch(local, torch.zeros_like(local[:, 0, :, 0]), offsets=offsets)[1]
    return np.asarray(joints.cpu(), np.float64)
