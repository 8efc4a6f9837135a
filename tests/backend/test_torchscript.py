"""TorchScript regressors as estimators. The files are tiny, but real: compiled by torch and loaded from disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.arrays import FloatArray, ImageArray
from contrapposto.backend.camera import Camera
from contrapposto.backend.errors import InputError, ModelError, ModelFileError
from contrapposto.backend.estimate.estimator import Estimate
from contrapposto.backend.job import run_job
from contrapposto.backend.keypoints import COCO_17
from contrapposto.backend.observation import Observation
from contrapposto.backend.rotations import axis_angle_to_matrix, geodesic_angle
from contrapposto.backend.skeleton import JOINT_INDEX

torch = pytest.importorskip("torch")

from contrapposto.backend.estimate.torchscript import TorchscriptRegressor  # noqa: E402
from tiny_regressors import (  # noqa: E402
    Failing,
    LikeNlf,
    OddAnswer,
    OnCrop,
    Plain,
    TakesText,
    TakesThreeMore,
    WithBoxes,
    write_regressor,
)

SIZE = (640, 480)
BOX_PX = np.array([200, 100, 300, 400], np.float32)
CAMERA = Camera(700.0, 710.0, 320.0, 240.0)


def _picture() -> ImageArray:
    image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
    image[...] = (51, 102, 204)
    return image


def _observation(**changes: object) -> Observation:
    """Somebody upright in the box, seen by COCO's keypoints."""
    generator = np.random.default_rng(3)
    points = generator.uniform((200, 100), (300, 400), (1, 17, 2)).astype(np.float32)
    given: dict[str, object] = {
        "keypoints_px": points,
        "confidence": np.full((1, 17), 0.8, np.float32),
        "schema": COCO_17,
        "image_size": SIZE,
        "camera": CAMERA,
        "box_px": BOX_PX[None],
    }
    return Observation(**(given | changes))  # type: ignore[arg-type]


def _estimate(path: Path, image: ImageArray | None = None, **changes: object) -> Estimate:
    regressor = TorchscriptRegressor(path)
    (found,) = run_job(regressor.seeing(_picture() if image is None else image).estimate(_observation(**changes)))
    return found


def _pose(seed: int = 0) -> FloatArray:
    """(1, 72) a pose in camera axes, of angles up to about a radian."""
    return np.random.default_rng(seed).normal(scale=0.5, size=(1, 72)).astype(np.float32)


def _with(**more: torch.Tensor) -> dict[str, torch.Tensor]:
    """An answer of the rest pose, and more."""
    return {"pose": torch.zeros(1, 72), **more}


def test_whoever_faces_the_camera_is_upright(tmp_path: Path) -> None:
    """Half a turn about x in camera axes (y down) is SMPL's rest pose seen from the front."""
    found = _estimate(write_regressor(Plain(), tmp_path / "plain.pt"))
    angles = np.degrees(np.linalg.norm(found.poses.rotations[0], axis=-1))
    assert angles.max() < 1e-3
    assert found.poses.translation[0, 1] == pytest.approx(0.96, abs=0.1)


def test_the_pose_is_that_of_the_network_with_its_root_in_the_inner_frame(tmp_path: Path) -> None:
    pose = _pose()
    found = _estimate(write_regressor(Plain(torch.from_numpy(pose)), tmp_path / "plain.pt"))
    given = axis_angle_to_matrix(pose.reshape(24, 3))
    got = axis_angle_to_matrix(found.poses.rotations[0])
    assert np.degrees(geodesic_angle(given[1:], got[1:])).max() < 1e-2
    np.testing.assert_allclose(got[0], np.diag([1.0, -1.0, -1.0]) @ given[0], atol=1e-5)


def test_matrices_are_read_like_axis_angles(tmp_path: Path) -> None:
    pose = _pose(1)
    matrices = torch.from_numpy(axis_angle_to_matrix(pose.reshape(24, 3)).astype(np.float32))
    by_angle = _estimate(write_regressor(Plain(torch.from_numpy(pose)), tmp_path / "a.pt"))
    ways = {
        "pose": {"pose": matrices},
        "rotmat": {"rotmat": matrices[None]},
        "split": {"global_orient": matrices[None, :1], "body_pose": matrices[None, 1:]},
    }
    for name, answer in ways.items():
        found = _estimate(write_regressor(OddAnswer(answer), tmp_path / f"{name}.pt"))
        np.testing.assert_allclose(found.poses.rotations, by_angle.poses.rotations, atol=1e-4)


