"""The scene camera from which the posed rig covers the person in the photo, with the photo behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, FloatProperty

from ..backend.errors import ContrappostoError
from .last_photo import NeedsPhoto, run_of
from .session import PhotoRun
from .target import go_to
from .view import look_through_camera

if TYPE_CHECKING:
    from ..backend.camera_match import Sighting
    from ..rig.camera import MatchReport


def sighting_of(run: PhotoRun, index: int) -> Sighting:
    """The person as the reading, counted from 0, is posed on the rig."""
    from ..backend.camera_match import Sighting

    result: Any = run.result
    seen = Sighting.of(result.estimates[index], result.observation)
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

    if run.result.found is None:
        return  # a sentence
    armature, scene = run.target.find()
    camera = camera_of(scene, run.result.found.path)
    if camera is not None:
        joints = RigJoints(armature, limbs=run.on_rig.options.limbs, bone_map=run.on_rig.bone_map).places(armature)
        aim_camera(camera, sighting_of(run, index), scene=scene, joints=joints)


class CONTRAPPOSTO_OT_match_camera(NeedsPhoto, bpy.types.Operator):
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
        name="Opacity",
        description="How much the photo behind the rig hides of the background",
        default=1.0,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Match it."""
        try:
            report = self._match(context)
        except ContrappostoError as error:
            return self.refuse(error)
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
