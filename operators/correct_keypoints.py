"""Keypoints dragged over the photo, or over strokes in the view: the rig follows, and one undo step keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import FloatProperty, StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..rig.overlay import redraw_views
from ..translations.words import iface_, n_, rpt_
from .all_or_nothing import all_or_nothing
from .last_photo import NeedsPhoto, run_of
from .match_camera import let_camera_follow
from .other_readings import run_with_all
from .photo_result import keyed_in_words, write_reading
from .session import PhotoRun, session
from .target import go_to
from .view import look_along, look_through_camera, see_through, view_region

if TYPE_CHECKING:
    from ..backend.camera_match import Sighting
    from ..backend.correction import Correction
    from ..backend.estimate.estimator import Estimate
    from ..rig.keypoint_handles import FindFrame

KEEP: Final = frozenset({"RET", "NUMPAD_ENTER"})
BACK: Final = frozenset({"RIGHTMOUSE", "ESC"})
FREE: Final = frozenset({"X", "DEL", "BACK_SPACE"})
ZOOMS: Final = frozenset({"WHEELUPMOUSE", "WHEELDOWNMOUSE", "TRACKPADZOOM", "NUMPAD_PLUS", "NUMPAD_MINUS"})
STATUS: Final = n_(
    "Drag a point: the limb follows   |   X: let it go   |   Ctrl Z: back   |   Enter: keep   |   Esc: leave"
)


def correction_of(run: PhotoRun) -> Correction:
    """What was corrected of a run so far."""
    from ..backend.correction import Correction

    result: Any = run.result  # a picture's: the operators need one
    return run.correction or Correction(result)


def keep_correction(context: bpy.types.Context, correction: Correction, *, solved: Estimate | None = None) -> PhotoRun:
    """Key the reading that is posed as it is with the correction, and let the matched camera follow.

    Args:
        context: whose scene shows the photo's result.
        correction: all points that are placed.
        solved: that reading, if it has been solved already.

    Raises:
        ContrappostoError: it cannot be solved or keyed; nothing is changed.
    """
    run = run_of(context.scene)
    with all_or_nothing(run.target):
        return _keyed_anew(run, correction, solved)


def _keyed_anew(run: PhotoRun, correction: Correction, solved: Estimate | None) -> PhotoRun:
    armature, scene = run.target.find()
    outcome: Any = scene.contrapposto.result
    index = outcome.reading - 1
    result = correction.result(solved=None if solved is None else {index: solved})
    on_rig = run.on_rig.with_readings([estimate.poses for estimate in result.estimates])
    corrected = PhotoRun(result, run.target, run.request, on_rig, correction, operator=run.operator)
    report = on_rig.exchange(armature, index, keyed=run.on_rig.keyed(index))
    go_to(scene, run.target.frame)
    let_camera_follow(corrected, index)
    session.keep_run(corrected)
    outcome.run = corrected.name
    write_reading(outcome, corrected, index, report=report)
    count = len(correction.moved)
    one = n_("{count} keypoint placed: {keyed}")
    words = rpt_(one if count == 1 else n_("{count} keypoints placed: {keyed}"))
    outcome.summary = words.format(count=count, keyed=keyed_in_words(corrected, report))
    redraw_views()
    return corrected


class CONTRAPPOSTO_OT_move_keypoint(NeedsPhoto, bpy.types.Operator):
    """Put one keypoint of the photo in another place and pose the rig again"""

    bl_idname = "contrapposto.move_keypoint"
    bl_label = "Move Keypoint"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Keypoint", description="Such as left_wrist; left is the person's own")
    x: FloatProperty(name="X", description="Pixels from the photo's left edge")
    y: FloatProperty(name="Y", description="Pixels from the photo's upper edge")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Move it."""
        try:
            correction = correction_of(run_with_all(context.scene)).with_moved(self.name, (self.x, self.y))
            keep_correction(context, correction)
        except ContrappostoError as error:
            return self.refuse(error)
        self.report({"INFO"}, context.scene.contrapposto.result.summary)
        return {"FINISHED"}


