"""Verified model files, the device choice, and the one cache of what is loaded."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import BinaryIO

import pytest

from contrapposto.backend import runtime
from contrapposto.backend.errors import InputError, MissingPackageError, ModelFileError
from contrapposto.backend.runtime import ModelCache, model_path, read_model, torch_device
from contrapposto.backend.weights.registry import ModelEntry
from detector_models import blazepose_or_skip

CONTENT = b"weights"


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place for shipped files, and a registry of one tiny model."""
    folder = tmp_path / "shipped"
    (folder / "sub").mkdir(parents=True)
    entry = ModelEntry("tiny", "sub/tiny.tflite", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setattr(runtime, "FOLDER", folder)
    monkeypatch.setattr(runtime, "model_entries", lambda: {"tiny": entry})
    return folder


def test_the_users_folder_comes_before_the_shipped_one(shipped: Path, tmp_path: Path) -> None:
    (shipped / "sub" / "tiny.tflite").write_bytes(CONTENT)
    assert model_path("tiny", folder=None) == shipped / "sub" / "tiny.tflite"
    own = tmp_path / "own"
    own.mkdir()
    assert model_path("tiny", folder=own) == shipped / "sub" / "tiny.tflite"
    (own / "tiny.tflite").write_bytes(CONTENT)
    assert model_path("tiny", folder=own) == own / "tiny.tflite"
    assert read_model("tiny", folder=own) == CONTENT


def test_a_missing_model_says_where_it_was_looked_for(shipped: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"tiny\.tflite is missing.*own.*shipped.*fetch") as error:
        model_path("tiny", folder=tmp_path / "own")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"weighty", b"weights and more"])
def test_a_damaged_model_is_refused(shipped: Path, content: bytes) -> None:
    (shipped / "sub" / "tiny.tflite").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"damaged, or another version.*Delete it"):
        read_model("tiny")


def test_an_unreadable_model_and_an_unknown_one(shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (shipped / "sub" / "tiny.tflite").write_bytes(CONTENT)

    def refuse(self: Path, mode: str = "r") -> BinaryIO:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ModelFileError, match="cannot be read: Permission denied"):
        read_model("tiny")
    with pytest.raises(ModelFileError, match="No model is called other"):
        read_model("other")


def test_the_cache_loads_once_and_again_after_release() -> None:
    blazepose_or_skip()
    models = ModelCache()
    first = models.blazepose()
    assert models.blazepose() is first
    models.release()
    models.release()
    assert models.blazepose() is not first


def test_the_cache_passes_on_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    (tmp_path / "pose_detection.tflite").write_bytes(b"not the pinned file")
    with pytest.raises(ModelFileError, match=r"pose_detection\.tflite is damaged"):
        ModelCache(tmp_path).blazepose()


def test_an_unknown_device_is_refused() -> None:
    with pytest.raises(InputError, match="AUTOMATIC, CUDA, METAL, CPU"):
        ModelCache(None, "TPU")


@pytest.mark.parametrize(
    ("choice", "cuda", "metal", "device"),
    [
        ("AUTOMATIC", True, True, "cuda"),
        ("AUTOMATIC", False, True, "mps"),
        ("AUTOMATIC", False, False, "cpu"),
        ("CPU", True, True, "cpu"),
        ("CUDA", True, False, "cuda"),
        ("METAL", True, True, "mps"),
    ],
)
def test_device_choice(monkeypatch: pytest.MonkeyPatch, choice: str, cuda: bool, metal: bool, device: str) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: metal)
    assert torch_device(choice).type == device
    assert ModelCache(None, choice).torch_device().type == device


@pytest.mark.parametrize(("choice", "name"), [("CUDA", "CUDA"), ("METAL", "Metal")])
def test_a_device_that_is_absent_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch, choice: str, name: str) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: False))
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(InputError, match=f"no {name} device"):
        torch_device(choice)


def test_torch_missing_is_an_error_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingPackageError, match="torch is needed to run learned models"):
        ModelCache().torch_device()


def test_nothing_large_is_imported_before_it_is_used() -> None:
    code = (
        "import sys; import contrapposto.backend.runtime, contrapposto.backend.detect.blazepose, "
        "contrapposto.backend.detect.image; "
        "print([name for name in ('torch', 'cv2', 'ai_edge_litert', 'bpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"
