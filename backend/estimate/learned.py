"""The pose model as an estimator: it reads the evidence, a fit brings the reading onto the keypoints.

Convention: torch tensors are float32 and lead with the T frames; numpy arrays leave this module.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from ..arrays import DoubleArray, FloatArray
from ..body_model import NEUTRAL_BODY, BodyModel
from ..camera import Camera
from ..errors import InputError
from ..job import Job, Progress
from ..keypoints import BLAZEPOSE_33
from ..kinematics import global_rotations, pose_torch
from ..observation import Observation
from ..pose_sequence import PoseSequence
from ..proportions import ProportionedBody, scaled_offsets_torch
from ..refine.evidence import Evidence2D, PosePrior
from ..refine.fit import Fit, fit_poses
from ..refine.settings import FitSettings
from ..rotations import matrix_to_axis_angle, swing_between
from .estimator import Estimate
from .evidence import Evidence, View, view_of
from .placement import height_above_ground
from .pose_network import PoseNetwork, Reading

_UNSEEN: Final = 0.05
_RIGHT_WITHIN: Final = np.radians(20.0)
"""A joint's confidence is the chance that its rotation is less than this wrong."""
_SAMPLES: Final = 48
_APART_M: Final = 0.10
"""Readings are different where some limb's end is this far from where the others have it."""


@dataclass(frozen=True)
class _Seen:
    """An observation as the network and the fit take it."""

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
    """Keypoints and world landmarks -> readings, likeliest first.

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
        yield Progress("Reading the pose", 0.0)
        seen = _seen(observation, self._device)
        with torch.inference_mode():
            readings, likelihood = self._readings(seen, count if observation.frame_count == 1 else 1)
        yield Progress("Fitting the pose to the picture", 0.5)
        estimates: list[Estimate] = []
        for reading, share in zip(readings, likelihood, strict=True):
            with torch.inference_mode():
                estimates.append(replace(self._fit(seen, reading, observation.fps), likelihood=share))
            yield Progress("Fitting the pose to the picture", 0.5 + 0.5 * len(estimates) / len(readings))
        return estimates

    def _readings(self, seen: _Seen, count: int) -> tuple[list[Reading], list[float]]:
        """The expected reading, then up to `count` - 1 that differ; and how likely each is."""
        expected = self._network(seen.evidence.features())
        if count <= 1:
            return [expected], [1.0]
        generator = torch.Generator(self._device).manual_seed(self._seed)
        noise = torch.randn(_SAMPLES, *expected.six.shape[1:], generator=generator, device=self._device)
        repeated = Evidence(
            **{name: value.expand(_SAMPLES, *value.shape[1:]) for name, value in vars(seen.evidence).items()}
        )
        sampled = self._network.sample(repeated, noise)
        chosen, likelihood = _different(_ends(expected), _ends(sampled), count)
        picked = [
            replace(expected, six=sampled.six[k : k + 1], log_rotation_sigma=expected.log_rotation_sigma - 0.5)
            for k in chosen
        ]
        return [expected, *picked], likelihood

    def _fit(self, seen: _Seen, reading: Reading, fps: float) -> Estimate:
        rotations = reading.rotations.clone()
        rotations[:, 0] = seen.view.turn @ rotations[:, 0]
        sigma = reading.log_rotation_sigma.exp()
        prior = PosePrior(rotations, sigma, reading.log_scales)
        given = Given(picture=_evidence_px(seen))
        fit = fit_poses(prior, given, iterations=10 if self._fitted else 0, settings=FitSettings())
        up = (seen.view.turn @ reading.up[..., None])[..., 0]
        confidence = 1.0 - (-float(_RIGHT_WITHIN) / sigma).exp()
        return self._estimate(seen, fit, up=up.double().cpu().numpy(), confidence=_array(confidence), fps=fps)

    def _estimate(self, seen: _Seen, fit: Fit, *, up: DoubleArray, confidence: FloatArray, fps: float) -> Estimate:
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


def _seen(observation: Observation, device: torch.device) -> _Seen:
    camera = observation.camera or Camera.assumed(observation.image_size)
    columns = [observation.schema.index.get(name) for name in BLAZEPOSE_33.names]
    if not any(column is not None for column in columns):
        raise InputError(f"The pose model knows none of the keypoints of {observation.schema.name}.")
    there = torch.tensor([column is not None for column in columns], device=device)
    chosen = [column or 0 for column in columns]
    pixels = _tensor(observation.keypoints_px[:, chosen], device)
    confidence = _tensor(observation.confidence[:, chosen], device) * there
    principal = pixels.new_tensor([camera.cx, camera.cy])
    rays = (pixels - principal) / pixels.new_tensor([camera.fx, camera.fy])
    view = view_of(rays, confidence)
    ones = torch.ones(len(rays), 1, device=device)
    evidence = replace(
        Evidence.nothing(len(rays), device=device), points=view.points, confidence=confidence, size=view.size,
        has_points=ones, camera_known=ones if observation.camera is not None else 0.0 * ones,
    )  # fmt: skip
    if observation.keypoints_world is not None:
        world = _tensor(observation.keypoints_world[:, chosen], device) @ view.turn
        evidence = replace(evidence, world=world * there[:, None], has_world=ones)
    return _Seen(rays, confidence, pixels, camera, view, evidence)


def _evidence_px(seen: _Seen) -> Evidence2D:
    """How far a detector's point may be off: 1.2 % of the person where it is sure, 6 % more where it is not."""
    share = 0.024 + 0.12 * (1.0 - seen.confidence).square()
    sigma = torch.where(seen.confidence > _UNSEEN, share * seen.person_px, torch.inf)
    camera = seen.points_px.new_tensor(seen.camera.as_array()).expand(len(seen.rays), 4)
    return Evidence2D(seen.points_px, sigma, camera)


def _ends(reading: Reading) -> torch.Tensor:
    """(N, 24, 3) metres from the pelvis, on the neutral adult."""
    local = reading.rotations
    offsets = scaled_offsets_torch(torch.zeros_like(reading.log_scales))
    return pose_torch(local, torch.zeros_like(local[:, 0, :, 0]), offsets=offsets)[1]


def _different(expected: torch.Tensor, sampled: torch.Tensor, count: int) -> tuple[list[int], list[float]]:
    """Samples that differ from what is expected (1, 24, 3) and from each other, and the share of samples near each.

    The middle one of the largest group not yet stood for is taken next.
    """
    apart = (sampled[:, None] - sampled[None]).norm(dim=-1).amax(-1)
    free = (sampled - expected).norm(dim=-1).amax(-1) > _APART_M
    likelihood = [1.0 - float(free.float().mean())]
    chosen: list[int] = []
    near = apart < _APART_M
    while len(chosen) < count - 1 and bool(free.any()):
        crowd = (near & free[None]).sum(1) * free
        best = int(crowd.argmax())
        group = near[best] & free
        chosen.append(best)
        likelihood.append(float(group.float().mean()))
        free &= ~group
    return chosen, likelihood


def _tensor(array: FloatArray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(np.array(array, np.float32)).to(device)


def _array(tensor: torch.Tensor) -> FloatArray:
    return tensor.float().cpu().numpy()
