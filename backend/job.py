"""Long work as generators: a job yields `Progress` and returns its result.

Blender's modal operator advances a job from a timer, the command line and tests exhaust it with `run_job`; closing the
generator cancels it. Between two yields no step may hold a window longer than 100 ms, model loading aside.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


@dataclass(frozen=True)
class Progress:
    """Where a job is: `stage` names what happens next, in words for the artist; `fraction` is done, in [0, 1]."""

    stage: str
    fraction: float


Job = Generator[Progress, None, Result]


def run_job(job: Job[Result], *, on_progress: Callable[[Progress], object] | None = None) -> Result:
    """Exhaust `job`, reporting each step to `on_progress`, and return its result."""
    while True:
        try:
            progress = next(job)
        except StopIteration as stop:
            return stop.value
        if on_progress is not None:
            on_progress(progress)


def to_the_end(steps: Callable[Arguments, Generator[None, None, Result]]) -> Callable[Arguments, Result]:
    """The function that does all the steps at once, with the same arguments."""

    def work(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return run_job(in_steps(steps(*args, **kwargs), Progress("", 0.0)))

    return work


def in_steps(steps: Generator[None, None, Result], progress: Progress) -> Job[Result]:
    """A job of steps that say nothing of their own."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value
        yield progress


def timed_job(job: Job[Result], timings_ms: dict[str, float], *, stage: str) -> Job[Result]:
    """Pass `job` through, adding the milliseconds it works to `timings_ms[stage]`; the time between steps is not."""
    timings_ms.setdefault(stage, 0.0)
    try:
        while True:
            start = time.perf_counter()
            try:
                progress = next(job)
            except StopIteration as stop:
                return stop.value
            finally:
                timings_ms[stage] += (time.perf_counter() - start) * 1000.0
            yield progress
    finally:
        job.close()
