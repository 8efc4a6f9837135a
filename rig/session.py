"""A rig opened for the command line: posed, keyed, saved and pictured without an artist's window."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from ..backend.arrays import ImageArray
from ..backend.camera_match import Sighting
from ..backend.observation import Observation
from ..backend.pictures import write_png
from ..backend.pipeline import PhotoResult
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from .armature import read_rig
from .bone_maps import known_map, require_essential
from .camera import Photo, RigJoints, match_scene_camera
from .map_files import read_map
from .motion import read_pose
from .pose_plan import KeyOptions, KeyReport
from .preview import render_preview, render_rig
from .readings import RigReadings
from .rig_files import choice_in_words, open_rig, save_rig, start_empty_file
from .rigify_human import make_rigify_human


@dataclass(frozen=True)
class PosedRig:
    """The armature of the file that is open in this process.

    Attributes:
        armature: its object.
        notes: what is worth telling of how it was opened, in sentences.
    """

    armature: bpy.types.Object
    notes: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path | None, *, armature_name: str | None) -> PosedRig:
        """Open the rig's file in place of whatever is open, or make a Rigify human in an empty one.

        Raises:
            InputError: the file cannot be read, or has no such armature.
        """
        if path is None:
            start_empty_file()
            return cls(make_rigify_human())
        armature = open_rig(path, armature_name=armature_name)
        choice = choice_in_words(armature) if armature_name is None else None
        return cls(armature, () if choice is None else (f"{choice} Name another with --armature.",))

    def pose(self, poses: PoseSequence, *, options: KeyOptions, bone_map: Path | None = None) -> KeyReport:
        """Pose the armature and key it from `options.frame` on, where the playhead then stands.

        Args:
            poses: what to pose it like.
            options: how.
            bone_map: a JSON file with the bones of the joints; without one they are found.

        Raises:
            RigError: the armature cannot be mapped or keyed.
            InputError: the file of the bone map cannot be read.
        """
        return next(self.pose_each([poses], options=options, bone_map=bone_map))

    def pose_each(
        self, readings: Sequence[PoseSequence], *, options: KeyOptions, bone_map: Path | None = None
    ) -> Iterator[KeyReport]:
        """The same for one reading after the other, each in place of the one before, as if it had been the only one.

        Raises:
            RigError: the armature cannot be mapped or keyed.
            InputError: the file of the bone map cannot be read.
        """
        bpy.context.scene.frame_set(math.floor(options.frame), subframe=options.frame % 1.0)
        given = None if bone_map is None else require_essential(read_rig(self.armature), read_map(bone_map))
        on_rig = RigReadings(readings, options, bone_map=given)
        yield on_rig.pose(self.armature)
        for index in range(1, len(readings)):
            yield on_rig.exchange(self.armature, index, keyed=on_rig.keyed(index - 1))

    def match_camera(
        self, result: PhotoResult, reading: int, *, options: KeyOptions, bone_map: Path | None = None
    ) -> str:
        """Set a camera from which the posed rig covers the person, with the picture behind it.

        Args:
            result: the picture and its readings.
            reading: which of them the rig is posed as, counted from 0.
            options: how it was posed.
            bone_map: as in `pose`.

        Returns:
            How well it is matched, and which camera the scene had before, in words.

        Raises:
            InputError: the rig's joints do not allow it.
        """
        given = None if bone_map is None else require_essential(read_rig(self.armature), read_map(bone_map))
        sighting = Sighting.of(result.estimates[reading], result.observation)
        scene: Any = bpy.context.scene
        report = match_scene_camera(
            scene,
            sighting.flipped() if options.flip else sighting,
            Photo(result.found.path, result.found.image),
            joints=RigJoints(self.armature, limbs=options.limbs, bone_map=given).places(self.armature),
        )
        return report.sentence

    def bone_map(self) -> BoneMap:
        """The armature's bone map as far as it is known, with joints missing or in question.

        Raises:
            RigError: the map kept on the armature does not fit it.
        """
        return known_map(self.armature, read_rig(self.armature))

    def save(self, path: Path) -> None:
        """Write the posed rig; the ending of the name says in which format.

        Raises:
            InputError: the file cannot be written.
        """
        save_rig(self.armature, path)

    def shown_pose(self, frame: float) -> PoseSequence:
        """The pose that the armature has at a frame, where the playhead then stands.

        Raises:
            InputError: a bone has a pose that is no number.
            RigError: the armature cannot be mapped.
        """
        bpy.context.scene.frame_set(math.floor(frame), subframe=frame % 1.0)
        return read_pose(self.armature)

    def render_alone(self, path: Path) -> None:
        """Write a picture of the posed rig.

        Raises:
            InputError: the file cannot be written.
        """
        write_png(render_rig(self.armature), path)

    def render(self, path: Path, *, image: ImageArray, observation: Observation) -> None:
        """Write a picture of the input beside the posed rig.

        Raises:
            InputError: the file cannot be written.
        """
        render_preview(self.armature, image=image, observation=observation, path=path)
