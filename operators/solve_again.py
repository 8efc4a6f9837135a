"""Where the pose at the playhead came from, whether that is still there, and solving it again as it was solved then."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job
from ..preferences import settings
from ..rig.overlay import redraw_views
from ..translations.words import n_, rpt_
from .again_work import Again, again_of
from .modal_job import BUSY, ModalJob, redraw_sidebars
from .noting import models_now
from .session import session
from .target import Target, go_to, why_not
from .telling import TellsWhy

if TYPE_CHECKING:
    from ..backend.provenance import Record
    from ..rig.strip_source import StripSource

NOTHING_NOTED = n_("Nothing is noted about where the pose at the playhead came from")
ALL_THE_SAME = n_("To solve it all the same, tick Even From a Changed Source.")
IN_A_STRIP = n_(
    "It plays from the NLA strip {name}. Select the strip and press Tab in the NLA Editor to solve it again"
)
UNREADABLE = n_("What is noted about where the pose came from cannot be read")


def record_here(context: bpy.types.Context) -> Record | None:
    """What is noted of the active armature's pose at the playhead; cheap enough for panels.

    That of the armature's own Action, or else of the NLA strip that plays there.

    Raises:
        InputError: it cannot be read.
    """
    from ..rig.provenance import record_at

    armature = context.active_object
    if armature is None or armature.type != "ARMATURE":
        return None
    record = record_at(armature, context.scene.frame_current_final)
    if record is not None:
        return record
    found = _strip_source(context)
    return None if found is None else found.record


def strip_here(context: bpy.types.Context) -> str:
    """The name of the NLA strip that plays the pose of which `record_here` tells; empty where it is not in a strip.

    Raises:
        InputError: what is noted cannot be read.
    """
    from ..rig.provenance import record_at

    armature = context.active_object
    if armature is None or armature.type != "ARMATURE":
        return ""
    found = None if record_at(armature, context.scene.frame_current_final) else _strip_source(context)
    return "" if found is None else found.strip


def _strip_source(context: bpy.types.Context) -> StripSource | None:
    from ..rig.strip_source import strip_source_at

    armature: Any = context.active_object
    return strip_source_at(armature, context.scene.frame_current_final)


class NeedsRecord(TellsWhy):
    """Mixin of an operator that needs a pose whose origin is noted."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        reason = why_not(context)
        if reason is not None:
            return reason
        if session.job is not None:
            return BUSY
        try:
            return None if record_here(context) is not None else NOTHING_NOTED
        except InputError:
            return UNREADABLE


def required_record(context: bpy.types.Context) -> Record:
    """What is noted of the pose at the playhead.

    Raises:
        InputError: nothing is, or it cannot be read.
    """
    record = record_here(context)
    if record is None:
        raise InputError(f"{rpt_(NOTHING_NOTED)}.")
    return record


def what_changed(record: Record, context: bpy.types.Context) -> tuple[str, ...]:
    """What is no longer as it was, in sentences: the models, the rig and its bone map, the add-on."""
    from ..backend.provenance import changed_models
    from ..rig.armature import require_armature
    from ..rig.provenance import rig_facts

    sentences: list[str] = []
    changed = changed_models(record, models_now(record.kind, settings(context)))
    if changed:
        sentences.append(rpt_("Other models are used now than then: {names}.").format(names=", ".join(changed)))
    fingerprint, bones = rig_facts(require_armature(context.active_object))
    if record.rig and record.rig != fingerprint:
        sentences.append(rpt_("The rig has other bones now than then."))
    elif record.bone_map and record.bone_map != bones:
        sentences.append(rpt_("The bone map is another one now than then."))
    return tuple(sentences)


class CONTRAPPOSTO_OT_check_source(NeedsRecord, bpy.types.Operator):
    """Look whether the source of this pose is still there, and whether it and the models are as they were"""

    bl_idname = "contrapposto.check_source"
    bl_label = "Check Source"
    bl_options = {"INTERNAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Say it, and keep it for the panel."""
        try:
            record = required_record(context)
            trouble = again_of(record).trouble()
            sentences = (*((trouble,) if trouble else ()), *what_changed(record, context))
        except ContrappostoError as error:
            return self.refuse(error)
        session.checked = (record, sentences or (rpt_("The source and the models are as they were."),))
        redraw_sidebars(context)
        for sentence in sentences:
            self.report({"WARNING"}, sentence)
        if not sentences:
            self.report({"INFO"}, session.checked[1][0])
        return {"FINISHED"}


class CONTRAPPOSTO_OT_solve_again(NeedsRecord, ModalJob, bpy.types.Operator):
    """Solve the pose at the playhead again from its source, with the settings of then"""

    bl_idname = "contrapposto.solve_again"
    bl_label = "Solve Again"
    bl_options = {"REGISTER", "UNDO"}
    job_title = n_("Solve Again")

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        reason = super().why_not(context)
        strip = "" if reason is not None else strip_here(context)
        return rpt_(IN_A_STRIP).format(name=strip) if strip else reason

    accept: BoolProperty(
        name="Even From a Changed Source",
        description="Go on although the source is no longer what it was",
        options={"SKIP_SAVE"},
    )
    _again: Any = None

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Without holding the window up; ask first where the source has changed."""
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            trouble = None if self.accept else again_of(required_record(context)).trouble()
        except ContrappostoError as error:
            return self.refuse(error)
        if not trouble:
            return self.start_job(context)
        self._again = None
        operator: Any = self
        ask: Any = context.window_manager.invoke_confirm
        return set(ask(operator, event, title=self.bl_label, message=trouble, confirm_text=rpt_("Solve All the Same")))

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end; after the question in a window, go on there."""
        if not bpy.app.background and context.window is not None and not self.accept:
            answer = bpy.ops.contrapposto.solve_again("INVOKE_DEFAULT", True, accept=True)
            return answer - {"RUNNING_MODAL"} or {"FINISHED"}
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        from ..rig.armature import require_armature
        from ..rig.channel_plan import action_frame

        record = required_record(context)
        strip = strip_here(context)
        if strip:
            raise InputError(f"{rpt_(IN_A_STRIP).format(name=strip)}.")
        self._again = again_of(record)
        trouble = None if self.accept else self._again.trouble()
        if trouble:
            raise InputError(f"{trouble} {rpt_(ALL_THE_SAME)}")
        self._changed = what_changed(record, context)
        target = Target.of(context)
        here = action_frame(require_armature(context.active_object), target.frame)
        self._target = replace(target, frame=target.frame + record.frames[0] - here)
        self._playhead = target.frame
        chosen = settings(context)
        chosen = replace(chosen, solver=str(record.settings.get("solver", chosen.solver)))
        return self._again.job(self._target, context, chosen)

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        again: Again = self._again
        _, scene = self._target.find()
        began = time.perf_counter()
        go_to(scene, self._target.frame)
        try:
            summary = again.key(self._target, result, began=began)
        except BaseException:  # whatever ends it, Ctrl-C too: put back, and let it go on
            go_to(scene, self._playhead)
            raise
        if again.record.kind == "video":
            go_to(scene, self._playhead)
        redraw_views()
        redraw_sidebars(context)
        self.report({"INFO"}, summary)
        for sentence in self._changed:
            self.report({"WARNING"}, sentence)
        return {"FINISHED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.prop(self, "accept")


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_check_source, CONTRAPPOSTO_OT_solve_again)