class CONTRAPPOSTO_OT_correct_keypoints(NeedsPhoto, bpy.types.Operator):
    """Drag the keypoints of the photo to where they belong; the rig follows at once"""

    bl_idname = "contrapposto.correct_keypoints"
    bl_label = "Correct Keypoints"
    bl_options = {"UNDO"}

    # Blender reads the hints of this class, so they name nothing that is imported for type checkers alone.
    _correction: Any = None
    _history: Any = ()
    _handles: Any = None
    _live: Any = None
    _see_through: Any = None
    _solved: Any = None
    _dragged: str | None = None
    _grip: tuple[float, float] = (0.0, 0.0)
    _frame = 0.0
    _workspace = ""

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Points are dragged in a window."""
        self.report({"ERROR"}, "Keypoints are dragged in a window. Scripts move them with contrapposto.move_keypoint.")
        return {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Look as the picture was taken or the strokes were drawn, and show the handles."""
        if view_region(context) is None:
            return self.execute(context)
        try:
            self._begin(context)
        except ContrappostoError as error:
            self._put_away(context)
            return self.refuse(error)
        operator: Any = self
        context.window_manager.modal_handler_add(operator)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Drag, keep or leave; the view can be zoomed and moved meanwhile."""
        if session.correcting is None:  # ended from outside
            return {"CANCELLED"}
        try:
            return self._hear(context, event)
        except ContrappostoError as error:
            self._put_away(context)
            return self.refuse(error)
        except BaseException:  # Blender does not call it again: what it shows must go, and the fault is told
            self._put_away(context)
            raise

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator itself: another file is loaded, or the window closes."""
        self._put_away(context)

    def _begin(self, context: bpy.types.Context) -> None:
        run = run_with_all(context.scene)
        armature, scene = run.target.find()
        from ..backend.packages import require_torch
        from ..rig.keypoint_handles import KeypointHandles
        from ..rig.live_pose import LivePose

        require_torch()
        find_frame, camera = _look_at_picture(context, run)
        self._frame = scene.frame_current_final
        go_to(scene, run.target.frame)
        self._correction, self._history = correction_of(run), []
        self._live = LivePose(run.on_rig, armature, scene, follow=camera)
        self._see_through = see_through(context)
        found = view_region(context)
        region = 0 if found is None else found[1].as_pointer()
        self._handles = KeypointHandles(region, find_frame)
        self._place_handles(context)
        session.correcting = lambda: self._put_away(bpy.context)
        self._handles.show()
        workspace = context.workspace
        if workspace is not None:
            self._workspace = workspace.name
            workspace.status_text_set(iface_(STATUS))
        redraw_views()

    def _hear(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if event.type in ZOOMS or (event.type == "MIDDLEMOUSE" and (event.shift or event.ctrl)):
            return {"PASS_THROUGH"}
        if event.type == "MOUSEMOVE":
            self._follow(context, _mouse(context, event))
        elif event.type == "LEFTMOUSE":
            self._grip_or_let_go(context, _mouse(context, event), pressed=event.value == "PRESS")
        elif event.value != "PRESS":
            return {"RUNNING_MODAL"}
        elif event.type in BACK:
            self._put_away(context)
            return {"CANCELLED"}
        elif event.type in KEEP:
            return self._keep(context)
        elif event.type in FREE and self._handles.active is not None:
            self._change(context, self._correction.with_moved(self._handles.active, None))
        elif event.type == "Z" and (event.ctrl or event.oskey) and self._history:
            self._set(context, self._history.pop())
        return {"RUNNING_MODAL"}

    def _follow(self, context: bpy.types.Context, mouse: tuple[float, float]) -> None:
        """The mouse has moved: the point that is held goes with it, else the one within reach is shown."""
        frame, name = self._handles.frame, self._dragged
        if name is not None and frame is not None:
            place = frame.to_picture((mouse[0] + self._grip[0], mouse[1] + self._grip[1]))
            self._set(context, self._correction.with_moved(name, place))
            return
        active = self._handles.nearest(mouse)
        if active != self._handles.active:
            self._handles.active = active
            redraw_views()

    def _grip_or_let_go(self, context: bpy.types.Context, mouse: tuple[float, float], *, pressed: bool) -> None:
        """A press on a point holds it, and places it where it is."""
        name = self._handles.nearest(mouse) if pressed else None
        frame, self._dragged = self._handles.frame, name
        if name is None or frame is None:
            return
        at = frame.to_region(self._handles.places[name])
        self._grip, self._handles.active = (at[0] - mouse[0], at[1] - mouse[1]), name
        if name not in self._correction.moved:
            self._change(context, self._correction.with_moved(name, self._handles.places[name]))
        else:
            self._history.append(self._correction)

    def _change(self, context: bpy.types.Context, correction: Correction) -> None:
        self._history.append(self._correction)
        self._set(context, correction)

    def _set(self, context: bpy.types.Context, correction: Correction) -> None:
        """Solve again and show it."""
        run = run_of(context.scene)
        armature, scene = run.target.find()
        index = scene.contrapposto.result.reading - 1
        solved = correction.reading(index)
        sighting = _sighting(run, correction, solved)
        self._live.show(solved.poses, sighting, armature=armature, scene=scene)
        self._correction, self._solved = correction, solved
        self._place_handles(context)
        redraw_views()

    def _place_handles(self, context: bpy.types.Context) -> None:
        from ..backend.correction import HANDLES, handle_places
        from ..backend.keypoints import BLAZEPOSE_33

        index = context.scene.contrapposto.result.reading - 1
        places = handle_places(self._correction, index, solved=self._solved)
        seen = self._correction.observation()
        rows = {name: BLAZEPOSE_33.index[name] for name in HANDLES}
        self._handles.places = {name: (float(places[row, 0]), float(places[row, 1])) for name, row in rows.items()}
        columns = {name: seen.schema.index.get(name) for name in HANDLES}
        self._handles.confidence = {
            name: float(seen.confidence[0, column]) for name, column in columns.items() if column is not None
        }
        self._handles.placed = frozenset(self._correction.moved)

    def _keep(self, context: bpy.types.Context) -> set[str]:
        correction, solved = self._correction, self._solved
        self._put_away(context)
        if solved is None or correction.moved == correction_of(run_of(context.scene)).moved:
            return {"CANCELLED"}
        keep_correction(context, correction, solved=solved)
        self.report({"INFO"}, context.scene.contrapposto.result.summary)
        return {"FINISHED"}

    def _put_away(self, context: bpy.types.Context) -> None:
        """Show what is keyed, and take away handles and text; may be called twice."""
        if session.correcting is None:
            return
        session.correcting = None
        self._handles.hide()
        self._see_through.put_back()
        workspace = bpy.data.workspaces.get(self._workspace)
        if workspace is not None:
            workspace.status_text_set(None)
        redraw_views()
        try:
            armature, scene = run_of(context.scene).target.find()
            self._live.back(armature, scene)
        except ContrappostoError:
            return  # with the armature its pose is gone
        go_to(scene, self._frame)


def _look_at_picture(context: bpy.types.Context, run: PhotoRun) -> tuple[FindFrame, bool]:
    """How the picture lies in the view from now on, and whether it is behind the matched camera.

    Strokes lie where they were drawn, and are looked at from that side; a view that does so already stays.

    Raises:
        InputError: a camera is needed and could not be matched.
    """
    from ..backend.sketch_pipeline import SketchResult
    from ..rig.in_view import shown_view
    from ..rig.keypoint_handles import behind_camera, on_plane

    result, found = run.result, view_region(context)
    if not isinstance(result, SketchResult) or result.plane is None or found is None:
        _match_first(context, run)
        return behind_camera(run.result.observation.image_size, flipped=run.on_rig.options.flip), True
    area, region = found
    if not result.plane.faces(shown_view(region, area.spaces.active.region_3d)):
        look_along(area, result.plane.view.axes)
    return on_plane(result.plane), False


def _match_first(context: bpy.types.Context, run: PhotoRun) -> None:
    """Look through the camera that is matched to this photo; where there is none, match it, a step of its own.

    Raises:
        InputError: it could not be matched.
    """
    from ..rig.camera import camera_of

    camera = camera_of(context.scene, run.result.found.path)
    if camera is not None and camera == context.scene.camera:
        look_through_camera(context)
        return
    if bpy.ops.contrapposto.match_camera("EXEC_DEFAULT", True) != {"FINISHED"}:
        raise InputError("The camera could not be matched, so the photo cannot be shown behind the rig.")


def _sighting(run: PhotoRun, correction: Correction, solved: Estimate) -> Sighting:
    from ..backend.camera_match import Sighting

    seen = Sighting.of(solved, correction.observation())
    return seen.flipped() if run.on_rig.options.flip else seen


def _mouse(context: bpy.types.Context, event: bpy.types.Event) -> tuple[float, float]:
    """In pixels of the region that the handles are in."""
    found = view_region(context)
    if found is None:
        return (-1e6, -1e6)
    return float(event.mouse_x - found[1].x), float(event.mouse_y - found[1].y)


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_move_keypoint, CONTRAPPOSTO_OT_correct_keypoints)
