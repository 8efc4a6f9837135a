"""The anchors of BlazePose's person detector: where each of its 2254 answers is centred."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from ..arrays import FloatArray

INPUT_SIZE: Final = 224
"""Side of the detector's square input in pixels."""
_STRIDES: Final = ((8, 2), (16, 2), (32, 6))
"""Stride in pixels and anchors per cell. The graph options that MediaPipe publishes name the strides 8, 16, 32, 32,
32 with one aspect ratio and an interpolated scale: two anchors a layer, and layers of equal stride share a grid."""


@cache
def anchor_centres() -> FloatArray:
    """(2254, 2) centres x, y in [0, 1] of the input, in the order of the model's outputs: 28*28*2 + 14*14*2 + 7*7*6.

    All anchors have size 1 (`fixed_anchor_size`), so the centre is all there is to them (SSD: Liu et al., ECCV 2016;
    the fixed size: Bazarevsky et al., "BlazeFace", 2019).
    """
    centres = [_grid(INPUT_SIZE // stride, per_cell) for stride, per_cell in _STRIDES]
    anchors = np.concatenate(centres).astype(np.float32)
    anchors.setflags(write=False)
    return anchors


def _grid(cells: int, per_cell: int) -> FloatArray:
    """(cells * cells * per_cell, 2), row by row, the middle of each cell repeated `per_cell` times."""
    middles = (np.arange(cells, dtype=np.float32) + 0.5) / cells
    y, x = np.meshgrid(middles, middles, indexing="ij")
    return np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0)
