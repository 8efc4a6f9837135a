"""The fit: its derivatives, how much nearer to the truth it comes, and what each kind of evidence does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402

from contrapposto.backend.errors import InputError  # noqa: E402
from contrapposto.backend.kinematics import global_rotations, local_rotations  # noqa: E402
from contrapposto.backend.refine import fit as fit_module  # noqa: E402
from contrapposto.backend.refine.energy import Body, Energy, Given  # noqa: E402
from contrapposto.backend.refine.evidence import Evidence3D, Ground, Pins, PointModel  # noqa: E402
from contrapposto.backend.refine.fit import Fit, fit_poses  # noqa: E402
from contrapposto.backend.refine.joint_limits import joint_angles  # noqa: E402
from contrapposto.backend.refine.kinematics import Kinematics  # noqa: E402
from contrapposto.backend.refine.settings import FitSettings  # noqa: E402
from contrapposto.backend.rotations import (  # noqa: E402
    axis_angle_to_matrix,
    geodesic_angle,
    matrix_to_axis_angle,
    matrix_to_quaternion,
)
from contrapposto.backend.skeleton import JOINT_INDEX  # noqa: E402
from posed_people import People, aligned_error_mm, joint_error_mm, joints, landmarks, people, project  # noqa: E402

LEFT_WRIST = 15


@pytest.fixture(autouse=True, scope="module")
def on_one_thread() -> Iterator[None]:
    """Tensors this small gain nothing from threads, and lose much where other tests run beside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def found_joints(fit: Fit) -> np.ndarray:
    return joints(fit.rotations.numpy().astype(np.float64), fit.log_scales.numpy())


