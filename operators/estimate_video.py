"""A video moves the active armature: the operator, its file browser, and the question what becomes of a stopped run."""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import BoolProperty, StringProperty

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job
from ..preferences import settings
from ..rig.callbacks import called_by_blender
from ..rig.overlay import redraw_views
from ..translations.words import iface_, n_, tip_
from ..video_properties import CLIP_NAMES, KEYING_NAMES, VideoClip, VideoKeying
from .drop_picture import is_drop_target
from .estimate_photo import PosesActiveArmature, key_options, remembered_refusal
from .modal_job import ModalJob, redraw_sidebars
from .session import JobStatus, PersonChoice, session
from .target import Target
from .telling import TellsWhy
from .video_keying import PlannedMotion, key_new, planned_motion, relaxed_fingers
from .video_memory import VideoRun
from .video_result import keyed_in_words, keying_from, thumbnails_of, write_keys, write_run
from .video_work import SeveralPeople, Solved, VideoWork

if TYPE_CHECKING:
    from ..backend.detect.clip import Clip

OPERATOR: Final = "contrapposto.video"
NOT_READING: Final = n_("The video is not being read any more")
EXTENSIONS: Final = tuple(sorted(bpy.path.extensions_movie))
_SHOWN_S: Final = 0.2
"""Panel and rig show how far the work is this often at most, and only so that it takes a fifth of the time."""


