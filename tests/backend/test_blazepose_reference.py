"""Our decoding against the mediapipe package, which runs the same model files: one pass against its one pass."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contrapposto.backend.detect.blazepose import BlazePose
from contrapposto.backend.detect.image import load_image
from contrapposto.backend.job import run_job
from detector_models import blazepose_or_skip

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"
ONE_PERSON = (
    "coco/COCO_val2014_000000000241.jpg",  # one person stands in front, others sit behind
    "coco/COCO_val2014_000000000294.jpg",
    "coco/COCO_val2014_000000000474.jpg",
    "coco/COCO_val2014_000000000569.jpg",
    "coco_keypoints/000000000785.jpg",
    "pexels/pexels-anete-lusina-4793258.jpg",
)


@pytest.fixture(scope="module")
def blazepose() -> BlazePose:
    return blazepose_or_skip()


@pytest.fixture(scope="module")
def mediapipe_pose() -> Iterator[Any]:
    """The package's whole pipeline for single pictures."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its generated protocol code is old
        solutions = pytest.importorskip(
            "mediapipe.python.solutions.pose", reason="mediapipe is not installed", exc_type=ImportError
        )
        with solutions.Pose(static_image_mode=True, model_complexity=1) as pose:
            yield pose


def reference(pose: Any, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks (33, 2) in pixels and (33, 3) in metres and inner axes, as the package gives them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = pose.process(image)
    assert answer.pose_landmarks is not None, "the reference found nobody"
    size = (image.shape[1], image.shape[0])
    points = np.array([[point.x, point.y] for point in answer.pose_landmarks.landmark]) * size
    world = np.array([[point.x, -point.y, -point.z] for point in answer.pose_world_landmarks.landmark])
    return points, world


def median_share(points: np.ndarray, expected: np.ndarray) -> float:
    """Median landmark distance as a share of the longer side of the box around the reference's landmarks."""
    return float(np.median(np.linalg.norm(points - expected, axis=1)) / np.ptp(expected, axis=0).max())


def compare(blazepose: BlazePose, pose: Any, image: np.ndarray) -> None:
    points, world = reference(pose, image)
    people = run_job(blazepose.people(image, passes=1))
    # the package answers for whom its detector is surest of, we list people by size
    best = min(people, key=lambda person: median_share(person.keypoints_px[0], points))
    refined = min(
        run_job(blazepose.people(image, passes=2)), key=lambda person: median_share(person.keypoints_px[0], points)
    )
    share, share_refined = median_share(best.keypoints_px[0], points), median_share(refined.keypoints_px[0], points)
    print(f"one pass {100 * share:.2f} %, two passes {100 * share_refined:.2f} % of the box's longer side")
    assert best.keypoints_world is not None
    assert share < 0.01
    assert share_refined < 0.01
    assert np.median(np.linalg.norm(best.keypoints_world[0] - world, axis=1)) < 0.035


@pytest.mark.parametrize("photo", ONE_PERSON)
def test_landmarks_are_those_of_the_package(
    shared_data: Path, blazepose: BlazePose, mediapipe_pose: Any, photo: str
) -> None:
    compare(blazepose, mediapipe_pose, load_image(shared_data / "photos" / photo))


@pytest.mark.skipif(not SAMPLE.exists(), reason="there is no sample picture")
def test_landmarks_on_the_sample_picture(blazepose: BlazePose, mediapipe_pose: Any) -> None:
    compare(blazepose, mediapipe_pose, load_image(SAMPLE))
