"""Which way a picture takes by itself: drawings and photos told apart."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from contrapposto.backend.detect.drawing_or_photo import MEASURES, WEIGHTS, looks_drawn, measures
from contrapposto.backend.detect.image import load_image

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"


def figure(*, width: int = 2, ink: tuple[int, int, int] = (20, 20, 30), paper: int = 245) -> np.ndarray:
    """A stick figure with a round head."""
    picture = np.full((480, 360, 3), paper, np.uint8)
    cv2.circle(picture, (180, 80), 40, ink, width, cv2.LINE_AA)
    for start, end in (((180, 120), (180, 280)), ((180, 160), (90, 230)), ((180, 160), (270, 220)),
                       ((180, 280), (120, 430)), ((180, 280), (250, 430))):  # fmt: skip
        cv2.line(picture, start, end, ink, width, cv2.LINE_AA)
    return picture


@pytest.mark.parametrize("width", [1, 2, 8])
def test_lines_on_paper_are_a_drawing(width: int) -> None:
    assert looks_drawn(figure(width=width)) > 0.9


def test_colour_grain_and_polarity_make_no_photo() -> None:
    grain = np.random.default_rng(0).normal(0.0, 4.0, (480, 360, 3))
    assert looks_drawn(np.bitwise_not(figure())) > 0.9
    assert looks_drawn(figure(ink=(30, 40, 190))) > 0.9
    assert looks_drawn(np.clip(figure(paper=210) + grain, 0, 255).astype(np.uint8)) > 0.8


@pytest.mark.parametrize("paper", [255, 200, 0])
def test_a_blank_sheet_is_a_drawing(paper: int) -> None:
    assert looks_drawn(np.full((300, 300, 3), paper, np.uint8)) > 0.9


def test_texture_and_shades_are_a_photo() -> None:
    """Noise of all scales, as surfaces in light have it."""
    rng = np.random.default_rng(1)
    picture = np.zeros((300, 400, 3), np.float32)
    for cells in (3, 6, 12, 25, 50, 100):
        coarse = rng.normal(0.0, 1.0, (cells, cells, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (400, 300), interpolation=cv2.INTER_CUBIC) * (12.0 / cells**0.3)
    assert looks_drawn(np.clip(120 + 3 * picture, 0, 255).astype(np.uint8)) < 0.1


def test_each_measure_has_its_weight() -> None:
    assert measures(figure()).shape == (len(MEASURES),) == (len(WEIGHTS),)


def test_a_person_before_a_plain_wall_is_a_photo() -> None:
    """The sample, on which nothing is fitted: what is plain and has few tones need not be drawn."""
    assert looks_drawn(load_image(SAMPLE)) < 0.3


def test_one_ink_is_told_from_many_colours() -> None:
    """The same strokes in one ink and in four; of what is thin in a photo the colours are others everywhere."""
    many = figure()
    for row, ink in enumerate(((200, 40, 30), (30, 160, 40), (40, 60, 200), (220, 180, 20))):
        part = many[120 * row : 120 * (row + 1)]
        part[part.max(axis=2) < 120] = ink
    place = MEASURES.index("inks")
    assert measures(figure(ink=(30, 40, 190)))[place] < 0.05
    assert measures(many)[place] > 0.2


def test_edges_of_strokes_are_told_from_edges_of_areas() -> None:
    areas = np.full((480, 360, 3), 230, np.uint8)
    cv2.rectangle(areas, (0, 0), (180, 480), (90, 120, 160), -1)
    cv2.rectangle(areas, (180, 240), (360, 480), (150, 90, 60), -1)
    place = MEASURES.index("strokes")
    assert measures(figure(width=4))[place] > 0.8
    assert measures(areas)[place] < 0.1


def test_real_pictures(shared_data: Path) -> None:
    """At most one photo is unclear, and none is called a drawing; nor is any drawing called a photo."""
    photos = sorted((shared_data / "photos").rglob("*.jpg"))
    sketches = [path for path in sorted((shared_data / "sketches").rglob("*.png")) if "mask" not in path.name]
    photo = np.array([looks_drawn(load_image(path)) for path in photos])
    drawn = np.array([looks_drawn(load_image(path)) for path in sketches[::4]])
    assert (photo < 0.3).sum() >= len(photos) - 1
    assert photo.max() < 0.5
    assert (drawn > 0.7).mean() > 0.9
    assert drawn.min() > 0.5