class PosesFromVideo(PosesActiveArmature, VideoClip, VideoKeying, ModalJob):
    """Mixin of the operator that moves the active armature like somebody in a video."""

    job_title = "Pose from Video"
    _preview: Any = None
    _next_show, _shown_stage, _pose_is_due = 0.0, "", False
    _ask = False

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Work without holding the window up; without a file take the scene's, or ask for one first."""
        fill(self, KEYING_NAMES, context.window_manager.contrapposto_video)
        self._take_scene_clip(context)
        if not self.filepath:
            bpy.ops.contrapposto.video_browse("INVOKE_DEFAULT")
            return {"INTERFACE"}
        self._ask = not bpy.app.background
        return self.start_job(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Work to the end; the most prominent person is taken where none is named."""
        self._ask = False
        self._take_scene_clip(context)
        return self.run_job(context)

    def make_job(self, context: bpy.types.Context) -> Job[Any]:
        from ..rig.motion_preview import MotionPreview

        clip = self._clip(context)
        self._target = Target.of(context)
        armature, scene = self._target.find()
        options = key_options(scene.contrapposto.options, frame=self._target.frame)
        self._options, self._keying = replace(options, in_place=False), keying_from(self)
        self._preview = MotionPreview(armature, self._options)  # a rig that cannot be posed is refused before the work
        self._work = VideoWork(
            clip, self.person, ask=self._ask, chosen=settings(context), camera_motion=self.camera_motion
        )
        return self._whole(self._work.job())

    def finish_job(self, context: bpy.types.Context, result: Any) -> set[str]:
        armature, scene = self._target.find()
        if isinstance(result, SeveralPeople):
            return self._ask_whom(context, result)
        solved, planned = result
        with remembered_refusal(armature):
            report, made, before = key_new(armature, planned, self._keying, name=Path(self.filepath).stem)
        fingers = relaxed_fingers(planned.plan)
        request = self._request()
        run = VideoRun(solved.result, self._target, request, self._options, before, fingers, solved.seconds)
        session.videos.keep(run)
        write_run(scene, run)
        write_keys(scene, run, planned, report=report, made=made, keying=self._keying)
        redraw_views()
        redraw_sidebars(context)
        operator: Any = self
        operator.report({"INFO"}, keyed_in_words(scene.contrapposto.video.result))
        return {"FINISHED"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """As any job; the answer to the question what becomes of a stopped run comes from its pop-up."""
        status = session.job
        if status is None or status.keep is None:
            return super().modal(context, event)
        keep, status.keep, status.asking = status.keep, None, False
        if not keep:
            return super().stop(context, status)
        if self._job is not None and not self._work.is_solved:
            self._job.close()
            self._job = self._whole(self._work.rest())
        return {"RUNNING_MODAL"}

    def stop(self, context: bpy.types.Context, status: JobStatus) -> set[str]:
        """Where something is done, ask whether to keep it; the work goes on until that is answered."""
        if not self._work.has_something:
            return super().stop(context, status)
        status.cancel_requested, status.asking = False, True
        context.window_manager.popup_menu(
            draw_question, title=iface_("Stop: what becomes of the motion?"), icon="QUESTION"
        )
        redraw_sidebars(context)
        return {"RUNNING_MODAL"}

    def draw(self, context: bpy.types.Context) -> None:
        """The redo panel."""
        from ..panels.options import draw_motion_options

        operator: Any = self
        layout = operator.layout
        layout.use_property_split = True
        layout.prop(self, "person")
        layout.prop(self, "camera_motion")
        draw_motion_options(layout, self, context.scene)

    def _whole(self, work: Job[Solved | SeveralPeople]) -> Job[tuple[Solved, PlannedMotion] | SeveralPeople]:
        solved = yield from work
        if isinstance(solved, SeveralPeople):
            return solved
        planned = yield from planned_motion(
            self._target,
            solved.result.raw,
            self._keying,
            options=self._options,
            before_planning=self._show_no_longer,
        )
        return solved, planned

    def _take_scene_clip(self, context: bpy.types.Context) -> None:
        """Without a file, all that the panel shows; with one, the panel shows it from now on."""
        clip = context.scene.contrapposto.video
        if not self.filepath:
            fill(self, CLIP_NAMES, clip)
        elif clip.filepath != self.filepath:
            for name in CLIP_NAMES:
                setattr(clip, name, 0 if name == "person" else getattr(self, name))

    def _clip(self, context: bpy.types.Context) -> Clip:
        from ..backend.detect.clip import Clip

        if not self.filepath:
            raise InputError("No video was named. Choose a video file.")
        render = context.scene.render
        fps = self.fps or render.fps / render.fps_base
        path = Path(bpy.path.abspath(self.filepath))
        return Clip(path, self.start, self.end or None, self.step, fps)

    def _request(self) -> dict[str, Any]:
        names = [name for name in CLIP_NAMES if name != "person"]
        return {name: getattr(self, name) for name in names} | {"end": self._work.clip.end or 0}

    def _ask_whom(self, context: bpy.types.Context, several: SeveralPeople) -> set[str]:
        request = {**self._request(), **asdict(self._keying)}
        session.choice = PersonChoice(tuple(thumbnails_of(several.tracks)), request, OPERATOR)
        open_panel("CONTRAPPOSTO_PT_choose_person")
        redraw_sidebars(context)
        return {"CANCELLED"}

    def _show(self, context: bpy.types.Context) -> None:
        status, began = session.job, time.perf_counter()
        if status is None or (status.stage == self._shown_stage and began < self._next_show):
            return
        status.detail, self._shown_stage = self._work.detail(), status.stage
        super()._show(context)
        self._next_show, self._pose_is_due = began + _SHOWN_S, True

    def _tick(self, context: bpy.types.Context, status: JobStatus) -> set[str]:
        """A pose is shown in a tick of its own: with steps of the job it would keep the window waiting."""
        if not self._pose_is_due:
            return super()._tick(context, status)
        began = time.perf_counter()
        poses = None if self._preview is None else self._work.glimpse()
        if poses is not None:
            self._preview.show(self._target.find()[0], poses)
        ended = time.perf_counter()
        self._next_show, self._pose_is_due = ended + max(_SHOWN_S, 4.0 * (ended - began)), False
        return {"RUNNING_MODAL"}

    def _show_no_longer(self) -> None:
        preview, self._preview = self._preview, None
        if preview is not None:
            with suppress(ContrappostoError):  # with the armature its pose is gone
                preview.back(self._target.find()[0])

    def _put_back(self, context: bpy.types.Context) -> None:
        self._show_no_longer()
        super()._put_back(context)


class CONTRAPPOSTO_OT_video(PosesFromVideo, bpy.types.Operator):
    """Move the active armature like a person in a video, and key the motion from the playhead on"""

    bl_idname = OPERATOR
    bl_label = "Pose from Video"
    bl_options = {"REGISTER", "UNDO"}


class CONTRAPPOSTO_OT_video_stop(TellsWhy, bpy.types.Operator):
    """End the reading of the video"""

    bl_idname = "contrapposto.video_stop"
    bl_label = "Stop Reading the Video"
    bl_options = {"INTERNAL"}

    keep: BoolProperty(
        name="Keep",
        description="Key the motion as far as the video has been read",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def why_not(cls, _context: bpy.types.Context) -> str | None:
        return None if session.job is not None and session.job.asking else NOT_READING

    @classmethod
    def description(cls, _context: bpy.types.Context, properties: Any) -> str:
        """Says what becomes of the motion."""
        if properties.keep:
            return tip_("Key the motion as far as the video has been read")
        return tip_("Key nothing: rig, keys and actions stay as they were")

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Tell the running operator, which hears it at its next tick."""
        if session.job is not None:
            session.job.keep = self.keep
        return {"FINISHED"}


class CONTRAPPOSTO_OT_video_browse(PosesActiveArmature, bpy.types.Operator):
    """Choose a video and move the active armature like a person in it"""

    bl_idname = "contrapposto.video_browse"
    bl_label = "Pose from Video"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(
        name="Video",
        description="A video file, or one picture of a numbered sequence",
        subtype="FILE_PATH",
        options={"SKIP_SAVE", "PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    filter_movie: BoolProperty(
        name="Videos", description="Show videos in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_image: BoolProperty(
        name="Pictures", description="Show pictures in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_folder: BoolProperty(
        name="Folders", description="Show folders in the file browser", default=True, options={"HIDDEN", "SKIP_SAVE"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Open the file browser."""
        last = context.scene.contrapposto.video.filepath
        if last and not self.filepath:
            self.filepath = last
        operator: Any = self
        context.window_manager.fileselect_add(operator)
        return {"RUNNING_MODAL"}

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Hand the chosen file to the operator that reads it."""
        answer = bpy.ops.contrapposto.video("INVOKE_DEFAULT", True, filepath=self.filepath)
        return answer - {"RUNNING_MODAL"} or {"FINISHED"}


class CONTRAPPOSTO_FH_video(bpy.types.FileHandler):
    """A video dropped on the 3D view moves the armature"""

    bl_idname = "CONTRAPPOSTO_FH_video"
    bl_label = "Pose from Video"
    bl_import_operator = OPERATOR
    bl_file_extensions = ";".join(EXTENSIONS)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return is_drop_target(context)


def open_panel(name: str) -> None:
    """Open a panel at the mouse."""
    bpy.ops.wm.call_panel("INVOKE_DEFAULT", name=name, keep_open=False)


def fill(operator: Any, names: Iterable[str], source: Any) -> None:
    """Take from elsewhere the properties that the caller of the operator did not set."""
    for name in names:
        if not operator.properties.is_property_set(name):
            setattr(operator, name, getattr(source, name))


@called_by_blender("Drawing the question")
def draw_question(menu: Any, _context: bpy.types.Context) -> None:
    """What becomes of a stopped run."""
    draw_answers(menu.layout)


def draw_answers(layout: Any) -> None:
    """Both answers as buttons."""
    layout.operator("contrapposto.video_stop", text="Keep What Is Done", icon="KEYFRAME_HLT").keep = True
    layout.operator("contrapposto.video_stop", text="Discard", icon="TRASH").keep = False


CLASSES: Iterable[type] = (
    CONTRAPPOSTO_OT_video,
    CONTRAPPOSTO_OT_video_stop,
    CONTRAPPOSTO_OT_video_browse,
    CONTRAPPOSTO_FH_video,
)
