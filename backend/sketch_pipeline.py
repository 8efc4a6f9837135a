"""The way of a drawing: picture -> figures -> poses. What follows is the same as for photos.

A figure is to the rest of the program what a person in a photo is: `FoundFigures` is a `FoundPeople`, `SketchResult` a
`PhotoResult`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, FloatArray, ImageArray
from .camera import Camera
from .detect.image import Picture, load_picture
from .errors import InputError, NoPersonFoundError
from .estimate.estimator import Estimate
from .job import Job, Progress, timed_job
from .pipeline import FoundPeople, PhotoResult, with_shown
from .rotations import axis_angle_to_matrix, matrix_to_axis_angle
from .runtime import ModelCache
from .skeleton import JOINT_INDEX

if TYPE_CHECKING:
    from .detect.drawing import DrawingDetector, DrawnFigure
    from .estimate.drawn import DrawnPoseSolver
    from .view_drawing import PicturePlane

_HIPS: Final = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
_SAME_M: Final = 0.10
"""Readings whose joints are all nearer than this are the same."""


@dataclass(frozen=True)
class FoundFigures(FoundPeople):
    """A drawing and the figures in it.

    Attributes:
        figures: what was seen of each of `people`, in the same order.
    """

    figures: tuple[DrawnFigure, ...] = ()


@dataclass(frozen=True)
class Stance:
    """How a figure that is drawn in a view stands where a rig's own frame is the inner frame.

    Attributes:
        turn: (3, 3) rotation from the view's axes (x right, y up, z to the viewer) to the inner frame.
        pelvis: (3,) metres, where the pelvis is in the inner frame; or None, wherever its feet stand on the ground.
        per_pixel: (3, 2) metres that the pelvis moves in the inner frame for a pixel of the picture, right and down.
    """

    turn: DoubleArray
    pelvis: FloatArray | None = None
    per_pixel: DoubleArray | None = None

    def moved(self, pixels: AnyFloatArray) -> Stance:
        """With the pelvis so many pixels (2,) of the picture further right and down."""
        if self.pelvis is None or self.per_pixel is None:
            return self
        return replace(self, pelvis=(self.pelvis + self.per_pixel @ pixels).astype(np.float32))

    def of(self, estimate: Estimate) -> Estimate:
        """The same as seen, in another inner frame."""
        seen = estimate.camera_turn.astype(np.float64) @ axis_angle_to_matrix(estimate.poses.rotations[:, 0])
        rotations = estimate.poses.rotations.copy()
        rotations[:, 0] = matrix_to_axis_angle(self.turn @ seen)
        poses = replace(estimate.poses, rotations=rotations, translation=self._translation(estimate, rotations))
        return replace(estimate, poses=poses, camera_turn=self.turn.T.astype(np.float32))

    def _translation(self, estimate: Estimate, rotations: AnyFloatArray) -> FloatArray:
        from .estimate.placement import height_above_ground
        from .kinematics import global_rotations
        from .skeleton import REST_OFFSETS

        translation = estimate.poses.translation.copy()
        if self.pelvis is not None:
            translation[:] = self.pelvis
        else:
            world = global_rotations(axis_angle_to_matrix(rotations))
            translation[:, 1] = height_above_ground(world, REST_OFFSETS)
        return translation


@dataclass(frozen=True)
class SketchResult(PhotoResult):
    """One figure of a drawing, solved.

    Attributes:
        stance: how its readings stand, where they were drawn in a view of the scene.
        plane: where they were drawn.
    """

    stance: Stance | None = None
    plane: PicturePlane | None = None

    def settled(self, estimate: Estimate, *, was: Estimate | None = None) -> Estimate:
        """Another estimate of this figure, standing as its readings do; where its hips have moved, the pelvis has."""
        if self.stance is None:
            return estimate
        moved = np.zeros(2) if was is None else hips_px(estimate) - hips_px(was)
        return self.stance.moved(moved).of(estimate)

    def standing(self, stance: Stance) -> SketchResult:
        """All readings in this stance."""
        return replace(self, stance=stance, estimates=tuple(stance.of(each) for each in self.estimates))


def hips_px(estimate: Estimate) -> DoubleArray:
    """(2,) between the hips of an estimate's first frame, in pixels of the picture."""
    return estimate.joints_px()[0, _HIPS].astype(np.float64).mean(axis=0)


