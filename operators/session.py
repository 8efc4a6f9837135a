"""What lives while the add-on is enabled and is no property: loaded models, the last picture read, the running job.

Nothing here is saved, undone or tied to a .blend file, and no bpy data is referred to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from .thumbnails import Thumbnails
from .video_memory import VideoMemory

if TYPE_CHECKING:
    from ..backend.correction import Correction
    from ..backend.doctor import Finding
    from ..backend.job import Job
    from ..backend.pipeline import FoundPeople, PhotoResult
    from ..backend.provenance import Record
    from ..backend.runtime import ModelCache
    from ..backend.text_pipeline import TextResult
    from ..preferences import Settings
    from ..rig.readings import Preview, RigReadings
    from .failures import Trouble
    from .target import Target

PICTURES_KEPT: Final = 4
"""An undo brings an earlier result back, and with it the wish for its other readings."""
SENTENCES_KEPT: Final = 32
"""Of sentences, which hold no picture, more are kept."""

LOG_LINES: Final = 60

FileStamp = tuple[str, int, int]
"""Path, time of change (ns) and size: a picture read once is not read again while this stays the same."""


@dataclass
class JobStatus:
    """The running job as panels show it.

    Attributes:
        title: what is being done.
        put_back: closes the job at once and takes away its timer; for when the add-on is disabled.
        stage: what happens next.
        fraction: done, in [0, 1].
        detail: how far it is within the stage, in words, or nothing.
        cancel_requested: asks the job to stop at its next tick.
        keep: once the artist was asked what a cancelled job shall do with what is done: to keep it, or not.
        asking: whether that question is open; the job goes on meanwhile.
    """

    title: str
    put_back: Callable[[], None]
    stage: str = ""
    fraction: float = 0.0
    detail: str = ""
    cancel_requested: bool = False
    keep: bool | None = None
    asking: bool = False


@dataclass(frozen=True)
class PersonChoice:
    """The question whom to pose: names of thumbnails, and the operator with its properties that is called again."""

    thumbnails: tuple[str, ...]
    request: dict[str, Any]
    operator: str = "contrapposto.photo"


@dataclass(frozen=True)
class PhotoRun:
    """A picture or a sentence that posed a rig, for what may follow: another reading, the camera, corrections.

    Which of the readings is posed stands in the scene, where undo and redo find it: `result.reading`, from 1.

    Attributes:
        result: the people found, what was seen of the one who was posed, and the readings that are found so far; or
            a sentence and its poses, in which no picture is `found`.
        target: the armature, its scene and the frame.
        request: the operator's properties, with which it would do the same again.
        on_rig: puts one reading in the place of another.
        correction: the keypoints that the artist moved, which `result` heeds already.
        trouble: why no more readings could be found, a sentence, or nothing.
        operator: what posed it.
        name: what the scene calls it, in `result.run`; unlike that of any other run.
    """

    result: PhotoResult | TextResult
    target: Target
    request: dict[str, Any]
    on_rig: RigReadings
    correction: Correction | None = None
    trouble: str = ""
    operator: str = "contrapposto.photo"
    name: str = field(default_factory=lambda: uuid4().hex)


@dataclass
class Choosing:
    """The artist looks at readings before one is kept.

    Attributes:
        run: of which photo.
        preview: shows them.
        posed: the reading that was posed, from 0.
        shown: the reading that is shown now, from 0.
        put_away: ends the choice at once, with what was posed; for when the add-on is disabled.
        ended: whether to keep what is shown (True) or not (False), once that is said.
    """

    run: PhotoRun
    preview: Preview
    posed: int
    shown: int
    put_away: Callable[[], None]
    ended: bool | None = None


@dataclass
class Session:
    """One per process. `release()` lets go of everything.

    `refused` is the `session_uid` of the armature that was last refused, and why, in words. `correcting` puts the
    correction of keypoints away at once, while there is one. `searches` are the jobs that find the other readings of
    runs, by the runs' names. `videos` are the runs over videos. `checked` is the record whose source was looked at
    last, and what was found, in sentences. `left_out` are the pictures of a folder that became no poses, and why.
    `trouble` is what went wrong last, until it is put away or done again well; `log` is what was done lately.
    """

    job: JobStatus | None = None
    choice: PersonChoice | None = None
    choosing: Choosing | None = None
    correcting: Callable[[], None] | None = None
    findings: tuple[Finding, ...] = ()
    refused: tuple[int, str] | None = None
    checked: tuple[Record, tuple[str, ...]] | None = None
    left_out: tuple[str, ...] = ()
    trouble: Trouble | None = None
    log: deque[str] = field(default_factory=lambda: deque[str](maxlen=LOG_LINES))
    searches: dict[str, Job[PhotoResult]] = field(default_factory=dict)
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    videos: VideoMemory = field(default_factory=VideoMemory)
    _models: ModelCache | None = None
    _found: tuple[FileStamp, FoundPeople] | None = None
    _runs: deque[PhotoRun] = field(default_factory=deque)

    def models(self, settings: Settings) -> ModelCache:
        """The models, made at the first call; they load when they are first used."""
        from ..backend.runtime import ModelCache

        if self._models is None:
            self._models = ModelCache(
                settings.model_folder,
                settings.device,
                smpl_folder=settings.smpl_folder,
                detector_file=settings.detector_file,
                regressor_file=settings.regressor_file,
            )
        return self._models

    def release_models(self) -> None:
        """Let go of loaded models, so that the next run takes the settings of that moment."""
        if self._models is not None:
            self._models.release()
        self._models = None
        self._found = None
        self.videos.forget_solved()

    def remember(self, found: FoundPeople) -> None:
        """Keep the people of a picture, for another choice among them."""
        stamp = stamp_of(found.path)
        self._found = None if stamp is None else (stamp, found)

    def recall(self, path: Path) -> FoundPeople | None:
        """The people of that picture if it was the last one read and has not changed since."""
        if self._found is None or self._found[0] != stamp_of(path):
            return None
        return self._found[1]

    def forget_picture(self) -> None:
        """Read the next picture anew, even if it is the one read last."""
        self._found = None

    def keep_run(self, run: PhotoRun) -> None:
        """Keep a run and let go of the oldest pictures."""
        self._runs.append(run)
        while self._keeps_too_much():
            self._stop_search(self._runs.popleft().name)

    def change_run(self, name: str, change: Callable[[PhotoRun], PhotoRun]) -> None:
        """Put another run of the same name in the place of one that is kept."""
        for place, run in enumerate(self._runs):
            if run.name == name:
                self._runs[place] = change(run)

    def keep_in_mind(self) -> Callable[[], None]:
        """Gives a function that forgets the runs and the question of whom to pose that came after now."""
        runs, videos, choice = tuple(self._runs), self.videos.keep_in_mind(), self.choice

        def put_back() -> None:
            known = {run.name for run in runs}
            for name in [name for name in self.searches if name not in known]:
                self._stop_search(name)
            self._runs, self.choice = deque(runs), choice
            videos()

        return put_back

    def is_searching(self, run: PhotoRun) -> bool:
        """Whether not all readings of a run are found yet."""
        return run.name in self.searches

    def run_of(self, scene: Any) -> PhotoRun | None:
        """The run whose result a scene shows; None for a result of an earlier session, or one too long ago."""
        name = scene.contrapposto.result.run
        return next((run for run in self._runs if run.name == name), None) if name else None

    def forget_runs(self) -> None:
        """Let go of all runs, as when another file is opened."""
        self.stop_choice()
        self.stop_correction()
        for run in self._runs:
            self._stop_search(run.name)
        self._runs.clear()
        self.videos.forget_runs()

    def release(self) -> None:
        """Let go of models, pictures and thumbnails."""
        self.release_models()
        self.forget_runs()
        self.thumbnails.release()
        self.videos.release()
        self.findings = ()
        self.refused = None
        self.checked, self.left_out = None, ()
        self.trouble = None
        self.choice = None

    def stop_choice(self) -> None:
        """End the choice of a reading, if there is one, with what was posed."""
        if self.choosing is not None:
            self.choosing.put_away()

    def stop_correction(self) -> None:
        """End the correction of keypoints, if there is one, with what was posed."""
        if self.correcting is not None:
            self.correcting()

    def _keeps_too_much(self) -> bool:
        pictures = {id(kept.result.found.image) for kept in self._runs if kept.result.found is not None}
        sentences = sum(kept.result.found is None for kept in self._runs)
        return len(pictures) > PICTURES_KEPT or sentences > SENTENCES_KEPT

    def _stop_search(self, name: str) -> None:
        job = self.searches.pop(name, None)
        if job is not None:
            job.close()

    def stop_job(self) -> None:
        """End the running job, if there is one."""
        if self.job is not None:
            self.job.put_back()


def stamp_of(path: Path) -> FileStamp | None:
    """The stamp of a file, or None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return str(path.resolve()), status.st_mtime_ns, status.st_size


session = Session()
