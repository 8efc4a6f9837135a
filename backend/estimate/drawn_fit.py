"""A drawn figure as evidence, and the fit that turns a reading until every bone is parallel to the drawn one.

Convention: torch tensors lead with the N readings; metres in the inner frame with the camera at the origin.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch

from ..arrays import AnyFloatArray, DoubleArray, FloatArray
from ..camera import Camera
from ..errors import InputError
from ..job import Job, Progress, in_steps
from ..keypoints import BLAZEPOSE_33, FIGURE_23
from ..kinematics import pose_torch
from ..observation import Observation
from ..proportions import LENGTH_GROUPS, scaled_offsets_torch
from ..refine.drawn_terms import DrawnBones, Spans, StraightChains, Touches
from ..refine.energy import Given
from ..refine.evidence import Evidence2D, Evidence3D, Ground, PointModel, PosePrior
from ..refine.fit import Fit, fitting
from ..refine.settings import FitSettings
from ..refine.tensors import one_thread
from ..skeleton import STATURE_M
from .alternatives import Alternative
from .drawn_bones import BONE_INDEX, BONES, POINTS, SPANS, weights_of
from .drawn_depths import turned_to_depths
from .drawn_proportions import DrawnSkeleton, understood
from .drawn_rebuilt import opened, rebuilt
from .drawn_rules import STRAIGHT_JOINTS, Touch, standing, straightness, touches
from .drawn_unseen import TRUNK, at_ease, trunk_is_drawn
from .evidence import Evidence, View, view_of

_AWAY_M: Final = 5.0
"""How far the camera of a drawing stands: artists draw with little perspective."""
_SETTINGS: Final = FitSettings(prior_weight=0.6, robust_start=2.0, limit_sigma=math.radians(8.0), damping=1e-2)
_ITERATIONS: Final = (12, 6)
_STAGE: Final = "Fitting the pose to the drawing"
_POINT_SIGMA_M: Final = 0.06
_END_SIGMA_M: Final = 0.010
"""How exactly a sure keypoint is drawn; an unsure one may be off by `_UNSURE_M` more."""
_UNSURE_M: Final = 0.06
_PLAUSIBLE_GAP_M: Final = 0.25
_NEARLY_LEVEL_M: Final = 0.15
_EVEN_M: Final = 0.02
_LEVEL_WITHIN, _STEEPEST = math.radians(6.0), math.radians(30.0)
_UPRIGHT_SIGMA: Final = math.radians(5.0)
"""How far an unseen trunk may turn from upright, a joint."""


class Drawn(Protocol):
    """A figure as the detector of drawings gives it."""

    @property
    def observation(self) -> Observation:
        """One frame of `FIGURE_23`."""
        ...

    @property
    def depth(self) -> FloatArray:
        """(23,) towards the viewer from the pelvis, in statures."""
        ...

    @property
    def depth_sigma(self) -> FloatArray:
        """(23,) how far it may be off; infinite where nothing is known."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """A reading of a figure, whose sides may be swapped.

    Attributes:
        figure: the figure.
        each: the reading.
        view: at the figure with a real body's proportions.
        prior: how likely it is before the fit.
        swapped: its left is the drawing's right.
    """

    figure: DrawnSkeleton
    each: Alternative
    view: View
    prior: float
    swapped: bool = False

    @property
    def up(self) -> DoubleArray:
        """(3,) against gravity in the camera's inner frame: a drawing is not rolled, and hardly pitched."""
        _, y, z = np.asarray((self.view.turn @ self.each.reading.up[..., None])[0, :, 0].cpu(), np.float64)
        pitch = math.atan2(z, abs(y))
        pitch = math.copysign(min(max(abs(pitch) - _LEVEL_WITHIN, 0.0), _STEEPEST), pitch)
        return np.array([0.0, math.cos(pitch), math.sin(pitch)])

    @property
    def pose(self) -> DoubleArray:
        """(24, 3, 3) the reading before the camera, parent-relative; what is not drawn stands at ease."""
        local = np.asarray(self.each.reading.rotations[0].cpu(), np.float64).copy()
        local[0] = np.asarray(self.view.turn[0].cpu(), np.float64) @ local[0]
        return at_ease(local, self.figure, up=self.up)


