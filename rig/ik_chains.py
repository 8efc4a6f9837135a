"""IK constraints that turn mapped bones themselves: what they reach for, and which controls make IK agree with FK."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Final

import bpy
import numpy as np

from ..backend.retarget.rig_spec import IkChain, RigSpec
from .armature import is_copy_of

_BESIDE_TARGET: Final = 0.5
"""A control whose head is within this share of a chain's first bone from the target carries that target alone."""
_SAME_TIP: Final = 1e-3
"""Tips nearer than this share of the rig's size are one."""
_IN_ARMATURE: Final = ("WORLD", "POSE")


def ik_chain(
    armature: bpy.types.Object,
    rig: RigSpec,
    *,
    holder: bpy.types.PoseBone,
    constraint: bpy.types.KinematicConstraint,
    bones: list[str],
    mapped: Collection[str],
) -> IkChain:
    """One constraint, which turns `bones`; where IK cannot give what FK gives, it says why."""
    chain = IkChain(tuple(bones), holder.name, constraint.name, at_tail=constraint.use_tail)
    if constraint.target != armature:
        return replace(chain, trouble=f"{constraint.target.name}, which it reaches for, is another object")
    if constraint.subtarget not in armature.pose.bones:
        return replace(chain, trouble="it has no target bone")
    chain = replace(chain, reached=constraint.subtarget)
    last = rig.heads[rig.index[bones[-1]]]
    reach = _BESIDE_TARGET * float(np.linalg.norm(_tip(rig, chain) - last))
    target = control_of(armature, constraint.subtarget, reach=reach, chain=bones)
    chain = _with_copying(armature, chain, handle=target, mapped=mapped)
    trouble = _trouble(armature, constraint, target=target, bones=bones)
    if trouble:
        return replace(chain, trouble=trouble)
    if constraint.use_rotation and chain.turned is None:
        chain = replace(chain, turned=bones[-1])
    pole = constraint.pole_subtarget if constraint.pole_target is not None else None
    return replace(chain, target=target, pole=pole, pole_angle=constraint.pole_angle)


def _trouble(
    armature: bpy.types.Object, constraint: bpy.types.KinematicConstraint, *, target: str, bones: list[str]
) -> str:
    """What keeps the controls from being put where IK would agree with FK, as the end of a sentence."""
    controls = armature.pose.bones
    if set(bones) & {target, *(above.name for above in controls[target].parent_recursive)}:
        return f"{target}, which it reaches for, hangs on the limb itself"
    if target in {above.name for name in bones for above in controls[name].parent_recursive}:
        return f"{target}, which alone moves what it reaches for, carries the limb too"
    if is_helper(controls[target]):
        return f"{target}, which it reaches for, is locked or moved by constraints"
    if constraint.pole_target is None:
        return ""
    pole = controls.get(constraint.pole_subtarget) if constraint.pole_target == armature else None
    if pole is None:
        return "its pole is no bone of this armature"
    return f"its pole, {pole.name}, is locked or moved by constraints" if is_helper(pole) else ""


def _with_copying(armature: bpy.types.Object, chain: IkChain, *, handle: str, mapped: Collection[str]) -> IkChain:
    """With the constraints that turn other bones as the target is turned, such as those of feet."""
    found: list[tuple[str, str]] = []
    in_full: list[str] = []
    for bone in (armature.pose.bones[name] for name in mapped if name not in (chain.reached, handle)):
        for each in bone.constraints:
            if is_copy_of(armature, each, (chain.reached or "",)):
                found.append((bone.name, each.name))
                in_full += [bone.name] if _copies_in_full(each) else []
    turned = in_full[0] if in_full else None
    return replace(chain, copying=tuple(found), in_full=frozenset(in_full[:1]), turned=turned)


def _copies_in_full(constraint: bpy.types.Constraint) -> bool:
    if not isinstance(constraint, bpy.types.CopyRotationConstraint):
        return False
    spaces = constraint.owner_space in _IN_ARMATURE and constraint.target_space == constraint.owner_space
    every = constraint.use_x and constraint.use_y and constraint.use_z and constraint.mix_mode == "REPLACE"
    return spaces and every and not (constraint.invert_x or constraint.invert_y or constraint.invert_z)


def without_shared_targets(chains: tuple[IkChain, ...], rig: RigSpec) -> tuple[IkChain, ...]:
    """A control can be in one place only: of chains that need it in two, those after the first stay in FK."""
    kept: list[IkChain] = []
    for chain in chains:
        rival = next((other for other in kept if set(other.controls) & set(chain.controls)), None)
        shared = rival is not None and not _same_tip(rig, rival, chain)
        kept.append(
            replace(chain, target=None, trouble="another limb reaches for the same control") if shared else chain
        )
    return tuple(kept)


def _same_tip(rig: RigSpec, one: IkChain, other: IkChain) -> bool:
    apart = np.linalg.norm(_tip(rig, one) - _tip(rig, other))
    return one.controls == other.controls and bool(apart < _SAME_TIP * np.ptp(rig.heads, axis=0).max())


def _tip(rig: RigSpec, chain: IkChain) -> np.ndarray:
    bone = rig.index[chain.holder]
    return rig.heads[bone] + (rig.rest[bone, :3, 1] * rig.lengths[bone] if chain.at_tail else 0.0)


def control_of(armature: bpy.types.Object, target: str, *, reach: float, chain: Collection[str]) -> str:
    """The bone to pose so that this target alone goes along: the highest free one in its place, above any helpers."""
    others = {
        constraint.subtarget
        for bone in armature.pose.bones
        for constraint in bone.constraints
        if isinstance(constraint, bpy.types.KinematicConstraint) and constraint.subtarget != target
    }
    bone = armature.pose.bones[target]
    while bone.parent is not None and is_helper(bone):
        bone = bone.parent
    place = armature.pose.bones[target].bone.head_local
    of_body = {above for name in chain for above in armature.pose.bones[name].parent_recursive}
    above = bone.parent
    while above is not None and not is_helper(above) and (above.bone.head_local - place).length < reach:
        if above in of_body or others & {above.name, *(child.name for child in above.children_recursive)}:
            break
        bone, above = above, above.parent
    return bone.name


def is_helper(bone: bpy.types.PoseBone) -> bool:
    """Whether a bone is not for artists: it cannot be moved, or constraints move it."""
    return all(bone.lock_location) or any(not constraint.mute for constraint in bone.constraints)
