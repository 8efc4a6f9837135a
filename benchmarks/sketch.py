"""How well drawings pose a skeleton, and how long a drawing takes.

    python benchmarks/sketch.py [--weights FILE] [--held-out FOLDER] [--only annotated pixels styles bad]
    python benchmarks/sketch.py --sheet OUT.png [--synthetic]

FOLDER holds synthetic drawings of poses and bodies that training never saw, as `python -m training.drawings.make
--held-out` writes them. Numbers marked with ! miss their goal.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sketch_bad import bad_table  # noqa: E402
from sketch_cases import SketchCase, child_cases, depot_cases, limb_errors  # noqa: E402
from sketch_pixels import detail_table, goals, pixel_table, readers, worst  # noqa: E402
from sketch_sheet import chosen, write_sheet  # noqa: E402
from sketch_synthetic import empty_line, some_pictures, style_table  # noqa: E402

from contrapposto.backend.detect.drawing import DrawingDetector  # noqa: E402
from contrapposto.backend.detect.drawing_file import load_drawing_network  # noqa: E402
from contrapposto.backend.errors import ContrappostoError  # noqa: E402
from contrapposto.backend.estimate.drawn import DrawnPoseSolver, Plain  # noqa: E402
from contrapposto.backend.estimate.estimator import Estimate  # noqa: E402
from contrapposto.backend.job import run_job  # noqa: E402
from contrapposto.backend.runtime import ModelCache  # noqa: E402

GOAL_DEGREES = 4.0
READINGS = 3
PARTS = ("annotated", "pixels", "styles", "bad")
ANNOTATED = f"""Annotated joints are given to the solver, without depths. "limbs": degrees between the drawn upper arms,
forearms, thighs and shins and those of the posed skeleton, as the drawing's camera sees it; mean, median, and what 90 %
are below (goal: a mean of {GOAL_DEGREES:g}). "ms": of one processor's time per drawing, median, for one reading and for
{READINGS}."""
PIXELS = """From pixels. PCK@S: per cent of the annotated joints that are found within S of the figure's height, the
longer side of the box around its annotated joints; a refused drawing misses all. "sides forgiven": PCK@0.1 where a
joint may lie on that of the other side; "swapped": the joints for which only that helps. "limbs": mean degrees between
the annotated limbs and those between the keypoints found; "posed limbs": and those of the posed skeleton; 90 for every
limb of a refused drawing. ms: median processor time to read the file, find the figure and solve one pose, and of all
three by the clock. BlazePose's keypoints are posed as a photo's are; "our ink" is what our network is shown."""
STYLES = """Synthetic drawings of held-out poses on held-out bodies, read by all looks of the detector. PCK as above, of
the keypoints inside the picture, hidden ones included. PA-MPJPE: of the solved pose against the true one, both on the
neutral body of 1.70 m, over 14 joints after the best turn, scale and shift; and where the solver is given the true
points, without depths."""


class Models(ModelCache):
    """The models as they are shipped, but for the network that reads drawings.

    Args:
        weights: its file; None is the shipped one.
    """

    def __init__(self, weights: Path | None) -> None:
        super().__init__()
        self._weights = weights

    def drawing_detector(self) -> DrawingDetector:
        """What finds figures in drawings."""
        if self._drawings is None and self._weights is not None:
            self._drawings = DrawingDetector(load_drawing_network(self._weights.read_bytes()))
        return super().drawing_detector()


def main() -> None:
    """Read the command line, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="another drawing network than the shipped one")
    parser.add_argument("--held-out", type=Path, default=ROOT / "build" / "training" / "drawings_held_out")
    parser.add_argument("--each", type=int, default=100, help="synthetic drawings of each style")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--worst", action="store_true", help="also list the drawings read worst")
    parser.add_argument("--sheet", type=Path, help="write twelve drawings beside the posed character, and nothing else")
    parser.add_argument("--synthetic", action="store_true", help="for the sheet take FOLDER's drawings, which are ours")
    options = parser.parse_args()
    depot, children = depot_cases(), child_cases()
    if not depot and not (options.sheet and options.synthetic):
        sys.exit("The drawings are not at hand: shared/data/sketches is expected beside the checkout.")
    torch.set_num_threads(1)
    models = Models(options.weights)
    try:
        if options.sheet is not None:
            pictures = some_pictures(options.held_out) if options.synthetic else chosen(depot, children)
            if not pictures:
                parser.exit(2, f"No synthetic drawings are at hand in {options.held_out}.\n")
            write_sheet(options.sheet, pictures, models)
            return
        measure(options, {"mannequins": depot, "children's drawings": children}, models)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


def measure(options: argparse.Namespace, sets: dict[str, list[SketchCase]], models: Models) -> None:
    """Print the parts that are asked for."""
    console = Console(highlight=False, width=150)
    if "annotated" in options.only:
        console.print(ANNOTATED, annotated_table(models.drawn_solver(), sets), sep="\n", end="\n\n")
    if "pixels" in options.only:
        table, answers = pixel_table(readers(models), sets)
        on_depot = answers[: len(sets["mannequins"])]
        console.print(PIXELS, table, goals(on_depot), detail_table(on_depot), sep="\n", end="\n\n")
        if options.worst:
            console.print(worst(on_depot))
    if "styles" in options.only:
        found = style_table(options.held_out, models, each=options.each)
        if found is None:
            console.print(f"No synthetic drawings are at hand in {options.held_out}.")
        else:
            console.print(STYLES, found, empty_line(options.held_out, models, most=100), sep="\n", end="\n\n")
    if "bad" in options.only:
        console.print("Pictures without a human figure:", bad_table(models), sep="\n")


def annotated_table(solver: DrawnPoseSolver, sets: dict[str, list[SketchCase]]) -> Table:
    """Annotated joints given to the solver: a set a row, then a pose or character a row."""
    table = Table("drawings", "number", "limbs mean", "median", "90 %", "ms", f"ms, {READINGS} readings", box=None)
    by_pose: dict[str, list[np.ndarray]] = {}
    for name, cases in sets.items():
        errors: list[np.ndarray] = []
        one, several = (_Timed(solver, count) for count in (1, READINGS))
        for case in cases:
            errors.append(limb_errors(case, one(case)[0]))
            several(case)
            by_pose.setdefault(case.name, []).append(errors[-1])
        _add_row(table, name, errors, times=(one.median_ms, several.median_ms))
    for pose, errors in by_pose.items():
        _add_row(table, f"  {pose}", errors)
    return table


def _add_row(table: Table, name: str, errors: list[np.ndarray], *, times: tuple[float, ...] = ()) -> None:
    every = np.concatenate(errors)
    numbers = (every.mean(), np.median(every), np.percentile(every, 90))
    table.add_row(name, str(len(errors)), *(f"{number:.1f}" for number in numbers), *(f"{ms:.0f}" for ms in times))


class _Timed:
    """Solves cases and remembers how long each took on the processor."""

    def __init__(self, solver: DrawnPoseSolver, count: int) -> None:
        self._solver, self._count = solver, count
        self._took: list[float] = []

    def __call__(self, case: SketchCase) -> list[Estimate]:
        start = time.process_time()
        found = run_job(self._solver.solve(Plain(case.annotated), count=self._count))
        self._took.append(1000.0 * (time.process_time() - start))
        return found

    @property
    def median_ms(self) -> float:
        """Of what was solved so far."""
        return float(np.median(self._took))


if __name__ == "__main__":
    main()
