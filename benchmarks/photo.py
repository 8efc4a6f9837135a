"""Time from photo to keyed pose, a stage a row, with the mediapipe package's own detector in the same run.

    python benchmarks/photo.py [PHOTO ...]

Without pictures it takes the shared photos where they are, else the sample. Every picture is read at its own size and,
where it is larger, is measured at 1080p too. Cold is the first run of the process, warm the median of 20.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import cv2
from rich.console import Console
from rich.table import Table

from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.errors import NoPersonFoundError
from contrapposto.backend.job import run_job
from contrapposto.backend.pipeline import find_people, solve_person
from contrapposto.backend.runtime import ModelCache

ROOT = Path(__file__).resolve().parents[1]
RUNS = 12
READINGS = 1  # each run; what more readings cost is in benchmarks/accuracy.py
GOAL_MS = 150.0
STAGES = ("read", "load models", "find people", "solve pose", "pose and key")
console = Console(highlight=False, width=150)


def pictures(arguments: list[str]) -> list[Path]:
    """The pictures named, else the shared photos, else the sample."""
    if arguments:
        return [Path(argument) for argument in arguments]
    shared = sorted((ROOT.parent / "shared" / "data" / "photos").glob("*/*.jpg"))
    return shared or [ROOT / "samples" / "photo.jpg"]


def at_1080p(path: Path, folder: Path) -> Path:
    """A copy of the picture whose shorter side is 1080 pixels."""
    image = load_image(path)
    scale = 1080.0 / min(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    target = folder / f"{path.stem}-1080p.jpg"
    cv2.imwrite(str(target), small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
    return target


class Ours:
    """Photo -> keyed pose on a rig that is open in this process."""

    def __init__(self) -> None:
        from contrapposto.rig.keyframes import KeyOptions
        from contrapposto.rig.session import PosedRig

        self.rig = PosedRig.open(None, armature_name=None)
        self.options = KeyOptions
        self.models = ModelCache(None)
        self.frame = 0
        self.people = 0

    def __call__(self, path: Path) -> dict[str, float]:
        """Milliseconds of each stage."""
        found = run_job(find_people(path, self.models))
        self.people = len(found.people)
        result = run_job(solve_person(found, 0, self.models, readings=READINGS))
        self.frame += 1
        start = time.perf_counter()
        self.rig.pose(result.estimate.poses, options=self.options(frame=self.frame))
        return {**result.timings_ms, "pose and key": (time.perf_counter() - start) * 1000.0}


def mediapipe_detector() -> Callable[[Path], float] | None:
    """Milliseconds that the mediapipe package takes for a picture already read; None where it is not installed."""
    try:
        import mediapipe
    except ImportError:
        return None
    pose = mediapipe.solutions.pose.Pose(static_image_mode=True, model_complexity=1)

    def measure(path: Path) -> float:
        image = load_image(path)
        start = time.perf_counter()
        pose.process(image)
        return (time.perf_counter() - start) * 1000.0

    return measure


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of each stage and of the sum."""
    result = {stage: statistics.median(run[stage] for run in runs) for stage in STAGES}
    return {**result, "all": statistics.median(sum(run.values()) for run in runs)}


def startup_ms() -> tuple[float, bool]:
    """What enabling the add-on adds to Blender's start (median of 5 processes), and whether torch came with it.

    Blender's own extension system is started first: every Blender with an extension has it.
    """
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import blender_harness as harness; "
        "harness.addon_utils.extensions_refresh(); "
        "start = time.perf_counter(); harness.enable_addon(); "
        "print((time.perf_counter() - start) * 1000, 'torch' in sys.modules, flush=True); harness.leave_process(0)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "tests" / "support")]
    lines = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:] for _ in range(5)]
    return statistics.median(float(line[0]) for line in lines), any(line[1] == "True" for line in lines)


@dataclass
class Report:
    """The rows printed, and the numbers that the goals are about."""

    ours: Ours
    reference: Callable[[Path], float] | None
    table: Table = field(
        default_factory=lambda: Table(
            "picture", "size", "people", "", *STAGES, "all", "mediapipe", "find / mediapipe", box=None
        )
    )
    all_1080p: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)

    def measure(self, path: Path) -> None:
        """Add the rows of one picture: a cold one if it is the first, and a warm one."""
        height, width = load_image(path).shape[:2]
        name = (path.stem[-20:], f"{width}x{height}")
        try:
            first = self.ours(path)
        except NoPersonFoundError:
            self.table.add_row(*name, "0")
            return
        if not self.table.row_count:
            self.add_row(name, "cold", first)
        peer = [self.reference(path) for _ in range(RUNS + 1)][1:] if self.reference else []
        warm = medians([self.ours(path) for _ in range(RUNS)])
        self.add_row(name, "warm", warm, peer_ms=statistics.median(peer) if peer else None)
        if "1080p" in path.stem:
            self.all_1080p.append(warm["all"])
        if peer and self.ours.people == 1:
            self.ratios.append(warm["find people"] / statistics.median(peer))

    def add_row(
        self, name: tuple[str, str], state: str, times: dict[str, float], *, peer_ms: float | None = None
    ) -> None:
        """One row of the table."""
        values = [f"{times[stage]:.1f}" for stage in STAGES]
        total = f"{sum(times[stage] for stage in STAGES):.0f}"
        peer = [f"{peer_ms:.1f}", f"{times['find people'] / peer_ms:.2f}"] if peer_ms else []
        self.table.add_row(*name, str(self.ours.people), state, *values, total, *peer)

    def show(self) -> None:
        """Print the table and what became of the goals."""
        console.print("Milliseconds; the rig is a generated Rigify human. mediapipe looks for one person only.")
        console.print(self.table)
        console.print(f"1080p, warm, photo to keyed pose: {max(self.all_1080p):.0f} ms (goal {GOAL_MS:.0f})")
        if self.ratios:
            middle, worst = statistics.median(self.ratios), max(self.ratios)
            console.print(f"finding one person against mediapipe: median {middle:.2f}, worst {worst:.2f} (goal 1.10)")
        added, torch = startup_ms()
        loaded = "yes" if torch else "no"
        console.print(f"enabling the add-on: {added:.0f} ms (goal below 50), torch loaded: {loaded} (goal no)")


def main(arguments: list[str]) -> None:
    """Print the table."""
    report = Report(Ours(), mediapipe_detector())
    paths = pictures(arguments)
    with tempfile.TemporaryDirectory() as folder:
        largest = max(paths, key=lambda path: path.stat().st_size)
        for path in [at_1080p(largest, Path(folder)), *paths]:
            report.measure(path)
    report.show()


if __name__ == "__main__":
    run_and_leave(lambda: main(sys.argv[1:]))
