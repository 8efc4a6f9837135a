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
from contrapposto.backend.estimate.alternatives import (  # noqa: E402
    RIGHT_WITHIN,
    Alternative,
    different_readings,
    differs,
)
from contrapposto.backend.estimate.analytic import AnalyticEstimator  # noqa: E402
from contrapposto.backend.estimate.learned import LOOKED_FOR, LearnedEstimator  # noqa: E402
from contrapposto.backend.estimate.network_file import load_network  # noqa: E402
from contrapposto.backend.estimate.pose_network import PoseNetwork  # noqa: E402
from contrapposto.backend.job import run_job  # noqa: E402
from contrapposto.backend.rotations import geodesic_angle_torch  # noqa: E402
from contrapposto.backend.runtime import POSE_MODEL, ModelCache, read_model  # noqa: E402
from contrapposto.backend.skeleton import JOINT_COUNT  # noqa: E402
from training.train_pose import read_poses  # noqa: E402

console = Console(highlight=False, width=140)
_DOUBTED: Final = 0.8
"""A reading doubts joints on which so many samples agree with it, of those that do with the expected pose."""
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


def samples(network: PoseNetwork, each: Case, *, count: int = 5) -> None:
    """Print how much nearer the best of several samples of the model is than one."""
    torch.manual_seed(3)
    evidence, scales = each.seen.evidence, network.expected(each.seen.evidence).log_scales
    off = []
    for _ in range(count):
        drawn = network.sample(evidence, torch.randn(len(scales), JOINT_COUNT, 6), steps=4)
        off.append(errors(Found(drawn.rotations, scales), each)["PA-MPJPE"])
    one, best = float(torch.stack(off).mean()), float(torch.stack(off).amin(0).mean())
    console.print(f"{each.name}: one sample {one:.1f} mm, best of {count} {best:.1f} mm")
    _goal(f"best of {count} samples below one", 100.0 * (1.0 - best / one), 100.0 * BELOW_ONE, unit="%", least=True)


def alternatives(network: PoseNetwork, each: Case, *, readings: int = 5, people: int = 100) -> None:
    """Print how much nearer the best of the fitted readings that an artist is offered is than the first."""
    first, best, offered, doubted = [], [], [], list[torch.Tensor]()
    for person in range(people):
        one, values, places = each.person(person), list[float](), list[np.ndarray]()
        for other in run_job(different_readings(network, one.seen.evidence, LOOKED_FOR, seed=person)):
            found = fitted(one, other.reading, definite=other.definite)
            place = np.asarray(found.joints.double())
            if len(values) < readings and differs(place, places):
                values.append(float(errors(found, one)["PA-MPJPE"]))
                places.append(place)
                doubted.append(_doubted(other, found, one))
        first.append(values[0])
        best.append(min(values))
        offered.append(len(values))
    gain = 100.0 * (1.0 - np.mean(best) / np.mean(first))
    console.print(
        f"  of {np.mean(offered):.1f} of {readings} readings offered on average (three or more to "
        f"{np.mean(np.array(offered) > 2):.0%}), fitted: the first {np.mean(first):.1f} mm, "
        f"the best {np.mean(best):.1f} mm, {gain:.1f} % below it"
    )
    of_expected, told, right = torch.cat(doubted, 1).mean(1).tolist()
    console.print(
        f"  where fewer samples agree with another reading than with the first: confidence {told:.2f}, less than 20 "
        f"degrees wrong {right:.2f}; the first's confidence there {of_expected:.2f}"
    )


def _doubted(other: Alternative, found: Found, one: Case) -> torch.Tensor:
    """(3, J) confidence of the expected pose, of the reading, and whether it is right; of joints that it doubts."""
    trust = torch.ones(JOINT_COUNT) if other.trust is None else other.trust[0]
    confidence = 1.0 - (-RIGHT_WITHIN / other.reading.log_rotation_sigma[0].exp()).exp()
    right = (geodesic_angle_torch(found.local, one.sighting.truth.local)[0] < RIGHT_WITHIN).float()
    return torch.stack([confidence, confidence * trust, right])[:, trust < _DOUBTED]


def uncertainty(network: PoseNetwork, each: Case) -> None:
    """Print whether the model knows where it is wrong, and whether its confidence is what it says."""
    reading = network.expected(each.seen.evidence)
    truth = each.sighting.truth
    apart = (Found(reading.rotations, reading.log_scales).joints - truth.joints).norm(dim=-1)[:, 1:]
    sigma = reading.log_position_sigma[:, 1:]
    console.print(f"{each.name}: how far joints are expected to be off, and how far they are")
    _goal("rank correlation", float(spearmanr(sigma.flatten(), apart.flatten()).statistic), RANK, unit="", least=True)
    single = np.mean([spearmanr(sigma[:, j], apart[:, j]).statistic for j in range(JOINT_COUNT - 1)])
    console.print(f"  within a joint, between people: {single:.2f} on average")
    angle = geodesic_angle_torch(reading.rotations, truth.local)
    confidence = 1.0 - (-np.radians(20.0) / reading.log_rotation_sigma.exp()).exp()
    right = (angle < np.radians(20.0)).float()
    table = Table("confidence", "joints", "less than 20 degrees wrong", box=None)
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        chosen = (confidence >= low) & (confidence < low + 0.2 + 1e-6)
        if int(chosen.sum()):
            share = float(right[chosen].mean())
            table.add_row(f"{low:.1f} to {low + 0.2:.1f}", str(int(chosen.sum())), f"{share:.2f}")
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
        "model + fit, every joint equally sure": model_and_fit(network, constant_sigma=True),
    }
    goals(methods([clean, plain, noisy, deep, turned], ways))
    console.print()
    for each in (noisy, deep):
        samples(network, each)
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
