"""Which bone map a rig is posed with: the one kept on it, else the user's preset, else what is found automatically."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

import bpy

from ..backend.errors import RigError
from ..backend.joint_words import in_words
from ..backend.retarget.bone_map import FINGER_JOINTS, BoneMap, BoneMatch
from ..backend.retarget.given_map import with_notes
from ..backend.retarget.known_rigs import match_once
from ..backend.retarget.matcher import ESSENTIAL, detect_bones
from ..backend.retarget.rig_spec import RigSpec
from .map_files import load_preset
from .stored_map import StoredMap, store_text, stored_map, stored_text


def bone_map_for(armature: bpy.types.Object, rig: RigSpec) -> BoneMap:
    """The map to pose the rig with: every essential joint is settled; others that are in question are left out.

    Raises:
        RigError: the map names bones twice or bones that are gone, or an essential joint is in question.
        InputError: the map kept on the armature or in the preset cannot be read.
    """
    stored, text = stored_map(armature), stored_text(armature)
    if stored is not None and text is not None:
        return with_notes(rig, _settled(armature, stored, BoneMap.from_json(_checked(armature, stored, text))))
    preset = load_preset(rig)
    return match_once(rig) if preset is None else require_essential(rig, preset)


def known_map(armature: bpy.types.Object, rig: RigSpec) -> BoneMap:
    """The same map without demands, to be shown: joints may be missing or in question.

    Raises:
        RigError: the map kept on the armature names bones twice or bones that are gone.
        InputError: it cannot be read.
    """
    stored, text = stored_map(armature), stored_text(armature)
    if stored is not None and text is not None:
        return with_notes(rig, BoneMap.from_json(_checked(armature, stored, text)))
    preset = load_preset(rig)
    return detect_bones(rig) if preset is None else fitted(rig, preset)


def _checked(armature: bpy.types.Object, stored: StoredMap, text: str) -> str:
    """The text, if it makes a bone map for this armature."""
    for bones, of_one, of_several in (
        (
            stored.gone(armature),
            "is named in its bone map but is not in the rig",
            "are named in its bone map but are not in the rig",
        ),
        (stored.twice, "stands for more than one joint", "stand for more than one joint each"),
    ):
        names = tuple(dict.fromkeys(bones))
        if names:
            raise RigError(
                f"{armature.name}: {', '.join(names)} {of_one if len(names) == 1 else of_several}. "
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

    It is kept as it is given; its problems say where it disagrees with the rig.

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
    return with_notes(rig, _completed(rig, replace(bone_map, armature=rig.name, problems=()).only_sure()))


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
    """A given map without the bones that this rig does not have; its problems name them, and what is odd about it.

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
    return with_notes(rig, replace(bone_map, armature=rig.name, joints=joints, switches=switches, problems=problems))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
