"""What all trainings share: the average follows, time is kept, and checkpoints are of one run."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend.errors import InputError
from training import train_sketch
from training.run import Run, averaged, checkpoint_of, digest, half_precision, warm_cosine
from training.train_sketch import main as sketch_main


@dataclass(kw_only=True)
class Line(Run[torch.nn.Linear, float]):
    """Learns to double."""

    told: list[float]

    def step(self, learning_rate: float) -> float:
        self.told.append(learning_rate)
        given = torch.rand(self.batch, 1)
        loss = (self.network(given) - 2.0 * given).square().mean()
        self.learn(loss, learning_rate)
        return float(loss.detach())


def line(**settings: str) -> Line:
    torch.manual_seed(0)
    network = torch.nn.Linear(1, 1)
    optimiser = torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.5)
    run = Line(network=network, average=averaged(network), optimiser=optimiser, batch=64, device="cpu", told=[])
    run.settings = settings
    return run


def test_a_run_learns_and_its_average_follows() -> None:
    run = line()
    first = run.step(0.1)
    began = run.average.weight.clone()
    for _ in range(200):
        last = run.step(0.1)
    assert last < 0.01 * first
    assert run.steps == 201
    assert not run.average.weight.requires_grad
    apart = (run.average.weight - run.network.weight).abs().item()
    assert 0.0 < apart < 0.5 * (began - run.network.weight).abs().item()


def test_gradients_are_cut_to_their_longest() -> None:
    run = line()
    before = [parameter.detach().clone() for parameter in run.network.parameters()]
    run.learn(1e6 * run.network(torch.ones(4, 1)).square().sum(), 1.0)
    moved = [new.detach() - old for new, old in zip(run.network.parameters(), before, strict=True)]
    assert float(torch.cat([each.flatten() for each in moved]).norm()) == pytest.approx(run.longest, rel=1e-4)


def test_a_run_ends_when_its_time_is_over_and_goes_on_with_more(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    run = line()
    for _ in run.until(0.1, lambda share, steps: 0.01 * (1.0 - share) + 0.0 * steps):
        now[0] += 1.0
    assert run.steps == 7  # a second for each step but the last, which nobody has counted yet
    assert run.told == sorted(run.told, reverse=True)
    assert list(run.until(0.1, lambda _share, _steps: 0.0)) == []
    for _ in run.until(0.2, lambda _share, _steps: 0.0):
        with run.uncounted():
            now[0] += 1000.0
        now[0] += 2.0
    assert run.seconds == pytest.approx(12.0, abs=2.0)


def test_rates_rise_and_fall() -> None:
    rate = warm_cosine(2.0, warm_up=10)
    assert rate(0.0, 0) == pytest.approx(0.2)
    assert rate(0.0, 10) == pytest.approx(2.0)
    assert rate(0.5, 10) == pytest.approx(1.01)
    assert rate(1.0, 10) == pytest.approx(0.02)


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    run = line(seed="1")
    for _ in range(20):
        run.step(0.1)
    run.seconds = 12.5
    run.save(tmp_path / "run.checkpoint")
    assert [path.name for path in tmp_path.iterdir()] == ["run.checkpoint"]
    again = line(seed="1")
    again.load(tmp_path / "run.checkpoint")
    assert (again.steps, again.seconds) == (20, 12.5)
    torch.manual_seed(5)
    one = run.step(0.1)
    torch.manual_seed(5)
    assert again.step(0.1) == one
    assert torch.equal(again.network.weight, run.network.weight)
    assert torch.equal(again.average.weight, run.average.weight)


def test_a_checkpoint_of_other_settings_or_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    line(batch="64", start="a" * 64).save(path)
    with pytest.raises(InputError, match=r"batch is 64, not 32, start is aaaaaaaaaaaa, not not given; delete it"):
        line(batch="32").load(path)
    for content in (b"", b"nothing", b"PK\x03\x04 torn"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="no checkpoint of this training"):
            line().load(path)
    for state in ({"network": {}}, {"settings": {}, "network": {}, "average": {}}, [1], {"settings": 3}):
        torch.save(state, path)
        with pytest.raises(InputError, match="no checkpoint of this training"):
            line().load(path)


def test_where_the_checkpoint_goes(tmp_path: Path) -> None:
    assert checkpoint_of(tmp_path / "new" / "out.safetensors") == tmp_path / "new" / "out.checkpoint"
    assert (tmp_path / "new").is_dir()
    with pytest.raises(InputError, match="is where the checkpoint goes"):
        checkpoint_of(tmp_path / "out.checkpoint")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be made"):
        checkpoint_of(tmp_path / "file" / "out.safetensors")
    with pytest.raises(InputError, match="cannot be read"):
        digest(tmp_path / "none")


class Drawings:
    """As a shelf, of noise."""

    def __init__(self, folder: Path, *, seed: int) -> None:
        self.seeds = [seed]

    def reseed(self, seed: int) -> None:
        self.seeds.append(seed)

    def __len__(self) -> int:
        return 1


def test_the_drawing_network_is_not_trained_on_from_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, shelves = tmp_path / "out.safetensors", list[Drawings]()

    def trained(run: Run[torch.nn.Module, object], *_arguments: object, **_options: object) -> None:
        run.steps += 5
        run.save(out.with_suffix(".checkpoint"))

    def shelf(folder: Path, *, seed: int) -> Drawings:
        shelves.append(Drawings(folder, seed=seed))
        return shelves[-1]

    from contrapposto.backend.detect.drawing_network import DrawingNetwork

    monkeypatch.setattr(train_sketch, "Shelf", shelf)
    monkeypatch.setattr(train_sketch, "train", trained)
    monkeypatch.setattr(train_sketch, "start_network", lambda _start: DrawingNetwork(widths=(8, 8, 8, 8)))
    command = [str(tmp_path), str(out), "--device", "cpu", "--seed", "3"]
    sketch_main(command)
    sketch_main(command)
    assert [each.seeds for each in shelves] == [[3], [3, 8]]
    for other, told in (("--seed=4", "seed is 3, not 4"), ("--batch=8", "batch is 32, not 8")):
        with pytest.raises(SystemExit) as ended:
            sketch_main([*command, other])
        assert ended.value.code == 2
        assert told in capsys.readouterr().err
    with pytest.raises(SystemExit):
        sketch_main([*command, "--minutes=0"])
    assert "--minutes must be more than 0" in capsys.readouterr().err
    assert np.isfinite(torch.load(out.with_suffix(".checkpoint"), weights_only=True)["seconds"])


@pytest.mark.parametrize(
    ("told", "kind"),
    [({"avx512_f": True}, torch.float32), ({"avx512_bf16": True}, torch.bfloat16), ({"bf16": True}, torch.bfloat16)],
)
def test_bfloat16_is_for_processors_that_have_it(
    monkeypatch: pytest.MonkeyPatch, told: dict[str, bool], kind: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    with half_precision("cpu"):
        assert torch.nn.Linear(2, 2)(torch.ones(1, 2)).dtype == kind
