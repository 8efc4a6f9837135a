"""Ship trained weights: `python -m training.ship FILE.safetensors` puts them in their place and registers them."""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path
from typing import Final

from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.files import write_atomically
from contrapposto.backend.runtime import POSE_MODEL

_WEIGHTS: Final = Path(__file__).resolve().parents[1] / "backend" / "weights"
_FILE: Final = "pose/pose.safetensors"
_ENTRY: Final = """\
[model.{name}]
file = "{file}"
size = {size}
sha256 = "{sha256}"
license = "GPL-3.0-or-later"
source = "training"
made = "Trained by `make train-pose` from CMU's motion capture (free for all uses) and DeepMimic's (MIT)."
"""


def ship(trained: Path, *, weights: Path = _WEIGHTS) -> None:
    """Copy the file below `weights` and write its size and hash into registry.toml there.

    Raises:
        ModelFileError: it is not a pose model of this version.
        OSError: a file cannot be read or written.
    """
    content = trained.read_bytes()
    load_network(content, name=trained.name)
    entry = _ENTRY.format(name=POSE_MODEL, file=_FILE, size=len(content), sha256=hashlib.sha256(content).hexdigest())
    registry = weights / "registry.toml"
    others = re.sub(rf"\n*\[model\.{POSE_MODEL}\][^\[]*", "\n\n", registry.read_text("utf-8")).rstrip()
    (weights / _FILE).parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(weights / _FILE) as partial:
        partial.write_bytes(content)
    with write_atomically(registry) as partial:
        partial.write_text(f"{others}\n\n{entry}", "utf-8")


def main() -> None:
    """Read the command line and ship."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    try:
        ship(parser.parse_args().trained)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
