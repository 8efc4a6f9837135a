"""The generator's training: words of clips, authored families, lessons, a short run, and how it is measured."""

from __future__ import annotations

import dataclasses
import hashlib
import tomllib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.errors import InputError, ModelFileError
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.refine.joint_limits import within_limits
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_to_axis_angle
from contrapposto.backend.text.encoder import TextEncoder
from contrapposto.backend.text.measures import Body, Distance, Facing, HeadTurn, Trunk
from contrapposto.backend.text.text_file import load_text_network
from numpy_rigs import varied_poses
from training.ship import ship
from training.text import lessons as lessons_module
from training.text.clips import descriptions, read_index
from training.text.evaluate import drawn, frechet, measured, pool_ranks, said_share, table, told_of
from training.text.families import FAMILIES, Arm, Family, Reach
from training.text.family_poses import family_poses
from training.text.lessons import (
    Lessons,
    batch_of,
    captured,
    families,
    held_out_beside,
    lessons,
    load_lessons,
    put_together,
    save_lessons,
)
from training.text.retrieval import FEATURES, Retrieval, load_retrieval
from training.text.retrieval import main as train_retrieval
from training.train_text import flow_loss, main, prepare


class FakeEncoder(TextEncoder):
    """A vector for each sentence, drawn by its letters."""

    def __init__(self) -> None:
        pass

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        def vector(sentence: str) -> FloatArray:
            seed = int.from_bytes(hashlib.sha256(sentence.encode()).digest()[:4], "little")
            drawn = np.random.default_rng(seed).standard_normal(384)
            return (drawn / np.linalg.norm(drawn)).astype(np.float32)

        return np.stack([vector(each) for each in sentences])


