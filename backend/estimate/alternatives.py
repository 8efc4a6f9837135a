"""Several readings of one picture: the expected pose, and samples of the model that differ from it and each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from ..arrays import DoubleArray, IntArray
from ..job import Job, Progress
from ..kinematics import pose_torch
from ..proportions import LENGTH_GROUPS, scaled_offsets_torch
from ..refine.tensors import one_thread
from ..rotations import geodesic_angle_torch, matrix_from_6d_torch
from ..skeleton import JOINT_COUNT
from .evidence import Evidence
from .pose_network import PoseNetwork, Reading

_SAMPLES: Final = 64
_AT_ONCE: Final = 4
_STEPS: Final = 4
_APART_M: Final = 0.10
"""Readings differ where some joint is this far from where the other has it."""
RIGHT_WITHIN: Final = np.radians(20.0)
"""A joint's confidence is the chance that its rotation is less than this wrong."""
_ROUNDS: Final = 12


@dataclass(frozen=True)
class Alternative:
    """One reading of one person.

    Attributes:
        reading: what the picture may show, with the uncertainty of the expected pose.
        likelihood: beside the other readings, in [0, 1].
        definite: it is one of several poses; the expected one stands for all of them.
        trust: (1, 24) in [0, 1]: of the confidence in each joint of the expected pose, that in this reading's.
    """

    reading: Reading
    likelihood: float = 1.0
    definite: bool = False
    trust: torch.Tensor | None = None


def different_readings(
    network: PoseNetwork, evidence: Evidence, count: int, *, samples: int = _SAMPLES, seed: int = 0
) -> Job[list[Alternative]]:
    """Up to `count` readings of one person: the expected pose, then others in the order in which to offer them.

    The expected pose needs no samples; where the evidence allows very different poses it lies between them, and others
    can be likelier. Those, fewer where the evidence leaves no doubt, are the means of groups of samples: what is alike
    in a group stands, what differs at random averages out. Each next one is likely and unlike those before it, so that
    whoever takes the first few of many has those that matter.
    """
    yield Progress("Reading the pose", 0.0)
    with torch.inference_mode(), one_thread():
        expected = network.expected(evidence)
    if count <= 1:
        return [Alternative(expected)]
    sampled = yield from _sampled(network, evidence, count=samples, seed=seed)
    with one_thread():
        return _told_apart(expected, sampled, count)


def _told_apart(expected: Reading, sampled: torch.Tensor, count: int) -> list[Alternative]:
    """The expected pose and groups of the samples (N, 24, 6), in the order in which to offer them."""
    joints = _joints(sampled)
    readings, places = [expected], [_joints(expected.six)]
    for group in _groups(joints, count - 1):
        mean = replace(expected, six=sampled[group].mean(0, keepdim=True))
        place = _joints(mean.six)
        if differs(place, places):
            readings.append(mean)
            places.append(place)
    likelihood = _likelihood(np.concatenate(places), joints)
    near = [_near(reading, sampled) for reading in readings]
    trust = [((one + 1.0) / (near[0] + 1.0)).clamp_max(1.0) for one in near]
    order = _offered(places, likelihood)
    return [Alternative(readings[k], float(likelihood[k]), definite=k > 0, trust=trust[k]) for k in order]


def _offered(places: Sequence[DoubleArray], likelihood: DoubleArray) -> list[int]:
    """The first, and then again and again what is likely and far from all before: the largest product of both."""
    order, others = [0], list(range(1, len(places)))
    apart = np.array([[np.linalg.norm(one - other, axis=-1).max() for other in places] for one in places])
    while others:
        order.append(max(others, key=lambda k: float(likelihood[k] * apart[k, order].min())))
        others.remove(order[-1])
    return order


def _near(reading: Reading, sampled: torch.Tensor) -> torch.Tensor:
    """(1, 24) how many of the samples (N, 24, 6) have each joint turned as the reading has it."""
    away = geodesic_angle_torch(matrix_from_6d_torch(sampled), reading.rotations)
    return (away < RIGHT_WITHIN).to(sampled).sum(0, keepdim=True)


def differs(joints: DoubleArray, others: Sequence[DoubleArray]) -> bool:
    """Whether joints (1, 24, 3), in metres from the pelvis, are another reading than each of these."""
    return all(np.linalg.norm(joints - other, axis=-1).max() >= _APART_M for other in others)


def _likelihood(readings: DoubleArray, samples: DoubleArray) -> DoubleArray:
    """(R,) shares of 1: how densely the samples (N, 24, 3) lie about each reading (R, 24, 3).

    The first reading is the expected one; the median distance from it is the kernel's width.
    """
    away = np.linalg.norm(samples - readings[:, None], axis=-1).mean(-1)
    width = max(float(np.sort(away[0])[len(samples) // 2]), 1e-3)
    density = np.asarray(np.exp(-0.5 * np.square(away / width)).mean(1), np.float64)
    return density / density.sum()


def _groups(joints: DoubleArray, count: int) -> list[IntArray]:
    """Indices of the samples (N, 24, 3) in up to `count` groups of poses that are alike.

    Lloyd's k-means, begun with the samples that are farthest from each other (Gonzalez 1985).
    """
    points = joints.reshape(len(joints), -1)
    centres = [points[np.linalg.norm(points - points.mean(0), axis=1).argmax()]]
    while len(centres) < count:
        nearest = np.min([np.linalg.norm(points - centre, axis=1) for centre in centres], axis=0)
        centres.append(points[nearest.argmax()])
    groups: list[IntArray] = []
    for _ in range(_ROUNDS):
        label = np.argmin([np.linalg.norm(points - centre, axis=1) for centre in centres], axis=0)
        groups = [np.flatnonzero(label == group) for group in range(count)]
        centres = [
            points[group].mean(0) if len(group) else centre for group, centre in zip(groups, centres, strict=True)
        ]
    return [group for group in groups if len(group)]


def _sampled(network: PoseNetwork, evidence: Evidence, *, count: int, seed: int) -> Job[torch.Tensor]:
    """(N, 24, 6) rotations of samples, a few at a time so that the window can answer between."""
    device = evidence.points.device
    generator = torch.Generator(device).manual_seed(seed)
    told = [evidence, evidence.without_world()] * (_AT_ONCE // 2)
    repeated = Evidence(**{name: torch.cat([getattr(one, name) for one in told]) for name in vars(evidence)})
    drawn: list[torch.Tensor] = []
    while len(drawn) * _AT_ONCE < count:
        with torch.inference_mode(), one_thread():
            noise = torch.randn(_AT_ONCE, JOINT_COUNT, 6, generator=generator, device=device)
            drawn.append(network.sample(repeated, noise, steps=_STEPS).six)
        yield Progress("Looking for other readings", 0.5 * len(drawn) * _AT_ONCE / count)
    return torch.cat(drawn)


def _joints(six: torch.Tensor) -> DoubleArray:
    """(N, 24, 3) metres from the pelvis, on the neutral adult."""
    local = matrix_from_6d_torch(six)
    offsets = scaled_offsets_torch(torch.zeros(len(local), len(LENGTH_GROUPS), device=local.device))
    joints = pose_torch(local, torch.zeros_like(local[:, 0, :, 0]), offsets=offsets)[1]
    return np.asarray(joints.cpu(), np.float64)
