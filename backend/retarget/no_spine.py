"""Bodies without a mapped spine: whether they have none, or bones that nobody knows; told in sentences."""

from __future__ import annotations

from typing import Final

from .bone_map import BoneMap
from .essential import ESSENTIAL
from .rig_spec import RigSpec

_SPINE: Final = ("spine1", "spine2", "spine3")


def bones_of_no_spine(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """The bones between hips and upper arms that stand for no joint, from below."""
    mapped = {rig.index[bone] for match in bone_map.joints.values() for bone in match.bones}
    hips, arm = (bone_map.first(joint) for joint in ("pelvis", "left_shoulder"))
    if hips is None or arm is None:
        return ()
    above_hips = set(rig.ancestors(rig.index[hips]))
    between = [bone for bone in reversed(rig.ancestors(rig.index[arm])) if bone not in mapped | above_hips]
    return tuple(rig.bones[bone] for bone in between)


def spine_notes(rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """What carries the trunk of a body that has no mapped spine, in a sentence; nothing where it has one."""
    has_spine = any(joint in bone_map.joints for joint in _SPINE)
    if has_spine or any(joint not in bone_map.joints for joint in ESSENTIAL):
        return ()
    carrier, between = bone_map.first("pelvis"), bones_of_no_spine(rig, bone_map)
    if not between:
        return (f"{rig.name} has no spine: {carrier} (hips) carries the trunk.",)
    still = (
        f"No joint of the spine is mapped, so {carrier} (hips) carries the trunk, and these bones stay as they are: "
        f"{', '.join(between)}. Choose a chest in the bone map if one of them bends the back."
    )
    return (still,)
