"""The camera that EXIF tells of: lens, crops, turned pictures, three containers, and blocks that are damaged."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contrapposto.backend.camera import Camera
from contrapposto.backend.detect.exif import exif_camera, exif_orientation
from contrapposto.backend.detect.image import load_picture
from exif_blocks import (
    FOCAL,
    FOCAL_35,
    HEIGHT,
    PLANE_UNIT,
    PLANE_X,
    PLANE_Y,
    WIDTH,
    ZOOM,
    exif_block,
    jpeg,
    picture,
    png,
    webp,
)  # fmt: skip

FILM_DIAGONAL_MM = 43.2666
Container = Callable[[bytes, int, int], bytes]


def focal(block: bytes, width: int, height: int) -> float | None:
    camera = exif_camera(jpeg(block, width, height), (width, height))
    return None if camera is None else camera.fx


@pytest.mark.parametrize("container", [jpeg, png, webp])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_equivalent_focal_length_is_read_from_every_container(container: Container, order: str) -> None:
    data = container(exif_block({FOCAL_35: 50}, order=order), 300, 200)
    camera = exif_camera(data, (300, 200))
    assert camera is not None
    expected = 50.0 / FILM_DIAGONAL_MM * math.hypot(300, 200)
    assert camera.fx == camera.fy == pytest.approx(expected, rel=1e-4)
    assert (camera.cx, camera.cy) == (150.0, 100.0)


def test_a_tiff_file_is_its_own_block() -> None:
    assert exif_camera(exif_block({FOCAL_35: 35}), (64, 48)) is not None


def test_a_35_mm_lens_sees_the_angle_of_its_data_sheet() -> None:
    pixels = focal(exif_block({FOCAL_35: 35}), 3000, 2000)
    assert pixels is not None
    assert math.degrees(2.0 * math.atan(1500.0 / pixels)) == pytest.approx(54.4, abs=0.1)  # horizontally, on 36 x 24 mm


@pytest.mark.parametrize("unit", [(2, 25.4), (3, 10.0), (4, 1.0), (5, 1e-3)])
def test_focal_plane_resolution_stands_in_for_the_equivalent(unit: tuple[int, float]) -> None:
    # 24 mm on a sensor of 36 mm over 6000 pixels: 4000 pixels.
    resolution = Fraction(6000, 36) * Fraction(unit[1]).limit_denominator(1000)
    tags = {FOCAL: Fraction(24), PLANE_X: resolution, PLANE_Y: resolution, PLANE_UNIT: unit[0]}
    assert focal(exif_block(tags), 600, 400) == pytest.approx(4000.0, rel=1e-4)
    scaled = {**tags, WIDTH: 6000, HEIGHT: 4000}
    assert focal(exif_block(scaled), 600, 400) == pytest.approx(400.0, rel=1e-4)
    zoomed = {**scaled, ZOOM: Fraction(2)}
    assert focal(exif_block(zoomed), 600, 400) == pytest.approx(800.0, rel=1e-4)


def test_the_equivalent_wins_over_the_plane() -> None:
    tags = {FOCAL: Fraction(24), PLANE_X: Fraction(10), FOCAL_35: 50}
    assert focal(exif_block(tags), 300, 200) == pytest.approx(50.0 / FILM_DIAGONAL_MM * math.hypot(300, 200), rel=1e-4)


def test_a_crop_keeps_the_lens() -> None:
    block = exif_block({FOCAL_35: 50, WIDTH: 3000, HEIGHT: 2000})
    whole, cropped = focal(block, 3000, 2000), focal(block, 1500, 2000)
    assert whole == pytest.approx(cropped)
    assert focal(block, 300, 200) == pytest.approx(whole / 10.0)


def test_a_picture_cropped_and_scaled_tells_nothing() -> None:
    block = exif_block({FOCAL_35: 50, WIDTH: 3000, HEIGHT: 2000})
    assert focal(block, 500, 500) is None
    assert focal(block, 4000, 2000) is None


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_pictures_are_no_crops(tmp_path: Path, orientation: int) -> None:
    block = exif_block({FOCAL_35: 50, WIDTH: 300, HEIGHT: 200}, orientation=orientation)
    path = tmp_path / "phone.jpg"
    path.write_bytes(jpeg(block, 300, 200))
    read = load_picture(path)
    upright = (300, 200) if orientation < 5 else (200, 300)
    assert read.pixels.shape[1::-1] == upright
    assert read.camera is not None
    assert read.camera.fx == pytest.approx(50.0 / FILM_DIAGONAL_MM * math.hypot(300, 200), rel=1e-4)
    assert (read.camera.cx, read.camera.cy) == (upright[0] / 2.0, upright[1] / 2.0)
    assert exif_orientation(path.read_bytes()) == orientation


@pytest.mark.parametrize(
    "tags",
    [{}, {FOCAL_35: 0}, {FOCAL: Fraction(50)}, {FOCAL_35: 2}, {FOCAL_35: 9000}, {PLANE_X: Fraction(100)},
     {FOCAL: Fraction(50), PLANE_X: Fraction(100), PLANE_UNIT: 9},
     {FOCAL: Fraction(50), PLANE_X: Fraction(100), PLANE_Y: Fraction(300)}],
)  # fmt: skip
def test_what_tells_no_lens_is_no_camera(tags: dict[int, int | Fraction]) -> None:
    assert focal(exif_block(tags), 300, 200) is None


def test_pictures_without_a_block_have_no_camera(tmp_path: Path) -> None:
    path = tmp_path / "plain.png"
    path.write_bytes(png(b"", 30, 20))
    assert load_picture(path).camera is None
    np.testing.assert_array_equal(load_picture(path).pixels, picture(30, 20))
    assert exif_camera(b"", (30, 20)) is None
    assert exif_orientation(b"\xff\xd8\xff") == 1


WHOLE = exif_block({FOCAL_35: 50, FOCAL: Fraction(24), PLANE_X: Fraction(300), WIDTH: 300, HEIGHT: 200}, orientation=6)


@settings(max_examples=300, deadline=None)
@given(
    cut=st.integers(0, len(WHOLE)),
    changes=st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=12),
    container=st.sampled_from([jpeg, png, webp, lambda block, _width, _height: block]),
)
def test_a_damaged_block_never_fails(cut: int, changes: list[tuple[int, int]], container: Container) -> None:
    block = bytearray(WHOLE)
    for place, value in changes:
        block[place] = value
    data = container(bytes(block[:cut]), 30, 20)
    found = exif_camera(data, (30, 20))
    assert found is None or isinstance(found, Camera)
    assert 1 <= exif_orientation(data) <= 8


def test_a_picture_with_a_damaged_block_is_read(tmp_path: Path) -> None:
    path = tmp_path / "damaged.jpg"
    path.write_bytes(jpeg(WHOLE[:20] + b"\xff" * 40, 30, 20))
    read = load_picture(path)
    assert read.camera is None
    assert read.pixels.shape in {(20, 30, 3), (30, 20, 3)}