@pytest.mark.parametrize("width", [156, 165])
def test_of_hands_and_faces_only_the_body_is_read(tmp_path: Path, width: int) -> None:
    pose = _pose(2)
    wide = torch.cat([torch.from_numpy(pose[:, :66]), torch.ones(1, width - 66)], 1)
    found = _estimate(write_regressor(OddAnswer({"pose": wide}), tmp_path / "wide.pt"))
    by_body = _estimate(write_regressor(Plain(torch.from_numpy(pose)), tmp_path / "body.pt"))
    np.testing.assert_allclose(found.poses.rotations[:, :22], by_body.poses.rotations[:, :22], atol=1e-5)
    assert not found.poses.rotations[:, 22:].any()


def test_picture_boxes_and_intrinsics_are_given_as_documented(tmp_path: Path) -> None:
    found = _estimate(write_regressor(WithBoxes(), tmp_path / "boxes.pt"))
    np.testing.assert_allclose(found.poses.betas[:3], [0.2, 0.4, 0.8], atol=1e-3)
    np.testing.assert_allclose(found.poses.betas[3:7], BOX_PX)
    np.testing.assert_allclose(found.poses.betas[7:9], [CAMERA.fx, CAMERA.cx])
    # 0.2 radians of doubt against the 20 degrees that count as right
    np.testing.assert_allclose(found.poses.confidence, 1.0 - np.exp(-np.radians(20.0) / 0.2), rtol=1e-4)


def test_without_a_known_camera_the_assumed_one_is_given(tmp_path: Path) -> None:
    found = _estimate(write_regressor(WithBoxes(), tmp_path / "boxes.pt"), camera=None)
    assert found.poses.betas[7] == pytest.approx(800.0)
    assert found.camera == Camera.assumed(SIZE)


def test_a_crop_is_square_normalised_and_of_the_size_that_the_file_states(tmp_path: Path) -> None:
    image = np.zeros((480, 640, 3), np.uint8)
    image[...] = (124, 116, 104)
    image[246:254, 246:254] = (255, 0, 0)  # the middle of the box
    found = _estimate(write_regressor(OnCrop(size=192), tmp_path / "crop.pt"), image)
    assert found.poses.betas[3] == 192.0
    np.testing.assert_allclose(found.poses.betas[:3], 0.0, atol=0.02)
    # 8 pixels of the picture are about 4 of the crop, whose 192 show 1.2 * 300 of the picture
    np.testing.assert_allclose(found.poses.betas[4:6], 96.0, atol=4.0)


def test_nlf_is_given_bytes_boxes_by_width_and_height_and_intrinsics(tmp_path: Path) -> None:
    found = _estimate(write_regressor(LikeNlf(), tmp_path / "nlf.pt"))
    np.testing.assert_allclose(found.poses.betas[:4], [200, 100, 100, 300])
    assert found.poses.betas[4] == pytest.approx(CAMERA.fx)
    # 50 mm at the end of 250 mm
    np.testing.assert_allclose(found.poses.confidence, 1.0 - np.exp(-np.radians(20.0) / 0.2), rtol=1e-4)


def test_joints_of_the_network_place_the_body(tmp_path: Path) -> None:
    """A body that was projected from a known place is found there again, whatever the detector's keypoints say."""
    first = _estimate(write_regressor(Plain(torch.from_numpy(_pose(4))), tmp_path / "first.pt"))
    moved = Estimate(first.poses, np.array([[0.3, -0.2, 4.0]], np.float32), CAMERA)
    network = LikeNlf(torch.from_numpy(_pose(4)))
    network.joints = torch.from_numpy(moved.joints_px())
    found = _estimate(write_regressor(network, tmp_path / "nlf.pt"))
    np.testing.assert_allclose(found.pelvis_cam[0], [0.3, -0.2, 4.0], atol=5e-3)
    off = np.linalg.norm(found.joints_px() - moved.joints_px(), axis=-1)
    assert off.max() < 1.0


