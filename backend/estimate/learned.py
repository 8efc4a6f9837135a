"""The pose model as an estimator: it reads the evidence, a fit brings the reading onto the keypoints.

Convention: torch tensors are float32 and lead with the T frames; numpy arrays leave this module.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from ..arrays import DoubleArray, FloatArray
from ..body_model import NEUTRAL_BODY, BodyModel
from ..camera import Camera
from ..errors import InputError
from ..job import Job, Progress, in_steps, run_job, to_the_end
from ..keypoints import BLAZEPOSE_33
from ..kinematics import global_rotations, pose_torch
from ..observation import Observation
from ..pose_sequence import PoseSequence
from ..proportions import ProportionedBody, scaled_offsets_torch
from ..refine.energy import Given
from ..refine.evidence import Evidence2D, Ground, PointModel, PosePrior
from ..refine.fit import Fit, FitSteps, fitting
from ..refine.settings import FitSettings
from ..refine.tensors import one_thread
from ..rotations import matrix_to_axis_angle, swing_between
from .alternatives import RIGHT_WITHIN, Alternative, different_readings, differs
from .estimator import Estimate
from .evidence import OUTSIDE_CONFIDENCE, SEEN, Evidence, View, view_of
from .placement import height_above_ground
from .pose_network import PoseNetwork, Reading

_OF_ONE_READING: Final = 0.45
"""Of the uncertainty about all readings, that about one of them."""
LOOKED_FOR: Final = 13
"""So many readings are looked for at least, whatever is asked for: few groups of samples are all much alike, and the
fit brings some together."""
_NEARLY_LEVEL_M: Final = 0.20
_EVEN_M: Final = 0.03
"""Feet that are about this much higher than the other are put beside it, so exactly."""
_OF_A_POINT: Final = 0.5
"""Of a point's expected distance, a standard deviation along each axis."""
_SUREST_POINT: Final = 0.01
"""Nothing is surer than this share of half the person's height."""
_PER_AXIS: Final = 0.9
"""Of the expected angle, a standard deviation about each axis; with the fit's own factor on priors."""


@dataclass(frozen=True)
class Seen:
    """An observation as the network and the fit take it.

    Attributes:
        rays: (T, 33, 2) x right, y down.
        confidence: (T, 33).
        points_px: (T, 33, 2).
        camera: the picture's, or an assumed one.
        view: at the person.
        evidence: what the network reads.
    """

    rays: torch.Tensor
    confidence: torch.Tensor
    points_px: torch.Tensor
    camera: Camera
    view: View
    evidence: Evidence

    @property
    def person_px(self) -> torch.Tensor:
        """(T, 1) about half the person's height in pixels."""
        return self.view.size * self.camera.fy


