"""A language model from a folder: a real one of `transformers`, tiny, made by the test; and folders to refuse."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("transformers")

from contrapposto.backend.errors import InputError, ModelError, ModelFileError
from contrapposto.backend.job import Progress, run_job
from contrapposto.backend.text.llm import LlmRequest
from contrapposto.backend.text.llm.local_model import START, WITHOUT_PICTURE, LocalModel
from llm_answers import KNEELING, KNEELING_JSON, SENTENCE
from tiny_language_model import STRICT, TEMPLATE, save_babbler, save_parrot

REQUEST = LlmRequest(SENTENCE)
TEXT = KNEELING_JSON.removeprefix(START)


@pytest.fixture(scope="module")
def parrot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parrot")
    save_parrot(folder, start=START, text=TEXT + " and more words")
    return folder


def test_a_model_from_a_folder_answers_token_by_token(tmp_path: Path) -> None:
    save_parrot(tmp_path, start=START, text=TEXT, longest=160)
    told: list[Progress] = []
    model = run_job(LocalModel.load(tmp_path, device="CPU"), on_progress=told.append)
    assert told[-1].stage == f"Loading the language model {tmp_path.name}: this can take a minute"
    told.clear()
    assert run_job(model.ask(REQUEST), on_progress=told.append) == KNEELING
    reading = [each for each in told if each.stage == "The language model reads the question"]
    writing = [each for each in told if each.stage.startswith("The language model writes")]
    assert len(reading) > 8  # 3,000 tokens, of which at first 8 and at most 512 a step
    assert len(writing) >= len(TEXT) // 7  # one piece a step
    fractions = [each.fraction for each in told]
    assert fractions == sorted(fractions)
    assert max(fractions) <= 1.0


def test_no_thread_is_started(parrot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: threading.Thread) -> None:
        raise AssertionError("a thread was started")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    model = run_job(LocalModel.load(parrot, device="CPU"))
    assert run_job(model.ask(REQUEST)).elements == KNEELING.elements


def test_cancelling_leaves_torch_as_it_was(parrot: Path) -> None:
    import torch

    job = run_job(LocalModel.load(parrot, device="CPU")).ask(REQUEST)
    for _ in range(10):
        next(job)
        assert not torch.is_inference_mode_enabled()
    job.close()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("template", [STRICT, None])
def test_models_without_a_system_role_or_any_template(tmp_path: Path, template: str | None) -> None:
    save_parrot(tmp_path, start=START, text=TEXT, template=template)
    assert run_job(run_job(LocalModel.load(tmp_path, device="CPU")).ask(REQUEST)) == KNEELING


def test_a_wrong_answer_is_asked_to_be_corrected_and_then_told(tmp_path: Path) -> None:
    save_parrot(tmp_path, start=START, text=' [{"say": "Exec", "code": "rm"}]}')
    model = run_job(LocalModel.load(tmp_path, device="CPU"))
    told: list[Progress] = []
    with pytest.raises(ModelError, match=r"no valid pose.*elements\[0\] must be an object whose `say` is one of"):
        run_job(model.ask(REQUEST), on_progress=told.append)
    stages = [each.stage for each in told]
    first_written = stages.index("The language model writes: 0 characters")
    assert "The language model reads the question" in stages[first_written:]


def test_a_model_of_random_numbers_ends_in_words(tmp_path: Path) -> None:
    save_babbler(tmp_path)
    model = run_job(LocalModel.load(tmp_path, device="CPU"))
    with pytest.raises(ModelError, match=r"^The language model gave no valid pose.*(breaks off|malformed)"):
        run_job(model.ask(REQUEST, most_tokens=40))


def test_a_picture_is_left_out_and_that_is_told(parrot: Path) -> None:
    model = run_job(LocalModel.load(parrot, device="CPU"))
    picture = np.zeros((4, 4, 3), np.uint8)
    assert run_job(model.ask(LlmRequest(SENTENCE, picture=picture))).notes == (WITHOUT_PICTURE,)


def test_a_context_that_is_too_short_is_told(tmp_path: Path) -> None:
    save_parrot(tmp_path, start=START, text=TEXT, context=2048, longest=10_000)
    model = run_job(LocalModel.load(tmp_path, device="CPU"))
    with pytest.raises(ModelError, match=r"tokens long, and .* takes 2048\. Take a model with a context of 4096"):
        run_job(model.ask(REQUEST))


# Folders that are refused before anything is loaded.


def copied(parrot: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(parrot, tmp_path / "model"))


def refused(folder: Path) -> str:
    with pytest.raises((InputError, ModelFileError)) as caught:
        run_job(LocalModel.load(folder, device="CPU"))
    return str(caught.value)


def test_pickled_weights_are_refused(parrot: Path, tmp_path: Path) -> None:
    folder = copied(parrot, tmp_path)
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    assert "holds its weights as pytorch_model.bin, a kind of file that can run code and is never loaded" in refused(
        folder
    )


def test_a_pickle_beside_the_weights_is_never_opened(parrot: Path, tmp_path: Path) -> None:
    folder = copied(parrot, tmp_path)
    sign = tmp_path / "opened"
    code = f"cbuiltins\nexec\n(Vopen({str(sign)!r}, 'w')\ntR.".encode()
    for name in ("pytorch_model.bin", "training_args.bin", "vocab.pkl", "adapter_model.bin"):
        (folder / name).write_bytes(code)
    assert run_job(run_job(LocalModel.load(folder, device="CPU")).ask(REQUEST)) == KNEELING
    assert not sign.exists()


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_of_the_models_own_is_refused(parrot: Path, tmp_path: Path, name: str) -> None:
    folder = copied(parrot, tmp_path)
    said = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps(said | {"auto_map": {"AutoModelForCausalLM": "evil.Model"}}))
    (folder / "evil.py").write_text("raise SystemExit('it ran')")
    assert f"{name} asks to run program code of the model's own" in refused(folder)


def test_damaged_and_missing_files_are_told(parrot: Path, tmp_path: Path) -> None:
    folder = copied(parrot, tmp_path)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert refused(folder).startswith(f"The language model in {folder} cannot be loaded (")
    (folder / "model.safetensors").unlink()
    assert "holds no weights (.safetensors)" in refused(folder)
    (folder / "config.json").write_text("{")
    (folder / "model.safetensors").write_bytes(weights)
    assert "config.json cannot be read. Download the model again." in refused(folder)
    (folder / "config.json").unlink()
    assert "holds no config.json. Choose the folder into which" in refused(folder)
    (folder / "model.Q4.gguf").write_bytes(b"GGUF")
    assert "GGUF files are for Ollama, LM Studio and llama.cpp" in refused(folder)
    assert "is no folder" in refused(folder / "config.json")


def test_an_unknown_kind_of_model_is_told(parrot: Path, tmp_path: Path) -> None:
    folder = copied(parrot, tmp_path)
    said = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(said | {"model_type": "marvin", "architectures": ["Marvin"]}))
    assert "cannot be loaded (" in refused(folder)


def test_a_template_reaches_nothing(tmp_path: Path) -> None:
    sign = tmp_path / "opened"
    evil = f"{{{{ ''.__class__.__mro__[1].__subclasses__() }}}}{{{{ cycler.__init__.__globals__.os.mkdir('{sign}') }}}}"
    folder = tmp_path / "model"
    save_parrot(folder, start=START, text=TEXT, template=evil + TEMPLATE)
    with pytest.raises(ModelError, match=r"^The chat template in .* cannot be filled in"):
        run_job(run_job(LocalModel.load(folder, device="CPU")).ask(REQUEST))
    assert not sign.exists()
