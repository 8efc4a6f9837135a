"""The drawing network: what it answers, its file, and how it is trained and goes on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from contrapposto.backend.detect.drawing_file import load_drawing_network, save_drawing_network
from contrapposto.backend.detect.drawing_network import DrawingNetwork, Look
from contrapposto.backend.errors import ModelFileError
from contrapposto.backend.keypoints import FIGURE_23
from training.evaluate_sketch import evaluate, report
from training.sketch_augment import OTHER_SIDE, is_mirrored, random_view, vary
from training.sketch_losses import Truth, losses
from training.sketch_shards import Shelf, read_drawings
from training.train_sketch import Training, prepare, rate, start_network, train

TINY = {"widths": (8, 8, 16, 16), "depths": (0, 1, 1, 0)}
BONES = [(FIGURE_23.index[a], FIGURE_23.index[b]) for a, b in FIGURE_23.edges]


def tiny() -> DrawingNetwork:
    torch.manual_seed(0)
    return DrawingNetwork(**TINY)


def stick_figures(count: int, *, seed: int = 0) -> dict[str, np.ndarray]:
    """A shard of figures with spread limbs; every fifth drawing is of a circle."""
    rng = np.random.default_rng(seed)
    rest = rng.uniform(20.0, 172.0, (len(FIGURE_23), 2))
    points = (rest + rng.normal(0.0, 6.0, (count, len(FIGURE_23), 2))).astype(np.float32)
    figure = np.arange(count) % 5 != 0
    images = np.full((count, 192, 192), 250, np.uint8)
    for image, places, there in zip(images, points, figure, strict=True):
        if there:
            for a, b in BONES:
                cv2.line(image, places[a].astype(int).tolist(), places[b].astype(int).tolist(), 20, 2)
        else:
            cv2.circle(image, (96, 96), 50, 20, 2)
    points[~figure] = 0.0
    seen = np.repeat(figure[:, None], len(FIGURE_23), axis=1)
    return {
        "image": images, "keypoints": points, "visible": seen, "inside": seen, "figure": figure,
        "depth": np.full(seen.shape, 0.1, np.float32), "rotations": np.zeros((count, 24, 3), np.float32),
        "style": np.where(figure, "stick", "object"),
    }  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "drawings"
    folder.mkdir()
    np.savez(folder / "drawings_0000.npz", **stick_figures(20))
    return folder


def test_shapes_and_finite_numbers_on_ink_and_on_none() -> None:
    look = tiny()(torch.stack([torch.zeros(1, 192, 192), torch.rand(1, 192, 192)]))
    shapes = {name: tuple(getattr(look, name).shape) for name in Look.__dataclass_fields__}
    per_point = dict.fromkeys(("log_spread", "depth", "log_depth_sigma", "visible", "inside"), (2, 23))
    assert shapes == per_point | {"heat": (2, 23, 48, 48), "points": (2, 23, 2), "figure": (2,)}
    assert all(torch.isfinite(getattr(look, name)).all() for name in shapes)


def test_points_are_where_the_heat_map_is_highest() -> None:
    """With nothing learnt on top, a point is the middle of its map's highest cell."""
    network = tiny()
    torch.nn.init.zeros_(network.say.weight)
    heat = torch.full((1, 23, 48, 48), -20.0)
    rows, columns = torch.arange(23) + 10, torch.arange(23) * 2
    heat[0, torch.arange(23), rows, columns] = 20.0
    _, peak, where = network._places(heat.flatten(2).softmax(2))
    middles = torch.stack([columns, rows], dim=1) * 4.0 + 1.5
    assert torch.allclose(peak[0] * 96.0 + 95.5, middles, atol=1e-3)
    assert torch.allclose(where[0, :, 2], torch.ones(23), atol=1e-3)


