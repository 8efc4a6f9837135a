"""How well drawings pose a skeleton, and how long a drawing takes.

python benchmarks/sketch.py
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from sketch_cases import SketchCase, child_cases, depot_cases, limb_errors

from contrapposto.backend.estimate.drawn import DrawnPoseSolver, Plain
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.job import run_job
from contrapposto.backend.runtime import ModelCache

GOAL_DEGREES = 4.0
READINGS = 3
EXPLAINED = f"""Annotated joints are given to the solver, without depths. "limbs": degrees between the drawn upper arms,
forearms, thighs and shins and those of the posed skeleton, as the drawing's camera sees it; mean, median, and what 90 %
are below (goal: a mean of {GOAL_DEGREES:g}). "ms": of one processor's time per drawing, median, for one reading and for
{READINGS}."""


def main() -> None:
    """Measure and print."""
    console = Console(highlight=False, width=120)
    depot, children = depot_cases(), child_cases()
    if not depot:
        sys.exit("The drawings are not at hand: shared/data/sketches is expected beside the checkout.")
    torch.set_num_threads(1)
    solver = DrawnPoseSolver(ModelCache().pose_network())
    solver.warm_up()
    console.print(EXPLAINED)
    console.print(annotated_table(solver, {"mannequins": depot, "children's drawings": children}))


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
