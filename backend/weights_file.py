"""Our networks' files: `safetensors`, half precision, with what builds the network noted in the header.

Nothing in such a file can run code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from .errors import ModelFileError
from .files import write_atomically
from .packages import require_package, require_torch

if TYPE_CHECKING:
    import torch

Network = TypeVar("Network", bound="torch.nn.Module")


def read_weights(content: bytes, build: Callable[[Mapping[str, str]], Network], *, name: str) -> Network:
    """The network in the bytes of a file, on the CPU, to be used and not to be trained.

    Args:
        content: of the file.
        build: a network of random weights from what the header notes.
        name: of the model, for the message.

    Raises:
        ModelFileError: the content is no such file, or of another network.
        MissingPackageError: torch or safetensors is not installed.
    """
    require_torch()
    require_package("safetensors", name="safetensors", purpose=f"load the {name}")
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        network = build(_facts(content))
        network.load_state_dict({key: value.float() for key, value in load(content).items()})
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError, struct.error) as error:
        raise ModelFileError(f"The {name} cannot be loaded: it is no file of this version's network.") from error
    return network.eval().requires_grad_(requires_grad=False)


def write_weights(network: torch.nn.Module, path: Path, facts: Mapping[str, str]) -> None:
    """Write half-precision weights; the file appears whole or not at all, and the network stays as it is.

    Args:
        network: of any device.
        path: the `.safetensors` file.
        facts: what `read_weights` builds the network from, and whatever else is to be noted.

    Raises:
        InputError: the folder is missing or not writable, or the disk is full.
    """
    import torch
    from safetensors.torch import save

    tensors = {
        name: value.detach().cpu().to(torch.float16).contiguous() for name, value in network.state_dict().items()
    }
    with write_atomically(path) as partial:
        partial.write_bytes(save(tensors, metadata=dict(facts)))


def _facts(content: bytes) -> dict[str, str]:
    """What the writer noted in the file's header: 8 bytes of length, then JSON (the safetensors format)."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length])["__metadata__"]
