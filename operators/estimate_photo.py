"""A photo poses the active armature: the operator, its file browser, and the drop on the 3D view."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job, Progress
from ..preferences import Settings, settings
from ..properties import OPTION_NAMES, PoseOptions
from ..rig.overlay import redraw_views
from .modal_job import ModalJob, redraw_sidebars
from .other_readings import can_wait, look_for_others
from .photo_result import write_result
from .session import PersonChoice, PhotoRun, session
from .target import Target, why_not
from .telling import TellsWhy

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople, PhotoResult
    from ..rig.pose_plan import KeyOptions

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")


@dataclass(frozen=True)
class Several:
    """The outcome of a job that has to ask first whom to pose."""

    found: "FoundPeople"


def photo_job(
    path: Path, person: int, *, ask: bool, chosen: Settings, readings: int = 1
) -> "Job[PhotoResult | Several]":
    """From a picture to a pose.

    Args:
        path: the picture.
        person: whom to pose, counted from 1; 0 for the most prominent, or to ask.
        ask: with several people and `person` 0, end with `Several`.
        chosen: the preferences.
        readings: how many to look for.
    """
    yield Progress("Loading", 0.0)
    from ..backend.packages import require_opencv, require_package

    # The first time this takes long, and was announced.
    require_package("scipy.spatial.transform", name="scipy", purpose="compute with rotations")
    require_opencv()
    from ..backend import pipeline

    found = session.recall(path)
    if found is None:
        found = yield from pipeline.find_people(path, session.models(chosen))
        session.remember(found)
    count = len(found.people)
    if person > count:
        raise InputError(
            f"There is no person {person} in {path.name}: {count} found. Choose a number from 1 to {count}, or 0."
        )
    if ask and person == 0 and count > 1:
        return Several(found)
    person = max(person, 1) - 1
    models = session.models(chosen)
    return (yield from pipeline.solve_person(found, person, models, solver=chosen.solver, readings=readings))


def fill_options(operator: Any, options: Any) -> None:
    """Take from the scene's options what the caller of the operator did not set."""
    for name in OPTION_NAMES:
        if not operator.properties.is_property_set(name):
            setattr(operator, name, getattr(options, name))


def options_of(source: Any) -> dict[str, Any]:
    """The options of an operator or of the scene, by name."""
    return {name: getattr(source, name) for name in OPTION_NAMES}


def key_options(source: Any, *, frame: float) -> "KeyOptions":
    """How the options of an operator or of the scene have a pose keyed."""
    from ..rig.pose_plan import KeyOptions

    return KeyOptions(
        frame=frame,
        selected_only=source.selected_only,
        root_location=source.root_location,
        blend=source.blend,
        in_place=source.in_place,
        flip=source.flip,
        limbs=source.limbs,
        relax_hands=source.relax_hands,
        min_confidence=source.min_confidence if source.only_sure else 0.0,
        keep_unseen=source.keep_unseen,
    )


def draw_options(layout: bpy.types.UILayout, source: Any) -> None:
    """Draw the options of an operator or of the scene."""
    column = layout.column()
    column.prop(source, "selected_only")
    column.prop(source, "flip")
    column.prop(source, "relax_hands")
    column.prop(source, "root_location")
    row = column.row()
    row.active = source.root_location
    row.prop(source, "in_place")
    column.row().prop(source, "limbs", expand=True)
    column.prop(source, "blend", slider=True)
    column.prop(source, "keep_unseen")
    column.prop(source, "only_sure")
    row = column.row()
    row.active = source.only_sure
    row.prop(source, "min_confidence", slider=True)
    column.prop(source, "readings")