@dataclass(frozen=True)
class Drawing:
    """One figure of a drawing, prepared.

    Attributes:
        figure: as it is labelled.
        swapped: with left and right swapped.
        camera: of the drawing.
        camera_known: whether it was given.
        depth_m: (23,) towards the viewer from the pelvis.
        depth_sigma_m: (23,).
        device: of tensors.
    """

    figure: DrawnSkeleton
    swapped: DrawnSkeleton
    camera: Camera
    camera_known: bool
    depth_m: DoubleArray
    depth_sigma_m: DoubleArray
    device: torch.device

    @classmethod
    def of(cls, drawn: Drawn, *, device: torch.device) -> Drawing:
        """Prepare a figure.

        Raises:
            InputError: too few joints are drawn, or all in one place; or there are several frames.
        """
        observation = drawn.observation
        if observation.frame_count != 1:
            raise InputError(f"Drawings are read one at a time, and this has {observation.frame_count} frames.")
        if observation.schema.names != FIGURE_23.names:
            raise InputError(f"A drawn figure has the keypoints of {FIGURE_23.name}, not {observation.schema.name}.")
        points, confidence = observation.keypoints_px[0], observation.confidence[0]
        figure = understood(points, confidence)
        other = [FIGURE_23.index[_other_side(name)] for name in FIGURE_23.names]
        width, height = observation.image_size
        focal = figure.scale * _AWAY_M
        camera = observation.camera or Camera(focal, focal, width / 2.0, height / 2.0)
        return cls(
            figure, understood(points[other], confidence[other]), camera, observation.camera is not None,
            np.asarray(drawn.depth, np.float64) * STATURE_M, np.asarray(drawn.depth_sigma, np.float64) * STATURE_M,
            device,
        )  # fmt: skip

    def evidence(self, figure: DrawnSkeleton) -> tuple[View, Evidence]:
        """What the pose model is told, and from where."""
        marks = [BLAZEPOSE_33.index[name] for name in FIGURE_23.names if name in BLAZEPOSE_33.index]
        own = [FIGURE_23.index[BLAZEPOSE_33.names[mark]] for mark in marks]
        rays, confidence = np.zeros((1, len(BLAZEPOSE_33), 2)), np.zeros((1, len(BLAZEPOSE_33)))
        camera = self.camera
        rays[0, marks] = (rebuilt(figure)[own] - [camera.cx, camera.cy]) / [camera.fx, camera.fy]
        confidence[0, marks] = figure.confidence[own]
        sure = self._tensor(confidence)
        view = view_of(self._tensor(rays), sure)
        return view, Evidence.of_view(view, sure, camera_known=True)

    def fit(self, readings: Sequence[Hypothesis]) -> Job[Fit]:
        """All readings brought onto the drawn bones; then, where they nearly do so, feet stand and hands touch."""
        yield Progress(_STAGE, 0.6)
        with torch.inference_mode(), one_thread():
            prior, given = self._problem(readings)
        yield Progress(_STAGE, 0.7)
        first = yield from in_steps(
            fitting(prior, given, iterations=_ITERATIONS[0], settings=_SETTINGS), Progress(_STAGE, 0.7)
        )
        yield Progress(_STAGE, 0.8)
        figures = [each.figure for each in readings]
        with torch.inference_mode(), one_thread():
            up = self._tensor(np.stack([each.up for each in readings]))
            given = given._replace(ground=self._ground(first, figures, up=up), touches=self._touches(first, figures))
        steps = fitting(
            prior, given, start_rotations=first.rotations, start_pelvis=first.pelvis, iterations=_ITERATIONS[1],
            settings=_SETTINGS,
        )  # fmt: skip
        return (yield from in_steps(steps, Progress(_STAGE, 0.8)))

    def _problem(self, readings: Sequence[Hypothesis]) -> tuple[PosePrior, Given]:
        """The readings as the prior, and what of the drawing is fitted to first."""
        rotations = self._tensor(np.stack([self._turned(each) for each in readings]))
        local, body = (
            torch.cat([getattr(each.each.reading, name) for each in readings]).exp()
            for name in ("log_rotation_sigma", "log_body_sigma")
        )
        for row, each in enumerate(readings):
            if not trunk_is_drawn(each.figure):
                local[row, TRUNK] = local[row, TRUNK].clamp_max(_UPRIGHT_SIGMA)
        scales = torch.zeros(len(readings), len(LENGTH_GROUPS), device=self.device)
        figures = [each.figure for each in readings]
        given = Given(
            picture=self._points(figures), space=self._depths(readings), bones=self._bones(figures),
            straight=StraightChains(STRAIGHT_JOINTS, self._tensor(np.stack([straightness(each) for each in figures]))),
        )  # fmt: skip
        return PosePrior(rotations, local, scales, torch.full_like(scales[0], 0.05), body_sigma=body), given

    def _turned(self, each: Hypothesis) -> DoubleArray:
        """The reading's pose, with limbs turned over that run against the detector's depths."""
        depth, sigma = self._depths_of(each)
        return turned_to_depths(each.pose, depth, sigma)

    def _depths_of(self, each: Hypothesis) -> tuple[DoubleArray, DoubleArray]:
        """(23,) metres towards the viewer and their sigmas, by the reading's labels; infinite where not drawn."""
        order = [FIGURE_23.index[_other_side(name) if each.swapped else name] for name in FIGURE_23.names]
        return self.depth_m[order], np.where(each.figure.seen, self.depth_sigma_m[order], np.inf)

    def _tensor(self, array: AnyFloatArray) -> torch.Tensor:
        return torch.from_numpy(np.array(array, np.float32)).to(self.device)

    def _camera(self, count: int) -> torch.Tensor:
        return self._tensor(self.camera.as_array()).expand(count, 4)

    def _points(self, figures: Sequence[DrawnSkeleton]) -> Evidence2D:
        """The figure of real proportions, loosely: it says where the body is, and which way bones point."""
        sigma = np.stack([
            np.where(each.seen, (_POINT_SIGMA_M + _UNSURE_M * (1.0 - each.confidence)) * each.scale, np.inf)
            for each in figures
        ])  # fmt: skip
        points = self._tensor(np.stack([rebuilt(each) for each in figures]))
        return Evidence2D(points, self._tensor(sigma), self._camera(len(figures)), POINTS)

    def _bones(self, figures: Sequence[DrawnSkeleton]) -> DrawnBones:
        return DrawnBones(
            SPANS,
            self._tensor(np.stack([each.directions for each in figures])),
            self._tensor(np.stack([_direction_sigma(each) for each in figures])),
            self._tensor(np.stack([each.cosines for each in figures])),
            self._tensor(np.stack([_cosine_sigma(each) for each in figures])),
            self._camera(len(figures)),
        )

    def _depths(self, readings: Sequence[Hypothesis]) -> Evidence3D | None:
        """The detector's depths from the pelvis, where it gave some; they follow the labels."""
        if not np.isfinite(self.depth_sigma_m).any():
            return None
        places, sigmas = np.zeros((len(readings), 23, 3)), np.full((len(readings), 23, 3), np.inf)
        for row, each in enumerate(readings):
            places[row, :, 2], sigmas[row, :, 2] = self._depths_of(each)
        return Evidence3D(self._tensor(places), self._tensor(sigmas), POINTS, origin=(0,))

    def _ground(self, fit: Fit, figures: Sequence[DrawnSkeleton], *, up: torch.Tensor) -> Ground:
        """Feet that are drawn on one ground and are nearly level."""
        soles = PointModel.soles()
        world, joints = pose_torch(fit.rotations, fit.pelvis, offsets=scaled_offsets_torch(fit.log_scales))
        below = (world[:, soles.joints] @ torch.from_numpy(soles.offsets).to(world)[..., None])[..., 0]
        height = ((joints[:, soles.joints] + below) * up[:, None]).sum(-1)
        above = height - height.amin(1, keepdim=True)
        drawn = self._tensor(np.stack([standing(each) for each in figures]))
        return Ground(up, drawn * (-(above / _NEARLY_LEVEL_M).square()).exp(), sigma_m=_EVEN_M)

    def _touches(self, fit: Fit, figures: Sequence[DrawnSkeleton]) -> Touches | None:
        """Touches that would not tear a reading from what it is."""
        each_ones = [touches(each) for each in figures]
        every: list[Touch] = sorted({touch for ones in each_ones for touch in ones})
        if not every:
            return None
        spans = Spans(
            POINTS, weights_of(*(touch.first for touch in every)), weights_of(*(touch.second for touch in every))
        )
        world, joints = pose_torch(fit.rotations, fit.pelvis, offsets=scaled_offsets_torch(fit.log_scales))
        own = world[:, POINTS.joints] @ torch.from_numpy(POINTS.offsets).to(world)[..., None]
        depth = (joints[:, POINTS.joints] + own[..., 0])[..., 2]
        gap = (depth @ self._tensor(spans.ends - spans.starts).mT).abs()
        sigma = self._tensor(
            np.array([[touch.sigma_m if touch in ones else np.inf for touch in every] for ones in each_ones])
        )
        sigma = torch.where(gap < _PLAUSIBLE_GAP_M, sigma, torch.inf)
        return Touches(spans, torch.zeros_like(sigma), sigma)


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name


def _cosine_sigma(figure: DrawnSkeleton) -> DoubleArray:
    """(B,) of the figure's; shoulders that are drawn in one place say nothing."""
    sigma = figure.cosine_sigma.copy()
    if opened(figure):
        sigma[BONE_INDEX["shoulders"]] = np.inf
    return sigma


def _direction_sigma(figure: DrawnSkeleton) -> DoubleArray:
    """(B,) radians: the bone's own and what inexact ends make of it; infinite where it is not drawn."""
    ends = np.abs(SPANS.starts) + np.abs(SPANS.ends)
    unsure = _END_SIGMA_M + _UNSURE_M * np.square(1.0 - figure.confidence)
    off_px = np.sqrt(np.square(ends) @ np.square(unsure)) * figure.scale
    own = np.radians([bone.sigma for bone in BONES])
    sigma = np.hypot(own, off_px / np.maximum(figure.lengths_px, 1e-6))
    sides = np.array([bone.name.endswith("_side") for bone in BONES]) & figure.is_drawn("torso")
    return np.where(figure.drawn & ~sides & (sigma < 1.5), sigma, np.inf)