def find_figures(path: Path, models: ModelCache) -> Job[FoundFigures]:
    """Read a picture and find every figure that is drawn in it.

    Raises:
        InputError: the file cannot be read as a picture.
        NoPersonFoundError: no figure is drawn in it.
        ModelError: the network that reads drawings cannot run.
    """
    timings: dict[str, float] = {}
    picture = yield from timed_job(_read(path), timings, stage="read")
    found = yield from figures_in(path, picture.pixels, models)
    return replace(found, timings_ms={**timings, **found.timings_ms})


def figures_in(
    path: Path, pixels: ImageArray, models: ModelCache, *, camera: Camera | None = None
) -> Job[FoundFigures]:
    """Find every figure that is drawn in a picture.

    Args:
        path: the file, or what else the picture shall be called.
        pixels: (H, W, 3) RGB, upright.
        models: the loaded models.
        camera: what the picture is seen with, where that is known.

    Raises:
        NoPersonFoundError, ModelError: as `find_figures`.
    """
    timings: dict[str, float] = {}
    detector = yield from timed_job(_load(models), timings, stage="load models")
    figures = yield from timed_job(detector.figures(pixels), timings, stage="find figures")
    if not figures:
        raise NoPersonFoundError(
            f"No drawn figure was found in {path.name}. Choose a drawing of one figure whose body, arms and legs can "
            "be told apart; for people in a photo choose Pose from Photo."
        )
    people = tuple(replace(each.observation, camera=camera) for each in figures)
    return FoundFigures(path, pixels, people, timings, tuple(figures))


def solve_figure(found: FoundFigures, figure: int, models: ModelCache, *, readings: int = 1) -> Job[SketchResult]:
    """Solve the pose of one of the figures found; `figure` counts from 0.

    Raises:
        InputError: there is no such figure, or too little of it is drawn.
        ModelError: the pose model cannot run.
    """
    if not 0 <= figure < len(found.figures):
        raise InputError(
            f"There is no figure {figure + 1} in {found.path.name}: {len(found.figures)} found, counted from 1."
        )
    timings = dict(found.timings_ms)
    solver = yield from timed_job(_load_solver(models), timings, stage="load models")
    job = solver.solve(_as_seen(found, figure), count=readings)
    estimates = yield from timed_job(job, timings, stage="solve pose")
    return SketchResult(found, figure, with_shown(estimates, found.people[figure]), timings)


def other_readings(result: SketchResult, models: ModelCache, *, readings: int) -> Job[SketchResult]:
    """What `solve_figure` gives for so many readings, where it was asked for one first: that one stays the first.

    Raises:
        InputError, ModelError: as `solve_figure`.
    """
    found = result.found
    if readings <= 1 or not isinstance(found, FoundFigures):
        return result
    timings = dict(result.timings_ms)
    solver = yield from timed_job(_load_solver(models), timings, stage="load models")
    job = solver.solve(_as_seen(found, result.person), count=readings)
    solved = yield from timed_job(job, timings, stage="find other readings")
    others = [result.settled(each) for each in with_shown(solved, result.observation)]
    estimates = _led_by(result.estimate, others, count=readings)
    return replace(result, estimates=estimates, timings_ms=timings)


def _as_seen(found: FoundFigures, figure: int) -> DrawnFigure:
    """A figure with the camera that its picture is seen with."""
    return replace(found.figures[figure], observation=found.people[figure])


def _led_by(first: Estimate, solved: Sequence[Estimate], *, count: int) -> tuple[Estimate, ...]:
    """`first` in the place of what is the same as it, and then the others."""
    same = next((each for each in solved if _apart(each, first) < _SAME_M), None)
    if same is not None:
        return (replace(first, likelihood=same.likelihood), *(each for each in solved if each is not same))
    every = (first, *solved[: count - 1])
    total = sum(each.likelihood for each in every)
    return tuple(replace(each, likelihood=each.likelihood / total) for each in every)


def _apart(one: Estimate, other: Estimate) -> float:
    """Metres between the joints that are furthest apart, as the camera sees them."""
    ways = (one.joints_cam() - one.pelvis_cam[:, None]) - (other.joints_cam() - other.pelvis_cam[:, None])
    return float(np.linalg.norm(ways, axis=-1).max())


def _read(path: Path) -> Job[Picture]:
    yield Progress("Reading the picture", 0.0)
    return load_picture(path)


def _load(models: ModelCache) -> Job[DrawingDetector]:
    yield Progress("Loading the network for drawings", 0.1)
    return models.drawing_detector()


def _load_solver(models: ModelCache) -> Job[DrawnPoseSolver]:
    yield Progress("Loading the pose model", 0.6)
    return models.drawn_solver()