def test_tokens_ask_the_cells_again() -> None:
    """A question is answered by the cells that are like it, in each quarter of a cell apart."""
    question = tiny().questions[0]
    tokens, wide = torch.randn(1, 23, 128), torch.randn(1, TINY["widths"][1], 24, 24)
    assert not question.answers(tokens, wide).any()  # at first nothing is asked
    torch.nn.init.normal_(question.ask.weight)
    asked = question.ask(tokens).unflatten(2, (4, -1))
    found = question.answers(tokens, wide)
    expected = asked[0, 5, 2] @ wide[0, :, 7, 11] / TINY["widths"][1] ** 0.5
    assert found.shape == (1, 23, 48, 48)
    assert torch.isclose(found[0, 5, 15, 22], expected, atol=1e-4)  # the third quarter: below, left


def test_training_starts_from_weights(tmp_path: Path) -> None:
    network = tiny()
    network.spread_factor = 0.7
    save_drawing_network(network, tmp_path / "tiny.safetensors")
    again = start_network(tmp_path / "tiny.safetensors")
    assert again.spread_factor == 1.0
    assert all(parameter.requires_grad for parameter in again.parameters())
    assert torch.allclose(again.tokens, network.tokens, atol=1e-3)
    assert start_network(None).widths == DrawingNetwork().widths


def test_the_file_keeps_the_network(tmp_path: Path) -> None:
    network = tiny()
    network.spread_factor = 1.25
    save_drawing_network(network, tmp_path / "tiny.safetensors")
    again = load_drawing_network((tmp_path / "tiny.safetensors").read_bytes())
    picture = torch.rand(1, 1, 192, 192)
    assert (again.widths, again.depths, again.spread_factor) == (TINY["widths"], TINY["depths"], 1.25)
    with torch.no_grad():
        assert torch.allclose(again(picture).points, network(picture).points, atol=0.2)
    for content in (b"", b"no safetensors", (tmp_path / "tiny.safetensors").read_bytes()[:-8]):
        with pytest.raises(ModelFileError, match="drawing model cannot be loaded"):
            load_drawing_network(content)


def test_the_other_side_of_a_keypoint() -> None:
    names = FIGURE_23.names
    assert [names[place] for place in OTHER_SIDE[:7]] == [
        "nose", "right_eye", "left_eye", "right_ear", "left_ear", "neck", "head_top",
    ]  # fmt: skip
    assert (OTHER_SIDE[OTHER_SIDE] == np.arange(23)).all()


def test_variations_move_ink_and_points_alike(shelf: Path) -> None:
    """A dot at a keypoint is where the varied keypoint says, mirrored and turned views included."""
    rng = np.random.default_rng(3)
    mirrored = 0
    for _ in range(30):
        point = rng.uniform(70.0, 120.0, 2)
        picture = np.zeros((192, 192), np.uint8)
        cv2.circle(picture, np.rint(point).astype(int).tolist(), 4, 255, -1)
        view = random_view(None, rng)
        moved = view[:, :2] @ np.rint(point) + view[:, 2]
        varied = vary(picture, view, np.random.default_rng(0))
        rows, columns = np.nonzero(varied > 0.6)
        assert np.abs([columns.mean() - moved[0], rows.mean() - moved[1]]).max() < 1.5
        mirrored += is_mirrored(view)
    assert 5 < mirrored < 25


def test_batches_hold_figures_and_things(shelf: Path) -> None:
    ink, truth = Shelf(shelf, seed=1).batch(40, device="cpu")
    assert ink.shape == (40, 1, 192, 192)
    assert 0.0 <= float(ink.min()) < float(ink.max()) <= 1.0
    assert 0 < int(truth.figure.sum()) < 40
    weights = truth.weights()
    assert (weights[~truth.figure] == 0.0).all()
    outside = ((truth.points < -0.5) | (truth.points > 191.5)).any(2)
    assert (weights[outside] == 0.0).all()


def test_losses_are_least_at_the_truth() -> None:
    look = tiny()(torch.rand(2, 1, 192, 192))
    points = torch.full((2, 23, 2), 80.0)
    flags = torch.ones(2, 23, dtype=torch.bool)
    truth = Truth(points, flags, flags, look.depth.detach(), torch.ones(2, dtype=torch.bool))
    heat = torch.full((2, 23, 48, 48), -10.0)
    heat[:, :, 20, 19:21] = 10.0  # the point lies between the middles of two cells, at 77.5 and 81.5
    found = Look(
        heat, points, look.log_spread - 3.0, look.depth, look.log_depth_sigma, 9.0 * flags, 9.0 * flags, look.figure + 9
    )
    missed = Look(
        heat.flip(3), points + 30.0, look.log_spread - 3.0, look.depth + 1.0, look.log_depth_sigma, -9.0 * flags,
        -9.0 * flags, look.figure - 9,
    )  # fmt: skip
    right, wrong = losses(found, truth), losses(missed, truth)
    assert all(right[name] < wrong[name] for name in right)


