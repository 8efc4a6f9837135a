"""Fits poses to evidence by Levenberg and Marquardt's method, many at once, in torch.

Each problem has its own damping and accepts or refuses its own steps (D. W. Marquardt, "An algorithm for least-squares
estimation of nonlinear parameters", 1963). Outliers are judged mildly at first and more strictly with every iteration
(graduated non-convexity: A. Blake and A. Zisserman, "Visual Reconstruction", 1987).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ..errors import InputError
from ..job import to_the_end
from ..packages import require_torch
from .energy import SCALES, Body, Energy, Given, Linearised
from .evidence import PosePrior
from .kinematics import ROTATION_COLUMNS
from .settings import FitSettings
from .tensors import cholesky, one_thread, split

if TYPE_CHECKING:
    import torch

_Fields = TypeVar("_Fields", Body, Linearised)

_FALL: Final = 0.2
_RISE: Final = 8.0
_LEAST_DAMPING: Final = 1e-6
_MOST_DAMPING: Final = 1e6
# The share of problems that must have come to rest; the few that go on after it hardly get better.
_ENOUGH: Final = 0.97
# How many problems are solved together: tensors of 33 points take about 0.3 MB a problem.
_BATCH: Final = 128
_BATCH_ON_GPU: Final = 4096


@dataclass(frozen=True)
class Fit:
    """N fitted poses.

    Attributes:
        rotations: (N, 24, 3, 3) parent-relative; that of the pelvis is in the inner frame.
        pelvis: (N, 3) metres, inner frame with the camera at the origin.
        log_scales: (N, 10) in the order of `proportions.LENGTH_GROUPS`.
        focal_factor: (N,) on the camera's focal lengths; 1 where they were kept.
        cost: (N,) the energy left; lower is likelier.
        residual_px: (N, K) from where points were seen to where the body has them; None without a picture.
        rotation_sigma: (N, 24) radians a axis, how sure each joint is now; None unless asked for.
        iterations: how many were made.
    """

    rotations: torch.Tensor
    pelvis: torch.Tensor
    log_scales: torch.Tensor
    focal_factor: torch.Tensor
    cost: torch.Tensor
    residual_px: torch.Tensor | None
    rotation_sigma: torch.Tensor | None
    iterations: int


FitSteps = Generator[None, None, Fit]


def fitting(
    prior: PosePrior,
    given: Given,
    *,
    start_rotations: torch.Tensor | None = None,
    start_pelvis: torch.Tensor | None = None,
    iterations: int = 10,
    settings: FitSettings | None = None,
) -> FitSteps:
    """The likeliest poses by the prior and what is given, an iteration a step: a window can answer between two.

    Args:
        prior: N likely poses and how sure they are.
        given: evidence of the same N problems.
        start_rotations: (N, 24, 3, 3) to start from, or None for the prior's.
        start_pelvis: (N, 3) metres before the camera, or None to place the pelvis by the evidence.
        iterations: the most that are made.
        settings: the weights.

    Raises:
        InputError: there is no prior pose, or evidence is of another number of problems than the prior.
        MissingPackageError: torch is not installed.
    """
    require_torch()
    import torch

    settings = settings or FitSettings()
    batch = _BATCH if prior.rotations.device.type == "cpu" else _BATCH_ON_GPU
    _check_counts(prior, given)
    found: list[Fit] = []
    for first in range(0, prior.count, batch):
        part = slice(first, first + batch)
        with torch.inference_mode(), one_thread():
            energy = Energy(_cut(prior, part), Given(*[_cut(each, part) for each in given]), settings=settings)
            body = energy.start(
                None if start_rotations is None else start_rotations[part],
                None if start_pelvis is None else start_pelvis[part],
            )
        steps = _minimising(energy, body, iterations=iterations, settings=settings)
        found.append((yield from _alone(steps)))
    return found[0] if len(found) == 1 else _joined(found)


fit_poses = to_the_end(fitting)
"""The likeliest poses by the prior and what is given, at once: `fitting`."""


def _alone(steps: FitSteps) -> FitSteps:
    """Each step without gradients and on one thread; what runs between the steps is not touched by that."""
    import torch

    while True:
        with torch.inference_mode(), one_thread():
            try:
                next(steps)
            except StopIteration as stop:
                return stop.value
        yield


def _minimising(energy: Energy, body: Body, *, iterations: int, settings: FitSettings) -> FitSteps:
    import torch

    width, made = max(settings.robust_start, 1.0), 0
    around = energy.linearised(body)
    damping = body.rest.new_full((len(body.rest),), settings.damping)
    for _ in range(iterations):
        made += 1
        step = _step(*energy.normal_equations(around, width), damping)
        moved = energy.moved(body, step)
        there = energy.linearised(moved)
        before, after = energy.value(around, width), energy.value(there, width)
        better = after < before
        body, around = _chosen(better, moved, body), _chosen(better, there, around)
        damping = (damping * torch.where(better, _FALL, _RISE)).clamp(_LEAST_DAMPING, _MOST_DAMPING)
        change = (before - after).abs() / before.clamp_min(1e-9)
        if width <= 1.0 and float((change < settings.tolerance).double().mean()) >= _ENOUGH:
            break
        width = max(width / 2.0, 1.0)
        yield
    return _result(energy, body, around, made=made, settings=settings)


def _step(square: torch.Tensor, gradient: torch.Tensor, damping: torch.Tensor) -> torch.Tensor:
    """(N, D): minus the damped inverse of `square` times `gradient`; not a number where that cannot be solved."""
    import torch

    scale = square.diagonal(dim1=1, dim2=2).rsqrt()
    scaled = square * scale[:, :, None] * scale[:, None, :]
    scaled.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    factor, failed = cholesky(scaled)
    step = -torch.cholesky_solve((gradient * scale)[..., None], factor)[..., 0] * scale
    return torch.where((failed == 0)[:, None], step, torch.nan)


def _chosen(better: torch.Tensor, first: _Fields, second: _Fields) -> _Fields:
    """Problem by problem the first where it is better, else the second."""
    import torch

    if bool(better.all()):
        return first
    return type(first)(
        *[
            torch.where(better.view(-1, *[1] * (one.ndim - 1)), one, other)
            for one, other in zip(first, second, strict=True)
        ]
    )


def _result(energy: Energy, body: Body, around: Linearised, *, made: int, settings: FitSettings) -> Fit:
    import torch

    sigma = None
    if settings.posterior:
        square, _ = energy.normal_equations(around, 1.0)
        factor, _ = cholesky(square)
        variance = torch.cholesky_inverse(factor).diagonal(dim1=1, dim2=2)[:, :ROTATION_COLUMNS]
        sigma = split(variance, 1, (-1, 3)).mean(-1).clamp_min(0.0).sqrt()
    focal = body.rest[:, SCALES.stop :].exp().prod(1)
    return Fit(
        rotations=energy.matrices(body),
        pelvis=body.rest[:, :3],
        log_scales=body.rest[:, SCALES],
        focal_factor=focal,
        cost=energy.value(around, 1.0),
        residual_px=energy.residual_px(body),
        rotation_sigma=sigma,
        iterations=made,
    )


def _check_counts(prior: PosePrior, given: Given) -> None:
    if prior.count < 1:
        raise InputError("The fit needs at least one prior pose.")
    for each in given:
        for field in fields(each) if each is not None else ():
            value = getattr(each, field.name)
            if hasattr(value, "ndim") and len(value) != prior.count:
                raise InputError(f"The fit has {prior.count} prior poses, but evidence of {len(value)}.")


def _cut(each: Any, part: slice) -> Any:
    """A dataclass with every tensor cut to some problems; None stays None."""
    if each is None:
        return None
    tensors = {field.name: getattr(each, field.name) for field in fields(each)}
    return replace(each, **{name: value[part] for name, value in tensors.items() if hasattr(value, "ndim")})


def _joined(fits: list[Fit]) -> Fit:
    import torch

    found: dict[str, Any] = {"iterations": max(fit.iterations for fit in fits)}
    for field in fields(Fit):
        values = [getattr(fit, field.name) for fit in fits]
        if field.name != "iterations":
            found[field.name] = None if values[0] is None else torch.cat(values)
    return Fit(**found)
