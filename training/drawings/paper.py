"""From ink to a picture: a screen or a scan, pencil on paper, white on black, a photo of a sheet."""

from __future__ import annotations

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray

from .sample import SIZE


def develop(ink: np.ndarray, *, rng: np.random.Generator, light: FloatArray | None = None) -> np.ndarray:
    """(H, W) uint8 of ink on a canvas -> (192, 192) uint8 grey.

    With `light`, (192, 192) factors, it is a photo of a sheet.
    """
    small = cv2.resize(ink, (SIZE, SIZE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    kind = rng.random() if light is None else 1.0
    if kind < 0.25:
        return _grey(255.0 * small)
    if kind < 0.5:
        return _grey(255.0 - 255.0 * small)
    paper, dark = rng.uniform(140.0, 255.0), rng.uniform(0.0, 110.0)
    if light is None and rng.random() < 0.15:
        paper, dark = rng.uniform(0.0, 90.0), rng.uniform(150.0, 255.0)
    page = paper * _light(rng) * (1.0 if light is None else light)
    # Ink has the light of its place, too; on a dark ground the chalk has its own.
    drawn = dark / paper * page if dark < paper else dark
    picture = page * (1.0 - small) + drawn * small
    if rng.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.9))
    if rng.random() < 0.6:
        picture = picture + rng.normal(0.0, rng.uniform(0.5, 7.0), picture.shape)
    return _grey(picture)


def _light(rng: np.random.Generator) -> np.ndarray:
    """(192, 192) factors on the light: even, or uneven with a shadow."""
    even = np.ones((SIZE, SIZE), np.float32)
    if rng.random() < 0.5:
        return even
    knots = rng.normal(1.0, rng.uniform(0.03, 0.15), (3, 3)).astype(np.float32)
    light = cv2.resize(knots, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.3:
        edge = rng.uniform(0.0, SIZE, (4, 2))
        shadow = np.zeros((SIZE, SIZE), np.float32)
        cv2.fillPoly(shadow, [np.round(edge * 1.6 - 0.3 * SIZE).astype(np.int32)], 1.0)
        light *= 1.0 - rng.uniform(0.1, 0.4) * cv2.GaussianBlur(shadow, (0, 0), rng.uniform(1.0, 12.0))
    return np.clip(light, 0.4, 1.15)


def _grey(picture: np.ndarray) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
