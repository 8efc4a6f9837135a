"""The pose model's file: `safetensors`, half precision; nothing in it can run code."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING

from ..errors import ModelFileError
from ..packages import require_package, require_torch

if TYPE_CHECKING:
    import torch

    from .pose_network import PoseNetwork


def load_network(content: bytes, *, device: torch.device | str = "cpu", name: str = "pose model") -> PoseNetwork:
    """The network in the bytes of a `.safetensors` file, ready to read evidence.

    Raises:
        ModelFileError: the content is no such file, or of another network.
        MissingPackageError: torch or safetensors is not installed.
    """
    require_torch()
    require_package("safetensors", name="safetensors", purpose="load the pose model")
    from safetensors import SafetensorError
    from safetensors.torch import load

    from .pose_network import PoseNetwork

    try:
        facts = _metadata(content)
        network = PoseNetwork(int(facts["width"]), int(facts["depth"]))
        network.load_state_dict({key: value.float() for key, value in load(content).items()})
    except (SafetensorError, KeyError, ValueError, RuntimeError, struct.error) as error:
        raise ModelFileError(f"The {name} cannot be loaded: it is no file of this version's network.") from error
    return network.to(device).eval().requires_grad_(requires_grad=False)


def _metadata(content: bytes) -> dict[str, str]:
    """What the writer noted in the file's header: 8 bytes of length, then JSON (the safetensors format)."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]
