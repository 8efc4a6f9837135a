"""How near the poses are to the truth, from keypoints and from pixels.

    python benchmarks/accuracy.py [--poses POSES.npz] [--weights FILE.safetensors] [--count N]

POSES.npz is what `make train-pose` collects; only its held-out clips are used. Rendered people are those that
`benchmarks/render_people.py` made; photos are the sample and those under ../shared/data/photos, if there are any. Seeds
are fixed. Numbers marked with ! miss their goal.
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
from scipy.stats import spearmanr

ROOT: Final = Path(__file__).resolve().parents[1]
PEOPLE: Final = ROOT / "build" / "rendered_people"
sys.path.insert(0, str(ROOT))

from people_accuracy import accuracy_table, detection_line, look  # noqa: E402
from pose_cases import (  # noqa: E402
    EXACT,
    NOISY,
    PLAIN,
    TURNED,
    Case,
    Found,
    Way,
    analytic,
    case,
    errors,
    fitted,
    model,
    model_and_fit,
)
from pose_speed import overlay_table, speed_table  # noqa: E402
from rendered_people import load_people  # noqa: E402

from contrapposto.backend.errors import ContrappostoError  # noqa: E402
from contrapposto.backend.estimate.alternatives import different_readings  # noqa: E402
from contrapposto.backend.estimate.analytic import AnalyticEstimator  # noqa: E402
from contrapposto.backend.estimate.learned import LearnedEstimator  # noqa: E402
from contrapposto.backend.estimate.network_file import load_network  # noqa: E402
from contrapposto.backend.estimate.pose_network import PoseNetwork  # noqa: E402
from contrapposto.backend.rotations import geodesic_angle_torch  # noqa: E402
from contrapposto.backend.runtime import POSE_MODEL, ModelCache, read_model  # noqa: E402
from training.train_pose import read_poses  # noqa: E402

console = Console(highlight=False, width=140)
CLEAN_GOAL, NOISY_GOAL, BELOW_ANALYTIC, BELOW_ONE, RANK, TURNED_GOAL = 45.0, 58.0, 0.25, 0.15, 0.5, 0.10


def methods(cases: list[Case], ways: dict[str, Way]) -> dict[tuple[str, str], float]:
    """Print the errors of every way in every case; returns PA-MPJPE by case and way."""
    table = Table("evidence", "way", "MPJPE mm", "PA-MPJPE mm", "limbs deg", "root deg", box=None)
    found: dict[tuple[str, str], float] = {}
    for each in cases:
        for name, way in ways.items():
            if name == "closed form" and each.observation.keypoints_world is None:
                continue
            mean = {key: float(value.mean()) for key, value in errors(way(each), each).items()}
            found[each.name, name] = mean["PA-MPJPE"]
            table.add_row(each.name, name, *[f"{value:.1f}" for value in mean.values()])
    console.print(f"Held-out poses before random cameras ({len(cases[0].sighting.rays)} each), mean errors:")
    console.print(table)
    return found


def goals(found: dict[tuple[str, str], float]) -> None:
    """Print which goals are met."""
    best = {name: found[name, "model + fit"] for name, way in found if way == "model + fit"}
    below = 1.0 - best["as BlazePose, with 3D"] / found["as BlazePose, with 3D", "closed form"]
    turned = best["the same, turned by any angle"] / best["as BlazePose, with 3D"] - 1.0
    _goal("clean, PA-MPJPE", best["clean 2D"], CLEAN_GOAL, unit="mm")
    _goal("noisy, PA-MPJPE", best["plain noise, 2D"], NOISY_GOAL, unit="mm")
    _goal(
        "model + fit below the closed form, from the same 3D", 100 * below, 100 * BELOW_ANALYTIC, unit="%", least=True
    )
    _goal("pictures turned by any angle are worse by", 100.0 * turned, 100.0 * TURNED_GOAL, unit="%")


def _goal(name: str, value: float, goal: float, *, unit: str, least: bool = False) -> None:
    met = value >= goal if least else value <= goal
    console.print(f"  {name}: {value:.2f} {unit}{'' if met else ' !'} (goal {'>=' if least else '<='} {goal:g} {unit})")


def alternatives(network: PoseNetwork, each: Case, *, readings: int = 5, people: int = 300) -> None:
    """Print how much nearer the best of several fitted readings is than the first."""
    first, best, several = [], [], []
    for person in range(people):
        one = each.person(person)
        chosen, likelihood = different_readings(network, one.seen.evidence, readings, seed=person)
        values = [float(errors(fitted(one, reading), one)["PA-MPJPE"]) for reading in chosen]
        first.append(values[0])
        best.append(min(values))
        several.append(sum(share > 0.05 for share in likelihood))
    gain = 100.0 * (1.0 - np.mean(best) / np.mean(first))
    console.print(
        f"{each.name}: first of {readings} readings {np.mean(first):.1f} mm, best {np.mean(best):.1f} mm; with "
        f"more than 5 % of the samples {np.mean(several):.1f} on average"
    )
    _goal(f"best of {readings} below the first", gain, 100.0 * BELOW_ONE, unit="%", least=True)


def uncertainty(network: PoseNetwork, each: Case) -> None:
    """Print whether the model knows where it is wrong, and whether its confidence is what it says."""
    reading = network(each.seen.evidence.features())
    truth = each.sighting.truth
    found = Found(reading.rotations, reading.log_scales)
    apart = (found.joints - truth.joints).norm(dim=-1)
    angle = geodesic_angle_torch(reading.rotations, truth.local)
    moved = [4, 5, 7, 8, 15, 18, 19, 20, 21]
    rank = spearmanr(reading.log_position_sigma[:, moved].flatten(), apart[:, moved].flatten()).statistic
    single = np.mean([spearmanr(reading.log_position_sigma[:, j], apart[:, j]).statistic for j in moved])
    console.print(f"{each.name}: uncertainty and error of knees, ankles, head, elbows and wrists")
    _goal("rank correlation", float(rank), RANK, unit="", least=True)
    console.print(f"  within each joint: {single:.2f} on average")
    confidence = 1.0 - (-np.radians(20.0) / reading.log_rotation_sigma.exp()).exp()
    right = (angle < np.radians(20.0)).float()
    table = Table("confidence", "joints", "less than 20 degrees wrong", box=None)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        chosen = (confidence >= low) & (confidence < low + 0.2 + 1e-6)
        if int(chosen.sum()):
            table.add_row(f"{low:.1f} to {low + 0.2:.1f}", str(int(chosen.sum())), f"{float(right[chosen].mean()):.2f}")
    console.print(table)


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--poses", type=Path, default=ROOT / "build" / "training" / "poses.npz")
    parser.add_argument("--weights", type=Path, help="another file than the shipped one")
    parser.add_argument("--count", type=int, default=1500)
    options = parser.parse_args()
    try:
        content = options.weights.read_bytes() if options.weights else read_model(POSE_MODEL)
        network = load_network(content)
        poses = read_poses(options.poses, held_out=True)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")
    torch.set_num_threads(1)
    with torch.inference_mode():
        measure(network, poses, count=options.count)
    from_pixels(network)


def measure(network: PoseNetwork, poses: torch.Tensor, *, count: int) -> None:
    """Print everything."""
    clean = case("clean 2D", poses, EXACT, world=False, count=count)
    plain = case("plain noise, 2D", poses, PLAIN, world=False, count=count)
    noisy = case("as BlazePose, 2D", poses, NOISY, world=False, count=count)
    deep = case("as BlazePose, with 3D", poses, NOISY, world=True, count=count)
    turned = case("the same, turned by any angle", poses, TURNED, world=True, count=count)
    ways = {
        "closed form": analytic,
        "model": model(network),
        "model + fit": model_and_fit(network),
        "without its uncertainty": model_and_fit(network, constant_sigma=True),
    }
    goals(methods([clean, plain, noisy, deep, turned], ways))
    console.print()
    for each in (noisy, deep):
        alternatives(network, each)
    console.print()
    for each in (noisy, deep):
        uncertainty(network, each)
    console.print("\nOn one thread of the processor:")
    console.print(speed_table(network, deep))


def from_pixels(network: PoseNetwork) -> None:
    """Print what is measured on pictures."""
    photos = [ROOT / "samples" / "photo.jpg", *sorted((ROOT.parent / "shared" / "data" / "photos").rglob("*.jpg"))]
    console.print("\nFitted joints against the detected keypoints:")
    console.print(overlay_table(network, photos))
    if not PEOPLE.is_dir():
        console.print(f"No rendered people are at hand: python benchmarks/render_people.py makes them in {PEOPLE}.")
        return
    sights = look(load_people(PEOPLE), ModelCache())
    rows = [
        ("BlazePose's world landmarks", None, False),
        ("closed form", AnalyticEstimator(), False),
        ("model", LearnedEstimator(network, fitted=False), False),
        ("model + fit", LearnedEstimator(network), False),
        ("model + fit", LearnedEstimator(network), True),
    ]
    console.print("\n" + detection_line(sights))
    console.print(accuracy_table(sights, rows))


if __name__ == "__main__":
    main()
