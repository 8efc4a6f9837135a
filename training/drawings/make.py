"""A set of drawings on disk: `python -m training.drawings.make POSES.npz BODIES.npz OUT --count N [--workers W]`.

Shards of 2,000 drawings (75 MB), each whole or not there; those that are there are kept, so that a run that was
stopped goes on. Shard K is the same whenever and by however many workers it is drawn.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import torch

from training.train_pose import read_poses

from .body import read_bodies
from .sample import DrawnSample
from .source import DrawingSource

SHARD: Final = 2000
"""Drawings in a file."""
_FIELDS: Final = ("image", "keypoints", "visible", "inside", "depth", "rotations", "style", "figure")


@dataclass(frozen=True)
class Order:
    """What to draw, and where to put it."""

    poses: Path
    bodies: Path
    out: Path
    held_out: bool
    seed: int
    styles: tuple[str, ...] | None


def shard_path(folder: Path, index: int) -> Path:
    """The file of a shard."""
    return folder / f"drawings_{index:04d}.npz"


def stacked(samples: list[DrawnSample]) -> dict[str, np.ndarray]:
    """The arrays of a shard: each attribute of `DrawnSample` by its name, drawings along the first axis."""
    return {name: np.stack([getattr(sample, name) for sample in samples]) for name in _FIELDS}


def read_shard(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a shard."""
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def draw_shard(order: Order, index: int, count: int) -> float:
    """Draw and write one shard; answers how many drawings a second were made."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    start = time.monotonic()
    poses = read_poses(order.poses, held_out=order.held_out)
    seed = 1_000_003 * order.seed + index
    source = DrawingSource(poses, read_bodies(order.bodies), seed=seed, styles=order.styles)
    arrays = stacked([source.draw() for _ in range(count)])
    path = shard_path(order.out, index)
    partial = path.with_name(f".{path.stem}.partial.npz")
    np.savez(partial, **arrays)
    partial.replace(path)
    return count / (time.monotonic() - start)


def _draw(task: tuple[Order, int, int]) -> tuple[int, float]:
    return task[1], draw_shard(*task)


def _drawn(tasks: list[tuple[Order, int, int]], workers: int) -> Iterator[tuple[int, float]]:
    if workers == 1:
        yield from map(_draw, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(workers) as pool:
        yield from pool.imap_unordered(_draw, tasks)


def main() -> None:
    """Read the command line and draw what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("poses", type=Path)
    parser.add_argument("bodies", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--first", type=int, default=0, help="number of the first shard")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--style", action="append", help="only this style; may be given several times")
    parser.add_argument("--held-out", action="store_true", help="poses of the clips that training never sees")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    styles = tuple(options.style) if options.style else None
    order = Order(options.poses, options.bodies, options.out, options.held_out, options.seed, styles)
    last = options.first + -(-options.count // SHARD)
    sizes = {index: min(SHARD, options.count - (index - options.first) * SHARD) for index in range(options.first, last)}
    tasks = [(order, index, size) for index, size in sizes.items() if not shard_path(options.out, index).is_file()]
    for index, rate in _drawn(tasks, options.workers):
        print(f"{shard_path(options.out, index).name}: {rate:.0f} drawings/s in one worker", flush=True)


if __name__ == "__main__":
    main()
