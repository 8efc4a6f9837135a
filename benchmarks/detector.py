"""The photo detector beside the mediapipe package, in the same run and on the same pictures.

    python benchmarks/detector.py [PHOTO ...]

Without pictures it takes the shared photos where they are, else the sample. Large pictures are measured at 1080p too.
Both get the decoded picture. Cold is the first picture of a fresh process, loading included; warm the median of 20,
the two taking turns. The package answers for one person in one pass, we for everybody in two: the column "people" says
for how many, and the goal, at most 1.1 times the package, is for pictures of one person that fills a good part of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from contrapposto.backend.detect.image import load_image
from contrapposto.backend.job import run_job
from contrapposto.backend.runtime import ModelCache

ROOT = Path(__file__).resolve().parents[1]
RUNS = 20
GOAL = 1.1
console = Console(highlight=False, width=130)

Detector = Callable[[np.ndarray], int]


def pictures(named: list[Path]) -> dict[str, np.ndarray]:
    """The decoded pictures by what to call them."""
    paths = named or sorted((ROOT.parent / "shared" / "data" / "photos").glob("*/*.jpg"))
    found: dict[str, np.ndarray] = {}
    for path in paths or [ROOT / "samples" / "photo.jpg"]:
        image = found[path.stem[-16:]] = load_image(path)
        short = min(image.shape[:2])
        if short > 1080:
            scale = 1080 / short
            found[f"{path.stem[-16:]} 1080p"] = cv2.resize(
                image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
            )
    return found


def ours() -> Detector:
    """Everybody, in two passes. Returns how many were found."""
    blazepose = ModelCache().blazepose()
    return lambda image: len(run_job(blazepose.people(image)))


def package() -> Detector | None:
    """The package's whole pipeline for single pictures, or None where it is not installed."""
    try:
        from mediapipe.python.solutions.pose import Pose
    except ImportError:
        return None
    pose: Any = Pose(static_image_mode=True, model_complexity=1)
    return lambda image: int(pose.process(image).pose_landmarks is not None)


def timed(detector: Detector, image: np.ndarray) -> tuple[float, int]:
    """Milliseconds, and the people found."""
    start = time.perf_counter()
    people = detector(image)
    return (time.perf_counter() - start) * 1000.0, people


def longest_step(image: np.ndarray) -> float:
    """Milliseconds of the longest time between two yields of the job."""
    job, longest = ModelCache().blazepose().people(image), 0.0
    while True:
        start = time.perf_counter()
        ended = next(job, None) is None
        longest = max(longest, (time.perf_counter() - start) * 1000.0)
        if ended:
            return longest


def cold(which: str, path: Path) -> float:
    """Milliseconds to import, load and answer for the first time, in a fresh process; the picture is decoded before."""
    command = [sys.executable, __file__, "--cold", which, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def print_cold(which: str, path: Path) -> None:
    image = load_image(path)
    start = time.perf_counter()
    detector = ours() if which == "ours" else package()
    assert detector is not None
    detector(image)
    print((time.perf_counter() - start) * 1000.0)


def row(
    name: str, image: np.ndarray, *, ours_now: Detector, package_now: Detector | None
) -> tuple[list[str], float, int]:
    """One line of the table, the ratio of the medians and the number of people."""
    for detector in filter(None, (ours_now, package_now)):
        detector(image)
    mine: list[float] = []
    theirs: list[float] = []
    people = 0
    for _ in range(RUNS):
        elapsed, people = timed(ours_now, image)
        mine.append(elapsed)
        if package_now:
            theirs.append(timed(package_now, image)[0])
    median, other = statistics.median(mine), statistics.median(theirs) if theirs else float("nan")
    size = f"{image.shape[1]} x {image.shape[0]}"
    numbers = [f"{median:.1f}", f"{other:.1f}", f"{median / other:.2f}", f"{longest_step(image):.1f}"]
    return [name, size, str(people), *numbers], median / other, people


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--cold", choices=("ours", "package"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.cold:
        print_cold(options.cold, options.photos[0])
        return 0
    found, ours_now, package_now = pictures(options.photos), ours(), package()
    table = Table(title=f"Detector, warm, median of {RUNS}, {os.cpu_count()} cores")
    for heading in ("picture", "size", "people", "ours ms", "mediapipe ms", "ratio", "longest step ms"):
        table.add_column(heading, justify="left" if heading == "picture" else "right")
    single: list[float] = []
    for name, image in found.items():
        cells, ratio, people = row(name, image, ours_now=ours_now, package_now=package_now)
        table.add_row(*cells)
        single += [ratio] if people == 1 else []
    console.print(table)
    if package_now and single:
        console.print(f"Pictures of one person: median ratio {statistics.median(single):.2f} (goal {GOAL}).")
    first = next(iter(found.values()))
    path = ROOT / "build" / "detector-benchmark.png"
    path.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(path), first[:, :, ::-1])
    for which in ("ours", "package") if package_now else ("ours",):
        median = statistics.median(cold(which, path) for _ in range(3))
        console.print(f"Cold, {which}: {median:.0f} ms (imports, loading and the first answer; median of 3 processes).")
    path.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
