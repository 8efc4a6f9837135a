"""How near motion from video is to the truth, how smooth it is, and how long it takes.

    python benchmarks/video.py [--only accuracy gaps rendered speed memory keys] [--most N] [--memory-minutes 10]

accuracy: held-out clips of motion capture, 100 frames each at 30 frames a second, before a standing camera, with the
errors of a detector that last over frames as real ones do. gaps: the same, of which some frames show nobody.
rendered: films of characters in such motion, from pixels (`render_films.py` makes them). speed: a 1080p video of a
runner, from the file to keys. memory: a long 1080p video. keys: few keys instead of dense ones, as Blender plays them.
Seeds are fixed. Numbers marked with ! miss their goal.
"""

from __future__ import annotations

import argparse
import functools
import operator
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from rendered_films import load_films  # noqa: E402
from video_cases import FilmSynthesis, Seen, motions  # noqa: E402
from video_gaps import gap_table  # noqa: E402
from video_rendered import (  # noqa: E402
    COMMON_JOINTS,
    SeenFilm,
    finished,
    landmark_flips,
    seen_films,
    standing_speeds,
    way_flips,
)
from video_speed import STAGES, memory_lines, timed_video  # noqa: E402
from video_ways import FilmErrors, Solved, Watched, Way, errors_of, filtered, frame_by_frame  # noqa: E402

from contrapposto.backend.cli import run_and_leave  # noqa: E402
from contrapposto.backend.errors import ContrappostoError  # noqa: E402
from contrapposto.backend.estimate.network_file import load_network  # noqa: E402
from contrapposto.backend.estimate.pose_network import PoseNetwork  # noqa: E402
from contrapposto.backend.refine.finish import MotionSettings  # noqa: E402
from contrapposto.backend.runtime import POSE_MODEL, ModelCache, read_model  # noqa: E402

console = Console(highlight=False, width=160)
TIMES_STEADIER, SKATE_MM, CONTACT_F1 = 5.0, 3.0, 0.85
FRAMES_PER_S = 15.0
LONG_FLIP = 15
GAPS_EVERY = 6
"""Of the films of held-out motion one in so many is read again for every gap."""
SECTIONS = ("accuracy", "gaps", "rendered", "speed", "memory", "keys")


def films(folder: Path, most: int) -> list[Seen]:
    """All held-out motions, each before a camera of its own."""
    synthesis = FilmSynthesis()
    return [synthesis.see_motion(motion, seed=seed) for seed, motion in enumerate(motions(folder)[:most])]


def compare(
    seen: Sequence[Watched], ways: dict[str, Way], *, title: str, among: Sequence[int] | None = None
) -> dict[str, dict[str, float]]:
    """Print the errors of every way, over the joints `among` all; returns them by way and name."""
    table = Table(
        "way", "MPJPE mm", "PA-MPJPE mm", "acceleration mm/frame2", "jitter 10 m/s3", "skate mm/frame",
        "skate, median", "knee pop deg/frame2", "contact F1", "root off m", "net way m", "top m/s", box=None,
    )  # fmt: skip
    found: dict[str, dict[str, float]] = {}
    for name, way in ways.items():
        means = _means([errors_of(way(each), each, among=among) for each in seen])
        found[name] = means
        root = [f"{means['root']:.3f}", f"{means['net way']:.2f}", f"{means['top speed']:.2f}"]
        table.add_row(name, *[f"{means[key]:.1f}" for key in list(means)[:7]], _score(means["contact F1"]), *root)
    console.print(
        f"{len(seen)} {title} (truth: jitter {means['true jitter']:.1f}, knee pop {means['true knee pop']:.1f}, "
        f"net way {means['true net way']:.2f} m, top speed {means['true top speed']:.2f} m/s):"
    )
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
        "knee pop": float(np.mean([each.knee_pop for each in errors])),
        "contact F1": 2 * hit / max(2 * hit + missed + wrong, 1),
        "true jitter": float(np.mean([each.true_jitter for each in errors])),
        "true knee pop": float(np.mean([each.true_knee_pop for each in errors])),
        "root": float(np.mean([each.root_m for each in errors])),
        "net way": float(np.mean([each.net_m for each in errors])),
        "true net way": float(np.mean([each.true_net_m for each in errors])),
        "top speed": float(np.mean([each.top_mps for each in errors])),
        "true top speed": float(np.mean([each.true_top_mps for each in errors])),
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


def accuracy(options: argparse.Namespace) -> None:
    """The noise model, without pixels."""
    network = load_network(read_model(POSE_MODEL))
    solved = Solved(network)
    ways = _ways(network, solved.way)
    goals(compare(films(options.mocap, options.most), ways, title="films of held-out motion"))


def gaps(options: argparse.Namespace) -> None:
    """Frames in which nobody is seen."""
    seen = films(options.mocap, options.most)[::GAPS_EVERY]
    console.print(f"{len(seen)} films in which nobody is seen for a while:")
    console.print(gap_table(seen, load_network(read_model(POSE_MODEL))))


