"""The pose network to its file; `backend/estimate/network_file.py` reads it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from contrapposto.backend.estimate.pose_network import PoseNetwork
from contrapposto.backend.weights_file import write_weights


def save_network(network: PoseNetwork, path: Path, *, facts: Mapping[str, str] | None = None) -> None:
    """Write it, with `facts` about its training, which loading ignores.

    Raises:
        InputError: as `write_weights`.
    """
    write_weights(network, path, {**(facts or {}), "width": str(network.width), "depth": str(network.depth)})
