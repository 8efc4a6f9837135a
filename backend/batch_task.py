"""One photo or video of many: what is made of it, and what came of it. Plain values, sent to other computers too."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .cli_rig_request import RigRequest
from .detect.clip import Clip
from .errors import ContrappostoError, InputError
from .estimate.estimator import Estimate
from .files import write_atomically
from .job import Job, Progress
from .keying.error_bound import ErrorBound
from .keying.key_reduction import Reduction
from .refine.finish import MotionSettings
from .runtime import ModelCache
from .video_cache import VideoCache

if TYPE_CHECKING:
    from ..rig.pose_plan import KeyOptions


@dataclass(frozen=True)
class BatchOptions:
    """How every input is treated.

    Attributes:
        person: counted from 1.
        settings: how motions are finished.
        camera_motion: the camera turns; take that out.
        reduction: bounds of reduced keys in degrees and millimetres, or None for dense ones.
        request: the rig, and how it is posed.
        cache: folder of what is kept of videos, or None for nothing.
    """

    person: int
    settings: MotionSettings
    camera_motion: bool
    reduction: tuple[float, float] | None
    request: RigRequest
    cache: Path | None

    def to_json(self) -> dict[str, Any]:
        """What results depend on."""
        asked = {name: str(value) for name, value in asdict(self.request).items()}
        return {
            "person": self.person,
            "settings": asdict(self.settings),
            "camera_motion": self.camera_motion,
            "reduction": self.reduction,
            "request": asked,
            "files": [_stamp(path) for path in (self.request.rig, self.request.bone_map) if path is not None],
        }


def _stamp(path: Path) -> tuple[int, int] | None:
    """By which a file is known to be the same: time of change in nanoseconds, and bytes."""
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


@dataclass(frozen=True)
class Task:
    """An input.

    Attributes:
        name: its path within the folder, with `/`.
        path: the file.
        kind: "photo" or "video".
        npz: the file to write.
        rig: the file of the keyed rig to write, or None.
    """

    name: str
    path: Path
    kind: str
    npz: Path
    rig: Path | None

    @property
    def targets(self) -> tuple[Path, ...]:
        """The files to write."""
        return (self.npz,) if self.rig is None else (self.npz, self.rig)


@dataclass(frozen=True)
class Outcome:
    """What came of an input.

    Attributes:
        name: of the input.
        people: how many were found.
        frames: how many poses were written.
        seconds: how long it took.
        notes: what is worth telling, in sentences.
        error: why nothing was written, or None.
        known: it was finished in an earlier run.
    """

    name: str
    people: int = 0
    frames: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    error: str | None = None
    known: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "notes", tuple(self.notes))


def run_task(task: Task, options: BatchOptions, *, models: ModelCache) -> Job[Outcome]:
    """Make what is to be made of an input; what is wrong with it becomes a part of the outcome."""
    start = time.perf_counter()
    try:
        work = _photo if task.kind == "photo" else _video
        outcome = yield from work(task, options, models)
    except ContrappostoError as error:
        outcome = Outcome(task.name, error=str(error))
    except Exception as error:  # noqa: BLE001  (a fault of ours in one input may not cost a night's work on the others)
        outcome = Outcome(task.name, error=f"{task.name} met a fault of Contrapposto: {_in_words(error)}")
    return replace(outcome, seconds=round(time.perf_counter() - start, 3))


def _in_words(error: Exception) -> str:
    """Such as `ValueError in smoothing.py, line 12: ...`, to be reported."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(where.filename).name}, line {where.lineno}: {error}"


@cache
def models_of_process(folder: Path | None) -> ModelCache:
    """The models of this process, loaded once for all its tasks."""
    return ModelCache(folder)


def _photo(task: Task, options: BatchOptions, models: ModelCache) -> Job[Outcome]:
    from .cli_photo_work import save_npz
    from .pipeline import find_people, solve_person

    found = yield from find_people(task.path, models)
    result = yield from solve_person(found, options.person - 1, models)
    notes = list(result.notes)
    with ExitStack() as all_or_none:
        partial = _partial(task, all_or_none)
        if task.rig is not None:
            yield Progress("Posing the rig", 0.8)
            notes += _pose_rig(options, result.estimate, partial[task.rig])
        save_npz(result.estimate, result.observation, partial[task.npz])
    return Outcome(task.name, len(found.people), result.estimate.poses.frame_count, notes=tuple(notes))


def _pose_rig(options: BatchOptions, estimate: Estimate, path: Path) -> list[str]:
    from ..rig.session import PosedRig

    request = options.request
    rig = PosedRig.open(request.rig, armature_name=request.armature)
    report = rig.pose(estimate.poses, options=_key_options(request), bone_map=request.bone_map)
    rig.save(path)
    return [*rig.notes, *report.notes, *(f"Not keyed: {bone}." for bone in report.skipped)]


def _video(task: Task, options: BatchOptions, models: ModelCache) -> Job[Outcome]:
    from .video_motion import finished, read_motion

    store = None if options.cache is None else VideoCache(options.cache)
    clip = Clip(task.path)
    result = yield from read_motion(
        clip, options.person - 1, models=models, store=store, camera_motion=options.camera_motion
    )
    rig = None
    if task.rig is not None:
        yield Progress("Opening the rig", 1.0)
        from ..rig.motion_session import MotionRig

        rig = MotionRig.open(options.request.rig, armature_name=options.request.armature)
    motion = yield from finished(result, options.settings, fps=None if rig is None else rig.own_fps)
    notes = [*result.notes, *(() if store is None else store.notes)]
    with ExitStack() as all_or_none:
        partial = _partial(task, all_or_none)
        if rig is not None and task.rig is not None:
            from ..rig.motion_session import Keying

            how = Keying(
                _key_options(options.request),
                _reduction(options),
                bone_map=options.request.bone_map,
                locked=options.settings.feet_stand,
            )
            report = yield from rig.key(motion, how)
            rig.save(partial[task.rig])
            notes += [*rig.notes, *report.keyed.notes, *(f"Not keyed: {bone}." for bone in report.keyed.skipped)]
        motion.save(partial[task.npz])
    return Outcome(task.name, len(result.tracks.tracks), motion.poses.frame_count, notes=tuple(dict.fromkeys(notes)))


def _partial(task: Task, all_or_none: ExitStack) -> Mapping[Path, Path]:
    """Files to write that take the places of the task's together, once nothing can fail any more."""
    for path in task.targets:
        if path.exists() and path.samefile(task.path):
            raise InputError(f"{path} is a file that is read. Choose another folder with --to.")
    return {path: all_or_none.enter_context(write_atomically(path)) for path in task.targets}


def _key_options(request: RigRequest) -> KeyOptions:
    from .cli_photo_work import key_options_of

    return key_options_of(request)


def _reduction(options: BatchOptions) -> Reduction | None:
    return None if options.reduction is None else Reduction(ErrorBound(*options.reduction))
