"""The user's own detector and regressor files on the way from a photo to a pose. No part of the way is replaced."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend.cli import main
from contrapposto.backend.errors import InputError, ModelFileError
from contrapposto.backend.estimate.analytic import AnalyticEstimator
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.keypoints import BLAZEPOSE_33, COCO_17, COCO_WHOLEBODY_133
from contrapposto.backend.observation import Observation
from contrapposto.backend.pipeline import find_people, solve_person
from contrapposto.backend.runtime import ModelCache, Solver
from detector_models import blazepose_or_skip
from tiny_onnx import TinyRtmpose

torch = pytest.importorskip("torch")

from contrapposto.backend.estimate.learned import LearnedEstimator  # noqa: E402
from contrapposto.backend.estimate.pose_network import PoseNetwork  # noqa: E402
from tiny_regressors import Plain, WithBoxes, write_regressor  # noqa: E402

SAMPLE = Path(__file__).resolve().parents[2] / "samples" / "photo.jpg"


def _pose(seed: int) -> torch.Tensor:
    """(1, 72) in camera axes: upright before the camera, limbs bent by some 20 degrees."""
    pose = 0.2 * torch.randn(1, 72, generator=torch.Generator().manual_seed(seed))
    pose[0, :3] = torch.tensor([torch.pi, 0.0, 0.0])
    return pose


def test_a_photo_is_posed_by_the_users_regressor(tmp_path: Path) -> None:
    blazepose_or_skip()
    path = write_regressor(WithBoxes(_pose(1)), tmp_path / "boxes.pt")
    models = ModelCache(device="CPU", regressor_file=path)
    found = run_job(find_people(SAMPLE, models))
    result = run_job(solve_person(found, 0, models))
    assert result.notes == ()
    box = found.people[0].box_px
    assert box is not None
    np.testing.assert_allclose(result.estimate.poses.betas[3:7], box[0])
    expected = _pose(1).numpy().reshape(24, 3)[1:]
    np.testing.assert_allclose(result.estimate.poses.rotations[0, 1:], expected, atol=1e-4)
    # the body is placed on the picture where the person is
    middle = result.estimate.joints_px()[0].mean(axis=0)
    assert (middle > box[0, :2]).all()
    assert (middle < box[0, 2:]).all()
    assert models.regressor() is models.regressor()
    models.release()


def test_a_solver_that_is_named_goes_before_the_regressor(tmp_path: Path) -> None:
    blazepose_or_skip()
    models = ModelCache(device="CPU", regressor_file=write_regressor(Plain(_pose(2)), tmp_path / "plain.pt"))
    found = run_job(find_people(SAMPLE, models))
    result = run_job(solve_person(found, 0, models, solver=Solver.ANALYTIC))
    (expected,) = run_job(AnalyticEstimator().estimate(found.people[0]))
    np.testing.assert_allclose(result.estimate.poses.rotations, expected.poses.rotations)


def test_detector_and_regressor_work_together(tmp_path: Path) -> None:
    blazepose_or_skip()
    models = ModelCache(
        device="CPU",
        detector_file=TinyRtmpose(133).write(tmp_path / "tiny.onnx"),
        regressor_file=write_regressor(Plain(), tmp_path / "plain.pt"),
    )
    found = run_job(find_people(SAMPLE, models))
    assert found.people[0].schema is COCO_WHOLEBODY_133
    assert found.people[0].keypoints_world is None
    result = run_job(solve_person(found, 0, models))
    assert np.isfinite(result.estimate.joints_px()).all()


@pytest.mark.parametrize("keypoints", [17, 133])
def test_keypoints_of_the_users_detector_are_read_by_the_pose_model(tmp_path: Path, keypoints: int) -> None:
    """The network is small and not trained: that it is asked and answers is what is tested."""
    blazepose_or_skip()
    models = ModelCache(device="CPU", detector_file=TinyRtmpose(keypoints).write(tmp_path / "tiny.onnx"))
    found = run_job(find_people(SAMPLE, models))
    torch.manual_seed(0)
    estimator = LearnedEstimator(PoseNetwork(width=64, depth=1).eval())
    (estimate,) = run_job(estimator.estimate(found.people[0]))
    assert np.isfinite(estimate.joints_px()).all()


def test_the_closed_form_says_that_it_needs_more_than_such_keypoints(tmp_path: Path) -> None:
    blazepose_or_skip()
    models = ModelCache(device="CPU", detector_file=TinyRtmpose(17).write(tmp_path / "tiny.onnx"))
    found = run_job(find_people(SAMPLE, models))
    with pytest.raises(InputError, match=r"needs world landmarks.*no detector file"):
        run_job(solve_person(found, 0, models, solver=Solver.ANALYTIC))


def _observed(names: tuple[str, ...], observation: Observation) -> Observation:
    """The same points under the names of another schema; what it lacks is unseen there."""
    schema = {17: COCO_17, 133: COCO_WHOLEBODY_133}[len(names)]
    points = np.zeros((1, len(schema), 2), np.float32)
    confidence = np.zeros((1, len(schema)), np.float32)
    for column, name in enumerate(BLAZEPOSE_33.names):
        place = schema.find(name)
        if place is not None:
            points[:, place] = observation.keypoints_px[:, column]
            confidence[:, place] = observation.confidence[:, column]
    return Observation(points, confidence, schema, observation.image_size)


@pytest.mark.parametrize("schema", [COCO_17, COCO_WHOLEBODY_133], ids=lambda schema: schema.name)
def test_the_pose_model_reads_other_schemas_by_name(schema: object) -> None:
    """The same points give the same pose, whatever their order; landmarks that a schema lacks count as unseen."""
    generator = np.random.default_rng(5)
    points = generator.uniform((250, 100), (390, 400), (1, 33, 2)).astype(np.float32)
    whole = Observation(points, np.full((1, 33), 0.9, np.float32), BLAZEPOSE_33, (640, 480))
    named = _observed(schema.names, whole)  # type: ignore[attr-defined]
    lacks = [named.schema.find(name) is None for name in BLAZEPOSE_33.names]
    confidence = np.where(lacks, 0.0, whole.confidence).astype(np.float32)
    whole = Observation(points, confidence, BLAZEPOSE_33, (640, 480))
    torch.manual_seed(0)
    estimator = LearnedEstimator(PoseNetwork(width=64, depth=1).eval(), fitted=False)
    (first,), (second,) = run_job(estimator.estimate(whole)), run_job(estimator.estimate(named))
    np.testing.assert_allclose(first.poses.rotations, second.poses.rotations, atol=1e-5)
    np.testing.assert_allclose(first.pelvis_cam, second.pelvis_cam, atol=1e-4)
    assert sum(lacks) == (16 if schema is COCO_17 else 0)


@pytest.mark.parametrize("which", ["detector_file", "regressor_file"])
def test_a_wrong_file_is_refused_before_anybody_is_looked_for(tmp_path: Path, which: str) -> None:
    path = tmp_path / "wrong.bin"
    path.write_bytes(b"\x80\x04N.")
    stages: list[Progress] = []
    with pytest.raises(ModelFileError, match=r"wrong\.bin"):
        run_job(find_people(SAMPLE, ModelCache(device="CPU", **{which: path})), on_progress=stages.append)
    assert [progress.stage for progress in stages] == ["Reading the picture", "Loading the detector"]


def test_the_command_line_takes_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blazepose_or_skip()
    detector = TinyRtmpose(133).write(tmp_path / "tiny.onnx")
    regressor = write_regressor(Plain(_pose(6)), tmp_path / "plain.pt")
    out = tmp_path / "pose.npz"
    files = ["--detector", str(detector), "--regressor", str(regressor)]
    assert main(["photo", str(SAMPLE), *files, "--npz", str(out)]) == 0, capsys.readouterr().err
    with np.load(out, allow_pickle=False) as archive:
        assert tuple(archive["keypoint_names"]) == COCO_WHOLEBODY_133.names
        np.testing.assert_allclose(archive["poses"][0, 3:72], _pose(6).numpy()[0, 3:], atol=1e-4)


def test_that_a_regressor_gives_one_reading_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blazepose_or_skip()
    regressor = write_regressor(Plain(_pose(6)), tmp_path / "plain.pt")
    assert main(["photo", str(SAMPLE), "--regressor", str(regressor), "--hypotheses", "3"]) == 0
    out = capsys.readouterr().out
    assert "3 readings were asked for, but this solver gives only one." in out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--detector", "missing.onnx"], "--detector missing.onnx does not exist. Name a .onnx file."),
        (["--regressor", "missing.pt"], "--regressor missing.pt does not exist. Name a .pt file."),
        (["--detector", str(SAMPLE.parent)], "is a folder. Name a .onnx file."),
        (["--regressor", str(SAMPLE), "--solver", "model"], "--regressor solves the pose itself"),
        (["--detector", str(SAMPLE)], "photo.jpg is no ONNX file, or a damaged one"),
        (["--regressor", str(SAMPLE)], "photo.jpg is no TorchScript archive"),
    ],
)
def test_the_command_line_refuses_wrong_files_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    assert main(["photo", str(SAMPLE), *options, "--npz", str(tmp_path / "pose.npz")]) != 0
    assert words in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.iterdir())
