"""For how long a step of a job keeps Blender's window waiting: photo, drawing, sentence, video, at first and later.

    python benchmarks/job_steps.py [--video VIDEO] [--last-frame 60]

A job is a generator that the window's own timer advances. Its steps are timed here without a window, so without
drawing, of which `tests/window` tells. Steps in which a model or a library loads do not count.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests" / "support"), str(Path(__file__).parent)]

import blender_harness  # noqa: E402  (before bpy)

# isort: split
import bpy  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

GOAL_MS: Final = 100.0
_POSING: Final = "posing and keying"
VIDEO: Final = ROOT.parent / "shared" / "data" / "videos" / "phalp_vid.mp4"


@dataclass
class Watch:
    """The longest step of each stage, in milliseconds: by the clock, and of this thread's processor time."""

    longest: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])

    def step(self, stage: str, work: Callable[[], Any]) -> Any:
        """Do a step and time it, whatever it raises."""
        began, cpu = time.perf_counter(), time.process_time()
        try:
            return work()
        finally:
            took = (time.perf_counter() - began) * 1000.0, (time.process_time() - cpu) * 1000.0
            self.longest[stage] = max(self.longest.get(stage, (0.0, 0.0)), took)

    def run(self, operator: Any, context: bpy.types.Context) -> set[str]:
        """What `ModalJob.run_job` does, with each step timed."""
        job = self.step("beginning", lambda: operator.make_job(context))
        stage = "beginning"
        while True:
            try:
                stage = self.step(stage, job.__next__).stage
            except StopIteration as stop:
                result = stop.value
                break
        return self.step(_POSING, lambda: operator._finish(context, result))  # noqa: SLF001


def timed(work: Callable[[], set[str]]) -> Watch:
    """The steps of an operator's job.

    Raises:
        RuntimeError: it did not finish.
    """
    job_class: Any = importlib.import_module(f"{blender_harness.ADDON}.operators.modal_job").ModalJob
    watch, real = Watch(), job_class.run_job
    job_class.run_job = lambda operator, context: watch.run(operator, context)  # noqa: PLW0108  (becomes a method)
    try:
        if work() != {"FINISHED"}:
            raise RuntimeError("The job did not finish.")
    finally:
        job_class.run_job = real
    return watch


def character() -> None:
    """An empty file with the sample character in Pose Mode."""
    blender_harness.reset_blender()
    with bpy.data.libraries.load(str(ROOT / "samples" / "character.blend")) as (source, target):
        target.objects = source.objects
    for thing in target.objects:
        bpy.context.collection.objects.link(thing)
    rig = next(thing for thing in bpy.context.scene.objects if thing.type == "ARMATURE")
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="POSE")


def drawing(path: Path) -> None:
    """A drawn figure."""
    import cv2
    import numpy as np

    page = np.full((600, 420, 3), 255, np.uint8)
    for start, end in (
        ((210, 150), (210, 330)), ((210, 170), (110, 240)), ((110, 240), (60, 170)), ((210, 170), (310, 250)),
        ((310, 250), (350, 340)), ((210, 330), (150, 440)), ((150, 440), (140, 550)), ((210, 330), (270, 440)),
        ((270, 440), (300, 550)), ((140, 550), (110, 555)), ((300, 550), (335, 555)),
    ):  # fmt: skip
        cv2.line(page, start, end, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.circle(page, (210, 105), 42, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.imwrite(str(path), page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--video", type=Path, default=VIDEO)
    parser.add_argument("--last-frame", type=int, default=60)
    options = parser.parse_args()
    blender_harness.enable_addon()
    table = Table("job", "step", "ms by the clock", "ms of the processor", box=None)
    with tempfile.TemporaryDirectory() as folder:
        figure = Path(folder) / "figure.png"
        drawing(figure)
        ops: Any = bpy.ops.contrapposto
        jobs: dict[str, Callable[[], set[str]]] = {
            "photo": lambda: ops.photo(filepath=str(ROOT / "samples" / "photo.jpg")),
            "drawing": lambda: ops.sketch(filepath=str(figure)),
            "sentence": lambda: ops.text(prompt="sitting on a chair, both hands on the knees, looking left"),
        }
        if options.video.is_file():
            jobs["video"] = lambda: ops.video(filepath=str(options.video), end=options.last_frame)
        for name, work in jobs.items():
            for when in ("the first time", "later"):
                character()
                longest = timed(work).longest
                for stage, (clock, processor) in sorted(longest.items(), key=lambda each: -each[1][1])[:4]:
                    over = " !" if clock > GOAL_MS and not stage.startswith("Loading") else ""
                    table.add_row(f"{name}, {when}", stage, f"{clock:.0f}{over}", f"{processor:.0f}")
    Console(width=120).print(table)
    blender_harness.leave_process(0)


if __name__ == "__main__":
    main()
