"""The other readings of a photo, looked for a step at a time once the first is posed, while the artist goes on.

What is found joins the run that the session keeps. Blender's data stays as it is: there is no step to undo, and whoever
undoes the photo and does it again finds its readings there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import ContrappostoError
from ..rig.callbacks import called_by_blender
from ..translations.words import rpt_
from .last_photo import run_of
from .modal_job import redraw_sidebars
from .session import PhotoRun, session

if TYPE_CHECKING:
    from ..backend.job import Job
    from ..backend.pipeline import PhotoResult

PAUSE_S: Final = 0.1
"""How soon it is looked again whether what goes before has ended."""


def can_wait() -> bool:
    """Whether there is a window, and so a time after the operator; without one everything is found before it ends."""
    return not bpy.app.background


def look_for_others(run: PhotoRun, job: Job[PhotoResult]) -> None:
    """Let the timer do `job`, which finds all readings of a run that is kept."""
    session.searches[run.name] = job
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick)


@called_by_blender("Looking for other readings")
def tick() -> float | None:
    """A turn of Blender's timer: a step of the newest search, the older ones wait until they are asked for."""
    if session.job is not None or session.choosing is not None or session.correcting is not None:
        return PAUSE_S
    newest = next(reversed(session.searches), None)
    if newest is None:
        return None
    if _step(newest):
        return 0.0
    redraw_sidebars(bpy.context)
    return None


def run_with_all(scene: Any) -> PhotoRun:
    """The run whose result the scene shows, with all its readings: what is not found yet is found now.

    Raises:
        InputError: it is no longer known.
    """
    name = run_of(scene).name
    while name in session.searches:
        _step(name)
    return run_of(scene)


def _step(name: str) -> bool:
    """Do a step of the search for a run's readings; whether there is more to do."""
    job = session.searches[name]
    try:
        next(job)
    except StopIteration as stop:
        del session.searches[name]
        _add(name, stop.value)
    except ContrappostoError as error:
        del session.searches[name]
        trouble = rpt_("No other readings were found: {error}").format(error=error)
        session.change_run(name, lambda run: replace(run, trouble=trouble))
    except BaseException:  # the search cannot go on, whatever ended it; the fault is told
        del session.searches[name]
        raise
    return name in session.searches


def _add(name: str, result: PhotoResult) -> None:
    def with_all(run: PhotoRun) -> PhotoRun:
        run.on_rig.add([estimate.poses for estimate in result.estimates[len(run.on_rig.readings) :]])
        return replace(run, result=result)

    session.change_run(name, with_all)
