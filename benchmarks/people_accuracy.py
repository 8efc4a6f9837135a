"""How well people are posed from rendered pictures, from pixels to joints, against exact truth.

    python benchmarks/people_accuracy.py [--people build/rendered_people] [--out table.txt]

One row an estimator. Limb angle: degrees between the estimated and the true directions of upper arms, forearms, thighs
and shins in camera axes. PA-MPJPE: millimetres on a person of 1.70 m after the best rotation, scale and shift, over
shoulders, elbows, wrists, hips, knees and ankles. Root: degrees of the pelvis' rotation. Overlay: the same joints in
pixels, in percent of the person's stature in the picture, the median. Camera: whether the estimator was told the focal
length.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from rendered_people import PersonTruth, RenderedPerson, load_people
from rich.console import Console
from rich.table import Table

from contrapposto.backend.errors import ContrappostoError, NoPersonFoundError
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.estimate.estimator import Estimate, Estimator
from contrapposto.backend.frames import inner_to_camera
from contrapposto.backend.job import run_job
from contrapposto.backend.observation import Observation
from contrapposto.backend.pipeline import FoundPeople, find_people, pose_person
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.skeleton import JOINT_INDEX, STATURE_M

ROOT = Path(__file__).resolve().parents[1]
_SIDES: Final = ("left", "right")
LIMB_ENDS: Final = tuple(
    f"{side}_{part}" for side in _SIDES for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)
"""What BlazePose and SMPL have in common."""
LIMBS: Final = tuple(
    (LIMB_ENDS.index(f"{side}_{top}"), LIMB_ENDS.index(f"{side}_{end}"))
    for side in _SIDES
    for top, end in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)
_COLUMNS: Final = [JOINT_INDEX[name] for name in LIMB_ENDS]
_SAME_PERSON: Final = 0.3


@dataclass(frozen=True)
class Sight:
    """What the detector made of a picture: everybody it found, and which of them is the person; None is nobody."""

    person: RenderedPerson
    found: FoundPeople | None
    index: int | None

    @property
    def observation(self) -> Observation | None:
        """Of the person."""
        return None if self.found is None or self.index is None else self.found.people[self.index]


@dataclass(frozen=True)
class Errors:
    """Of one person; NaN is unknown.

    Attributes:
        limb_deg: (8,) in the order of `LIMBS`.
        pa_mm: mean over 12 joints.
        root_deg: of the pelvis.
        overlay_percent: median over the joints.
    """

    limb_deg: np.ndarray
    pa_mm: float
    root_deg: float
    overlay_percent: float


def look(people: Sequence[RenderedPerson], models: ModelCache) -> list[Sight]:
    """Find the person of every picture; the one whose box overlaps the true one most, if by 0.3 at least."""
    return [_look(person, models) for person in people]


def _look(person: RenderedPerson, models: ModelCache) -> Sight:
    try:
        found = run_job(find_people(person.picture, models))
    except NoPersonFoundError:
        return Sight(person, None, None)
    overlaps = [_overlap(person.truth, observation) for observation in found.people]
    best = int(np.argmax(overlaps))
    return Sight(person, found, best if overlaps[best] >= _SAME_PERSON else None)


def _overlap(truth: PersonTruth, observation: Observation) -> float:
    """Intersection over union of the box about the true joints and the one about the keypoints, inside the picture."""
    edge = np.tile(np.array(observation.image_size, float), 2)
    there = np.clip(_box(truth.joints_px), 0.0, edge)
    here = np.clip(_box(observation.keypoints_px[0]), 0.0, edge)
    low, high = np.maximum(there[:2], here[:2]), np.minimum(there[2:], here[2:])
    common = float(np.prod(np.maximum(high - low, 0.0)))
    total = float(np.prod(there[2:] - there[:2]) + np.prod(here[2:] - here[:2]))
    return common / max(total - common, 1e-6)


def _box(points: np.ndarray) -> np.ndarray:
    return np.concatenate([np.nanmin(points, axis=0), np.nanmax(points, axis=0)])


def landmark_errors(truth: PersonTruth, observation: Observation) -> Errors:
    """Of the detector's own landmarks: the 3D ones alone, and the 2D ones for the overlay."""
    points = [observation.schema.index[name] for name in LIMB_ENDS]
    assert observation.keypoints_world is not None
    world = inner_to_camera(observation.keypoints_world[0, points])
    return _errors(truth, world, observation.keypoints_px[0, points], root_deg=np.nan)


def estimate_errors(truth: PersonTruth, estimate: Estimate) -> Errors:
    """Of an estimator's first reading."""
    root = estimate.camera_turn[0] @ axis_angle_to_matrix(estimate.poses.rotations[0, 0])
    angle = float(np.degrees(geodesic_angle(root, truth.world[0])))
    return _errors(truth, estimate.joints_cam()[0, _COLUMNS], estimate.joints_px()[0, _COLUMNS], root_deg=angle)


