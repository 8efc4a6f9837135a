"""Turned regions and their crops: affine round trips, directions, and where pixels land."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contrapposto.backend.detect.crops import Picture, crop
from contrapposto.backend.detect.roi import Roi, apply_affine, half_tiles

rois = st.builds(
    Roi,
    x=st.floats(-500.0, 5000.0),
    y=st.floats(-500.0, 5000.0),
    side=st.floats(1.0, 8000.0),
    angle=st.floats(-math.pi, math.pi),
)


@given(rois, st.sampled_from([1, 224, 256]))
def test_crop_matrix_round_trip(roi: Roi, size: int) -> None:
    matrix = roi.to_image(size)
    points = np.array([[0.0, 0.0], [size, 0.0], [size / 2, size / 2], [3.0, 7.0]])
    inverse = np.linalg.inv(np.vstack([matrix, [0.0, 0.0, 1.0]]))[:2]
    np.testing.assert_allclose(apply_affine(inverse, apply_affine(matrix, points)), points, atol=1e-6)
    np.testing.assert_allclose(apply_affine(matrix, points[2]), [roi.x, roi.y], atol=1e-6)
    edge = np.linalg.norm(apply_affine(matrix, points[1]) - apply_affine(matrix, points[0]))
    assert edge == pytest.approx(roi.side, rel=1e-9)


@given(rois)
def test_a_region_is_recovered_from_its_two_points(roi: Roi) -> None:
    # the circle's point lies straight above the hips of the crop, at 1 / 2.5 of its side
    points = apply_affine(roi.to_image(1), np.array([[0.5, 0.5], [0.5, 0.5 - 1.0 / 2.5]]))
    again = Roi.around(points[0], points[1])
    assert again.side == pytest.approx(roi.side, rel=1e-6)
    assert math.cos(again.angle - roi.angle) == pytest.approx(1.0, abs=1e-9)


def test_someone_who_leans_to_the_right_turns_the_region_clockwise() -> None:
    assert Roi.around(np.array([0.0, 0.0]), np.array([0.0, -10.0])).angle == pytest.approx(0.0)
    assert Roi.around(np.array([0.0, 0.0]), np.array([10.0, 0.0])).angle == pytest.approx(math.pi / 2)
    assert Roi.around(np.array([0.0, 0.0]), np.array([0.0, -10.0])).side == pytest.approx(25.0)


@given(st.integers(1, 8000), st.integers(1, 8000))
def test_tiles_cover_the_picture(width: int, height: int) -> None:
    tiles = half_tiles((width, height))
    assert 1 <= len(tiles) <= 9
    for x, y in [(0, 0), (width, height), (width / 2, height / 2), (0, height), (width * 0.3, height * 0.7)]:
        assert any(max(abs(tile.x - x), abs(tile.y - y)) <= tile.side / 2 + 1e-6 for tile in tiles)


@pytest.mark.parametrize("scale", [1, 5, 13])
@pytest.mark.parametrize("angle", [0.0, 0.7, -2.0])
def test_a_spot_lands_where_the_matrix_says(scale: int, angle: float) -> None:
    """Also in large pictures, which are averaged down on the way: to a tenth of a pixel of the crop."""
    across, down = np.arange(500 * scale) + 0.5 - 290 * scale, np.arange(400 * scale) + 0.5 - 170 * scale
    bell = np.outer(np.exp(-((down / (8 * scale)) ** 2)), np.exp(-((across / (8 * scale)) ** 2)))
    image = np.repeat(np.rint(255.0 * bell).astype(np.uint8)[..., None], 3, axis=2)
    roi = Roi(260.0 * scale, 190.0 * scale, 256.0 * scale, angle)
    for pixels in (crop(image, roi, 256, replicate=True), Picture(image).crop(roi, 256, replicate=True)):
        weight = pixels[..., 0].astype(float)
        rows, columns = np.mgrid[0:256, 0:256] + 0.5
        centre = np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum()
        # pixel numbers are mapped onto each other, as MediaPipe does
        seen = apply_affine(roi.to_image(256), centre - 0.5) + 0.5
        np.testing.assert_allclose(seen / scale, [290.0, 170.0], atol=0.1)


def test_outside_the_picture_is_black_or_its_edge() -> None:
    image = np.full((20, 40, 3), 200, np.uint8)
    roi = Roi.letterbox((40, 20))
    assert crop(image, roi, 224, replicate=False)[0, 0, 0] == 0
    assert crop(image, roi, 224, replicate=True)[0, 0, 0] == 200
    assert crop(image, Roi(4000.0, 3000.0, 900.0), 64, replicate=True).shape == (64, 64, 3)
    assert crop(image, Roi(-4000.0, 3000.0, 900.0, 1.0), 64, replicate=False).max() == 0
