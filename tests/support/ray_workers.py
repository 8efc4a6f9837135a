"""Tasks on a local Ray with two workers, some of which die; run as a script: Ray's own threads stay out of the tests.

Prints which outcome came of each task, and how often it was begun.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from contrapposto.backend.batch_ray import run_on_ray
from contrapposto.backend.batch_task import Outcome, Task


def work(task: Task, options: SimpleNamespace) -> Outcome:
    """Write the name of this process; die before where the task says so: once, or whenever it is begun."""
    begun = task.npz.with_suffix(".begun")
    with begun.open("a", encoding="ascii") as stream:
        stream.write(".")
    times = begun.stat().st_size
    if task.kind == "always" or (task.kind == "once" and times == 1):
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.2)  # so that the other worker gets its share
    task.npz.write_text(str(os.getpid()), encoding="ascii")
    return Outcome(task.name, frames=times)


def main(folder: Path) -> None:
    kinds = ["well", "once", "well", "well", "once", "always", "well", "well"]
    tasks = [
        Task(f"{number}.jpg", folder / f"{number}.jpg", kind, folder / f"{number}.npz", None)
        for number, kind in enumerate(kinds)
    ]
    outcomes: dict[str, list[object]] = {}
    run_on_ray(
        tasks,
        SimpleNamespace(),
        address="local",
        workers=2,
        work=work,
        on_outcome=lambda task, outcome: outcomes.setdefault(task.name, [outcome.frames, outcome.error]),
    )
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
