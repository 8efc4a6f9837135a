"""How well synthetic drawings of held-out poses are read, a style a row: in the picture, and in space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rich.console import Group
from rich.table import Table
from sketch_pixels import drawn_figure, other_side

from contrapposto.backend.arrays import AnyFloatArray, ImageArray
from contrapposto.backend.body_model import NEUTRAL_BODY
from contrapposto.backend.errors import InputError
from contrapposto.backend.estimate.drawn import DrawnPoseSolver, Plain
from contrapposto.backend.estimate.drawn_fit import Drawn
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.observation import Observation
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.runtime import ModelCache
from training.metrics import pa_mpjpe

STYLE_GOAL: Final = 92.0
_FEWEST: Final = 5
"""Keypoints in the picture: what shows less is no figure to be posed."""
_OTHER_SIDE: Final = np.array([FIGURE_23.index[other_side(name)] for name in FIGURE_23.names])


@dataclass(frozen=True)
class Drawing:
    """A synthetic drawing: grey (192, 192), keypoints (23, 2) in pixels, the rest (23,), and rotations (24, 3)."""

    image: np.ndarray
    keypoints: np.ndarray
    visible: np.ndarray
    inside: np.ndarray
    rotations: np.ndarray
    style: str

    @property
    def height(self) -> float:
        """The longer side of the box around the keypoints, in pixels."""
        return max(float(np.ptp(self.keypoints, axis=0).max()), 1.0)

    @property
    def known(self) -> Plain:
        """Its own keypoints, for the solver."""
        points, sure = self.keypoints[None].astype(np.float32), self.inside[None].astype(np.float32)
        return Plain(Observation(points, sure, FIGURE_23, (self.image.shape[1], self.image.shape[0])))


@dataclass(frozen=True)
class Measured:
    """Of one drawing.

    Attributes:
        error: (K,) of its K keypoints inside, as shares of its height.
        other: (K,) the same from where the other side's are.
        visible: (K,) whether they can be seen.
        found: whether a figure was found.
        millimetres: PA-MPJPE of the pose.
        from_true_points: the same where the solver is given the true points.
    """

    error: np.ndarray
    other: np.ndarray
    visible: np.ndarray
    found: bool
    millimetres: float
    from_true_points: float


def figures_of(shard: Mapping[str, np.ndarray]) -> dict[str, list[Drawing]]:
    """Those with a figure of which enough is in the picture, by style."""
    found: dict[str, list[Drawing]] = {}
    if not shard:
        return found
    names = [field.name for field in fields(Drawing)]
    for index in np.flatnonzero(shard["figure"] & (shard["inside"].sum(1) >= _FEWEST)):
        drawing = Drawing(*(shard[name][index] for name in names))
        found.setdefault(str(drawing.style), []).append(drawing)
    return found


def some_pictures(folder: Path, *, count: int = 12) -> list[ImageArray]:
    """Drawings of the first shard, the first of each style and then the next; none where there is no shard."""
    styles = list(figures_of(_first_shard(folder)).values())
    drawings = [style[place] for place in range(count) for style in styles if place < len(style)]
    return [_rgb(drawing.image) for drawing in drawings[:count]]


def style_table(folder: Path, models: ModelCache, *, each: int) -> Group | None:
    """The first so many drawings of each style of the first shard, and what is missed; None where there is no shard."""
    shard = _first_shard(folder)
    if not shard:
        return None
    table = Table(
        "style", "number", "found", "PCK@0.1", "visible", "PCK@0.05", "sides forgiven", "PA-MPJPE mm, mean", "median",
        "from true points, mean", "median", box=None,
    )  # fmt: skip
    missed = Table(
        "style", "missed %", "of these refused", "on the other side", "elsewhere, not drawn", "elsewhere, drawn",
        box=None,
    )  # fmt: skip
    every: list[Measured] = []
    for style, drawings in figures_of(shard).items():
        measured = [measure(drawing, models) for drawing in drawings[:each]]
        table.add_row(style, *_row(measured))
        missed.add_row(style, *_missed(measured))
        every += measured
    table.add_row("all of these", *_row(every))
    missed.add_row("all of these", *_missed(every))
    return Group(table, "", missed)


def empty_line(folder: Path, models: ModelCache, *, most: int) -> str:
    """How many pictures without a figure are refused."""
    with np.load(min(folder.glob("[!.]*.npz"))) as archive:
        pictures = archive["image"][~archive["figure"]][:most]
    found = [bool(drawn_figure(_rgb(picture), models)) for picture in pictures]
    return f"Of {len(found)} synthetic pictures without a figure {len(found) - sum(found)} are refused."


def measure(drawing: Drawing, models: ModelCache) -> Measured:
    """Read a drawing and compare; what is not found is infinitely far off, and its pose is not counted."""
    figure = drawn_figure(_rgb(drawing.image), models)
    solver = models.drawn_solver()
    error, other, millimetres = np.full(len(FIGURE_23), np.inf), np.full(len(FIGURE_23), np.inf), np.nan
    if figure is not None:
        points, across = figure.observation.keypoints_px[0], drawing.keypoints[_OTHER_SIDE]
        error, other = (np.linalg.norm(points - true, axis=1) / drawing.height for true in (drawing.keypoints, across))
        millimetres = _millimetres(solver, figure, drawing)
    return Measured(
        error[drawing.inside], other[drawing.inside], drawing.visible[drawing.inside], figure is not None, millimetres,
        _millimetres(solver, drawing.known, drawing),
    )  # fmt: skip


def _millimetres(solver: DrawnPoseSolver, seen: Drawn, drawing: Drawing) -> float:
    """PA-MPJPE of the solved pose against the true one, both on the neutral body of 1.70 m; NaN where it is refused."""
    try:
        estimate = run_job(solver.solve(seen))[0]
    except InputError:
        return float("nan")
    found, true = (_joints(rotations) for rotations in (estimate.poses.rotations[0], drawing.rotations))
    return float(pa_mpjpe(found, true)[0])


def _joints(rotations: AnyFloatArray) -> torch.Tensor:
    """(24, 3) -> (1, 24, 3) metres."""
    pose = PoseSequence(rotations[None].astype(np.float32), np.zeros((1, 3), np.float32))
    return torch.from_numpy(NEUTRAL_BODY.joints(pose))


def _first_shard(folder: Path) -> dict[str, np.ndarray]:
    """Its arrays; none where there is no shard."""
    path = min(folder.glob("[!.]*.npz"), default=None)
    if path is None:
        return {}
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def _rgb(picture: np.ndarray) -> ImageArray:
    return np.repeat(picture[..., None], 3, axis=2)


def _row(measured: Sequence[Measured]) -> list[str]:
    """The columns from the number on."""
    error, other, visible = (
        np.concatenate([getattr(each, name) for each in measured]) for name in ("error", "other", "visible")
    )
    near = 100.0 * float((error < 0.1).mean())
    mark = "" if near >= STYLE_GOAL else " !"
    shares = [
        100.0 * float(near.mean()) for near in (error[visible] < 0.1, error < 0.05, np.minimum(error, other) < 0.1)
    ]
    lengths = ([each.millimetres for each in measured], [each.from_true_points for each in measured])
    return [
        str(len(measured)), str(sum(each.found for each in measured)), f"{near:.1f}{mark}",
        *(f"{share:.1f}" for share in shares),
        *(f"{of(values):.0f}" for values in lengths for of in (np.nanmean, np.nanmedian)),
    ]  # fmt: skip


def _missed(measured: Sequence[Measured]) -> list[str]:
    """The share of keypoints that are not found within 0.1, and of what these are made, in per cent of them."""
    error, other, visible = (
        np.concatenate([getattr(each, name) for each in measured]) for name in ("error", "other", "visible")
    )
    found = np.concatenate([np.full(len(each.error), each.found) for each in measured])
    missed = error >= 0.1
    across = missed & (other < 0.1)
    elsewhere = missed & found & ~across
    parts = (missed & ~found, across, elsewhere & ~visible, elsewhere & visible)
    shares = [float(part.sum()) / max(int(missed.sum()), 1) for part in parts]
    return [f"{100.0 * float(missed.mean()):.1f}", *(f"{100.0 * share:.0f}" for share in shares)]
