"""Measure a network that reads drawings: `python -m training.evaluate_sketch WEIGHTS SHARDS [--calibrated OUT]`.

PCK@S is the share of keypoints in the picture that are found within S of the figure's height, which is the longer side
of the box around its keypoints. Measured are the drawings of the first shard.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.detect.drawing import DrawingDetector
from contrapposto.backend.detect.drawing_file import load_drawing_network, save_drawing_network
from contrapposto.backend.detect.drawing_network import DrawingNetwork, Look
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import FIGURE_23

from .run import half_precision
from .sketch_augment import OTHER_SIDE
from .sketch_shards import BoolArray, Drawings, read_drawings, shards

_SPREADS: Final = np.exp(np.linspace(-0.7, 1.4, 43))
CLOSE: Final = 0.05
"""A point's confidence is the chance that it is within this share of the figure's height."""


@dataclass(frozen=True)
class Findings:
    """What was found on N drawings.

    Attributes:
        error: (N, 23) distance from the truth as a share of the figure's height.
        swapped: (N, 23) the same from the truth of the other side.
        spread: (N, 23) the spread b that the network says, as a share of the figure's height.
        counted: (N, 23) which keypoints count: in the picture.
        visible: (N, 23).
        depth: (N, 23) error, as a share of the stature.
        score: (N,) how sure it is that there is a figure.
        figure: (N,) whether there is.
        style: (N,).
    """

    error: FloatArray
    swapped: FloatArray
    spread: FloatArray
    counted: BoolArray
    visible: BoolArray
    depth: FloatArray
    score: FloatArray
    figure: BoolArray
    style: np.ndarray

    def pck(self, within: float, chosen: BoolArray | None = None) -> float:
        """Percentage of the keypoints that count, of all drawings or those chosen (N,) or (N, 23)."""
        kept = self.counted if chosen is None else self.counted & chosen.reshape(len(chosen), -1)
        return 100.0 * float((self.error[kept] < within).mean()) if kept.any() else float("nan")

    def line(self) -> str:
        """In short."""
        styles = sorted(set(self.style[self.figure]))
        each = "  ".join(f"{style} {self.pck(0.1, self.style == style):.1f}" for style in styles)
        flipped = self.counted & (self.swapped < 0.05) & (self.error > 0.1)
        right = 100.0 * float(((self.score > 0.5) == self.figure).mean())
        return (
            f"PCK@0.1 {self.pck(0.1):.1f} (visible {self.pck(0.1, self.visible):.1f}; {each})  "
            f"PCK@0.05 {self.pck(CLOSE):.1f}  swapped {100.0 * flipped.sum() / self.counted.sum():.1f} %  "
            f"depth {self.depth[self.counted].mean():.3f}  figure right {right:.1f} %"
        )

    def chance(self, factor: float) -> FloatArray:
        """(N, 23) of an error below `CLOSE`, were the spreads `factor` times as large."""
        ratio = CLOSE / (factor * self.spread)
        return 1.0 - (1.0 + ratio) * np.exp(-ratio)

    def best_factor(self) -> float:
        """What the spreads must be multiplied with, so that chances are right in the sense of the log score."""
        hit = self.error[self.counted] < CLOSE

        def surprise(factor: float) -> float:
            chance = np.clip(self.chance(factor)[self.counted], 1e-4, 1.0 - 1e-4)
            return float(-np.where(hit, np.log(chance), np.log(1.0 - chance)).mean())

        return float(min(_SPREADS, key=surprise))

    def calibration(self, factor: float) -> list[tuple[float, float, int]]:
        """For each tenth of confidence: its mean, the share of hits, and the count."""
        chance, hit = self.chance(factor)[self.counted], self.error[self.counted] < CLOSE
        tenth = np.minimum((chance * 10).astype(int), 9)
        there = [tenth == number for number in range(10) if (tenth == number).any()]
        return [(float(chance[part].mean()), float(hit[part].mean()), int(part.sum())) for part in there]


@torch.no_grad()
def evaluate(network: DrawingNetwork, drawings: Drawings, *, batch: int = 50) -> Findings:
    """Look once at each drawing, and compare."""
    looks: list[Look] = []
    device = next(network.parameters()).device
    for start in range(0, len(drawings), batch):
        strokes = torch.from_numpy(drawings.ink[start : start + batch, None]).to(device).float() / 255.0
        with half_precision(device):
            looks.append(network(strokes))
    points, log_spread, depth, figure = (
        torch.cat([getattr(look, name) for look in looks]).float().cpu().numpy()
        for name in ("points", "log_spread", "depth", "figure")
    )
    chance = 1.0 / (1.0 + np.exp(-figure))
    return _compared(drawings, points, network.spread_factor * np.exp(log_spread), depth=depth, score=chance)


def _compared(
    drawings: Drawings, points: FloatArray, spread: FloatArray, *, depth: FloatArray, score: FloatArray
) -> Findings:
    truth = drawings.keypoints
    height = np.maximum((truth.max(1) - truth.min(1)).max(1), 1.0)[:, None]
    return Findings(
        error=np.linalg.norm(points - truth, axis=2) / height,
        swapped=np.linalg.norm(points - truth[:, OTHER_SIDE], axis=2) / height,
        spread=spread / height,
        counted=drawings.inside & drawings.figure[:, None],
        visible=drawings.visible,
        depth=np.abs(depth - drawings.depth),
        score=score,
        figure=drawings.figure,
        style=drawings.style,
    )


def evaluate_detector(detector: DrawingDetector, path: Path, *, most: int) -> Findings:
    """The same of the detector with all its looks, on the first pictures of a shard; what is not found is missed."""
    drawings = read_drawings(path, most=most)
    with np.load(path) as archive:
        pictures = archive["image"][:most]
    shape = drawings.inside.shape
    points, spread, depth = np.full((*shape, 2), 1e4), np.full(shape, 1e3), np.zeros(shape)
    score = np.zeros(len(drawings))
    for index, picture in enumerate(pictures):
        for figure in run_job(detector.figures(np.repeat(picture[..., None], 3, axis=2))):
            points[index], depth[index] = figure.observation.keypoints_px[0], figure.depth
            assert figure.spread_px is not None
            spread[index], score[index] = figure.spread_px, figure.score
    return _compared(drawings, points, spread, depth=depth, score=score)


def report(found: Findings) -> str:
    """A table: by style, by keypoint, and how honest the confidences are."""
    lines = [found.line(), ""]
    for style in sorted(set(found.style)):
        chosen = found.style == style
        right = 100.0 * float(((found.score > 0.5) == found.figure)[chosen].mean())
        lines.append(
            f"{style:12s} {chosen.sum():5d}  PCK@0.1 {found.pck(0.1, chosen):5.1f}  visible "
            f"{found.pck(0.1, chosen[:, None] & found.visible):5.1f}  PCK@0.05 {found.pck(CLOSE, chosen):5.1f}  "
            f"figure right {right:5.1f} %"
        )
    lines.append("")
    for number, name in enumerate(FIGURE_23.names):
        chosen = np.arange(len(FIGURE_23)) == number
        kept = np.broadcast_to(chosen, found.counted.shape)
        lines.append(f"{name:18s} PCK@0.1 {found.pck(0.1, kept):5.1f}  PCK@0.05 {found.pck(CLOSE, kept):5.1f}")
    factor = found.best_factor()
    lines += ["", f"spread factor {factor:.3f}: confidence, share of hits, count"]
    lines += [f"  {chance:.3f} {hit:.3f} {count}" for chance, hit, count in found.calibration(factor)]
    return "\n".join(lines)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("shards", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--detector", action="store_true", help="measure all looks of the detector, not one look")
    parser.add_argument("--calibrated", type=Path, help="write the network here with the spread factor that fits")
    options = parser.parse_args()
    network = load_drawing_network(options.weights.read_bytes(), name=options.weights.name)
    path = shards(options.shards)[0]
    if options.detector:
        found = evaluate_detector(DrawingDetector(network), path, most=options.count)
    else:
        found = evaluate(network, read_drawings(path, most=options.count))
    print(report(found))
    if options.calibrated:
        network.spread_factor *= found.best_factor()
        save_drawing_network(network, options.calibrated)


if __name__ == "__main__":
    main()
