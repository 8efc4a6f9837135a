"""Fit the constants of `looks_drawn`: `python -m training.fit_looks_drawn PHOTOS SHARDS [DRAWINGS]`.

PHOTOS is a folder of photos and SHARDS one of synthetic drawings. Photos are cut in many ways, drawings tinted and
compressed. It prints the constants, how many photos are told right by constants that were fitted without them, and what
is said of the pictures below DRAWINGS, to which nothing is fitted.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import DoubleArray, ImageArray
from contrapposto.backend.detect.drawing_or_photo import measures
from contrapposto.backend.detect.image import load_image

from .sketch_shards import shards

_CUTS: Final = 24
_DRAWINGS: Final = 600
_RIDGE: Final = 0.01
_ENDINGS: Final = (".jpg", ".jpeg", ".png")


def pictures(folder: Path) -> list[Path]:
    """The picture files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and "mask" not in path.name)


def cut(photo: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A part of a photo, of half of its sides or more."""
    height, width = (round(length * rng.uniform(0.5, 1.0)) for length in photo.shape[:2])
    top, left = (int(rng.integers(whole - part + 1)) for whole, part in zip(photo.shape, (height, width), strict=False))
    return np.ascontiguousarray(photo[top : top + height, left : left + width])


def tinted(drawing: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A grey drawing (H, W) as RGB: on warm or cold paper, compressed, of another size."""
    tint = 1.0 - rng.uniform(0.0, 0.15, 3) * (rng.random() < 0.5)
    colour = np.clip(drawing[..., None] * tint, 0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.5:
        factor = rng.uniform(1.0, 4.0)
        colour = cv2.resize(colour, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(40, 100))]
    _, encoded = cv2.imencode(".jpg", colour, quality)
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def fit(drawn: DoubleArray, photo: DoubleArray) -> tuple[DoubleArray, float]:
    """Weights and bias of a ridge logistic regression by Newton's method; both kinds weigh the same."""
    values = np.vstack([drawn, photo])
    middle, spread = values.mean(0), values.std(0) + 1e-6
    matrix = np.column_stack([(values - middle) / spread, np.ones(len(values))])
    truth = np.repeat([1.0, 0.0], [len(drawn), len(photo)])
    share = np.repeat([0.5 / len(drawn), 0.5 / len(photo)], [len(drawn), len(photo)])
    ridge = _RIDGE * np.diag([1.0] * values.shape[1] + [0.0])
    weights = np.zeros(matrix.shape[1])
    for _ in range(30):
        chance = 1.0 / (1.0 + np.exp(-matrix @ weights))
        slope = matrix.T @ (share * (chance - truth)) + ridge @ weights
        curve = (matrix * (share * chance * (1.0 - chance))[:, None]).T @ matrix + ridge
        weights -= np.linalg.solve(curve, slope)
    scaled = weights[:-1] / spread
    return scaled, float(weights[-1] - scaled @ middle)


def main() -> None:
    """Read the command line, fit and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("shards", type=Path)
    parser.add_argument("drawings", type=Path, nargs="?")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    photos = [load_image(path) for path in pictures(options.photos)]
    views = [np.array([measures(photo)] + [measures(cut(photo, rng)) for _ in range(_CUTS)]) for photo in photos]
    with np.load(shards(options.shards)[0]) as archive:
        images = archive["image"][archive["style"] != "blank"][:_DRAWINGS]
    drawn = np.array([measures(tinted(image, rng)) for image in images])
    weights, bias = fit(drawn, np.vstack(views))
    print("WEIGHTS =", tuple(round(float(weight), 3) for weight in weights), " BIAS =", round(bias, 3))
    print(f"synthetic drawings: {(drawn @ weights + bias > 0).mean():.3f} right")
    right = []
    for index, view in enumerate(views):
        others, other_bias = fit(drawn, np.vstack(views[:index] + views[index + 1 :]))
        right.append(view[0] @ others + other_bias < 0)
    print(f"photos, each left out in turn: {np.sum(right)} of {len(right)} right")
    for path in pictures(options.drawings) if options.drawings else []:
        evidence = measures(load_image(path)) @ weights + bias
        print(f"{1.0 / (1.0 + np.exp(-evidence)):.3f} {path.parent.name}/{path.name}")


if __name__ == "__main__":
    main()
