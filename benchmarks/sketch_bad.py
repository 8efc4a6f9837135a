"""Pictures that show no figure, or no human one: refused, or found with how little confidence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from rich.table import Table
from sketch_cases import SKETCHES
from sketch_pixels import drawn_figure

from contrapposto.backend.arrays import ImageArray
from contrapposto.backend.detect.drawing_or_photo import looks_drawn
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.errors import InputError
from contrapposto.backend.job import run_job
from contrapposto.backend.runtime import ModelCache

_PHOTOS: Final = SKETCHES.parent / "photos" / "coco"
_LANDSCAPES: Final = {
    "hills and a field, without the people": ("COCO_val2014_000000000488.jpg", (0.0, 0.45, 0.0, 1.0)),
    "flower beds, without the man": ("COCO_val2014_000000000569.jpg", (0.0, 0.5, 0.3, 1.0)),
}
"""File, and top, bottom, left and right of what is taken of it, as shares: the photos at hand all have people."""


def bad_pictures() -> Iterator[tuple[str, ImageArray]]:
    """Names and pictures (H, W, 3)."""
    rng = np.random.default_rng(0)
    yield "a blank sheet", np.full((800, 600, 3), 255, np.uint8)
    light = np.linspace(150.0, 235.0, 600) + rng.normal(0.0, 4.0, (800, 600))
    yield "a photo of a blank sheet", np.repeat(light[..., None], 3, axis=2).astype(np.uint8)
    for number in range(1, 5):
        yield f"scribble {number}", _scribble(rng)
    yield "six arms", _limbs(6)
    garlic = SKETCHES / "animated_drawings" / "garlic.png"
    if garlic.is_file():
        yield "garlic.png", load_image(garlic)
    for name, (file, (top, bottom, left, right)) in _LANDSCAPES.items():
        path = _PHOTOS / file
        if path.is_file():
            image = load_image(path)
            rows, columns = (np.array([top, bottom]) * image.shape[0], np.array([left, right]) * image.shape[1])
            yield name, image[int(rows[0]) : int(rows[1]), int(columns[0]) : int(columns[1])].copy()


def bad_table(models: ModelCache) -> Table:
    """A picture a row: what the detector says, and how sure the pose is."""
    table = Table("picture", "answer", "chance of a figure", "points, mean confidence", "pose, mean confidence",
                  "a drawing, not a photo", box=None)  # fmt: skip
    for name, image in bad_pictures():
        figure = drawn_figure(image, models)
        drawn = f"{looks_drawn(image):.2f}"
        if figure is None:
            table.add_row(name, "refused", "", "", "", drawn)
            continue
        seen = (f"{figure.score:.2f}", f"{figure.observation.confidence.mean():.2f}")
        try:
            posed = run_job(models.drawn_solver().solve(figure))[0].poses.confidence
        except InputError:
            table.add_row(name, "refused by the solver", *seen, "", drawn)
        else:
            table.add_row(name, "posed", *seen, "" if posed is None else f"{posed.mean():.2f}", drawn)
    return table


def _scribble(rng: np.random.Generator) -> ImageArray:
    """A pen that wanders about."""
    turns = np.cumsum(rng.normal(0.0, 0.5, 400)) + rng.uniform(0.0, 2.0 * np.pi)
    way = np.cumsum(np.stack([np.cos(turns), np.sin(turns)], axis=1) * rng.uniform(4.0, 14.0), axis=0)
    way = (way - way.min(0)) / np.ptp(way, axis=0).max() * 420.0 + 60.0
    return _drawn([way])


def _limbs(arms: int) -> ImageArray:
    """A stick figure with so many arms, which are a spider's or a goddess'."""
    angles = np.linspace(0.0, 2.0 * np.pi, 40)
    lines = [
        np.array([[300.0, 150.0], [300.0, 340.0]]),
        np.stack([300.0 + 45.0 * np.cos(angles), 105.0 + 45.0 * np.sin(angles)], axis=1),
        *(np.array([[300.0, 340.0], [300.0 + side * 60.0, 520.0]]) for side in (-1.0, 1.0)),
    ]
    for number in range(arms):
        side, tilt = (-1.0, 1.0)[number % 2], np.radians(-50.0 + 50.0 * (number // 2))
        lines.append(np.array([[300.0, 180.0], [300.0 + side * 170.0 * np.cos(tilt), 180.0 + 170.0 * np.sin(tilt)]]))
    return _drawn(lines)


def _drawn(lines: list[np.ndarray]) -> ImageArray:
    """(600, 600, 3) ink on paper."""
    sheet = np.full((600, 600), 250, np.uint8)
    cv2.polylines(sheet, [np.rint(line * 16.0).astype(np.int32) for line in lines], False, 30, 3, cv2.LINE_AA, 4)
    return np.repeat(sheet[..., None], 3, axis=2)
