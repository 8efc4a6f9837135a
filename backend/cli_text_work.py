"""What `contrapposto text` does: pose a rig as a sentence says, write what is asked for, and tell of it.

What touches Blender's data is done by `rig/`, which is imported only when a rig is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from .body_model import NEUTRAL_BODY
from .cli_photo_work import Show, key_options_of, shown_progress, timed
from .cli_rig_request import numbered
from .cli_text_request import TextCommand, read_constraints, write_constraints
from .errors import InputError
from .files import write_atomically
from .job import Progress, run_job
from .pose_sequence import PoseSequence
from .runtime import ModelCache
from .text_pipeline import LanguageModel, TextRequest, TextResult, described_pose, model_in_folder, pose_from_text
from .text_readings import TextReading

if TYPE_CHECKING:
    from ..rig.session import PosedRig


def pose_text(command: TextCommand, *, online: bool = True) -> None:
    """Do what is asked: every file is written, or none.

    Args:
        command: what is asked.
        online: servers other than this computer may be reached.

    Raises:
        ContrappostoError: it cannot be done.
    """
    timings: dict[str, float] = {}
    with shown_progress() as show, ExitStack() as all_or_none:
        rig = _open_rig(command, timings, show) if command.wants_rig else None
        if not command.poses:
            current = _current(command, rig)
            if current is not None:
                _say([described_pose(current)])
            return
        result = _solved(command, rig, online=online, show=show)
        timings.update(result.timings_ms)
        partial = {
            path: all_or_none.enter_context(write_atomically(path))
            for reading in range(len(result.estimates))
            for path in command.targets(reading)
        }
        notes = list(result.notes)
        if rig is not None:
            notes += _pose_rig(command, rig, result, partial=partial, timings=timings, show=show)
        if command.npz is not None:
            for index, reading in enumerate(result.estimates):
                _save_npz(reading, result, partial[numbered(command.npz, index)])
        if command.constraints is not None and command.sentence is not None:
            write_constraints(result, all_or_none.enter_context(write_atomically(command.constraints)))
    written = [*partial, *([command.constraints] if command.constraints and command.sentence else [])]
    _print_summary(command, result, timings=timings, notes=notes, written=written)


def _open_rig(command: TextCommand, timings: dict[str, float], show: Show) -> PosedRig:
    show(Progress("Opening the rig", 0.0))
    from ..rig.session import PosedRig

    with timed(timings, "open rig"):
        return PosedRig.open(command.rig, armature_name=command.armature)


def _current(command: TextCommand, rig: PosedRig | None) -> PoseSequence | None:
    """The pose to be changed, or described."""
    if command.edit_file is not None:
        return PoseSequence.load(command.edit_file)
    return None if rig is None else rig.shown_pose(command.frame)


def _solved(command: TextCommand, rig: PosedRig | None, *, online: bool, show: Show) -> TextResult:
    models = ModelCache(command.models)
    program = None if command.sentence is not None else read_constraints(_given(command.constraints))
    request = TextRequest(
        sentence=command.sentence or "",
        edit=command.edit is not None,
        alternatives=command.alternatives,
        seed=command.seed,
        program=program,
        switched_off=frozenset(number - 1 for number in command.without),
        language_model=_language_model(command, models, online=online),
    )

    def current() -> PoseSequence:
        found = _current(command, rig)
        if found is None:
            raise InputError("There is no pose to change: add --edit POSE.npz, or --edit rig with --rig FILE.")
        return found

    has_current = command.edit is not None or rig is not None
    result = run_job(pose_from_text(request, models, current if has_current else None), on_progress=show)
    if any(number > len(result.constraints) for number in command.without):
        raise InputError(f"--without {max(command.without)}: only {len(result.constraints)} things were understood.")
    return result


def _language_model(command: TextCommand, models: ModelCache, *, online: bool) -> LanguageModel | None:
    """What understands the sentence in the place of the grammar.

    Raises:
        InputError: the address or the model's name cannot be used.
    """
    if command.llm is None:
        return None
    if Path(command.llm).is_dir():
        return model_in_folder(Path(command.llm), models)
    from .text import llm

    settings = llm.LlmSettings(command.llm, command.model or "", api_key=llm.environment_key(), online_access=online)
    return partial(llm.ask, settings=settings)


def _given(path: Path | None) -> Path:
    assert path is not None
    return path


def _pose_rig(
    command: TextCommand,
    rig: PosedRig,
    result: TextResult,
    *,
    partial: Mapping[Path, Path],
    timings: dict[str, float],
    show: Show,
) -> list[str]:
    """Pose and key each alternative, and write what was asked for; returns what is odd about it."""
    options = key_options_of(command)
    if result.current is not None and command.edit_file is None:
        options = options.for_edit()
    poses = [reading.poses for reading in result.estimates]
    posed = rig.pose_each(poses, options=options, bone_map=command.bone_map)
    notes: dict[str, None] = dict.fromkeys(rig.notes)
    for index in range(len(poses)):
        show(Progress("Posing the rig", 0.75))
        with timed(timings, "pose and key"):
            report = next(posed)
        notes.update(dict.fromkeys((*report.notes, *(f"Not keyed: {bone}." for bone in report.skipped))))
        if command.out is not None:
            show(Progress("Writing the rig", 0.8))
            with timed(timings, "write rig"):
                rig.save(partial[numbered(command.out, index)])
        if command.preview is not None:
            show(Progress("Rendering the preview", 0.85))
            with timed(timings, "render preview"):
                rig.render_alone(partial[numbered(command.preview, index)])
    return list(notes)


def _save_npz(reading: TextReading, result: TextResult, path: Path) -> None:
    """Write the AMASS keys of a pose and, beside them, what it was made from.

    `joints` (T, 24, 3) in metres, `likelihood`, `sentence`, `constraints` in words, and `held`, one a constraint.
    """
    reading.poses.save(
        path,
        extra={
            "joints": NEUTRAL_BODY.joints(reading.poses).astype(np.float32),
            "likelihood": np.array(reading.likelihood, np.float32),
            "sentence": np.array(result.request.sentence),
            "constraints": np.array([constraint.sentence for constraint in result.constraints], np.str_),
            "held": np.array(reading.held, np.bool_),
        },
    )


def _say(lines: Iterable[str]) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line, markup=False)


def _print_summary(
    command: TextCommand,
    result: TextResult,
    *,
    timings: Mapping[str, float],
    notes: Sequence[str],
    written: Sequence[Path],
) -> None:
    _say(_understood_in_words(result))
    _say(f"Note: {note}" for note in notes)
    counted = [index for index in range(len(result.constraints)) if index not in result.request.switched_off]
    if command.alternatives > 1:
        for number, reading in enumerate(result.estimates, start=1):
            held = sum(reading.held[index] for index in counted)
            met = f"{held} of {len(counted)} met, " if counted else ""
            _say([f"Pose {number} of {len(result.estimates)}: {met}likelihood {reading.likelihood:.0%}."])
    if len(result.estimates) < command.alternatives:
        made = "one pose" if len(result.estimates) == 1 else f"{len(result.estimates)} poses that differ"
        _say([f"{command.alternatives} alternatives were asked for; the sentence gave {made}."])
    if command.describe:
        _say([described_pose(result.estimates[0].poses)])
    table = Table("stage", "ms", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for stage, milliseconds in timings.items():
        table.add_row(stage, f"{milliseconds:,.0f}")
    Console(highlight=False, soft_wrap=True).print(table)
    _say(f"Wrote {path}" for path in written)
    if not written:
        _say(["Nothing was written: add --out, --npz or --preview."])


def _understood_in_words(result: TextResult) -> Iterable[str]:
    """What was understood, a line each, and whether the best pose does it."""
    if not result.constraints:
        yield "Nothing about single parts of the body was understood; the pose is of the words' mood or role."
    for number, constraint in enumerate(result.constraints, start=1):
        if number - 1 in result.request.switched_off:
            state = "switched off"
        else:
            state = "met" if result.estimates[0].held[number - 1] else "not met"
        yield f"{number:>3}. {constraint.sentence} ({state})"