def errors(crowd: People, fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """(N,) millimetres of the guess and of the fit."""
    truth = joints(crowd.rotations, crowd.log_scales)
    guess = joints(crowd.guess, np.zeros((len(crowd.guess), 10)))
    return joint_error_mm(guess, truth), joint_error_mm(found_joints(fit), truth)


def test_points_are_where_the_plain_kinematics_has_them() -> None:
    crowd = people(6, seed=1)
    quaternions = torch.from_numpy(matrix_to_quaternion(crowd.rotations))
    posed = Kinematics(PointModel.landmarks(), quaternions).posed(quaternions, torch.from_numpy(crowd.log_scales))
    np.testing.assert_allclose(posed.joints.numpy(), joints(crowd.rotations, crowd.log_scales), atol=1e-6)
    np.testing.assert_allclose(posed.points.numpy(), landmarks(crowd.rotations, crowd.log_scales), atol=1e-6)


def test_derivatives_of_points_are_those_of_autograd() -> None:
    crowd = people(2, seed=2)
    quaternions = torch.from_numpy(matrix_to_quaternion(crowd.rotations))
    scales = torch.from_numpy(crowd.log_scales)
    kinematics = Kinematics(PointModel.landmarks(), quaternions)

    def points(step: torch.Tensor) -> torch.Tensor:
        turned = kinematics.turned(quaternions, step[:, :72].unflatten(1, (24, 3)))
        return (kinematics.posed(turned, scales + step[:, 75:]).points + step[:, None, 72:75]).sum(0)

    # Off zero by less than rounding: the length of a vector has no derivative there.
    wanted = torch.autograd.functional.jacobian(points, torch.full((2, 85), 1e-9, dtype=torch.float64))
    found = kinematics.derivatives(kinematics.posed(quaternions, scales))
    assert torch.allclose(found, wanted.movedim(2, 0), atol=1e-7)


def everything(crowd: People) -> Given:
    """All kinds of evidence of the crowd, a little contradictory."""
    count, dtype = len(crowd.pelvis), torch.float64
    space = torch.from_numpy(landmarks(crowd.rotations, crowd.log_scales)).to(dtype) + 0.05
    pins = torch.from_numpy(joints(crowd.rotations, crowd.log_scales)[:, [20, 8]] + crowd.pelvis[:, None]).to(dtype)
    up = torch.nn.functional.normalize(torch.tensor([[0.1, 1.0, -0.2]], dtype=dtype), dim=1).expand(count, 3)
    contact = torch.tensor([[1.0, 0.5, 0.0, 0.8]], dtype=dtype).expand(count, 4)
    return Given(
        crowd.picture(dtype),
        Evidence3D(space, torch.full_like(space, 0.1)),
        Pins((20, 8), pins + 0.1, torch.full((count, 2), 0.05, dtype=dtype)),
        Ground(up, contact),
    )


@pytest.mark.parametrize("focal_sigma", [0.0, 0.1])
def test_the_gradient_is_that_of_the_energy(focal_sigma: float) -> None:
    crowd = people(4, seed=3, guess_off=25.0)
    settings = FitSettings(focal_sigma=focal_sigma)
    prior = replace(crowd.prior(torch.float64), body_sigma=torch.linspace(0.1, 0.6, 96).double().view(4, 24))
    energy = Energy(prior, everything(crowd), settings=settings)
    body = energy.start(torch.from_numpy(crowd.rotations), None)
    body = Body(body.quaternions, body.rest + 0.03)
    square, gradient = energy.normal_equations(energy.linearised(body), 2.0)
    assert torch.linalg.eigvalsh(square).min() > 0.0
    mixed = torch.randn(12, gradient.shape[1], generator=torch.manual_seed(0), dtype=torch.float64)
    for direction in (*mixed, *torch.eye(gradient.shape[1], dtype=torch.float64)[72:]):
        step = (1e-6 * direction).expand_as(gradient)
        ahead, behind = (energy.linearised(energy.moved(body, sign * step)) for sign in (1.0, -1.0))
        difference = (energy.value(ahead, 2.0) - energy.value(behind, 2.0)) / 2e-6
        assert torch.allclose(difference, gradient @ direction, rtol=1e-4, atol=1e-4 * gradient.abs().max().item())


@pytest.mark.parametrize(("guess_off", "noise", "left"), [(6.0, 0.0, 0.3), (6.0, 0.01, 0.4), (15.0, 0.01, 0.4)])
def test_poses_come_nearer_to_the_truth(guess_off: float, noise: float, left: float) -> None:
    crowd = people(60, guess_off=guess_off, noise=noise)
    fit = fit_poses(crowd.prior(), Given(crowd.picture()))
    before, after = errors(crowd, fit)
    assert after.mean() < left * before.mean()
    assert np.mean(after > before) < 0.02
    truth = joints(crowd.rotations, crowd.log_scales)
    guessed = aligned_error_mm(joints(crowd.guess, np.zeros((60, 10))), truth)
    assert aligned_error_mm(found_joints(fit), truth).mean() < (left + 0.1) * guessed.mean()


def test_the_overlay_lies_on_the_points() -> None:
    crowd = people(60, guess_off=15.0, noise=0.01)
    fit = fit_poses(crowd.prior(), Given(crowd.picture()))
    shares = fit.residual_px.numpy() / crowd.box_px[:, None]
    assert np.median(shares[~crowd.outlier]) < 0.015


@pytest.mark.parametrize(("noise", "told"), [(0.03, 1.0), (0.03, 0.5)])
def test_noisy_points_do_not_make_poses_worse(noise: float, told: float) -> None:
    crowd = people(100, noise=noise)
    fit = fit_poses(crowd.prior(), Given(replace(crowd.picture(), sigma_px=crowd.picture().sigma_px * told)))
    before, after = errors(crowd, fit)
    assert after.mean() < 0.7 * before.mean()
    assert np.mean(after > before) < 0.04


def test_a_guess_whose_limbs_err_alone_is_held_as_the_pelvis_sees_it() -> None:
    crowd, random = people(100, noise=0.03), np.random.default_rng(6)
    turns = axis_angle_to_matrix(random.normal(size=(2, 100, 24, 3)) * np.radians(8.0))
    crowd.guess[:] = local_rotations(turns[0, :, :1] @ turns[1] @ global_rotations(crowd.rotations))
    # A joint's own rotation is off by the errors of two limbs.
    sigma = torch.full((100, 24), np.radians(8.0) * 2.0**0.5, dtype=torch.float32)
    loose = sigma.clone()
    loose[:, 1:] = 10.0
    fits = {
        "own": fit_poses(replace(crowd.prior(), rotation_sigma=sigma), Given(crowd.picture())),
        "body": fit_poses(replace(crowd.prior(), rotation_sigma=loose, body_sigma=sigma), Given(crowd.picture())),
    }
    truth = joints(crowd.rotations, crowd.log_scales)
    left = {name: aligned_error_mm(found_joints(fit), truth).mean() for name, fit in fits.items()}
    guessed = aligned_error_mm(joints(crowd.guess, np.zeros((100, 10))), truth).mean()
    assert left["body"] < 0.85 * guessed
    assert left["body"] < 0.92 * left["own"]


def test_outliers_are_left_out() -> None:
    clean, dirty = people(60, outliers=0.0), people(60, outliers=0.05)
    fits = {name: fit_poses(crowd.prior(), Given(crowd.picture())) for name, crowd in (("c", clean), ("d", dirty))}
    believing = fit_poses(dirty.prior(), Given(dirty.picture()), settings=FitSettings(robust_sigmas=1e4))
    clean_mm, dirty_mm = errors(clean, fits["c"])[1].mean(), errors(dirty, fits["d"])[1].mean()
    assert dirty_mm < 1.15 * clean_mm
    assert errors(dirty, believing)[1].mean() > 1.4 * dirty_mm


def test_a_point_that_a_person_placed_is_followed() -> None:
    crowd = people(20, outliers=0.0)
    fitted = fit_poses(crowd.prior(), Given(crowd.picture()))
    picture = crowd.picture()
    pixels, sigma, placed = picture.points_px.clone(), picture.sigma_px.clone(), torch.zeros(20, 33, dtype=torch.bool)
    pixels[:, LEFT_WRIST, 1] += 0.08 * torch.from_numpy(crowd.box_px).float()
    sigma[:, LEFT_WRIST] *= 0.2
    placed[:, LEFT_WRIST] = True
    moved = fit_poses(crowd.prior(), Given(replace(picture, points_px=pixels, sigma_px=sigma, placed=placed)))
    off = (moved.residual_px[:, LEFT_WRIST] / torch.from_numpy(crowd.box_px)).numpy()
    assert np.median(off) < 0.01
    legs = [JOINT_INDEX[name] for name in ("left_knee", "right_knee", "left_hip", "right_hip")]
    turned = geodesic_angle(moved.rotations[:, legs].numpy(), fitted.rotations[:, legs].numpy())
    assert np.degrees(np.median(turned)) < 2.0


def test_certain_joints_stay_and_unseen_ones_keep_the_prior() -> None:
    crowd, elbow = people(10), JOINT_INDEX["left_elbow"]
    prior, picture = crowd.prior(), crowd.picture()
    prior.rotation_sigma[:, elbow] = 0.0
    picture.sigma_px[:, 25:] = torch.inf
    picture.points_px[:, 25:] = torch.nan
    fit = fit_poses(prior, Given(picture), settings=FitSettings(limit_sigma=float("inf")))
    turned = np.degrees(geodesic_angle(fit.rotations.numpy(), crowd.guess))
    assert turned[:, elbow].max() < 0.2
    shins = [JOINT_INDEX["left_knee"], JOINT_INDEX["right_knee"]]
    assert turned[:, shins].max() < 1.0
    assert turned[:, JOINT_INDEX["right_shoulder"]].max() > 2.0


def test_without_evidence_the_prior_comes_back() -> None:
    crowd = people(4)
    crowd.guess[:] = crowd.rotations
    fit = fit_poses(crowd.prior(), Given())
    assert np.degrees(geodesic_angle(fit.rotations.numpy(), crowd.guess)).max() < 0.1
    assert fit.residual_px is None
    np.testing.assert_allclose(fit.log_scales.numpy(), 0.0, atol=1e-6)


def test_impossible_knees_are_straightened() -> None:
    crowd, knee = people(8), JOINT_INDEX["left_knee"]
    crowd.guess[:, knee] = axis_angle_to_matrix(np.tile(np.radians([-35.0, 0.0, 0.0]), (8, 1)))
    picture = crowd.picture()
    picture.sigma_px[:, 25:] = torch.inf
    bends = [
        np.degrees(joint_angles(matrix_to_axis_angle(fit.rotations.numpy()))[:, knee, 0])
        for fit in (
            fit_poses(crowd.prior(), Given(picture)),
            fit_poses(crowd.prior(), Given(picture), settings=FitSettings(limit_sigma=float("inf"))),
        )
    ]
    assert bends[1].max() < -30.0
    assert bends[0].min() > -26.0


def test_pins_are_reached() -> None:
    crowd = people(10)
    places = joints(crowd.rotations, crowd.log_scales)[:, [20, 21, 7, 8]] + crowd.pelvis[:, None]
    pins = Pins((20, 21, 7, 8), torch.from_numpy(places).float(), torch.full((10, 4), 0.005))
    fit = fit_poses(crowd.prior(), Given(crowd.picture(), pins=pins))
    found = found_joints(fit)[:, [20, 21, 7, 8]] + fit.pelvis.numpy()[:, None]
    assert np.linalg.norm(found - places, axis=-1).max() < 0.02
    alone = fit_poses(crowd.prior(), Given(pins=pins))
    found = found_joints(alone)[:, [20, 21, 7, 8]] + alone.pelvis.numpy()[:, None]
    assert np.linalg.norm(found - places, axis=-1).max() < 0.02


def test_feet_in_contact_share_a_plane() -> None:
    crowd = people(10)
    up = torch.tensor([[0.0, 1.0, 0.0]]).expand(10, 3)
    ground = Ground(up, torch.ones(10, 4), sigma_m=0.005)
    soles = Kinematics(PointModel.soles(), up)

    def spread(given: Given) -> np.ndarray:
        fit = fit_poses(crowd.prior(), given)
        quaternions = torch.from_numpy(matrix_to_quaternion(fit.rotations.numpy())).float()
        return np.ptp(soles.posed(quaternions, fit.log_scales).points[..., 1].numpy(), axis=1)

    free, held = spread(Given(crowd.picture())), spread(Given(crowd.picture(), ground=ground))
    assert np.median(free) > 0.15
    assert np.median(held) < 0.03


def test_points_in_space_tell_depth() -> None:
    crowd = people(60, guess_off=12.0, noise=0.02)
    truth = landmarks(crowd.rotations, crowd.log_scales)
    middle = joints(crowd.rotations, crowd.log_scales)[:, [1, 2]].mean(axis=1, keepdims=True)
    sigma = np.array([0.04, 0.04, 0.08])
    noisy = truth - middle + np.random.default_rng(5).normal(size=truth.shape) * sigma
    space = Evidence3D(torch.from_numpy(noisy).float(), torch.from_numpy(sigma).float().expand(60, 33, 3))
    flat = errors(crowd, fit_poses(crowd.prior(), Given(crowd.picture())))[1].mean()
    deep = errors(crowd, fit_poses(crowd.prior(), Given(crowd.picture(), space)))[1].mean()
    assert deep < 0.75 * flat


def test_the_focal_length_can_be_solved_for() -> None:
    crowd = people(60, noise=0.003, outliers=0.0, seed=4)
    picture = crowd.picture()
    wrong = replace(picture, camera=picture.camera * torch.tensor([0.7, 0.7, 1.0, 1.0]))
    kept = fit_poses(crowd.prior(), Given(wrong))
    solved = fit_poses(crowd.prior(), Given(wrong), settings=FitSettings(focal_sigma=0.3))
    assert torch.equal(kept.focal_factor, torch.ones(60))
    # Focal length and distance are told apart by perspective alone: the prior holds on to half of the error.
    assert 0.35 * np.log(1.0 / 0.7) < solved.focal_factor.log().median().item() < np.log(1.0 / 0.7)
    assert errors(crowd, solved)[1].mean() < errors(crowd, kept)[1].mean()


def test_the_start_puts_the_body_on_its_points() -> None:
    crowd = people(40, noise=0.003)
    exact = replace(crowd.prior(torch.float64), rotations=torch.from_numpy(crowd.rotations))
    prior = replace(exact, log_scales=torch.from_numpy(crowd.log_scales))
    start = Energy(prior, Given(crowd.picture(torch.float64)), settings=FitSettings()).start(None, None)
    off = np.linalg.norm(start.rest[:, :3].numpy() - crowd.pelvis, axis=1)
    assert np.median(off) < 0.02
    assert off.max() < 0.2


def test_the_sigmas_told_afterwards_are_honest() -> None:
    crowd = people(100)
    fit = fit_poses(crowd.prior(), Given(crowd.picture()), settings=FitSettings(prior_weight=1.0, posterior=True))
    turn = matrix_to_axis_angle(np.swapaxes(crowd.rotations, -1, -2) @ fit.rotations.numpy())
    standard = np.sqrt(np.mean((turn / fit.rotation_sigma.numpy()[..., None]) ** 2, axis=(0, 2)))
    assert standard.min() > 0.8
    assert standard.max() < 1.2
    assert fit.rotation_sigma[:, 0].mean() < 0.7 * crowd.guess_sigma


def test_many_are_fitted_as_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_module, "_BATCH", 8)
    crowd = people(20, seed=7)
    settings = FitSettings(tolerance=0.0, posterior=True)
    together = fit_poses(crowd.prior(), Given(crowd.picture()), settings=settings)
    assert together.rotations.shape == (20, 24, 3, 3)
    for one in (0, 19):
        prior, picture = crowd.prior(), crowd.picture()
        part = slice(one, one + 1)
        prior = replace(prior, rotations=prior.rotations[part], rotation_sigma=prior.rotation_sigma[part])
        seen = {name: getattr(picture, name)[part] for name in ("points_px", "sigma_px", "camera")}
        alone = fit_poses(prior, Given(replace(picture, **seen)), settings=settings)
        turned = geodesic_angle(alone.rotations.numpy(), together.rotations[part].numpy())
        assert np.degrees(turned).max() < 0.5


