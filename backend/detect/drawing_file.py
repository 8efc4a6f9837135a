"""The drawing network's file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..weights_file import read_weights, write_weights

if TYPE_CHECKING:
    import torch

    from .drawing_network import DrawingNetwork


def load_drawing_network(
    content: bytes, *, device: torch.device | str = "cpu", name: str = "drawing model"
) -> DrawingNetwork:
    """The network in the bytes of a `.safetensors` file, ready to look at drawings.

    Raises:
        ModelFileError, MissingPackageError: as `read_weights`.
    """
    return read_weights(content, _built, name=name).to(device)


def save_drawing_network(network: DrawingNetwork, path: Path) -> None:
    """Write it, with what it is built from.

    Raises:
        InputError: as `write_weights`.
    """
    facts = {
        "widths": ",".join(map(str, network.widths)),
        "depths": ",".join(map(str, network.depths)),
        "spread_factor": str(network.spread_factor),
    }
    write_weights(network, path, facts)


def _built(facts: Mapping[str, str]) -> DrawingNetwork:
    from .drawing_network import DrawingNetwork

    return DrawingNetwork(_numbers(facts["widths"]), _numbers(facts["depths"]), float(facts["spread_factor"]))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))
