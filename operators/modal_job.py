"""Runs a backend job inside an operator: from a timer in a window, at once where there is none.

Knows nothing of photos or rigs, and holds no reference to Blender's data between two ticks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import ContrappostoError
from ..backend.job import Job, run_job
from ..translations.words import iface_, n_, rpt_
from .all_or_nothing import all_or_nothing
from .failures import note, refused
from .session import JobStatus, session
from .telling import as_sentence, stage_in_words

if TYPE_CHECKING:
    from .target import Target

TICK_S: Final = 0.02
"""How long one tick may work before the window gets its turn; a single step of the job can take longer."""
TIMER_STEP_S: Final = 0.005

BUSY: Final = n_("Contrapposto is still working. Wait until it has finished, or cancel it in the sidebar")


class ModalJob:
    """Mixin of an operator that makes a job (`make_job`) and uses its result (`finish_job`).

    Only `ContrappostoError` is reported; whatever else is raised propagates after everything is put back, and ends in
    the dialog of `trouble.py`.
    """

    job_title = "Contrapposto"
    _job: Job[Any] | None = None
    _timer: Any = None
    _told: str | None = None
    _result: tuple[Any] | None = None

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        """The work; called once, at the start."""
        raise NotImplementedError

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        """Change Blender's data by the job's result; returns the operator's status. An error undoes what it did."""
        raise NotImplementedError

    def changed_target(self) -> Target | None:
        """The rig that `finish_job` changes; what it does there is put back where it fails."""
        return getattr(self, "_target", None)

    def changed_actions(self) -> tuple[int, ...]:
        """Actions that `finish_job` may change although the rig does not have them now, by `session_uid`."""
        return ()

    def run_job(self, context: bpy.types.Context) -> set[str]:
        """Work to the end before returning: scripts, background mode and the redo panel."""
        if session.job is not None:
            return self._refuse(as_sentence(BUSY))
        try:
            return self._finish(context, run_job(self.make_job(context)))
        except ContrappostoError as error:
            return self._refuse(str(error))

    def start_job(self, context: bpy.types.Context) -> set[str]:
        """Begin to work from a timer; `modal` goes on. Without a window, work to the end."""
        if bpy.app.background or context.window is None:
            return self.run_job(context)
        if session.job is not None:
            return self._refuse(as_sentence(BUSY))
        try:
            self._job = self.make_job(context)
        except ContrappostoError as error:
            return self._refuse(str(error))
        note(f"{self.job_title}: begun")
        session.job = JobStatus(self.job_title, put_back=lambda: self._put_back(bpy.context))
        self._named_workspaces: set[str] = set()
        manager = context.window_manager
        manager.progress_begin(0.0, 1.0)
        self._timer = manager.event_timer_add(TIMER_STEP_S, window=context.window)
        operator: Any = self
        manager.modal_handler_add(operator)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Advance the job at each tick of the timer; every other event goes on to the window."""
        status = session.job
        if status is None:  # put back from outside
            return {"CANCELLED"}
        if status.cancel_requested or (event.type == "ESC" and event.value == "PRESS"):
            return self.stop(context, status)
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        return self._guarded(context, lambda: self._tick(context, status))

    def stop(self, context: bpy.types.Context, _status: JobStatus) -> set[str]:
        """The artist wants the job to stop; the operator's answer. Here everything is put back at once."""
        self._put_back(context)
        words = rpt_("{title}: cancelled, nothing was changed").format(title=iface_(self.job_title))
        self.report({"INFO"}, words)
        return {"CANCELLED"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself: another file is loaded, or the window closes."""
        self._put_back(context)

    def _tick(self, context: bpy.types.Context, status: JobStatus) -> set[str]:
        if self._result is not None:
            return self._end(context, self._result[0])
        job: Any = self._job
        deadline = time.perf_counter() + TICK_S
        while time.perf_counter() < deadline:
            try:
                progress = next(job)
            except StopIteration as stop:
                self._result = (stop.value,)  # used in a tick of its own: both together would keep the window waiting
                break
            announced, status.stage, status.fraction = status.stage, progress.stage, progress.fraction
            if announced != progress.stage:  # let the window show what comes next before it is begun
                note(f"{self.job_title}: {progress.stage}")
                break
        self._show(context)
        return {"RUNNING_MODAL"}

    def _end(self, context: bpy.types.Context, result: Any) -> set[str]:
        self._put_back(context)
        return self._finish(context, result)

    def _finish(self, context: bpy.types.Context, result: Any) -> set[str]:
        """Use the result, or leave the rig as it was."""
        with all_or_nothing(self.changed_target(), actions=self.changed_actions()):
            return self.finish_job(context, result)

    def _guarded(self, context: bpy.types.Context, work: Callable[[], set[str]]) -> set[str]:
        try:
            return work()
        except ContrappostoError as error:
            self._put_back(context)
            return self._refuse(str(error))
        except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
            self._put_back(context)
            raise

    def _refuse(self, sentence: str) -> set[str]:
        refused(self)
        self.report({"ERROR"}, sentence)
        return {"CANCELLED"}

    def _show(self, context: bpy.types.Context) -> None:
        status = session.job
        if status is None:
            return
        context.window_manager.progress_update(status.fraction)
        workspace = context.workspace
        stage = stage_in_words(status.stage or n_("Beginning"))
        words = iface_("{stage}, {detail}").format(stage=stage, detail=status.detail) if status.detail else stage
        if workspace is not None and words != self._told:
            self._told = words
            told = iface_("{title}: {words}   |   Esc: cancel")
            workspace.status_text_set(told.format(title=iface_(status.title), words=words))
            self._named_workspaces.add(workspace.name)
        redraw_sidebars(context)

    def _put_back(self, context: bpy.types.Context) -> None:
        """Close the job and take away timer, progress and texts; may be called twice."""
        job, self._job = self._job, None
        if job is None:
            return
        session.job = None
        try:
            job.close()
        finally:
            self._take_away(context)

    def _take_away(self, context: bpy.types.Context) -> None:
        manager = context.window_manager
        manager.event_timer_remove(self._timer)
        self._timer = None
        manager.progress_end()
        for name in self._named_workspaces:
            workspace = bpy.data.workspaces.get(name)
            if workspace is not None:
                workspace.status_text_set(None)
        redraw_sidebars(context)


def redraw_sidebars(context: bpy.types.Context) -> None:
    """Draw the sidebar of every 3D view again, and not the view itself: in a heavy scene that takes long."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


class CONTRAPPOSTO_OT_cancel(bpy.types.Operator):
    """Stop the running job; nothing is changed"""

    bl_idname = "contrapposto.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Something must be running."""
        if session.job is None:
            cls.poll_message_set(rpt_("Nothing is running"))
        return session.job is not None

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the job to stop; it does at its next tick."""
        if session.job is not None:
            session.job.cancel_requested = True
        return {"FINISHED"}


CLASSES = (CONTRAPPOSTO_OT_cancel,)
