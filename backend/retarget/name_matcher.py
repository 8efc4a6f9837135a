"""Finds the bones of a rig by name: every profile is tried, and the one that explains most of the body wins."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import reduce
from typing import Final

import numpy as np

from ..skeleton import JOINT_INDEX, JOINT_NAMES
from .bone_map import BoneMap, BoneMatch
from .bone_names import CanonicalName, canonical, spellings
from .character_frame import LIMB_CHILD
from .checks import parent_breaks
from .essential import OVERRIDING, SOUGHT
from .profiles_reader import Profile, profiles
from .rig_spec import RigSpec

SPINE: Final = ("spine1", "spine2", "spine3")
_OVERRIDDEN: Final = 0.5
"""What a bone that constraints turn counts for in the choice of the convention."""


def map_by_names(rig: RigSpec) -> BoneMap:
    """The bones of the best-fitting naming convention, joint by joint; with no joints where none fits."""
    names = _NameIndex.of(rig)
    maps = [found for profile in profiles() if (found := _match_profile(rig, names, profile)) is not None]
    table = _NameIndex.of_table(rig)
    maps += [
        found
        for profile in profiles()
        if profile.humanoid and rig.humanoid and (found := _match_profile(rig, table, profile)) is not None
    ]
    best = max(maps, key=lambda found: _rank(rig, found), default=None)
    return best if best is not None and best.joints else BoneMap(rig.name, {})


def _rank(rig: RigSpec, bone_map: BoneMap) -> tuple[int, float]:
    """How many essential joints are found, and how well all of them; bones out of the body's order count against."""
    controls = any(profile.controls for profile in profiles() if profile.convention == bone_map.convention)
    found = sum(joint in bone_map.joints for joint in SOUGHT)
    scores = (
        match.score * (_OVERRIDDEN if OVERRIDING & set(rig.constraints[rig.index[match.bones[0]]]) else 1.0)
        for joint, match in bone_map.joints.items()
        if joint in JOINT_INDEX
    )
    return found, sum(scores) - (0 if controls else len(parent_breaks(rig, bone_map)))


@dataclass(frozen=True)
class _NameIndex:
    """The rig's bones by name as it is, by name without what most names share, and by canonical name."""

    whole: frozenset[str]
    local: dict[str, str]
    alike: dict[CanonicalName, str]
    in_table: bool = False

    @classmethod
    def of(cls, rig: RigSpec) -> _NameIndex:
        local: dict[str, str] = {}
        alike: dict[CanonicalName, str] = {}
        for bone, names in spellings(rig.bones).items():
            for name in names:
                local.setdefault(name, bone)
                alike.setdefault(canonical(name), bone)
        return cls(frozenset(rig.bones), local, alike)

    @classmethod
    def of_table(cls, rig: RigSpec) -> _NameIndex:
        """The bones by what the file itself calls them."""
        known = {human: bone for human, bone in rig.humanoid.items() if bone in rig.index}
        return cls(frozenset(), {}, {canonical(human): bone for human, bone in known.items()}, in_table=True)

    def find(self, name: str) -> BoneMatch | None:
        if name in self.whole:
            return BoneMatch((name,), 1.0, f"named {name}")
        if name in self.local:
            return BoneMatch((self.local[name],), 0.98, f"named {name} after its prefix")
        bone = self.alike.get(canonical(name))
        if bone is None:
            return None
        if self.in_table:
            return BoneMatch((bone,), 1.0, f"{name} in the file's humanoid table")
        return BoneMatch((bone,), 0.9, f"named like {name}")


def _match_profile(rig: RigSpec, names: _NameIndex, profile: Profile) -> BoneMap | None:
    if any(names.find(name) is None for name in profile.requires):
        return None
    joints = {
        joint: match
        for joint, alternatives in profile.joints.items()
        if (match := _first_found(names, alternatives)) is not None
    }
    joints = _without_repeats(joints)
    taken = {bone for match in joints.values() for bone in match.bones}
    chains = {
        chain: [match for match in _found(names, wanted) if not taken & set(match.bones)]
        for chain, wanted in profile.chains.items()
    }
    spine, neck = chains.get("spine", []), chains.get("neck", [])
    if not profile.controls:
        spine, neck = _in_body_order(rig, joints, spine=spine, neck=neck)
    joints = _without_repeats(joints | spread_along_spine(spine) | ({"neck": reduce(_joined, neck)} if neck else {}))
    if not profile.controls:
        joints = {joint: _with_bones_in_line(rig, joints, joint) for joint in joints}
    joints = {joint: replace(match, score=profile.weight * match.score) for joint, match in joints.items()}
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


