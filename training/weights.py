"""Networks to files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save

from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.files import write_atomically


def save_network(network: PoseNetwork, path: Path, *, facts: Mapping[str, str] | None = None) -> None:
    """Write half-precision weights; the file appears whole or not at all.

    Args:
        network: it stays as it is.
        path: the `.safetensors` file.
        facts: about the training, noted in the file's header beside width and depth. Loading ignores them.

    Raises:
        InputError: the folder is missing or not writable, or the disk is full.
    """
    tensors = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in network.state_dict().items()
    }
    metadata = {**(facts or {}), "width": str(network.width), "depth": str(network.depth)}
    with write_atomically(path) as partial:
        partial.write_bytes(save(tensors, metadata=metadata))
