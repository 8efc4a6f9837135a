"""`contrapposto sketch IMAGE ...`: the options of the command, and how it reads a drawing."""

from __future__ import annotations

import argparse
from typing import Any

from .cli_photo import add_picture_options, request_of
from .cli_photo_request import PhotoRequest
from .cli_photo_work import Kind, Show, pose_photo, settled
from .job import Job, run_job
from .runtime import ModelCache
from .sketch_pipeline import SketchResult, find_figures, solve_figure


def add_command(commands: Any) -> None:
    """Add `sketch` to the parser's commands."""
    sketch = commands.add_parser("sketch", help="pose a rig like a figure in a drawing")
    # What sees and solves photos has no part in it.
    sketch.set_defaults(run=run, solver="auto", detector=None, regressor=None)
    add_picture_options(sketch, noun="figure")


def run(options: argparse.Namespace) -> None:
    """Do what the command line says.

    Raises:
        ContrappostoError: it cannot be done.
    """
    pose_photo(request_of(options), Kind("figure", "figures", read_sketch))


def read_sketch(request: PhotoRequest, models: ModelCache, show: Show) -> SketchResult:
    """The figure asked for, as a drawing shows it.

    Raises:
        ContrappostoError: it cannot be done.
    """
    found = run_job(find_figures(request.image, models), on_progress=show)

    def solved(readings: int) -> Job[SketchResult]:
        return solve_figure(found, request.person - 1, models, readings=readings)

    return run_job(settled(solved, request), on_progress=show)