class LearnedEstimator:
    """Keypoints and world landmarks -> readings: the expected pose, then others, the likeliest first.

    Args:
        network: the pose model.
        body: whose proportions the translation is for.
        fitted: bring the readings onto the keypoints.
        seed: of the alternatives.
    """

    def __init__(
        self, network: PoseNetwork, *, body: BodyModel = NEUTRAL_BODY, fitted: bool = True, seed: int = 0
    ) -> None:
        self._network, self._body, self._fitted, self._seed = network, body, fitted, seed
        self._device = next(network.parameters()).device

    def estimate(self, observation: Observation, *, count: int = 1) -> Job[list[Estimate]]:
        """See `Estimator.estimate`. Alternatives are for stills: with several frames there is one reading.

        Raises:
            InputError: the observation names none of the landmarks that the model knows.
        """
        several = count > 1 and observation.frame_count == 1
        seen = see(observation, self._device)
        (expected,) = yield from different_readings(self._network, seen.evidence, 1)
        progress = Progress("Fitting the pose to the picture", 0.0 if several else 0.5)
        yield progress
        first = yield from in_steps(self._solving(seen, expected, observation.fps), progress)
        return (yield from self.others(observation, first, count=count)) if several else [first]

    def others(self, observation: Observation, first: Estimate, *, count: int) -> Job[list[Estimate]]:
        """See `ReadsSeveralWays.others`. What the fit brings together is one reading.

        Raises:
            InputError: as `estimate`.
        """
        seen, sought = see(observation, self._device), max(count, LOOKED_FOR)
        expected, *others = yield from different_readings(self._network, seen.evidence, sought, seed=self._seed)
        estimates, joints = [replace(first, likelihood=expected.likelihood)], [_from_pelvis(first)]
        for number, each in enumerate(others, start=1):
            if len(estimates) >= count:
                break
            progress = Progress("Fitting other readings", 0.5 + 0.5 * number / (1 + len(others)))
            yield progress
            found = yield from in_steps(self._solving(seen, each, observation.fps), progress)
            if differs(_from_pelvis(found), joints):
                estimates.append(found)
                joints.append(_from_pelvis(found))
        estimates[1:] = sorted(estimates[1:], key=lambda estimate: -estimate.likelihood)
        total = sum(estimate.likelihood for estimate in estimates)
        return [replace(estimate, likelihood=estimate.likelihood / total) for estimate in estimates]

    def warm_up(self) -> None:
        """Solve something once, so that what torch prepares at first use belongs to loading."""
        points = np.linspace(100.0, 500.0, 2 * len(BLAZEPOSE_33), dtype=np.float32).reshape(1, -1, 2)
        seen = Observation(points, np.ones(points.shape[:2], np.float32), BLAZEPOSE_33, (640, 640))
        run_job(self.estimate(seen, count=2))

    def _solving(self, seen: Seen, each: Alternative, fps: float) -> Generator[None, None, Estimate]:
        iterations = 10 if self._fitted else 0
        fit = yield from fitting_reading(seen, each.reading, iterations=iterations, definite=each.definite)
        yield
        up = np.asarray(_upwards(seen, each.reading).cpu(), np.float64)
        sure = 1.0 - (-float(RIGHT_WITHIN) / each.reading.log_rotation_sigma.exp()).exp()
        confidence = _array(sure if each.trust is None else sure * each.trust)
        estimate = self._estimate(seen, fit, up=up, confidence=confidence, fps=fps)
        return replace(estimate, likelihood=each.likelihood)

    def _estimate(self, seen: Seen, fit: Fit, *, up: DoubleArray, confidence: FloatArray, fps: float) -> Estimate:
        local = _array(fit.rotations).astype(np.float64)
        upright = swing_between(up, np.array([0.0, 1.0, 0.0]))
        local[:, 0] = upright @ local[:, 0]
        translation = np.zeros((len(local), 3), np.float32)
        offsets = self._body.rest_offsets(np.zeros(10))
        translation[:, 1] = height_above_ground(global_rotations(local), offsets)
        poses = PoseSequence(
            matrix_to_axis_angle(local).astype(np.float32), translation, confidence=confidence, fps=fps
        )
        pelvis = _array(fit.pelvis) * np.array([1.0, -1.0, -1.0], np.float32)
        body = ProportionedBody(_array(fit.log_scales).mean(0))
        turn = np.swapaxes(upright, -1, -2).astype(np.float32)
        return Estimate(poses, pelvis, seen.camera, body=body, camera_turn=turn)


def see(observation: Observation, device: torch.device) -> Seen:
    """Prepare an observation for the network.

    Raises:
        InputError: it has none of the landmarks that the model knows.
    """
    camera = observation.camera or Camera.assumed(observation.image_size)
    columns = [observation.schema.find(name) for name in BLAZEPOSE_33.names]
    if not any(column is not None for column in columns):
        raise InputError(f"The pose model knows none of the keypoints of {observation.schema.name}.")
    there = torch.tensor([column is not None for column in columns], device=device)
    chosen = [column or 0 for column in columns]
    pixels = _tensor(observation.keypoints_px[:, chosen], device)
    confidence = _tensor(observation.confidence[:, chosen], device) * there
    size = pixels.new_tensor(observation.image_size)
    outside = ((pixels < 0.0) | (pixels > size)).any(-1)
    confidence = torch.where(outside, confidence * OUTSIDE_CONFIDENCE, confidence)
    principal = pixels.new_tensor([camera.cx, camera.cy])
    rays = (pixels - principal) / pixels.new_tensor([camera.fx, camera.fy])
    view = view_of(rays, confidence)
    evidence = Evidence.of_view(view, confidence, camera_known=observation.camera is not None)
    if observation.keypoints_world is not None:
        world = _tensor(observation.keypoints_world[:, chosen], device) @ view.turn
        evidence = replace(evidence, world=world * there[:, None], has_world=evidence.has_points)
    return Seen(rays, confidence, pixels, camera, view, evidence)


