"""The file of the generator's network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..weights_file import read_weights, write_weights

if TYPE_CHECKING:
    from .text_network import TextNetwork


def load_text_network(content: bytes, *, name: str = "text model") -> TextNetwork:
    """The network in the bytes of a `.safetensors` file, on the CPU, ready to be told something.

    Raises:
        ModelFileError, MissingPackageError: as `read_weights`.
    """
    return read_weights(content, _built, name=name)


def save_text_network(network: TextNetwork, path: Path, *, facts: Mapping[str, str] | None = None) -> None:
    """Write it, with `facts` about its training, which loading ignores.

    Raises:
        InputError: as `write_weights`.
    """
    write_weights(network, path, {**(facts or {}), "width": str(network.width), "depth": str(network.depth)})


def _built(facts: Mapping[str, str]) -> TextNetwork:
    from .text_network import TextNetwork

    return TextNetwork(int(facts["width"]), int(facts["depth"]))
