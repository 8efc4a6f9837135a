"""Finds the bones of a rig: by their names where these follow a convention, by the rig's structure where not."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..errors import RigError
from ..joint_words import in_words
from .bone_map import SURE, BoneMap
from .bone_names import side_of
from .checks import checked
from .essential import ESSENTIAL, SOUGHT
from .name_matcher import SPINE, map_by_names
from .no_spine import bones_of_no_spine
from .other_skeletons import other_skeletons
from .profiles_reader import is_of_controls, profiles
from .rig_spec import RigSpec
from .structure import map_by_structure

__all__ = ["ESSENTIAL", "SURE", "detect_bones", "match_bones", "other_skeleton_problems"]

_MOSTLY: Final = 0.7


def match_bones(rig: RigSpec) -> BoneMap:
    """The bones of a human body, every essential joint found and sure; others that are not sure are left out.

    Raises:
        RigError: hips, an upper arm, forearm, thigh or shin was not found, or a spine that there is; or it could be
            another bone.
    """
    found = detect_bones(rig)
    if found.problems and not found.joints:
        raise RigError(
            f"{rig.name} cannot be mapped to a human body: {' '.join(found.problems)} Choose another armature."
        )
    missing = [joint for joint in SOUGHT if joint not in found.joints]
    may_lack_spine = not (is_of_controls(found.convention) or bones_of_no_spine(rig, found))
    if missing and not (may_lack_spine and missing == [SPINE[-1]]):
        raise RigError(_refusal(rig, missing))
    unsure = [joint for joint in found.unsure if joint in SOUGHT]
    if unsure:
        listed = ", ".join(f"{in_words(joint)} ({found.first(joint)}?)" for joint in unsure)
        problems = "".join(f" {problem}" for problem in found.problems)
        raise RigError(
            f"{rig.name} was not mapped with certainty: {listed}.{problems} "
            "Choose or confirm these bones in the bone map."
        )
    return found.only_sure()


def detect_bones(rig: RigSpec) -> BoneMap:
    """The best bone map there is, possibly with few joints and low scores; it never refuses.

    Its problems say what is odd about the rig; what stands on four legs has no joints.
    """
    found = _best_map(rig)
    return replace(found, problems=(*found.problems, *other_skeleton_problems(rig, found)))


def other_skeleton_problems(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """In sentences, the bodies of the armature beside the one that is mapped."""
    return other_skeletons(rig, bone_map, find=_best_map)


def _best_map(rig: RigSpec) -> BoneMap:
    found = map_by_names(rig)
    if any(joint not in found.joints for joint in SOUGHT):
        said = {bone: side for bone in rig.bones if (side := side_of(bone))}
        found = _merged(found, map_by_structure(rig, said=said))
    return checked(rig, found, controls=is_of_controls(found.convention))


def _merged(named: BoneMap, shaped: BoneMap) -> BoneMap:
    """What structure shows, surer where names say the same; where most names agree with it, they settle the rest."""
    lacks_spine = all(joint in named.joints for joint in ESSENTIAL) and SPINE[-1] not in shaped.joints
    if not shaped.joints or lacks_spine:
        return named
    both = named.joints.keys() & shaped.joints.keys()
    agreed = {joint for joint in both if named.first(joint) in shaped.joints[joint].bones}
    joints = dict(shaped.joints)
    for joint in agreed:
        one, two = named.joints[joint], shaped.joints[joint]
        joints[joint] = replace(
            two, score=1.0 - (1.0 - one.score) * (1.0 - two.score), reason=f"{one.reason}; {two.reason}"
        )
    if len(agreed) >= _MOSTLY * len(both) > 0:
        taken = {bone for match in joints.values() for bone in match.bones}
        free = {joint: match for joint, match in named.joints.items() if not taken & set(match.bones)}
        joints = joints | {joint: match for joint, match in free.items() if joint not in agreed}
    return replace(shaped, joints=joints)


def _refusal(rig: RigSpec, missing: list[str]) -> str:
    parts: list[str] = []
    common = [profile for profile in profiles() if profile.common]
    for joint in missing:
        names = [chain[0] for profile in common for chain in profile.joints.get(joint, ())[:1]]
        if joint in SPINE:
            names = [profile.chains["spine"][:3][-1] for profile in common]
        parts.append(f"{in_words(joint)} ({', '.join(dict.fromkeys(names))}, ...)")
    return (
        f"{rig.name} cannot be mapped to a human body. Looked for and not found: {'; '.join(parts)}. "
        "Choose these bones in the bone map, rename them, or choose another armature."
    )
