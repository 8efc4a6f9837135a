"""The energy of a fit: evidence with robust weights, prior and joint limits, linearised around a body.

Points in the picture and in space are judged by Geman and McClure's function s / (1 + s / c^2) of their squared
distance s, as iteratively reweighted least squares (S. Geman and D. McClure, "Statistical methods for tomographic
image reconstruction", 1987). Rotations are held by the density of von Mises and Fisher on rotations: its logarithm,
-2 sin^2(angle / 2) / sigma^2, is smooth everywhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from ..rotations import matrix_to_quaternion_torch
from .drawn_terms import BoneTerm, DrawnBones, StraightChains, StraightTerm, Touches, TouchTerm
from .evidence import GROUP_COUNT, Evidence2D, Evidence3D, Ground, Pins, PointModel, PosePrior
from .joint_limits import LimitTerms
from .kinematics import COLUMNS, ROTATION_COLUMNS, Kinematics, PosedPoints
from .placement import place_pelvis
from .residuals import NEAREST_M, GroundTerm, PictureTerm, PinTerm, Points, SpaceTerm, Term
from .settings import FitSettings
from .tensors import length, split

if TYPE_CHECKING:
    import torch

# Sigmas of the prior are kept within these, so that every parameter is held and none stiffens the equations.
_LEAST_SIGMA: Final = 1e-3
_MOST_SIGMA: Final = 10.0
SCALES: Final = slice(3, 3 + GROUP_COUNT)
"""Where the length factors lie in `Body.rest`."""


class Given(NamedTuple):
    """What is known of N people; any part may be missing."""

    picture: Evidence2D | None = None
    space: Evidence3D | None = None
    pins: Pins | None = None
    ground: Ground | None = None
    bones: DrawnBones | None = None
    straight: StraightChains | None = None
    touches: Touches | None = None


class Body(NamedTuple):
    """The parameters of N fits.

    Attributes:
        quaternions: (N, 24, 4) unit, w first, parent-relative.
        rest: (N, 13 or 14): the pelvis in metres before the camera, 10 logarithms of length factors and, where it is
            solved for, that of the focal factor.
    """

    quaternions: torch.Tensor
    rest: torch.Tensor


class Linearised(NamedTuple):
    """The energy around one body, before robust weights; D parameters, M rows of evidence.

    Attributes:
        values: (N, M) whitened residuals.
        derivatives: (N, M, D).
        square: (N,) twice the energy of prior and joint limits.
        gradient: (N, D) of that energy.
        second: (N, 72, 72) second derivative of the joint limits and of the prior seen from the pelvis, by rotations.
    """

    values: torch.Tensor
    derivatives: torch.Tensor
    square: torch.Tensor
    gradient: torch.Tensor
    second: torch.Tensor


class Energy:
    """Everything known of N bodies.

    Args:
        prior: the likely pose.
        given: the evidence.
        settings: the weights.
    """

    def __init__(self, prior: PosePrior, given: Given, *, settings: FitSettings) -> None:
        self._settings, self._like = settings, prior.rotations
        self._picture = None if given.picture is None else PictureTerm(given.picture)
        self._pins = None if given.pins is None else PinTerm(given.pins)
        others = _other_terms(given)
        self._terms: list[Term] = [term for term in (self._picture, self._pins, *others) if term is not None]
        self._kinematics = Kinematics(PointModel.joined([term.model for term in self._terms]), self._like)
        self._limits = LimitTerms(self._like) if math.isfinite(settings.limit_sigma) else None
        self._with_focal = settings.focal_sigma > 0.0 and self._picture is not None
        self._hold(prior)

    def _hold(self, prior: PosePrior) -> None:
        """Set the prior's mean and weights."""
        import torch

        mean = self._like.new_zeros(prior.count, SCALES.stop + self._with_focal)
        sigma = torch.full_like(mean, self._settings.pelvis_sigma_m)
        if prior.log_scales is not None:
            mean[:, SCALES] = prior.log_scales
        default = self._settings.log_scale_sigma
        sigma[:, SCALES] = default if prior.log_scale_sigma is None else prior.log_scale_sigma
        if self._with_focal:
            sigma[:, -1] = self._settings.focal_sigma
        self._mean = Body(matrix_to_quaternion_torch(prior.rotations), mean)
        self._from_mean = self._kinematics.left_factor(
            self._mean.quaternions * mean.new_tensor([1.0, -1.0, -1.0, -1.0])
        )
        tightness = self._settings.prior_weight / prior.rotation_sigma.clamp(_LEAST_SIGMA, _MOST_SIGMA).square()
        self._tightness, self._rest_tightness = (
            tightness[..., None],
            1.0 / sigma.clamp(_LEAST_SIGMA, _MOST_SIGMA).square(),
        )
        self.diagonal = torch.cat([tightness.repeat_interleave(3, dim=1), self._rest_tightness], 1)
        """(N, D) second derivative of the prior."""
        self._from_pelvis = None
        if prior.body_sigma is not None:
            held = self._kinematics.from_pelvis(self._kinematics.posed(self._mean.quaternions, mean[:, SCALES]))
            held_by = self._settings.prior_weight / prior.body_sigma.clamp(_LEAST_SIGMA, _MOST_SIGMA).square()
            self._from_pelvis = held, held_by

    def start(self, rotations: torch.Tensor | None, pelvis: torch.Tensor | None) -> Body:
        """The body to start from; robust weights are scaled to its distance, and the pelvis is held near there.

        Args:
            rotations: (N, 24, 3, 3), or None for the prior's.
            pelvis: (N, 3) metres before the camera, or None to place it by the evidence.
        """
        import torch

        quaternions = self._mean.quaternions if rotations is None else matrix_to_quaternion_torch(rotations)
        if pelvis is None:
            points = self._kinematics.posed(quaternions, self._mean.rest[:, SCALES]).points
            placing = [(term, points[:, part]) for term, part in self._parts()]
            picture = next(((term, seen) for term, seen in placing if isinstance(term, PictureTerm)), None)
            pins = next(((term, seen) for term, seen in placing if isinstance(term, PinTerm)), None)
            pelvis = place_pelvis(picture, pins, like=self._like)
        rest = torch.cat([pelvis, self._mean.rest[:, 3:]], 1)
        self._mean = Body(self._mean.quaternions, rest)
        self._scale_robust_weights(pelvis)
        return Body(quaternions, rest)

    def _parts(self) -> list[tuple[Term, slice]]:
        """Each term and where its points are among all."""
        found: list[tuple[Term, slice]] = []
        start = 0
        for term in self._terms:
            found.append((term, slice(start, start + len(term.model))))
            start += len(term.model)
        return found

    def _scale_robust_weights(self, pelvis: torch.Tensor) -> None:
        """Set which rows form one point, and how far off points may be before they count less."""
        import torch

        pixels_a_metre = 1.0 / (-pelvis[:, 2]).clamp_min(NEAREST_M)
        if self._picture is not None:
            pixels_a_metre = pixels_a_metre * self._picture.camera[:, 0]
        loose = [term.looseness(self._settings, pixels_a_metre) for term in self._terms]
        self._looseness = torch.cat([self._like.new_zeros(len(pelvis), 0), *loose], 1)
        point = [row // term.group + 1000 * place for place, term in enumerate(self._terms) for row in _rows(term)]
        ids = torch.tensor(point)
        self._same_point = (ids[:, None] == ids[None]).to(self._like)

    def residual_px(self, body: Body) -> torch.Tensor | None:
        """(N, K) pixels between where points were seen and where the body has them; None without a picture."""
        if self._picture is None:
            return None
        posed = self._kinematics.posed(body.quaternions, body.rest[:, SCALES])
        points = self._points(body, posed, derivatives=None)
        return length(self._picture.residual_px(points.part(self._parts()[0][1])))[..., 0]

    def _points(self, body: Body, posed: PosedPoints, *, derivatives: torch.Tensor | None) -> Points:
        log_focal = body.rest[:, -1] if self._with_focal else None
        return Points(posed.points, body.rest[:, :3], derivatives, log_focal)

    def linearised(self, body: Body) -> Linearised:
        """Evidence, prior and limits around a body."""
        import torch

        posed = self._kinematics.posed(body.quaternions, body.rest[:, SCALES])
        derivatives = self._kinematics.derivatives(posed)
        if self._with_focal:
            derivatives = torch.nn.functional.pad(derivatives, (0, 1))
        points = self._points(body, posed, derivatives=derivatives)
        rows = [term.rows(points.part(part)) for term, part in self._parts()]
        empty = self._like.new_zeros(len(self._like), 0)
        values = torch.cat([row.values for row in rows], 1) if rows else empty
        slopes = torch.cat([row.derivatives for row in rows], 1) if rows else empty[..., None].expand(-1, 0, COLUMNS)
        return Linearised(values, slopes, *self._own(body, posed))

    def _own(self, body: Body, posed: PosedPoints) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Twice the energy of prior and limits, its gradient, and `Linearised.second`."""
        import torch

        turn = (self._from_mean @ body.quaternions[..., None])[..., 0]
        held, away = turn[..., 1:] * self._tightness, body.rest - self._mean.rest
        held_away = away * self._rest_tightness
        square = 4.0 * (held * turn[..., 1:]).sum((1, 2)) + (held_away * away).sum(1)
        by_joint = 2.0 * turn[..., :1] * held
        if self._from_pelvis is None:
            second = away.new_zeros(len(away), ROTATION_COLUMNS, ROTATION_COLUMNS)
        else:
            turned = self._kinematics.from_pelvis(posed)
            more, slope, second = self._kinematics.body_prior(turned, *self._from_pelvis)
            square, by_joint = square + more, by_joint + slope
        if self._limits is not None:
            excess, slopes = self._limits(body.quaternions)
            excess = excess / self._settings.limit_sigma
            slopes = slopes * ((excess != 0.0) / self._settings.limit_sigma)[..., None]
            square = square + excess.square().sum((1, 2))
            by_joint = by_joint + (excess[..., None, :] @ slopes)[..., 0, :]
            blocks = split(split(second, 1, (-1, 3)), 3, (-1, 3)).diagonal(dim1=1, dim2=3)
            blocks.add_((slopes.mT @ slopes).permute(0, 2, 3, 1))
        return square, torch.cat([by_joint.flatten(1), held_away], 1), second

    def _shrink(self, around: Linearised, width: float) -> torch.Tensor:
        """(N, M) square roots of the robust weights."""
        return 1.0 / (1.0 + (around.values.square() @ self._same_point) * self._looseness / width**2)

    def value(self, around: Linearised, width: float) -> torch.Tensor:
        """(N,) the energy, with outliers judged `width` times more mildly than the settings say."""
        return 0.5 * ((around.values.square() * self._shrink(around, width)).sum(1) + around.square)

    def normal_equations(self, around: Linearised, width: float) -> tuple[torch.Tensor, torch.Tensor]:
        """Second derivative (N, D, D) as Gauss and Newton take it, and gradient (N, D)."""
        shrink = self._shrink(around, width)
        slopes = around.derivatives * shrink[..., None]
        square = slopes.mT @ slopes
        square.diagonal(dim1=1, dim2=2).add_(self.diagonal)
        square[:, :ROTATION_COLUMNS, :ROTATION_COLUMNS] += around.second
        gradient = (slopes.mT @ (around.values * shrink)[..., None])[..., 0] + around.gradient
        return square, gradient

    def moved(self, body: Body, step: torch.Tensor) -> Body:
        """The body after a step (N, D) of its parameters."""
        turn = split(step[:, :ROTATION_COLUMNS], 1, (-1, 3))
        return Body(self._kinematics.turned(body.quaternions, turn), body.rest + step[:, ROTATION_COLUMNS:])

    def matrices(self, body: Body) -> torch.Tensor:
        """(N, 24, 3, 3) parent-relative."""
        return self._kinematics.matrices(body.quaternions)


def _other_terms(given: Given) -> list[Term]:
    """The terms that do not say where the pelvis is."""
    found: list[Term | None] = [
        None if given.space is None else SpaceTerm(given.space),
        None if given.ground is None else GroundTerm(given.ground),
        None if given.bones is None else BoneTerm(given.bones),
        None if given.straight is None else StraightTerm(given.straight),
        None if given.touches is None else TouchTerm(given.touches),
    ]
    return [term for term in found if term is not None]


def _rows(term: Term) -> range:
    return range(term.count * term.group)
