"""What the check of the installation says: when all is well, and when something is missing, damaged or wrong."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from contrapposto.backend import checkup, doctor, self_test
from contrapposto.backend.checkup import CheckRequest, check_up, write_problem
from contrapposto.backend.cli import BAD_INPUT, main
from contrapposto.backend.cli_doctor import FAILED, find_blender, state_of
from contrapposto.backend.errors import MissingPackageError, ModelFileError
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.runtime import ModelCache
from contrapposto.backend.weights.registry import FOLDER, model_entries
from contrapposto.backend.weights.state import model_state

ROOT = Path(__file__).parents[2]
POSE = FOLDER / model_entries()["pose"].file


def by_name(findings):
    return {finding.name: finding for finding in findings}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """All findings of this machine, and the stages on the way."""
    pytest.importorskip("torch")
    stages: list[Progress] = []
    request = CheckRequest("CPU", cache_folder=tmp_path_factory.mktemp("cache"))
    return by_name(run_job(check_up(request), on_progress=stages.append)), stages


def test_everything_is_well_here(whole):
    findings, stages = whole
    assert [name for name, finding in findings.items() if finding.is_trouble] == []
    for name in ("device", "pose self-test", "drawing self-test", "photo self-test", "text self-test", "cache folder"):
        assert findings[name].ok, findings[name].sentence
    fractions = [stage.fraction for stage in stages]
    assert fractions == sorted(fractions)
    assert 0.0 <= fractions[0] <= fractions[-1] <= 1.0


def test_the_shipped_models_are_far_within_the_limits(whole):
    findings, _ = whole
    degrees = float(re.search(r"to (\d+) degrees", findings["pose self-test"].sentence)[1])
    assert degrees <= 0.7 * self_test.MOST_DEGREES
    for name in ("drawing self-test", "photo self-test"):
        share = float(re.search(r"to ([\d.]+)%", findings[name].sentence)[1]) / 100.0
        assert share <= 0.5 * self_test.MOST_SHARE


def test_installed_packages_are_named_with_their_version():
    finding = by_name(doctor.check_installation())["OpenCV"]
    assert finding.ok
    assert finding.sentence.startswith("OpenCV 4.")


def test_missing_packages_say_what_they_are_for(monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _name: None)
    findings = by_name(doctor.check_installation())
    assert not findings["LiteRT"].ok
    assert findings["LiteRT"].is_trouble
    assert "Reinstall" in findings["LiteRT"].advice
    assert not findings["PyTorch"].is_trouble
    assert findings["PyTorch"].sentence.startswith(
        "PyTorch is not installed. It is only needed to run the pose model, "
    )
    assert "PyTorch Folder" in findings["PyTorch"].advice


@pytest.mark.parametrize("package", doctor.PACKAGES, ids=lambda package: package.name)
def test_each_missing_package_says_what_it_is_for_and_what_to_do(package, monkeypatch):
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda _name: None)
    finding = doctor.find_package(package)
    assert finding.sentence.startswith(f"{package.name} is not installed. It is ")
    assert " needed to " in finding.sentence
    assert finding.advice.startswith(("Reinstall", "To use it"))
    assert finding.is_trouble == package.needed


def test_old_packages_are_trouble_even_where_they_are_optional(monkeypatch):
    monkeypatch.setattr(doctor, "version_of", lambda _package: "1.9.1+cu118")
    finding = doctor.find_package(next(each for each in doctor.PACKAGES if each.name == "PyTorch"))
    assert finding.is_trouble
    assert "1.9.1+cu118 is too old: 2.4 or newer" in finding.sentence


@pytest.mark.parametrize(
    ("old", "least", "is_old"),
    [("2.10.0", "2.4", False), ("4.9.0.80", "4.10", True), ("3.0rc1", "2.9", False), ("1.26", "1.26", False)],
)
def test_versions_are_compared_as_numbers(old, least, is_old):
    assert (doctor.numbers(old) < doctor.numbers(least)) == is_old


def test_least_versions_are_those_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["torch"], *extras["llm"]]
    least = dict(re.match(r"([\w-]+)>=([\d.]+)", line).groups() for line in wanted)
    for package in doctor.PACKAGES:
        assert package.least == least[package.distributions[0]], package.name


def test_a_package_that_cannot_be_loaded_is_trouble(monkeypatch):
    def refuse(_name):
        raise OSError("DLL load failed while importing _C")

    monkeypatch.setattr(doctor.importlib, "import_module", refuse)
    finding = run_job(doctor.import_package(next(each for each in doctor.PACKAGES if each.name == "PyTorch")))
    assert finding.is_trouble
    assert "cannot be loaded: OSError: DLL load failed" in finding.sentence


@pytest.mark.parametrize(
    ("content", "words"), [(b"damaged", "damaged: it has 7 bytes"), ("same size", "SHA-256 is wrong")]
)
def test_a_damaged_model_is_told_and_what_to_do(tmp_path, content, words):
    if content == "same size":
        content = bytearray(POSE.read_bytes())
        content[-1] ^= 1
    (tmp_path / POSE.name).write_bytes(content)
    finding = run_job(doctor.find_model("pose", tmp_path))
    assert finding.is_trouble
    assert words in finding.sentence
    assert finding.advice.startswith("Delete it")


def test_a_missing_model_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("contrapposto.backend.weights.state.FOLDER", tmp_path)
    finding = run_job(doctor.find_model("pose", None))
    assert finding.is_trouble
    assert "pose.safetensors is missing" in finding.sentence
    assert run_job(model_state(model_entries()["pose"])).words.endswith("is missing")


def test_files_are_hashed_in_small_steps():
    entry = model_entries()["sentence_encoder"]
    steps = sum(1 for _ in model_state(entry))
    assert steps >= entry.size // (8 << 20)


def test_the_smpl_folder_is_looked_into(tmp_path):
    assert "SMPL" not in by_name(doctor.check_installation())
    assert not by_name(doctor.check_installation(smpl_folder=tmp_path))["SMPL"].ok
    assert not by_name(doctor.check_installation(smpl_folder=tmp_path / "gone"))["SMPL"].ok
    (tmp_path / "SMPL_NEUTRAL.pkl").write_bytes(b"")
    assert by_name(doctor.check_installation(smpl_folder=tmp_path))["SMPL"].ok


def test_a_model_that_has_learned_nothing_fails_the_pose_test():
    torch = pytest.importorskip("torch")
    models = ModelCache(device="CPU")
    network = models.pose_network()
    with torch.no_grad():
        for number, weights in enumerate(network.parameters()):
            if weights.ndim > 1:
                generator = torch.Generator().manual_seed(number)
                weights.copy_(torch.randn(weights.shape, generator=generator) * weights.std().nan_to_num(0.0))
    finding = run_job(self_test.try_pose(models))
    assert finding.is_trouble
    assert "solved wrongly" in finding.sentence


def test_a_detector_that_finds_nobody_or_somebody_else_fails():
    class Finds:
        def __init__(self, seen):
            self.seen = seen

        def blazepose(self):
            return self

        def people(self, _pixels):
            yield Progress("looking", 0.5)
            return self.seen

    from dataclasses import replace

    from contrapposto.backend.known_figure import known_sighting

    seen = known_sighting()
    assert run_job(self_test.try_photo(Finds([seen]))).ok
    assert "not found" in run_job(self_test.try_photo(Finds([]))).sentence
    shifted = replace(seen, keypoints_px=seen.keypoints_px + np.float32(70.0))
    assert run_job(self_test.try_photo(Finds([shifted]))).is_trouble


def test_a_grammar_that_misunderstands_is_told(monkeypatch):
    monkeypatch.setattr(self_test, "SENTENCES", (("sitting", ("Support(kind='kneeling'",)),))
    finding = run_job(self_test.try_grammar())
    assert finding.is_trouble
    assert "“sitting” is understood wrongly" in finding.sentence


def test_a_device_that_is_not_there_is_told():
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    check = checkup._Check("device", lambda: self_test.try_device("CUDA"))
    finding = run_job(checkup._found(check, (0.0, 1.0)))
    assert finding.is_trouble
    assert "finds no CUDA device" in finding.sentence


@pytest.mark.parametrize(
    ("error", "failed", "words"),
    [
        (MissingPackageError("The Python package torch is needed."), False, "Not checked: The Python package torch"),
        (ModelFileError("The file is gone. Fetch it."), True, "The file is gone. Fetch it."),
        (ZeroDivisionError("division by zero"), True, "failed: ZeroDivisionError: division by zero"),
    ],
)
def test_whatever_a_check_raises_is_a_finding_and_the_next_one_follows(error, failed, words):
    def raising():
        yield Progress("working", 0.5)
        raise error

    finding = run_job(checkup._found(checkup._Check("thing", raising), (0.0, 1.0)))
    assert finding.failed == failed
    assert words in finding.sentence


def test_a_cache_folder_that_cannot_be_written_is_told(tmp_path):
    assert write_problem(tmp_path / "new" / "folder") == ""
    assert list((tmp_path / "new" / "folder").iterdir()) == []
    (tmp_path / "file").write_bytes(b"a file in the folder's place")
    finding = run_job(checkup._try_folder(tmp_path / "file"))
    assert finding.is_trouble
    assert "cannot be written" in finding.sentence
    assert (tmp_path / "file").read_bytes() == b"a file in the folder's place"


def test_the_command_says_0_when_all_is_well(monkeypatch, capsys, tmp_path):
    pytest.importorskip("torch")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert main(["doctor", "--device", "cpu", "--cache", str(tmp_path / "cache")]) == 0
    printed = capsys.readouterr().out
    assert "All that is needed is well." in printed
    assert "pose: pose.safetensors, 13.5 MB, SHA-256 is right" in printed
    assert str(tmp_path) not in printed


def test_the_command_says_1_when_a_part_fails(monkeypatch, capsys, tmp_path):
    (tmp_path / "pose.safetensors").write_bytes(b"damaged")
    arguments = ["doctor", "--json", "--models", str(tmp_path), "--cache", str(tmp_path / "pose.safetensors")]
    monkeypatch.setattr(doctor, "TO_IMPORT", frozenset())
    assert main(arguments) == FAILED == 1
    content = json.loads(capsys.readouterr().out)
    assert content["ok"] is False
    states = {check["name"]: check["state"] for check in content["checks"]}
    assert states["pose"] == states["cache folder"] == "WRONG"
    assert states["drawing"] == "ok"
    do_now = next(check["do_now"] for check in content["checks"] if check["name"] == "pose")
    assert "Delete it" in do_now


@pytest.mark.parametrize("arguments", [["--bogus"], ["--device", "toaster"], ["--models", "no/such/folder"], ["extra"]])
def test_the_command_says_2_for_bad_usage(arguments, capsys):
    assert main(["doctor", *arguments]) == BAD_INPUT
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_it_speaks_where_every_package_is_missing(tmp_path):
    """A Python without any package: what is missing is told, and nothing raises."""
    shutil.copytree(
        ROOT,
        tmp_path / "contrapposto",
        ignore=lambda _folder, names: [
            name
            for name in names
            if name.startswith((".", "tests", "build", "docs", "shared", "samples", "training"))
            or name.endswith((".safetensors", ".tflite", ".zip", ".whl"))
        ],
    )
    code = "import sys; from contrapposto.backend.cli import main; sys.exit(main(['doctor', '--cache', 'cache']))"
    ended = subprocess.run(
        [sys._base_executable, "-S", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.stderr == ""
    assert ended.returncode == FAILED
    for words in ("WRONG  NumPy: NumPy is not installed", "absent PyTorch", "ok     cache folder", "is missing"):
        assert words in ended.stdout
    assert "Traceback" not in ended.stdout


def test_old_blenders_are_told():
    assert state_of(find_blender((4, 5, 0))) == "ok"
    assert state_of(find_blender((4, 2, 9))) == "WRONG"