def _found(names: _NameIndex, wanted: tuple[str, ...]) -> list[BoneMatch]:
    found: dict[tuple[str, ...], BoneMatch] = {}
    for name in wanted:
        match = names.find(name)
        if match is not None and match.score > getattr(found.get(match.bones), "score", 0.0):
            found[match.bones] = match
    return list(found.values())


def _in_body_order(
    rig: RigSpec, joints: dict[str, BoneMatch], *, spine: list[BoneMatch], neck: list[BoneMatch]
) -> tuple[list[BoneMatch], list[BoneMatch]]:
    """Spine and neck: the bones between hips and head from below; where the arms branch off, the neck begins."""

    def above(joint: str) -> set[int]:
        return set(rig.ancestors(rig.index[joints[joint].bones[0]])) if joint in joints else set()

    below = above("pelvis") | {rig.index[bone] for bone in joints["pelvis"].bones} if "pelvis" in joints else set[int]()
    trunk = above("left_shoulder") & above("right_shoulder")
    head = (
        above("head")
        if "head" in joints
        else {bone for match in neck if trunk & set(rig.ancestors(bone := rig.index[match.bones[0]]))}
    )
    kept = sorted(
        (match for match in (*spine, *neck) if rig.index[match.bones[0]] in (head | trunk) - below),
        key=lambda match: rig.index[match.bones[0]],
    )
    carrying = [match for match in kept if rig.index[match.bones[0]] in trunk]
    free = [match for match in kept if rig.index[match.bones[0]] not in trunk]
    if not free:  # the collars hang on the neck, as 3ds Max has it
        free = [match for match in carrying if match in neck]
        carrying = [match for match in carrying if match not in neck]
    return carrying, free


def spread_along_spine(spine: list[BoneMatch]) -> dict[str, BoneMatch]:
    """The bones stand evenly along spine1 to spine3: the last is always spine3, more than three share joints."""
    joints: dict[str, BoneMatch] = {}
    for position, match in enumerate(spine):
        joint = SPINE[math.ceil(3 * (position + 1) / len(spine)) - 1]
        joints[joint] = _joined(joints[joint], match) if joint in joints else match
    return joints


def _without_repeats(joints: dict[str, BoneMatch]) -> dict[str, BoneMatch]:
    """Each bone stands for one joint only: the body's before fingers; of fingers the one whose name fits best."""

    def rank(joint: str) -> tuple[int, float]:
        body = joint in JOINT_INDEX
        return JOINT_INDEX.get(joint, len(JOINT_NAMES)), 0.0 if body else -joints[joint].score

    taken: set[str] = set()
    kept: dict[str, BoneMatch] = {}
    for joint in sorted(joints, key=rank):
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
    between = bones_in_line(rig, (rig.index[match.bones[0]], rig.index[child.bones[0]]))
    return replace(match, bones=(match.bones[0], *(rig.bones[bone] for bone in between)))


def bones_in_line(rig: RigSpec, ends: tuple[int, int]) -> list[int]:
    """The bones between a limb's first bone and the bone at its end that lie on it and are free to turn."""
    ancestors = rig.ancestors(ends[1])
    if ends[0] not in ancestors:
        return []
    between = reversed(ancestors[: ancestors.index(ends[0])])
    return [bone for bone in between if _on_line(rig, bone, ends) and not OVERRIDING & set(rig.constraints[bone])]


def _on_line(rig: RigSpec, bone: int, ends: tuple[int, int]) -> bool:
    start, end = rig.heads[ends[0]], rig.heads[ends[1]]
    along = end - start
    length = float(np.linalg.norm(along))
    away = rig.heads[bone] - start
    return length > 0.0 and float(np.linalg.norm(np.cross(along, away))) / length < 0.1 * length
