"""Writes what a run did into the scene's properties, where panels read it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..translations.words import n_, rpt_
from .noting import note_picture
from .session import PhotoRun, session
from .thumbnails import person_box

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople
    from ..rig.pose_plan import KeyReport


def write_result(
    outcome: Any, run: PhotoRun, *, report: KeyReport, timings_ms: dict[str, float], reading: int = 0
) -> None:
    """Fill the property group `outcome`: who was posed, how surely, how long it took, and what was keyed.

    `reading` is the one that is posed, counted from 0.
    """
    seconds = sum(timings_ms.values()) / 1000.0
    found = run.result.found
    outcome.photo, outcome.seconds = run.request.get("filepath", ""), seconds
    outcome.person = 0 if found is None else run.result.person + 1
    outcome.operator, outcome.sentence = run.operator, run.request.get("prompt", "")
    outcome.armature, outcome.frame = run.target.armature_name, run.target.frame
    outcome.timings.clear()
    for stage, milliseconds in timings_ms.items():
        timing = outcome.timings.add()
        timing.name, timing.milliseconds = stage, milliseconds
    write_people(outcome, found)
    outcome.run = run.name
    write_reading(outcome, run, reading, report=report)
    keyed, summary = keyed_in_words(run, report), rpt_("Posed {name} in {seconds} s: {keyed}")
    outcome.summary = summary.format(name=run.target.armature_name, seconds=f"{seconds:.2f}", keyed=keyed)


def write_reading(outcome: Any, run: PhotoRun, index: int, *, report: KeyReport) -> None:
    """Fill in which reading is posed, counted from 0: how sure it is, and what was keyed; and note that."""
    from ..backend.body_parts import body_part_confidence
    from ..backend.shown_joints import parts_not_shown

    outcome.reading, outcome.action = index + 1, report.action
    outcome.keyed_count, outcome.keyed_bones = len(report.bones), ", ".join(report.bones)
    outcome.skipped_count, outcome.skipped_bones = len(report.skipped), ", ".join(report.skipped)
    outcome.unsure_count, outcome.unsure_bones = len(report.unsure), ", ".join(report.unsure)
    outcome.notes = "\n".join((*run.result.notes, *report.notes))
    poses = run.result.estimates[index].poses
    shown = poses.mirrored() if run.on_rig.options.flip else poses
    hidden = frozenset[str]() if run.result.found is None else parts_not_shown(shown)
    outcome.body_parts.clear()
    for name, confidence in body_part_confidence(shown.confidence).items():
        part = outcome.body_parts.add()
        part.name, part.confidence, part.not_shown = name, confidence, name in hidden
    write_constraints(outcome, run, index)
    outcome.joints.clear()
    for posed in report.joints:
        joint = outcome.joints.add()
        joint.name, joint.confidence = posed.name, posed.confidence
        joint.bones, joint.controls = "\n".join(posed.bones), "\n".join(posed.controls)
    note_picture(run, index, report)


def keyed_in_words(run: PhotoRun, report: KeyReport) -> str:
    """How many bones were keyed, and where."""
    count, one = len(report.bones), n_("{count} bone keyed at frame {frame}")
    words = rpt_(one if count == 1 else n_("{count} bones keyed at frame {frame}"))
    return words.format(count=count, frame=f"{run.target.frame:g}")


def write_constraints(outcome: Any, run: PhotoRun, index: int) -> None:
    """List what a sentence was understood to say, and what of it the reading that is posed does."""
    outcome.constraints.clear()
    result = run.result
    if result.found is not None:
        return
    for number, constraint in enumerate(result.constraints):
        row = outcome.constraints.add()
        row.name, row.held = constraint.sentence, result.estimates[index].held[number]
        row.used = number not in result.request.switched_off


def write_people(outcome: Any, found: FoundPeople | None) -> None:
    """List everybody in the picture, with thumbnails."""
    outcome.people.clear()
    if found is None:
        return
    for observation, thumbnail in zip(found.people, session.thumbnails.show(found), strict=True):
        person = outcome.people.add()
        person.box_px = [float(edge) for edge in person_box(observation)]
        person.thumbnail = thumbnail
