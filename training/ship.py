"""Ship trained weights: `python -m training.ship FILE.safetensors [--model NAME]` puts them in place, registered."""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path
from typing import Final

from contrapposto.backend.detect.drawing_file import load_drawing_network
from contrapposto.backend.errors import ContrappostoError
from contrapposto.backend.estimate.network_file import load_network
from contrapposto.backend.files import write_atomically
from contrapposto.backend.runtime import DRAWING_MODEL, POSE_MODEL
from contrapposto.backend.text.generator import TEXT_MODEL
from contrapposto.backend.text.text_file import load_text_network
from contrapposto.backend.text.wordings import WORDINGS_MODEL, load_wordings

_WEIGHTS: Final = Path(__file__).resolve().parents[1] / "backend" / "weights"
_ENTRY: Final = """\
[model.{name}]
file = "{file}"
size = {size}
sha256 = "{sha256}"
license = "GPL-3.0-or-later"
source = "training"
made = "{made}"
"""
_MADE: Final = {
    POSE_MODEL: "Trained by `make train-pose` from CMU's motion capture (free for all uses) and DeepMimic's (MIT).",
    DRAWING_MODEL: "Trained by `make train-sketch` on synthetic drawings of MakeHuman's bodies (CC0) in mocap's poses.",
    TEXT_MODEL: "Trained by `make train-text` from CMU's motion capture and its descriptions, and poses authored here.",
    WORDINGS_MODEL: "Made by `python -m training.text.wordings`: families.toml as the sentence encoder reads it.",
}
_LOAD: Final = {
    POSE_MODEL: load_network, DRAWING_MODEL: load_drawing_network, TEXT_MODEL: load_text_network,
    WORDINGS_MODEL: load_wordings,
}  # fmt: skip


def ship(trained: Path, *, name: str = POSE_MODEL, weights: Path = _WEIGHTS) -> None:
    """Copy the file below `weights` and write its size and hash into registry.toml there.

    Raises:
        ModelFileError: it is no such model of this version.
        OSError: a file cannot be read or written.
    """
    content = trained.read_bytes()
    _LOAD[name](content, name=trained.name)
    file = f"{name}/{name}.safetensors"
    sha256 = hashlib.sha256(content).hexdigest()
    entry = _ENTRY.format(name=name, file=file, size=len(content), sha256=sha256, made=_MADE[name])
    registry = weights / "registry.toml"
    others = re.sub(rf"\n*\[model\.{name}\][^\[]*", "\n\n", registry.read_text("utf-8")).rstrip()
    (weights / file).parent.mkdir(parents=True, exist_ok=True)
    with write_atomically(weights / file) as partial:
        partial.write_bytes(content)
    with write_atomically(registry) as partial:
        partial.write_text(f"{others}\n\n{entry}", "utf-8")


def main() -> None:
    """Read the command line and ship."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trained", type=Path)
    parser.add_argument("--model", choices=list(_MADE), default=POSE_MODEL, help="which model it is")
    options = parser.parse_args()
    try:
        ship(options.trained, name=options.model)
    except (ContrappostoError, OSError) as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
