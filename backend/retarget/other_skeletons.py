"""Finds further bodies in an armature, as where two were joined: one is posed, and of the others it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final, cast

import numpy as np

from .bone_map import SURE, BoneMap
from .essential import OVERRIDING, SOUGHT
from .rig_spec import RigSpec

_LEAST_BONES: Final = 10
"""Branches of fewer bones are no body."""


def other_skeletons(rig: RigSpec, bone_map: BoneMap, *, find: Callable[[RigSpec], BoneMap]) -> tuple[str, ...]:
    """In sentences, the bodies beside the one that the map poses, each named by its topmost bone.

    `find` looks for a body in a rig. A second skeleton that constraints tie to the first is a part of it.
    """
    roots = [rig.bones[branch[0]] for branch in _branches(rig, bone_map) if _is_body(_cut_out(rig, branch), find)]
    return tuple(
        f"{rig.name} holds another skeleton, which was left alone: {root} and the bones under it. "
        "To pose it, choose its bones in the bone map, or separate it in Edit Mode."
        for root in roots
    )


def _branches(rig: RigSpec, bone_map: BoneMap) -> list[list[int]]:
    """The bones of each branch beside the hips and above them, without mapped bones; the topmost bone first."""
    hips = bone_map.first("pelvis")
    if hips is None:
        return []
    mapped = {rig.index[bone] for match in bone_map.joints.values() for bone in match.bones}
    above_hips = {-1, *rig.ancestors(rig.index[hips])}
    of_body = mapped.union(*(rig.ancestors(bone) for bone in mapped))
    top_of: dict[int, int] = {}
    branches: dict[int, list[int]] = {}
    for bone, parent in enumerate(rig.parents.tolist()):
        if bone in of_body or (parent not in above_hips and parent not in top_of):
            continue
        top_of[bone] = top_of.get(parent, bone)
        branches.setdefault(top_of[bone], []).append(bone)
    return [branch for branch in branches.values() if len(branch) >= _LEAST_BONES]


def _cut_out(rig: RigSpec, bones: list[int]) -> RigSpec:
    """A rig of these bones alone; the first has no parent, the others keep theirs."""
    place = {bone: position for position, bone in enumerate(bones)}
    cut: dict[str, Any] = {}
    for each in fields(rig):
        value = getattr(rig, each.name)
        if isinstance(value, np.ndarray):
            cut[each.name] = value[bones]
        elif isinstance(value, tuple) and each.name not in ("ik", "ik_chains"):
            cut[each.name] = tuple(cast(tuple[Any, ...], value)[bone] for bone in bones)
    parents = np.array([place.get(int(rig.parents[bone]), -1) for bone in bones])
    humanoid = {human: bone for human, bone in rig.humanoid.items() if bone in cut["bones"]}
    return replace(rig, **cut | {"parents": parents, "humanoid": humanoid, "follows": {}, "ik": (), "ik_chains": ()})


def _is_body(rig: RigSpec, find: Callable[[RigSpec], BoneMap]) -> bool:
    found = find(rig)
    matches = [found.joints[joint] for joint in SOUGHT if joint in found.joints]
    tied = [bool(OVERRIDING & set(rig.constraints[rig.index[match.bones[0]]])) for match in matches]
    sure = [match.score >= SURE for match in matches]
    return len(matches) == len(SOUGHT) and float(np.mean(sure)) > 0.5 and float(np.mean(tied)) < 0.5
