"""A rig opened for the command line, keyed over time: at the video's frame rate or the file's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ..backend.job import Job, Progress
from ..backend.keying.key_reduction import Reduction
from .action_destinations import Destination
from .armature import read_rig
from .bone_maps import require_essential
from .map_files import read_map
from .motion_keys import MotionReport, key_motion, plan_motion, scene_fps
from .motion_strip import strip_of
from .pose_plan import KeyOptions
from .session import PosedRig

if TYPE_CHECKING:
    from ..backend.video_motion import VideoMotion

_SAME_RATE = 1e-4
_MOST_WHOLE_FPS = 32767


@dataclass(frozen=True)
class Keying:
    """How a motion is keyed.

    Attributes:
        options: what, and from which frame on.
        reduction: how few keys, or None for one in every frame.
        destination: where the keys go.
        name: of a new action.
        bone_map: a JSON file with the bones of the joints, or None to find them.
        locked: the motion's feet stand, and the rig's shall.
    """

    options: KeyOptions
    reduction: Reduction | None = None
    destination: Destination = "CURRENT"
    name: str = ""
    bone_map: Path | None = None
    locked: bool = False


@dataclass(frozen=True)
class MotionRig:
    """An open rig.

    Attributes:
        rig: the armature of the open file.
        own_fps: frames a second of the file that it came in, where that says so; else None.
    """

    rig: PosedRig
    own_fps: float | None

    @classmethod
    def open(cls, path: Path | None, *, armature_name: str | None) -> MotionRig:
        """Open the rig's file, or make a Rigify human in an empty one.

        Raises:
            InputError: the file cannot be read, or has no such armature.
        """
        rig = PosedRig.open(path, armature_name=armature_name)
        has_rate = path is not None and path.suffix.lower() == ".blend"
        return cls(rig, scene_fps(_scene()) if has_rate else None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth telling of how it was opened, in sentences."""
        return self.rig.notes

    def key(self, motion: VideoMotion, how: Keying) -> Job[MotionReport]:
        """Key a motion from `how.options.frame` on, where the playhead then stands; the scene plays at its rate.

        Raises:
            RigError: the armature cannot be mapped or keyed.
            InputError: the file of the bone map cannot be read.
        """
        armature, scene = self.rig.armature, _scene()
        yield Progress("Posing the rig", 0.0)
        given = None if how.bone_map is None else require_essential(read_rig(armature), read_map(how.bone_map))
        set_scene_fps(scene, motion.poses.fps)
        scene.frame_set(math.floor(how.options.frame), subframe=how.options.frame % 1.0)
        plan = plan_motion(
            armature, motion.poses, options=how.options, bone_map=given, contacts=motion.stands, locked=how.locked
        )
        if how.reduction is not None:
            plan = yield from plan.reduce(how.reduction)
        yield Progress("Keying", 0.9)
        report = key_motion(armature, plan, destination=how.destination, name=how.name)
        last = math.floor(how.options.frame) + motion.poses.frame_count - 1
        if self.own_fps is None:
            scene.frame_start = math.floor(how.options.frame)
            scene.frame_end = last
        scene.frame_end = max(scene.frame_end, last)
        return report

    def save(self, path: Path) -> None:
        """Write the keyed rig; the ending of the name says in which format.

        Raises:
            InputError: the file cannot be written.
        """
        self.rig.save(path)

    def write_strip(self, path: Path, motion: VideoMotion, *, first_frame: float) -> Job[None]:
        """Write a picture: frames of the video above the rig at the same times.

        Raises:
            InputError: the file cannot be written, or the video no longer be read.
            RigError: the rig has nothing to show.
        """
        yield from strip_of(self.rig.armature, motion, first_frame=first_frame, path=path)

    def in_words(self, report: MotionReport) -> str:
        """What was keyed, in a sentence."""
        keyed = report.keyed
        words = f"{keyed.action}: {report.keys} keys at {report.key_frames} of {keyed.frames} frames"
        if report.error is not None:
            worst = max(report.error.location_mm, report.error.joints_mm)
            words += f", at most {report.error.degrees:.2f} degrees and {worst:.1f} mm off"
        if report.kept:
            words += f"; the action {report.kept} is kept"
        return f"{words}{f'; strip {report.strip}' if report.strip else ''}."


def set_scene_fps(scene: bpy.types.Scene, fps: float) -> None:
    """Let the scene play so many frames a second, 29.97 too."""
    if abs(scene_fps(scene) / fps - 1.0) < _SAME_RATE:
        return
    whole = min(max(math.ceil(fps - _SAME_RATE), 1), _MOST_WHOLE_FPS)
    scene.render.fps, scene.render.fps_base = whole, whole / fps


def _scene() -> Any:
    return bpy.context.scene
