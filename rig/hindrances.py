"""What keeps keys from showing although they are written: limits, muted curves, modifiers, the NLA; in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import bpy
import numpy as np

from ..backend.arrays import AnyFloatArray
from ..backend.retarget.channels import euler_angles
from ..backend.retarget.rig_pose import RigPose
from ..backend.retarget.rig_spec import EULER_ORDERS
from .channel_plan import ChannelPlan

_MOST_FRAMES: Final = 100
"""Frames looked at, evenly spread."""
_NO_LOSS: Final = np.radians(0.5)
_HOLD_PLACES: Final = ("LIMIT_LOCATION", "LIMIT_DISTANCE", "FLOOR")
_WHOLE: Final = 0.995
"""Influence from which on an action counts in full."""


def hindrances(plan: ChannelPlan, pose: RigPose) -> tuple[str, ...]:
    """In sentences, all that stands between the channels of the plan and the pose that is wanted."""
    limited = [name for name in plan.bones if _is_limited(plan, pose, name)]
    moved = {channel.group for channel in plan.channels if channel.data_path.endswith(".location")}
    held = [name for name in plan.bones if name in moved and _in_force(plan.armature.pose.bones[name], _HOLD_PLACES)]
    notes = [
        _said("Limit Rotation on {} keeps the pose from turning as far as it should. Mute it, or widen it.", limited),
        _said("Limits on {} may keep the body from where it should be. Mute the constraints, or widen them.", held),
        _said("F-curves of {} are muted, so their keys do not show. Unmute them in the Graph Editor.", _muted(plan)),
        _said("F-curves of {} have modifiers, which change what was keyed. Mute the modifiers.", _modified(plan)),
        _said("IK locks or limits of {} may keep IK from the pose. Free them, or choose FK.", _stiff(plan)),
    ]
    return (*(note for note in notes if note), *_nla_notes(plan.armature))


def _nla_notes(armature: bpy.types.Object) -> list[str]:
    """Settings of the NLA editor by which the action does not show as it is; without strips they do nothing."""
    animation = armature.animation_data
    tracks = animation.nla_tracks if animation is not None and animation.use_nla else ()
    if tracks and animation.use_tweak_mode:
        strip = next(
            (s for track in tracks if track.active for s in track.strips if s.action == animation.action), None
        )
        if strip is None:
            return []
        influence = strip.influence if strip.use_animated_influence else 1.0
        return _mixing_notes(f"The NLA strip {strip.name} of {armature.name}", influence, strip.blend_type)
    solo = [track.name for track in tracks if track.is_solo]
    if solo:
        shown = f"The NLA track {solo[0]} of {armature.name} plays solo, so the action with the pose does not show. "
        return [shown + "Clear the track's star in the NLA editor."]
    if not any(len(track.strips) and not track.mute for track in tracks):
        return []
    what = f"The action of {armature.name}"
    return _mixing_notes(what, animation.action_influence, animation.action_blend_type)


def _mixing_notes(what: str, influence: float, blending: str) -> list[str]:
    """What the influence and the blending of an action, or of the strip that is tweaked, do to its keys."""
    notes: list[str] = []
    if influence < _WHOLE:
        notes.append(
            f"{what} counts only {influence:.0%} in the NLA editor, so the pose shows only in part. "
            "Set its influence to 1 in the NLA editor."
        )
    if blending != "REPLACE":
        notes.append(
            f"{what} is blended with what lies below it by {blending.capitalize()}, so the pose may show changed. "
            "Set its blending to Replace in the NLA editor."
        )
    return notes


def _said(sentence: str, names: Iterable[str]) -> str:
    named = list(dict.fromkeys(names))
    return sentence.format(", ".join(named)) if named else ""


def _in_force(bone: bpy.types.PoseBone, types: Iterable[str]) -> list[bpy.types.Constraint]:
    possible = [c for c in bone.constraints if c.type in types and not c.mute and c.influence > 0.0 and c.is_valid]
    return [c for c in possible if _limits_anything(c)]


def _limits_anything(constraint: bpy.types.Constraint) -> bool:
    """Whether any limit is switched on, for the types that have switches."""
    if isinstance(constraint, bpy.types.LimitRotationConstraint):
        return any(getattr(constraint, f"use_limit_{axis}") for axis in "xyz")
    if isinstance(constraint, bpy.types.LimitLocationConstraint):
        return any(getattr(constraint, f"use_{end}_{axis}") for end in ("min", "max") for axis in "xyz")
    return True


def _is_limited(plan: ChannelPlan, pose: RigPose, name: str) -> bool:
    """Whether a Limit Rotation would change what was solved; one that is not in the bone's own space may."""
    limits = _in_force(plan.armature.pose.bones[name], ("LIMIT_ROTATION",))
    if not limits or name not in pose.bones:
        return False
    turns = pose.rotations[:, pose.bones.index(name)]
    turns = turns[:: max(1, len(turns) // _MOST_FRAMES)]
    mode = plan.rig.rotation_modes[plan.rig.index[name]]
    return any(limit.owner_space != "LOCAL" or _goes_beyond(limit, turns, mode=mode) for limit in limits)


def _goes_beyond(limit: bpy.types.Constraint, turns: AnyFloatArray, *, mode: str) -> bool:
    """Whether one of the turns (T, 4) is outside; Blender limits each Euler angle by itself."""
    if not isinstance(limit, bpy.types.LimitRotationConstraint):
        return False
    order = mode if mode in EULER_ORDERS else "XYZ"
    if limit.euler_order != "AUTO":
        order = limit.euler_order
    angles = np.concatenate([euler_angles(turn[None], order, near=np.zeros(3)) for turn in turns])
    angles = (angles + np.pi) % (2.0 * np.pi) - np.pi
    for index, axis in enumerate("xyz"):
        least, most = getattr(limit, f"min_{axis}"), getattr(limit, f"max_{axis}")
        outside = (angles[:, index] < least - _NO_LOSS) | (angles[:, index] > most + _NO_LOSS)
        if getattr(limit, f"use_limit_{axis}") and bool(outside.any()):
            return True
    return False


def _curves(plan: ChannelPlan) -> Iterator[tuple[str, bpy.types.FCurve]]:
    """The F-curves that there are already for channels of the plan, each with the bone."""
    for channel in plan.channels if plan.channelbag else ():
        curve = plan.channelbag.fcurves.find(channel.data_path, index=channel.index)
        if curve is not None:
            yield channel.group, curve


def _muted(plan: ChannelPlan) -> list[str]:
    return [bone for bone, curve in _curves(plan) if curve.mute or getattr(curve.group, "mute", False)]


def _modified(plan: ChannelPlan) -> list[str]:
    return [bone for bone, curve in _curves(plan) if any(not modifier.mute for modifier in curve.modifiers)]


def _stiff(plan: ChannelPlan) -> list[str]:
    """Bones of IK chains that are posed in IK and cannot turn freely there."""
    if plan.options.limbs != "IK":
        return []
    names = {name for chain in plan.rig.ik_chains if chain.target is not None for name in chain.bones}
    bones = [plan.armature.pose.bones[name] for name in plan.bones if name in names]
    kinds = ("lock_ik", "use_ik_limit")
    return [bone.name for bone in bones if any(getattr(bone, f"{kind}_{axis}") for kind in kinds for axis in "xyz")]
