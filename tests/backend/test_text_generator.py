"""Poses for words: the network, its file, drafts within limits, and what the shipped model has learned."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend import runtime
from contrapposto.backend.arrays import DoubleArray, FloatArray
from contrapposto.backend.errors import InputError, ModelFileError
from contrapposto.backend.refine.joint_limits import within_limits
from contrapposto.backend.text.encoder import ENCODER_MODEL, TextEncoder
from contrapposto.backend.text.generator import TextGenerator, clauses_of
from contrapposto.backend.text.idle import standing_poses
from contrapposto.backend.text.measures import Body, Distance, Facing, HeadTurn, Height, Trunk
from contrapposto.backend.text.plausibility import plausible
from contrapposto.backend.text.posecodes import read_codes
from contrapposto.backend.text.text_file import load_text_network, save_text_network
from contrapposto.backend.text.text_network import SENTENCE_WIDTH, TextNetwork
from contrapposto.backend.weights.registry import FOLDER, model_entries


class FakeEncoder(TextEncoder):
    """A vector for each sentence, drawn by its letters."""

    def __init__(self) -> None:
        pass

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        def vector(sentence: str) -> FloatArray:
            seed = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4], "little")
            drawn = np.random.default_rng(seed).standard_normal(SENTENCE_WIDTH)
            return (drawn / np.linalg.norm(drawn)).astype(np.float32)

        return np.stack([vector(each) for each in sentences])


@pytest.fixture
def network() -> TextNetwork:
    """Small, and about a random pose."""
    torch.manual_seed(0)
    small = TextNetwork(width=32, depth=2)
    with torch.no_grad():
        for parameter in small.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
        small.mean_pose.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]).expand(24, 6))
        small.spread.fill_(0.3)
    return small.eval().requires_grad_(requires_grad=False)


@pytest.fixture
def generator(network: TextNetwork) -> TextGenerator:
    return TextGenerator(network, FakeEncoder())


@pytest.fixture(scope="module")
def shipped() -> TextGenerator:
    if not (FOLDER / model_entries()[ENCODER_MODEL].file).is_file():
        pytest.skip("the model files were not fetched")
    return TextGenerator.load()


def clauses(count: int, *, seed: int = 0) -> torch.Tensor:
    vectors = torch.randn(1, count, SENTENCE_WIDTH, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.normalize(vectors, dim=2)


def test_the_order_of_clauses_and_empty_places_do_not_matter(network: TextNetwork) -> None:
    three = clauses(3)
    told = network.told(three, torch.ones(1, 3))
    turned = network.told(three[:, [2, 0, 1]], torch.ones(1, 3))
    padded = network.told(torch.cat([three, clauses(2, seed=1)], 1), torch.tensor([[1.0, 1.0, 1.0, 0.0, 0.0]]))
    assert torch.allclose(turned, told, atol=1e-5)
    assert torch.allclose(padded, told, atol=1e-5)
    assert not torch.allclose(network.told(three[:, :2], torch.ones(1, 2)), told, atol=1e-2)


def test_nothing_said_tells_nothing(network: TextNetwork) -> None:
    assert torch.equal(network.told(clauses(2), torch.zeros(1, 2)), torch.zeros(1, 256))


def test_words_steer_and_guidance_exaggerates(network: TextNetwork) -> None:
    noise = torch.randn(5, 24, 6, generator=torch.Generator().manual_seed(1))
    told = network.told(clauses(2), torch.ones(1, 2)).expand(5, -1)
    silent = network.sample(torch.zeros_like(told), noise)
    plain, strong = (network.sample(told, noise, guidance=guidance) for guidance in (1.0, 3.0))
    assert 1e-3 < (plain - silent).norm() < (strong - silent).norm()
    assert torch.equal(network.sample(told, noise), plain)


def test_one_step_is_the_networks_own_answer(network: TextNetwork) -> None:
    noise, told = torch.randn(3, 24, 6), torch.zeros(3, 256)
    expected = network.to_six(network(told, noise, torch.zeros(3, 1)))
    assert torch.allclose(network.sample(told, noise, steps=1), expected, atol=1e-5)


def test_the_file_brings_the_network_back_in_half_precision(network: TextNetwork, tmp_path: Path) -> None:
    path = tmp_path / "text.safetensors"
    save_text_network(network, path, facts={"steps": "3"})
    again = load_text_network(path.read_bytes())
    noise, told = torch.randn(2, 24, 6), torch.randn(2, 256)
    assert torch.allclose(again.sample(told, noise), network.sample(told, noise), atol=0.02)
    assert path.stat().st_size < 2.2 * sum(each.numel() for each in network.parameters()) + 4000


@pytest.mark.parametrize("content", [b"", b"{}", (1 << 60).to_bytes(8, "little"), b"\x02\0\0\0\0\0\0\0{}"])
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(ModelFileError, match="text model cannot be loaded"):
        load_text_network(content)


def test_sentences_are_told_in_clauses() -> None:
    assert clauses_of("A tired, old man; he sits.\nWaiting while smoking") == [
        "A tired", "old man", "he sits", "Waiting", "smoking",
    ]  # fmt: skip
    assert clauses_of(" ,. 12 !?") == []
    assert len(clauses_of("a, " * 50)) == 8


@pytest.mark.parametrize("words", ["a boxer", "sad, alone", "x" * 5000])
def test_drafts_are_poses_within_limits_that_face_forward(generator: TextGenerator, words: str) -> None:
    drawn = generator.drafts(words, 5, seed=3)
    assert drawn.shape == (5, 24, 3)
    assert np.isfinite(drawn).all()
    assert within_limits(drawn, slack=1e-6).all()
    assert np.abs(Facing().of(Body.posed(drawn))).max() < 1e-3


def test_a_seed_gives_the_same_drafts_and_another_gives_others(generator: TextGenerator) -> None:
    first, again, other = (generator.drafts("a boxer", 3, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.05


@pytest.mark.parametrize("count", [0, 65])
def test_a_count_out_of_range_is_refused(generator: TextGenerator, count: int) -> None:
    with pytest.raises(InputError, match=f"not {count}"):
        generator.drafts("a boxer", count, seed=0)


@pytest.mark.parametrize("words", ["", "  ", "?!"])
def test_without_words_people_stand_relaxed(generator: TextGenerator, words: str) -> None:
    drawn = generator.drafts(words, 4, seed=9)
    np.testing.assert_array_equal(drawn, standing_poses(4, seed=9))


def test_standing_poses_are_natural() -> None:
    poses = standing_poses(60, seed=4)
    body = Body.posed(poses)
    measured = [plausible(pose) for pose in poses]
    assert sum(each.limits_broken for each in measured) == 0
    assert np.mean([each.balance_m for each in measured]) < 0.01
    assert max(each.penetration_m for each in measured) < 0.01
    assert [code.value for codes in read_codes(poses) for code in codes if code.what == "support"] == ["standing"] * 60
    free = np.degrees(np.linalg.norm(poses[:, [4, 5]], axis=2))
    assert 10 < np.abs(free[:, 0] - free[:, 1]).mean() < 18  # degrees: one knee gives
    assert 15 < (free[:, 0] > free[:, 1]).sum() < 45
    spread = np.linalg.norm(body.joints[:, None] - body.joints[None], axis=-1).mean()
    assert 0.03 < spread < 0.10  # metres


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "FOLDER", tmp_path)
    with pytest.raises(ModelFileError, match=r"text\.safetensors is missing"):
        TextGenerator.load()


def mean(measure: HeadTurn | Trunk | Height | Distance, drawn: DoubleArray) -> float:
    return float(measure.of(Body.posed(drawn)).mean())


def test_the_shipped_model_knows_moods_and_roles(shipped: TextGenerator) -> None:
    tired, proud = (shipped.drafts(words, 12, seed=1) for words in ("a weary old man", "a proud hero"))
    nod, lean = HeadTurn("down"), Trunk("forward")
    assert mean(nod, tired) + mean(lean, tired) > mean(nod, proud) + mean(lean, proud) + 20.0
    winner = shipped.drafts("an elated winner cheers", 12, seed=1)
    assert mean(Height("left_hand"), winner) > mean(Height("left_hand"), tired) + 0.6
    boxer = shipped.drafts("a boxer in guard", 12, seed=1)
    assert mean(Distance("left_hand", "chin"), boxer) < 0.40 < mean(Distance("left_hand", "chin"), tired)


@pytest.mark.parametrize(
    ("words", "kind"), [("sitting on a chair", "sitting"), ("sleeping on the ground", "lying_back")]
)
def test_the_shipped_model_knows_what_carries_a_body(shipped: TextGenerator, words: str, kind: str) -> None:
    found = [code.value for codes in read_codes(shipped.drafts(words, 12, seed=2)) for code in codes]
    assert found.count(kind) >= 8  # of 12


def test_shipped_drafts_differ_and_keep_their_limbs_out_of_the_body(shipped: TextGenerator) -> None:
    for words in ("a dancer", "a boxer in guard", "a sad man"):
        drawn = shipped.drafts(words, 6, seed=5)
        joints = Body.posed(drawn).joints
        apart = np.linalg.norm(joints[:, None] - joints[None], axis=-1).mean(-1)
        assert apart[np.triu_indices(6, 1)].min() > 0.02  # metres
        assert within_limits(drawn, slack=1e-6).all()
        assert np.mean([plausible(pose).penetration_m for pose in drawn]) < 0.03


def test_four_shipped_drafts_take_little_time(shipped: TextGenerator) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        took = list[float]()
        for turn in range(15):
            start = time.process_time()
            shipped.drafts(f"a knight on guard number {turn}", 4, seed=turn)
            took.append(time.process_time() - start)
        assert min(took) < 0.060, "the least, because what else the computer does slows the others"
    finally:
        torch.set_num_threads(threads)
