"""Where the pelvis is before the camera when the pose is known: a linear start for the fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .residuals import PictureTerm, PinTerm
from .tensors import length, solved

if TYPE_CHECKING:
    import torch

_USUAL_DEPTH_M: Final = 4.0
_NEAREST_PELVIS_M: Final = 0.3
_ROUNDS: Final = 3


def place_pelvis(
    picture: tuple[PictureTerm, torch.Tensor] | None, pins: tuple[PinTerm, torch.Tensor] | None, *, like: torch.Tensor
) -> torch.Tensor:
    """The pelvis (N, 3), metres before the camera, that puts the body's points on what was seen.

    Weighted linear least squares: for a point (X, Y, Z) from the pelvis that is seen at u from the principal point,
    f (X + tx) = -u (Z + tz), and alike in y; three rounds, in which points far off count less and less (a Cauchy
    weight of the median error). Without any evidence the pelvis is 4 m away.

    Args:
        picture: the term and its points (N, K, 3) from the pelvis.
        pins: the same of pins.
        like: (N, ...) whose length, dtype and device are used.
    """
    import torch

    usual = like.new_tensor([0.0, 0.0, -_USUAL_DEPTH_M]).expand(len(like), 3)
    square, right = torch.eye(3).to(like) * 1e-6, usual[..., None] * 1e-6
    if pins is not None:
        weight = pins[0].precision.square()[..., None]
        square = square + torch.diag_embed(weight.sum(1).expand(-1, 3))
        right = right + (weight * (pins[0].positions - pins[1])).sum(1)[..., None]
    if picture is None:
        return solved(square, right)[..., 0]
    term, points = picture
    rows, values = _projection_rows(term, points)
    trust = term.precision
    place = usual
    for _ in range(_ROUNDS):
        weighted = rows * trust[..., None, None] / _USUAL_DEPTH_M
        flat = weighted.flatten(1, 2)
        seen = (values * trust[..., None] / _USUAL_DEPTH_M).flatten(1)[..., None]
        place = solved(square + flat.mT @ flat, right + flat.mT @ seen)[..., 0]
        place = torch.cat([place[:, :2], place[:, 2:].clamp_max(-_NEAREST_PELVIS_M)], 1)
        error = length((rows @ place[:, None, :, None])[..., 0] - values)[..., 0]
        error = torch.where(term.precision > 0.0, error, torch.nan)
        usual_error = error.nanmedian(1, keepdim=True).values.clamp_min(1e-6)
        trust = (term.precision / (1.0 + (error / (2.0 * usual_error)).square())).nan_to_num(0.0)
    return place


def _projection_rows(term: PictureTerm, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The equations (N, K, 2, 3) of `place_pelvis` and their right-hand sides (N, K, 2)."""
    import torch

    focal, centre = term.camera[:, None, :2], term.camera[:, None, 2:]
    sign = points.new_tensor([1.0, -1.0])
    seen = (term.points_px - centre) * sign
    slopes = torch.diag_embed(focal.expand_as(seen))
    return torch.cat([slopes, seen[..., None]], -1), -seen * points[..., 2:] - focal * points[..., :2]