def fitting_reading(
    seen: Seen,
    reading: Reading,
    *,
    iterations: int = 10,
    definite: bool = False,
    settings: FitSettings | None = None,
) -> FitSteps:
    """The reading brought onto the keypoints, and feet that are nearly level onto one ground, an iteration a step.

    Without iterations it is only placed before the camera. A definite reading, one of several, is held more firmly: the
    network's uncertainty covers them all.
    """
    with torch.inference_mode(), one_thread():
        prior, given = _problem(seen, reading, definite=definite)
    fit = yield from fitting(prior, given, iterations=iterations, settings=settings)
    if iterations < 1:
        return fit
    yield
    with torch.inference_mode(), one_thread():
        given = given._replace(ground=_ground(fit, up=_upwards(seen, reading)))
    start = {"start_rotations": fit.rotations, "start_pelvis": fit.pelvis}
    return (yield from fitting(prior, given, **start, iterations=iterations // 2, settings=settings))


fit_reading = to_the_end(fitting_reading)
"""The reading brought onto the keypoints, at once: `fitting_reading`."""


def _problem(seen: Seen, reading: Reading, *, definite: bool) -> tuple[PosePrior, Given]:
    """The reading as the prior, and the keypoints."""
    rotations = reading.rotations.clone()
    rotations[:, 0] = seen.view.turn @ rotations[:, 0]
    share = _PER_AXIS * (_OF_ONE_READING if definite else 1.0)
    local, body = (share * _evened(each).exp() for each in (reading.log_rotation_sigma, reading.log_body_sigma))
    prior = PosePrior(rotations, local, reading.log_scales, body_sigma=body)
    return prior, Given(picture=_evidence_px(seen, reading))


def _evened(log_sigma: torch.Tensor) -> torch.Tensor:
    """(T, 24) half way to the mean of the joints: where a joint is unsure, so is often the point that would move it."""
    return 0.5 * (log_sigma + log_sigma.mean(1, keepdim=True))


def _upwards(seen: Seen, reading: Reading) -> torch.Tensor:
    """(T, 3) against gravity, in the camera's inner frame."""
    return (seen.view.turn @ reading.up[..., None])[..., 0]


def _ground(fit: Fit, *, up: torch.Tensor) -> Ground:
    """Heels and balls that are nearly as low as the lowest of them stand beside it."""
    soles = PointModel.soles()
    world, joints = pose_torch(fit.rotations, fit.pelvis, offsets=scaled_offsets_torch(fit.log_scales))
    below = (world[:, soles.joints] @ torch.from_numpy(soles.offsets).to(world)[..., None])[..., 0]
    height = ((joints[:, soles.joints] + below) * up[:, None]).sum(-1)
    above = height - height.amin(1, keepdim=True)
    return Ground(up, (-(above / _NEARLY_LEVEL_M).square()).exp(), sigma_m=_EVEN_M)


def _evidence_px(seen: Seen, reading: Reading) -> Evidence2D:
    """How far each point may be off is what the network says of it."""
    share = _OF_A_POINT * reading.log_point_sigma.exp().clamp_min(_SUREST_POINT)
    sigma = torch.where(seen.confidence > SEEN, share * seen.person_px, torch.inf)
    camera = seen.points_px.new_tensor(seen.camera.as_array()).expand(len(seen.rays), 4)
    return Evidence2D(seen.points_px, sigma, camera)


def _from_pelvis(estimate: Estimate) -> DoubleArray:
    """(T, 24, 3) metres."""
    joints = estimate.joints()
    return joints - joints[:, :1]


def _tensor(array: FloatArray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.array(array, np.float32)).to(device)


def _array(tensor: torch.Tensor) -> FloatArray:
    return np.asarray(tensor.float().cpu(), np.float32)
