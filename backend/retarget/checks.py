"""Checks a bone map against the rig's structure: parents, sides, stance, constraints. It says where they disagree."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..errors import RigError
from ..joint_words import in_words
from ..rotations import normalized
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from .bone_map import BoneMap
from .character_frame import MappedRig
from .essential import ESSENTIAL, OVERRIDING
from .rig_spec import RigSpec

_DOUBT: Final = 0.5
"""What remains of a score where the structure disagrees: enough to fall below `SURE`."""
_SIDES: Final = ("left", "right")
_DOWN: Final = -0.7
"""Cosine between a leg and up, below which it stands."""
_ACROSS: Final = 0.03
"""Share of the leg's length that a joint must lie on the wrong side to count as exchanged."""


def checked(rig: RigSpec, bone_map: BoneMap, *, controls: bool) -> BoneMap:
    """The map with its problems in sentences, the scores of what they touch lowered; `controls` need no body order."""
    if not controls:
        bone_map = _checked_parents(rig, bone_map)
    if all(joint in bone_map.joints for joint in ESSENTIAL):
        try:
            bone_map = _checked_geometry(rig, bone_map)
        except RigError:
            bone_map = _doubted(
                bone_map, f"{rig.name} lies in a heap in its rest pose: front and sides cannot be seen."
            )
    return _checked_constraints(rig, bone_map)


def _checked_geometry(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    if not _stands(MappedRig(rig, bone_map)):  # then feet say nothing about front and back
        return _checked_stance(rig, bone_map)
    return _checked_pairs(rig, _checked_sides(rig, bone_map))


def stands_at_rest(rig: RigSpec, bone_map: BoneMap) -> bool:
    """Whether the legs of the rest pose hang down, so that left, up and front can be read off it."""
    return _stands(MappedRig(rig, bone_map))


def _stands(seen: MappedRig) -> bool:
    return all(leg @ seen.frame.axes[:, 1] < _DOWN for leg in _limbs(seen, "hip", "knee"))


def _limbs(seen: MappedRig, start: str, middle: str) -> list[DoubleArray]:
    """(3,) for both sides the direction from a limb's start to its end."""
    return [normalized(seen.limb_end(f"{side}_{middle}") - seen.needed_head(f"{side}_{start}")) for side in _SIDES]


def _doubted(bone_map: BoneMap, problem: str, *, joints: frozenset[str] | None = None) -> BoneMap:
    """With the problem, and less trust in the joints (all where None)."""
    lowered = {
        joint: replace(match, score=_DOUBT * match.score) if joints is None or joint in joints else match
        for joint, match in bone_map.joints.items()
    }
    return replace(bone_map, joints=lowered, problems=(*bone_map.problems, problem))


def _checked_parents(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say where a bone does not descend from the bone of the joint before it."""
    for joint, before in parent_breaks(rig, bone_map):
        problem = f"{bone_map.first(joint)} ({in_words(joint)}) is not a child of {bone_map.joints[before].bones[-1]}."
        bone_map = _doubted(bone_map, problem, joints=frozenset((joint,)))
    return bone_map


def parent_breaks(rig: RigSpec, bone_map: BoneMap) -> list[tuple[str, str]]:
    """Each joint whose bone does not descend from the bones of the mapped joint before it, and that joint."""
    breaks: list[tuple[str, str]] = []
    for joint in JOINT_NAMES[1:]:
        parent = PARENTS[JOINT_INDEX[joint]]
        while parent >= 0 and JOINT_NAMES[parent] not in bone_map.joints:
            parent = PARENTS[parent]
        if joint not in bone_map.joints or parent < 0:
            continue
        bone, above = bone_map.joints[joint].bones[0], bone_map.joints[JOINT_NAMES[parent]].bones
        if not {rig.index[name] for name in above} & set(rig.ancestors(rig.index[bone])):
            breaks.append((joint, JOINT_NAMES[parent]))
    return breaks


def _checked_sides(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Where the feet point backwards the names of left and right are exchanged: go by position, and say so."""
    seen = MappedRig(rig, bone_map)
    forward, feet = seen.frame.axes[:, 2], np.zeros(3)
    for side in _SIDES:
        ankle, toe = seen.head(f"{side}_ankle"), seen.head(f"{side}_foot")
        if ankle is not None and toe is not None:
            feet += toe - ankle
    if feet @ forward >= -0.3 * float(np.linalg.norm(feet)):
        return bone_map
    problem = (
        f"The feet of {rig.name} point backwards if its bones are named right. "
        "Left and right were taken by position, not by name."
    )
    return replace(with_sides_exchanged(bone_map), problems=(*bone_map.problems, problem))


def with_sides_exchanged(bone_map: BoneMap) -> BoneMap:
    """The map with left and right joints exchanged."""
    joints = {other_side(joint): match for joint, match in bone_map.joints.items()}
    switches = tuple(replace(s, joints=tuple(map(other_side, s.joints))) for s in bone_map.switches)
    return replace(bone_map, joints=joints, switches=switches)


def other_side(joint: str) -> str:
    """The joint on the other side of the body; a joint of the middle is its own."""
    side, _, part = joint.partition("_")
    return {"left": f"right_{part}", "right": f"left_{part}"}.get(side, joint)


def _checked_pairs(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say where a single pair of bones lies on each other's side."""
    seen = MappedRig(rig, bone_map)
    left, least = seen.frame.axes[:, 0], _ACROSS * seen.frame.leg_length
    for joint in JOINT_NAMES:
        other = other_side(joint)
        heads = seen.head(joint), seen.head(other)
        if not joint.startswith("left_") or heads[0] is None or heads[1] is None:
            continue
        if (heads[1] - heads[0]) @ left > least:
            names = f"{bone_map.first(joint)} and {bone_map.first(other)}"
            problem = f"{names} lie on each other's side: check {in_words(joint)} and {in_words(other)}."
            bone_map = _doubted(bone_map, problem, joints=frozenset((joint, other)))
    return bone_map


def _checked_stance(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say that the rest pose is so far from standing that front and up cannot be read off it."""
    seen = MappedRig(rig, bone_map)
    if _on_all_fours(seen.frame.axes[:, 1], legs=_limbs(seen, "hip", "knee"), arms=_limbs(seen, "shoulder", "elbow")):
        return _doubted(bone_map, f"{rig.name} stands on four legs: it can take no human pose.")
    problem = f"{rig.name} does not stand upright in its rest pose: check which way it faces after posing."
    return replace(bone_map, problems=(*bone_map.problems, problem))


def _on_all_fours(up: DoubleArray, *, legs: list[DoubleArray], arms: list[DoubleArray]) -> bool:
    """Whether arms and legs point the same way, across the trunk."""
    down = normalized(np.sum(legs, axis=0))
    return all(limb @ down > 0.7 and abs(float(limb @ up)) < 0.7 for limb in (*legs, *arms))


def _checked_constraints(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say which mapped bones are turned by constraints of their own, so that their keys may not show."""
    bones = [bone for joint, match in bone_map.joints.items() if joint in JOINT_INDEX for bone in match.bones]
    turned = [bone for bone in bones if OVERRIDING & set(rig.constraints[rig.index[bone]])]
    if not turned:
        return bone_map
    problem = f"Constraints on {', '.join(turned)} may override the pose. Mute them or lower their influence."
    return replace(bone_map, problems=(*bone_map.problems, problem))
