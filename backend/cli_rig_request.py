"""What every command that poses a rig can be asked for, checked before any work begins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .errors import InputError

OUT_SUFFIXES: Final = (".blend", ".glb", ".fbx", ".bvh")
_LAST_FRAME: Final = 1_048_574
"""Blender's MAXFRAME."""


@dataclass(frozen=True)
class RigRequest:
    """The rig, how a pose is put on it, and what is written.

    Attributes:
        rig: the file of the rig, or None for a Rigify human.
        armature: the armature's name in that file, or None.
        bone_map: a JSON file with the bones of the joints, or None to find them.
        frame: where the pose is keyed.
        no_root, in_place, flip, blend, limbs, stiff_hands: how the pose is put on the rig; see `KeyOptions`.
        out, npz, preview: files to write, or None.
        min_confidence: joints that are less sure are not keyed.
        keep_unseen: joints that are as good as not told of are keyed as the rig has them.
        models: the folder of the model files, or None for the shipped one.
    """

    rig: Path | None
    armature: str | None
    bone_map: Path | None
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
    min_confidence: float
    keep_unseen: bool
    models: Path | None

    @property
    def most(self) -> int:
        """How many poses may come."""
        return 1

    def files_read(self) -> Iterator[Path]:
        """Files that must not be written over."""
        yield from (path for path in (self.rig, self.bone_map) if path is not None)

    def check(self) -> None:
        """Refuse what cannot be done.

        Raises:
            InputError: in words.
        """
        if not -_LAST_FRAME <= self.frame <= _LAST_FRAME:
            raise InputError(f"--frame {self.frame}: Blender's frames go from {-_LAST_FRAME} to {_LAST_FRAME}.")
        for option, share in (("--blend", self.blend), ("--min-confidence", self.min_confidence)):
            if not 0.0 <= share <= 1.0:
                raise InputError(f"{option} must lie between 0 and 1, not {share:g}.")
        if self.armature is not None and self.rig is None:
            raise InputError("--armature names an armature of a rig file: add --rig FILE.")
        if self.bone_map is not None and not self.bone_map.is_file():
            raise InputError(f"--bone-map {self.bone_map} does not exist. Name a .json file.")
        check_folder("--models", self.models)
        for option, path, suffixes in (
            ("--out", self.out, OUT_SUFFIXES),
            ("--npz", self.npz, (".npz",)),
            ("--preview", self.preview, (".png",)),
        ):
            for target in [] if path is None else [numbered(path, number) for number in range(self.most)]:
                self.check_target(option, target, suffixes=suffixes)

    def check_target(self, option: str, path: Path, *, suffixes: tuple[str, ...]) -> None:
        """Refuse a file that could not be written, or that is read, before the work is done.

        Raises:
            InputError: in words.
        """
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{option} {path}: the name must end in {' or '.join(suffixes)}.")
        if path.is_dir():
            raise InputError(f"{option} {path} is a folder. Name a file to write to.")
        if not path.parent.is_dir():
            raise InputError(f"{option} {path}: the folder {path.parent} does not exist. Make it first.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise InputError(f"{option} {path} may not be written to. Choose another place.")
        for source in self.files_read():
            if source.exists() and path.exists() and path.samefile(source):
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


def check_folder(option: str, folder: Path | None) -> None:
    """Refuse what is no folder.

    Raises:
        InputError: in words.
    """
    if folder is not None and not folder.is_dir():
        raise InputError(f"{option} {folder} is not a folder. Name the folder that holds the files.")
