"""The pose model's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..weights_file import read_weights

if TYPE_CHECKING:
    import torch

    from .pose_network import PoseNetwork


def load_network(content: bytes, *, device: torch.device | str = "cpu", name: str = "pose model") -> PoseNetwork:
    """The network in the bytes of a `.safetensors` file, ready to read evidence.

    Raises:
        ModelFileError, MissingPackageError: as `read_weights`.
    """
    return read_weights(content, _built, name=name).to(device)


def _built(facts: Mapping[str, str]) -> PoseNetwork:
    from .pose_network import PoseNetwork

    return PoseNetwork(int(facts["width"]), int(facts["depth"]))
