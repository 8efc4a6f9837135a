"""How near motion from video is to the truth, how smooth it is, and how long it takes.

    python benchmarks/video.py [--mocap ../shared/data/mocap] [--most N]

Held-out clips of motion capture, 100 frames each at 30 frames a second, before a standing camera, with the errors of a
detector that last over frames as real ones do. Seeds are fixed. Numbers marked with ! miss their goal.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from video_cases import FilmSynthesis, Seen, motions  # noqa: E402
from video_ways import FilmErrors, Solved, Way, errors_of, filtered, frame_by_frame  # noqa: E402

from contrapposto.backend.errors import ContrappostoError  # noqa: E402
from contrapposto.backend.estimate.network_file import load_network  # noqa: E402
from contrapposto.backend.refine.finish import MotionSettings  # noqa: E402
from contrapposto.backend.runtime import POSE_MODEL, read_model  # noqa: E402

console = Console(highlight=False, width=140)
TIMES_STEADIER, SKATE_MM, CONTACT_F1 = 5.0, 3.0, 0.85


def films(folder: Path, most: int) -> list[Seen]:
    """All held-out motions, each before a camera of its own."""
    synthesis = FilmSynthesis()
    return [synthesis.see_motion(motion, seed=seed) for seed, motion in enumerate(motions(folder)[:most])]


def compare(seen: list[Seen], ways: dict[str, Way]) -> dict[str, dict[str, float]]:
    """Print the errors of every way; returns them by way and name."""
    table = Table(
        "way", "MPJPE mm", "PA-MPJPE mm", "acceleration mm/frame2", "jitter 10 m/s3", "skate mm/frame",
        "skate, median", "contact F1", box=None,
    )  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    for name, way in ways.items():
        means = _means([errors_of(way(each), each) for each in seen])
        found[name] = means
        table.add_row(name, *[f"{means[key]:.1f}" for key in list(means)[:6]], _score(means["contact F1"]))
    console.print(f"{len(seen)} films of held-out motion (truth: jitter {means['true jitter']:.1f}):")
    console.print(table)
    return found


def _means(errors: list[FilmErrors]) -> dict[str, float]:
    hit, missed, wrong = np.array([each.hits for each in errors]).sum(0).tolist()
    skates = [each.skate for each in errors]
    return {
        "MPJPE": float(np.mean([each.mpjpe for each in errors])),
        "PA-MPJPE": float(np.mean([each.pa_mpjpe for each in errors])),
        "acceleration": float(np.mean([each.acceleration for each in errors])),
        "jitter": float(np.mean([each.jitter for each in errors])),
        "skate": float(np.nanmean(skates)),
        "skate, median": float(np.nanmedian(skates)),
        "contact F1": 2 * hit / max(2 * hit + missed + wrong, 1),
        "true jitter": float(np.mean([each.true_jitter for each in errors])),
    }


def _score(value: float) -> str:
    return f"{value:.3f}" if value > 0.0 else "-"


def goals(found: dict[str, dict[str, float]]) -> None:
    """Print which goals are met."""
    stills, ours = found["frame by frame"], found["+ locked feet"]
    for name in ("acceleration", "jitter"):
        _goal(f"{name} below frame by frame", stills[name] / ours[name], TIMES_STEADIER, unit="x", least=True)
    _goal("PA-MPJPE against frame by frame", ours["PA-MPJPE"] / stills["PA-MPJPE"], 1.0, unit="x")
    _goal("skate", ours["skate"], SKATE_MM, unit="mm/frame")
    _goal("contact F1", ours["contact F1"], CONTACT_F1, unit="", least=True)


def _goal(name: str, value: float, goal: float, *, unit: str, least: bool = False) -> None:
    met = value >= goal if least else value <= goal
    console.print(f"  {name}: {value:.2f} {unit}{'' if met else ' !'} (goal {'>=' if least else '<='} {goal:g} {unit})")


def main() -> int:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mocap", type=Path, default=ROOT.parent / "shared" / "data" / "mocap")
    parser.add_argument("--most", type=int, default=1000, help="films at most")
    options = parser.parse_args()
    torch.set_num_threads(1)
    network = load_network(read_model(POSE_MODEL))
    solved = Solved(network)
    ways: dict[str, Way] = {
        "frame by frame": frame_by_frame(network),
        "+ Savitzky-Golay afterwards": filtered(network),
        "steadied points, one body": solved.way(MotionSettings(smoothing_hz=1000.0, lock_feet=False)),
        "+ smoothed rotations": solved.way(MotionSettings(lock_feet=False)),
        "+ locked feet": solved.way(MotionSettings()),
    }
    try:
        goals(compare(films(options.mocap, options.most), ways))
    except ContrappostoError as error:
        console.print(str(error))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
