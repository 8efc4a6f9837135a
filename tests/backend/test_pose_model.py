"""The pose model's evidence, network and file, the alternatives, and the estimator built on them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from contrapposto.backend import pipeline
from contrapposto.backend.body_model import NEUTRAL_BODY
from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError, ModelFileError
from contrapposto.backend.estimate.alternatives import different_readings
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.estimate.evidence import FEATURES, Evidence, view_of
from contrapposto.backend.estimate.learned import LearnedEstimator, fit_reading, see
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.estimate.pose_network import PoseNetwork, Reading
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33, KeypointSchema
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.observation import Observation
from contrapposto.backend.proportions import scaled_offsets_torch
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle_torch, matrix_to_6d_torch, swing_between
from contrapposto.backend.runtime import ModelCache, Solver
from contrapposto.backend.skeleton import JOINT_INDEX
from contrapposto.backend.solver_choice import ChosenSolver
from numpy_rigs import varied_poses
from training.metrics import pa_mpjpe
from training.pose_source import Mixture, PoseSource
from training.synthesis import Given, Noise, Sighting, Synthesis
from training.weights import save_network

DIAGONAL = 2000.0
PICTURE = (1600, 1200)
EXACT = Noise(
    exact=1.0, block=0.0, cut=0.0, exchanged=0.0, limb_exchanged=0.0, limb_lost=0.0, dropped=0.0, convention=0.0,
    any_angle=0.0,
)  # fmt: skip


def sighting(count: int, *, noise: Noise = EXACT, camera: float = 0.0) -> Sighting:
    torch.manual_seed(4)
    poses = torch.from_numpy(varied_poses(50, seed=2).rotations.copy())
    given = Given(points=1.0, world=1.0, rotations=0.0, pins=0.0, camera=camera)
    source = PoseSource(poses, mixture=Mixture(recombined=0.3, perturbed=0.3))
    return Synthesis(noise=noise, given=given, largest=0.4).see(source.draw(count))


def observation(seen: Sighting) -> Observation:
    middle = torch.tensor([PICTURE[0] / 2.0, PICTURE[1] / 2.0])
    world = (seen.evidence.world @ seen.turn.transpose(1, 2)).numpy()
    return Observation(
        (seen.rays * DIAGONAL + middle).numpy(), seen.confidence.numpy(), BLAZEPOSE_33, PICTURE, keypoints_world=world
    )


class Knowing(torch.nn.Module):
    """Stands for a network that knows the truth, but for `turned` radians at the left shoulder."""

    def __init__(self, seen: Sighting, *, turned: float = 0.0, samples: tuple[float, ...] = ()) -> None:
        super().__init__()
        self.anchor = torch.nn.Parameter(torch.zeros(1))
        self.seen, self.turned, self.samples = seen, turned, samples

    def reading(self, turned: float) -> Reading:
        local = self.seen.truth.local.clone()
        about_z = axis_angle_to_matrix(np.array([0.0, 0.0, turned])).astype(np.float32)
        shoulder = JOINT_INDEX["left_shoulder"]
        local[:, shoulder] = torch.from_numpy(about_z) @ local[:, shoulder]
        sigma = torch.full((len(local), 24), -2.0)
        sigma[:, shoulder] = 0.0
        truth, points = self.seen.truth, torch.full((len(local), len(BLAZEPOSE_33)), -4.0)
        return Reading(matrix_to_6d_torch(local), truth.log_scales, truth.up, sigma, sigma, sigma, points)

    def expected(self, evidence: Evidence) -> Reading:
        assert evidence.features().shape[1] == FEATURES
        return self.reading(self.turned)

    def sample(self, evidence: Evidence, noise: torch.Tensor, *, steps: int) -> Reading:
        each = [self.reading(self.samples[k % len(self.samples)]).six for k in range(len(noise))]
        return dataclasses.replace(self.reading(0.0), six=torch.cat(each))


def test_a_person_at_the_edge_looks_like_one_in_the_middle() -> None:
    body = torch.randn(1, 33, 3) * torch.tensor([0.3, 0.6, 0.2])
    for name, height in (("shoulder", 0.5), ("hip", -0.2)):
        for side, across in (("left", 0.2), ("right", -0.2)):
            body[:, BLAZEPOSE_33.index[f"{side}_{name}"]] = torch.tensor([across, height, 0.0])
    body -= body.mean(1, keepdim=True)
    confidence = torch.ones(1, 33)

    def rays(points: torch.Tensor) -> torch.Tensor:
        return torch.stack([points[..., 0], -points[..., 1]], -1) / -points[..., 2:]

    middle = view_of(rays(body + torch.tensor([0.0, 0.0, -9.0])), confidence)
    aside = torch.tensor([4.0, -1.5, -9.0]) * 9.0 / np.linalg.norm([4.0, -1.5, -9.0])
    towards = torch.from_numpy(swing_between(np.array([0.0, 0.0, -1.0]), (aside / 9.0).numpy()).astype(np.float32))
    turned = view_of(rays(body @ towards.T + aside), confidence)
    # Seen along the ray to it, the turned person shows what the one in the middle shows.
    assert torch.allclose(turned.points, middle.points, atol=0.03)
    assert torch.allclose(turned.size, middle.size, rtol=0.03)
    assert torch.allclose(turned.turn, towards @ middle.turn, atol=0.03)
    assert torch.allclose(turned.turn @ turned.turn.transpose(1, 2), torch.eye(3), atol=1e-5)


def test_a_person_in_a_turned_picture_stands_upright_in_the_view() -> None:
    seen = sighting(20)
    confidence = torch.ones(20, 33)
    shoulders, hips = (
        [BLAZEPOSE_33.index[f"{side}_{name}"] for side in ("left", "right")] for name in ("shoulder", "hip")
    )
    for degrees in range(0, 360, 30):
        angle = torch.tensor(degrees).deg2rad()
        sine, cosine = angle.sin(), angle.cos()
        rays = seen.rays @ torch.stack([torch.stack([cosine, sine]), torch.stack([-sine, cosine])])
        view = view_of(rays, confidence)
        away = torch.cat([rays * torch.tensor([1.0, -1.0]), -torch.ones(20, 33, 1)], dim=-1) @ view.turn
        shown = away[..., :2] / -away[..., 2:]
        assert torch.allclose(shown / view.size[:, None], view.points, atol=1e-4)
        assert torch.allclose(torch.linalg.det(view.turn), torch.ones(20), atol=1e-5)
        trunk = view.points[:, shoulders].mean(1) - view.points[:, hips].mean(1)
        long = trunk.norm(dim=1) > 0.4
        assert long.any()
        assert bool((trunk[long, 1] / trunk[long].norm(dim=1) > 0.9).all())
        up = (view.turn[:, 1, :2] / view.turn[:, 1, :2].norm(dim=1, keepdim=True) * view.picture_up).sum(1)
        assert bool((up > 0.95).all())


def test_who_shows_no_trunk_keeps_the_upright_of_the_picture() -> None:
    seen, confidence = sighting(3), torch.ones(3, 33)
    confidence[:, BLAZEPOSE_33.index["left_hip"]] = 0.0
    upright = torch.tensor([0.0, 1.0]).expand(3, 2)
    assert torch.equal(view_of(seen.rays, confidence).picture_up, upright)
    assert torch.equal(view_of(seen.rays, torch.zeros(3, 33)).picture_up, upright)
    assert not torch.equal(view_of(seen.rays, torch.ones(3, 33)).picture_up, upright)


def test_points_that_nobody_saw_do_not_move_the_view() -> None:
    rays = torch.randn(1, 33, 2) * 0.1
    confidence = torch.ones(1, 33)
    confidence[:, 25:] = 0.0
    moved = rays.clone()
    moved[:, 25:] += 3.0
    one, other = view_of(rays, confidence), view_of(moved, confidence)
    assert torch.equal(one.turn, other.turn)
    assert torch.equal(one.points[:, :25], other.points[:, :25])


def test_absent_evidence_leaves_no_trace_in_the_features() -> None:
    seen = sighting(3)
    nothing = dataclasses.replace(
        seen.evidence,
        has_points=torch.zeros(3, 1),
        has_world=torch.zeros(3, 1),
        rotations_known=torch.zeros(3, 24),
        pins_known=torch.zeros(3, 24),
    )
    assert torch.equal(nothing.features(), Evidence.nothing(3).features())
    assert seen.evidence.features().shape == (3, FEATURES)


def test_the_fit_follows_points_as_far_as_the_model_trusts_them() -> None:
    seen, hand = sighting(4), [BLAZEPOSE_33.index[f"left_{name}"] for name in ("wrist", "pinky", "index", "thumb")]
    reading = Knowing(seen).reading(0.0)
    doubted = reading.log_point_sigma.clone()
    doubted[:, hand] = 0.0
    prepared = see(observation(seen), torch.device("cpu"))
    readings = (reading, dataclasses.replace(reading, log_point_sigma=doubted))
    before = [fit_reading(prepared, each).rotations for each in readings]
    prepared.points_px[:, hand] += 0.06 * prepared.person_px[:, None]
    after = [fit_reading(prepared, each).rotations for each in readings]
    trusting, doubting = (
        geodesic_angle_torch(one, other).amax(1).rad2deg() for one, other in zip(before, after, strict=True)
    )
    assert float(trusting.median()) > 2.0
    assert bool((doubting < 0.2 * trusting).all())


def test_a_network_comes_back_from_its_file(tmp_path: Path) -> None:
    network = PoseNetwork(width=32, depth=2)
    save_network(network, tmp_path / "pose.safetensors")
    loaded = load_network((tmp_path / "pose.safetensors").read_bytes())
    features = torch.randn(4, FEATURES)
    assert torch.allclose(network(features).six, loaded(features).six, atol=2e-2)
    assert loaded(features).rotations.shape == (4, 24, 3, 3)
    assert not any(parameter.requires_grad for parameter in loaded.parameters())


@pytest.mark.parametrize("content", [b"", b"not weights", b"\x10\x00\x00\x00\x00\x00\x00\x00" + b"{" * 16])
def test_another_file_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ModelFileError, match="cannot be loaded"):
        load_network(content)


def test_the_last_step_of_a_sample_ends_the_flow() -> None:
    torch.manual_seed(0)
    network = PoseNetwork(width=32, depth=1).eval()
    evidence, noise = Evidence.nothing(6), torch.randn(6, 24, 6)
    assert not torch.equal(network.sample(evidence, noise).six, network.sample(evidence, -noise).six)
    assert torch.equal(network.sample(evidence, noise).six, network.sample(evidence, noise).six)


def test_the_fit_brings_a_wrong_arm_onto_the_keypoints() -> None:
    seen = sighting(1)
    wrist = BLAZEPOSE_33.index["left_wrist"]

    def off(*, fitted: bool) -> float:
        network = Knowing(seen, turned=0.5)
        estimate = run_job(LearnedEstimator(network, fitted=fitted).estimate(observation(seen)))[0]
        apart = estimate.joints_px()[:, JOINT_INDEX["left_wrist"]] - observation(seen).keypoints_px[:, wrist]
        return float(np.linalg.norm(apart)) / (float(seen.evidence.size) * DIAGONAL)

    assert off(fitted=False) > 0.1
    assert off(fitted=True) < 0.4 * off(fitted=False)


def test_the_estimate_stands_upright_and_is_seen_where_the_keypoints_are() -> None:
    seen = sighting(1)
    estimate = run_job(LearnedEstimator(Knowing(seen)).estimate(observation(seen)))[0]
    up = (seen.turn @ seen.truth.up[..., None])[0, :, 0].numpy()
    np.testing.assert_allclose(estimate.camera_turn[0] @ [0.0, 1.0, 0.0], up, atol=1e-4)
    hips = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]
    points = [BLAZEPOSE_33.index["left_hip"], BLAZEPOSE_33.index["right_hip"]]
    apart = estimate.joints_px()[0, hips] - observation(seen).keypoints_px[0, points]
    assert np.linalg.norm(apart, axis=-1).max() < 0.1 * float(seen.evidence.size) * DIAGONAL


def test_confidence_falls_where_the_network_is_unsure() -> None:
    seen = sighting(1)
    poses = run_job(LearnedEstimator(Knowing(seen)).estimate(observation(seen)))[0].poses
    shoulder = JOINT_INDEX["left_shoulder"]
    assert poses.confidence[0, shoulder] == poses.confidence[0].min() < 0.5
    assert poses.confidence[0, JOINT_INDEX["left_knee"]] > 0.9


def test_two_ways_to_read_an_arm_are_both_offered_with_their_shares() -> None:
    seen = sighting(1)
    network = Knowing(seen, samples=(0.0, 0.0, 0.0, 1.0))
    readings = run_job(different_readings(network, seen.evidence, 5))
    likelihood = [each.likelihood for each in readings]
    assert [each.definite for each in readings] == [False, True]
    assert likelihood[0] > 2.0 * likelihood[1]
    assert sum(likelihood) == pytest.approx(1.0)
    estimates = run_job(LearnedEstimator(network, fitted=False).estimate(observation(seen), count=5))
    assert [estimate.likelihood for estimate in estimates] == pytest.approx(likelihood)


def test_another_reading_is_as_sure_of_a_joint_as_samples_agree_with_it() -> None:
    """Three samples of four have the arm as the expected pose has it, one as the other reading has it."""
    seen, shoulder = sighting(1), JOINT_INDEX["left_shoulder"]
    network = Knowing(seen, samples=(0.0, 0.0, 0.0, 1.0))
    alone = run_job(LearnedEstimator(network).estimate(observation(seen)))[0].poses.confidence[0]
    expected, other = [
        estimate.poses.confidence[0]
        for estimate in run_job(LearnedEstimator(network).estimate(observation(seen), count=2))
    ]
    np.testing.assert_array_equal(expected, alone)
    assert other[shoulder] == pytest.approx(alone[shoulder] * 17.0 / 49.0, rel=1e-4)  # 16 and 48 samples, and one each
    rest = np.arange(24) != shoulder
    np.testing.assert_allclose(other[rest], alone[rest], atol=1e-6)


def test_what_is_offered_next_is_likely_and_unlike_what_was_offered_before() -> None:
    seen, shoulder = sighting(1), JOINT_INDEX["left_shoulder"]
    network = Knowing(seen, samples=(0.0, 0.0, 0.45, -0.9))
    _, *others = run_job(different_readings(network, seen.evidence, 5))
    turned = [
        float(geodesic_angle_torch(each.reading.rotations, network.reading(0.0).rotations)[0, shoulder])
        for each in others
    ]
    assert turned == pytest.approx([0.9, 0.45], abs=0.01)
    assert others[1].likelihood > others[0].likelihood > 0.5 * others[1].likelihood


def test_one_of_several_readings_is_held_more_firmly_than_the_expected_pose() -> None:
    seen, shoulder = sighting(1), JOINT_INDEX["left_shoulder"]
    (expected,) = run_job(LearnedEstimator(Knowing(seen, turned=1.0)).estimate(observation(seen)))
    _, other = run_job(LearnedEstimator(Knowing(seen, samples=(1.0,))).estimate(observation(seen), count=2))
    read = Knowing(seen).reading(1.0).rotations[0, shoulder]
    moved = [
        float(geodesic_angle_torch(torch.from_numpy(axis_angle_to_matrix(each.poses.rotations[0, shoulder])), read))
        for each in (expected, other)
    ]
    assert moved[1] < 0.8 * moved[0], moved


def test_feet_that_are_nearly_level_come_onto_the_ground_that_the_network_tells() -> None:
    """The unseen left leg is read as slightly bent; gravity alone tells how far its foot is from the floor."""
    seen = sighting(1)
    seen.truth.local[:, 1:] = torch.eye(3)
    # Upright in the camera, which is held level, whatever the drawn person did.
    level = seen.turn.transpose(1, 2)
    seen.truth.local[:, 0] = level
    seen.truth.up[:] = level[..., 1]
    for name, angle in (("hip", -0.45), ("knee", 0.9), ("ankle", -0.45)):
        bent = axis_angle_to_matrix(np.array([angle, 0.0, 0.0])).astype(np.float32)
        seen.truth.local[:, JOINT_INDEX[f"left_{name}"]] = torch.from_numpy(bent)
    shown = observation(seen)
    unseen = np.zeros_like(shown.confidence)
    unseen[:, [BLAZEPOSE_33.index[f"{side}_{name}"] for side in ("left", "right") for name in ("hip", "shoulder")]] = (
        1.0
    )

    def uneven(*, fitted: bool) -> float:
        estimator = LearnedEstimator(Knowing(seen), fitted=fitted)
        (found,) = run_job(estimator.estimate(dataclasses.replace(shown, confidence=unseen)))
        ankles = found.joints()[0, [JOINT_INDEX["left_ankle"], JOINT_INDEX["right_ankle"]], 1]
        return float(abs(ankles[0] - ankles[1]))

    assert uneven(fitted=False) > 0.05
    assert uneven(fitted=True) < 0.6 * uneven(fitted=False), (uneven(fitted=False), uneven(fitted=True))


def _joints(reading: Reading) -> torch.Tensor:
    offsets = scaled_offsets_torch(reading.log_scales)
    return pose_torch(reading.rotations, torch.zeros(len(offsets), 3), offsets=offsets)[1]


def test_the_shipped_network_reads_people_that_it_never_saw() -> None:
    """A bound that a wrong or broken file misses by far; the benchmark measures how good it is."""
    try:
        network = ModelCache(device="CPU").pose_network()
    except ModelFileError as error:
        pytest.skip(str(error))
    seen = sighting(40, noise=Noise())
    with torch.inference_mode():
        read = network(seen.evidence.features())
        untaught = PoseNetwork(width=64, depth=1).eval()(seen.evidence.features())
    good, bad = (float(pa_mpjpe(_joints(each), seen.truth.joints).mean()) for each in (read, untaught))
    assert good < 180.0 < 280.0 < bad, (good, bad)


def test_the_shipped_network_offers_three_readings_when_three_are_asked_for() -> None:
    """Photos leave some joint in doubt by more than 10 cm for nearly everybody."""
    try:
        network = ModelCache(device="CPU").pose_network()
    except ModelFileError as error:
        pytest.skip(str(error))
    seen = sighting(6, noise=Noise())
    offered = [
        run_job(LearnedEstimator(network).estimate(observation(seen.person(person)), count=3)) for person in range(6)
    ]
    assert sum(len(estimates) == 3 for estimates in offered) >= 5, [len(estimates) for estimates in offered]
    for estimates in offered:
        likelihood = [estimate.likelihood for estimate in estimates[1:]]
        assert likelihood == sorted(likelihood, reverse=True)
        joints = [estimate.joints()[0] - estimate.joints()[0, 0] for estimate in estimates]
        apart = [np.linalg.norm(a - b, axis=-1).max() for k, a in enumerate(joints) for b in joints[:k]]
        assert min(apart, default=1.0) >= 0.10


def test_after_the_expected_pose_come_others_by_how_many_samples_show_them() -> None:
    seen = sighting(1)
    network = Knowing(seen, turned=0.75, samples=(1.5, 0.0, 0.0, 0.0))
    expected, *others = run_job(different_readings(network, seen.evidence, 3))
    assert torch.allclose(expected.reading.rotations, network.reading(0.75).rotations, atol=1e-4)
    assert others[0].likelihood > max(others[1].likelihood, expected.likelihood)
    assert torch.allclose(others[0].reading.rotations, network.reading(0.0).rotations, atol=1e-4)
    assert torch.allclose(others[1].reading.rotations, network.reading(1.5).rotations, atol=1e-4)


def test_others_found_later_are_those_found_at_once() -> None:
    seen = sighting(1)
    estimator = LearnedEstimator(Knowing(seen, samples=(0.0, 0.0, 0.0, 1.0)))
    shown = observation(seen)
    (first,) = run_job(estimator.estimate(shown))
    later, at_once = run_job(estimator.others(shown, first, count=5)), run_job(estimator.estimate(shown, count=5))
    assert len(later) == len(at_once) == 2
    assert later[0].poses is first.poses
    for one, other in zip(later, at_once, strict=True):
        assert one.likelihood == pytest.approx(other.likelihood)
        np.testing.assert_allclose(one.poses.rotations, other.poses.rotations, atol=1e-5)


def test_only_an_estimator_that_reads_several_ways_is_asked_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = sighting(1)
    learned = LearnedEstimator(Knowing(seen, samples=(0.0, 1.0)))
    found = pipeline.FoundPeople(Path("dancer.png"), np.zeros((8, 8, 3), np.uint8), (observation(seen),))
    models = ModelCache()
    for estimator, count in ((AnalyticEstimator(), 1), (learned, 2)):
        monkeypatch.setattr(pipeline, "choose_solver", lambda *_a, estimator=estimator, **_k: ChosenSolver(estimator))
        result = run_job(pipeline.pose_person(found, 0, estimator=learned))
        more = run_job(pipeline.other_readings(result, models, readings=3))
        assert len(more.estimates) == count
        assert more.estimate.poses is result.estimate.poses


def test_readings_are_no_more_than_asked_for() -> None:
    seen = sighting(1)
    network = Knowing(seen, samples=(0.0, 0.8, 1.6, -0.8))
    for count in (1, 2, 3):
        assert len(run_job(different_readings(network, seen.evidence, count))) == count


def test_points_beyond_the_picture_are_hardly_believed() -> None:
    seen = sighting(1)
    shown = observation(seen)
    ankle = BLAZEPOSE_33.index["left_ankle"]
    pixels = shown.keypoints_px.copy()
    pixels[0, ankle] = (-500.0, 5000.0)
    estimate = run_job(LearnedEstimator(Knowing(seen)).estimate(dataclasses.replace(shown, keypoints_px=pixels)))[0]
    straight = run_job(LearnedEstimator(Knowing(seen)).estimate(shown))[0]
    angle = np.abs(estimate.poses.rotations - straight.poses.rotations).max()
    assert angle < 0.35


def test_a_schema_without_any_known_landmark_is_refused_in_words() -> None:
    schema = KeypointSchema("strange", ("hat", "tail"), ())
    shown = Observation(np.ones((1, 2, 2), np.float32), np.ones((1, 2), np.float32), schema, PICTURE)
    with pytest.raises(InputError, match="knows none of the keypoints of strange"):
        run_job(LearnedEstimator(PoseNetwork(width=16, depth=1)).estimate(shown))


def test_a_known_camera_is_told_to_the_network() -> None:
    seen = sighting(1)
    shown = dataclasses.replace(observation(seen), camera=Camera(DIAGONAL, DIAGONAL, 800.0, 600.0))
    estimate = run_job(LearnedEstimator(Knowing(seen)).estimate(shown))[0]
    assert estimate.camera.fx == DIAGONAL


def test_no_step_reads_more_than_a_few_samples() -> None:
    """The window answers between the steps: 64 samples are drawn in sixteen."""
    seen = sighting(1)
    network = Knowing(seen, samples=(0.0, 1.0))
    drawn: list[int] = []
    real = network.sample
    network.sample = lambda evidence, noise, *, steps: drawn.append(len(noise)) or real(evidence, noise, steps=steps)
    stages = [progress.fraction for progress in LearnedEstimator(network).estimate(observation(seen), count=3)]
    assert drawn == [4] * 16
    assert stages == sorted(stages)


def test_the_estimator_is_made_and_warmed_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    models, network = ModelCache(), PoseNetwork(width=16, depth=1).eval()
    monkeypatch.setattr(models, "pose_network", lambda: network)
    assert models.estimator(Solver.MODEL) is models.estimator(Solver.AUTOMATIC)
    first = models.estimator(Solver.MODEL)
    models.release()
    assert models.estimator(Solver.MODEL) is not first


def test_without_torch_the_closed_form_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    from contrapposto.backend.errors import MissingPackageError

    models = ModelCache()

    def missing() -> PoseNetwork:
        raise MissingPackageError("torch is not installed")

    monkeypatch.setattr(models, "pose_network", missing)
    monkeypatch.setattr(models, "body", lambda: NEUTRAL_BODY)
    assert type(models.estimator(Solver.AUTOMATIC)).__name__ == "AnalyticEstimator"
    with pytest.raises(MissingPackageError):
        models.estimator(Solver.MODEL)
