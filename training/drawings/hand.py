"""How a hand draws lines: wobble, pressure, breaks, overshoot, strokes drawn twice; and filled shapes that hide lines.

Convention: a canvas is (H, W) uint8, 0 where there is no ink; points are canvas pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray

_SHIFT: Final = 4


@dataclass(frozen=True)
class Hand:
    """A way of drawing.

    Attributes:
        width: of a line in canvas pixels.
        wobble: standard deviation of a stroke's way from the line, canvas pixels.
        overshoot: how far strokes run on at their ends, canvas pixels.
        pressure: 0 to 1, how much darkness and width vary.
        broken: share of strokes that have gaps.
        strokes: how often each line is drawn.
        rng: its chance.
    """

    width: float
    wobble: float
    overshoot: float
    pressure: float
    broken: float
    strokes: int
    rng: np.random.Generator

    def line(self, canvas: np.ndarray, points: FloatArray, *, closed: bool = False, width: float = 1.0) -> None:
        """Draw a polyline (P, 2); `width` is a factor."""
        points = np.asarray(points, np.float32)
        if closed:
            points = np.concatenate([points, points[:1]])
        points = resampled(points, step=5.0)
        if len(points) < 2:
            return
        for stroke in range(self.strokes):
            self._stroke(canvas, self._shaken(points, more=stroke > 0), width)

    def fill(self, canvas: np.ndarray, outline: FloatArray, *, width: float = 1.0) -> None:
        """Draw a closed outline (P, 2) that hides what was drawn inside it."""
        blank(canvas, outline)
        self.line(canvas, outline, closed=True, width=width)

    def dot(self, canvas: np.ndarray, middle: FloatArray, radius: float) -> None:
        """A filled dot."""
        centre = tuple(int(value) for value in np.round(middle * 2**_SHIFT))
        cv2.circle(canvas, centre, round(max(radius, 0.8) * 2**_SHIFT), 255, -1, cv2.LINE_AA, _SHIFT)

    def _shaken(self, points: FloatArray, *, more: bool) -> FloatArray:
        size = self.wobble * (1.5 if more else 1.0)
        if self.overshoot > 0.0:
            points = points.copy()
            ends = points[[0, -1]] - points[[1, -2]]
            ends /= np.linalg.norm(ends, axis=1, keepdims=True) + 1e-6
            points[[0, -1]] += self.overshoot * self.rng.normal(0.3, 0.7, (2, 1)) * ends
        if size <= 0.0:
            return points
        return points + size * smooth_noise(len(points), self.rng)

    def _stroke(self, canvas: np.ndarray, points: FloatArray, width: float) -> None:
        fixed = np.round(points * 2**_SHIFT).astype(np.int32)
        runs = self._runs(fixed) if self.rng.random() < self.broken else [fixed]
        thick = self.width * width
        if self.pressure <= 0.05:
            value, pixels = ink(thick)
            cv2.polylines(canvas, runs, False, value, pixels, cv2.LINE_AA, _SHIFT)
            return
        for run in runs:
            level = np.interp(np.arange(len(run)), [0, len(run)], self.rng.uniform(1.0 - self.pressure, 1.0, 2))
            for start in range(0, len(run) - 1, 3):
                value, pixels = ink(thick * level[start])
                value = round(value * level[start])
                cv2.polylines(canvas, [run[start : start + 4]], False, value, pixels, cv2.LINE_AA, _SHIFT)

    def _runs(self, points: np.ndarray) -> list[np.ndarray]:
        kept = self.rng.random(len(points)) > 0.03 + 0.12 * self.rng.random()
        cuts = np.flatnonzero(~kept)
        return [run[1:] if run is not points else run for run in np.split(points, cuts) if len(run) > 2] or [points]


def ink(width: float) -> tuple[int, int]:
    """Darkness and whole pixels of a line that is `width` canvas pixels wide."""
    pixels = max(1, round(width))
    return round(255 * min(1.0, max(0.25, width / pixels))), pixels


def blank(canvas: np.ndarray, outline: FloatArray) -> None:
    """Remove the ink inside an outline (P, 2)."""
    fixed = np.round(np.asarray(outline) * 2**_SHIFT).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], 0, cv2.LINE_AA, _SHIFT)


def resampled(points: FloatArray, *, step: float) -> FloatArray:
    """The same polyline with points about every `step`."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    if along[-1] < 1e-3:
        return points[:1]
    at = np.linspace(0.0, along[-1], max(2, min(400, int(along[-1] / step) + 1)))
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def curve(points: FloatArray, *, pieces: int = 8) -> FloatArray:
    """A smooth curve (Catmull-Rom) through points (P, D)."""
    points = np.asarray(points, np.float32)
    if len(points) < 3:
        return points
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0.0, 1.0, pieces, endpoint=False)[None, :, None]
    a, b, c, d = (padded[i : len(points) - 1 + i, None] for i in range(4))
    smooth = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([smooth.reshape(-1, points.shape[1]), points[-1:]]).astype(np.float32)


def smooth_noise(count: int, rng: np.random.Generator, *, every: int = 5) -> FloatArray:
    """(count, 2) of about unit size that changes slowly."""
    knots = rng.normal(size=(count // every + 3, 2))
    at = np.arange(count) / every
    return np.stack([np.interp(at, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], axis=1)


def ring(middle: FloatArray, across: FloatArray, along: FloatArray, *, count: int = 24) -> FloatArray:
    """An ellipse (count, D) about a point from its two half axes."""
    angle = np.linspace(0.0, 2.0 * np.pi, count, endpoint=False)[:, None]
    return (middle + np.cos(angle) * across + np.sin(angle) * along).astype(np.float32)


def some_hand(rng: np.random.Generator, *, size: float, thin: float = 0.3) -> Hand:
    """Any hand, from a ruler and a fine pen to a child with a marker, for a figure `size` canvas pixels tall."""
    if rng.random() < thin:
        width, wobble = rng.uniform(0.7, 2.0), rng.choice([0.0, 0.6])
    else:
        width, wobble = np.exp(rng.uniform(0.3, 2.3)), rng.uniform(0.0, 1.8)
    pressure = rng.uniform(0.1, 0.6) if rng.random() < 0.35 else 0.0
    overshoot = rng.uniform(2.0, 8.0) if rng.random() < 0.3 else 0.0
    strokes = int(rng.choice([1, 2, 3], p=[0.8, 0.14, 0.06])) if wobble > 0 else 1
    width = max(0.7, min(float(width), 0.03 * size))
    wobble = min(float(wobble), 0.006 * size)
    return Hand(width, wobble, overshoot, pressure, float(rng.choice([0.0, 0.4])), strokes, rng)
