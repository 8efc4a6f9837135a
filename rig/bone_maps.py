"""Which bone map a rig is posed with: the one kept on it, else the user's preset, else what is found automatically."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import bpy

from ..backend.errors import InputError, RigError
from ..backend.files import write_atomically
from ..backend.joint_words import in_words
from ..backend.retarget.bone_map import FINGER_JOINTS, BoneMap, BoneMatch
from ..backend.retarget.fingerprint import fingerprint
from ..backend.retarget.matcher import ESSENTIAL, detect_bones, match_bones
from ..backend.retarget.rig_spec import RigSpec
from .stored_map import StoredMap, store_text, stored_map, stored_text

FOLDER = "rigs"
_ROOT = str(__package__).rpartition(".")[0]


def bone_map_for(armature: bpy.types.Object, rig: RigSpec) -> BoneMap:
    """The map to pose the rig with: every essential joint is settled; others that are in question are left out.

    Raises:
        RigError: the map names bones twice or bones that are gone, or an essential joint is in question.
        InputError: the map kept on the armature or in the preset cannot be read.
    """
    stored, text = stored_map(armature), stored_text(armature)
    if stored is not None and text is not None:
        return _settled(armature, stored, BoneMap.from_json(_checked(armature, stored, text)))
    preset = load_preset(rig)
    return match_bones(rig) if preset is None else require_essential(rig, preset)


def known_map(armature: bpy.types.Object, rig: RigSpec) -> BoneMap:
    """The same map without demands, to be shown: joints may be missing or in question.

    Raises:
        RigError: the map kept on the armature names bones twice or bones that are gone.
        InputError: it cannot be read.
    """
    stored, text = stored_map(armature), stored_text(armature)
    if stored is not None and text is not None:
        return BoneMap.from_json(_checked(armature, stored, text))
    return load_preset(rig) or detect_bones(rig)


def _checked(armature: bpy.types.Object, stored: StoredMap, text: str) -> str:
    """The text, if it makes a bone map for this armature."""
    for bones, trouble in (
        (stored.gone(armature), "are named in its bone map but are not in the rig"),
        (stored.twice, "stand for more than one joint"),
    ):
        if bones:
            raise RigError(
                f"{armature.name}: {', '.join(dict.fromkeys(bones))} {trouble}. "
                "Choose other bones in the sidebar under Rig, or press Detect there."
            )
    return text


def _settled(armature: bpy.types.Object, stored: StoredMap, bone_map: BoneMap) -> BoneMap:
    questions = [joint for joint in stored.ask if joint in ESSENTIAL]
    if questions:
        raise RigError(
            f"{armature.name}: choose or confirm the bones of these joints first, in the sidebar under Rig: "
            f"{', '.join(map(in_words, questions))}."
        )
    certain = {joint: match for joint, match in bone_map.joints.items() if joint not in stored.ask}
    left_out = [in_words(joint) for joint in stored.ask if joint in bone_map.joints]
    note = (f"Not posed, because their bones are not confirmed: {', '.join(left_out)}.",) if left_out else ()
    return replace(bone_map, joints=certain, problems=(*bone_map.problems, *note))


def require_essential(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """The map, if it fits the rig and has every joint that no body can be posed without.

    Raises:
        RigError: a bone is not in the rig, or such a joint is missing.
    """
    unknown = [bone for match in bone_map.joints.values() for bone in match.bones if bone not in rig.index]
    if unknown:
        raise RigError(f"{rig.name} has no bone {_listed(unknown)}. Use a bone map that was made for this rig.")
    missing = [in_words(joint) for joint in ESSENTIAL if joint not in bone_map.joints]
    if missing:
        raise RigError(f"{rig.name}: the bone map has no bone for {_listed(missing)}. Add them.")
    unsure = [in_words(joint) for joint in bone_map.unsure if joint in ESSENTIAL]
    if unsure:
        raise RigError(
            f"{rig.name}: the bone map is not sure of {_listed(unsure)}. Correct them, or set their score to 1."
        )
    return _completed(rig, replace(bone_map, armature=rig.name, problems=()).only_sure())


def _completed(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """The map with the fingers and switches of the rig that it does not mention, as `rig-map` prints none."""
    found = detect_bones(rig)
    taken = {bone for match in bone_map.joints.values() for bone in match.bones}
    fingers = {
        joint: match
        for joint, match in found.joints.items()
        if joint in FINGER_JOINTS and joint not in bone_map.joints and not taken & set(match.bones)
    }
    same = {joint for joint, match in bone_map.joints.items() if found.first(joint) == match.bones[0]}
    switches = bone_map.switches or tuple(switch for switch in found.switches if same & set(switch.joints))
    convention = bone_map.convention or found.convention
    return replace(bone_map, joints={**bone_map.joints, **fingers}, switches=switches, convention=convention)


def asked(bone_map: BoneMap) -> tuple[str, ...]:
    """The joints that the artist must be asked about: not sure enough, or missing and essential."""
    return (*bone_map.unsure, *(joint for joint in ESSENTIAL if joint not in bone_map.joints))


def store(armature: bpy.types.Object, bone_map: BoneMap) -> None:
    """Keep a map on the armature, for the panel to show and for every pose from now on."""
    content = json.loads(bone_map.to_json())
    store_text(armature, json.dumps({**content, "armature": armature.name, "ask": asked(bone_map)}, ensure_ascii=False))


def fitted(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """A map made for another rig, without the bones that this one does not have; its problems name them.

    Raises:
        RigError: it fits no joint.
    """
    joints: dict[str, BoneMatch] = {}
    for joint, match in bone_map.joints.items():
        bones = tuple(bone for bone in match.bones if bone in rig.index)
        if bones:
            joints[joint] = replace(match, bones=bones)
    if not joints:
        raise RigError(f"{rig.name} has none of the bones that this map names. Press Detect instead.")
    gone = [bone for match in bone_map.joints.values() for bone in match.bones if bone not in rig.index]
    problems = (f"{rig.name} has no bone {_listed(gone)}, which the map names.",) if gone else ()
    switches = tuple(switch for switch in bone_map.switches if switch.bone in rig.index)
    return replace(bone_map, armature=rig.name, joints=joints, switches=switches, problems=problems)


def read_map(path: Path) -> BoneMap:
    """A bone map from a JSON file.

    Raises:
        InputError: the file cannot be read, or holds no bone map.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}. Name a bone map, as Export writes it.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path.name} is no text. Name a bone map, as Export writes it.") from error
    try:
        return BoneMap.from_json(text)
    except InputError as error:
        raise InputError(f"{path}: {error} Correct or remove the file.") from error


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
    folder = _preset_folder(create=False)
    path = None if folder is None else _preset_path(folder, rig)
    return replace(read_map(path), armature=rig.name) if path is not None and path.is_file() else None


def save_preset(rig: RigSpec, bone_map: BoneMap) -> Path:
    """Keep a map as the user's preset for rigs of these bones; returns its file.

    Raises:
        InputError: the file cannot be written.
    """
    folder = _preset_folder(create=True)
    if folder is None:
        raise InputError("Presets are kept where Contrapposto is installed as an extension. Export a file instead.")
    path = _preset_path(folder, rig)
    write_map(bone_map, path)
    return path


def _preset_path(folder: Path, rig: RigSpec) -> Path:
    return folder / f"{fingerprint(rig)}.json"


def _preset_folder(*, create: bool) -> Path | None:
    """The user's folder of presets; None on a command line outside Blender, which has no such place."""
    if not _ROOT.startswith("bl_ext."):
        return None
    try:
        return Path(bpy.utils.extension_path_user(_ROOT, path=FOLDER, create=create))
    except OSError as error:
        raise InputError(f"The folder of presets cannot be made: {error.strerror}. Export a file instead.") from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
