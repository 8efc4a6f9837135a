"""What is measured of drawings: right where the answer is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from contrapposto.backend.camera import Camera
from contrapposto.backend.estimate.drawn import Plain
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.keypoints import FIGURE_23
from contrapposto.backend.pose_sequence import PoseSequence

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(autouse=True)
def _scripts(monkeypatch):
    """The scripts of that folder import each other by their bare names."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


@pytest.fixture
def case(tmp_path):
    """An upright figure and its picture."""
    from sketch_cases import SketchCase

    picture = tmp_path / "figure.png"
    cv2.imwrite(str(picture), np.full((400, 400), 255, np.uint8))
    return SketchCase("10F_Standing", picture, Plain.upright().observation)


def read(case, seen):
    """The answer of a reader that sees this."""
    from sketch_pixels import Reader, answer

    return answer(Reader("reader", lambda _: seen and (seen, seen), lambda _: rest()), case)


def rest():
    """The rest pose five metres away."""
    poses = PoseSequence(np.zeros((1, 24, 3), np.float32), np.zeros((1, 3), np.float32))
    return Estimate(poses, np.array([[0.0, 0.0, 5.0]], np.float32), Camera(500.0, 500.0, 200.0, 200.0))


def test_exact_keypoints_are_all_found_on_their_own_side(case):
    found = read(case, case.annotated)
    assert found.found
    assert found.error.max() == 0.0
    assert found.limbs_seen.max() == 0.0


def test_swapped_sides_are_counted_as_missed_and_as_swapped(case):
    from sketch_pixels import other_side

    order = [FIGURE_23.index[other_side(name)] for name in FIGURE_23.names]
    swapped = replace(case.annotated, keypoints_px=case.annotated.keypoints_px[:, order])
    found = read(case, swapped)
    sided = np.array([other_side(name) != name for name in found.names])
    assert (found.other[sided] == 0.0).all()
    assert (found.error[~sided] == 0.0).all()
    assert (found.error[[name.endswith("wrist") for name in found.names]] > 0.1).all()


def test_a_refused_drawing_misses_every_joint_and_limb(case):
    from sketch_pixels import LOST

    found = read(case, None)
    assert not found.found
    assert np.isinf(found.error).all()
    assert (found.limbs_posed == LOST).all()
    assert len(found.limbs_posed) == 8


def test_a_turned_limb_is_as_many_degrees_off(case):
    from sketch_cases import limb_angle

    assert limb_angle(np.array([1.0, 0.0]), np.array([0.0, 3.0])) == pytest.approx(90.0)
    points = case.annotated.keypoints_px.copy()
    elbow, wrist = (FIGURE_23.index[f"left_{part}"] for part in ("elbow", "wrist"))
    points[0, wrist] = points[0, elbow] + (points[0, wrist] - points[0, elbow]) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    found = read(case, replace(case.annotated, keypoints_px=points))
    assert max(found.limbs_seen) == pytest.approx(np.degrees(np.arctan2(0.6, 0.8)), abs=1e-3)
    assert sorted(found.limbs_seen)[-2] == 0.0


def test_the_sheet_of_synthetic_drawings_takes_each_style_in_turn(tmp_path):
    from sketch_synthetic import some_pictures

    assert some_pictures(tmp_path) == []
    styles = np.array(["stick", "stick", "stick", "child", "contour"])
    count = len(styles)
    np.savez(
        tmp_path / "shard.npz",
        image=np.arange(count, dtype=np.uint8)[:, None, None] * np.ones((1, 192, 192), np.uint8),
        keypoints=np.zeros((count, 23, 2)), visible=np.ones((count, 23), bool), inside=np.ones((count, 23), bool),
        rotations=np.zeros((count, 24, 3)), style=styles, figure=np.array([True, True, True, True, False]),
    )  # fmt: skip
    assert [int(picture[0, 0, 0]) for picture in some_pictures(tmp_path, count=3)] == [0, 3, 1]
    assert some_pictures(tmp_path)[0].shape == (192, 192, 3)
