"""What a report says of a rig: numbers, the naming convention and which joints are mapped, and no name of the artist's.

Bones of a known convention are known by the convention's title; those of others may tell what a film is about. So bones
are never named; a hash of their names tells whether two reports are about the same rig.
"""

from __future__ import annotations

import hashlib

import bpy

from ..backend.joint_words import BODY_JOINTS, FINGER_JOINTS
from .stored_map import stored_map


def fingerprint(armature: bpy.types.Object | None) -> tuple[str, ...]:
    """Lines about an armature; reads properties alone, so that it works on rigs that cannot be read."""
    if armature is None or armature.type != "ARMATURE":
        return ("no armature is active",)
    bones = armature.data.bones
    names = "\n".join(sorted(f"{bone.name} < {bone.parent.name if bone.parent else ''}" for bone in bones))
    posed = armature.pose.bones if armature.pose is not None else ()
    constraints = sorted({each.type for bone in posed for each in bone.constraints})
    numbers = (
        f"{len(bones)} bones, {sum(bone.parent is None for bone in bones)} of them without a parent, "
        f"{sum(bone.use_deform for bone in bones)} deform; names and parents {_digest(names)}"
    )
    return (
        numbers,
        *_map_lines(armature),
        f"rotation modes: {', '.join(sorted({bone.rotation_mode for bone in posed})) or 'none'}",
        f"constraints: {', '.join(constraints) or 'none'}",
        f"mode {armature.mode}, {_object_words(armature)}",
        _animation_words(armature),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _map_lines(armature: bpy.types.Object) -> tuple[str, ...]:
    stored = stored_map(armature)
    if stored is None:
        return ("bone map: none is kept on the armature",)
    missing = [joint for joint in BODY_JOINTS if joint not in stored.joints]
    fingers = sum(joint in stored.joints for joint in FINGER_JOINTS)
    body = len(BODY_JOINTS) - len(missing)
    mapped = f"{body} of {len(BODY_JOINTS)} body joints, {fingers} of {len(FINGER_JOINTS)} finger joints"
    return (
        f"bone map: convention {stored.convention or 'none that is known'}, {mapped}",
        f"joints without a bone: {', '.join(missing) or 'none'}; in question: {', '.join(stored.ask) or 'none'}",
    )


def _object_words(armature: bpy.types.Object) -> str:
    scale = ", ".join(f"{number:g}" for number in armature.scale)
    kinds = {"linked": armature.library is not None, "library override": armature.override_library is not None}
    kinds |= {"has a parent": armature.parent is not None, "has object constraints": len(armature.constraints) > 0}
    return ", ".join((f"scale {scale}", *(kind for kind, is_so in kinds.items() if is_so)))


def _animation_words(armature: bpy.types.Object) -> str:
    animation = armature.animation_data
    if animation is None:
        return "no animation"
    action = "an action" if animation.action is not None else "no action"
    return f"{action}, {len(animation.nla_tracks)} NLA tracks, {len(animation.drivers)} drivers"
