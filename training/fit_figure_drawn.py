"""Fit how `Signs` make the chance of a figure: `python -m training.fit_figure_drawn SHARDS [--each N]`.

SHARDS is a folder of synthetic drawings of poses and bodies that training never saw, not those that are measured. Taken
are the first N drawings of each style and all pictures without a figure. It prints the weights and the bias that tell
the two kinds apart where they are equally many, and how many of each are told right by constants that were fitted
without them, the higher the bar is set the fewer pictures without a figure pass it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch

from contrapposto.backend.arrays import DoubleArray, ImageArray
from contrapposto.backend.job import run_job
from contrapposto.backend.runtime import ModelCache

from .drawings.make import read_shard
from .fit_looks_drawn import fit
from .sketch_shards import shards

_FEWEST: Final = 5
_FOLDS: Final = 2
_PASSED: Final = (0, 1, 2, 3, 5)


def pictures(folder: Path, *, each: int) -> Iterator[tuple[ImageArray, bool]]:
    """(H, W, 3) of a folder's shards and whether a figure is drawn, of which enough is in the picture."""
    taken: dict[str, int] = {}
    for path in shards(folder):
        shard = read_shard(path)
        enough = shard["figure"] & (shard["inside"].sum(1) >= _FEWEST)
        for index in np.flatnonzero(enough | ~shard["figure"]):
            style, figure = str(shard["style"][index]), bool(enough[index])
            taken[style] = taken.get(style, 0) + 1
            if not figure or taken[style] <= each:
                yield np.repeat(shard["image"][index][..., None], 3, axis=2), figure


def told(signs: DoubleArray, figure: DoubleArray) -> list[tuple[int, float]]:
    """How many pictures without a figure pass the bar, and which share of the figures then does."""
    evidence = np.zeros(len(signs))
    fold = np.arange(len(signs)) % _FOLDS
    for number in range(_FOLDS):
        weights, bias = fit(signs[(fold != number) & (figure > 0)], signs[(fold != number) & (figure == 0)])
        evidence[fold == number] = signs[fold == number] @ weights + bias
    bars = np.sort(evidence[figure == 0])[::-1]
    return [(passed, float((evidence[figure > 0] > bars[passed]).mean())) for passed in _PASSED if passed < len(bars)]


def main() -> None:
    """Read the command line, look at the pictures, fit and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shards", type=Path)
    parser.add_argument("--each", type=int, default=70, help="drawings of each style")
    options = parser.parse_args()
    torch.set_num_threads(1)
    detector = ModelCache().drawing_detector()
    rows: list[tuple[DoubleArray, bool]] = []
    blank = 0
    for picture, figure in pictures(options.shards, each=options.each):
        signs = run_job(detector.signs(picture))
        if signs is None:
            blank += 1
        else:
            rows.append((signs.as_array(), figure))
    signs, figure = np.array([row for row, _ in rows]), np.array([float(there) for _, there in rows])
    weights, bias = fit(signs[figure > 0], signs[figure == 0])
    print("_WEIGHTS =", tuple(round(float(weight), 2) for weight in weights), " bias at even chances =", round(bias, 2))
    print(f"{blank} pictures in which nothing is drawn are left out")
    for passed, found in told(signs, figure):
        print(f"{passed} of {int((figure == 0).sum())} other pictures pass: {100.0 * found:.1f} % of the figures do")


if __name__ == "__main__":
    main()
