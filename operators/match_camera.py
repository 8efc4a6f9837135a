"""The scene camera from which the posed rig covers the person in the photo, with the photo behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..backend.errors import ContrappostoError, InputError
from .modal_job import BUSY
from .session import PhotoRun, session
from .view import look_through_camera

if TYPE_CHECKING:
    from ..backend.camera_match import Sighting
    from ..rig.camera import MatchReport

TOO_LONG_AGO: Final = "The photo's pose is no longer known: pose from the photo again"


def why_no_photo(context: bpy.types.Context) -> str | None:
    """In words, what keeps the last photo from being used further; None when nothing does. Cheap enough for `poll`."""
    if not context.scene.contrapposto.result.summary:
        return "Pose from a photo first"
    if session.job is not None:
        return BUSY.removesuffix(".")
    if session.choosing is not None:
        return "A reading is being chosen: keep it, or go back"
    if session.correcting is not None:
        return "Keypoints are being corrected: press Enter or Esc in the view"
    return TOO_LONG_AGO if session.run_of(context.scene) is None else None


def run_of(scene: Any) -> PhotoRun:
    """The run whose result the scene shows.

    Raises:
        InputError: it is no longer known.
    """
    run = session.run_of(scene)
    if run is None:
        raise InputError(f"{TOO_LONG_AGO}.")
    return run


def sighting_of(run: PhotoRun, index: int) -> Sighting:
    """The person as the reading, counted from 0, is posed on the rig."""
    from ..backend.camera_match import Sighting

    seen = Sighting.of(run.result.estimates[index], run.result.observation)
    return seen.flipped() if run.on_rig.options.flip else seen


def let_camera_follow(run: PhotoRun, index: int) -> None:
    """Aim the camera that is matched to this photo, if there is one, at the reading that the rig shows now.

    Args:
        run: the photo.
        index: the reading, counted from 0.

    Raises:
        RigError: the rig is gone.
        InputError: its joints do not allow it; nothing is changed.
    """
    from ..rig.camera import RigJoints, aim_camera, camera_of

    armature, scene = run.target.find()
    camera = camera_of(scene, run.result.found.path)
    if camera is not None:
        joints = RigJoints(armature, limbs=run.on_rig.options.limbs, bone_map=run.on_rig.bone_map).places(armature)
        aim_camera(camera, sighting_of(run, index), scene=scene, joints=joints)


def go_to(scene: bpy.types.Scene, frame: float) -> None:
    """Put the playhead where the photo was keyed."""
    if scene.frame_current_final != frame:
        scene.frame_set(int(frame // 1), subframe=frame % 1.0)


class CONTRAPPOSTO_OT_match_camera(bpy.types.Operator):
    """Set up a camera from which the posed rig covers the person in the photo, with the photo as its background"""

    bl_idname = "contrapposto.match_camera"
    bl_label = "Match Camera"
    bl_options = {"REGISTER", "UNDO"}

    use_resolution: BoolProperty(
        name="Resolution",
        description="Give what is rendered the photo's aspect ratio; its longer side stays",
        default=True,
    )
    use_view: BoolProperty(name="Look Through", description="Look through the camera in the 3D view", default=True)
    opacity: FloatProperty(
        name="Opacity", description="Of the photo behind the rig", default=1.0, min=0.0, max=1.0, subtype="FACTOR"
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A photo must have posed a rig."""
        reason = why_no_photo(context)
        if reason is not None:
            cls.poll_message_set(reason)
        return reason is None

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Match it."""
        try:
            report = self._match(context)
        except ContrappostoError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if self.use_view:
            look_through_camera(context)
        self.report({"INFO"}, report.sentence)
        return {"FINISHED"}

    def _match(self, context: bpy.types.Context) -> MatchReport:
        run = run_of(context.scene)
        armature, scene = run.target.find()
        from ..rig.camera import MatchOptions, Photo, RigJoints, match_scene_camera

        sighting = sighting_of(run, scene.contrapposto.result.reading - 1)
        joints = RigJoints(armature, limbs=run.on_rig.options.limbs, bone_map=run.on_rig.bone_map)
        go_to(scene, run.target.frame)
        return match_scene_camera(
            scene,
            sighting,
            Photo(run.result.found.path, run.result.found.image),
            joints=joints.places(armature),
            options=MatchOptions(resolution=self.use_resolution, opacity=self.opacity),
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """The redo panel."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "use_resolution")
        layout.prop(self, "use_view")
        layout.prop(self, "opacity", slider=True)


CLASSES: Iterable[type] = (CONTRAPPOSTO_OT_match_camera,)