def test_one_iteration_takes_few_operations_whatever_the_number_of_people() -> None:
    def operations(count: int, iterations: int) -> int:
        crowd, made = people(count), 0

        class Counter(TorchDispatchMode):
            def __torch_dispatch__(self, function, types, arguments=(), named=None):
                nonlocal made
                made += 1
                return function(*arguments, **(named or {}))

        with Counter():
            fit_poses(crowd.prior(), Given(crowd.picture()), iterations=iterations, settings=FitSettings(tolerance=0.0))
        return made

    one = (operations(1, 6) - operations(1, 2)) / 4
    many = (operations(50, 6) - operations(50, 2)) / 4
    print(f"{one:.0f} tensor operations an iteration, {many:.0f} with 50 people; views counted")
    assert one < 500
    assert many < one + 40


def test_evidence_that_does_not_fit_is_refused() -> None:
    crowd = people(3)
    with pytest.raises(InputError, match="3 prior poses, but evidence of 2"):
        fit_poses(crowd.prior(), Given(people(2).picture()))
    with pytest.raises(InputError, match=r"points in the picture of the shape \(3, 17, 2\)"):
        replace(crowd.picture(), model=PointModel.of_joints(tuple(range(17))))
    with pytest.raises(InputError, match="at least one"):
        fit_poses(_none(crowd), Given())


def _none(crowd: People):
    prior = crowd.prior()
    return replace(prior, rotations=prior.rotations[:0], rotation_sigma=prior.rotation_sigma[:0])


def test_any_points_of_the_body_can_be_given() -> None:
    crowd = people(30, noise=0.0, outliers=0.0)
    chosen = tuple(range(22))
    pixels = project(joints(crowd.rotations, crowd.log_scales)[:, :22] + crowd.pelvis[:, None])
    picture = crowd.picture()
    seen = replace(
        picture,
        points_px=torch.from_numpy(pixels).float(),
        sigma_px=picture.sigma_px[:, :22],
        model=PointModel.of_joints(chosen),
    )
    before, after = errors(crowd, fit_poses(crowd.prior(), Given(seen)))
    assert after.mean() < 0.4 * before.mean()
