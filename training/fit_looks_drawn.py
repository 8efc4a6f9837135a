"""Fit `looks_drawn`: `python -m training.fit_looks_drawn SHARDS --photos FOLDER ... [--drawings FOLDER]`.

SHARDS is a folder of synthetic drawings; photos, rendered pictures and videos are read from the folders of `--photos`.
Photos are cut in many ways and some made grey; drawings get coloured inks, coloured areas and tinted paper, and are
compressed. It prints the constants, what is said of pictures by constants that were fitted to others only (in ten
parts), and what is said of the pictures below `--drawings`, to which nothing is fitted.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import DoubleArray, ImageArray
from contrapposto.backend.detect.drawing_or_photo import measures
from contrapposto.backend.detect.image import load_image

from .sketch_shards import shards

_CUTS: Final = {"photo": 16, "rendered": 2}
"""How often a photo is cut, and a rendered picture, of which there are many that are alike."""
_FEW: Final = 30
"""A folder with more pictures than these counts as rendered."""
_FRAMES: Final = 6
_GREY: Final = 0.15
_DRAWINGS: Final = 900
_COLOURED_INK, _COLOURED_AREAS = 0.35, 0.15
_MOST_AREAS: Final = 11
_LARGEST: Final = 1600
_PARTS: Final = 10
_RIDGE: Final = 0.01
_UNSURE: Final = (0.3, 0.7)
_ENDINGS: Final = (".jpg", ".jpeg", ".png")


def pictures(folder: Path) -> list[Path]:
    """The picture files below a folder."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in _ENDINGS and "mask" not in path.name)


def frames(video: Path) -> Iterator[ImageArray]:
    """A few frames of a video, evenly spaced."""
    capture = cv2.VideoCapture(str(video))
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    for number in np.linspace(0, count - 1, _FRAMES).astype(int):
        capture.set(cv2.CAP_PROP_POS_FRAMES, int(number))
        is_read, frame = capture.read()
        if is_read:
            yield np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)


