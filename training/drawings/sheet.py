"""A contact sheet of synthetic drawings, to look at: `python -m training.drawings.sheet POSES BODIES OUT.png`."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

from contrapposto.backend.keypoints import FIGURE_23
from training.train_pose import read_poses

from .body import read_bodies
from .sample import SIZE, DrawnSample
from .source import DrawingSource


def marked(sample: DrawnSample, *, zoom: int = 2) -> np.ndarray:
    """The drawing with its keypoints, left red and right blue; hidden ones are rings."""
    picture = cv2.cvtColor(cv2.resize(sample.image, None, fx=zoom, fy=zoom), cv2.COLOR_GRAY2BGR)
    if not sample.figure:
        return picture
    for name, place, seen in zip(FIGURE_23.names, sample.keypoints, sample.visible, strict=True):
        colour = (
            (60, 60, 255) if name.startswith("left") else (255, 120, 40) if name.startswith("right") else (0, 190, 0)
        )
        centre = (round(float(zoom * (place[0] + 0.5))), round(float(zoom * (place[1] + 0.5))))
        cv2.circle(picture, centre, zoom + 1, colour, -1 if seen else 1, cv2.LINE_AA)
    return picture


def _shown(sample: DrawnSample) -> np.ndarray:
    return cv2.cvtColor(cv2.resize(sample.image, (2 * SIZE, 2 * SIZE)), cv2.COLOR_GRAY2BGR)


def main() -> None:
    """Read the command line and write the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("poses", type=Path)
    parser.add_argument("bodies", help="the bodies' file, or 'none'")
    parser.add_argument("out", type=Path)
    parser.add_argument("--style")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--columns", type=int, default=6)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--plain", action="store_true", help="without the keypoints")
    options = parser.parse_args()
    bodies = [] if options.bodies == "none" else read_bodies(Path(options.bodies))
    styles = (options.style,) if options.style else None
    source = DrawingSource(read_poses(options.poses, held_out=False), bodies, seed=options.seed, styles=styles)
    rows = []
    for _ in range(options.rows):
        samples = [source.draw() for _ in range(options.columns)]
        pictures = [_shown(sample) if options.plain else marked(sample) for sample in samples]
        rows.append(np.concatenate(pictures, axis=1))
    cv2.imwrite(str(options.out), np.concatenate(rows))


if __name__ == "__main__":
    main()
