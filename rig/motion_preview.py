"""Poses shown on a rig while its motion is being worked out, without keys; then everything is as it was."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import bpy

from ..backend.pose_sequence import PoseSequence
from .channel_values import Place, set_value, show_values, value_at
from .keyframes import plan_pose, read_for_posing
from .pose_plan import KeyOptions


class MotionPreview:
    """One rig; it is handed in at each call, as Blender's data may move between two.

    Args:
        armature: the rig.
        options: how the motion will be keyed; what blends or keeps parts of the pose is not shown.

    Raises:
        RigError: the armature cannot be posed or mapped.
    """

    def __init__(self, armature: bpy.types.Object, options: KeyOptions) -> None:
        self._options = replace(options, blend=1.0, keep_unseen=False, min_confidence=0.0)
        self._read = read_for_posing(armature, limbs=options.limbs)
        self._frame = bpy.context.scene.frame_current_final
        self._now: dict[Place, float] = {}

    def show(self, armature: bpy.types.Object, poses: PoseSequence) -> None:
        """Show the first of these poses.

        Raises:
            RigError: the armature cannot be posed any more.
        """
        plan = plan_pose(armature, poses, options=self._options, relaxed=(), read=self._read)
        values = {place: float(c.values[0]) for place, c in zip(plan.places, plan.channels, strict=True)}
        self._now.update({place: value_at(armature, place) for place in values if place not in self._now})
        show_values(armature, values.items())

    def back(self, armature: bpy.types.Object) -> None:
        """Put back what was shown before the first pose; where the playhead has moved, what is keyed there."""
        for place, value in self._now.items():
            with suppress(ValueError):  # the artist took the bone or property away
                set_value(armature, place, value)
        show_values(armature, ())
        scene = bpy.context.scene
        if self._now and scene.frame_current_final != self._frame:
            scene.frame_set(scene.frame_current, subframe=scene.frame_subframe)
        self._now = {}
