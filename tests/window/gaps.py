"""For how long the window does not answer while a job runs, and what that time went into.

A gap is the time between two turns of the event loop. Of each it is known how much was a step of the job, by the clock
and of the processor; the rest is Blender's drawing and events. By the clock other work of the machine is in both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import bpy
import window
from artist import module, session

GOAL_MS = 100.0
IDLE = "before and after"


@dataclass(frozen=True)
class Gap:
    """A gap: the stage of the longest step in it, and milliseconds in all, and of the job's steps in it."""

    stage: str
    ms: float
    step_ms: float
    step_cpu_ms: float

    @property
    def rest_ms(self) -> float:
        """Drawing and events."""
        return self.ms - self.step_ms

    @property
    def counts(self) -> bool:
        """Whether a job was at work, and not loading a model."""
        return self.stage != IDLE and not self.stage.startswith("Loading")

    def __str__(self) -> str:
        step = f"step {self.step_ms:.0f}, {self.step_cpu_ms:.0f} of the processor"
        return f"{self.ms:.0f} ms ({step}; rest {self.rest_ms:.0f}) at {self.stage}"


class Gaps:
    """Measures from now on, until `end` prints what it was.

    Args:
        title: what the line is printed under.
    """

    def __init__(self, title: str) -> None:
        self._title, self._gaps, self._running = title, [], True
        self._steps: list[tuple[float, float, str]] = []
        self._take_back = self._time_steps()
        self._last, self._last_stage = time.perf_counter(), self._stage()
        bpy.app.timers.register(self._turn, first_interval=0.0)

    def end(self) -> None:
        """Print the longest gap of each stage, the longest of all at work, and the longest drawing while a job ran."""
        self._running = False
        self._take_back()
        gaps: list[Gap] = sorted(self._gaps, key=lambda gap: -gap.ms)
        longest: dict[str, tuple[float, float, float]] = {}
        for gap in gaps:
            most = longest.get(gap.stage, (0.0, 0.0, 0.0))
            longest[gap.stage] = max(most[0], gap.ms), max(most[1], gap.step_cpu_ms), max(most[2], gap.rest_ms)
        told = "; ".join(f"{stage} {ms:.0f} ({cpu:.0f}, {rest:.0f})" for stage, (ms, cpu, rest) in longest.items())
        print(f"GAPS {self._title}, ms (of the processor in steps, of drawing and events): {told}", flush=True)
        working = [gap for gap in gaps if gap.counts]
        if working:
            drawing = max(gap.rest_ms for gap in working)
            over = sum(gap.ms > GOAL_MS for gap in working)
            told = f"{working[0]}; longest drawing and events {drawing:.0f} ms; {over} of {len(working)} gaps over"
            print(f"LONGEST GAP {self._title}: {told} the goal of {GOAL_MS:.0f} ms, loading aside", flush=True)

    @staticmethod
    def _stage() -> str:
        job = session().job
        return IDLE if job is None else job.stage or "Beginning"

    def _time_steps(self) -> Callable[[], None]:
        """Add up how long the job's steps take; returns what takes that back."""
        job_class: Any = module("operators.modal_job").ModalJob
        real = job_class._guarded

        def timed(operator: object, context: object, work: object) -> object:
            stage, began, cpu = self._stage(), time.perf_counter(), time.thread_time()
            try:
                return real(operator, context, work)
            finally:
                took = (time.perf_counter() - began) * 1000.0
                self._steps.append((took, (time.thread_time() - cpu) * 1000.0, stage))

        job_class._guarded = timed
        return lambda: setattr(job_class, "_guarded", real)

    def _turn(self) -> float | None:
        now = time.perf_counter()
        stage = max(self._steps)[2] if self._steps else self._last_stage
        took, cpu = (sum(step[index] for step in self._steps) for index in (0, 1))
        self._gaps.append(Gap(stage, (now - self._last) * 1000.0, took, cpu))
        self._last, self._last_stage, self._steps = now, self._stage(), []
        return 0.001 if self._running else None


def watched(title: str, work: window.Story) -> window.Story:
    """Let something run, and print its gaps."""
    gaps = Gaps(title)
    yield from work
    gaps.end()


def print_redraw() -> None:
    """Print how long Blender takes to draw the sidebar and the whole window, a job aside."""
    here, area = window.view3d()
    for name, kind in (("the sidebar", "DRAW"), ("the window", "DRAW_WIN_SWAP")):
        taken = []
        for _ in range(5):
            with bpy.context.temp_override(window=here, area=area, region=window.region("UI")):
                began = time.perf_counter()
                bpy.ops.wm.redraw_timer(type=kind, iterations=1)
                taken.append((time.perf_counter() - began) * 1000.0)
        print(f"REDRAW of {name}: {min(taken):.0f} to {max(taken):.0f} ms", flush=True)
