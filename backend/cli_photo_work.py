"""What `contrapposto photo` and `sketch` do: pose a rig as a picture shows it, write what is asked for, and tell of it.

What touches Blender's data is done by `rig/`, which is imported only when a rig is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table

from .body_parts import body_part_confidence
from .cli_photo_request import PhotoRequest
from .cli_rig_request import RigRequest, numbered
from .estimate.estimator import Estimate
from .files import write_atomically
from .job import Job, Progress, run_job
from .joint_words import in_words
from .observation import Observation
from .pipeline import PhotoResult, find_people, solve_person
from .runtime import ModelCache, Solver
from .shown_joints import parts_not_shown
from .weights.registry import model_entries

if TYPE_CHECKING:
    from ..rig.pose_plan import KeyOptions, KeyReport

Result = TypeVar("Result", bound=PhotoResult)
SOLVERS: Final = {"auto": Solver.AUTOMATIC, "model": Solver.MODEL, "analytic": Solver.ANALYTIC}


@dataclass(frozen=True)
class Kind:
    """A kind of picture.

    Attributes:
        one, many: what is found in it, in words.
        read: request, models and progress -> who is found in the picture, and how the one asked for is posed.
    """

    one: str
    many: str
    read: Callable[[PhotoRequest, ModelCache, Show], PhotoResult]


def read_photo(request: PhotoRequest, models: ModelCache, show: Show) -> PhotoResult:
    """The person asked for, as a photo shows them.

    Raises:
        ContrappostoError: it cannot be done.
    """
    found = run_job(find_people(request.image, models), on_progress=show)
    solver = SOLVERS[request.solver]

    def solved(readings: int) -> Job[PhotoResult]:
        return solve_person(found, request.person - 1, models, solver=solver, readings=readings)

    return run_job(settled(solved, request), on_progress=show)


def settled(solved: Callable[[int], Job[Result]], request: PhotoRequest) -> Job[Result]:
    """So many readings as are asked for; where words go with the picture, those that agree with them.

    Args:
        solved: makes the result with so many readings.
        request: what is asked.

    Raises:
        ContrappostoError: it cannot be done.
    """
    if request.text is None:
        return (yield from solved(request.hypotheses))
    from .text_on_picture import LEAST_READINGS, settle

    result = yield from solved(max(request.hypotheses, LEAST_READINGS))
    return (yield from settle(result, request.text, more=solved, readings=request.hypotheses))


def pose_photo(request: PhotoRequest, kind: Kind | None = None) -> None:
    """Do what is asked: every file is written, or none.

    Args:
        request: what is asked.
        kind: what the picture is; a photo of people by default.

    Raises:
        ContrappostoError: it cannot be done.
    """
    kind = kind or Kind("person", "people", read_photo)
    with ExitStack() as all_or_none:
        # Every file is written beside its place, and all are put there together once nothing can fail any more.
        partial = {path: all_or_none.enter_context(write_atomically(path)) for path in request.targets(0)}
        with shown_progress() as show:
            models = ModelCache(
                request.models,
                smpl_folder=request.smpl,
                detector_file=request.detector,
                regressor_file=request.regressor,
            )
            result = kind.read(request, models, show)
            for reading in range(1, len(result.estimates)):
                for path in request.targets(reading):
                    partial[path] = all_or_none.enter_context(write_atomically(path))
            timings, notes = dict(result.timings_ms), [*_note_on_folder(request.models), *result.notes]
            if request.wants_rig:
                notes += _pose_rig(request, result, partial=partial, timings=timings, show=show)
            if request.npz is not None:
                with timed(timings, "write npz"):
                    for reading, estimate in enumerate(result.estimates):
                        save_npz(estimate, result.observation, partial[numbered(request.npz, reading)])
    _print_summary(request, result, kind, timings=timings, notes=notes, written=list(partial))


def _note_on_folder(folder: Path | None) -> list[str]:
    """That nothing is used of a model folder without any of our files."""
    files = [entry.file for entry in model_entries().values()]
    names = sorted(Path(file).name for file in files)
    if folder is None or any((folder / place).is_file() for place in (*files, *names)):
        return []
    return [f"--models {folder} holds none of our model files ({', '.join(names)}): the shipped ones are used."]


def _pose_rig(
    request: PhotoRequest,
    result: PhotoResult,
    *,
    partial: Mapping[Path, Path],
    timings: dict[str, float],
    show: Show,
) -> list[str]:
    """Open or make the rig, pose and key each reading, and write what was asked for; returns what is odd about it."""
    show(Progress("Opening the rig", 0.6))
    from ..rig.session import PosedRig

    with timed(timings, "open rig"):
        rig = PosedRig.open(request.rig, armature_name=request.armature)
    options, poses = key_options_of(request), [estimate.poses for estimate in result.estimates]
    posed = rig.pose_each(poses, options=options, bone_map=request.bone_map)
    notes: dict[str, None] = dict.fromkeys(rig.notes)
    for reading in range(len(result.estimates)):
        show(Progress("Posing the rig", 0.75))
        with timed(timings, "pose and key"):
            report = next(posed)
        notes.update(dict.fromkeys(_notes_of(report, request, reading=reading)))
        if request.match_camera:
            with timed(timings, "match camera"):
                matched = rig.match_camera(result, reading, options=options, bone_map=request.bone_map)
            notes[f"Reading {reading + 1}: {matched}" if len(result.estimates) > 1 else matched] = None
        if request.out is not None:
            show(Progress("Writing the rig", 0.8))
            with timed(timings, "write rig"):
                rig.save(partial[numbered(request.out, reading)])
        if request.preview is not None:
            show(Progress("Rendering the preview", 0.85))
            with timed(timings, "render preview"):
                preview = partial[numbered(request.preview, reading)]
                rig.render(preview, image=result.found.image, observation=result.observation)
    return list(notes)


def _notes_of(report: KeyReport, request: PhotoRequest, *, reading: int) -> Iterator[str]:
    """What is odd about the rig, and what was not keyed."""
    yield from report.notes
    yield from (f"Not keyed: {bone}." for bone in report.skipped)
    unsure = [joint for joint in report.joints if set(joint.controls) & set(report.unsure)]
    if unsure:
        which = f"Reading {reading + 1}: not" if request.hypotheses > 1 else "Not"
        joints = ", ".join(f"{in_words(joint.name)} ({joint.confidence:.0%})" for joint in unsure)
        yield f"{which} keyed, because less sure than {request.min_confidence:.0%}: {joints}."


def key_options_of(request: RigRequest) -> KeyOptions:
    """What is asked for, as the rig's side takes it."""
    from ..rig.pose_plan import KeyOptions

    return KeyOptions(
        frame=request.frame,
        root_location=not request.no_root,
        in_place=request.in_place,
        flip=request.flip,
        blend=request.blend,
        limbs="IK" if request.limbs == "ik" else "FK",
        relax_hands=not request.stiff_hands,
        min_confidence=request.min_confidence,
        keep_unseen=request.keep_unseen,
    )


