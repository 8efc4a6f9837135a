"""Looks at a folder with a language model before anything in it is loaded: no pickle, and no program code, ever is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from ...errors import InputError, ModelFileError
from ...outside import read_json

_PICKLES: Final = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".msgpack", ".h5")
_SETTINGS: Final = ("config.json", "tokenizer_config.json", "generation_config.json")
_MOST_SETTINGS: Final = 64 << 20


def check_folder(folder: Path) -> None:
    """Refuse what is no folder of a model as `transformers` saves them, in `safetensors` and without code of its own.

    Raises:
        InputError: there is no such folder.
        ModelFileError: a file is missing, or is of a kind that can run code.
    """
    if not folder.is_dir():
        raise InputError(f"{folder} is no folder. Choose the folder that holds the language model's config.json.")
    names = sorted(each.name for each in folder.iterdir())
    endings = {Path(name).suffix.lower() for name in names}
    if "config.json" not in names:
        raise ModelFileError(f"{folder} holds no config.json. {_advice(endings)}")
    if ".safetensors" not in endings:
        pickled = next((name for name in names if name.lower().endswith(_PICKLES)), None)
        if pickled is None:
            raise ModelFileError(f"{folder} holds no weights (.safetensors). {_advice(endings)}")
        raise ModelFileError(
            f"{folder} holds its weights as {pickled}, a kind of file that can run code and is never loaded. Take the "
            "model in the safetensors format."
        )
    for name in _SETTINGS:
        if name in names and _read(folder / name).get("auto_map"):
            raise ModelFileError(
                f"{folder / name} asks to run program code of the model's own, which is never done. Take a model that "
                "transformers knows by itself."
            )


def size_of_weights(folder: Path) -> int:
    """Bytes of all weights."""
    return sum(each.stat().st_size for each in folder.glob("*.safetensors"))


def _advice(endings: set[str]) -> str:
    if ".gguf" in endings:
        return "GGUF files are for Ollama, LM Studio and llama.cpp: load it there, and enter that server's address."
    return "Choose the folder into which the language model was downloaded or saved by transformers."


def _read(path: Path) -> Mapping[str, Any]:
    try:
        said = read_json(path, most=_MOST_SETTINGS, what="a settings file")
    except InputError as error:
        raise ModelFileError(f"{path} cannot be read. Download the model again.") from error
    if not isinstance(said, Mapping):
        raise ModelFileError(f"{path} holds no settings. Download the model again.")
    return cast("Mapping[str, Any]", said)
