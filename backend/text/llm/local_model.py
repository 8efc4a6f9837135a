"""A language model from a folder of the artist's own, run in this process by `transformers`, one word piece a step.

Nothing is downloaded, no code of the model's is run, and only `safetensors` are loaded (`local_files.py`).
"""

from __future__ import annotations

import inspect
import json
import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from ...errors import ModelError, ModelFileError
from ...job import Job, Progress
from ...packages import require_package, require_torch
from ...quiet import quiet
from ..language import Program
from .conversation import converse
from .local_files import check_folder, size_of_weights
from .prompt import Message
from .replies import Answer
from .request import LlmRequest

if TYPE_CHECKING:
    from ...runtime import Device

START: Final = '{"elements":'
"""Every answer begins so: it is written for the model, which then neither chats nor thinks aloud first."""
MOST_TOKENS: Final = 1500
"""Of one answer; sixty elements take fewer."""
_STEP_S: Final = 0.05
"""What one step of reading the question should take; the number of tokens a step follows from it."""
_LEAST_READ, _MOST_READ = 8, 512
"""Tokens a step; fewer are hardly faster, as all weights go through the processor for one as for eight."""
_LARGE: Final = 4 << 30
"""Bytes of weights above which a processor too computes in the numbers that they are stored in, to save memory."""
_MEMORIES: Final = ("cache", "past_key_values")
"""What models call what they remember of the text so far: since transformers 5, and before."""
_NO_THREADS: Final = "HF_DEACTIVATE_ASYNC_LOAD"

WITHOUT_PICTURE: Final = "A language model from a folder takes no pictures: it was asked without the picture."


class LocalModel:
    """A loaded model; keep it, as loading takes long.

    Args:
        folder: where it came from.
        tokenizer: as `transformers.AutoTokenizer` makes it.
        model: as `transformers.AutoModelForCausalLM` makes it, ready to run.
    """

    def __init__(self, folder: Path, tokenizer: Any, *, model: Any) -> None:
        self.folder = folder
        self._tokenizer, self._model = tokenizer, model
        self._memory = _memory_name(model) or _MEMORIES[0]
        self._last_only = (
            {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}
        )
        self._ends = _end_tokens(tokenizer, model)

    @classmethod
    def load(cls, folder: Path, *, device: Device | str = "AUTOMATIC") -> Job[LocalModel]:
        """Load a model; the step in which that happens is announced and takes as long as it takes.

        Raises:
            InputError: there is no such folder or device.
            ModelFileError: the folder's files are not of a kind that is loaded, or are damaged.
            ModelError: it does not fit into memory.
            MissingPackageError: torch or transformers is not installed.
        """
        check_folder(folder)
        yield Progress("Loading transformers", 0.0)
        require_torch()
        require_package("transformers", name="transformers", purpose="run a language model from a folder")
        yield Progress(f"Loading the language model {folder.name}: this can take a minute", 0.05)
        tokenizer, model = _loaded(folder, device)
        if _memory_name(model) is None:
            raise ModelFileError(
                f"The language model in {folder} cannot be run step by step. Take a usual one, such as Qwen, "
                "Llama, Mistral or Gemma."
            )
        return cls(folder, tokenizer, model=model)

    def ask(self, request: LlmRequest, *, most_tokens: int = MOST_TOKENS) -> Job[Program]:
        """Ask it, one word piece a step; closing the job ends that.

        Raises:
            ModelError: no valid pose came, or memory did not suffice. The offline way is the caller's to take then.
        """
        program = yield from converse(request, lambda messages: self._answer(messages, most_tokens))
        if request.picture is None:
            return program
        return replace(program, notes=(WITHOUT_PICTURE, *program.notes))

    def _answer(self, messages: list[Message], most_tokens: int) -> Job[Answer]:
        tokens = self._prompt(messages)
        room = self._context() - len(tokens)
        if room < 200:
            raise ModelError(
                f"The question is {len(tokens)} tokens long, and {self.folder.name} takes {self._context()}. Take a "
                "model with a context of 4096 tokens or more."
            )
        token, cache = yield from self._read(tokens)
        written: list[int] = []
        most = min(most_tokens, room)
        while token not in self._ends and len(written) < most:
            written.append(token)
            text = START + str(self._tokenizer.decode(written, skip_special_tokens=True))
            if _is_whole(text):
                return Answer(text)
            yield Progress(
                f"The language model writes: {len(text) // 50 * 50} characters", 0.3 + 0.7 * len(written) / most
            )
            token, cache = self._step([token], cache)
        text = START + str(self._tokenizer.decode(written, skip_special_tokens=True))
        return Answer(text, cut=token not in self._ends)

    def _read(self, tokens: list[int]) -> Job[tuple[int, Any]]:
        """Take the question in, some tokens a step; returns the first token of the answer and the model's memory."""
        cache: Any = None
        token, at, count = 0, 0, _LEAST_READ
        while at < len(tokens):
            started = time.perf_counter()
            token, cache = self._step(tokens[at : at + count], cache)
            at += count
            quicker = min(2.0, _STEP_S / max(time.perf_counter() - started, 1e-6))
            count = max(_LEAST_READ, min(_MOST_READ, int(count * quicker)))
            yield Progress("The language model reads the question", 0.05 + 0.25 * min(at / len(tokens), 1.0))
        return token, cache

    def _step(self, tokens: list[int], cache: Any) -> tuple[int, Any]:
        """The likeliest token after these, and the memory of all so far."""
        import torch

        try:
            with torch.inference_mode():
                given = torch.tensor([tokens], device=self._model.device)
                said = self._model(input_ids=given, use_cache=True, **{self._memory: cache}, **self._last_only)
                return int(said.logits[0, -1].argmax()), getattr(said, self._memory)
        except (RuntimeError, MemoryError) as error:
            raise ModelError(
                f"The language model {self.folder.name} cannot run here: memory may be too small. Take a smaller "
                "model, or choose the CPU in the preferences."
            ) from error

    def _prompt(self, messages: list[Message]) -> list[int]:
        """The messages as the model was trained to read them, and the beginning of the answer."""
        tokenizer = self._tokenizer
        if not getattr(tokenizer, "chat_template", None):
            text = "\n\n".join(str(message["content"]) for message in messages) + f"\n\n{START}"
            return [int(each) for each in tokenizer(text)["input_ids"]]
        from jinja2 import TemplateError

        system, first, *rest = messages
        merged = {"role": "user", "content": f"{system['content']}\n\n{first['content']}"}
        for told in (messages, [merged, *rest]):  # some models know no system role
            try:
                text = tokenizer.apply_chat_template(told, tokenize=False, add_generation_prompt=True)
            except TemplateError:
                continue
            break
        else:
            raise ModelError(f"The chat template in {self.folder} cannot be filled in. Take a model made to chat.")
        return [int(each) for each in tokenizer(text + START, add_special_tokens=False)["input_ids"]]

    def _context(self) -> int:
        """How many tokens the model takes in all."""
        stated = getattr(self._model.config, "max_position_embeddings", None)
        return stated if isinstance(stated, int) and stated > 0 else 4096


