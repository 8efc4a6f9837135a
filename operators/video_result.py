"""Writes what a video did into the scene's properties, where panels and undo find it, and reads it back."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import bpy

from ..translations.words import rpt_
from .noting import note_motion
from .session import session
from .video_keying import Keying
from .video_soon import kept_settings, show_keyed_settings

if TYPE_CHECKING:
    from ..backend.detect.tracks import VideoTracks
    from ..rig.motion_again import MadeMotion
    from ..rig.motion_keys import MotionReport
    from .video_keying import PlannedMotion
    from .video_memory import VideoRun


def write_run(scene: Any, run: VideoRun) -> None:
    """Fill in which video it was, and who is in it."""
    outcome = scene.contrapposto.video.result
    outcome.run, outcome.filepath = run.name, run.request.get("filepath", "")
    outcome.person, outcome.worked = run.result.person + 1, run.worked
    outcome.armature, outcome.frame = run.target.armature_name, run.target.frame
    outcome.kept = ""
    outcome.people.clear()
    for name in thumbnails_of(run.result.tracks):
        outcome.people.add().thumbnail = name


def write_keys(
    scene: Any, run: VideoRun, planned: PlannedMotion, *, report: MotionReport, made: MadeMotion, keying: Keying
) -> None:
    """Fill in what was keyed, and with which settings."""
    outcome = scene.contrapposto.video.result
    outcome.action, outcome.strip = report.keyed.action, report.strip
    outcome.kept = report.kept or (outcome.kept if made.destination != "CURRENT" else "")
    outcome.made_action = made.action_uid
    outcome.frames = report.keyed.frames
    outcome.seconds = (report.keyed.frames - 1) / planned.fps
    outcome.keys, outcome.key_frames = report.keys, report.key_frames
    outcome.reduced = report.error is not None
    if report.error is not None:
        outcome.worst_degrees = report.error.degrees
        outcome.worst_millimetres = max(report.error.location_mm, report.error.joints_mm)
    outcome.notes = "\n".join((*run.result.notes, *planned.notes, *report.keyed.notes))
    outcome.keying = json.dumps(asdict(keying))
    note_motion(run, planned, keying=keying, report=report)
    show_keyed_settings(scene)


def made_of(scene: Any) -> MadeMotion:
    """Where the scene's motion was keyed."""
    from ..rig.motion_again import MadeMotion

    outcome = scene.contrapposto.video.result
    return MadeMotion(keying_of(scene).destination, outcome.made_action, outcome.strip)


def keying_of(scene: Any) -> Keying:
    """With which settings the scene's motion is keyed."""
    keyed = scene.contrapposto.video.result.keying
    return Keying(**kept_settings(keyed)) if keyed else Keying()


def shown_keying() -> Keying:
    """The settings that are shown."""
    return keying_from(bpy.context.window_manager.contrapposto_video)


def keying_from(source: Any) -> Keying:
    """The settings of an operator or of the window manager."""
    return Keying(**{name: getattr(source, name) for name in Keying.__annotations__})


def keyed_in_words(outcome: Any) -> str:
    """How long the motion is, and how many keys it has."""
    rate = outcome.key_frames / max(outcome.seconds, 1e-3)
    words = str(
        rpt_("{seconds} s of motion on {name}: {keys} keys at {key_frames} of {frames} frames, {rate} a second")
    )
    return words.format(
        seconds=f"{outcome.seconds:.2f}",
        name=outcome.armature,
        keys=outcome.keys,
        key_frames=outcome.key_frames,
        frames=outcome.frames,
        rate=f"{rate:.1f}",
    )


def thumbnails_of(tracks: VideoTracks) -> list[str]:
    """Names of new thumbnails of everybody in a video."""
    pictures = [track.thumbnail for track in tracks.tracks]
    return session.thumbnails.show_boxes([(each, (0.0, 0.0, each.shape[1], each.shape[0])) for each in pictures])