def save_npz(estimate: Estimate, observation: Observation, path: Path) -> None:
    """Write the AMASS keys of a reading, and the evidence and joints behind it.

    Beside `poses`, `trans`, `betas`, `gender` and `mocap_framerate`: `joints` (T, 24, 3) metres, inner frame;
    `joints_cam` (T, 24, 3) metres, camera axes; `joints_px` (T, 24, 2) and `keypoints_px` (T, K, 2) pixels of the full
    image; `keypoint_names` (K,); `keypoint_confidence` (T, K); `confidence` (T, 24); `camera` fx, fy, cx, cy in pixels;
    `camera_turn` (T, 3, 3) from the inner frame to the camera, with y up and z to the viewer in both; `likelihood` of
    the reading in [0, 1]; `image_size` width, height.

    Raises:
        InputError: the file cannot be written.
    """
    estimate.poses.save(
        path,
        extra={
            "joints": estimate.joints().astype(np.float32),
            "joints_cam": estimate.joints_cam().astype(np.float32),
            "joints_px": estimate.joints_px(),
            "keypoints_px": observation.keypoints_px,
            "keypoint_names": np.array(observation.schema.names),
            "keypoint_confidence": observation.confidence,
            "camera": estimate.camera.as_array(),
            "camera_turn": estimate.camera_turn,
            "likelihood": np.array(estimate.likelihood, np.float32),
            "image_size": np.array(observation.image_size),
        },
    )


