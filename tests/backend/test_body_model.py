"""The user's own SMPL and SMPL-X files: small synthetic ones of the real format, through the real `smplx`."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from blazepose_markers import observe
from contrapposto.backend.body_model import NeutralBody, SmplxBody, find_body
from contrapposto.backend.errors import ModelFileError
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.job import run_job
from contrapposto.backend.kinematics import forward_kinematics
from contrapposto.backend.pose_sequence import PoseSequence
from contrapposto.backend.skeleton import PARENTS, REST_OFFSETS

pytest.importorskip("torch")
pytest.importorskip("smplx")

SMPLX_JOINTS, SMPLX_VERTICES = 55, 10475
PELVIS = np.array([0.01, -0.2, 0.03])


def _rest_joints() -> np.ndarray:
    joints = np.zeros((24, 3))
    joints[0] = PELVIS
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            joints[joint] = joints[parent] + REST_OFFSETS[joint]
    return joints


def _model_arrays(joints: np.ndarray, parents: list[int]) -> dict[str, np.ndarray]:
    """One vertex a joint, rigidly bound: the smallest model in which regressor, weights and shapes mean something."""
    count = len(joints)
    shapedirs = np.zeros((count, 3, 10))
    shapedirs[:, :, 0] = joints * 0.1
    return {
        "v_template": joints,
        "f": np.array([[0, 1, 2]], np.uint32),
        "shapedirs": shapedirs,
        "posedirs": np.zeros((count, 3, 9 * (count - 1))),
        "J_regressor": np.eye(count),
        "weights": np.eye(count),
        "kintree_table": np.array([[2**32 - 1, *parents[1:]], range(count)], np.int64),
    }


def _with_vertices(key: str, array: np.ndarray) -> np.ndarray:
    """smplx looks up landmarks by their number on the real mesh, so there must be as many vertices."""
    axis = {"v_template": 0, "shapedirs": 0, "posedirs": 0, "weights": 0, "J_regressor": 1}.get(key)
    if axis is None:
        return array
    missing = [(0, SMPLX_VERTICES - length if index == axis else 0) for index, length in enumerate(array.shape)]
    return np.pad(array.astype(np.float32), missing)


@pytest.fixture
def smpl_file(tmp_path: Path) -> Path:
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(_model_arrays(_rest_joints(), list(PARENTS)), protocol=2))
    return path


@pytest.fixture
def smplx_file(tmp_path: Path) -> Path:
    parents = [*PARENTS[:22], 15, 15, 15]
    for wrist in (20, 21):
        for finger in range(5):
            first = 25 + 15 * (wrist - 20) + 3 * finger
            parents += [wrist, first, first + 1]
    joints = np.zeros((SMPLX_JOINTS, 3))
    joints[:22] = _rest_joints()[:22]
    for joint in range(22, SMPLX_JOINTS):
        joints[joint] = joints[parents[joint]] + (0.02, 0.0, 0.0)
    joints[28], joints[43] = _rest_joints()[22], _rest_joints()[23]
    arrays = _model_arrays(joints, parents)
    shapedirs = np.zeros((SMPLX_JOINTS, 3, 400))
    shapedirs[:, :, 0] = arrays["shapedirs"][:, :, 0]
    hands = {f"hands_{kind}{side}": np.eye(45) if kind == "components" else np.zeros(45)
             for kind in ("components", "mean") for side in "lr"}  # fmt: skip
    landmarks = {
        "lmk_faces_idx": np.zeros(51, np.int64),
        "lmk_bary_coords": np.full((51, 3), 1 / 3),
        "dynamic_lmk_faces_idx": np.zeros((79, 17), np.int64),
        "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3),
    }
    arrays = {key: _with_vertices(key, array) for key, array in {**arrays, "shapedirs": shapedirs}.items()}
    path = tmp_path / "SMPLX_NEUTRAL.npz"
    pickled = np.array({"Pelvis": 0}, dtype=object)
    np.savez_compressed(path, **{**arrays, **hands, **landmarks, "joint2num": pickled})
    return path


def _poses() -> PoseSequence:
    generator = np.random.default_rng(0)
    rotations = generator.normal(0.0, 0.5, (3, 24, 3)).astype(np.float32)
    return PoseSequence(rotations, generator.normal(0.0, 1.0, (3, 3)).astype(np.float32))


@pytest.mark.parametrize("name", ["smpl_file", "smplx_file"])
def test_equals_our_kinematics_on_the_same_proportions(name: str, request: pytest.FixtureRequest) -> None:
    body, poses = SmplxBody(request.getfixturevalue(name)), _poses()
    expected = forward_kinematics(poses.rotations, poses.translation)
    # SMPL-X has no rotation at the knuckles that stand for SMPL's hands, but their places are the same.
    np.testing.assert_allclose(body.joints(poses), expected, atol=2e-5)
    np.testing.assert_allclose(body.rest_offsets(np.zeros(10))[1:], REST_OFFSETS[1:], atol=1e-6)


@pytest.mark.parametrize("name", ["smpl_file", "smplx_file"])
def test_shape_grows_the_body(name: str, request: pytest.FixtureRequest) -> None:
    body = SmplxBody(request.getfixturevalue(name))
    betas = np.zeros(10)
    betas[0] = 2.0
    np.testing.assert_allclose(body.rest_offsets(betas)[1:], 1.2 * REST_OFFSETS[1:], atol=1e-5)


def test_the_estimator_uses_its_proportions(tmp_path: Path) -> None:
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps(_model_arrays(1.25 * _rest_joints(), list(PARENTS)), protocol=2))
    observation = observe(np.zeros((1, 24, 3)))
    neutral = run_job(AnalyticEstimator().estimate(observation))[0]
    larger = run_job(AnalyticEstimator(find_body(tmp_path)).estimate(observation))[0]
    np.testing.assert_allclose(larger.poses.rotations, neutral.poses.rotations)
    np.testing.assert_allclose(larger.pelvis_cam, 1.25 * neutral.pelvis_cam, rtol=1e-3)
    heights = [np.ptp(estimate.joints()[0, :, 1]) for estimate in (neutral, larger)]
    assert heights[1] == pytest.approx(1.25 * heights[0], rel=1e-4)
    np.testing.assert_allclose(larger.joints_px(), neutral.joints_px(), atol=0.5)


def test_mesh_follows_the_joints(smpl_file: Path) -> None:
    poses = _poses()
    mesh = SmplxBody(smpl_file).mesh(poses)
    np.testing.assert_allclose(mesh.vertices, SmplxBody(smpl_file).joints(poses), atol=1e-5)
    assert mesh.triangles.shape == (1, 3)


def test_neutral_body_has_no_mesh() -> None:
    poses = _poses()
    assert NeutralBody().mesh(poses) is None
    np.testing.assert_array_equal(NeutralBody().joints(poses), forward_kinematics(poses.rotations, poses.translation))


def test_folder_is_searched(smpl_file: Path, tmp_path: Path) -> None:
    assert isinstance(find_body(smpl_file.parent), SmplxBody)
    assert isinstance(find_body(None), NeutralBody)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelFileError, match="holds no SMPLX"):
        find_body(empty)


class _Hostile:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("hostile"),)  # type: ignore[return-value]


def test_a_pickle_that_runs_code_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "SMPL_NEUTRAL.pkl"
    path.write_bytes(pickle.dumps({"v_template": _Hostile()}))
    with pytest.raises(ModelFileError, match="which a SMPL file does not need"):
        SmplxBody(path)
    assert not (tmp_path / "hostile").exists()


@pytest.mark.parametrize("name", ["SMPL_NEUTRAL.pkl", "SMPLX_NEUTRAL.npz"])
def test_garbage_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"not a model")
    with pytest.raises(ModelFileError, match="SMPL"):
        SmplxBody(path)
