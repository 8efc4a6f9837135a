"""Bone maps as files: those that an artist names, and the presets that are kept for rigs of the same bones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import bpy

from ..backend.errors import InputError
from ..backend.files import write_atomically
from ..backend.joint_words import BODY_JOINTS
from ..backend.retarget.bone_map import BoneMap, read_map
from ..backend.retarget.essential import ESSENTIAL
from ..backend.retarget.fingerprint import fingerprint
from ..backend.retarget.rig_spec import RigSpec

FOLDER = "rigs"
_ROOT = str(__package__).rpartition(".")[0]


@dataclass(frozen=True)
class PresetOffer:
    """A preset that could be loaded.

    Attributes:
        name: its file's name without the ending.
        armature: the rig that it was saved for.
        joints: how many joints of the body it knows.
        own: it was made for a rig of the very same bones.
        trouble: why it cannot be loaded, in a sentence; empty where it can.
    """

    name: str
    armature: str = ""
    joints: int = 0
    own: bool = False
    trouble: str = ""

    @property
    def label(self) -> str:
        """In words, for a menu."""
        if self.trouble:
            return f"{self.name}.json cannot be read"
        made = "" if self.own else ", made for another rig"
        return f"{self.armature or self.name}: {self.joints} of {len(BODY_JOINTS)} joints{made}"


def write_map(bone_map: BoneMap, path: Path) -> None:
    """Write a bone map as a JSON file.

    Raises:
        InputError: the file cannot be written.
    """
    with write_atomically(path) as partial:
        partial.write_text(bone_map.to_json() + "\n", encoding="utf-8")


def load_preset(rig: RigSpec) -> BoneMap | None:
    """The user's preset for rigs of these bones, or None.

    Raises:
        InputError: the preset's file cannot be read.
    """
    path = _path_of(fingerprint(rig))
    if path is None or not path.is_file():
        return None
    return replace(_read_preset(rig, path), armature=rig.name)


def load_preset_named(rig: RigSpec, name: str) -> BoneMap:
    """The preset of that file name, as it was saved.

    Raises:
        InputError: there is none, or it cannot be read.
    """
    path = _path_of(Path(name).name)
    if path is None or not path.is_file():
        raise InputError(f"There is no preset {Path(name).name} any more. Press Detect, or import a file.")
    return _read_preset(rig, path)


def offered_presets(rig: RigSpec) -> tuple[PresetOffer, ...]:
    """The presets that fit the rig, its own first: every bone that a body needs is in it. And those that are damaged.

    Raises:
        InputError: the folder of presets cannot be made.
    """
    folder, own = _folder(create=False), fingerprint(rig)
    offers: list[PresetOffer] = []
    for path in sorted(folder.glob("*.json")) if folder is not None and folder.is_dir() else ():
        is_own = path.stem == own
        try:
            bone_map = read_map(path)
        except InputError as error:
            offers.append(PresetOffer(path.stem, own=is_own, trouble=str(error)))
            continue
        if is_own or all(bone_map.first(joint) in rig.index for joint in ESSENTIAL):
            joints = sum(joint in bone_map.joints for joint in BODY_JOINTS)
            offers.append(PresetOffer(path.stem, bone_map.armature, joints, is_own))
    return tuple(sorted(offers, key=lambda offer: (not offer.own, bool(offer.trouble), offer.armature)))


def save_preset(rig: RigSpec, bone_map: BoneMap) -> Path:
    """Keep a map as the user's preset for rigs of these bones; returns its file.

    Raises:
        InputError: the file cannot be written.
    """
    folder = _folder(create=True)
    if folder is None:
        raise InputError("Presets are kept where Contrapposto is installed as an extension. Export a file instead.")
    path = folder / f"{fingerprint(rig)}.json"
    write_map(bone_map, path)
    return path


def _read_preset(rig: RigSpec, path: Path) -> BoneMap:
    """A preset; where it is damaged the error says what it is, and how to get out."""
    try:
        return read_map(path)
    except InputError as error:
        kept = f"the preset kept for {rig.name}" if path.stem == fingerprint(rig) else "a kept preset"
        raise InputError(
            f"{path.name}, {kept} in {path.parent}, is damaged or cannot be read. Press Detect in the sidebar under "
            "Rig, then Save Preset to replace it, or delete the file."
        ) from error


def _path_of(name: str) -> Path | None:
    folder = _folder(create=False)
    return None if folder is None else folder / f"{name}.json"


def _folder(*, create: bool) -> Path | None:
    """The user's folder of presets; None on a command line outside Blender, which has no such place."""
    if not _ROOT.startswith("bl_ext."):
        return None
    try:
        return Path(bpy.utils.extension_path_user(_ROOT, path=FOLDER, create=create))
    except OSError as error:
        raise InputError(f"The folder of presets cannot be made: {error.strerror}. Export a file instead.") from error
