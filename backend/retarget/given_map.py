"""Checks the bone maps that are given, by the artist, a preset or a file: they are kept, and what is odd is told."""

from __future__ import annotations

from dataclasses import replace

from ..errors import RigError
from .bone_map import BoneMap
from .checks import given_problems
from .matcher import detect_bones, other_skeleton_problems
from .profiles_reader import is_of_controls
from .rig_spec import RigSpec


def with_notes(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """The map with all that is odd about it in its problems, each sentence once.

    Raises:
        RigError: the map names a bone that the rig does not have.
    """
    bones = [bone for match in bone_map.joints.values() for bone in match.bones]
    unknown = ", ".join(bone for bone in bones if bone not in rig.index)
    if unknown:
        raise RigError(f"{rig.name} has no bone {unknown}. Use a bone map that was made for this rig.")
    convention = bone_map.convention or detect_bones(rig).convention
    problems = given_problems(rig, bone_map, controls=is_of_controls(convention))
    problems = (*bone_map.problems, *problems, *other_skeleton_problems(rig, bone_map))
    return replace(bone_map, problems=tuple(dict.fromkeys(problems)))
