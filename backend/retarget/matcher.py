"""Finds the bones of a rig by name: every profile is scored, the best one wins, parents are checked."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from ..errors import RigError
from ..skeleton import JOINT_INDEX, JOINT_NAMES, PARENTS
from .bone_map import BoneMap, BoneMatch
from .bone_names import CanonicalName, canonical, without_shared_prefix
from .character_frame import LIMB_CHILD, MappedRig
from .profiles_reader import Profile, mirrored, profiles
from .rig_spec import RigSpec

ESSENTIAL: Final[tuple[str, ...]] = (
    "pelvis",
    "spine3",
    *(f"{side}_{part}" for part in ("shoulder", "elbow", "hip", "knee") for side in ("left", "right")),
)
"""Without these a rig is no human body; `spine3` is filled whenever there is any bone of the spine."""

_WORDS: Final = {
    "pelvis": "hips",
    "spine3": "spine or chest",
    "shoulder": "upper arm",
    "elbow": "forearm",
    "hip": "thigh",
    "knee": "shin",
}
_OVERRIDING: Final = frozenset(
    ("IK", "SPLINE_IK", "COPY_ROTATION", "COPY_TRANSFORMS", "TRACK_TO", "DAMPED_TRACK", "LOCKED_TRACK", "ARMATURE")
)
"""Constraints that turn a bone away from what its channels say."""
_SPINE: Final = ("spine1", "spine2", "spine3")
_NAMES_SHOWN: Final = 4


def match_bones(rig: RigSpec) -> BoneMap:
    """The bones of the best-fitting naming convention, joint by joint.

    Raises:
        RigError: hips, spine, an upper arm, forearm, thigh or shin was found in no convention.
    """
    names = _NameIndex.of(rig)
    maps = [found for profile in profiles() if (found := _match_profile(rig, names, profile)) is not None]
    best = max(maps, key=_rank, default=None)
    missing = [joint for joint in ESSENTIAL if best is None or joint not in best.joints]
    if best is None or missing:
        raise RigError(_refusal(rig, missing))
    return _checked_constraints(rig, _checked_rest(rig, _checked_sides(rig, _checked_parents(rig, best))))


def _rank(bone_map: BoneMap) -> tuple[int, float]:
    found = sum(joint in bone_map.joints for joint in ESSENTIAL)
    return found, sum(match.score for joint, match in bone_map.joints.items() if joint in JOINT_INDEX)


def _refusal(rig: RigSpec, missing: list[str]) -> str:
    parts: list[str] = []
    for joint in missing:
        side, _, part = joint.rpartition("_")
        words = f"{side} {_WORDS[part]}".strip()
        names = [chain[0] for profile in profiles() for chain in profile.joints.get(joint, ())]
        if joint in _SPINE:
            names = [profile.chains["spine"][-1] for profile in profiles() if profile.chains.get("spine")]
        parts.append(f"{words} ({', '.join(dict.fromkeys(names[:_NAMES_SHOWN]))}, ...)")
    return (
        f"{rig.name} cannot be mapped to a human body. Looked for and not found: {'; '.join(parts)}. "
        "Rename the bones or choose another armature."
    )


@dataclass(frozen=True)
class _NameIndex:
    """The rig's bones by name as it is, by name without prefix, and by canonical name."""

    whole: frozenset[str]
    local: dict[str, str]
    alike: dict[CanonicalName, str]

    @classmethod
    def of(cls, rig: RigSpec) -> _NameIndex:
        local = without_shared_prefix(rig.bones)
        alike: dict[CanonicalName, str] = {}
        for bone in rig.bones:
            alike.setdefault(canonical(local[bone]), bone)
        by_local: dict[str, str] = {}
        for bone, name in local.items():
            by_local.setdefault(name, bone)
        return cls(frozenset(rig.bones), by_local, alike)

    def find(self, name: str) -> BoneMatch | None:
        if name in self.whole:
            return BoneMatch((name,), 1.0, f"named {name}")
        if name in self.local:
            return BoneMatch((self.local[name],), 0.98, f"named {name} after its prefix")
        bone = self.alike.get(canonical(name))
        return None if bone is None else BoneMatch((bone,), 0.9, f"named like {name}")


def _match_profile(rig: RigSpec, names: _NameIndex, profile: Profile) -> BoneMap | None:
    if any(names.find(name) is None for name in profile.requires):
        return None
    joints = {
        joint: match
        for joint, alternatives in profile.joints.items()
        if (match := _first_found(names, alternatives)) is not None
    }
    spine = _found_in_order(names, profile.chains.get("spine", ()))
    for position, match in enumerate(spine):
        # The bones stand evenly along spine1 to spine3: the last is always spine3, more than three share joints.
        joint = _SPINE[math.ceil(3 * (position + 1) / len(spine)) - 1]
        joints[joint] = _joined(joints[joint], match) if joint in joints else match
    for match in _found_in_order(names, profile.chains.get("neck", ())):
        joints["neck"] = _joined(joints["neck"], match) if "neck" in joints else match
    joints = _without_repeats(joints)
    if not profile.controls:
        joints = {joint: _with_bones_in_line(rig, joints, joint) for joint in joints}
    switches = tuple(switch for switch in profile.switches if switch.bone in rig.index)
    return BoneMap(rig.name, joints, profile.convention, switches)


def _first_found(names: _NameIndex, alternatives: tuple[tuple[str, ...], ...]) -> BoneMatch | None:
    for chain in alternatives:
        found = [match for name in chain if (match := names.find(name)) is not None]
        if len(found) == len(chain):
            return reduce(_joined, found)
    return None


