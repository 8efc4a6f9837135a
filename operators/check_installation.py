"""Checks on demand what is installed, and runs each part; the result is shown in the preferences and in the sidebar."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..backend.job import Job
from ..translations.words import rpt_
from .modal_job import ModalJob, redraw_sidebars
from .session import session
from .video_store import FOLDER


class CONTRAPPOSTO_OT_check_installation(ModalJob, bpy.types.Operator):
    """Check packages and model files, and run each part once on something known; say what is wrong and what to do"""

    bl_idname = "contrapposto.check_installation"
    bl_label = "Check Installation"
    bl_options = {"INTERNAL"}
    job_title = "Check Installation"

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up."""
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end."""
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        from ..backend.checkup import CheckRequest, check_up
        from ..backend.cli_doctor import find_blender
        from ..preferences import PACKAGE, settings

        chosen = settings(context)
        blender = find_blender(tuple(bpy.app.version))
        folders = (chosen.model_folder, chosen.smpl_folder)
        inside = PACKAGE.startswith("bl_ext.")
        cache = Path(bpy.utils.extension_path_user(PACKAGE, path=FOLDER)) if inside else None
        return check_up(CheckRequest(chosen.device, *folders, cache_folder=cache, more=(blender,)))

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        from ..backend.checkup import in_order

        session.findings = tuple(in_order(result))
        wrong = [finding for finding in session.findings if finding.is_trouble]
        redraw_sidebars(context)
        redraw_preferences(context)
        for finding in reversed(wrong):  # the last one told is the one that the status bar shows
            self.report({"WARNING"}, f"{finding.sentence} {finding.advice}".strip())
        if len(wrong) > 1:
            words = rpt_("{count} parts need something done: the settings list them, and what to do")
            self.report({"WARNING"}, words.format(count=len(wrong)))
        if not wrong:
            self.report({"INFO"}, "Everything that photos need is there")
        return {"FINISHED"}


def redraw_preferences(context: bpy.types.Context) -> None:
    """Draw the preferences again where they are open."""
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()


CLASSES = (CONTRAPPOSTO_OT_check_installation,)