@pytest.fixture(scope="module")
def poses_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `training.mocap.collect` writes it: two clips to train on and one held out."""
    path = tmp_path_factory.mktemp("poses") / "poses.npz"
    np.savez(
        path,
        rotations=varied_poses(90, seed=2).rotations,
        clip=np.repeat([0, 1, 2], [40, 20, 30]),
        clip_names=np.array(["cmu_asfamc/01_02", "deepmimic/humanoid3d_zombie_walk", "cmu_asfamc/02_05"]),
        held_out=np.array([False, False, True]),
    )
    return path


@pytest.fixture(scope="module")
def data(poses_file: Path) -> Lessons:
    seen = captured(poses_file, None, held_out=False)
    together = put_together(seen.rotations, 60, seed=0)
    return lessons([(seen, 0.5), (together, 0.2), (families(2, seed=0), 0.3)], FakeEncoder(), seed=0)


@pytest.fixture(scope="module")
def held_out(poses_file: Path) -> Lessons:
    return lessons([(captured(poses_file, None, held_out=True), 1.0)], FakeEncoder(), seed=1)


@pytest.fixture(scope="module")
def files(data: Lessons, held_out: Lessons, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lessons") / "lessons.npz"
    save_lessons(data, path)
    save_lessons(held_out, held_out_beside(path))
    return path


def test_clips_are_called_what_they_show(tmp_path: Path) -> None:
    (tmp_path / "CMU_data.csv").write_text('"Subject","Trial #","Motion Description"\n1,2,"playground - climb, hang"\n')
    index = read_index(tmp_path)
    said = descriptions("cmu_asfamc/01_02", index)
    assert {"climbing on a playground", "playground - climb, hang", "climb", "hang", "playground"} <= set(said)
    assert "a zombie" in descriptions("deepmimic/humanoid3d_zombie_walk", {})
    assert "a ballet dancer" in descriptions("cmu_iclone_bvh/005_14", {})
    assert descriptions("elsewhere/x", {}) == ("a person moves",)
    assert read_index(None) == read_index(tmp_path / "nothing") == {}


def family(words: str) -> Family:
    return next(each for each in FAMILIES if words in each.words)


def test_every_family_has_words_and_poses_within_limits() -> None:
    rng = np.random.default_rng(0)
    said = [words for each in FAMILIES for words in each.words]
    assert len(FAMILIES) > 100
    assert len(said) > 500
    poses = np.stack([family_poses(each, 1, rng)[0] for each in FAMILIES])
    assert within_limits(poses, slack=1e-6).all()


def test_families_look_as_their_words_say() -> None:
    rng = np.random.default_rng(1)
    assert HeadTurn("down").of(Body.posed(family_poses(family("sad"), 30, rng))).min() > 14.0  # degrees
    bow = Trunk("forward").of(Body.posed(family_poses(family("bowing"), 30, rng)))
    assert bow.min() > 25.0
    # Left and right are mirrored at random, so one of both hands is at the ear.
    phone = Body.posed(family_poses(family("on the phone"), 30, rng))
    near = np.minimum(*(Distance(f"{side}_hand", f"{side}_ear").of(phone) for side in ("left", "right")))
    assert np.percentile(near, 90) < 0.12  # metres
    salute = Body.posed(family_poses(family("saluting"), 30, rng))
    assert np.median(Distance("right_hand", "right_temple").of(salute)) < 0.12
    assert Distance("left_hand", "left_temple").of(salute).min() > 0.4


def test_a_family_without_a_mirror_keeps_its_sides() -> None:
    one_arm = Family(
        ("x",), family("sad").legs, (Arm(way=(1.0, 0.0, 0.0), elbow=(0.0, 0.0)), Reach("belly")), mirrored=False
    )
    poses = family_poses(one_arm, 20, np.random.default_rng(0))
    joints = forward_kinematics(poses, np.zeros((20, 3)))
    assert (joints[:, 20, 0] > 0.5).all()  # the left wrist is out to the left
    assert (np.abs(joints[:, 21, 0]) < 0.25).all()


def test_a_kind_of_poses_is_seen_as_often_as_it_should_be(data: Lessons) -> None:
    assert float(data.weights.sum()) == pytest.approx(1.0, abs=1e-4)
    assert float(data.weights[~data.natural].sum()) == pytest.approx(0.2, abs=1e-4)
    # Of a long clip each pose weighs less: 40 and 20 poses, and their mirror images.
    assert float(data.weights[20] / data.weights[0]) == pytest.approx(1.0, abs=1e-4)
    assert float(data.weights[40] / data.weights[0]) == pytest.approx(2.0**0.5, abs=1e-4)


def test_lessons_face_forward_within_limits_and_have_words(data: Lessons) -> None:
    rotations = matrix_to_axis_angle(data.rotations.double().numpy())
    assert np.abs(Facing().of(Body.posed(rotations))).max() < 0.01  # degrees
    assert within_limits(rotations, slack=1e-3).all()
    assert (data.captions[:, :, 0] >= 0).all()
    assert ((data.descriptions >= 0).any(1) == data.natural).all()
    joints = forward_kinematics(rotations, np.zeros((len(rotations), 3)))
    np.testing.assert_allclose(data.joints.numpy(), joints, atol=1e-4)


def test_held_out_poses_are_other_ones(poses_file: Path) -> None:
    seen, held = (captured(poses_file, None, held_out=each) for each in (False, True))
    assert (len(seen.rotations), len(held.rotations)) == (120, 10)
    assert {texts[0] for texts in held.shown} == {"punching"}
    apart = np.abs(axis_angle_to_matrix(held.rotations)[:, None] - axis_angle_to_matrix(seen.rotations)[None])
    assert apart.max((-1, -2, -3)).min() > 0.05


def test_a_batch_is_told_some_of_its_words_and_nothing_at_times(data: Lessons) -> None:
    torch.manual_seed(0)
    rows = torch.nonzero(data.natural)[:, 0][torch.arange(2000) % int(data.natural.sum())]
    vectors, there = batch_of(data, rows, dropped=0.25)
    assert vectors.shape == (2000, 9, 384)
    silent = float((there.sum(1) == 0).float().mean())
    assert 0.24 < silent < 0.33
    assert 0.35 < float(there[:, 8].mean() / (1 - silent)) < 0.65
    _, never = batch_of(data, rows, dropped=1.0)
    assert float(never.sum()) == 0.0
    put = torch.nonzero(~data.natural)[:, 0]
    _, told = batch_of(data, put, dropped=1.0)
    assert float((told.sum(1) > 0).float().mean()) > 0.9


def test_descriptions_are_blurred_but_stay_themselves(data: Lessons) -> None:
    torch.manual_seed(1)
    rows = torch.nonzero(data.natural)[:, 0]
    vectors, there = batch_of(data, rows, dropped=0.0)
    told = there[:, 8] > 0
    own = data.vectors[data.descriptions[rows[told]].clamp_min(0)]
    alike = torch.einsum("nd,nkd->nk", vectors[told, 8], own).amax(1)
    exact = float((alike > 0.9999).float().mean())
    assert 0.15 < exact < 0.5
    assert float(alike.min()) > 0.55  # the cosine of an equal share of both, give or take
    assert torch.allclose(vectors[there > 0].norm(dim=1), torch.ones(int(there.sum())), atol=1e-3)


def test_lessons_come_back_from_their_file(data: Lessons, files: Path, tmp_path: Path) -> None:
    again = load_lessons(files)
    for field in dataclasses.fields(Lessons):
        kept, was = getattr(again, field.name), getattr(data, field.name)
        assert torch.allclose(kept.float(), was.float(), atol=2e-3), field.name
    with pytest.raises(InputError, match=r"holds no lessons: `python -m training\.text\.lessons` makes them"):
        load_lessons(tmp_path / "nothing.npz")


def test_the_command_writes_both_files(
    poses_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(lessons_module.TextEncoder, "load", classmethod(lambda _: FakeEncoder()))
    monkeypatch.setattr(lessons_module, "_A_FAMILY", 1)
    monkeypatch.setattr(lessons_module, "_PUT_TOGETHER", 40)
    out = tmp_path / "made" / "lessons.npz"
    assert lessons_module.main([str(poses_file), str(out)]) == 0
    assert "held out 10 poses" in capsys.readouterr().out
    assert len(load_lessons(held_out_beside(out)).rotations) == 10
    assert lessons_module.main([str(tmp_path / "none.npz"), str(out)]) == 2
    assert "training.mocap.collect" in capsys.readouterr().err


def test_steps_make_the_loss_smaller(data: Lessons) -> None:
    torch.manual_seed(3)
    run = prepare(data, width=48, depth=2, batch=64, dropped=0.1)
    rows = torch.arange(len(data.rotations))
    losses: list[float] = []
    for _ in range(2):
        torch.manual_seed(4)
        with torch.no_grad():
            losses.append(float(flow_loss(run.network, data, rows, dropped=0.1)))
        for _ in range(150):
            run.step(3e-3)
    assert losses[1] < 0.75 * losses[0]
    # The running average is between where it began and where the network is now.
    apart = (run.average.enter.weight - run.network.enter.weight).detach().abs().max()
    assert 0.0 < float(apart) < 1.0


def test_a_run_writes_its_weights_and_leaves_no_checkpoint(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "run" / "text.safetensors"
    main([str(files), str(out), "--minutes", "0.02", "--width", "48", "--depth", "2", "--batch", "64"])
    assert [path.name for path in out.parent.iterdir()] == ["text.safetensors"]
    trained = load_text_network(out.read_bytes())
    assert (trained.width, trained.depth) == (48, 2)
    main([str(files), str(out), "--minutes", "0.01", "--width", "48", "--depth", "2", "--start", str(out), "--no-text"])


def test_a_checkpoint_of_something_else_is_refused(
    files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "text.safetensors"
    out.with_suffix(".checkpoint").write_bytes(b"no checkpoint")
    with pytest.raises(SystemExit) as stopped:
        main([str(files), str(out), "--minutes", "0.01", "--width", "16", "--depth", "1"])
    assert stopped.value.code == 2
    assert "Delete it to begin anew" in capsys.readouterr().err


def test_words_and_their_own_poses_are_found_in_pools() -> None:
    poses = torch.nn.functional.normalize(torch.randn(300, 16, generator=torch.Generator().manual_seed(0)), dim=1)
    assert (pool_ranks(poses, poses, seed=0) == 0).all()
    ranks = pool_ranks(poses[torch.randperm(300)], poses, seed=0)
    assert 0.01 < float((ranks == 0).mean()) < 0.07  # by chance 1 of 32
    assert 13.0 < float(ranks.mean()) < 18.0


def test_frechet_distances_are_those_of_normal_distributions() -> None:
    torch.manual_seed(0)
    points = torch.randn(20_000, 3)
    assert frechet(points, points) == pytest.approx(0.0, abs=1e-6)
    moved = frechet(points + torch.tensor([2.0, 0.0, 0.0]), points)
    assert moved == pytest.approx(4.0, abs=1e-3)
    assert frechet(3.0 * points, points) == pytest.approx(3 * (3.0 - 1.0) ** 2, rel=0.05)


def test_what_a_caption_says_is_looked_for_in_poses() -> None:
    rng = np.random.default_rng(0)
    wins, sleeps = (family_poses(family(words), 10, rng) for words in ("cheering", "sleeping"))
    assert said_share(wins, wins) == 100.0
    assert said_share(sleeps, wins) < 25.0


def test_the_table_is_measured_with_a_trained_judge(files: Path, held_out: Lessons, tmp_path: Path) -> None:
    out = tmp_path / "retrieval.safetensors"
    train_retrieval([str(files), str(out), "--minutes", "0.03"])
    judge = load_retrieval(out)
    assert judge.features(held_out.rotations, held_out.joints).shape == (10, FEATURES)
    assert judge.captions(*told_of(held_out)).norm(dim=1) == pytest.approx(1.0, abs=1e-4)
    network = prepare(held_out, width=16, depth=1, batch=8, dropped=0.1).network
    poses = drawn(network, held_out, guidance=1.5)
    assert within_limits(poses, slack=1e-6).all()
    row = measured("fresh", poses, held_out=held_out, retrieval=judge)
    assert 0.0 <= row.first <= row.second <= row.third <= 100.0
    assert "| fresh |" in table([row])
    with pytest.raises(InputError, match=r"`python -m training\.text\.retrieval` makes one"):
        load_retrieval(tmp_path / "none.safetensors")


def test_the_trained_file_is_shipped_beside_the_others(files: Path, tmp_path: Path) -> None:
    out = tmp_path / "text.safetensors"
    main([str(files), str(out), "--minutes", "0.01", "--width", "16", "--depth", "1"])
    registry = tmp_path / "weights" / "registry.toml"
    registry.parent.mkdir()
    registry.write_text('[model.pose]\nfile = "pose/pose.safetensors"\n', "utf-8")
    for _ in range(2):
        ship(out, name="text", weights=registry.parent)
    entries = tomllib.loads(registry.read_text("utf-8"))["model"]
    assert set(entries) == {"pose", "text"}
    content = (registry.parent / entries["text"]["file"]).read_bytes()
    assert hashlib.sha256(content).hexdigest() == entries["text"]["sha256"]
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        ship(registry, name="text", weights=registry.parent)


def test_the_judge_is_the_same_for_mirrored_order() -> None:
    """Captions are sets: their order does not matter, nor empty places."""
    judge = Retrieval()
    vectors = torch.nn.functional.normalize(torch.randn(2, 4, 384), dim=2)
    there = torch.tensor([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0]])
    first = judge.captions(vectors, there)
    second = judge.captions(vectors[:, [1, 0, 3, 2]][:1], there[:1, [1, 0, 3, 2]])
    assert torch.allclose(first[:1], second, atol=1e-5)
