"""A photo pipeline for tests of the add-on: answers at once, with poses made from numbers, and counts its calls.

Everything behind it is real: the operator, its job, the retargeting and the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

IMAGE_SIZE = (640, 480)
LEFT_SHOULDER = 16
RIGHT_KNEE = 5


@dataclass
class FakePhotos:
    """What the fake detector sees, and what it was asked."""

    package: Callable[[str], ModuleType]
    people: int = 1
    readings: int = 1
    steps: int = 3
    error: Exception | None = None
    pose_error: Exception | None = None
    search_error: Exception | None = None
    read: list[Path] = field(default_factory=list)
    posed: list[int] = field(default_factory=list)
    closed: int = 0
    on_step: Callable[[int], object] | None = None

    def find_people(self, path: Path, models: object) -> Generator[Any, None, Any]:
        """Stands for `pipeline.find_people`."""
        progress = self.package("backend.job").Progress
        self.read.append(path)
        try:
            for step in range(self.steps):
                yield progress(f"Reading, step {step + 1}", step / (2.0 * self.steps))
                if self.on_step is not None:
                    self.on_step(step)
        except GeneratorExit:
            self.closed += 1
            raise
        if self.error is not None:
            raise self.error
        people = tuple(self.observation(index) for index in range(self.people))
        image = np.full((IMAGE_SIZE[1], IMAGE_SIZE[0], 3), 128, np.uint8)
        found = self.package("backend.pipeline").FoundPeople
        return found(path=path, image=image, people=people, timings_ms={"read": 2.0, "find people": 10.0})

    def pose_person(
        self, found: Any, person: int, *, estimator: object, readings: int = 1
    ) -> Generator[Any, None, Any]:
        """Stands for `pipeline.pose_person`; each person raises the left arm by another angle."""
        yield self.package("backend.job").Progress("Solving", 0.9)
        if self.pose_error is not None:
            raise self.pose_error
        self.posed.append(person)
        estimates = tuple(self.reading(person, number) for number in range(min(readings, self.readings)))
        return self.package("backend.pipeline").PhotoResult(
            found=found,
            person=person,
            estimates=estimates if len(estimates) > 1 else (replace(estimates[0], likelihood=1.0),),
            timings_ms={**found.timings_ms, "solve pose": 1.5},
        )

    def other_readings(
        self, result: Any, models: object, *, solver: object = None, readings: int
    ) -> Generator[Any, None, Any]:
        """Stands for `pipeline.other_readings`: a reading a step."""
        found = [self.reading(result.person, 0)]
        try:
            for number in range(1, min(readings, self.readings)):
                yield self.package("backend.job").Progress("Looking for other readings", number / self.readings)
                if self.search_error is not None:
                    raise self.search_error
                found.append(self.reading(result.person, number))
        except GeneratorExit:
            self.closed += 1
            raise
        first = replace(result.estimate, likelihood=found[0].likelihood)
        return replace(result, estimates=(first, *found[1:]))

    def observation(self, index: int) -> Any:
        """A person whose box is a quarter of the picture's width."""
        left = 20.0 + 150.0 * index
        box = np.array([[left, 40.0, left + 160.0, 440.0]], np.float32)
        schema = self.package("backend.keypoints").BLAZEPOSE_33
        points = np.full((1, len(schema), 2), 100.0, np.float32)
        return self.package("backend.observation").Observation(
            points, np.full((1, len(schema)), 0.9, np.float32), schema, IMAGE_SIZE, box_px=box
        )

    def reading(self, person: int, number: int) -> Any:
        """The estimate, and in each further reading the right knee bent by 0.4 more, and half as likely."""
        found = self.estimate(person)
        if self.readings == 1:
            return found
        rotations = found.poses.rotations.copy()
        rotations[0, RIGHT_KNEE, 0] = 0.4 * number
        poses = replace(found.poses, rotations=rotations)
        return replace(found, poses=poses, likelihood=0.6 * 0.5**number)

    def estimate(self, person: int) -> Any:
        """The left arm turned by 0.5 radians for the first person, 0.8 for the second, and so on."""
        rotations = np.zeros((1, 24, 3), np.float32)
        rotations[0, LEFT_SHOULDER, 2] = 0.5 + 0.3 * person
        confidence = np.linspace(0.2, 1.0, 24, dtype=np.float32)[None]
        poses = self.package("backend.pose_sequence").PoseSequence(
            rotations, np.array([[0.0, 0.95, 0.0]], np.float32), confidence=confidence
        )
        camera = self.package("backend.camera").Camera(500.0, 500.0, 320.0, 240.0)
        return self.package("backend.estimate.estimator").Estimate(poses, np.array([[0.0, 0.0, 3.0]]), camera)


def run(job: Generator[Any, None, Any]) -> Any:
    """Exhaust a job and return its result."""
    while True:
        try:
            next(job)
        except StopIteration as stop:
            return stop.value


def install(package: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> FakePhotos:
    """Put a fake in the place of the pipeline's steps until the test ends."""
    pytest.importorskip("scipy", reason="poses are computed with scipy")
    pytest.importorskip("cv2", reason="the operator asks for OpenCV before anything else")
    fake = FakePhotos(package)
    pipeline = package("backend.pipeline")
    monkeypatch.setattr(pipeline, "find_people", fake.find_people)
    monkeypatch.setattr(pipeline, "pose_person", fake.pose_person)
    monkeypatch.setattr(pipeline, "other_readings", fake.other_readings)
    reads_several_ways = SimpleNamespace(estimate=fake.pose_person, others=fake.other_readings)
    models = SimpleNamespace(estimator=lambda _solver: reads_several_ways, regressor=lambda: None)
    monkeypatch.setattr(package("operators.session").session, "models", lambda _chosen: models)
    return fake