class Show:
    """Draws each step; by hand, because rich's own refresh is a thread."""

    def __init__(self, bar: ProgressBar) -> None:
        self._bar = bar
        self._task = bar.add_task("Starting", total=1.0)

    def __call__(self, progress: Progress) -> None:
        """Draw what happens next."""
        self._bar.update(self._task, description=progress.stage, completed=progress.fraction)
        self._bar.refresh()


@contextmanager
def shown_progress() -> Iterator[Show]:
    """A bar while somebody watches."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"))
    # Where nobody watches, as in a log, not even an empty line is drawn.
    hidden = not console.is_terminal
    with ProgressBar(*columns, console=console, auto_refresh=False, transient=True, disable=hidden) as bar:
        yield Show(bar)


@contextmanager
def timed(timings_ms: dict[str, float], stage: str) -> Iterator[None]:
    """Add the milliseconds of the block to those of a stage."""
    start = time.perf_counter()
    yield
    timings_ms[stage] = timings_ms.get(stage, 0.0) + (time.perf_counter() - start) * 1000.0


def _print_summary(
    request: PhotoRequest,
    result: PhotoResult,
    kind: Kind,
    *,
    timings: dict[str, float],
    notes: Sequence[str],
    written: Sequence[Path],
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    count = len(result.found.people)
    who = f"1 {kind.one} found" if count == 1 else f"{count} {kind.many} found, number {result.person + 1} posed"
    console.print(f"{result.found.path.name}: {who}.", markup=False)
    for note in notes:
        console.print(f"Note: {note}", markup=False)
    for line in _readings_in_words(result, wanted=request.hypotheses):
        console.print(line, markup=False)
    console.print(_camera_in_words(result), markup=False)
    for line in _confidence_in_words(request, result):
        console.print(line, markup=False)
    table = Table("stage", "ms", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for stage, milliseconds in timings.items():
        table.add_row(stage, f"{milliseconds:,.0f}")
    console.print(table)
    for path in written:
        console.print(f"Wrote {path}", markup=False)
    if not written:
        console.print("Nothing was written: add --out, --npz or --preview.")


def _confidence_in_words(request: PhotoRequest, result: PhotoResult) -> Iterator[str]:
    """How sure each part of the body is, and which of them the picture does not show."""
    parts = body_part_confidence(result.estimate.poses.confidence)
    yield "Confidence: " + ", ".join(f"{part.lower()} {share:.0%}" for part, share in parts.items())
    hidden = ", ".join(part.lower() for part in parts_not_shown(result.estimate.poses))
    if hidden:
        kept = request.keep_unseen and request.wants_rig
        yield f"Not shown in the picture, so {'left as the rig has it' if kept else 'guessed'}: {hidden}."


def _camera_in_words(result: PhotoResult) -> str:
    """Which camera was taken, and where it is known from."""
    observation = result.observation
    millimetres = result.estimate.camera.equivalent_mm(observation.image_size)
    source = "assumed, as the file tells none" if observation.camera is None else "by the file's EXIF"
    return f"Camera: {millimetres:.0f} mm on 35 mm film, {source}."


def _readings_in_words(result: PhotoResult, *, wanted: int) -> Iterator[str]:
    """A line a reading where several were asked for."""
    count = len(result.estimates)
    if wanted == 1:
        return
    for number, estimate in enumerate(result.estimates, start=1):
        yield f"Reading {number} of {count}: likelihood {estimate.likelihood:.0%}."
    if not result.reads_several_ways:
        yield f"{wanted} readings were asked for, but this solver gives only one. The pose model gives several."
    elif count < wanted:
        gave = "only one" if count == 1 else f"only {count} that differ"
        yield f"{wanted} readings were asked for, but the picture gave {gave}."
