"""Keys what makes limbs obey FK or IK: switches, the influence of constraints, and IK Stretch."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import bpy
import numpy as np

from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.rig_spec import IkChain, IkLimb
from .channel_plan import ChannelPlan
from .fcurves import Channel
from .fk_switches import switch_behind
from .limb_match import shown_rotations
from .selection import is_selected

_LIMB_PARTS: Final = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_SAME: Final = 1e-3
_NAMED: Final = 4
"""Of more bones than these a note names only the first."""


def key_limb_modes(plan: ChannelPlan, bone_map: BoneMap) -> None:
    """One key each, at the first frame, where a bone of the limb is keyed; notes say what could not be as chosen."""
    keyed = set(plan.bones)
    _key_switches(plan, bone_map, keyed=keyed)
    for chain in plan.rig.ik_chains:
        _key_chain(plan, chain, keyed=keyed)
    if plan.options.limbs == "IK":
        for limb in plan.rig.ik:
            if keyed & {*limb.chain, *limb.controls}:
                _key_stretch(plan, limb)
        _note_missing_ik(plan, bone_map, keyed=keyed)


def _key_switches(plan: ChannelPlan, bone_map: BoneMap, *, keyed: set[str]) -> None:
    """Custom properties such as Rigify's IK/FK."""
    limbs = plan.rig.ik if plan.options.limbs == "IK" else ()
    for switch in bone_map.switches:
        bone = plan.armature.pose.bones.get(switch.bone)
        moved = [name for joint in switch.joints if joint in bone_map.joints for name in bone_map.joints[joint].bones]
        controls = [name for limb in limbs if set(limb.joints) & set(switch.joints) for name in limb.controls]
        if bone is None or switch.property not in bone or not keyed & {*moved, *controls}:
            continue
        path = f'{bone.path_from_id()}["{bpy.utils.escape_identifier(switch.property)}"]'
        value = 1.0 - switch.value if controls else switch.value
        _key(plan, bone, path, value=value, moved=controls or moved, mode="IK" if controls else "FK")


def _key_chain(plan: ChannelPlan, chain: IkChain, *, keyed: set[str]) -> None:
    """The influence of IK constraints on mapped bones, and of those that copy its target: 1 for IK and 0 for FK."""
    turned = [name for name in chain.bones if name in plan.posed]
    if not keyed & {*turned, *chain.controls, *(bone for bone, _ in chain.copying)}:
        return
    in_ik = plan.options.limbs == "IK" and chain.target is not None
    if plan.options.limbs == "IK" and not in_ik:
        plan.notes.append(
            f"{chain.constraint} on {chain.holder} was switched off and its limb posed in FK: {chain.trouble}."
        )
    for name, constraint in chain.constraints:
        on = in_ik and ((name == chain.holder and constraint == chain.constraint) or name in chain.in_full)
        bone = plan.armature.pose.bones[name]
        path, value = f"{bone.constraints[constraint].path_from_id()}.influence", 1.0 if on else 0.0
        behind = switch_behind(plan.armature, path, value) if (path, 0) in plan.driven else None
        path, value = behind or (path, value)
        moved = [*turned, *(chain.controls if on else ()), *(copying for copying, _ in chain.copying)]
        _key(plan, bone, path, value=value, moved=moved, mode="IK" if on else "FK")


def _key(
    plan: ChannelPlan, bone: bpy.types.PoseBone, path: str, *, value: float, moved: Collection[str], mode: str
) -> None:
    """One key, which holds for all frames; bones that are not selected stay where they are shown now."""
    others = [name for name in dict.fromkeys(moved) if not is_selected(plan.armature.pose.bones[name])]
    if plan.options.selected_only and others and abs(plan.value_before(path) - value) > _SAME:
        if mode == "IK" or not plan.follows_what_is_shown:
            _note_not_switched(plan, bone, moved=moved, others=others, mode=mode)
            return
        _match(plan, [name for name in others if name not in plan.bones], limb=moved)
    plan.add_channel(bone, Channel(path, 0, bone.name, np.array([value])))


def _match(plan: ChannelPlan, names: list[str], *, limb: Collection[str]) -> None:
    """Key bones of a limb that are not selected as IK shows them now, so that FK shows the same."""
    shown = shown_rotations(plan.armature, limb)
    for name in names:
        plan.add_rotation(plan.armature.pose.bones[name], shown[name])
        plan.bones.append(name)
    if names:
        verb = "was" if len(names) == 1 else "were"
        plan.notes.append(f"{_listed(names)} {verb} keyed as IK had put them, so that the limb could change to FK.")


def _note_not_switched(
    plan: ChannelPlan, bone: bpy.types.PoseBone, *, moved: Collection[str], others: list[str], mode: str
) -> None:
    before = "FK" if mode == "IK" else "IK"
    unseen = ", ".join(name for name in plan.bones if name in moved)
    note = (
        f"The limb of {bone.name} was not switched to {mode}, because bones that are not selected would move "
        f"({_listed(others)}): keys on {unseen} do not show in {before}. Select the whole limb, or choose {before}."
    )
    plan.notes += [] if note in plan.notes else [note]


def _key_stretch(plan: ChannelPlan, limb: IkLimb) -> None:
    """Helper chains that may stretch, as Rigify's, shorten their bones where they should bend: knees would be off."""
    bones = plan.armature.pose.bones
    if not bones[limb.holder].constraints[limb.constraint].use_stretch:
        return
    elastic = [bones[name] for name in limb.chain if bones[name].ik_stretch > 0.0]
    for bone in elastic:
        plan.add_channel(bone, Channel(f"{bone.path_from_id()}.ik_stretch", 0, bone.name, np.zeros(1)))
    if elastic:
        names = " and ".join(bone.name for bone in elastic)
        plan.notes.append(f"IK Stretch of {names} is keyed to 0, so that the limb bends as far as it should.")


def _note_missing_ik(plan: ChannelPlan, bone_map: BoneMap, *, keyed: set[str]) -> None:
    limbs = {name for joint, match in bone_map.joints.items() if joint.endswith(_LIMB_PARTS) for name in match.bones}
    if keyed & limbs and not plan.rig.ik and not plan.rig.ik_chains:
        plan.notes.append(
            f"{plan.armature.name} has no IK constraint that bends its arms or legs, so they are keyed in FK."
        )


def _listed(names: Collection[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(list(names)[:_NAMED]) + (f" and {more} more" if more > 0 else "")
