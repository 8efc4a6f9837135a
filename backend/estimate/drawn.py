"""Drawn figures -> poses whose bones, as the drawing's camera sees them, run as the drawn ones do.

The figure is put together again with a real body's proportions, the pose model reads that, and a fit turns its reading
until every bone is parallel to the drawn one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ..arrays import DoubleArray, FloatArray
from ..job import Job, Progress, run_job
from ..keypoints import FIGURE_23
from ..kinematics import global_rotations
from ..observation import Observation
from ..pose_sequence import PoseSequence
from ..proportions import ProportionedBody
from ..refine.fit import Fit
from ..rotations import matrix_to_axis_angle, swing_between
from ..skeleton import JOINT_COUNT, REST_OFFSETS
from .alternatives import different_readings
from .drawn_bones import REST_POINTS
from .drawn_fit import Drawing, Drawn, Hypothesis
from .drawn_overlay import overlaid
from .drawn_proportions import DrawnSkeleton
from .estimator import Estimate
from .placement import height_above_ground
from .pose_network import PoseNetwork, Reading

_RIGHT_WITHIN: Final = math.radians(20.0)
_OVERSURE: Final = 1.6
"""The pose model is surer of drawings than it may be: on held-out ones this power makes its chances right."""
_SWAPPED: Final = 0.2
"""How often left and right are taken for each other."""
_TEMPERATURE: Final = 8.0
_APART_M: Final = 0.10
_SAMPLES: Final = 32


class DrawnPoseSolver:
    """Keypoints of drawn figures -> readings, the likeliest first.

    Args:
        network: the pose model.
        seed: of the alternatives.
    """

    def __init__(self, network: PoseNetwork, *, seed: int = 0) -> None:
        self._network, self._seed = network, seed
        self._device = next(network.parameters()).device

    def solve(self, figure: Drawn, *, count: int = 1) -> Job[list[Estimate]]:
        """Up to `count` readings of one figure; with more than one, one has left and right swapped.

        The observation's camera is used where it has one, else a camera 5 m away.

        Raises:
            InputError: too few joints are drawn, or all in one place; or there are several frames.
        """
        seen = Drawing.of(figure, device=self._device)
        readings = yield from self._hypotheses(seen, count)
        fit = yield from seen.fit(readings)
        yield Progress("Fitting the pose to the drawing", 0.9)
        return _ordered(seen, readings, fit, count=count)

    def warm_up(self) -> None:
        """Solve something once, so that what torch prepares at first use belongs to loading."""
        run_job(self.solve(Plain.upright(), count=1))

    def _hypotheses(self, seen: Drawing, count: int) -> Job[list[Hypothesis]]:
        others = yield from self._read(seen.figure, seen, count)
        if count > 1:
            swapped = yield from self._read(seen.swapped, seen, 1)
            others += [replace(each, prior=_SWAPPED, swapped=True) for each in swapped]
        return others

    def _read(self, figure: DrawnSkeleton, seen: Drawing, count: int) -> Job[list[Hypothesis]]:
        view, evidence = seen.evidence(figure)
        alternatives = yield from different_readings(self._network, evidence, count, samples=_SAMPLES, seed=self._seed)
        return [Hypothesis(figure, each, view, max(each.likelihood, 1e-3)) for each in alternatives]


@dataclass(frozen=True)
class Plain:
    """Keypoints of a figure without depths, such as those that an artist placed."""

    observation: Observation

    @property
    def depth(self) -> FloatArray:
        """(23,) zeros."""
        return np.zeros(len(FIGURE_23), np.float32)

    @property
    def depth_sigma(self) -> FloatArray:
        """(23,) infinite."""
        return np.full(len(FIGURE_23), np.inf, np.float32)

    @classmethod
    def upright(cls) -> Plain:
        """A figure that stands with its arms spread."""
        points = (REST_POINTS[None, :, :2] * [100.0, -100.0] + 200.0).astype(np.float32)
        return cls(Observation(points, np.ones(points.shape[:2], np.float32), FIGURE_23, (400, 400)))


def _ordered(seen: Drawing, readings: Sequence[Hypothesis], fit: Fit, *, count: int) -> list[Estimate]:
    """The fits as estimates, the likeliest first, without those that are alike; the swapped one is always there."""
    cost = np.asarray(fit.cost.double().cpu(), np.float64)
    likelihood = np.array([each.prior for each in readings]) * np.exp(-(cost - cost.min()) / _TEMPERATURE)
    found: list[tuple[Hypothesis, float, Estimate]] = []
    order: list[int] = np.argsort(-likelihood, kind="stable").tolist()
    for row in order:
        estimate = _estimate(seen, readings[row], np.asarray(fit.rotations[row].double().cpu(), np.float64))
        if all(_apart_m(estimate, other) >= _APART_M for _, _, other in found):
            found.append((readings[row], float(likelihood[row]), estimate))
    chosen = found[:count]
    if count > 1 and not any(each.swapped for each, _, _ in chosen):
        chosen = chosen[: count - 1] + [one for one in found if one[0].swapped]
    total = sum(share for _, share, _ in chosen)
    return [replace(estimate, likelihood=share / total) for _, share, estimate in chosen]


def _apart_m(one: Estimate, other: Estimate) -> float:
    """How far the joint that differs most is from where the other reading has it."""
    first, second = (each.joints_cam() - each.pelvis_cam for each in (one, other))
    return float(np.linalg.norm(first - second, axis=-1).max())


def _estimate(seen: Drawing, each: Hypothesis, local: DoubleArray) -> Estimate:
    pelvis, log_scales = overlaid(local, each.figure, seen.camera)
    up = each.up
    upright = swing_between(up, np.array([0.0, 1.0, 0.0]))
    stood = local[None].copy()
    stood[:, 0] = upright @ stood[:, 0]
    translation = np.zeros((1, 3), np.float32)
    translation[:, 1] = height_above_ground(global_rotations(stood), REST_OFFSETS)
    confidence = _confidence(each.each.reading)
    poses = PoseSequence(matrix_to_axis_angle(stood).astype(np.float32), translation, confidence=confidence)
    before = (pelvis * [1.0, -1.0, -1.0]).astype(np.float32)[None]
    return Estimate(
        poses, before, seen.camera, body=ProportionedBody(log_scales), camera_turn=upright.T.astype(np.float32)[None]
    )


def _confidence(reading: Reading) -> FloatArray:
    """(1, 24): the chance that a joint is right within 20 degrees."""
    sure = (1.0 - (-_RIGHT_WITHIN / reading.log_rotation_sigma.exp()).exp()) ** _OVERSURE
    return np.asarray(sure.float().cpu(), np.float32).reshape(1, JOINT_COUNT)