class PosesActiveArmature(TellsWhy):
    """Mixin of an operator that needs an armature which can be posed."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        return why_not(context)


class CONTRAPPOSTO_OT_photo(PosesActiveArmature, PoseOptions, ModalJob, bpy.types.Operator):
    """Pose the active armature like a person in a photo, and key the pose at the playhead"""

    bl_idname = "contrapposto.photo"
    bl_label = "Pose from Photo"
    bl_options = {"REGISTER", "UNDO"}
    job_title = "Pose from Photo"

    filepath: StringProperty(
        name="Photo",
        description="The picture to take the pose from",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    person: IntProperty(
        name="Person",
        description="Whom to pose, counted from 1, the most prominent first. 0 asks if there are several",
        min=0,
        default=0,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up; without a file, ask for one first."""
        if not self.filepath:
            bpy.ops.contrapposto.photo_browse("INVOKE_DEFAULT")
            return {"INTERFACE"}
        fill_options(self, context.scene.contrapposto.options)
        self._ask = not bpy.app.background
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end; the most prominent person is taken where none is named."""
        self._ask = False
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        if not self.filepath:
            raise InputError("No photo was named. Choose an image file.")
        self._target = Target.of(context)
        path = Path(bpy.path.abspath(self.filepath))
        # With a window the first reading is posed at once, and the others are looked for afterwards.
        first = 1 if can_wait() else self.readings
        return photo_job(path, self.person, ask=self._ask, chosen=settings(context), readings=first)

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        armature, scene = self._target.find()
        if isinstance(result, Several):
            return self._ask_whom(context, result.found)
        from ..rig.readings import RigReadings

        began = time.perf_counter()
        on_rig = RigReadings([e.poses for e in result.estimates], key_options(self, frame=self._target.frame))
        try:
            report = on_rig.pose(armature)
        except ContrappostoError as error:
            session.refused = (armature.session_uid, str(error))
            raise
        session.refused = None
        run = PhotoRun(result, self._target, {"filepath": self.filepath, **options_of(self)}, on_rig)
        session.keep_run(run)
        self._look_for_others(context, run)
        timings = {**result.timings_ms, "pose and key": (time.perf_counter() - began) * 1000.0}
        outcome = scene.contrapposto.result
        write_result(outcome, run, report=report, timings_ms=timings)
        redraw_views()
        self.report({"INFO"}, outcome.summary)
        for note in report.notes:
            self.report({"WARNING"}, note)
        return {"FINISHED"}

    def _look_for_others(self, context: bpy.types.Context, run: PhotoRun) -> None:
        if self.readings > 1 and can_wait():
            from ..backend import pipeline

            chosen = settings(context)
            models = session.models(chosen)
            job = pipeline.other_readings(run.result, models, solver=chosen.solver, readings=self.readings)
            look_for_others(run, job)

    def _ask_whom(self, context: bpy.types.Context, found: "FoundPeople") -> set[str]:
        request = {"filepath": self.filepath, **options_of(self)}
        session.choice = PersonChoice(tuple(session.thumbnails.show(found)), request)
        bpy.ops.wm.call_panel("INVOKE_DEFAULT", name="CONTRAPPOSTO_PT_choose_person", keep_open=False)
        redraw_sidebars(context)
        return {"CANCELLED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "person")
        draw_options(layout, self)


class CONTRAPPOSTO_OT_photo_browse(PosesActiveArmature, PoseOptions, bpy.types.Operator):
    """Choose a photo and pose the active armature like a person in it"""

    # Apart from CONTRAPPOSTO_OT_photo, because Blender makes an undo step as soon as a file was chosen.
    bl_idname = "contrapposto.photo_browse"
    bl_label = "Pose from Photo"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(subtype="FILE_PATH", options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        fill_options(self, context.scene.contrapposto.options)
        last = context.scene.contrapposto.result.photo
        if last and not self.filepath:
            self.filepath = last
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Hand the chosen file to the operator that poses."""
        return bpy.ops.contrapposto.photo("INVOKE_DEFAULT", filepath=self.filepath, **options_of(self)) - {
            "RUNNING_MODAL"
        } or {"FINISHED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The side of the file browser."""
        layout: Any = self.layout
        draw_options(layout, self)


def is_drop_target(context: bpy.types.Context) -> bool:
    """Only the 3D view, and only in Pose Mode of an armature: elsewhere an image drop stays Blender's."""
    area, region, active = context.area, context.region, context.active_object
    if area is None or area.type != "VIEW_3D" or region is None or region.type != "WINDOW":
        return False
    return active is not None and active.type == "ARMATURE" and context.mode == "POSE"


class CONTRAPPOSTO_FH_photo(bpy.types.FileHandler):
    """An image dropped on the 3D view poses the armature"""

    bl_idname = "CONTRAPPOSTO_FH_photo"
    bl_label = "Pose from Photo"
    bl_import_operator = "contrapposto.photo"
    bl_file_extensions = ";".join(EXTENSIONS)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return is_drop_target(context)


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_photo, CONTRAPPOSTO_OT_photo_browse, CONTRAPPOSTO_FH_photo)
