"""Looks on demand for what is installed; the result is shown in the preferences and in the sidebar."""

from __future__ import annotations

import bpy

from ..translations.words import rpt_
from .modal_job import redraw_sidebars
from .session import session


class CONTRAPPOSTO_OT_check_installation(bpy.types.Operator):
    """Look for the packages and model files that Contrapposto works with, and say what is missing"""

    bl_idname = "contrapposto.check_installation"
    bl_label = "Check Installation"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        from ..backend.doctor import check_installation
        from ..preferences import settings

        chosen = settings(context)
        session.findings = check_installation(model_folder=chosen.model_folder, smpl_folder=chosen.smpl_folder)
        missing = [finding.name for finding in session.findings if finding.needed and not finding.ok]
        redraw_sidebars(context)
        if missing:
            words = rpt_("Missing: {names}. The preferences say what to do")
            self.report({"WARNING"}, words.format(names=", ".join(missing)))
        else:
            self.report({"INFO"}, "Everything that photos need is there")
        return {"FINISHED"}


CLASSES = (CONTRAPPOSTO_OT_check_installation,)
