"""Keys the motion of the last video again with other settings, from what was solved: the video is not read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy

from ..backend.errors import InputError
from ..backend.job import Job
from ..rig.overlay import redraw_views
from ..translations.words import n_
from ..video_properties import KEYING_NAMES, VideoKeying
from .estimate_video import fill
from .modal_job import BUSY, ModalJob, redraw_sidebars
from .session import session
from .target import BUSY_CHOOSING
from .telling import TellsWhy
from .video_keying import key_again, planned_motion, relaxed_fingers
from .video_memory import VideoRun
from .video_result import keyed_in_words, keying_from, keying_of, made_of, write_keys
from .video_soon import TITLE

if TYPE_CHECKING:
    from .target import Target

TOO_LONG_AGO: Final = n_("The video's motion is no longer known: press Solve Again, or pose from the video again")


class CONTRAPPOSTO_OT_video_refinish(TellsWhy, VideoKeying, ModalJob, bpy.types.Operator):
    """Key the motion of the last video again with these settings; the video is not read again"""

    bl_idname = "contrapposto.video_refinish"
    bl_label = "Key Motion Again"
    bl_options = {"REGISTER", "UNDO"}
    job_title = TITLE

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        if not context.scene.contrapposto.video.result.run:
            return n_("Pose from a video first")
        if session.job is not None:
            return BUSY
        if session.choosing is not None or session.correcting is not None:
            return BUSY_CHOOSING
        return TOO_LONG_AGO if session.videos.run_of(context.scene) is None else None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """With the settings that are shown, without holding the window up."""
        fill(self, KEYING_NAMES, context.window_manager.contrapposto_video)
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """With the settings that are given, and those with which it is keyed already."""
        fill(self, KEYING_NAMES, keying_of(context.scene))
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        self._run = known_run(context.scene)
        self._keying = keying_from(self)
        run = self._run
        run.target.find()
        return planned_motion(run.target, run.result.raw, self._keying, options=run.options, run=run)

    def changed_target(self) -> Target:
        return self._run.target

    def changed_actions(self) -> tuple[int, ...]:
        return (self._run.before.action_uid,)

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        run, keying = self._run, self._keying
        armature, scene = run.target.find()
        made, name = made_of(scene), Path(run.request["filepath"]).stem
        report, made, before, left_over = key_again(armature, result, keying, run=run, made=made, name=name)
        run = replace(run, before=before, fingers=run.fingers or relaxed_fingers(result.plan))
        session.videos.keep(run)
        write_keys(scene, run, result, report=report, made=made, keying=keying)
        redraw_views()
        redraw_sidebars(context)
        self.report({"INFO"}, keyed_in_words(scene.contrapposto.video.result))
        if left_over is not None:  # the last that is done, for it could not be brought back
            bpy.data.actions.remove(left_over)
        return {"FINISHED"}

    def draw(self, context: bpy.types.Context) -> None:
        """The redo panel."""
        from ..panels.options import draw_motion_options

        layout: Any = self.layout
        layout.use_property_split = True
        draw_motion_options(layout, self, context.scene)


def known_run(scene: Any) -> VideoRun:
    """The run whose motion the scene shows.

    Raises:
        InputError: it is no longer known.
    """
    run = session.videos.run_of(scene)
    if run is None:
        raise InputError(f"{TOO_LONG_AGO}.")
    return run


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_video_refinish,)
