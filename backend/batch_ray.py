"""The same tasks on a Ray cluster: many computers that see the same folders. Ray is optional.

A task whose worker dies is given to another one; a video goes on there from what the cache holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from .batch_task import BatchOptions, Outcome, Task, models_of_process, run_task
from .errors import InputError
from .job import run_job
from .packages import require_package

LOCAL: Final = "local"
_INSTALLED_AS: Final = "contrapposto."
_RETRIES: Final = 3
_WAIT_S: Final = 1.0
Work = Callable[[Task, BatchOptions], Outcome]


def work_here(task: Task, options: BatchOptions) -> Outcome:
    """A task in a worker's process, which loads the models once."""
    return run_job(run_task(task, options, models=models_of_process(options.request.models)))


def run_on_ray(
    tasks: Sequence[Task],
    options: BatchOptions,
    *,
    address: str,
    on_outcome: Callable[[Task, Outcome], object],
    workers: int | None = None,
    work: Work = work_here,
) -> None:
    """Run tasks on a cluster, as many at a time as it has processors; outcomes come as they are ready.

    Args:
        tasks: paths in them mean the same on all computers.
        options: how they are treated.
        address: `local` starts workers on this computer; else `host:port`, `ray://host:port`, or `auto`.
        on_outcome: told of each task.
        workers: how many on this computer; by default one a processor.
        work: what is done with a task.

    Raises:
        MissingPackageError: Ray is not installed.
        InputError: there is no cluster at the address, or this runs inside Blender.
    """
    if not __name__.startswith(_INSTALLED_AS):
        raise InputError("--ray works outside of Blender only: workers know the package by the name contrapposto.")
    require_package("ray", name="ray", purpose="work on a cluster")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    import ray as untyped_ray

    ray: Any = untyped_ray
    _connect(ray, address, workers)
    waiting: dict[Any, Task] = {}
    try:
        remote = ray.remote(num_cpus=1, max_retries=_RETRIES)(work)
        waiting = {remote.remote(task, options): task for task in tasks}
        while waiting:
            ready, _ = ray.wait(list(waiting), num_returns=1, timeout=_WAIT_S)
            for reference in ready:
                task = waiting.pop(reference)
                on_outcome(task, _outcome(ray, reference, task))
    finally:
        for reference in waiting:  # only where something went wrong, such as a Ctrl-C
            with suppress(ray.exceptions.RayError):
                ray.cancel(reference, force=True)
        ray.shutdown()


def _connect(ray: Any, address: str, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": "ERROR"}
    try:
        if address == LOCAL:
            ray.init(address=LOCAL, num_cpus=workers, include_dashboard=False, **quiet)
        else:
            ray.init(address=address, **quiet)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise InputError(
            f"No Ray cluster answers at {address}: {why} Start one with `ray start --head`, or use --ray local."
        ) from error


def _outcome(ray: Any, reference: Any, task: Task) -> Outcome:
    """What came of a task, or why nothing did."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        died = isinstance(error, ray.exceptions.WorkerCrashedError | ray.exceptions.NodeDiedError)
        why = f"its worker died {_RETRIES + 1} times" if died else str(error).strip().splitlines()[-1]
        return Outcome(task.name, error=f"{task.name} could not be worked on: {why}.")