def test_without_joints_the_keypoints_place_the_body(tmp_path: Path) -> None:
    path = write_regressor(Plain(torch.from_numpy(_pose(5))), tmp_path / "plain.pt")
    moved = Estimate(_estimate(path).poses, np.array([[-0.4, 0.1, 5.0]], np.float32), CAMERA)
    points = np.zeros((1, 17, 2), np.float32)
    for name, place in COCO_17.index.items():
        if name in JOINT_INDEX:
            points[:, place] = moved.joints_px()[:, JOINT_INDEX[name]]
    found = _estimate(path, keypoints_px=points)
    np.testing.assert_allclose(found.pelvis_cam[0], [-0.4, 0.1, 5.0], atol=2e-2)
    np.testing.assert_allclose(found.poses.confidence, 0.8, rtol=1e-5)


def test_of_the_joints_of_hands_and_faces_only_the_body_counts(tmp_path: Path) -> None:
    doubt = torch.cat([torch.full((1, 22), 0.2), torch.full((1, 33), 3.0)], 1)
    answer = {"pose": torch.zeros(1, 165), "uncertainty": doubt}
    found = _estimate(write_regressor(OddAnswer(answer), tmp_path / "wide.pt"))
    np.testing.assert_allclose(found.poses.confidence, 1.0 - np.exp(-np.radians(20.0) / 0.2), rtol=1e-4)


@pytest.mark.parametrize(
    ("network", "words"),
    [(TakesText(), "takes str and answers with int"), (TakesThreeMore(), "takes Tensor, Tensor, Tensor, Tensor")],
)
def test_other_signatures_are_refused_before_anything_runs(tmp_path: Path, network: object, words: str) -> None:
    path = write_regressor(network, tmp_path / "other.pt")  # type: ignore[arg-type]
    with pytest.raises(ModelFileError, match=rf"other\.pt {words}.*no pose regressor's signature"):
        TorchscriptRegressor(path)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"vertices": torch.zeros(1, 6890, 3)}, "answers without a pose: it gives vertices"),
        ({"pose": torch.zeros(1, 144)}, "a pose of 144 numbers"),
        ({"pose": torch.zeros(2, 72)}, "a pose of 144 numbers"),
        ({"pose": torch.full((1, 72), float("nan"))}, "not finite in its pose"),
        ({"pose": torch.zeros(1, 72), "betas": torch.full((1, 10), float("inf"))}, "not finite in its betas"),
        ({"pose": torch.full((1, 72), 1e9)}, "a rotation of 1.73e.09 radians"),
        (_with(joints2d=torch.zeros(1, 55)), "55 numbers as its joints2d for one person, and not 48"),
        (_with(joints2d=torch.full((1, 24, 2), 7.0)), "joints2d that all lie on one point"),
        (_with(uncertainty=torch.full((1, 24), -1.0)), "its uncertainty that are not all positive"),
        (_with(uncertainty=torch.zeros(1, 24)), "its uncertainty that are not all positive"),
        (_with(uncertainty=torch.full((1, 24), float("nan"))), "its uncertainty that are not all positive"),
        (_with(uncertainty=torch.ones(1, 23)), "23 numbers as its uncertainty for one person, and not 24"),
        (_with(joint_uncertainties=torch.zeros(1, 24)), "its joint_uncertainties that are not all positive"),
        ({"pose": torch.ones(24, 3, 3)}, "matrices that are not rotations"),
        ({"pose": -torch.eye(3).expand(24, 3, 3).contiguous()}, "matrices that are not rotations"),
    ],
)
def test_answers_that_are_no_pose_are_refused(tmp_path: Path, answer: dict[str, torch.Tensor], words: str) -> None:
    with pytest.raises(ModelError, match=rf"odd\.pt .*{words}"):
        _estimate(write_regressor(OddAnswer(answer), tmp_path / "odd.pt"))


def test_a_network_that_fails_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"failing\.pt failed while torch ran it .*no picture pleases me") as error:
        _estimate(write_regressor(Failing(), tmp_path / "failing.pt"))
    assert "\n" not in str(error.value)


def test_an_observation_of_another_picture_is_refused(tmp_path: Path) -> None:
    path = write_regressor(Plain(), tmp_path / "plain.pt")
    for changes in ({"image_size": (10, 10)}, {"box_px": None}):
        with pytest.raises(InputError, match="one picture and the box of one person"):
            _estimate(path, **changes)


def test_a_size_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="states -5 as its input_size"):
        TorchscriptRegressor(write_regressor(OnCrop(size=-5), tmp_path / "crop.pt"))
