"""What `contrapposto batch` does: all inputs of a folder that are not finished yet, and a report of all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from rich.console import Console
from rich.table import Table

from .batch import Manifest, find_inputs, make_folders, outcome_to_json, tasks_of, write_json
from .batch_task import BatchOptions, Outcome, Task, models_of_process, run_task
from .cli_video_show import VideoShow, run_patiently, shown_video_progress
from .errors import InputError
from .job import Progress
from .video_cache import VideoProgress

_MOST_NAMED: Final = 5
_Keep: TypeAlias = Callable[[Task, Outcome], None]


@dataclass(frozen=True)
class BatchRequest:
    """What `contrapposto batch` was asked for.

    Attributes:
        folder: of the inputs.
        recursive: its subfolders too.
        to: the folder of the results.
        rig_suffix: of the rigs to write, such as `.blend`, or None.
        report: a .json to write, or None.
        ray: address of a cluster, or None for this process.
        workers: how many of a local cluster, or None.
        options: how each input is treated.
    """

    folder: Path
    recursive: bool
    to: Path
    rig_suffix: str | None
    report: Path | None
    ray: str | None
    workers: int | None
    options: BatchOptions


def run_batch(request: BatchRequest) -> None:
    """Do what is not done yet, and tell of all.

    Raises:
        InputError: some inputs failed, or nothing can be done at all.
        KeyboardInterrupt: Ctrl-C; its words say what is kept.
    """
    cache = request.options.cache
    inputs = find_inputs(request.folder, recursive=request.recursive, besides=[request.to, *([cache] if cache else [])])
    tasks = tasks_of(inputs, request.folder, out=request.to, rig_suffix=request.rig_suffix)
    make_folders(tasks)
    manifest = Manifest.of(request.to)
    outcomes = {task.name: manifest.known(task, request.options) for task in tasks}
    left = [task for task in tasks if outcomes[task.name] is None]

    def keep(task: Task, outcome: Outcome) -> None:
        outcomes[task.name] = outcome
        manifest.add(task, request.options, outcome)

    try:
        with shown_video_progress() as show:
            _Runner(request, show, keep, tasks).run(left)
    except KeyboardInterrupt:
        done = sum(outcome is not None and outcome.error is None for outcome in outcomes.values())
        raise KeyboardInterrupt(
            f"cancelled: {done} of {len(tasks)} inputs are finished. The same command goes on from there."
        ) from None
    _report(request, [outcome for outcome in outcomes.values() if outcome is not None])


@dataclass(frozen=True)
class _Runner:
    """Runs tasks here or on a cluster, and shows how far it is."""

    request: BatchRequest
    show: VideoShow
    keep: _Keep
    tasks: Sequence[Task]

    def run(self, left: Sequence[Task]) -> None:
        """Run them."""
        if not left:
            return
        if self.request.ray is None:
            self._run_here(left)
            return
        from .batch_ray import run_on_ray

        self._told(Progress("Starting", 0.0), left=len(left))
        done = 0

        def count(task: Task, outcome: Outcome) -> None:
            nonlocal done
            done += 1
            self.keep(task, outcome)
            self._told(Progress(task.name, 0.0), left=len(left) - done)

        run_on_ray(left, self.request.options, address=self.request.ray, on_outcome=count, workers=self.request.workers)

    def _run_here(self, left: Sequence[Task]) -> None:
        options = self.request.options
        models = models_of_process(options.request.models)
        for place, task in enumerate(left):

            def told(progress: Progress, name: str = task.name, still: int = len(left) - place) -> None:
                words = f"{name}: {progress.stage}"
                if isinstance(progress, VideoProgress):
                    told = VideoProgress(words, progress.fraction, progress.done, progress.total, progress.seconds_left)
                else:
                    told = Progress(words, progress.fraction)
                self._told(told, left=still)

            self.keep(task, run_patiently(run_task(task, options, models=models), on_progress=told))

    def _told(self, progress: Progress, *, left: int) -> None:
        """Show a step within all inputs."""
        self.show(progress, place=f"{len(self.tasks) - left} of {len(self.tasks)} done")


def _report(request: BatchRequest, outcomes: Sequence[Outcome]) -> None:
    """The table of all inputs, and the file of it.

    Raises:
        InputError: some inputs failed.
    """
    console = Console(highlight=False, soft_wrap=True)
    table = Table("input", "people", "poses", "s", "result", box=None, pad_edge=False)
    for outcome in outcomes:
        result = "failed" if outcome.error is not None else "known" if outcome.known else "done"
        table.add_row(outcome.name, str(outcome.people), str(outcome.frames), f"{outcome.seconds:.1f}", result)
    console.print(table, markup=False)
    for outcome in outcomes:
        for sentence in outcome.notes:
            console.print(f"{outcome.name}: {sentence}", markup=False)
        if outcome.error is not None:
            console.print(f"{outcome.name} failed: {outcome.error}", markup=False)
    failed = [outcome.name for outcome in outcomes if outcome.error is not None]
    console.print(f"{len(outcomes) - len(failed)} of {len(outcomes)} inputs are in {request.to}.", markup=False)
    if request.report is not None:
        content = {"folder": str(request.folder), "to": str(request.to), "failed": failed}
        write_json(request.report, {**content, "inputs": [outcome_to_json(outcome) for outcome in outcomes]})
    if failed:
        named = ", ".join(failed[:_MOST_NAMED])
        more = f" and {len(failed) - _MOST_NAMED} more" if len(failed) > _MOST_NAMED else ""
        raise InputError(f"{len(failed)} of {len(outcomes)} inputs failed: {named}{more}. The others are done.")
