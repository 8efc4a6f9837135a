"""Training: poses drawn, sightings made, errors measured, weights learned, stopped, gone on with, and shipped."""

from __future__ import annotations

import json
import os
import struct
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend.errors import InputError, ModelFileError
from contrapposto.backend.estimate.landmark_body import landmark_positions, landmark_positions_torch
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.keypoints import BLAZEPOSE_33
from contrapposto.backend.kinematics import forward_kinematics, pose_torch
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.proportions import scaled_offsets, scaled_offsets_torch
from contrapposto.backend.rotations import axis_angle_to_matrix, matrix_from_6d_torch, matrix_to_6d_torch
from contrapposto.backend.skeleton import JOINT_COUNT, JOINT_INDEX, REST_OFFSETS
from numpy_rigs import varied_poses
from training.ablate_pose import UnrolledSynthesis
from training.ablate_pose import ablate as ablate_parts
from training.ablate_pose import main as ablate
from training.joint_transformer import JointTransformer
from training.joint_transformer import main as compare
from training.metrics import limb_angles, mpjpe, pa_mpjpe, root_angle
from training.pose_source import Mixture, PoseSource, mirror
from training.ship import ship
from training.synthesis import Given, Noise, Sighting, Synthesis
from training.train_pose import main, prepare, read_poses, start_from, train
from training.weights import save_network


@pytest.fixture
def poses() -> torch.Tensor:
    torch.manual_seed(7)
    return torch.from_numpy(varied_poses(60, seed=5).rotations.copy())


