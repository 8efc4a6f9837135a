"""Writes what a run did into the scene's properties, where panels read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .session import session
from .target import Target
from .thumbnails import person_box

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople, PhotoResult
    from ..rig.keyframes import KeyReport


def write_result(
    outcome: Any, result: PhotoResult, *, report: KeyReport, target: Target, path: str, timings_ms: dict[str, float]
) -> None:
    """Fill the property group `outcome`: who was posed, how surely, how long it took, and what was keyed."""
    from ..backend.body_parts import body_part_confidence

    seconds = sum(timings_ms.values()) / 1000.0
    outcome.photo, outcome.seconds, outcome.person = path, seconds, result.person + 1
    outcome.armature, outcome.action, outcome.frame = target.armature_name, report.action, target.frame
    outcome.keyed_count, outcome.keyed_bones = len(report.bones), ", ".join(report.bones)
    outcome.skipped_count, outcome.skipped_bones = len(report.skipped), ", ".join(report.skipped)
    outcome.notes = "\n".join(report.notes)
    outcome.timings.clear()
    for stage, milliseconds in timings_ms.items():
        timing = outcome.timings.add()
        timing.name, timing.milliseconds = stage, milliseconds
    outcome.body_parts.clear()
    for name, confidence in body_part_confidence(result.estimate.poses.confidence).items():
        part = outcome.body_parts.add()
        part.name, part.confidence = name, confidence
    write_people(outcome, result.found)
    bones = f"{len(report.bones)} bone{'' if len(report.bones) == 1 else 's'}"
    outcome.summary = f"Posed {target.armature_name} in {seconds:.2f} s: {bones} keyed at frame {target.frame:g}"


def write_people(outcome: Any, found: FoundPeople) -> None:
    """List everybody in the picture, with thumbnails."""
    outcome.people.clear()
    for observation, thumbnail in zip(found.people, session.thumbnails.show(found), strict=True):
        person = outcome.people.add()
        person.box_px = [float(edge) for edge in person_box(observation)]
        person.thumbnail = thumbnail