def rendered(options: argparse.Namespace) -> None:
    """Rendered films, from their pixels."""
    models = ModelCache()
    there = load_films(options.films)[: options.most]
    seen = list(seen_films(there, models))
    frames = sum(int(film.seen.sum()) for film in seen)
    everything = sum(len(film.truth.contacts) for film in there)
    console.print(f"The person is found in {len(seen)} of {len(there)} films, in {frames} of {everything} frames.")
    standing = np.concatenate([standing_speeds(film.joints) for film in seen])
    console.print(
        f"Feet that count as standing move {standing.mean():.1f} mm/frame in truth, {np.median(standing):.1f} median."
    )
    title = "rendered films, 12 joints of a person of 1.70 m"
    goals(compare(seen, _ways(models.pose_network(), finished), title=title, among=COMMON_JOINTS))
    _print_flips(seen, _ways(models.pose_network(), finished))
    _print_each(seen, clips={film.video.stem: str(film.truth.clip) for film in there})


def _print_flips(seen: Sequence[SeenFilm], ways: dict[str, Way]) -> None:
    """How many limbs are read as pointing the other way along the view, and how long that lasts."""
    found = {"BlazePose's world landmarks": [landmark_flips(film) for film in seen]}
    found |= {name: [way_flips(film, way(film)) for film in seen] for name, way in ways.items()}
    table = Table("way", "wrong %", "times", "longest, frames", "frames in runs of 15 and more", box=None)
    for name, each in found.items():
        flips = functools.reduce(operator.add, each)
        longest, long = int(flips.runs.max(initial=0)), int(flips.runs[flips.runs >= LONG_FLIP].sum())
        table.add_row(name, f"{flips.percent:.2f}", str(len(flips.runs)), str(longest), str(long))
    console.print(f"{sum(landmark_flips(film).deep for film in seen)} bones of limbs reach more than 12 cm in depth:")
    console.print(table)


def _print_each(seen: Sequence[SeenFilm], *, clips: dict[str, str]) -> None:
    """What the whole way comes to in each film."""
    table = Table("film", "motion", "PA-MPJPE mm", "jitter", "true", "skate", "told", "missed", "wrong", box=None)
    whole = finished(MotionSettings())
    for film in seen:
        found = errors_of(whole(film), film, among=COMMON_JOINTS)
        numbers = [f"{value:.1f}" for value in (found.pa_mpjpe, found.jitter, found.true_jitter, found.skate)]
        table.add_row(film.name, clips[film.name], *numbers, *[str(count) for count in found.hits])
    console.print("Each film with locked feet; standing balls of feet that were told, missed, and told wrongly:")
    console.print(table)


def _ways(network: PoseNetwork, solved: Callable[[MotionSettings], Way]) -> dict[str, Way]:
    return {
        "frame by frame": frame_by_frame(network),
        "+ Savitzky-Golay afterwards": filtered(network),
        "steadied points, one body": solved(MotionSettings(smoothing_hz=1000.0, lock_feet=False)),
        "+ smoothed rotations": solved(MotionSettings(lock_feet=False)),
        "+ locked feet": solved(MotionSettings()),
    }


def speed(options: argparse.Namespace) -> None:
    """From a video's file to keys."""
    if not options.video.is_file():
        console.print(
            f"Speed is left out: {options.video} is not there. Name a 1080p video of one person with --video."
        )
        return
    watch, frames = timed_video(options.video, ModelCache())
    table = Table("stage", "processor ms/frame", "wall ms/frame", "share of processor", box=None)
    used, waited = sum(watch.processor.values()), sum(watch.wall.values())
    for stage in STAGES:
        here = watch.processor[stage]
        table.add_row(
            stage, f"{1000.0 * here / frames:.2f}", f"{1000.0 * watch.wall[stage] / frames:.2f}", f"{here / used:.0%}"
        )
    console.print(f"{options.video.name}, {frames} frames, from the file to few keys on a Rigify human:")
    console.print(table)
    _goal("frames a second", frames / waited, FRAMES_PER_S, unit="frames/s", least=True)
    console.print(f"  of processor time alone: {frames / used:.1f} frames/s")


def memory(options: argparse.Namespace) -> None:
    """A long video."""
    for line in memory_lines(minutes=options.memory_minutes, fps=options.memory_fps):
        console.print(line)


def keys(options: argparse.Namespace) -> None:
    """Few keys, as Blender plays them."""
    from video_keys import EXPLAINED, held_out_clips, key_table

    console.print(EXPLAINED)
    for name, poses in held_out_clips(options.mocap).items():
        console.print(key_table({name: poses}))


def main() -> int:
    """Read the command line and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = ROOT.parent / "shared" / "data"
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS)
    parser.add_argument("--mocap", type=Path, default=data / "mocap")
    parser.add_argument("--films", type=Path, default=ROOT / "build" / "rendered_films")
    parser.add_argument("--video", type=Path, default=data / "videos" / "phalp_vid.mp4")
    parser.add_argument("--most", type=int, default=1000, help="films at most")
    parser.add_argument("--memory-minutes", type=float, default=10.0)
    parser.add_argument("--memory-fps", type=float, default=30.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    sections = {
        "accuracy": accuracy,
        "gaps": gaps,
        "rendered": rendered,
        "speed": speed,
        "memory": memory,
        "keys": keys,
    }
    failed = False
    for name in options.only:
        try:
            sections[name](options)
        except ContrappostoError as error:
            failed = True
            console.print(f"{name}: {error}")
    return 2 if failed else 0


if __name__ == "__main__":
    run_and_leave(main)
