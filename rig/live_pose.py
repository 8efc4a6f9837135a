"""Poses shown on a rig one after another while the artist drags, without keys; a camera may follow."""

from __future__ import annotations

import bpy

from ..backend.camera_match import Sighting
from ..backend.errors import RigError
from ..backend.pose_sequence import PoseSequence
from .camera import KeptCamera, RigJoints, aim_camera, matched_camera
from .channel_values import Place, set_value, show_values, value_at
from .keyframes import plan_pose, read_for_posing
from .readings import RigReadings


class LivePose:
    """One rig, and the matched camera of its scene if there is one.

    Args:
        on_rig: how the rig was posed from the picture.
        armature: the rig.
        scene: its scene.
        follow: whether a matched camera follows.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """

    def __init__(
        self, on_rig: RigReadings, armature: bpy.types.Object, scene: bpy.types.Scene, *, follow: bool = True
    ) -> None:
        self._on_rig = on_rig
        self._joints = RigJoints(armature, limbs=on_rig.options.limbs, bone_map=on_rig.bone_map)
        self._read = read_for_posing(armature, limbs=on_rig.options.limbs, bone_map=on_rig.bone_map)
        self._now: dict[Place, float] = {}
        camera = matched_camera(scene) if follow else None
        self._camera = None if camera is None else KeptCamera(camera)

    def show(
        self, poses: PoseSequence, sighting: Sighting, *, armature: bpy.types.Object, scene: bpy.types.Scene
    ) -> None:
        """Show a pose, and move the camera to where it covers the person.

        Raises:
            RigError: the armature has lost a channel or a bone.
            InputError: the camera cannot be matched.
        """
        if self._on_rig.options.blend < 1.0 or self._on_rig.options.keep_unseen:
            preview = self._on_rig.with_readings([poses]).preview(armature, posed=-1)
            self._now = {**preview.now, **self._now}
            preview.show(armature, 0)
        else:
            self._show_at_once(poses, armature)
        camera = None if self._camera is None else matched_camera(scene)
        if camera is not None:
            aim_camera(camera, sighting, scene=scene, joints=self._joints.places(armature))

    def _show_at_once(self, poses: PoseSequence, armature: bpy.types.Object) -> None:
        """Where the pose that was there before does not count: the rig is read once, and fingers stay."""
        plan = plan_pose(armature, poses, options=self._on_rig.options, relaxed=(), read=self._read)
        values = {place: float(c.values[0]) for place, c in zip(plan.places, plan.channels, strict=True)}
        self._now.update({place: value_at(armature, place) for place in values if place not in self._now})
        show_values(armature, values.items())

    def back(self, armature: bpy.types.Object, scene: bpy.types.Scene) -> None:
        """Rig and camera as they were before the first pose was shown.

        Raises:
            RigError: the armature has lost a channel; the others are set.
        """
        camera = matched_camera(scene)
        if camera is not None and self._camera is not None:
            self._camera.put_back(camera)
        lost: list[Place] = []
        for place, value in self._now.items():
            try:
                set_value(armature, place, value)
            except ValueError:
                lost.append(place)
        show_values(armature, ())
        if lost:
            raise RigError(
                f"{armature.name} was changed meanwhile: {len(lost)} of its channels are gone. Pose it again."
            )
