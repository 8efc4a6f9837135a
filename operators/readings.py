"""The readings of the last photo: shown live on the rig, and one of them kept, as one undo step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import bpy
from bpy.props import BoolProperty, IntProperty

from ..backend.errors import ContrappostoError, InputError
from ..rig.overlay import redraw_views
from ..translations.words import iface_, n_, rpt_, tip_
from .all_or_nothing import all_or_nothing
from .last_photo import why_no_photo
from .match_camera import let_camera_follow
from .modal_job import redraw_sidebars
from .other_readings import run_with_all
from .photo_result import keyed_in_words, write_reading
from .session import Choosing, PhotoRun, session
from .target import go_to
from .telling import TellsWhy, as_sentence

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
NO_CHOICE: Final = n_("No reading is being chosen")
ONE_READING: Final = n_("The picture gave one reading only")
ONE_BY_SOLVER: Final = n_("This solver gives one reading only: the pose model gives several")
ONE_ASKED_FOR: Final = n_("One reading only was asked for: raise Readings under Settings and pose again")


def why_no_choice(context: bpy.types.Context) -> str | None:
    """In words, what keeps another reading from being chosen; None when nothing does. Cheap enough for `poll`."""
    reason, run = why_no_photo(context), session.run_of(context.scene)
    if reason is not None or run is None or session.is_searching(run):
        return reason
    return why_only_one(run) if len(run.result.estimates) < 2 else None


def why_only_one(run: PhotoRun) -> str:
    """In words, what a run has one reading from."""
    if not run.result.reads_several_ways:
        return ONE_BY_SOLVER
    return ONE_ASKED_FOR if run.request.get("readings") == 1 else ONE_READING


def reading_in_words(scene: Any, index: int, *, brief: bool = False) -> str:
    """Such as `Reading 2 of 3 (31 %)`, as far as the readings are known, or in `brief` without the first word.

    Args:
        scene: whose photo.
        index: the reading, counted from 0.
        brief: for a narrow sidebar.
    """
    run = session.run_of(scene)
    if run is None:
        words = f"{index + 1}"
    elif session.is_searching(run):
        words = iface_("{number} of …").format(number=index + 1)
    elif len(run.result.estimates) == 1:
        return iface_("One reading")
    else:
        estimates = run.result.estimates
        share = f"{100.0 * estimates[index].likelihood:.0f}"
        words = iface_("{number} of {count} ({share} %)").format(number=index + 1, count=len(estimates), share=share)
    return words if brief else iface_("Reading {words}").format(words=words)


class CONTRAPPOSTO_OT_choose_reading(TellsWhy, bpy.types.Operator):
    """Look at the readings of the photo on the rig, with the mouse wheel or the arrow keys, and keep one"""

    bl_idname = "contrapposto.choose_reading"
    bl_label = "Choose Reading"
    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(
        name="Reading",
        description="Which reading, counted from 1: the expected one, then the others, the likeliest first",
        min=1,
        default=1,
        options={"SKIP_SAVE"},
    )
    step: IntProperty(
        name="Step",
        description="In a window, show the reading that is so much further first",
        default=0,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    _timer: Any = None
    _workspace = ""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """There must be several readings, still known."""
        return why_no_choice(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Keep the reading `index`."""
        try:
            run = run_with_all(context.scene)
            if self.index > len(run.result.estimates):
                raise InputError(f"There is no reading {self.index}: the photo gave {len(run.result.estimates)}.")
            return self._keep(context, run, self.index - 1)
        except ContrappostoError as error:
            return self.refuse(error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Show readings until one is kept; without a window, keep `index` at once."""
        if bpy.app.background or context.window is None:
            return self.execute(context)
        try:
            run = run_with_all(context.scene)
            if len(run.result.estimates) < 2:
                redraw_sidebars(context)
                raise InputError(run.trouble or as_sentence(why_only_one(run)))
            self._begin(context, run)
        except ContrappostoError as error:
            self._put_away(context)
            return self.refuse(error)
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
            return self.refuse(error)
        except BaseException:  # Blender does not call it again: what it shows must go, and the fault is told
            self._put_away(context)
            raise
        return answer

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself: another file is loaded, or the window closes."""
        self._put_away(context)

    def _begin(self, context: bpy.types.Context, run: PhotoRun) -> None:
        """Show the reading that was asked for."""
        armature, scene = run.target.find()
        posed = scene.contrapposto.result.reading - 1
        self._frame = scene.frame_current_final
        go_to(scene, run.target.frame)
        preview = run.on_rig.preview(armature, posed=posed)
        session.choosing = Choosing(run, preview, posed, posed, lambda: self._put_away(bpy.context))
        self._timer = context.window_manager.event_timer_add(TIMER_STEP_S, window=context.window)
        if self.properties.is_property_set("index"):
            show(context, self.index - 1)
        elif self.step:
            step(context, self.step)

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
        with all_or_nothing(run.target):
            armature, scene = run.target.find()
            outcome = scene.contrapposto.result
            keyed = run.on_rig.keyed(outcome.reading - 1)
            report = run.on_rig.exchange(armature, index, keyed=keyed)
            go_to(scene, run.target.frame)
            let_camera_follow(run, index)
            write_reading(outcome, run, index, report=report)
            kept = rpt_("{reading} kept: {keyed}")
            outcome.summary = kept.format(reading=reading_in_words(scene, index), keyed=keyed_in_words(run, report))
            redraw_views()
            self.report({"INFO"}, outcome.summary)
            return {"FINISHED"}

    def _tell(self, context: bpy.types.Context) -> None:
        choosing, workspace = session.choosing, context.workspace
        if choosing is not None and workspace is not None:
            self._workspace = workspace.name
            told = iface_("{reading}   |   Wheel or arrows: another   |   Click or Enter: keep   |   Esc: back")
            workspace.status_text_set(told.format(reading=reading_in_words(context.scene, choosing.shown)))
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


class CONTRAPPOSTO_OT_step_reading(TellsWhy, bpy.types.Operator):
    """Show another reading on the rig; it is not kept yet"""

    bl_idname = "contrapposto.step_reading"
    bl_label = "Show Another Reading"
    bl_options = {"INTERNAL"}

    step: IntProperty(
        name="Step", description="How many readings further; less than 0 goes back", default=1, options={"SKIP_SAVE"}
    )

    @classmethod
    def why_not(cls, _context: bpy.types.Context) -> str | None:
        return NO_CHOICE if session.choosing is None else None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Show it."""
        try:
            step(context, self.step)
        except ContrappostoError as error:
            return self.refuse(error)
        return {"FINISHED"}


class CONTRAPPOSTO_OT_end_choice(TellsWhy, bpy.types.Operator):
    """End the choice of a reading"""

    bl_idname = "contrapposto.end_choice"
    bl_label = "End Choice"
    bl_options = {"INTERNAL"}

    keep: BoolProperty(name="Keep", description="Keep the reading that is shown", default=True, options={"SKIP_SAVE"})

    @classmethod
    def why_not(cls, _context: bpy.types.Context) -> str | None:
        return NO_CHOICE if session.choosing is None else None

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Says what becomes of the reading."""
        if properties.keep:
            return tip_("Keep the reading that is shown")
        return tip_("Go back to the reading that was there before")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Tell the operator that shows the readings, which hears it at its next tick."""
        if session.choosing is not None:
            session.choosing.ended = self.keep
        return {"FINISHED"}


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
    go_to(scene, frame)


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
