"""Strokes over the rig pose it: what is drawn in the 3D view is read as a figure, seen from that view."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zlib import crc32

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatVectorProperty, IntProperty, IntVectorProperty

from ..backend.errors import InputError
from ..backend.job import Job, Progress
from ..panels.options import draw_options
from ..preferences import Settings, settings
from ..translations.words import n_
from .estimate_photo import PosesFromPicture, fill_options, first_readings, key_options, remembered_refusal
from .session import session
from .target import Target, armature_under_strokes, why_not, why_not_this
from .view import view_region
from .ways import SketchWay, check_packages, check_person, knowing_the_rig, solve_with_words

if TYPE_CHECKING:
    from ..backend.sketch_pipeline import SketchResult
    from ..backend.view_drawing import StrokePicture, ViewOfRegion
    from ..rig.pose_plan import KeyOptions
    from ..rig.strokes import ViewFrame

NO_VIEW: Final = (
    "Strokes are read as a 3D view shows them, and there is no window with one. In a script, give the operator "
    "view_matrix, window_matrix and region_size of a view."
)
NO_ARMATURE: Final = n_("Select the armature beside the strokes: it is not clear which one to pose")


class StrokesWay(SketchWay):
    """Strokes in the 3D view."""

    operator = "contrapposto.sketch_strokes"


STROKES: Final = StrokesWay()


def stroke_job(
    picture: StrokePicture, person: int, *, chosen: Settings, readings: int = 1, words: str = ""
) -> Job[SketchResult]:
    """From strokes to a pose in their picture.

    Args:
        picture: the strokes as they are seen.
        person: which figure, counted from 1; 0 for the most prominent.
        chosen: the preferences.
        readings: how many to look for.
        words: what the strokes leave open.
    """
    yield from check_packages()
    from ..backend import sketch_pipeline

    # Every picture of strokes has a name of its own, by which the camera matched to it is known.
    path = Path(f"Strokes {crc32(picture.pixels.tobytes()):08x}")
    found = yield from sketch_pipeline.figures_in(path, picture.pixels, session.models(chosen), camera=picture.camera)
    check_person(STROKES, person, found)
    job = solve_with_words(STROKES, found, max(person, 1) - 1, chosen=chosen, readings=readings, words=words)
    return (yield from job)


def standing_in_view(
    job: Job[SketchResult], target: Target, view: ViewOfRegion, *, picture: StrokePicture, options: KeyOptions
) -> Job[SketchResult]:
    """What the job solves, turned and moved so that the target looks from the view as it was drawn in `picture`."""
    from ..rig.in_view import stand_in_view

    result = yield from job
    yield Progress("Posing", 1.0)
    armature, _ = target.find()
    with remembered_refusal(armature):
        return stand_in_view(armature, result, view, picture=picture, options=options)


def seen_in(context: bpy.types.Context) -> tuple[ViewOfRegion, ViewFrame | None]:
    """How the 3D view that was clicked in, or else the largest, shows the world; and its camera's frame, if it has one.

    Raises:
        InputError: there is no window.
    """
    import numpy as np

    from ..rig.in_view import shown_view

    found = view_region(context)
    if found is None:
        raise InputError(NO_VIEW)
    area, region = found
    view = area.spaces.active.region_3d
    shown = shown_view(region, view)
    camera = context.scene.camera
    if view.view_perspective != "CAMERA" or camera is None:
        return shown, None
    corners = [camera.matrix_world @ corner for corner in camera.data.view_frame(scene=context.scene)]
    pixels = shown.pixels(np.array(corners))
    (left, top), (right, bottom) = pixels.min(axis=0).tolist(), pixels.max(axis=0).tolist()
    return shown, (left, top, right, bottom)


class CONTRAPPOSTO_OT_sketch_strokes(PosesFromPicture, bpy.types.Operator):
    """Pose the armature like the figure drawn over it with annotations or Grease Pencil, as seen in this view"""

    bl_idname = "contrapposto.sketch_strokes"
    bl_label = "Pose from Strokes"
    bl_options = {"REGISTER", "UNDO"}
    job_title = "Pose from Strokes"
    way = STROKES

    source: EnumProperty(
        name="Strokes",
        description="Which strokes to read",
        items=(
            ("AUTO", "Automatic", "Selected Grease Pencil objects, else annotations, else all Grease Pencil objects"),
            ("GREASE_PENCIL", "Grease Pencil", "Selected Grease Pencil objects, or else all that can be seen"),
            ("ANNOTATIONS", "Annotations", "The scene's annotations"),
        ),
        default="AUTO",
    )
    all_layers: BoolProperty(
        name="All Layers", description="Read all layers that are shown, and not the active one alone", default=False
    )
    afterwards: EnumProperty(
        name="Afterwards",
        description="What becomes of the strokes once the rig is posed",
        items=(
            ("KEEP", "Keep", "Leave the strokes as they are"),
            ("HIDE", "Hide", "Hide the layers that were read"),
            ("CLEAR", "Remove", "Remove the strokes of the layers that were read, at this frame"),
        ),
        default="KEEP",
    )
    person: IntProperty(
        name="Figure",
        description="Which figure to pose, counted from 1, the most prominent first",
        min=0,
        default=0,
        options={"SKIP_SAVE"},
    )
    view_matrix: FloatVectorProperty(
        name="View",
        description="World to view, row by row; by default the 3D view's",
        size=16,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    window_matrix: FloatVectorProperty(
        name="Window", description="View to clip space, row by row", size=16, options={"SKIP_SAVE", "HIDDEN"}
    )
    region_size: IntVectorProperty(
        name="Region", description="Width and height of the view in pixels", size=2, options={"SKIP_SAVE", "HIDDEN"}
    )
    camera_frame: FloatVectorProperty(
        name="Frame",
        description="Left, top, right and bottom of the camera's frame in the view, where it looks through one",
        size=4,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    # Blender reads the hints of this class, so they name nothing that is imported for type checkers alone.
    _view: Any = None
    _lines: Any = None
    _picture: Any = None

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        """An armature must be active, or be the one beside the strokes that are."""
        armature = armature_under_strokes(context)
        if armature is not None:
            return why_not_this(armature)
        active = context.active_object
        return why_not(context) if active is None or active.type != "GREASEPENCIL" else NO_ARMATURE

    @property
    def request(self) -> dict[str, Any]:
        seen = {name: tuple(getattr(self, name)) for name in ("view_matrix", "window_matrix", "region_size")}
        frame = {"camera_frame": tuple(self.camera_frame)} if self.properties.is_property_set("camera_frame") else {}
        return {"source": self.source, "all_layers": self.all_layers, **seen, **frame}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up."""
        fill_options(self, context.scene.contrapposto.options)
        return self.start_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        from ..backend.packages import require_opencv

        require_opencv()
        self._target = Target.of(context, armature_under_strokes(context))
        self._view, frame = self._take_view(context)
        from ..rig.strokes import lines_of_scene

        self._lines = lines_of_scene(context, self.source, all_layers=self.all_layers)
        self._picture = self._lines.picture(self._view, frame=frame)
        chosen, first = settings(context), first_readings(self)
        job = stroke_job(self._picture, self.person, chosen=chosen, readings=first, words=self.words)
        options = key_options(self, frame=self._target.frame)
        job = standing_in_view(job, self._target, self._view, picture=self._picture, options=options)
        return knowing_the_rig(self._target, job)

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        from ..rig.strokes import put_away

        _stop_drawing(context)
        answer = super().finish_job(context, result)
        if "FINISHED" in answer:
            _, scene = self._target.find()
            put_away(scene, self._lines, self.afterwards)
        return answer

    def _take_view(self, context: bpy.types.Context) -> tuple[Any, Any]:
        """The view that was given, or the one that is looked at, which is kept for when the options are changed."""
        import numpy as np

        from ..backend.view_drawing import ViewOfRegion

        if not self.properties.is_property_set("view_matrix"):
            view, frame = seen_in(context)
            self.view_matrix, self.window_matrix = view.view.ravel().tolist(), view.window.ravel().tolist()
            self.region_size = (view.width, view.height)
            if frame is not None:
                self.camera_frame = frame
        view, window = (np.array(m, np.float64).reshape(4, 4) for m in (self.view_matrix, self.window_matrix))
        frame = tuple(self.camera_frame) if self.properties.is_property_set("camera_frame") else None
        return ViewOfRegion(view, window, self.region_size[0], self.region_size[1]), frame

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "source")
        layout.prop(self, "all_layers")
        layout.prop(self, "afterwards")
        draw_options(layout, self)


def _stop_drawing(context: bpy.types.Context) -> None:
    """Leave the modes of Grease Pencil, in which Blender's undo knows of strokes alone."""
    active = context.active_object
    if active is not None and active.type == "GREASEPENCIL" and active.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_sketch_strokes,)
