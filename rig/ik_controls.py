"""Which arms and legs of a rig are moved by IK, and by which controls: read from its constraints; changes nothing."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.rig_spec import IkLimb, RigSpec

_LIMBS = tuple(
    (f"{side}_{first}", f"{side}_{second}", f"{side}_{third}")
    for first, second, third in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
    for side in ("left", "right")
)
_SAME_PLACE = 0.05
"""Joints nearer than this share of the limb's first part are one."""
_BESIDE_TARGET = 0.5
"""A control whose head is within this share of the limb's first part from the target carries that target alone."""


def with_ik_limbs(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> RigSpec:
    """The rig with `ik` filled in: each mapped limb that an IK constraint with a target bone of this armature moves."""
    found: dict[tuple[str, ...], IkLimb] = {}
    for bone in armature.pose.bones:
        for constraint in bone.constraints:
            if not isinstance(constraint, bpy.types.KinematicConstraint) or not _is_own(armature, constraint):
                continue
            limb = _limb(armature, rig, bone_map=bone_map, bone=bone, constraint=constraint)
            if limb is not None:
                found.setdefault(limb.joints, limb)
    return replace(rig, ik=tuple(found.values()))


def _is_own(armature: bpy.types.Object, constraint: bpy.types.KinematicConstraint) -> bool:
    return not constraint.mute and constraint.target == armature and constraint.subtarget in armature.pose.bones


def _limb(
    armature: bpy.types.Object,
    rig: RigSpec,
    *,
    bone_map: BoneMap,
    bone: bpy.types.PoseBone,
    constraint: bpy.types.KinematicConstraint,
) -> IkLimb | None:
    chain = [bone, *bone.parent_recursive]
    first = chain[min(constraint.chain_count or len(chain), len(chain)) - 1]
    for joints in _LIMBS:
        if joints[0] not in bone_map.joints or joints[1] not in bone_map.joints:
            continue
        upper, lower = (bone_map.joints[joint].bones for joint in joints[:2])
        mapped = {name for match in bone_map.joints.values() for name in match.bones}
        through = bone.name in lower and first.name in mapped
        beside = bone.name not in mapped and _coincide(rig, (first.name, bone.name), (upper[0], lower[0]))
        if not through and not beside:
            continue
        size = float(np.linalg.norm(_head(rig, lower[0]) - _head(rig, upper[0])))
        limb = IkLimb(
            joints=joints,
            chain=(first.name, bone.name),
            through_mapped=through,
            constraint=constraint.name,
            target=_control(armature, constraint.subtarget, reach=_BESIDE_TARGET * size),
        )
        toe = (
            None if through or joints[2] != f"{joints[0].partition('_')[0]}_ankle" else _toe(armature, joints, bone_map)
        )
        return replace(_with_pole_or_swing(armature, limb, constraint), toe=toe)
    return None


def _toe(armature: bpy.types.Object, joints: tuple[str, str, str], bone_map: BoneMap) -> str | None:
    """The free bone that a bone beside the mapped toe copies as well as it, as switches between FK and IK need it."""
    toe = bone_map.first(f"{joints[0].partition('_')[0]}_foot")
    for bone in armature.pose.bones:
        sources = [c.subtarget for c in bone.constraints if c.type == "COPY_TRANSFORMS" and c.target == armature]
        others = [name for name in sources if name != toe and name in armature.pose.bones]
        if toe in sources and others and not _is_helper(armature.pose.bones[others[0]]):
            return others[0]
    return None


def _with_pole_or_swing(armature: bpy.types.Object, limb: IkLimb, constraint: bpy.types.KinematicConstraint) -> IkLimb:
    if constraint.pole_target == armature and constraint.pole_subtarget in armature.pose.bones:
        return replace(limb, pole=constraint.pole_subtarget, pole_angle=constraint.pole_angle)
    if limb.through_mapped:
        return limb
    above = armature.pose.bones[limb.chain[0]].parent
    tracks = above is not None and any(c.type == "DAMPED_TRACK" and not c.mute for c in above.constraints)
    return replace(limb, swing=limb.chain[0], tracked=above.name if tracks else None)


def _coincide(rig: RigSpec, bones: tuple[str, str], others: tuple[str, str]) -> bool:
    size = np.linalg.norm(_head(rig, others[1]) - _head(rig, others[0]))
    away = [np.linalg.norm(_head(rig, bone) - _head(rig, other)) for bone, other in zip(bones, others, strict=True)]
    return bool(max(away) < _SAME_PLACE * size)


def _head(rig: RigSpec, bone: str) -> np.ndarray:
    return rig.heads[rig.index[bone]].astype(np.float64)


def _control(armature: bpy.types.Object, target: str, *, reach: float) -> str:
    """The bone to pose so that this target alone goes along: the highest free one in its place, above any helpers."""
    others = {
        constraint.subtarget
        for bone in armature.pose.bones
        for constraint in bone.constraints
        if isinstance(constraint, bpy.types.KinematicConstraint) and constraint.subtarget != target
    }
    bone = armature.pose.bones[target]
    while bone.parent is not None and _is_helper(bone):
        bone = bone.parent
    place = armature.pose.bones[target].bone.head_local
    above = bone.parent
    while above is not None and not _is_helper(above) and (above.bone.head_local - place).length < reach:
        if others & {above.name, *(child.name for child in above.children_recursive)}:
            break
        bone, above = above, above.parent
    return bone.name


def _is_helper(bone: bpy.types.PoseBone) -> bool:
    return all(bone.lock_location) or any(not constraint.mute for constraint in bone.constraints)