def _errors(truth: PersonTruth, joints: np.ndarray, pixels: np.ndarray, *, root_deg: float) -> Errors:
    true_joints = truth.joints_cam[_COLUMNS]
    size = STATURE_M / float(truth.stature_m)
    stature_px = float(truth.camera[1] * truth.stature_m / truth.joints_cam[0, 2])
    away = np.linalg.norm(pixels - truth.joints_px[_COLUMNS], axis=1)
    return Errors(
        limb_deg=limb_angles(joints, true_joints),
        pa_mm=1000.0 * size * procrustes_error(joints, true_joints),
        root_deg=root_deg,
        overlay_percent=100.0 * float(np.median(away)) / stature_px,
    )


def limb_angles(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """(8,) degrees between limb directions of two sets of joints (12, 3)."""
    tops, ends = [top for top, _ in LIMBS], [end for _, end in LIMBS]
    one, other = found[ends] - found[tops], truth[ends] - truth[tops]
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other), axis=1), np.sum(one * other, axis=1)))


def procrustes_error(found: np.ndarray, truth: np.ndarray) -> float:
    """Mean distance of points (K, 3) after the best rotation, scale and shift, without reflection (Umeyama 1991)."""
    here, there = found - found.mean(axis=0), truth - truth.mean(axis=0)
    u, sizes, vt = np.linalg.svd(there.T @ here)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    scale = (sizes * sign).sum() / max(float(np.square(here).sum()), 1e-12)
    aligned = scale * here @ ((u * sign) @ vt).T
    return float(np.linalg.norm(aligned - there, axis=1).mean())


def measured(sights: Sequence[Sight], estimator: Estimator | None, *, camera_known: bool = False) -> list[Errors]:
    """Of everybody found; without an estimator, of the detector's landmarks."""
    return [_measured(sight, estimator, camera_known) for sight in sights if sight.observation is not None]


def _measured(sight: Sight, estimator: Estimator | None, camera_known: bool) -> Errors:
    assert sight.found is not None
    assert sight.index is not None
    truth, observation = sight.person.truth, sight.found.people[sight.index]
    if estimator is None:
        return landmark_errors(truth, observation)
    if camera_known:
        observation = replace(observation, camera=truth.pinhole)
    found = replace(sight.found, people=(observation,))
    return estimate_errors(truth, run_job(pose_person(found, 0, estimator=estimator)).estimate)


Row = tuple[str, Estimator | None, bool]


def accuracy_table(sights: Sequence[Sight], rows: Sequence[Row]) -> Table:
    """A row for each (title, estimator or None, whether the camera is known)."""
    table = Table(
        "estimator", "camera", "limb angle", "median", "PA-MPJPE mm", "median", "root angle", "median", "overlay %",
        box=None,
    )  # fmt: skip
    for title, estimator, camera_known in rows:
        errors = measured(sights, estimator, camera_known=camera_known)
        limbs = np.array([error.limb_deg.mean() for error in errors])
        parts = [limbs, np.array([error.pa_mm for error in errors]), np.array([error.root_deg for error in errors])]
        numbers = [_in_words(value) for part in parts for value in (part.mean(), np.median(part))]
        overlay = np.median([error.overlay_percent for error in errors])
        table.add_row(title, "known" if camera_known else "guessed", *numbers, f"{overlay:.2f}")
    return table


def _in_words(value: float) -> str:
    return "-" if np.isnan(value) else f"{value:.1f}"


def detection_line(sights: Sequence[Sight]) -> str:
    """How many people were found."""
    found = sum(sight.observation is not None for sight in sights)
    return f"BlazePose finds {found} of {len(sights)} people ({found / len(sights):.0%})."


def estimators(models: ModelCache) -> list[Row]:
    """What is compared; the pose model only where its weights are."""
    rows: list[Row] = [("BlazePose's world landmarks", None, False), ("closed form", AnalyticEstimator(), False)]
    try:
        network = models.pose_network()
    except ContrappostoError as error:
        print(f"The pose model is left out: {error}")
        return rows
    from contrapposto.backend.estimate.learned import LearnedEstimator

    plain, fitted = LearnedEstimator(network, fitted=False), LearnedEstimator(network)
    return [
        *rows, ("pose model", plain, False), ("pose model, fitted", fitted, False),
        ("pose model", plain, True), ("pose model, fitted", fitted, True),
    ]  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path, default=ROOT / "build" / "rendered_people")
    parser.add_argument("--out", type=Path, default=None, help="also write the table to this file")
    options = parser.parse_args()
    models = ModelCache()
    sights = look(load_people(options.people), models)
    console = Console(highlight=False, width=140, record=True)
    console.print(detection_line(sights))
    console.print(accuracy_table(sights, estimators(models)))
    if options.out is not None:
        console.save_text(str(options.out))


if __name__ == "__main__":
    main()
