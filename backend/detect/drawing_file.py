"""The drawing network's file: `safetensors`, half precision; nothing in it can run code."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ModelFileError
from ..files import write_atomically
from ..packages import require_package, require_torch

if TYPE_CHECKING:
    import torch

    from .drawing_network import DrawingNetwork


def load_drawing_network(
    content: bytes, *, device: torch.device | str = "cpu", name: str = "drawing model"
) -> DrawingNetwork:
    """The network in the bytes of a `.safetensors` file, ready to look at drawings.

    Raises:
        ModelFileError: the content is no such file, or of another network.
        MissingPackageError: torch or safetensors is not installed.
    """
    require_torch()
    require_package("safetensors", name="safetensors", purpose="load the drawing model")
    from safetensors import SafetensorError
    from safetensors.torch import load

    from .drawing_network import DrawingNetwork

    try:
        facts = _metadata(content)
        network = DrawingNetwork(_numbers(facts["widths"]), _numbers(facts["depths"]), float(facts["spread_factor"]))
        network.load_state_dict({key: value.float() for key, value in load(content).items()})
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, struct.error) as error:
        raise ModelFileError(f"The {name} cannot be loaded: it is no file of this version's network.") from error
    return network.to(device).eval().requires_grad_(requires_grad=False)


def save_drawing_network(network: DrawingNetwork, path: Path) -> None:
    """Write half-precision weights; the file appears whole or not at all.

    Raises:
        InputError: it cannot be written.
    """
    import torch
    from safetensors.torch import save

    tensors = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in network.state_dict().items()
    }
    facts = {
        "widths": ",".join(map(str, network.widths)),
        "depths": ",".join(map(str, network.depths)),
        "spread_factor": str(network.spread_factor),
    }
    with write_atomically(path) as partial:
        partial.write_bytes(save(tensors, metadata=facts))


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split(","))


def _metadata(content: bytes) -> dict[str, str]:
    """What the writer noted in the file's header: 8 bytes of length, then JSON (the safetensors format)."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]