def matrices(rotations: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(axis_angle_to_matrix(rotations.numpy()).astype(np.float32))


def test_torch_and_numpy_pose_the_same_body(poses: torch.Tensor) -> None:
    scales = np.linspace(-0.2, 0.2, 10)
    world, joints = pose_torch(
        matrices(poses),
        torch.zeros(60, 3),
        offsets=scaled_offsets_torch(torch.from_numpy(scales).float()).expand(60, 24, 3),
    )
    expected = forward_kinematics(poses.numpy(), np.zeros((60, 3)), offsets=scaled_offsets(scales))
    np.testing.assert_allclose(joints.numpy(), expected, atol=1e-5)
    log_scales = torch.from_numpy(scales).float().expand(60, 10)
    np.testing.assert_allclose(
        landmark_positions_torch(world, joints, log_scales).numpy(),
        landmark_positions(world.numpy(), joints.numpy(), log_scales.numpy()),
        atol=1e-5,
    )


def test_proportions_of_one_are_the_neutral_adult() -> None:
    np.testing.assert_allclose(scaled_offsets(np.zeros(10)), REST_OFFSETS, atol=1e-7)


def test_six_numbers_hold_a_rotation(poses: torch.Tensor) -> None:
    turned = matrices(poses)
    assert torch.allclose(matrix_from_6d_torch(3.0 * matrix_to_6d_torch(turned)), turned, atol=1e-5)


def test_a_mirrored_pose_is_that_of_pose_sequences(poses: torch.Tensor) -> None:
    expected = PoseSequence(poses.numpy(), np.zeros((60, 3), np.float32)).mirrored().rotations
    np.testing.assert_allclose(mirror(matrices(poses)).numpy(), axis_angle_to_matrix(expected), atol=1e-5)


def test_drawn_poses_are_rotations_and_of_many_kinds(poses: torch.Tensor) -> None:
    drawn = PoseSource(poses).draw(500)
    eye = drawn @ drawn.transpose(-1, -2)
    assert torch.allclose(eye, torch.eye(3).expand_as(eye), atol=1e-4)
    assert torch.linalg.det(drawn).min() > 0.99
    bent = drawn[:, JOINT_INDEX["left_knee"], 1, 1]
    assert (bent < 0.3).float().mean() > 0.05  # knees bent by more than 70 degrees


def test_as_recorded_nothing_but_the_heading_changes(poses: torch.Tensor) -> None:
    still = Mixture(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    drawn = PoseSource(poses, mixture=still).draw(100)
    known = matrices(poses)[:, 1:].flatten(1)
    assert torch.cdist(drawn[:, 1:].flatten(1), known).amin(1).max() < 0.02
    upright = matrices(poses)[:, 0, 1, 1]
    assert (drawn[:, 0, 1, 1, None] - upright).abs().amin(1).max() < 1e-4


def test_exact_sightings_show_the_truth(poses: torch.Tensor) -> None:
    exact = Noise(
        exact=1.0, block=0.0, cut=0.0, exchanged=0.0, limb_exchanged=0.0, limb_lost=0.0, independent=0.0, convention=0.0
    )
    seen = Synthesis(noise=exact, given=Given(camera=1.0)).see(PoseSource(poses).draw(50))
    assert torch.allclose(seen.rays, seen.true_rays, atol=1e-6)
    marks = landmark_positions_torch(seen.truth.world, seen.truth.joints, seen.truth.log_scales)
    shown = marks @ seen.turn.transpose(1, 2) + seen.pelvis[:, None]
    rays = torch.stack([shown[..., 0], -shown[..., 1]], -1) / -shown[..., 2:]
    assert torch.allclose(rays, seen.true_rays, atol=1e-4)


def test_noisy_points_err_by_about_what_is_asked_and_hidden_ones_more(poses: torch.Tensor) -> None:
    seen = Synthesis(noise=Noise(exact=0.0, independent=0.0)).see(PoseSource(poses).draw(2000))
    box = (seen.true_rays.amax(1) - seen.true_rays.amin(1)).amax(1)
    error = (seen.rays - seen.true_rays).norm(dim=-1) / box[:, None]
    wrist = BLAZEPOSE_33.index["left_wrist"]
    sure, unsure = seen.confidence[:, wrist] > 0.8, seen.confidence[:, wrist] < 0.5
    assert 0.008 < float(error[sure, wrist].median()) < 0.03
    assert float(error[unsure, wrist].median()) > 2.0 * float(error[sure, wrist].median())


def test_world_landmarks_keep_their_origin_and_lose_depth(poses: torch.Tensor) -> None:
    synthesis = Synthesis()
    seen = synthesis.see(PoseSource(poses).draw(2000))
    hips = [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]
    assert seen.evidence.world[:, hips].mean(1).abs().max() < 1e-5
    marks = landmark_positions_torch(seen.truth.world, seen.truth.joints, seen.truth.log_scales)
    marks = marks - marks[:, hips].mean(1, keepdim=True)
    knee = BLAZEPOSE_33.index["left_knee"]
    slope = (seen.evidence.world[:, knee] * marks[:, knee]).sum(0) / marks[:, knee].square().sum(0)
    assert slope[2] < 0.85 < slope[1]


def test_metrics_are_nought_for_the_truth_and_known_for_known_errors(poses: torch.Tensor) -> None:
    joints = pose_torch(
        matrices(poses), torch.zeros(60, 3), offsets=torch.from_numpy(REST_OFFSETS.copy()).expand(60, 24, 3)
    )[1]
    turn = torch.from_numpy(axis_angle_to_matrix(np.array([0.0, 0.5, 0.0])).astype(np.float32))
    moved = 1.3 * joints @ turn.T + torch.tensor([1.0, 2.0, 3.0])
    assert mpjpe(joints + 5.0, joints).max() < 0.01
    assert pa_mpjpe(moved, joints).max() < 0.05
    assert mpjpe(moved, joints).min() > 20.0
    flat = joints * torch.tensor([-1.0, 1.0, 1.0])
    assert pa_mpjpe(flat, joints).max() > 1.0  # a mirror image is not the same
    assert limb_angles(joints @ turn.T, joints).max() < np.degrees(0.5) + 0.1
    assert root_angle(turn.expand(60, 3, 3), torch.eye(3).expand(60, 3, 3))[0] == pytest.approx(
        np.degrees(0.5), abs=0.1
    )


def test_training_learns_stops_and_goes_on(poses: torch.Tensor, tmp_path: Path) -> None:
    run = prepare(poses, PoseNetwork(64, 1), batch=128, device="cpu")
    first = np.mean([run.step(2e-3) for _ in range(5)])
    for _ in range(120):
        last = run.step(2e-3)
    assert last < 0.7 * first
    run.save(tmp_path / "stopped")
    again = prepare(poses, PoseNetwork(64, 1), batch=128, device="cpu")
    again.load(tmp_path / "stopped")
    assert again.steps == run.steps
    assert np.mean([again.step(2e-3) for _ in range(5)]) < 0.7 * first


def test_people_are_made_many_at_once_and_each_is_learned_from_once(poses: torch.Tensor) -> None:
    run = prepare(poses, PoseNetwork(16, 1), batch=64, device="cpu")
    made: list[int] = []
    see = run.synthesis.see

    def counted(drawn: torch.Tensor) -> Sighting:
        made.append(len(drawn))
        return see(drawn)

    run.synthesis.see = counted
    batches = [run.seen() for _ in range(9)]
    assert made == [512, 512]
    joints = torch.cat([truth.joints.flatten(1) for _, truth in batches])
    assert len(joints.unique(dim=0)) == 9 * 64
    for features, truth in batches:
        assert len(features) == len(truth.joints) == 64


def test_what_the_ablation_leaves_out_is_left_out(poses_file: Path, poses: torch.Tensor) -> None:
    assert ablate_parts(poses_file, steps=1, parts=["halves for the mirror", "the view's roll"]).row_count == 2
    seen = Synthesis(noise=Noise(any_angle=1.0)).see(matrices(poses))
    rolled, level = (synthesis.view(seen.rays, seen.confidence) for synthesis in (Synthesis(), UnrolledSynthesis()))
    # The smallest turn to a direction has no roll: its matrix is symmetric there.
    assert torch.allclose(level.turn[:, 0, 1], level.turn[:, 1, 0], atol=1e-5)
    assert not torch.allclose(rolled.turn[:, 0, 1], rolled.turn[:, 1, 0], atol=0.1)
    assert torch.allclose(level.points.norm(dim=2), rolled.points.norm(dim=2), atol=1e-4)


def test_the_transformer_reads_what_the_perceptron_reads(poses: torch.Tensor) -> None:
    torch.manual_seed(2)
    network = JointTransformer(token=16, layers=1)
    evidence = Synthesis(given=Given(points=1.0, world=1.0, rotations=1.0, pins=1.0)).see(matrices(poses)).evidence
    noise, when = torch.randn(60, JOINT_COUNT, 6), torch.rand(60, 1)
    one, other = network(evidence.features(), noise, when), PoseNetwork(16, 1)(evidence.features(), noise, when)
    assert {name: value.shape for name, value in vars(one).items()} == {
        name: value.shape for name, value in vars(other).items()
    }
    for name in ("points", "confidence", "picture_up", "size", "world", "rotations", "pins"):
        changed = replace(evidence, **{name: 0.5 * getattr(evidence, name)})
        assert not torch.allclose(network(changed.features(), noise, when).six, one.six, atol=1e-6), name
    assert not torch.allclose(network(evidence.features(), 0.5 * noise, when).six, one.six, atol=1e-6)
    assert not torch.allclose(network(evidence.features(), noise, 0.5 * when).six, one.six, atol=1e-6)


def test_training_ends_when_its_time_is_over(poses: torch.Tensor, tmp_path: Path) -> None:
    run = prepare(poses, PoseNetwork(16, 1), batch=16, device="cpu")
    train(run, minutes=0.01, peak=1e-3, checkpoint=tmp_path / "checkpoint", held_out=poses)
    assert 0.6 <= run.seconds < 5.0
    assert run.steps >= 1


@pytest.fixture
def poses_file(tmp_path: Path, poses: torch.Tensor) -> Path:
    path = tmp_path / "poses.npz"
    np.savez(path, rotations=poses.numpy(), clip=np.repeat([0, 1], 30), held_out=np.array([False, True]))
    return path


def tiny(poses_file: Path, *options: str) -> list[str]:
    return [str(poses_file), str(poses_file.with_name("out.safetensors")), "--width", "16", "--depth", "1",
            "--batch", "16", "--minutes", "0.005", "--device", "cpu", *options]  # fmt: skip


def test_a_finished_training_leaves_the_weights_alone(poses_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tiny(poses_file))
    out = poses_file.with_name("out.safetensors")
    assert sorted(path.name for path in out.parent.iterdir()) == [out.name, poses_file.name]
    content = out.read_bytes()
    assert load_network(content).width == 16
    (length,) = struct.unpack("<Q", content[:8])
    facts = json.loads(content[8 : 8 + length])["__metadata__"]
    steps, minutes = capsys.readouterr().out.splitlines()[-1].split()[:2]
    assert facts["steps"] == steps
    assert facts["minutes"] == minutes
    umask = os.umask(0)
    os.umask(umask)
    assert out.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_stopped_training_goes_on_with_other_random_numbers(
    poses_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("training.train_pose.save_network", stop)
        with pytest.raises(KeyboardInterrupt):
            main(tiny(poses_file))
    stopped = int(capsys.readouterr().out.split()[0])
    checkpoint = poses_file.with_name("out.checkpoint")
    left = checkpoint.read_bytes()
    for name, was, asked in (("width", 16, 32), ("batch", 16, 8), ("seed", 0, 1)):
        with pytest.raises(SystemExit) as ended:
            main(tiny(poses_file, f"--{name}={asked}"))
        assert ended.value.code == 2
        told = capsys.readouterr().err
        assert f"{name} is {was}, not {asked}" in told
        assert str(checkpoint) in told
        assert checkpoint.read_bytes() == left
    seeds: list[int] = []
    monkeypatch.setattr(torch, "manual_seed", seeds.append)
    main(tiny(poses_file, "--minutes", "0.01"))
    assert seeds[:2] == [0, stopped]
    assert int(capsys.readouterr().out.split()[0]) > stopped
    assert not checkpoint.exists()


def test_training_starts_from_weights(poses: torch.Tensor, tmp_path: Path) -> None:
    trained = prepare(poses, PoseNetwork(16, 1), batch=16, device="cpu")
    trained.step(1e-2)
    weights = tmp_path / "weights.safetensors"
    save_network(trained.network, weights)
    run = prepare(poses, PoseNetwork(16, 1), batch=16, device="cpu")
    start_from(run, weights.read_bytes())
    features = torch.rand(4, run.network.enter.in_features - 161)
    with torch.no_grad():
        expected = trained.network(features).six
        for network in (run.network, run.average):
            assert torch.allclose(network(features).six, expected, atol=1e-2)
    assert torch.allclose(run.network.spread, trained.network.spread, atol=1e-3)


@pytest.mark.parametrize(
    ("name", "told"), [("wide.safetensors", "--width 32"), ("nowhere.safetensors", "cannot be read")]
)
def test_weights_to_start_from_must_be_there_and_of_the_size(
    poses_file: Path, capsys: pytest.CaptureFixture[str], name: str, told: str
) -> None:
    save_network(PoseNetwork(32, 1), poses_file.with_name("wide.safetensors"))
    with pytest.raises(SystemExit) as ended:
        main(tiny(poses_file, "--start", str(poses_file.with_name(name))))
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert not poses_file.with_name("out.safetensors").exists()


def test_a_checkpoint_of_other_poses_is_refused(poses: torch.Tensor, tmp_path: Path) -> None:
    run = prepare(poses, PoseNetwork(16, 1), batch=16, device="cpu")
    run.settings = {"poses": "a" * 64}
    run.save(tmp_path / "run.checkpoint")
    run.settings = {"poses": "b" * 64}
    with pytest.raises(InputError, match="poses is aaaaaaaaaaaa, not bbbbbbbbbbbb"):
        run.load(tmp_path / "run.checkpoint")
    (tmp_path / "run.checkpoint").write_bytes(b"nothing")
    with pytest.raises(InputError, match="Delete it"):
        run.load(tmp_path / "run.checkpoint")
    torch.save({"network": {}}, tmp_path / "run.checkpoint")
    with pytest.raises(InputError, match="Delete it"):
        run.load(tmp_path / "run.checkpoint")


@pytest.mark.parametrize("minutes", ["0", "-1", "nan"])
def test_training_for_no_time_is_refused(poses_file: Path, capsys: pytest.CaptureFixture[str], minutes: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(tiny(poses_file, f"--minutes={minutes}"))
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"--minutes must be more than 0, not {minutes}.\n"


def test_what_holds_no_poses_is_refused_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    turns = np.zeros((4, 24, 3))
    held_out, clip = np.array([False, True]), np.array([0, 0, 1, 1])
    (tmp_path / "text.npz").write_text("no poses")
    (tmp_path / "empty.npz").write_bytes(b"")
    (tmp_path / "torn.npz").write_bytes(b"PK\x03\x04 torn")
    with (tmp_path / "array.npz").open("wb") as stream:
        np.save(stream, turns)
    np.savez(tmp_path / "other.npz", rotations=turns)
    np.savez(tmp_path / "clips.npz", rotations=turns, clip=clip + 1, held_out=held_out)
    np.savez(tmp_path / "joints.npz", rotations=turns[:, :22], clip=clip, held_out=held_out)
    np.savez(tmp_path / "none.npz", rotations=turns, clip=clip * 0, held_out=held_out)
    files = [tmp_path / "missing.npz", *sorted(tmp_path.iterdir())]
    assert len(files) == 9
    for path in files:
        with pytest.raises(InputError, match=path.name):
            read_poses(path, held_out=True)
        for command in (main, ablate, compare):
            arguments = [str(path), str(tmp_path / "out.safetensors")] if command is main else [str(path)]
            with pytest.raises(SystemExit) as ended:
                command(arguments)
            assert ended.value.code == 2
            assert path.name in capsys.readouterr().err


def test_the_split_is_kept(tmp_path: Path) -> None:
    rotations = np.arange(4 * 72, dtype=np.float32).reshape(4, 24, 3)
    np.savez(tmp_path / "poses.npz", rotations=rotations, clip=np.array([0, 0, 1, 1]), held_out=np.array([False, True]))
    assert torch.equal(read_poses(tmp_path / "poses.npz", held_out=True), torch.from_numpy(rotations[2:]))
    assert torch.equal(read_poses(tmp_path / "poses.npz", held_out=False), torch.from_numpy(rotations[:2]))


def test_shipping_registers_the_file_and_nothing_else(tmp_path: Path) -> None:
    other = '[model.other]\nfile = "a/b"\nsize = 1\nsha256 = "x"\n'
    (tmp_path / "registry.toml").write_text(other, "utf-8")
    save_network(PoseNetwork(width=16, depth=1), tmp_path / "trained.safetensors")
    for _ in range(2):
        ship(tmp_path / "trained.safetensors", weights=tmp_path)
        registry = tomllib.loads((tmp_path / "registry.toml").read_text("utf-8"))
        assert registry["model"]["other"]["file"] == "a/b"
        assert registry["model"]["pose"]["size"] == (tmp_path / "pose" / "pose.safetensors").stat().st_size
        assert (tmp_path / "registry.toml").read_text("utf-8").count("[model.pose]") == 1


def test_what_is_no_network_is_not_shipped(tmp_path: Path) -> None:
    (tmp_path / "registry.toml").write_text("", "utf-8")
    (tmp_path / "wrong").write_bytes(b"nothing")
    with pytest.raises(ModelFileError):
        ship(tmp_path / "wrong", weights=tmp_path)
    assert (tmp_path / "registry.toml").read_text("utf-8") == ""