def test_the_rate_rises_stays_and_falls() -> None:
    assert rate(0.0, 0, peak=1.0) < 0.01
    assert rate(0.3, 5000, peak=1.0) == rate(0.7, 5000, peak=1.0) == 1.0
    assert 0.0 < rate(0.99, 9000, peak=1.0) < 0.05


def fresh(shelf: Path) -> Training:
    return prepare(Shelf(shelf, seed=0), tiny(), batch=8, device="cpu")


def test_training_learns_and_goes_on_where_it_stopped(shelf: Path, tmp_path: Path) -> None:
    run = fresh(shelf)
    first = np.mean([run.step(2e-3)["heat"] for _ in range(3)])
    for _ in range(25):
        last = run.step(2e-3)["heat"]
    assert last < first - 0.3
    run.save(tmp_path / "run.checkpoint")
    again = fresh(shelf)
    again.load(tmp_path / "run.checkpoint")
    assert (again.steps, again.seconds) == (run.steps, run.seconds)
    for ours, theirs in zip(run.average.parameters(), again.average.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    again.step(1e-3)
    assert again.steps == run.steps + 1


def test_a_run_writes_its_network_and_reads_new_shards(shelf: Path, tmp_path: Path) -> None:
    run = fresh(shelf)
    out = tmp_path / "out.safetensors"
    train(run, out, minutes=0.02, peak=1e-3, held_out=None)
    assert load_drawing_network(out.read_bytes()).widths == TINY["widths"]
    done = run.steps
    train(run, out, minutes=0.02, peak=1e-3, held_out=None)
    assert run.steps == done  # the time is over
    np.savez(shelf / "drawings_0001.npz", **stick_figures(7, seed=1))
    np.savez(shelf / ".drawings_0002.partial.npz", **stick_figures(7, seed=2))
    run.shelf.refresh()
    assert len(run.shelf) == 27


def test_an_empty_folder_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="holds no drawings"):
        Shelf(tmp_path, seed=0)


class Knowing(DrawingNetwork):
    """Answers with what it was told, a little off."""

    def __init__(self, points: torch.Tensor, figure: torch.Tensor) -> None:
        super().__init__(**TINY)
        self.told, self.there, self.at = points, figure, 0

    def forward(self, ink: torch.Tensor) -> Look:
        count = len(ink)
        part = slice(self.at, self.at + count)
        self.at += count
        zeros = torch.zeros(count, 23)
        figure = torch.where(self.there[part], 9.0, -9.0)
        return Look(
            torch.zeros(count, 23, 48, 48), self.told[part], zeros + 1.0, zeros, zeros, zeros, zeros, figure
        )  # fmt: skip


def test_measures_count_what_is_found(shelf: Path) -> None:
    drawings = read_drawings(shelf / "drawings_0000.npz")
    truth = drawings.truth()
    height = (truth.points.amax(1) - truth.points.amin(1)).amax(1)
    points = truth.points.clone()
    points[:, :5, 0] += 0.07 * height[:, None]
    points[:, 5:7, 0] += 0.2 * height[:, None]
    points[:, 7:] = points[:, OTHER_SIDE[7:]]
    found = evaluate(Knowing(points, truth.figure), drawings, batch=6)
    face = np.broadcast_to(np.arange(23) < 5, found.counted.shape)
    assert found.pck(0.1, face) == 100.0
    assert found.pck(0.05, face) == 0.0
    assert found.pck(0.1, np.broadcast_to(np.isin(np.arange(23), [5, 6]), found.counted.shape)) == 0.0
    assert ((found.score > 0.5) == drawings.figure).all()
    assert "swapped" in report(found)
