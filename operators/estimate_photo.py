"""A photo poses the active armature: the operator and its file browser, and what all that pose from pictures share."""

import time
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job
from ..panels.options import draw_options
from ..preferences import Settings, settings
from ..properties import OPTION_NAMES, PoseOptions
from ..rig.overlay import redraw_views
from .modal_job import ModalJob, redraw_sidebars
from .other_readings import can_wait, look_for_others
from .photo_result import write_result
from .session import PersonChoice, PhotoRun, session
from .target import Target, why_not
from .telling import TellsWhy
from .ways import PHOTO, Way, check_packages, check_person, knowing_the_rig, solve_with_words

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople, PhotoResult
    from ..rig.pose_plan import KeyOptions

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif")


@dataclass(frozen=True)
class Several:
    """The outcome of a job that has to ask first whom to pose."""

    found: "FoundPeople"


def picture_job(
    way: Way, path: Path, person: int, *, ask: bool, chosen: Settings, readings: int = 1, words: str = ""
) -> "Job[PhotoResult | Several]":
    """From a picture to a pose.

    Args:
        way: what kind of picture it is.
        path: the picture.
        person: whom to pose, counted from 1; 0 for the most prominent, or to ask.
        ask: with several people and `person` 0, end with `Several`.
        chosen: the preferences.
        readings: how many to look for.
        words: what the picture leaves open.
    """
    yield from check_packages()
    found = session.recall(path)
    if found is None or not way.is_of(found):
        found = yield from way.find(path, session.models(chosen))
        session.remember(found)
    check_person(way, person, found)
    if ask and person == 0 and len(found.people) > 1:
        return Several(found)
    job = solve_with_words(way, found, max(person, 1) - 1, chosen=chosen, readings=readings, words=words)
    return (yield from job)


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


def first_readings(source: Any) -> int:
    """How many readings to find before the first is posed.

    One where there is a window, and the others can be looked for afterwards; all where words choose among them.
    """
    return 1 if can_wait() and not source.words.strip() else source.readings


@contextmanager
def remembered_refusal(armature: bpy.types.Object) -> Generator[None]:
    """The panel tells why the armature could not be posed, until it can be."""
    try:
        yield
    except ContrappostoError as error:
        session.refused = (armature.session_uid, str(error))
        raise
    session.refused = None


class PosesActiveArmature(TellsWhy):
    """Mixin of an operator that needs an armature which can be posed."""

    @classmethod
    def why_not(cls, context: bpy.types.Context) -> str | None:
        return why_not(context)


class PosesFromPicture(PosesActiveArmature, PoseOptions, ModalJob):
    """Mixin of an operator that poses the active armature from a picture; it has the properties filepath and person.

    Attributes:
        way: what kind of picture.
        browser: what asks for a file.
        request: the properties with which it would do the same again, its options aside.
    """

    way: Way = PHOTO
    browser = "photo_browse"

    @property
    def request(self) -> dict[str, Any]:
        return {"filepath": self.filepath}

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up; without a file, ask for one first."""
        if not self.filepath:
            getattr(bpy.ops.contrapposto, self.browser)("INVOKE_DEFAULT")
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
            raise InputError("No picture was named. Choose an image file.")
        self._target = Target.of(context)
        path = Path(bpy.path.abspath(self.filepath))
        chosen, first = settings(context), first_readings(self)
        job = picture_job(self.way, path, self.person, ask=self._ask, chosen=chosen, readings=first, words=self.words)
        return knowing_the_rig(self._target, job)

    @property
    def posed_by(self) -> str:
        """The operator that is named as what posed the rig."""
        return self.way.operator

    def keying(self, _result: "PhotoResult") -> "KeyOptions":
        """How what was solved is keyed."""
        return key_options(self, frame=self._target.frame)

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        armature, scene = self._target.find()
        if isinstance(result, Several):
            return self._ask_whom(context, result.found)
        from ..rig.readings import RigReadings

        began = time.perf_counter()
        with remembered_refusal(armature):
            on_rig = RigReadings([estimate.poses for estimate in result.estimates], self.keying(result))
            report = on_rig.pose(armature)
        run = PhotoRun(result, self._target, {**self.request, **options_of(self)}, on_rig, operator=self.posed_by)
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
        if self.readings > 1 and first_readings(self) == 1:
            look_for_others(run, self.way.others(run.result, settings(context), readings=self.readings))

    def _ask_whom(self, context: bpy.types.Context, found: "FoundPeople") -> set[str]:
        request = {**self.request, **options_of(self)}
        session.choice = PersonChoice(tuple(session.thumbnails.show(found)), request, self.way.operator)
        bpy.ops.wm.call_panel("INVOKE_DEFAULT", name="CONTRAPPOSTO_PT_choose_person", keep_open=False)
        redraw_sidebars(context)
        return {"CANCELLED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "person")
        layout.prop(self, "words")
        draw_options(layout, self)


class CONTRAPPOSTO_OT_photo(PosesFromPicture, bpy.types.Operator):
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


class BrowsesPictures(PosesActiveArmature, PoseOptions):
    """Mixin of an operator that asks for a file and hands it to the operator of its `way`.

    Apart from that one, because Blender makes an undo step as soon as a file was chosen.
    """

    way: Way = PHOTO
    filepath: StringProperty(
        name="File",
        description="The picture to take the pose from",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    filter_image: BoolProperty(
        name="Pictures", description="Show pictures in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_folder: BoolProperty(
        name="Folders", description="Show folders in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        fill_options(self, context.scene.contrapposto.options)
        last = context.scene.contrapposto.result.photo
        if last and not self.filepath:
            self.filepath = last
        operator: Any = self
        context.window_manager.fileselect_add(operator)
        return {"RUNNING_MODAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Hand the chosen file to the operator that poses."""
        pose = getattr(bpy.ops.contrapposto, self.way.operator.partition(".")[2])
        return pose("INVOKE_DEFAULT", filepath=self.filepath, **options_of(self)) - {"RUNNING_MODAL"} or {"FINISHED"}

    def draw(self, _context: bpy.types.Context) -> None:
        """The side of the file browser."""
        layout: Any = self.layout
        draw_options(layout, self)


class CONTRAPPOSTO_OT_photo_browse(BrowsesPictures, bpy.types.Operator):
    """Choose a photo and pose the active armature like a person in it"""

    bl_idname = "contrapposto.photo_browse"
    bl_label = "Pose from Photo"
    bl_options = {"INTERNAL"}


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_photo, CONTRAPPOSTO_OT_photo_browse)
