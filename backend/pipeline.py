"""The way of a photo: picture -> people -> poses. What comes after, the rig, is Blender's side."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .arrays import ImageArray
from .body_model import NEUTRAL_BODY, BodyModel
from .detect.image import load_image
from .errors import InputError, NoPersonFoundError
from .estimate.analytic import AnalyticEstimator
from .estimate.estimator import Estimate
from .job import Job, Progress, timed_job
from .observation import Observation
from .runtime import ModelCache


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
        estimate: the pose.
        timings_ms: milliseconds of work, a stage each, those of `found` included.
    """

    found: FoundPeople
    person: int
    estimate: Estimate
    timings_ms: dict[str, float]

    @property
    def observation(self) -> Observation:
        """What was seen of the person."""
        return self.found.people[self.person]


def find_people(path: Path, models: ModelCache) -> Job[FoundPeople]:
    """Read a picture and find everybody in it.

    Raises:
        InputError: the file cannot be read as a picture.
        NoPersonFoundError: nobody is in it.
        ModelError: the detector cannot run.
    """
    timings: dict[str, float] = {}
    image = yield from timed_job(_read(path), timings, stage="read")
    detector = yield from timed_job(_load(models), timings, stage="load models")
    people = yield from timed_job(detector.people(image), timings, stage="find people")
    if not people:
        raise NoPersonFoundError(
            f"Nobody was found in {path.name}. Choose a picture in which most of one person can be seen."
        )
    return FoundPeople(path, image, people, timings)


def pose_person(found: FoundPeople, person: int, *, body: BodyModel = NEUTRAL_BODY) -> Job[PhotoResult]:
    """Solve the pose of one of the people found; `person` counts from 0. `body` gives the proportions.

    Raises:
        InputError: there is no such person.
    """
    if not 0 <= person < len(found.people):
        raise InputError(
            f"There is no person {person + 1} in {found.path.name}: {len(found.people)} found, counted from 1."
        )
    timings = dict(found.timings_ms)
    job = AnalyticEstimator(body).estimate(found.people[person])
    estimates = yield from timed_job(job, timings, stage="solve pose")
    return PhotoResult(found, person, estimates[0], timings)


def _read(path: Path) -> Job[ImageArray]:
    yield Progress("Reading the picture", 0.0)
    return load_image(path)


def _load(models: ModelCache) -> Generator[Progress, None, Any]:
    yield Progress("Loading the detector", 0.1)
    return models.blazepose()
