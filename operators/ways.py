"""How each kind of picture is read: what finds the people or figures in it, and what solves them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from ..backend.errors import ContrappostoError, InputError
from ..backend.job import Job, Progress, Result
from .session import session

if TYPE_CHECKING:
    from ..backend.pipeline import FoundPeople, PhotoResult
    from ..backend.runtime import ModelCache
    from ..preferences import Settings
    from .target import Target


class Way(Protocol):
    """A kind of picture.

    Attributes:
        operator: what poses from it, such as `contrapposto.photo`.
        noun: what is found in it: `person` or `figure`.
    """

    operator: str
    noun: str

    def is_of(self, found: FoundPeople) -> bool:
        """Whether something was found in this way."""
        ...

    def find(self, path: Path, models: ModelCache) -> Job[Any]:
        """Everybody in a picture."""
        ...

    def solve(self, found: Any, person: int, chosen: Settings, *, readings: int) -> Job[Any]:
        """One of them, counted from 0."""
        ...

    def others(self, result: Any, chosen: Settings, *, readings: int) -> Job[Any]:
        """The other readings of what was solved."""
        ...


class PhotoWay:
    """Photos of people."""

    operator = "contrapposto.photo"
    noun = "person"

    def is_of(self, found: FoundPeople) -> bool:
        return not SKETCH.is_of(found)

    def find(self, path: Path, models: ModelCache) -> Job[FoundPeople]:
        from ..backend import pipeline

        return pipeline.find_people(path, models)

    def solve(self, found: FoundPeople, person: int, chosen: Settings, *, readings: int) -> Job[PhotoResult]:
        from ..backend import pipeline

        return pipeline.solve_person(found, person, session.models(chosen), solver=chosen.solver, readings=readings)

    def others(self, result: PhotoResult, chosen: Settings, *, readings: int) -> Job[PhotoResult]:
        from ..backend import pipeline

        return pipeline.other_readings(result, session.models(chosen), solver=chosen.solver, readings=readings)


class SketchWay:
    """Drawings of figures."""

    operator = "contrapposto.sketch"
    noun = "figure"

    def is_of(self, found: FoundPeople) -> bool:
        from ..backend.sketch_pipeline import FoundFigures

        return isinstance(found, FoundFigures)

    def find(self, path: Path, models: ModelCache) -> Job[Any]:
        from ..backend import sketch_pipeline

        return sketch_pipeline.find_figures(path, models)

    def solve(self, found: Any, person: int, chosen: Settings, *, readings: int) -> Job[Any]:
        from ..backend import sketch_pipeline

        return sketch_pipeline.solve_figure(found, person, session.models(chosen), readings=readings)

    def others(self, result: Any, chosen: Settings, *, readings: int) -> Job[Any]:
        from ..backend import sketch_pipeline

        return sketch_pipeline.other_readings(result, session.models(chosen), readings=readings)


PHOTO: Final = PhotoWay()
SKETCH: Final = SketchWay()


def solve_with_words(
    way: Way, found: Any, person: int, *, chosen: Settings, readings: int, words: str = ""
) -> Job[Any]:
    """`way.solve`; where words go with the picture, the readings that agree with them come first.

    Raises:
        ContrappostoError: it cannot be solved, or the words say nothing that can be measured.
    """
    if not words.strip():
        return (yield from way.solve(found, person, chosen, readings=readings))
    from ..backend.text_on_picture import LEAST_READINGS, settle

    result = yield from way.solve(found, person, chosen, readings=max(readings, LEAST_READINGS))
    model = chosen.language_model()

    def more(count: int) -> Job[Any]:
        return way.others(result, chosen, readings=count)

    return (yield from settle(result, words.strip(), more=more, language_model=model, readings=readings))


def check_packages() -> Job[None]:
    """The first time this takes long, and is announced.

    Raises:
        MissingPackageError: a package that every way needs is not installed.
    """
    yield Progress("Loading", 0.0)
    from ..backend.packages import require_opencv

    require_opencv()
    load_posing()


def load_posing() -> None:
    """Have all there that poses and keys; half a second at the end else.

    Raises:
        MissingPackageError: a package that every way needs is not installed.
    """
    from ..backend.packages import require_package

    require_package("scipy.spatial.transform", name="scipy", purpose="compute with rotations")
    from ..backend.retarget.profiles_reader import profiles
    from ..rig import readings, rig_memory  # noqa: F401  # pyright: ignore[reportUnusedImport]

    profiles()


def knowing_the_rig(target: Target, job: Job[Result]) -> Job[Result]:
    """The job, before which the target's bones are looked for: once found, they are known when it is posed.

    Raises:
        MissingPackageError: a package that every way needs is not installed.
    """
    yield Progress("Loading", 0.0)
    load_posing()
    yield Progress("Reading the rig", 0.0)
    from ..rig.armature import read_rig
    from ..rig.bone_maps import bone_map_for

    with suppress(ContrappostoError):  # told when it is posed
        armature, _ = target.find()
        bone_map_for(armature, read_rig(armature))
    return (yield from job)


def check_person(way: Way, person: int, found: FoundPeople) -> None:
    """Raises: InputError: there is nobody of this number, counted from 1; 0 is anybody."""
    count = len(found.people)
    if person > count:
        raise InputError(
            f"There is no {way.noun} {person} in {found.path.name}: {count} found. Choose a number from 1 to {count}, "
            "or 0."
        )
