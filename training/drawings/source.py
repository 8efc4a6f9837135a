"""Draws synthetic drawings one after the other: `DrawingSource`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.proportions import LENGTH_GROUPS

from .body import Body, proportioned, stretched
from .child import childish_scales, draw_child
from .contour import draw_contour
from .figure import CANVAS, SHARP, Figure, stand
from .gesture import draw_gesture
from .mannequin import draw_mannequin
from .paper import develop
from .photo import beyond, moved, rubbed_out, view_of_sheet, warped
from .poses import DrawnPoses, standing
from .props import draw_beside, draw_seat, draw_things
from .sample import BoolArray, DrawnSample, point, without_figure
from .stick import draw_stick

NO_FIGURE: Final = 0.07
"""Share of pictures in which nobody is."""
SMALLEST: Final = 0.3
"""Stature of a figure, as a share of the square picture, below which it is drawn larger, where it can be."""
_SEATS: Final = 0.4
"""Share of seated figures whose seat is drawn."""
_PHOTOS: Final = 0.12
"""Share of pictures that are photos of a sheet."""
_BATCH: Final = 128
Draw = Callable[..., tuple[Figure, BoolArray]]


@dataclass(frozen=True)
class Style:
    """A way of drawing figures: its share, how it is drawn, and how far bodies differ in proportion."""

    share: float
    draw: Draw
    spread: float
    surface: bool = False
    childish: bool = False


STYLES: Final[dict[str, Style]] = {
    "contour": Style(0.62, draw_contour, 0.0, surface=True),
    "stick": Style(0.13, draw_stick, 0.16),
    "mannequin": Style(0.12, draw_mannequin, 0.12),
    "gesture": Style(0.06, draw_gesture, 0.08),
    "child": Style(0.07, draw_child, 0.0, childish=True),
}


class DrawingSource:
    """Draws.

    Args:
        poses: (M, 24, 3) axis-angle to choose from.
        bodies: those with a surface; without any, the styles that need one are left out.
        seed: of everything.
        styles: the names of the styles to draw, all by default.
    """

    def __init__(
        self, poses: torch.Tensor, bodies: list[Body], *, seed: int, styles: tuple[str, ...] | None = None
    ) -> None:
        self._rng = np.random.default_rng(seed)
        self._poses = DrawnPoses(poses)
        self._bodies = bodies
        self._names = [name for name in styles or STYLES if bodies or not STYLES[name].surface]
        shares = np.array([STYLES[name].share for name in self._names])
        self._shares = shares / shares.sum()
        self._waiting: list[tuple[str, Figure]] = []

    def draw(self) -> DrawnSample:
        """The next drawing."""
        if self._rng.random() < NO_FIGURE:
            return self._without_figure()
        if not self._waiting:
            self._waiting = self._figures(_BATCH)
        name, figure = self._waiting.pop()
        window = _window(self._rng)
        canvas, figure, drawn = self._ink(name, _place(figure, window, rng=self._rng))
        left, top, right, bottom = window
        canvas[:top], canvas[bottom:], canvas[:, :left], canvas[:, right:] = 0, 0, 0, 0
        pixels, light = figure.seen(figure.marks), None
        inside = ((pixels >= (left, top)) & (pixels < (right, bottom))).all(1)
        if self._rng.random() < _PHOTOS:
            view = view_of_sheet(self._rng)
            canvas, pixels, light = warped(canvas, view), moved(pixels, view), beyond(view, self._rng)
            inside &= ((pixels >= 0) & (pixels < CANVAS)).all(1)
        depth = ((figure.marks[:, 2] - figure.joints[0, 2]) / figure.body.stature).astype(np.float32)
        keypoints = (pixels + 0.5) / SHARP - 0.5
        return DrawnSample(
            develop(canvas, rng=self._rng, light=light), keypoints.astype(np.float32), drawn & inside, inside, depth,
            figure.rotations.astype(np.float32), name, figure=True,
        )  # fmt: skip

    def _ink(self, name: str, figure: Figure) -> tuple[np.ndarray, Figure, BoolArray]:
        """A canvas with the figure and perhaps things beside it, the figure as drawn, the keypoints (23,) drawn."""
        rng, style = self._rng, STYLES[name]
        canvas = np.zeros((CANVAS, CANVAS), np.uint8)
        beside, thin = rng.random() < 0.35, 0.8 if style.surface else 0.3
        in_front = beside and rng.random() < 0.3
        if figure.seated and rng.random() < _SEATS:
            draw_seat(canvas, figure.seen(figure.joints[0]), figure.tall, rng=rng, thin=thin)
        if beside and not in_front:
            draw_beside(canvas, figure.seen(figure.marks), figure.tall, rng=rng, thin=thin)
        figure, drawn = style.draw(canvas, figure, rng=rng)
        if in_front:
            draw_beside(canvas, figure.seen(figure.marks), figure.tall, rng=rng, thin=thin)
        return rubbed_out(canvas, rng) if rng.random() < 0.08 else canvas, figure, drawn

    def _without_figure(self) -> DrawnSample:
        canvas, light = np.zeros((CANVAS, CANVAS), np.uint8), None
        style = draw_things(canvas, rng=self._rng)
        if self._rng.random() < _PHOTOS:
            view = view_of_sheet(self._rng)
            canvas, light = warped(canvas, view), beyond(view, self._rng)
        return without_figure(develop(canvas, rng=self._rng, light=light), style)

    def _figures(self, count: int) -> list[tuple[str, Figure]]:
        rng = self._rng
        names = list(rng.choice(self._names, count, p=self._shares))
        bodies = [self._body(STYLES[name]) for name in names]
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(int(rng.integers(2**62)))
            poses = self._poses.draw(count)
            simple = [i for i, name in enumerate(names) if STYLES[name].childish and rng.random() < 0.75]
            poses[simple] = standing(len(simple))
        return list(zip(names, stand(poses, bodies, rng=rng, frontal=simple), strict=True))

    def _body(self, style: Style) -> Body:
        rng = self._rng
        if style.surface:
            return stretched(self._bodies[rng.integers(len(self._bodies))], rng)
        if style.childish:
            return proportioned(childish_scales(rng))
        scales = rng.normal(0.0, style.spread, len(LENGTH_GROUPS))
        scales[LENGTH_GROUPS.index("shoulders")] -= 0.15
        if rng.random() < 0.35:
            scales[LENGTH_GROUPS.index("head")] += rng.uniform(0.1, 1.0)
        if rng.random() < 0.12:
            scales[[LENGTH_GROUPS.index(name) for name in ("thigh", "shin")]] -= rng.uniform(0.1, 0.7)
        return proportioned(scales.astype(np.float32))


def _window(rng: np.random.Generator) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the picture in the canvas; pictures that are not square leave a margin."""
    kind = rng.random()
    if kind < 0.4:
        return 0, 0, CANVAS, CANVAS
    narrow = round(CANVAS * rng.uniform(0.5, 1.0))
    start = (CANVAS - narrow) // 2
    return (start, 0, start + narrow, CANVAS) if kind < 0.75 else (0, start, CANVAS, start + narrow)