def cut(photo: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A part of a photo, of half of its sides or more; some are grey."""
    height, width = (round(length * rng.uniform(0.5, 1.0)) for length in photo.shape[:2])
    top, left = (int(rng.integers(whole - part + 1)) for whole, part in zip(photo.shape, (height, width), strict=False))
    part = np.ascontiguousarray(photo[top : top + height, left : left + width])
    if rng.random() < _GREY:
        part = cv2.cvtColor(cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    return np.asarray(part, np.uint8)


def views(folder: Path, rng: np.random.Generator) -> list[DoubleArray]:
    """What is measured of each picture and video of a folder: a row for each way it is cut, whole pictures first."""
    found = pictures(folder)
    cuts = _CUTS["photo" if len(found) <= _FEW else "rendered"]
    groups: list[list[ImageArray]] = [[load_image(path)] for path in found]
    groups += [list(frames(path)) for path in sorted(folder.rglob("*.mp4"))]
    return [np.array([measures(view) for view in _ways(group, cuts, rng)]) for group in groups]


def _ways(group: list[ImageArray], cuts: int, rng: np.random.Generator) -> Iterator[ImageArray]:
    """Pictures as they are, and then each cut so many times."""
    yield from group
    for image in group:
        yield from (cut(_smaller(image), rng) for _ in range(cuts))


def _smaller(image: ImageArray) -> ImageArray:
    """Not larger than is worth to be cut many times."""
    factor = _LARGEST / max(image.shape[:2])
    if factor >= 1.0:
        return image
    return np.asarray(cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), np.uint8)


def coloured(drawing: ImageArray, rng: np.random.Generator) -> DoubleArray:
    """A grey drawing (H, W) as RGB (H, W, 3) in [0, 1]: some in a coloured ink, some painted."""
    grey = drawing.astype(np.float64) / 255.0
    colour = np.repeat(grey[..., None], 3, axis=2)
    is_dark = float(np.median(grey)) < 0.4
    if rng.random() < _COLOURED_INK:
        tint = rng.uniform(0.0, 0.7, 3)
        colour = np.clip(colour + (colour * (tint - 0.7) if is_dark else (1.0 - colour) * tint), 0.0, 1.0)
    if rng.random() < _COLOURED_AREAS:
        colour = _filled_in(colour, grey, rng, is_dark=is_dark)
    return colour


def _filled_in(colour: DoubleArray, grey: DoubleArray, rng: np.random.Generator, *, is_dark: bool) -> DoubleArray:
    """Some of the areas between the lines in one of four colours, the largest, which is the paper, left out."""
    around = np.ones((2, 2), np.uint8)
    lines = cv2.dilate((np.abs(grey - np.median(grey)) > 0.2).astype(np.uint8), around)
    count, areas, facts, _ = cv2.connectedComponentsWithStats(1 - lines, connectivity=4)
    palette = rng.uniform(0.2, 1.0, (4, 3))
    sizes = facts[1:count, cv2.CC_STAT_AREA]
    for area in (np.argsort(-sizes) + 1)[1:_MOST_AREAS]:
        if facts[area, cv2.CC_STAT_AREA] < 20 or rng.random() < 0.35:
            continue
        inside = cv2.dilate((areas == area).astype(np.uint8), around) > 0
        paint = palette[rng.integers(len(palette))]
        painted = np.maximum(colour, paint) if is_dark else paint * np.clip(colour, 0.3, 1.0)
        grain = 1.0 - rng.uniform(0.0, 0.25) * rng.random(grey.shape)[..., None]
        colour = np.where(inside[..., None], painted * grain, colour)
    return colour


def tinted(drawing: ImageArray, rng: np.random.Generator) -> ImageArray:
    """A grey drawing (H, W) as RGB: in colours, on warm or cold paper, compressed, of another size."""
    tint = 1.0 - rng.uniform(0.0, 0.15, 3) * (rng.random() < 0.5)
    colour = np.clip(255.0 * coloured(drawing, rng) * tint, 0.0, 255.0).astype(np.uint8)
    if rng.random() < 0.7:
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


def sure(values: DoubleArray, fitted: tuple[DoubleArray, float]) -> DoubleArray:
    """(N,) how sure it is that what was measured (N, M) is of a drawing."""
    weights, bias = fitted
    return 1.0 / (1.0 + np.exp(-(values @ weights + bias)))


def in_words(drawn: DoubleArray, *, are_drawings: bool) -> str:
    """How many are told right, how many it is unsure of, and of how many it is sure and wrong."""
    right = (drawn > 0.5) == are_drawings
    unsure = (drawn >= _UNSURE[0]) & (drawn <= _UNSURE[1])
    return f"{right.sum()} of {len(drawn)} right, {unsure.sum()} unsure, {(~right & ~unsure).sum()} surely wrong"


def told_by_others(drawn: DoubleArray, photos: list[DoubleArray], *, part: int) -> tuple[DoubleArray, DoubleArray]:
    """How sure it is of a tenth of the drawings and of the whole pictures of a tenth of photos, fitted to the rest."""
    of_drawn, of_photos = (np.arange(len(group)) % _PARTS == part for group in (drawn, photos))
    others = np.vstack([view for view, is_left_out in zip(photos, of_photos, strict=True) if not is_left_out])
    fitted = fit(drawn[~of_drawn], others)
    firsts = np.array([view[0] for view in photos])[of_photos]
    return sure(drawn[of_drawn], fitted), sure(firsts, fitted)


def main() -> None:
    """Read the command line, fit and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--drawings", type=Path)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    folders = {folder: views(folder, rng) for folder in options.photos}
    photos = [view for folder in folders.values() for view in folder]
    names = np.array([folder.name for folder, found in folders.items() for _ in found])
    with np.load(shards(options.shards)[0]) as archive:
        images = archive["image"][archive["style"] != "blank"][:_DRAWINGS]
    drawn = np.array([measures(tinted(image, rng)) for image in images])
    fitted = fit(drawn, np.vstack(photos))
    print("WEIGHTS =", tuple(round(float(weight), 3) for weight in fitted[0]), " BIAS =", round(fitted[1], 3))
    of_drawn, of_photos = np.zeros(len(drawn)), np.zeros(len(photos))
    for part in range(_PARTS):
        of_drawn[part::_PARTS], of_photos[part::_PARTS] = told_by_others(drawn, photos, part=part)
    print("By constants that were fitted to others:")
    print("synthetic drawings:", in_words(of_drawn, are_drawings=True))
    for name in dict.fromkeys(names):
        print(f"{name}:", in_words(of_photos[names == name], are_drawings=False))
    if options.drawings:
        paths = pictures(options.drawings)
        said = sure(np.array([measures(load_image(path)) for path in paths]), fitted)
        print("drawings to which nothing is fitted:", in_words(said, are_drawings=True))
        for chance, path in sorted(zip(said, paths, strict=True))[:5]:
            print(f"{chance:.3f} {path.parent.name}/{path.name}")


if __name__ == "__main__":
    main()