def _joined(first: BoneMatch, second: BoneMatch) -> BoneMatch:
    bones = tuple(dict.fromkeys((*first.bones, *second.bones)))
    return BoneMatch(bones, min(first.score, second.score), f"{first.reason}, {second.reason}")


def _found_in_order(names: _NameIndex, wanted: tuple[str, ...]) -> list[BoneMatch]:
    found = {match.bones: match for name in wanted if (match := names.find(name)) is not None}
    return list(found.values())


def _without_repeats(joints: dict[str, BoneMatch]) -> dict[str, BoneMatch]:
    """Each bone stands for one joint only: the first that claims it, body before fingers."""
    taken: set[str] = set()
    kept: dict[str, BoneMatch] = {}
    for joint in sorted(joints, key=lambda name: JOINT_INDEX.get(name, len(JOINT_NAMES))):
        if not taken & set(joints[joint].bones):
            kept[joint] = joints[joint]
            taken |= set(joints[joint].bones)
    return kept


def _with_bones_in_line(rig: RigSpec, joints: dict[str, BoneMatch], joint: str) -> BoneMatch:
    """A limb's match with the unnamed bones between it and the next joint, such as twist bones, that lie on it."""
    match = joints[joint]
    child = joints.get(LIMB_CHILD.get(joint, ""))
    if child is None or match.bones[1:]:
        return match
    start, end = rig.index[match.bones[0]], rig.index[child.bones[0]]
    ancestors = rig.ancestors(end)
    if start not in ancestors:
        return match
    between = [bone for bone in reversed(ancestors[: ancestors.index(start)]) if _on_line(rig, bone, (start, end))]
    return replace(match, bones=(match.bones[0], *(rig.bones[bone] for bone in between)))


def _on_line(rig: RigSpec, bone: int, ends: tuple[int, int]) -> bool:
    start, end = rig.heads[ends[0]], rig.heads[ends[1]]
    along = end - start
    length = float(np.linalg.norm(along))
    away = rig.heads[bone] - start
    return length > 0.0 and float(np.linalg.norm(np.cross(along, away))) / length < 0.1 * length


def _checked_parents(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say where a bone does not descend from the bone of the joint before it."""
    if any(profile.controls for profile in profiles() if profile.convention == bone_map.convention):
        return bone_map
    problems: list[str] = []
    joints = dict(bone_map.joints)
    for joint in JOINT_NAMES[1:]:
        parent = PARENTS[JOINT_INDEX[joint]]
        while parent >= 0 and JOINT_NAMES[parent] not in joints:
            parent = PARENTS[parent]
        if joint not in joints or parent < 0:
            continue
        bone, above = joints[joint].bones[0], joints[JOINT_NAMES[parent]].bones[-1]
        if rig.index[above] not in rig.ancestors(rig.index[bone]):
            problems.append(f"{bone} ({joint.replace('_', ' ')}) is not a child of {above}.")
            joints[joint] = replace(joints[joint], score=0.5 * joints[joint].score)
    return replace(bone_map, joints=joints, problems=(*bone_map.problems, *problems))


def _checked_sides(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Where the feet point backwards the names of left and right are exchanged: go by position, and say so."""
    seen = MappedRig(rig, bone_map)
    forward, feet = seen.frame.axes[:, 2], np.zeros(3)
    for side in ("left", "right"):
        ankle, toe = seen.head(f"{side}_ankle"), seen.head(f"{side}_foot")
        if ankle is not None and toe is not None:
            feet += toe - ankle
    if feet @ forward >= -0.3 * float(np.linalg.norm(feet)):
        return bone_map
    joints = {_other_side(joint): match for joint, match in bone_map.joints.items()}
    switches = tuple(replace(s, joints=tuple(map(_other_side, s.joints))) for s in bone_map.switches)
    problem = (
        f"The feet of {rig.name} point backwards if its bones are named right. "
        "Left and right were taken by position, not by name."
    )
    return replace(bone_map, joints=joints, switches=switches, problems=(*bone_map.problems, problem))


def _other_side(joint: str) -> str:
    return "left_" + joint.removeprefix("right_") if joint.startswith("right_") else mirrored(joint)


def _checked_rest(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say where the rest pose is so far from standing that front and up cannot be read off it."""
    seen = MappedRig(rig, bone_map)
    up = seen.frame.axes[:, 1]
    legs = [seen.limb_end(f"{side}_knee") - seen.needed_head(f"{side}_hip") for side in ("left", "right")]
    if all(leg @ up < -0.7 * float(np.linalg.norm(leg)) for leg in legs):
        return bone_map
    problem = f"{rig.name} does not stand upright in its rest pose: check which way it faces after posing."
    return replace(bone_map, problems=(*bone_map.problems, problem))


def _checked_constraints(rig: RigSpec, bone_map: BoneMap) -> BoneMap:
    """Say which mapped bones are turned by constraints of their own, so that their keys may not show."""
    bones = [bone for joint, match in bone_map.joints.items() if joint in JOINT_INDEX for bone in match.bones]
    turned = [bone for bone in bones if _OVERRIDING & set(rig.constraints[rig.index[bone]])]
    if not turned:
        return bone_map
    problem = f"Constraints on {', '.join(turned)} may override the pose. Mute them or lower their influence."
    return replace(bone_map, problems=(*bone_map.problems, problem))
