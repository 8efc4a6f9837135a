"""What `contrapposto text` can be asked for, checked before any work begins."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from .cli_rig_request import RigRequest
from .errors import InputError
from .outside import read_json
from .text.codec import program_from_json, program_to_json
from .text.language import Program
from .text_pipeline import MOST_ALTERNATIVES, TextResult

OF_RIG: Final = "rig"
"""In the place of a file: the pose in which the rig was saved."""
_MOST_BYTES: Final = 1_000_000


@dataclass(frozen=True)
class TextCommand(RigRequest):
    """What `contrapposto text` was asked for.

    Attributes:
        sentence: the pose in words, or None where it is read from `constraints`, or only described.
        edit: the file of the pose to be changed, or `rig`, or None for a new pose.
        alternatives: how many poses to write at most.
        seed: another one gives others.
        without: numbers of constraints, counted from 1, that do not count.
        constraints: a JSON file of what was understood: written with a sentence, read without one.
        describe: tell the pose in words.
        llm: the address of a language model's server or the folder of a model, or None for the grammar.
        model: the model's name on the server.
    """

    sentence: str | None
    edit: str | None
    alternatives: int
    seed: int
    without: tuple[int, ...]
    constraints: Path | None
    describe: bool
    llm: str | None
    model: str | None

    def __post_init__(self) -> None:
        if not 1 <= self.alternatives <= MOST_ALTERNATIVES:
            raise InputError(f"--alternatives must lie between 1 and {MOST_ALTERNATIVES}, not {self.alternatives}.")
        if any(number < 1 for number in self.without):
            raise InputError(f"--without counts from 1, so {min(self.without)} is no constraint.")
        if self.model is not None and self.llm is None:
            raise InputError("--model names a model on a server: add --llm URL.")
        if self.edit == OF_RIG and not self.wants_rig:
            raise InputError("--edit rig changes the pose of a rig: add --rig FILE.")
        if self.edit_file is not None and not self.edit_file.is_file():
            raise InputError(f"--edit {self.edit} does not exist. Name an .npz file, or `rig` for the rig's own pose.")
        self._check_constraints()
        if not self.poses and not self.describe:
            raise InputError("Say what the pose shall be: a sentence, or --constraints FILE.json.")
        if not self.poses and self.edit is None and self.rig is None:
            raise InputError("--describe needs a pose: add a sentence, --edit POSE.npz, or --rig FILE.")
        if not self.poses and (self.out, self.npz, self.preview) != (None, None, None):
            raise InputError("Without a sentence nothing is posed, so nothing can be written.")
        self.check()

    def _check_constraints(self) -> None:
        if self.constraints is None:
            return
        if self.sentence is not None:
            self.check_target("--constraints", self.constraints, suffixes=(".json",))
        elif not self.constraints.is_file():
            raise InputError(
                f"--constraints {self.constraints} does not exist, and there is no sentence to make it of."
            )

    @property
    def poses(self) -> bool:
        """Something is posed, and not only described."""
        return self.sentence is not None or self.constraints is not None

    @property
    def edit_file(self) -> Path | None:
        """The file of the pose to be changed."""
        return None if self.edit in (None, OF_RIG) else Path(self.edit)

    @property
    def most(self) -> int:
        """How many poses may come."""
        return self.alternatives

    def files_read(self) -> Iterator[Path]:
        """Files that must not be written over."""
        yield from super().files_read()
        if self.edit_file is not None:
            yield self.edit_file


def read_constraints(path: Path) -> Program:
    """What was understood of a sentence, as `write_constraints` writes it, or as a hand has changed it since.

    Raises:
        InputError: it cannot be read, or is not of the pose language.
    """
    said = read_json(path, most=_MOST_BYTES, what="a pose in words (JSON)")
    if isinstance(said, dict):
        written = cast("dict[str, object]", said)
        said = {name: value for name, value in written.items() if name != "understood"}
    try:
        return program_from_json(cast("object", said))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def write_constraints(result: TextResult, path: Path) -> None:
    """The pose language of a sentence as JSON; `understood` says it in words, and is not read.

    Raises:
        InputError: the file cannot be written.
    """
    content = {**program_to_json(result.program), "understood": [each.sentence for each in result.constraints]}
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", "utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
