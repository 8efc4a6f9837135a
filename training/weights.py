"""Networks to files."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from contrapposto.backend.estimate.pose_network import PoseNetwork


def save_network(network: PoseNetwork, path: Path) -> None:
    """Write half-precision weights; the file appears whole or not at all."""
    tensors = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in network.state_dict().items()
    }
    partial = path.with_suffix(".partial")
    save_file(tensors, partial, metadata={"width": str(network.width), "depth": str(network.depth)})
    partial.replace(path)
