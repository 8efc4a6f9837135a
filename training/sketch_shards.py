"""Drawings from shards, as ink, varied anew each time they are taken: what a network learns to read drawings from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import torch

from contrapposto.backend.arrays import DoubleArray, FloatArray, ImageArray
from contrapposto.backend.detect.drawing_ink import ink

from .sketch_augment import OTHER_SIDE, is_mirrored, random_view, vary
from .sketch_losses import Truth

BoolArray = npt.NDArray[np.bool_]
_MOST: Final = 160_000
"""Drawings that are kept in memory: 6 GB."""
_AT_FIRST: Final = 8
"""Shards that are read before training starts; the others follow meanwhile."""
_THING: Final = 0.1
_CLOSE: Final = 0.5


@dataclass(frozen=True)
class Drawings:
    """N drawings and what they show; see `training.drawings.sample.DrawnSample`.

    Attributes:
        ink: (N, 192, 192), 255 is a full stroke.
        keypoints: (N, 23, 2).
        visible: (N, 23).
        inside: (N, 23).
        depth: (N, 23).
        figure: (N,).
        style: (N,) names.
    """

    ink: ImageArray
    keypoints: FloatArray
    visible: BoolArray
    inside: BoolArray
    depth: FloatArray
    figure: BoolArray
    style: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.ink)

    def truth(self) -> Truth:
        """All that they show, as they are."""
        return _truth([(self.keypoints[i], self.visible[i], self.inside[i], self.depth[i]) for i in range(len(self))],
                      self.figure)  # fmt: skip


def shards(folder: Path) -> list[Path]:
    """The files of a set of drawings, those that are being written left out."""
    return sorted(folder.glob("[!.]*.npz"))


def read_drawings(path: Path, *, most: int | None = None) -> Drawings:
    """A shard that `training.drawings.make` wrote, or the first `most` drawings of it."""
    with np.load(path) as archive:
        images = archive["image"][:most]
        strokes = np.stack([np.rint(ink(image) * 255.0).astype(np.uint8) for image in images])
        rest = [archive[name][:most] for name in ("keypoints", "visible", "inside", "depth", "figure", "style")]
    return Drawings(strokes, *rest)


class Shelf:
    """The shards of a folder.

    Args:
        folder: with `*.npz` as `training.drawings.make` writes them.
        seed: of the choice and of the variations.

    Raises:
        FileNotFoundError: there is no shard.
    """

    def __init__(self, folder: Path, *, seed: int) -> None:
        self._folder = folder
        self._shards: dict[str, Drawings] = {}
        self._things: list[tuple[str, int]] = []
        self.reseed(seed)
        self.refresh(limit=_AT_FIRST)
        if not self._shards:
            raise FileNotFoundError(f"{folder} holds no drawings: make them with `python -m training.drawings.make`")

    def __len__(self) -> int:
        return sum(map(len, self._shards.values()))

    def reseed(self, seed: int) -> None:
        """Other choices than those made before."""
        self._rng = np.random.default_rng(seed)

    def refresh(self, *, limit: int = 1) -> None:
        """Read shards that are new in the folder, at most `limit`, the newest first."""
        new = [path for path in reversed(shards(self._folder)) if path.name not in self._shards]
        for path in new[:limit]:
            if len(self) < _MOST:
                shard = self._shards[path.name] = read_drawings(path)
                lonely = np.flatnonzero(~shard.figure & (shard.style != "blank"))
                self._things += [(path.name, int(index)) for index in lonely]
        self._names = list(self._shards)
        lengths = np.array([len(self._shards[name]) for name in self._names], float)
        self._shares = lengths / max(lengths.sum(), 1.0)

    def batch(self, count: int, *, device: str) -> tuple[torch.Tensor, Truth]:
        """Random drawings in random variations: ink (N, 1, 192, 192) and what it shows."""
        rng = self._rng
        strokes, facts, figures = [], [], []
        for name in rng.choice(self._names, count, p=self._shares):
            shard = self._shards[name]
            index = int(rng.integers(len(shard)))
            figure, inside = bool(shard.figure[index]), shard.inside[index]
            close = figure and inside.sum() > 5 and rng.random() < _CLOSE
            view = random_view(shard.keypoints[index][inside] if close else None, rng)
            strokes.append(vary(shard.ink[index], view, rng, thing=self._thing()))
            facts.append(_seen(shard, index, view))
            figures.append(figure)
        truth = _truth(facts, np.array(figures))
        moved = {name: getattr(truth, name).to(device) for name in Truth.__dataclass_fields__}
        return torch.from_numpy(np.stack(strokes)[:, None]).to(device), Truth(**moved)

    def _thing(self) -> ImageArray | None:
        """Something that is no figure, now and then."""
        if not self._things or self._rng.random() > _THING:
            return None
        name, index = self._things[self._rng.integers(len(self._things))]
        return self._shards[name].ink[index]


_Facts = tuple[FloatArray, BoolArray, BoolArray, FloatArray]


def _seen(shard: Drawings, index: int, view: DoubleArray) -> _Facts:
    """Keypoints, visible, inside and depth in a variation; in a mirror, left is right."""
    points = shard.keypoints[index] @ view[:, :2].T + view[:, 2]
    order = OTHER_SIDE if is_mirrored(view) else np.arange(len(OTHER_SIDE))
    return points[order], shard.visible[index][order], shard.inside[index][order], shard.depth[index][order]


def _truth(facts: list[_Facts], figures: BoolArray) -> Truth:
    points, visible, inside, depth = (torch.from_numpy(np.stack(part)) for part in zip(*facts, strict=True))
    shown = ((points > -0.5) & (points < 191.5)).all(2)
    return Truth(points.float(), visible & shown, inside & shown, depth.float(), torch.from_numpy(figures))
