"""Keypoints drawn over a picture, and panels put together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.errors import InputError
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.observation import Observation
from contrapposto.backend.pictures import (
    PAPER,
    draw_keypoints,
    read_rgba,
    scaled_to_height,
    side_by_side,
    stacked,
    write_png,
)

GREY = 128


def _observation(*, shown: dict[str, tuple[float, float]], size: tuple[int, int]) -> Observation:
    points = np.zeros((1, len(BLAZEPOSE_33), 2), np.float32)
    confidence = np.zeros((1, len(BLAZEPOSE_33)), np.float32)
    for name, point in shown.items():
        points[0, BLAZEPOSE_33.index[name]] = point
        confidence[0, BLAZEPOSE_33.index[name]] = 1.0
    return Observation(points, confidence, BLAZEPOSE_33, size)


def test_draws_at_the_scale_of_the_picture_given_and_leaves_the_original() -> None:
    image = np.full((100, 200, 3), GREY, np.uint8)
    observation = _observation(shown={"nose": (200.0, 50.0)}, size=(400, 200))
    drawn = draw_keypoints(image, observation)
    rows, columns = np.nonzero((drawn != GREY).any(axis=-1))
    assert (image == GREY).all()
    assert columns.mean() == pytest.approx(100.0, abs=0.6)
    assert rows.mean() == pytest.approx(25.0, abs=0.6)


def test_the_left_is_orange_and_the_right_is_blue() -> None:
    image = np.full((200, 200, 3), GREY, np.uint8)
    places = {"left_hip": (150, 50), "left_knee": (150, 150), "right_hip": (50, 50), "right_knee": (50, 150)}
    drawn = draw_keypoints(image, _observation(shown=places, size=(200, 200)))
    left, right = drawn[100, 150].astype(int), drawn[100, 50].astype(int)
    assert left[0] > left[2] + 100
    assert right[2] > right[0] + 100


def test_unseen_points_and_points_far_outside_do_no_harm() -> None:
    image = np.full((50, 50, 3), GREY, np.uint8)
    assert (draw_keypoints(image, _observation(shown={}, size=(50, 50))) == image).all()
    draw_keypoints(image, _observation(shown={"left_hip": (25, 25), "left_knee": (1e9, -1e9)}, size=(50, 50)))


def test_panels_keep_their_pixels_between_paper() -> None:
    panels = [np.full((40, width, 3), value, np.uint8) for width, value in ((10, 1), (30, 2))]
    row = side_by_side(panels, gap=4)
    assert row.shape == (48, 52, 3)
    assert (row[4:44, 4:14] == 1).all()
    assert (row[4:44, 18:48] == 2).all()
    assert (row[:4] == PAPER).all()
    sheet = stacked([row, row[:, :20]])
    assert sheet.shape == (96, 52, 3)
    assert (sheet[48:, :16] == PAPER).all()


@pytest.mark.parametrize("height", [7, 50, 333])
def test_scaling_keeps_the_proportions(height: int) -> None:
    assert scaled_to_height(np.zeros((100, 60, 3), np.uint8), height).shape == (height, round(0.6 * height), 3)


def test_a_png_comes_back_as_it_was_written(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    path = tmp_path / "Bïld.png"
    write_png(image, path)
    back = read_rgba(path)
    assert back.shape == (9, 7, 4)
    assert (back[..., :3] == image).all()
    with pytest.raises(InputError, match="cannot be written"):
        write_png(image, tmp_path / "nowhere" / "a.png")
