"""An asyncio loop that a job advances a few milliseconds a step, so that waiting for the network freezes no window.

No thread is started: the loop has no executor, and what would need one (looking up names) is done elsewhere.
"""

from __future__ import annotations

import asyncio
from asyncio import events
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from ...job import Job, Progress

T = TypeVar("T")

STEP_S: Final = 0.005
"""How long one step waits for something to happen; a fraction of a modal operator's tick."""
_CLOSE_S: Final = 1.0
"""How long a cancelled task may take to close its connection."""


class SteppedLoop:
    """A loop of its own, closed at the end of its `with` block, however that ends.

    The selector loop is taken on every system: Windows' default one completes cancelled reads only later.
    """

    def __init__(self) -> None:
        self._loop = asyncio.SelectorEventLoop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        left = asyncio.all_tasks(self._loop)  # none but after an interrupt, which leaves the loop where it stands
        for task in left:
            task.cancel()
        self._wait_for(left, seconds=_CLOSE_S)
        with _no_loop_outside():
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def run(self, work: Callable[[], Coroutine[Any, Any, T]], *, progress: Callable[[], Progress]) -> Job[T]:
        """Do `work` to its end, yielding every few milliseconds; closing the job cancels it and waits for that."""
        task = self._loop.create_task(work())
        try:
            while not task.done():
                self._wait_for({task}, seconds=STEP_S)
                if not task.done():
                    yield progress()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                self._wait_for({task}, seconds=_CLOSE_S)
                if task.done() and not task.cancelled():
                    task.exception()  # it ended otherwise: asked for, or asyncio complains that nobody did

    def _wait_for(self, tasks: set[asyncio.Task[Any]], *, seconds: float) -> None:
        """Let the loop work until `seconds` have passed or the tasks are done."""
        if tasks:
            with _no_loop_outside():
                self._loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))


@contextmanager
def _no_loop_outside() -> Generator[None]:
    """Let a loop run although another one runs further out: a notebook's, or that of another add-on."""
    outside = events._get_running_loop()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    events._set_running_loop(None)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    try:
        yield
    finally:
        events._set_running_loop(outside)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
