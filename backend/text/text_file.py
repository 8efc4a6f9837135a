"""The file of the generator's network: `safetensors`, half precision; nothing in it can run code."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelFileError
from ..files import write_atomically
from ..packages import require_package, require_torch

if TYPE_CHECKING:
    from .text_network import TextNetwork


def load_text_network(content: bytes, *, name: str = "text model") -> TextNetwork:
    """The network in the bytes of a `.safetensors` file, on the CPU, ready to be told something.

    Raises:
        ModelFileError: the content is no such file, or of another network.
        MissingPackageError: torch or safetensors is not installed.
    """
    require_torch()
    require_package("safetensors", name="safetensors", purpose="load the text model")
    from safetensors import SafetensorError
    from safetensors.torch import load

    from .text_network import TextNetwork

    try:
        facts = _metadata(content)
        network = TextNetwork(int(facts["width"]), int(facts["depth"]))
        network.load_state_dict({key: value.float() for key, value in load(content).items()})
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, struct.error) as error:
        raise ModelFileError(f"The {name} cannot be loaded: it is no file of this version's network.") from error
    return network.eval().requires_grad_(requires_grad=False)


def save_text_network(network: TextNetwork, path: Path, *, facts: Mapping[str, str] | None = None) -> None:
    """Write half-precision weights; the file appears whole or not at all.

    Args:
        network: it stays as it is.
        path: the `.safetensors` file.
        facts: about the training, noted in the file's header. Loading ignores them.

    Raises:
        InputError: it cannot be written.
    """
    import torch
    from safetensors.torch import save

    tensors = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in network.state_dict().items()
    }
    metadata = {**(facts or {}), "width": str(network.width), "depth": str(network.depth)}
    with write_atomically(path) as partial:
        partial.write_bytes(save(tensors, metadata=metadata))


def _metadata(content: bytes) -> dict[str, str]:
    """What the writer noted in the file's header: 8 bytes of length, then JSON (the safetensors format)."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]
