"""Figures in drawings: where points land on the full picture, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest
import torch

from contrapposto.backend.detect.drawing import DrawingDetector, DrawnFigure
from contrapposto.backend.detect.drawing_ink import ink, warped, working_copy
from contrapposto.backend.detect.drawing_network import Look
from contrapposto.backend.errors import InputError, ModelError
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import FIGURE_23


class DotReader:
    """Stands for a network: a square of ink is the left wrist, a disc the right one, and all else between them.

    It tells them apart by how much ink there is, so that a mirror makes no difference to it, unlike to a real network,
    which names them by the figure: `by_place` makes it do that.
    """

    def __init__(
        self, *, figure: float = 8.0, close: float | None = None, by_place: bool = False, log_spread: float = 0.0
    ) -> None:
        self.figure, self.by_place, self.log_spread = figure, by_place, log_spread
        self.close = figure if close is None else close
        self.looks: list[torch.Tensor] = []

    def __call__(self, strokes: torch.Tensor) -> Look:
        self.looks.append(strokes)
        figure = self.figure if len(self.looks) <= 4 else self.close
        points = torch.stack([self._points(picture[0].numpy()) for picture in strokes])
        count = len(strokes)
        ones = torch.ones(count, len(FIGURE_23))
        return Look(
            heat=torch.zeros(count, len(FIGURE_23), 48, 48), points=points, log_spread=self.log_spread * ones,
            depth=torch.arange(len(FIGURE_23)).float().expand(count, -1), log_depth_sigma=-ones, visible=8 * ones,
            inside=8 * ones, figure=torch.full((count,), figure),
        )  # fmt: skip

    def _points(self, picture: np.ndarray) -> torch.Tensor:
        _, _, sizes, centres = cv2.connectedComponentsWithStats((picture > 0.5).astype(np.uint8))
        if len(sizes) == 1:
            return torch.full((len(FIGURE_23), 2), 95.5)
        order = 1 + np.argsort(-sizes[1:, cv2.CC_STAT_AREA])
        big, small = (centres[order[0]], centres[order[-1]])
        if self.by_place:  # the figure faces the viewer: its left is on the picture's right
            big, small = (big, small) if big[0] > small[0] else (small, big)
        points = np.repeat([(big + small) / 2.0], len(FIGURE_23), axis=0)
        points[FIGURE_23.index["left_wrist"]], points[FIGURE_23.index["right_wrist"]] = big, small
        return torch.from_numpy(points).float()


class TrunkReader(DotReader):
    """To it the large square is the hips and the small one the shoulders."""

    def _points(self, picture: np.ndarray) -> torch.Tensor:
        points = super()._points(picture)
        hips, shoulders = (points[FIGURE_23.index[f"{side}_wrist"]].clone() for side in ("left", "right"))
        for name, place in (("hip", hips), ("shoulder", shoulders)):
            for side in ("left", "right"):
                points[FIGURE_23.index[f"{side}_{name}"]] = place
        return points


def drawn(width: int, height: int, *, big: tuple[float, float], small: tuple[float, float], size: int) -> np.ndarray:
    """White paper with a large and a small black square about points in pixels."""
    picture = np.full((height, width, 3), 255, np.uint8)
    for (x, y), half in ((big, size), (small, size // 2)):
        picture[round(y - half) : round(y + half) + 1, round(x - half) : round(x + half) + 1] = 0
    return picture


def find(picture: np.ndarray, network: Callable[[torch.Tensor], Look]) -> list[DrawnFigure]:
    return run_job(DrawingDetector(network).figures(picture))


@pytest.mark.parametrize(("width", "height"), [(192, 192), (300, 700), (900, 500), (1344, 2160), (3000, 2000)])
def test_points_land_on_the_full_picture(width: int, height: int) -> None:
    big, small = (0.7 * width, 0.25 * height), (0.3 * width, 0.8 * height)
    (figure,) = find(
        drawn(width, height, big=big, small=small, size=max(width, height) // 30), DotReader(by_place=True)
    )
    points = figure.observation.keypoints_px[0]
    index = FIGURE_23.index
    tolerance = max(width, height) / 192
    assert np.linalg.norm(points[index["left_wrist"]] - big) < 0.5 * tolerance
    assert np.linalg.norm(points[index["right_wrist"]] - small) < 0.5 * tolerance
    assert figure.observation.image_size == (width, height)
    assert figure.observation.box_px is not None
    assert figure.observation.box_px[0] == pytest.approx([*points.min(0), *points.max(0)])


def test_the_second_look_is_close() -> None:
    reader = DotReader(by_place=True)
    find(drawn(800, 800, big=(440, 400), small=(360, 380), size=10), reader)
    columns = np.flatnonzero((reader.looks[-2][0, 0].numpy() > 0.5).any(0))
    # 80 pixels between the middles fill 0.72 of the look; both squares stand out by a part of that
    assert 0.7 * 192 < np.ptp(columns) < 0.95 * 192


@pytest.mark.parametrize("shoulders", [(500, 180), (260, 450), (330, 560), (80, 330)])
def test_close_looks_stand_the_trunk_upright(shoulders: tuple[float, float]) -> None:
    reader, hips = TrunkReader(), (300, 300)
    (figure,) = find(drawn(600, 600, big=hips, small=shoulders, size=12), reader)
    for look in reader.looks[-4:]:
        seen = reader._points(look[0, 0].numpy()).numpy()
        across, down = seen[FIGURE_23.index["left_shoulder"]] - seen[FIGURE_23.index["left_hip"]]
        assert abs(across) < 3.0
        assert down < -90.0
    found = figure.observation.keypoints_px[0]
    assert found[FIGURE_23.index["left_hip"]] == pytest.approx(hips, abs=1.5)
    assert found[FIGURE_23.index["right_shoulder"]] == pytest.approx(shoulders, abs=1.5)


def test_an_unsure_trunk_turns_no_look() -> None:
    reader = TrunkReader(log_spread=4.5)
    find(drawn(600, 600, big=(300, 300), small=(500, 300), size=12), reader)
    seen = reader._points(reader.looks[-4][0, 0].numpy()).numpy()
    across, down = seen[FIGURE_23.index["left_shoulder"]] - seen[FIGURE_23.index["left_hip"]]
    assert across > 90.0
    assert abs(down) < 3.0


def test_looks_that_contradict_each_other_are_unsure() -> None:
    """A reader that calls the large square left even in a mirror contradicts itself about left and right."""
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    (figure,) = find(picture, DotReader())
    index, observation = FIGURE_23.index, figure.observation
    wrists = observation.keypoints_px[0][[index["left_wrist"], index["right_wrist"]]]
    squares = np.array([[280.0, 200.0], [120.0, 200.0]])
    # either square is as good a place for each, but never the middle between them
    nearest = np.linalg.norm(wrists[:, None] - squares[None], axis=2).min(1)
    assert nearest.max() < 1.5
    assert observation.confidence[0, index["left_wrist"]] < 0.3
    (sure,) = find(picture, DotReader(by_place=True))
    assert sure.observation.confidence[0, index["left_wrist"]] > 0.95


def test_the_mirrored_look_swaps_sides() -> None:
    """Depths are told by the number of the keypoint, in the mirror too: ears average out."""
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    (figure,) = find(picture, DotReader(by_place=True))
    ears = [FIGURE_23.index[name] for name in ("left_ear", "right_ear")]
    assert figure.depth[ears] == pytest.approx([np.mean(ears)] * 2)


def test_confidence_falls_with_the_spread() -> None:
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    # Three pixels of the look are 6.25 of the whole picture, 3.03 of what is drawn, 3.5 and 4.2 of the close looks: 4.1
    # is their geometric mean. Within 8 pixels, a twentieth of the figure's height, are 1 - 2.95 exp(-1.95).
    (figure,) = find(picture, DotReader(by_place=True, log_spread=float(np.log(3.0))))
    assert figure.observation.confidence[0] == pytest.approx(np.full(23, 0.58), abs=0.02)
    assert figure.spread_px == pytest.approx(np.full(23, 4.1), abs=0.1)
    doubled = DrawingDetector(DotReader(by_place=True, log_spread=float(np.log(3.0))), spread_factor=2.0)
    (less,) = run_job(doubled.figures(picture))
    assert less.observation.confidence[0] == pytest.approx(np.full(23, 0.255), abs=0.02)


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_paper_has_no_figure(grey: int) -> None:
    reader = DotReader()
    assert find(np.full((300, 200, 3), grey, np.uint8), reader) == []
    assert not reader.looks


def test_where_the_network_sees_none_there_is_none() -> None:
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    reader = DotReader(figure=-4.0, by_place=True)
    assert find(picture, reader) == []
    # the whole and what is drawn in it are enough to tell
    assert len(reader.looks) == 4


def test_close_looks_tell_where_the_first_are_unsure() -> None:
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    (figure,) = find(picture, DotReader(figure=0.5, close=6.0, by_place=True))
    assert 0.5 < figure.score < 0.95
    assert find(picture, DotReader(figure=0.5, close=-4.0, by_place=True)) == []


def test_points_that_are_nowhere_sure_make_no_figure() -> None:
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    assert find(picture, DotReader(figure=12.0, by_place=True, log_spread=float(np.log(30.0)))) == []


def test_bad_pictures_are_refused_in_words() -> None:
    with pytest.raises(InputError, match="uint8"):
        find(np.zeros((64, 64, 3)), DotReader())
    with pytest.raises(InputError, match="too little"):
        find(np.zeros((64, 4, 3), np.uint8), DotReader())


def test_numbers_that_are_none_are_an_error() -> None:
    picture = drawn(400, 400, big=(280, 200), small=(120, 200), size=12)
    with pytest.raises(ModelError, match="not finite"):
        find(picture, DotReader(by_place=True, log_spread=float("nan")))


def strokes(width: int = 1) -> np.ndarray:
    """A cross and a circle of black on white, 240 pixels wide."""
    paper = np.full((240, 240, 3), 255, np.uint8)
    cv2.line(paper, (40, 40), (200, 180), (0, 0, 0), width, cv2.LINE_AA)
    cv2.line(paper, (180, 40), (60, 200), (0, 0, 0), width, cv2.LINE_AA)
    cv2.circle(paper, (120, 120), 60, (0, 0, 0), width, cv2.LINE_AA)
    return paper


def test_ink_is_the_same_on_any_paper() -> None:
    """Light on dark, in blue, on grey paper in a falling light, with grain: strokes stay, paper goes."""
    plain = strokes(3)
    expected = ink(plain)
    light = np.linspace(0.5, 1.0, 240)[None, :, None]
    grain = np.random.default_rng(0).normal(0.0, 3.0, plain.shape)
    blue = np.where(plain < 128, np.array([20, 40, 200], np.uint8), plain)
    others = {
        "light on dark": 255 - plain,
        "blue": blue,
        "in uneven light": np.clip((40 + plain * 0.7) * light + grain, 0, 255).astype(np.uint8),
    }
    for name, picture in others.items():
        found = ink(picture)
        assert np.abs(found - expected)[expected == 0.0].mean() < 0.02, name
        assert found[expected > 0.9].mean() > 0.75, name


def test_thin_lines_survive_on_large_pictures() -> None:
    """Lines of one pixel on 2,160 are as strong as thick ones at 192 pixels."""
    paper = np.zeros((2160, 2160, 3), np.uint8)
    cv2.circle(paper, (1080, 1080), 800, (255, 255, 255), 1)
    small, scale = working_copy(paper)
    assert max(small.shape) == 768
    assert scale == pytest.approx(768 / 2160)
    view = np.array([[4.0, 0.0, 1.5], [0.0, 4.0, 1.5]])
    seen = warped(ink(small), view, 192)
    # within a pixel of where it is
    near = cv2.dilate(seen, np.ones((3, 3), np.uint8))
    angle = np.linspace(0.0, 2.0 * np.pi, 300)
    # the middle of a pixel of the paper, 800 pixels from the middle, in pixels of the look
    ring = (1080.5 + 800 * np.stack([np.cos(angle), np.sin(angle)])) * (192 / 2160) - 0.5
    x, y = np.rint(ring).astype(int)
    assert near[y, x].min() > 0.8
    assert (seen > 0.1).mean() < 0.05
