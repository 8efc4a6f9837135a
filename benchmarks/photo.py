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
from pathlib import Path

import cv2
from rich.console import Console
from rich.table import Table

from contrapposto.backend.cli import run_and_leave
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.errors import NoPersonFoundError
from contrapposto.backend.job import run_job
from contrapposto.backend.pipeline import find_people, pose_person
from contrapposto.backend.runtime import ModelCache

ROOT = Path(__file__).resolve().parents[1]
RUNS = 20
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
        from contrapposto.rig.session import PosedRig

        self.rig = PosedRig.open(None, armature_name=None)
        self.models = ModelCache(None)
        self.frame = 0

    def __call__(self, path: Path) -> dict[str, float]:
        """Milliseconds of each stage."""
        found = run_job(find_people(path, self.models))
        result = run_job(pose_person(found, 0))
        self.frame += 1
        start = time.perf_counter()
        self.rig.pose(result.estimate.poses, frame=self.frame)
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
    """What enabling the add-on adds to Blender's start (median of 5 processes), and whether torch came with it."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import blender_harness as harness; "
        "start = time.perf_counter(); harness.enable_addon(); "
        "print((time.perf_counter() - start) * 1000, 'torch' in sys.modules, flush=True); harness.leave_process(0)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "tests" / "support")]
    lines = [subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-2:] for _ in range(5)]
    return statistics.median(float(line[0]) for line in lines), any(line[1] == "True" for line in lines)


def main(arguments: list[str]) -> None:
    """Print the tables."""
    ours, reference = Ours(), mediapipe_detector()
    table = Table("picture", "size", "", *STAGES, "all", "mediapipe", "find / mediapipe", box=None)
    warm_1080p: list[float] = []
    ratios: list[float] = []
    cold = True
    with tempfile.TemporaryDirectory() as folder:
        paths = pictures(arguments)
        largest = max(paths, key=lambda path: path.stat().st_size)
        for path in [at_1080p(largest, Path(folder)), *paths]:
            height, width = load_image(path).shape[:2]
            try:
                first = ours(path)
            except NoPersonFoundError:
                console.print(f"{path.name}: nobody found")
                continue
            if cold:
                values = [f"{first[stage]:.1f}" for stage in STAGES]
                table.add_row(path.stem[-20:], f"{width}x{height}", "cold", *values, f"{sum(first.values()):.0f}")
                cold = False
            peer = [reference(path) for _ in range(RUNS + 1)][1:] if reference else []
            warm = medians([ours(path) for _ in range(RUNS)])
            ratio = warm["find people"] / statistics.median(peer) if peer else float("nan")
            ratios.append(ratio)
            if "1080p" in path.stem:
                warm_1080p.append(warm["all"])
            values = [f"{warm[stage]:.1f}" for stage in STAGES]
            theirs = f"{statistics.median(peer):.1f}" if peer else "-"
            table.add_row(path.stem[-20:], f"{width}x{height}", "warm", *values, f"{warm['all']:.0f}", theirs, f"{ratio:.2f}")
    console.print("Milliseconds; the rig is a generated Rigify human.")
    console.print(table)
    console.print(f"1080p, warm, photo to keyed pose: {max(warm_1080p):.0f} ms (goal {GOAL_MS:.0f})")
    console.print(f"finding people against mediapipe: median {statistics.median(ratios):.2f}, worst {max(ratios):.2f} (goal 1.10)")
    milliseconds, torch = startup_ms()
    console.print(f"enabling the add-on: {milliseconds:.0f} ms (goal < 50), torch loaded: {'yes' if torch else 'no'} (goal no)")


if __name__ == "__main__":
    run_and_leave(lambda: main(sys.argv[1:]))
