"""The way of a photo: picture -> people -> poses. What comes after, the rig, is Blender's side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from .arrays import ImageArray
from .detect.image import Picture, load_picture
from .errors import InputError, NoPersonFoundError
from .estimate.analytic import AnalyticEstimator
from .estimate.estimator import Estimate, Estimator, ReadsSeveralWays
from .job import Job, Progress, timed_job
from .observation import Observation
from .runtime import ModelCache, Solver
from .shown_joints import shown_by
from .solver_choice import ChosenSolver, choose_solver


@dataclass(frozen=True)
class FoundPeople:
    """A picture and the people in it.

    Attributes:
        path: the file.
        image: (H, W, 3) RGB, upright.
        people: one observation each, the most prominent first; never empty.
        timings_ms: milliseconds of work, a stage each.
    """

    path: Path
    image: ImageArray
    people: tuple[Observation, ...]
    timings_ms: dict[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class PhotoResult:
    """One person of a picture, solved.

    Attributes:
        found: the picture and everybody in it.
        person: which of them, from 0.
        estimates: the readings of the pose, never empty: that which is expected to be nearest, then others, the
            likeliest of them first.
        timings_ms: milliseconds of work, a stage each, those of `found` included.
        notes: what the artist should know about how it was solved, in sentences.
        reads_several_ways: more readings than one can be asked of the solver.
    """

    found: FoundPeople
    person: int
    estimates: tuple[Estimate, ...]
    timings_ms: dict[str, float]
    notes: tuple[str, ...] = ()
    reads_several_ways: bool = True

    @property
    def estimate(self) -> Estimate:
        """The reading that is expected to be nearest."""
        return self.estimates[0]

    @property
    def observation(self) -> Observation:
        """What was seen of the person."""
        return self.found.people[self.person]

    def settled(self, estimate: Estimate, *, was: Estimate | None = None) -> Estimate:
        """Another estimate of this person, standing as the readings do.

        Args:
            estimate: the other one.
            was: the reading that it was made from, if it was.
        """
        return estimate


def find_people(path: Path, models: ModelCache) -> Job[FoundPeople]:
    """Read a picture and find everybody in it.

    Raises:
        InputError: the file cannot be read as a picture.
        NoPersonFoundError: nobody is in it.
        ModelError: the detector cannot run.
    """
    timings: dict[str, float] = {}
    picture = yield from timed_job(_read(path), timings, stage="read")
    detector = yield from timed_job(_load(models), timings, stage="load models")
    people = yield from timed_job(detector.people(picture.pixels), timings, stage="find people")
    if not people:
        raise NoPersonFoundError(
            f"Nobody was found in {path.name}. Choose a picture in which most of one person can be seen."
        )
    people = tuple(replace(person, camera=picture.camera) for person in people)
    return FoundPeople(path, picture.pixels, people, timings)


def pose_person(
    found: FoundPeople, person: int, *, estimator: Estimator | None = None, readings: int = 1
) -> Job[PhotoResult]:
    """Solve the pose of one of the people found; `person` counts from 0.

    Args:
        found: the picture.
        person: whom.
        estimator: solves the pose; by default in closed form.
        readings: how many at most, where the picture allows several.

    Raises:
        InputError: there is no such person.
    """
    if not 0 <= person < len(found.people):
        raise InputError(
            f"There is no person {person + 1} in {found.path.name}: {len(found.people)} found, counted from 1."
        )
    timings = dict(found.timings_ms)
    job = (estimator or AnalyticEstimator()).estimate(found.people[person], count=readings)
    estimates = yield from timed_job(job, timings, stage="solve pose")
    return PhotoResult(found, person, with_shown(estimates, found.people[person]), timings)


def solve_person(
    found: FoundPeople, person: int, models: ModelCache, *, solver: Solver | str = Solver.AUTOMATIC, readings: int = 1
) -> Job[PhotoResult]:
    """`pose_person` with the estimator of a choice, which is loaded first where it is not yet.

    Raises:
        InputError: there is no such person, or no such device.
        ModelError: the solver that was asked for cannot run.
    """
    timings = dict(found.timings_ms)
    chosen = yield from timed_job(_choose(models, solver, found.image), timings, stage="load models")
    result = yield from pose_person(
        replace(found, timings_ms=timings), person, estimator=chosen.estimator, readings=readings
    )
    several = isinstance(chosen.estimator, ReadsSeveralWays)
    return replace(result, notes=chosen.notes, reads_several_ways=several)


def other_readings(
    result: PhotoResult, models: ModelCache, *, solver: Solver | str = Solver.AUTOMATIC, readings: int
) -> Job[PhotoResult]:
    """What `solve_person` gives for so many readings, where it was asked for one first: that one is not solved again.

    Raises:
        InputError, ModelError: as `solve_person`.
    """
    timings = dict(result.timings_ms)
    chosen = yield from timed_job(_choose(models, solver, result.found.image), timings, stage="load models")
    if readings <= 1 or not isinstance(chosen.estimator, ReadsSeveralWays):
        return result
    job = chosen.estimator.others(result.observation, result.estimate, count=readings)
    estimates = yield from timed_job(job, timings, stage="find other readings")
    return replace(result, estimates=with_shown(estimates, result.observation), timings_ms=timings)


def with_shown(estimates: Sequence[Estimate], seen: Observation) -> tuple[Estimate, ...]:
    """The estimates with what the picture shows of each joint; what has it already stays as it is."""
    shown = shown_by(seen)
    return tuple(
        each if each.poses.shown is not None else replace(each, poses=replace(each.poses, shown=shown))
        for each in estimates
    )


def _choose(models: ModelCache, solver: Solver | str, image: ImageArray) -> Job[ChosenSolver]:
    yield Progress("Loading the pose model", 0.6)
    return choose_solver(models, solver, image=image)


def _read(path: Path) -> Job[Picture]:
    yield Progress("Reading the picture", 0.0)
    return load_picture(path)


def _load(models: ModelCache) -> Generator[Progress, None, Any]:
    yield Progress("Loading the detector", 0.1)
    models.regressor()  # a file that is refused is refused before anything runs
    return models.detector()
