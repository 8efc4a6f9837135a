"""Which arms and legs of a rig are moved by IK, and by which controls: read from its constraints; changes nothing."""

from __future__ import annotations

from dataclasses import replace

import bpy
import numpy as np

from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.rig_spec import IkLimb, RigSpec
from .ik_chains import control_of, ik_chain, is_helper, without_shared_targets

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
    """The rig with `ik` and `ik_chains` filled in: what IK constraints do to mapped bones, wherever they sit."""
    mapped = {name for match in bone_map.joints.values() for name in match.bones}
    found: dict[tuple[str, ...], IkLimb] = {}
    through: list[tuple[bpy.types.PoseBone, bpy.types.KinematicConstraint, list[str]]] = []
    for bone in armature.pose.bones:
        for constraint in bone.constraints:
            if not isinstance(constraint, bpy.types.KinematicConstraint) or constraint.mute or not constraint.target:
                continue
            bones = _turned_by(bone, constraint)
            if mapped.intersection(bones):
                through.append((bone, constraint, bones))
            elif bones and _is_own(armature, constraint):
                limb = _limb(armature, rig, bone_map=bone_map, bones=bones, constraint=constraint)
                if limb is not None:
                    found.setdefault(limb.joints, replace(limb, holder=bone.name))
    chains = tuple(
        ik_chain(armature, rig, holder=holder, constraint=constraint, bones=bones, mapped=mapped)
        for holder, constraint, bones in through
    )
    return replace(rig, ik=tuple(found.values()), ik_chains=without_shared_targets(chains, rig))


def _turned_by(bone: bpy.types.PoseBone, constraint: bpy.types.KinematicConstraint) -> list[str]:
    """The bones that an IK constraint of a bone turns, from the first to the last."""
    line = [bone, *bone.parent_recursive]
    if not constraint.use_tail:
        line = line[1:]
    return [each.name for each in line[: constraint.chain_count or len(line)]][::-1]


def _is_own(armature: bpy.types.Object, constraint: bpy.types.KinematicConstraint) -> bool:
    return constraint.target == armature and constraint.subtarget in armature.pose.bones


def _limb(
    armature: bpy.types.Object,
    rig: RigSpec,
    *,
    bone_map: BoneMap,
    bones: list[str],
    constraint: bpy.types.KinematicConstraint,
) -> IkLimb | None:
    """The limb whose joints a chain of helpers stands at."""
    ends = bones[0], bones[-1]
    for joints in _LIMBS:
        if joints[0] not in bone_map.joints or joints[1] not in bone_map.joints:
            continue
        upper, lower = (bone_map.joints[joint].bones for joint in joints[:2])
        if not _coincide(rig, ends, (upper[0], lower[0])):
            continue
        size = float(np.linalg.norm(_head(rig, lower[0]) - _head(rig, upper[0])))
        target = control_of(armature, constraint.subtarget, reach=_BESIDE_TARGET * size, chain=bones)
        limb = IkLimb(joints=joints, chain=ends, holder=ends[1], constraint=constraint.name, target=target)
        toe = None if joints[2].endswith("wrist") else _toe(armature, joints, bone_map)
        return replace(_with_pole_or_swing(armature, limb, constraint), toe=toe)
    return None


def _toe(armature: bpy.types.Object, joints: tuple[str, str, str], bone_map: BoneMap) -> str | None:
    """The free bone that a bone beside the mapped toe copies as well as it, as switches between FK and IK need it."""
    toe = bone_map.first(f"{joints[0].partition('_')[0]}_foot")
    for bone in armature.pose.bones:
        sources = [c.subtarget for c in bone.constraints if c.type == "COPY_TRANSFORMS" and c.target == armature]
        others = [name for name in sources if name != toe and name in armature.pose.bones]
        if toe in sources and others and not is_helper(armature.pose.bones[others[0]]):
            return others[0]
    return None


def _with_pole_or_swing(armature: bpy.types.Object, limb: IkLimb, constraint: bpy.types.KinematicConstraint) -> IkLimb:
    if constraint.pole_target == armature and constraint.pole_subtarget in armature.pose.bones:
        return replace(limb, pole=constraint.pole_subtarget, pole_angle=constraint.pole_angle)
    above = armature.pose.bones[limb.chain[0]].parent
    tracks = above is not None and any(c.type == "DAMPED_TRACK" and not c.mute for c in above.constraints)
    return replace(limb, swing=limb.chain[0], tracked=above.name if tracks else None)


def _coincide(rig: RigSpec, bones: tuple[str, str], others: tuple[str, str]) -> bool:
    size = np.linalg.norm(_head(rig, others[1]) - _head(rig, others[0]))
    away = [np.linalg.norm(_head(rig, bone) - _head(rig, other)) for bone, other in zip(bones, others, strict=True)]
    return bool(max(away) < _SAME_PLACE * size)


def _head(rig: RigSpec, bone: str) -> np.ndarray:
    return rig.heads[rig.index[bone]].astype(np.float64)
