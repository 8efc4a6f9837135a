"""What the terminal shows while a video is read, and a Ctrl-C that loses nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as ProgressBar

from .job import Job, Progress
from .video_cache import VideoProgress

Result = TypeVar("Result")


class VideoShow:
    """Draws each step with frames and time left; by hand, because rich's own refresh is a thread."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting", total=1.0, frames="")

    def __call__(self, progress: Progress, *, place: str = "") -> None:
        """Draw what happens next; `place` says where in a longer work that is."""
        words = ", ".join(part for part in (place, frames_in_words(progress)) if part)
        self._bar.update(self._task, description=progress.stage, completed=progress.fraction, frames=words)
        self._bar.refresh()


def frames_in_words(progress: Progress) -> str:
    """Such as `120 of 450 frames, 0:12 left`; empty where nothing is counted."""
    if not isinstance(progress, VideoProgress):
        return ""
    words = f"{progress.done} of {progress.total} frames" if progress.total else f"{progress.done} frames"
    if progress.seconds_left is None:
        return words
    minutes, seconds = divmod(round(progress.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
    return f"{words}, {clock} left"


@contextmanager
def shown_video_progress() -> Iterator[VideoShow]:
    """A bar while somebody watches."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[frames]}"),
    )
    hidden = not console.is_terminal
    with ProgressBar(*columns, console=console, auto_refresh=False, transient=True, disable=hidden) as bar:
        yield VideoShow(bar)


def run_patiently(job: Job[Result], *, on_progress: Callable[[Progress], object]) -> Result:
    """`run_job`, but a Ctrl-C waits for the step that is at work, and closes the job, which may keep what is done.

    A second Ctrl-C waits for nothing.

    Raises:
        KeyboardInterrupt: there was one.
    """
    with _held_interrupts() as interrupts:
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                return stop.value
            on_progress(progress)
            if interrupts:
                job.close()
                raise KeyboardInterrupt


@contextmanager
def _held_interrupts() -> Iterator[list[int]]:
    """The list grows with every Ctrl-C in the block, of which the first raises nothing."""
    held: list[int] = []
    before = signal.getsignal(signal.SIGINT)

    def hold(number: int, _frame: object) -> None:
        held.append(number)
        if len(held) > 1:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, hold)
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, before)
