"""What a drawing says about a body as terms of the fit: bones as they run in the picture, straight chains, touches.

The direction of a drawn bone is what counts, not where it ends: drawn proportions are not the body's. Idea of the
parallel and foreshortening terms: K. Brodt and M. Bessmeltsev, "Sketch2Pose", SIGGRAPH 2022.

Convention: inner frame with the camera at the origin (metres; x to the picture's right, y up, z towards the viewer);
directions in the picture have y up too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ..arrays import DoubleArray
from .evidence import PointModel
from .residuals import NEAREST_M, Points, Rows
from .settings import FitSettings
from .tensors import length

if TYPE_CHECKING:
    import torch

_SOFT: Final = 0.10
"""A bone that is seen shorter than this share of its length hardly has a direction."""
_MOST_OFF: Final = 0.6
"""A drawn direction that is about this far off, as a sine, counts a quarter: something else was drawn there."""
_TOUCH_OFF_M: Final = 0.15
"""A touch that is this far from closed counts a quarter: it only looked like one."""


@dataclass(frozen=True)
class Spans:
    """B straight lines between points of the body, or between means of points.

    Attributes:
        points: the K points.
        starts: (B, K) weights, each row with the sum 1.
        ends: (B, K).
    """

    points: PointModel
    starts: DoubleArray
    ends: DoubleArray

    def __len__(self) -> int:
        return self.starts.shape[0]


@dataclass(frozen=True)
class DrawnBones:
    """How bones run in the drawing.

    Attributes:
        spans: the B bones.
        directions: (N, B, 2) unit vectors, x right, y up.
        sigma: (N, B) radians; infinite for bones that were not drawn.
        cosines: (N, B) the seen share of each bone's length.
        cosine_sigma: (N, B); infinite where it is not known.
        camera: (N, 4) fx, fy, cx, cy.
    """

    spans: Spans
    directions: torch.Tensor
    sigma: torch.Tensor
    cosines: torch.Tensor
    cosine_sigma: torch.Tensor
    camera: torch.Tensor


@dataclass(frozen=True)
class StraightChains:
    """Limbs that are drawn straight.

    Attributes:
        joints: (C, 3) the top, middle and end joint of each.
        sigma: (N, C) radians; infinite for those that are not straight.
    """

    joints: tuple[tuple[int, int, int], ...]
    sigma: torch.Tensor


@dataclass(frozen=True)
class Touches:
    """Points that lie over each other in the drawing because they touch.

    Attributes:
        spans: from the first to the second point of each of C pairs.
        gap_m: (N, C) how much nearer to the viewer the second is.
        sigma_m: (N, C); infinite where nothing touches.
    """

    spans: Spans
    gap_m: torch.Tensor
    sigma_m: torch.Tensor


class BoneTerm:
    """Bones against their drawn directions (as the difference of unit vectors) and their drawn foreshortening."""

    group = 3

    def __init__(self, evidence: DrawnBones) -> None:
        import torch

        self.model = evidence.spans.points
        self.count = len(evidence.spans)
        self._directions, self._focal = evidence.directions, evidence.camera[:, None, :2]
        self._starts, self._ends = (
            torch.from_numpy(weights).to(evidence.sigma) for weights in (evidence.spans.starts, evidence.spans.ends)
        )
        self._tight = (1.0 / evidence.sigma).nan_to_num(0.0)
        self._cosines = evidence.cosines
        self._cosine_tight = (1.0 / evidence.cosine_sigma).nan_to_num(0.0)

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        import torch

        starts, by_start = _combined(self._starts, points)
        ends, by_end = _combined(self._ends, points)
        (first, first_slope), (second, second_slope) = (
            _projected(place + points.pelvis[:, None], slope, focal=self._focal)
            for place, slope in ((starts, by_start), (ends, by_end))
        )
        seen, by_seen = second - first, second_slope - first_slope
        bone, by_bone = ends - starts, by_end - by_start
        metres = length(bone).clamp_min(1e-6)
        depth = (-0.5 * (starts + ends)[..., 2:] - points.pelvis[:, None, 2:]).clamp_min(NEAREST_M)
        full = metres / depth * self._focal.mean(-1, keepdim=True)
        by_full = (bone[..., None, :] @ by_bone)[..., 0, :] / metres.square()
        by_full = full * (by_full + 0.5 * (by_start + by_end)[..., 2, :] / depth)
        soft = (seen.square().sum(-1, keepdim=True) + (_SOFT * full).square()).sqrt()
        by_soft = ((seen[..., None, :] @ by_seen)[..., 0, :] + _SOFT**2 * full * by_full) / soft
        unit = seen / soft
        by_unit = (by_seen - unit[..., None] * by_soft[..., None, :]) / soft[..., None]
        share = (seen * self._directions).sum(-1, keepdim=True) / full
        by_share = ((self._directions[..., None, :] @ by_seen)[..., 0, :] - share * by_full) / full
        tight, cosine_tight = self._tight[..., None], self._cosine_tight[..., None]
        values = torch.cat([(unit - self._directions) * tight, (share - self._cosines[..., None]) * cosine_tight], -1)
        slopes = torch.cat([by_unit * tight[..., None], (by_share * cosine_tight)[..., None, :]], -2)
        return Rows(values.flatten(1), slopes.flatten(1, 2))

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        share = 1.0 / (settings.robust_sigmas**2 + (self._tight * _MOST_OFF).square())
        return share.repeat_interleave(3, dim=1)


class StraightTerm:
    """The bend of limbs that are straight, as the difference between the unit vectors along their two bones.

    That grows up to a limb that is folded back on itself; the sine of the bend would call it straight again.
    """

    group = 3

    def __init__(self, evidence: StraightChains) -> None:
        joints = [joint for chain in evidence.joints for joint in chain]
        self.model = PointModel.of_joints(tuple(joints))
        self.count = len(evidence.joints)
        self._tight = (1.0 / evidence.sigma).nan_to_num(0.0)

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        place, slope = points.relative, points.slopes
        upper, by_upper = _unit(place[:, 1::3] - place[:, ::3], slope[:, 1::3] - slope[:, ::3])
        lower, by_lower = _unit(place[:, 2::3] - place[:, 1::3], slope[:, 2::3] - slope[:, 1::3])
        tight = self._tight[..., None]
        values, slopes = (lower - upper) * tight, (by_lower - by_upper) * tight[..., None]
        return Rows(values.flatten(1), slopes.flatten(1, 2))

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        return self._tight.new_zeros(len(self._tight), 3 * self.count)


class TouchTerm:
    """The depth between points that touch."""

    group = 1

    def __init__(self, evidence: Touches) -> None:
        import torch

        self.model = evidence.spans.points
        self.count = len(evidence.spans)
        self._across = torch.from_numpy(evidence.spans.ends - evidence.spans.starts).to(evidence.gap_m)
        self._gap = evidence.gap_m
        self._tight = (1.0 / evidence.sigma_m).nan_to_num(0.0)

    def rows(self, points: Points) -> Rows:
        """See `Term.rows`."""
        depth, slope = points.relative[..., 2], points.slopes[:, :, 2]
        values = (depth @ self._across.mT - self._gap) * self._tight
        return Rows(values, (self._across @ slope) * self._tight[..., None])

    def looseness(self, settings: FitSettings, pixels_a_metre: torch.Tensor) -> torch.Tensor:
        """See `Term.looseness`."""
        return 1.0 / (settings.robust_sigmas**2 + (self._tight * _TOUCH_OFF_M).square())


def _unit(vectors: torch.Tensor, slopes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Vectors (N, C, 3) of the length 1, and their derivatives (N, C, 3, D)."""
    size = length(vectors).clamp_min(1e-6)
    unit = vectors / size
    across = slopes - unit[..., None] * (unit[..., None, :] @ slopes)
    return unit, across / size[..., None]


def _combined(weights: torch.Tensor, points: Points) -> tuple[torch.Tensor, torch.Tensor]:
    """(N, B, 3) weighted means (B, K) of points from the pelvis, and their derivatives (N, B, 3, D)."""
    slopes = points.slopes
    by = (weights @ slopes.flatten(2)).view(len(slopes), len(weights), *slopes.shape[2:])
    return weights @ points.relative, by


def _projected(place: torch.Tensor, slope: torch.Tensor, *, focal: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Pixels from the principal point with y up (N, B, 2) and their derivatives (N, B, 2, D)."""
    depth = (-place[..., 2:]).clamp_min(NEAREST_M)
    pixels = place[..., :2] / depth * focal
    by = slope[..., :2, :] * (focal / depth)[..., None] + (pixels / depth)[..., None] * slope[..., 2:, :]
    return pixels, by
