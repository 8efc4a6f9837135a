"""The readings of the last photo: shown live on the rig, and one of them kept, as one undo step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, IntProperty

from ..backend.errors import ContrappostoError, InputError
from ..rig.overlay import redraw_views
from .match_camera import let_camera_follow
from .modal_job import BUSY, redraw_sidebars
from .photo_result import keyed_in_words, write_reading
from .session import Choosing, PhotoRun, session

TAB: Final = "Contrapposto"
TIMER_STEP_S: Final = 0.1
"""How soon a button of the sidebar is heard."""
PREVIOUS: Final = frozenset({"WHEELUPMOUSE", "LEFT_ARROW", "UP_ARROW"})
NEXT: Final = frozenset({"WHEELDOWNMOUSE", "RIGHT_ARROW", "DOWN_ARROW"})
KEEP: Final = frozenset({"LEFTMOUSE", "RET", "NUMPAD_ENTER"})
BACK: Final = frozenset({"RIGHTMOUSE", "ESC"})
NAVIGATION: Final = ("MIDDLEMOUSE", "TRACKPAD", "MOUSEROTATE", "NDOF")
"""How the names of events begin that turn the view."""
MOUSE: Final = frozenset({"LEFTMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE", "MOUSEMOVE", "INBETWEEN_MOUSEMOVE"})
ONE_READING: Final = "The picture gave one reading only"
TOO_LONG_AGO: Final = "The other readings are no longer there: pose from the photo again"


def why_no_choice(context: bpy.types.Context) -> str | None:
    """In words, what keeps another reading from being chosen; None when nothing does. Cheap enough for `poll`."""
    result = context.scene.contrapposto.result
    if not result.summary:
        return "Pose from a photo first"
    if session.job is not None:
        return BUSY.removesuffix(".")
    if session.choosing is not None:
        return "A reading is being chosen: keep it, or go back"
    if session.correcting is not None:
        return "Keypoints are being corrected: press Enter or Esc in the view"
    if len(result.readings) < 2:
        return ONE_READING
    return TOO_LONG_AGO if session.run_of(context.scene) is None else None


def reading_in_words(scene: Any, index: int, *, brief: bool = False) -> str:
    """Such as `Reading 2 of 3 (31 %)`, or in `brief` `2 of 3 (31 %)`; `index` counts from 0."""
    readings = scene.contrapposto.result.readings
    words = f"{index + 1} of {len(readings)} ({100.0 * readings[index].likelihood:.0f} %)"
    return words if brief else f"Reading {words}"


class CONTRAPPOSTO_OT_choose_reading(bpy.types.Operator):
    """Look at the readings of the photo on the rig, with the mouse wheel or the arrow keys, and keep one"""

    bl_idname = "contrapposto.choose_reading"
    bl_label = "Choose Reading"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Reading",
        description="Which reading, counted from 1, the likeliest first",
        min=1,
        default=1,
        options={"SKIP_SAVE"},
    )
    _timer: Any = None
    _workspace = ""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """There must be several readings, still known."""
        reason = why_no_choice(context)
        if reason is not None:
            cls.poll_message_set(reason)
        return reason is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Keep the reading `index`."""
        try:
            run = _run(context.scene)
            if self.index > len(run.result.estimates):
                raise InputError(f"There is no reading {self.index}: the photo gave {len(run.result.estimates)}.")
            return self._keep(context, run, self.index - 1)
        except ContrappostoError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show readings until one is kept; without a window, keep `index` at once."""
        if bpy.app.background or context.window is None:
            return self.execute(context)
        posed = context.scene.contrapposto.result.reading - 1
        try:
            run = _run(context.scene)
            armature, scene = run.target.find()
            self._frame = scene.frame_current_final
            _go_to(scene, run.target.frame)
            preview = run.on_rig.preview(armature, posed=posed)
            session.choosing = Choosing(run, preview, posed, posed, lambda: self._put_away(bpy.context))
            self._timer = context.window_manager.event_timer_add(TIMER_STEP_S, window=context.window)
            if self.properties.is_property_set("index"):
                show(context, self.index - 1)
        except ContrappostoError as error:
            self._put_away(context)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        operator: Any = self
        context.window_manager.modal_handler_add(operator)
        self._tell(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Wheel and arrows show, a click or Enter keeps, Esc goes back; the view can be turned meanwhile."""
        choosing = session.choosing
        if choosing is None:  # ended from outside
            return {"CANCELLED"}
        try:
            answer = self._hear(context, event, choosing)
            if choosing.ended is not None:
                return self._end(context, choosing, keep=choosing.ended)
        except ContrappostoError as error:
            self._put_away(context)
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except BaseException:
            self._put_away(context)
            raise
        return answer

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself: another file is loaded, or the window closes."""
        self._put_away(context)

    def _hear(self, context: bpy.types.Context, event: bpy.types.Event, choosing: Choosing) -> set[str]:
        place = _region_under(context, event)
        if event.type == "TIMER" or (place == "UI" and event.type in MOUSE):
            return {"PASS_THROUGH"}  # the sidebar has buttons for the same
        if place == "WINDOW" and event.type.startswith(NAVIGATION):
            return {"PASS_THROUGH"}
        if event.value == "PRESS" and (place == "WINDOW" or event.type not in MOUSE):
            if event.type in PREVIOUS | NEXT:
                step(context, 1 if event.type in NEXT else -1)
                self._tell(context)
            elif event.type in KEEP | BACK:
                choosing.ended = event.type in KEEP
        return {"RUNNING_MODAL"}

    def _end(self, context: bpy.types.Context, choosing: Choosing, *, keep: bool) -> set[str]:
        self._put_away(context)
        if not keep or choosing.shown == choosing.posed:
            return {"CANCELLED"}
        self.index = choosing.shown + 1
        return self._keep(context, choosing.run, choosing.shown)

    def _keep(self, context: bpy.types.Context, run: PhotoRun, index: int) -> set[str]:
        armature, scene = run.target.find()
        outcome = scene.contrapposto.result
        keyed = run.on_rig.keyed(outcome.reading - 1)
        report = run.on_rig.exchange(armature, index, keyed=keyed)
        _go_to(scene, run.target.frame)
        let_camera_follow(run, index)
        write_reading(outcome, run, index, report=report)
        outcome.summary = f"{reading_in_words(scene, index)} kept: {keyed_in_words(run, report)}"
        redraw_views()
        self.report({"INFO"}, outcome.summary)
        return {"FINISHED"}

    def _tell(self, context: bpy.types.Context) -> None:
        choosing, workspace = session.choosing, context.workspace
        if choosing is not None and workspace is not None:
            self._workspace = workspace.name
            workspace.status_text_set(
                f"{reading_in_words(context.scene, choosing.shown)}   |   Wheel or arrows: another   |   "
                "Click or Enter: keep   |   Esc: back"
            )
        redraw_sidebars(context)

    def _put_away(self, context: bpy.types.Context) -> None:
        """Show what is keyed, and take away timer and text; may be called twice."""
        choosing, session.choosing = session.choosing, None
        if choosing is None:
            return
        context.window_manager.event_timer_remove(self._timer)
        workspace = bpy.data.workspaces.get(self._workspace)
        if workspace is not None:
            workspace.status_text_set(None)
        _show_posed(choosing, frame=self._frame)
        redraw_sidebars(context)


class CONTRAPPOSTO_OT_step_reading(bpy.types.Operator):
    """Show another reading on the rig; it is not kept yet"""

    bl_idname = "contrapposto.step_reading"
    bl_label = "Show Another Reading"
    bl_options = {"INTERNAL"}

    step: IntProperty(default=1, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _is_choosing(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it."""
        try:
            step(context, self.step)
        except ContrappostoError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class CONTRAPPOSTO_OT_end_choice(bpy.types.Operator):
    """End the choice of a reading"""

    bl_idname = "contrapposto.end_choice"
    bl_label = "End Choice"
    bl_options = {"INTERNAL"}

    keep: BoolProperty(default=True, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        return _is_choosing(cls)

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Says what becomes of the reading."""
        return "Keep the reading that is shown" if properties.keep else "Go back to the reading that was there before"

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Tell the operator that shows the readings, which hears it at its next tick."""
        if session.choosing is not None:
            session.choosing.ended = self.keep
        return {"FINISHED"}


def _is_choosing(operator: type[bpy.types.Operator]) -> bool:
    if session.choosing is None:
        operator.poll_message_set("No reading is being chosen")
    return session.choosing is not None


def step(context: bpy.types.Context, by: int) -> None:
    """Show the reading that is `by` further; after the last comes the first.

    Raises:
        RigError: the armature is gone, or was changed.
    """
    choosing = session.choosing
    if choosing is not None:
        show(context, (choosing.shown + by) % len(choosing.run.result.estimates))


def show(context: bpy.types.Context, index: int) -> None:
    """Show a reading, counted from 0, of the photo from which one is being chosen.

    Raises:
        RigError: the armature is gone, or was changed.
    """
    choosing = session.choosing
    if choosing is None:
        return
    armature, _ = choosing.run.target.find()
    index = min(index, len(choosing.run.result.estimates) - 1)
    choosing.preview.show(armature, index)
    let_camera_follow(choosing.run, index)
    choosing.shown = index
    redraw_sidebars(context)


def _show_posed(choosing: Choosing, *, frame: float) -> None:
    """Show rig and playhead as they were before the choice began, if the rig is still there."""
    try:
        armature, scene = choosing.run.target.find()
        choosing.preview.back(armature)
        let_camera_follow(choosing.run, choosing.posed)
    except ContrappostoError:
        return  # with the armature its pose is gone
    _go_to(scene, frame)


def _run(scene: Any) -> PhotoRun:
    run = session.run_of(scene)
    if run is None:
        raise InputError(f"{TOO_LONG_AGO}.")
    return run


def _go_to(scene: bpy.types.Scene, frame: float) -> None:
    """Put the playhead where the photo was keyed: readings are looked at there."""
    if scene.frame_current_final != frame:
        scene.frame_set(int(frame // 1), subframe=frame % 1.0)


def _region_under(context: bpy.types.Context, event: bpy.types.Event) -> str:
    """What the mouse is over: WINDOW of a 3D view, UI where its sidebar shows our tab, or nothing of ours."""
    found = ""
    for area in context.window.screen.areas:
        if area.type != "VIEW_3D":
            continue
        for region in area.regions:
            inside = 0 <= event.mouse_x - region.x < region.width and 0 <= event.mouse_y - region.y < region.height
            if inside and region.type == "UI":  # it may lie over the view
                return "UI" if region.active_panel_category == TAB else ""
            if inside and region.type == "WINDOW":
                found = "WINDOW"
    return found


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_choose_reading, CONTRAPPOSTO_OT_step_reading, CONTRAPPOSTO_OT_end_choice)
