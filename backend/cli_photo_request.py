"""What `contrapposto photo` can be asked for, checked before any work begins."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import InputError

OUT_SUFFIXES: Final = (".blend", ".glb", ".fbx", ".bvh")
_LAST_FRAME: Final = 1_048_574
"""Blender's MAXFRAME."""
_MOST_READINGS: Final = 48
"""As many as the pose model draws."""


@dataclass(frozen=True)
class PhotoRequest:
    """What `contrapposto photo` was asked for; checked before any work begins.

    Attributes:
        image: the picture.
        rig: the file of the rig, or None for a Rigify human.
        armature: the armature's name in that file, or None.
        bone_map: a JSON file with the bones of the joints, or None to find them.
        person: counted from 1.
        frame: where the pose is keyed.
        no_root, in_place, flip, blend, limbs, stiff_hands: how the pose is put on the rig; see `KeyOptions`.
        out, npz, preview: files to write, or None.
        match_camera: set a camera in the .blend from which the rig covers the person, with the picture behind it.
        hypotheses: how many readings of the pose to write at most.
        solver: "auto", "model" or "analytic".
        min_confidence: joints that are less sure are not keyed.
        keep_unseen: limbs that the picture does not show are keyed as the rig has them.
        models: the folder of the model files, or None for the shipped one.
        smpl: the folder of the user's own SMPL files, or None for our neutral adult.
        detector: the user's own RTMPose file, or None for the detector that is shipped.
        regressor: the user's own TorchScript file of a pose regressor, or None.
    """

    image: Path
    rig: Path | None
    armature: str | None
    bone_map: Path | None
    person: int
    frame: int
    no_root: bool
    in_place: bool
    flip: bool
    blend: float
    limbs: str
    stiff_hands: bool
    out: Path | None
    npz: Path | None
    preview: Path | None
    match_camera: bool
    hypotheses: int
    solver: str
    min_confidence: float
    keep_unseen: bool
    models: Path | None
    smpl: Path | None
    detector: Path | None
    regressor: Path | None

    def __post_init__(self) -> None:
        self._check_numbers()
        if self.armature is not None and self.rig is None:
            raise InputError("--armature names an armature of a rig file: add --rig FILE.")
        if self.bone_map is not None and not self.bone_map.is_file():
            raise InputError(f"--bone-map {self.bone_map} does not exist. Name a .json file.")
        for option, folder in (("--models", self.models), ("--smpl", self.smpl)):
            if folder is not None and not folder.is_dir():
                raise InputError(f"{option} {folder} is not a folder. Name the folder that holds the files.")
        for option, file, kind in (("--detector", self.detector, ".onnx"), ("--regressor", self.regressor, ".pt")):
            if file is not None and not file.is_file():
                wrong = "is a folder" if file.is_dir() else "does not exist"
                raise InputError(f"{option} {file} {wrong}. Name a {kind} file.")
        if self.regressor is not None and self.solver != "auto":
            raise InputError(f"--regressor solves the pose itself: leave out --solver {self.solver}.")
        if self.match_camera and (self.out is None or self.out.suffix.lower() != ".blend"):
            raise InputError("--match-camera puts the camera into a .blend: add --out FILE.blend.")
        self._check_targets()

    def _check_numbers(self) -> None:
        """Refuse numbers out of range."""
        if not -_LAST_FRAME <= self.frame <= _LAST_FRAME:
            raise InputError(f"--frame {self.frame}: Blender's frames go from {-_LAST_FRAME} to {_LAST_FRAME}.")
        if self.person < 1:
            raise InputError(f"--person counts from 1, so {self.person} is nobody.")
        if not 1 <= self.hypotheses <= _MOST_READINGS:
            raise InputError(f"--hypotheses must lie between 1 and {_MOST_READINGS}, not {self.hypotheses}.")
        for option, share in (("--blend", self.blend), ("--min-confidence", self.min_confidence)):
            if not 0.0 <= share <= 1.0:
                raise InputError(f"{option} must lie between 0 and 1, not {share:g}.")

    def _check_targets(self) -> None:
        """Refuse files that cannot be written, of all readings that may come."""
        for option, path, suffixes in (
            ("--out", self.out, OUT_SUFFIXES),
            ("--npz", self.npz, (".npz",)),
            ("--preview", self.preview, (".png",)),
        ):
            for target in [] if path is None else [numbered(path, number) for number in range(self.hypotheses)]:
                _check_target(option, target, suffixes=suffixes)
                self._check_not_read(option, target)

    def _check_not_read(self, option: str, path: Path) -> None:
        """Refuse to write over what is read."""
        for source in (self.image, self.rig, self.bone_map):
            if source is not None and source.exists() and path.exists() and path.samefile(source):
                raise InputError(f"{option} {path} is a file that is read. Write to another.")

    def targets(self, reading: int) -> list[Path]:
        """The files to write of a reading, counted from 0."""
        return [numbered(path, reading) for path in (self.npz, self.out, self.preview) if path is not None]

    @property
    def wants_rig(self) -> bool:
        """A rig is posed: one is named, or is needed for what is to be written."""
        return any(path is not None for path in (self.rig, self.armature, self.bone_map, self.out, self.preview))


def numbered(path: Path, reading: int) -> Path:
    """The file of a reading, counted from 0: `pose.npz`, `pose_2.npz`, `pose_3.npz`."""
    return path if reading == 0 else path.with_name(f"{path.stem}_{reading + 1}{path.suffix}")


def _check_target(option: str, path: Path, *, suffixes: tuple[str, ...]) -> None:
    """Refuse a file that could not be written, before the work is done."""
    if path.suffix.lower() not in suffixes:
        raise InputError(f"{option} {path}: the name must end in {' or '.join(suffixes)}.")
    if path.is_dir():
        raise InputError(f"{option} {path} is a folder. Name a file to write to.")
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: the folder {path.parent} does not exist. Make it first.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"{option} {path} may not be written to. Choose another place.")
