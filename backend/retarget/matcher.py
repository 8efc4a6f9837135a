"""Finds the bones of a rig: by their names where these follow a convention, by the rig's structure where not."""

from __future__ import annotations

from ..errors import RigError
from ..joint_words import in_words
from .bone_map import SURE, BoneMap
from .checks import checked
from .essential import ESSENTIAL
from .name_matcher import SPINE, map_by_names
from .profiles_reader import profiles
from .rig_spec import RigSpec

__all__ = ["ESSENTIAL", "SURE", "detect_bones", "match_bones"]


def match_bones(rig: RigSpec) -> BoneMap:
    """The bones of a human body, every essential joint found and sure.

    Raises:
        RigError: hips, spine, an upper arm, forearm, thigh or shin was not found, or could be another bone.
    """
    found = detect_bones(rig)
    missing = [joint for joint in ESSENTIAL if joint not in found.joints]
    if missing:
        raise RigError(_refusal(rig, missing))
    unsure = [joint for joint in found.unsure if joint in ESSENTIAL]
    if unsure:
        listed = ", ".join(f"{in_words(joint)} ({found.first(joint)}?)" for joint in unsure)
        problems = "".join(f" {problem}" for problem in found.problems)
        raise RigError(
            f"{rig.name} was not mapped with certainty: {listed}.{problems} "
            "Choose or confirm these bones in the bone map."
        )
    return found


def detect_bones(rig: RigSpec) -> BoneMap:
    """The best bone map there is, possibly with few joints and low scores; it never refuses."""
    named = map_by_names(rig)
    return checked(rig, named, controls=_is_of_controls(named))


def _is_of_controls(bone_map: BoneMap) -> bool:
    return any(profile.controls for profile in profiles() if profile.convention == bone_map.convention)


def _refusal(rig: RigSpec, missing: list[str]) -> str:
    parts: list[str] = []
    common = [profile for profile in profiles() if profile.common]
    for joint in missing:
        names = [chain[0] for profile in common for chain in profile.joints.get(joint, ())[:1]]
        if joint in SPINE:
            names = [profile.chains["spine"][-1] for profile in common]
        parts.append(f"{in_words(joint)} ({', '.join(dict.fromkeys(names))}, ...)")
    return (
        f"{rig.name} cannot be mapped to a human body. Looked for and not found: {'; '.join(parts)}. "
        "Choose these bones in the bone map, rename them, or choose another armature."
    )
