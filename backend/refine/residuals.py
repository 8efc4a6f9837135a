"""Residuals of evidence: points in the picture, points in space, pins and ground, with first derivatives.

Rows are whitened: a residual of 1 is one standard deviation. Each term reads its own points among all that the
kinematics poses, and says how many rows form one point and how far off a point may be before it counts less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from .evidence import Evidence2D, Evidence3D, Ground, Pins, PointModel
from .settings import FitSettings

if TYPE_CHECKING:
    import torch

NEAREST_M: Final = 0.1
"""Points nearer to the camera, or behind it, count as this far away."""
_LEAST_SIGMA_PX: Final = 0.05
_LEAST_SIGMA_M: Final = 1e-3


class Rows(NamedTuple):
    """M whitened residuals (N, M) and their derivatives (N, M, D)."""

    values: torch.Tensor
    derivatives: torch.Tensor


@dataclass(frozen=True)
class Points:
    """Points of N bodies.

    Attributes:
        relative: (N, K, 3) metres from the pelvis.
        pelvis: (N, 3) metres before the camera.
        derivatives: (N, K, 3, D) of the points before the camera, or None where only values are wanted.
        log_focal: (N,) logarithm of the factor on the focal lengths, or None where that is not solved for.
    """

    relative: torch.Tensor
    pelvis: torch.Tensor
    derivatives: torch.Tensor | None
    log_focal: torch.Tensor | None

    def part(self, chosen: slice) -> Points:
        """Those of one term."""
        derivatives = None if self.derivatives is None else self.derivatives[:, chosen]
        return Points(self.relative[:, chosen], self.pelvis, derivatives, self.log_focal)

    @property
    def slopes(self) -> torch.Tensor:
        """The derivatives, where they were asked for."""
        assert self.derivatives is not None
        return self.derivatives


class Term(Protocol):
    """One kind of evidence.

    Attributes:
        model: the points it reads.
        group: how many consecutive rows are judged as a whole.
        count: how many such groups there are.
    """

    model: PointModel
    group: int
    count: int

    def rows(self, points: Points) -> Rows:
        """Residuals around these points, which are those of `model`."""
        ...

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """(N, M): (sigma / c)^2 with c the scale of the robust function; 0 for rows that are never outliers.

        Args:
            settings: `robust_sigmas` and `robust_m`, of which c is made.
            pixels_a_metre: (N,) at the person's depth.
        """
        ...


class PictureTerm:
    """Points seen in the picture: where the camera shows them against where they were seen."""

    group = 2

    def __init__(self, evidence: Evidence2D) -> None:
        import torch

        self.model = evidence.points
        self.count = len(self.model)
        self.camera = evidence.camera
        self.precision = _precision(evidence.sigma_px, least=_LEAST_SIGMA_PX)
        seen = self.precision[..., None] > 0.0
        self.points_px = torch.where(seen, evidence.points_px, evidence.camera[:, None, 2:])
        self._placed = evidence.placed

    def projected(self, points: Points) -> tuple[torch.Tensor, torch.Tensor]:
        """Pixels from the principal point (N, K, 2), and the points' depth (N, K, 1)."""
        import torch

        x, y, z = (points.relative + points.pelvis[:, None]).unbind(-1)
        depth = (-z).clamp_min(NEAREST_M)[..., None]
        return torch.stack([x, -y], -1) / depth * self._focal(points), depth

    def _focal(self, points: Points) -> torch.Tensor:
        focal = self.camera[:, :2] if points.log_focal is None else self.camera[:, :2] * points.log_focal.exp()[:, None]
        return focal[:, None]

    def residual_px(self, points: Points) -> torch.Tensor:
        """(N, K, 2) seen from the model."""
        return self.projected(points)[0] + self.camera[:, None, 2:] - self.points_px

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        import torch

        pixels, depth = self.projected(points)
        values = (pixels + self.camera[:, None, 2:] - self.points_px) * self.precision[..., None]
        slopes = torch.diag_embed((self._focal(points) / depth) * depth.new_tensor([1.0, -1.0]))
        by_point = torch.cat([slopes, (pixels / depth)[..., None]], -1) * self.precision[..., None, None]
        derivatives = by_point @ points.slopes
        if points.log_focal is not None:
            derivatives[..., -1] = pixels * self.precision[..., None]
        return Rows(values.flatten(1), derivatives.flatten(1, 2))

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        import torch

        metres = self.precision * settings.robust_m * pixels_a_metre[:, None]
        share = 1.0 / (settings.robust_sigmas**2 + metres.square())
        if self._placed is not None:
            share = torch.where(self._placed, 0.0, share)
        return share.repeat_interleave(2, dim=1)


class SpaceTerm:
    """Points in space, from the middle of the origin joints."""

    group = 3

    def __init__(self, evidence: Evidence3D) -> None:
        import torch

        assert evidence.model is not None
        self._origins = len(evidence.origin)
        self.model = PointModel.joined([evidence.model, PointModel.of_joints(evidence.origin)])
        self.count = len(evidence.model)
        self._precision = _precision(evidence.sigma_m, least=_LEAST_SIGMA_M)
        self._points = torch.where(self._precision > 0.0, evidence.points, 0.0)

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        place, slope = points.relative, points.slopes
        mean = place[:, -self._origins :].mean(1, keepdim=True)
        by_mean = slope[:, -self._origins :].mean(1, keepdim=True)
        values = (place[:, : -self._origins] - mean - self._points) * self._precision
        derivatives = (slope[:, : -self._origins] - by_mean) * self._precision[..., None]
        return Rows(values.flatten(1), derivatives.flatten(1, 2))

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        # One scale a point, that of its surest axis: the rows of a point share it.
        best = self._precision.amax(-1, keepdim=True)
        share = 1.0 / (settings.robust_sigmas**2 + (best * settings.robust_m).square())
        return share.expand_as(self._precision).flatten(1)


class PinTerm:
    """Joints whose place before the camera is known."""

    group = 1

    def __init__(self, pins: Pins) -> None:
        import torch

        self.model = PointModel.of_joints(pins.joints)
        self.count = 3 * len(self.model)
        self.precision = _precision(pins.sigma_m, least=_LEAST_SIGMA_M)
        self.positions = torch.where(self.precision[..., None] > 0.0, pins.positions, 0.0)

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        values = (points.relative + points.pelvis[:, None] - self.positions) * self.precision[..., None]
        derivatives = points.slopes * self.precision[..., None, None]
        return Rows(values.flatten(1), derivatives.flatten(1, 2))

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        return self.precision.new_zeros(len(self.precision), self.count)


class GroundTerm:
    """Points of contact: their heights against the weighted mean of their heights."""

    group = 1

    def __init__(self, ground: Ground) -> None:
        import torch

        self.model = PointModel.soles()
        self.count = len(self.model)
        self._up = ground.up
        share = ground.contact / ground.contact.sum(1, keepdim=True).clamp_min(1e-6)
        centred = torch.eye(len(self.model)).to(share) - share[:, None]
        self._centred = centred * (ground.contact.sqrt() / ground.sigma_m)[..., None]

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        heights = points.relative @ self._up[..., None]
        slopes = (self._up[:, None, None] @ points.slopes)[:, :, 0]
        return Rows((self._centred @ heights)[..., 0], self._centred @ slopes)

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        return self._up.new_zeros(len(self._up), self.count)


def _precision(sigma: torch.Tensor, *, least: float) -> torch.Tensor:
    """1 / sigma; 0 where sigma is infinite or not a number."""
    return (1.0 / sigma.clamp_min(least)).nan_to_num(0.0)