def _loaded(folder: Path, device: Device | str) -> tuple[Any, Any]:
    """Tokenizer and model, on their device."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from ...runtime import torch_device

    target = torch_device(device)
    plain = target.type == "cpu" and size_of_weights(folder) < _LARGE
    tokenizers: Any = AutoTokenizer
    models: Any = AutoModelForCausalLM
    own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        with quiet(), _without_threads():
            tokenizer = tokenizers.from_pretrained(str(folder), **own)
            model = models.from_pretrained(
                str(folder), use_safetensors=True, dtype=torch.float32 if plain else "auto", **own
            )
            return tokenizer, model.to(target).eval()
    except (OSError, ValueError, KeyError, TypeError, ImportError, AttributeError, SafetensorError) as error:
        told = " ".join(str(error).split())[:200]
        raise ModelFileError(
            f"The language model in {folder} cannot be loaded ({type(error).__name__}: {told}). Download it again, or "
            "take one that this version of transformers knows."
        ) from error
    except (RuntimeError, MemoryError) as error:
        raise ModelError(
            f"The language model in {folder} cannot be loaded: memory may be too small. Take a smaller one."
        ) from error


def _memory_name(model: Any) -> str | None:
    """None of a model that reads everything anew for each token."""
    parameters = inspect.signature(model.forward).parameters
    return next((name for name in _MEMORIES if name in parameters), None)


def _end_tokens(tokenizer: Any, model: Any) -> frozenset[int]:
    """What ends an answer."""
    stated: object = getattr(getattr(model, "generation_config", None), "eos_token_id", None)
    listed = cast("list[object]", stated) if isinstance(stated, list) else [stated]
    return frozenset(each for each in (*listed, getattr(tokenizer, "eos_token_id", None)) if isinstance(each, int))


def _is_whole(text: str) -> bool:
    """The object is complete."""
    if not text.endswith("}"):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


@contextmanager
def _without_threads() -> Generator[None]:
    """Let transformers read its files one after another and not in threads."""
    before = os.environ.get(_NO_THREADS)
    os.environ[_NO_THREADS] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_NO_THREADS]
        else:
            os.environ[_NO_THREADS] = before
