"""Thumbnails: the square around a box, averaged, also across the picture's border."""

import numpy as np
import pytest

from contrapposto.backend.thumbnails import square_thumbnail


def halves():
    """Black on the left, white on the right."""
    image = np.zeros((100, 200, 3), np.uint8)
    image[:, 100:] = 255
    return image


def test_the_box_is_in_the_middle_and_keeps_its_proportions():
    thumbnail = square_thumbnail(halves(), np.array([90.0, 20.0, 110.0, 80.0]), size=32, margin=0.0)
    assert thumbnail.shape == (32, 32, 4)
    assert thumbnail[:, :16, 0].max() == 0.0
    assert thumbnail[:, 16:26, :].min() >= 0.4
    assert thumbnail[:, 16:20, :].min() == 1.0


def test_what_is_outside_the_box_is_dimmed():
    image = np.full((100, 100, 3), 255, np.uint8)
    thumbnail = square_thumbnail(image, np.array([40.0, 10.0, 60.0, 90.0]), size=40, margin=0.0)
    assert thumbnail[:, 16:24, :3].min() == 1.0
    assert thumbnail[:, :12, :3].max() == pytest.approx(0.4)
    assert thumbnail[..., 3].min() == 1.0


def test_the_square_is_moved_into_the_picture():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, :10] = 255
    thumbnail = square_thumbnail(image, np.array([0.0, 0.0, 10.0, 100.0]), size=50, margin=0.0)
    assert thumbnail[:, :5, 0].min() == 1.0
    assert thumbnail[:, 5:, 0].max() == 0.0


@pytest.mark.parametrize("box", [(-50, -50, 20, 20), (190, 90, 400, 300), (50, 50, 50, 50), (0, 0, 200, 100)])
def test_boxes_beyond_the_border_and_empty_ones_are_drawn(box):
    thumbnail = square_thumbnail(halves(), np.array(box, np.float32), size=16)
    assert thumbnail.shape == (16, 16, 4)
    assert np.isfinite(thumbnail).all()


def test_beyond_the_picture_it_is_transparent():
    image = np.full((50, 100, 3), 255, np.uint8)
    thumbnail = square_thumbnail(image, np.array([0.0, 0.0, 100.0, 50.0]), size=40, margin=0.0)
    assert thumbnail[:9, :, 3].max() == 0.0
    assert thumbnail[11:29].min() == 1.0
    assert thumbnail[31:].max() == 0.0


def test_detail_finer_than_a_pixel_is_averaged():
    image = np.zeros((96, 96, 3), np.uint8)
    image[::2] = 255
    thumbnail = square_thumbnail(image, np.array([0.0, 0.0, 96.0, 96.0]), size=32, margin=0.0)
    assert thumbnail[..., 0].mean() == pytest.approx(0.5, abs=0.05)
