"""Our networks' files: `safetensors`, half precision, with what builds the network noted in the header.

Nothing in such a file can run code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from .errors import InputError, ModelFileError
from .files import write_atomically
from .outside import parse_json
from .packages import require_package, require_torch

if TYPE_CHECKING:
    import torch

_MOST_HEADER: Final = 16 << 20
_MOST_WORD: Final = 200
_MOST_DEPTH: Final = 64
_MOST_SIDE: Final = 1 << 24
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
        facts, tensors = _facts(content), {key: value.float() for key, value in load(content).items()}
        if not all(bool(value.isfinite().all()) for value in tensors.values()):
            raise ValueError("weights that are no numbers")
        _check_size(facts, build, numbers=sum(value.numel() for value in tensors.values()))
        network = build(facts)
        network.load_state_dict(tensors)
    except (SafetensorError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, InputError) as error:
        raise ModelFileError(
            f"The {name} cannot be loaded: it is no file of this version's network. Install or download it again."
        ) from error
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
    """What the writer noted in the file's header: 8 bytes of length, then JSON (the safetensors format).

    Raises:
        ValueError: there is none, or it would build a network larger than the file.
    """
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(len(content) - 8, _MOST_HEADER):
        raise ValueError("no header")
    facts = cast("dict[str, str]", parse_json(content[8 : 8 + length].decode("utf-8"))["__metadata__"])
    for name, word in facts.items():
        most = _MOST_DEPTH if name.startswith("depth") else _MOST_SIDE
        numbers = [int(number) for number in word.split(",") if number.strip().isdecimal()]
        if len(word) > _MOST_WORD or len(numbers) > _MOST_DEPTH or max(numbers, default=0) > most:
            raise ValueError("a network of impossible size")
    return facts


def _check_size(facts: dict[str, str], build: Callable[[Mapping[str, str]], Network], *, numbers: int) -> None:
    """Built without memory for its weights first: what the header asks for may not be more than the file holds.

    Raises:
        ValueError: it is.
    """
    import torch

    with torch.device("meta"):
        asked = sum(value.numel() for value in build(facts).state_dict().values())
    if asked > numbers:
        raise ValueError("a network of another size")
