"""What `contrapposto photo` can be asked for, checked before any work begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .cli_rig_request import RigRequest, check_folder
from .errors import InputError

_MOST_READINGS: Final = 48
"""As many as the pose model draws."""


@dataclass(frozen=True)
class PhotoRequest(RigRequest):
    """What `contrapposto photo` was asked for; checked before any work begins.

    Attributes:
        image: the picture.
        person: counted from 1.
        match_camera: set a camera in the .blend from which the rig covers the person, with the picture behind it.
        hypotheses: how many readings of the pose to write at most.
        text: what the picture leaves open, in words, or None.
        solver: "auto", "model" or "analytic".
        smpl: the folder of the user's own SMPL files, or None for our neutral adult.
        detector: the user's own RTMPose file, or None for the detector that is shipped.
        regressor: the user's own TorchScript file of a pose regressor, or None.
    """

    image: Path
    person: int
    match_camera: bool
    hypotheses: int
    text: str | None
    solver: str
    smpl: Path | None
    detector: Path | None
    regressor: Path | None

    def __post_init__(self) -> None:
        if self.person < 1:
            raise InputError(f"--person counts from 1, so {self.person} is nobody.")
        if not 1 <= self.hypotheses <= _MOST_READINGS:
            raise InputError(f"--hypotheses must lie between 1 and {_MOST_READINGS}, not {self.hypotheses}.")
        check_folder("--smpl", self.smpl)
        for option, file, kind in (("--detector", self.detector, ".onnx"), ("--regressor", self.regressor, ".pt")):
            if file is not None and not file.is_file():
                wrong = "is a folder" if file.is_dir() else "does not exist"
                raise InputError(f"{option} {file} {wrong}. Name a {kind} file.")
        if self.regressor is not None and self.solver != "auto":
            raise InputError(f"--regressor solves the pose itself: leave out --solver {self.solver}.")
        if self.match_camera and (self.out is None or self.out.suffix.lower() != ".blend"):
            raise InputError("--match-camera puts the camera into a .blend: add --out FILE.blend.")
        self.check()

    @property
    def most(self) -> int:
        """How many poses may come."""
        return self.hypotheses

    def files_read(self) -> Iterator[Path]:
        """Files that must not be written over."""
        yield self.image
        yield from super().files_read()