def _place(figure: Figure, window: tuple[int, int, int, int], *, rng: np.random.Generator) -> Figure:
    """Into the picture: as large as it, smaller, or cut by an edge."""
    low, high = np.array(window[:2], np.float32), np.array(window[2:], np.float32)
    size = high - low
    kind = rng.random()
    if kind < 0.75:
        share = rng.uniform(0.8, 1.0) if kind < 0.5 else rng.uniform(0.4, 0.85)
        room = (1.0 - share) * size
        start = low + room * rng.uniform(size=2)
        placed = figure.placed(start, start + share * size, rng=rng)
        if placed.tall > SMALLEST * CANVAS:
            return placed
    for _ in range(8):
        cut = _cut(figure.placed(low, high, rng=rng), low, size, rng=rng)
        pixels = cut.seen(cut.marks)
        inside = ((pixels >= low) & (pixels < high)).all(1)
        if inside.sum() >= 11 and inside[:7].any() | inside[15:].all():
            return cut
    return figure.placed(low, high, rng=rng)


def _cut(figure: Figure, low: FloatArray, size: FloatArray, *, rng: np.random.Generator) -> Figure:
    """Nearer, so that an edge of the picture cuts it."""
    zoom = rng.uniform(1.1, 2.4)
    names = ("nose", "nose", "neck", "left_shoulder", "right_shoulder", "left_hip", "right_hip", "left_knee")
    kept = figure.seen(figure.marks[point(str(rng.choice(names)))])
    wanted = low + size * rng.uniform(0.2, 0.8, 2)
    middle = wanted + zoom * (figure.lens.middle - kept)
    lens = replace(figure.lens, scale=zoom * figure.lens.scale, middle=middle.astype(np.float32))
    return replace(figure, lens=lens)
