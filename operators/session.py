"""What lives while the add-on is enabled and is no property: loaded models, the last picture read, the running job.

Nothing here is saved, undone or tied to a .blend file, and no bpy data is referred to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .thumbnails import Thumbnails

if TYPE_CHECKING:
    from ..backend.doctor import Finding
    from ..backend.pipeline import FoundPeople
    from ..backend.runtime import ModelCache
    from ..preferences import Settings

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
        cancel_requested: asks the job to stop at its next tick.
    """

    title: str
    put_back: Callable[[], None]
    stage: str = ""
    fraction: float = 0.0
    cancel_requested: bool = False


@dataclass(frozen=True)
class PersonChoice:
    """The question whom to pose: names of thumbnails, and the properties that the operator is called with again."""

    thumbnails: tuple[str, ...]
    request: dict[str, Any]


@dataclass
class Session:
    """One per process. `release()` lets go of everything.

    `refused` is the `session_uid` of the armature that was last refused, and why, in words.
    """

    job: JobStatus | None = None
    choice: PersonChoice | None = None
    findings: tuple[Finding, ...] = ()
    refused: tuple[int, str] | None = None
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    _models: ModelCache | None = None
    _found: tuple[FileStamp, FoundPeople] | None = None

    def models(self, settings: Settings) -> ModelCache:
        """The models, made at the first call; they load when they are first used."""
        from ..backend.runtime import ModelCache

        if self._models is None:
            self._models = ModelCache(settings.model_folder, settings.device, smpl_folder=settings.smpl_folder)
        return self._models

    def release_models(self) -> None:
        """Let go of loaded models, so that the next run takes the settings of that moment."""
        if self._models is not None:
            self._models.release()
        self._models = None
        self._found = None

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

    def release(self) -> None:
        """Let go of models, pictures and thumbnails."""
        self.release_models()
        self.thumbnails.release()
        self.findings = ()
        self.refused = None
        self.choice = None

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
