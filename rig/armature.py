"""Armature objects -> `RigSpec`; reads Blender's data and changes nothing."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import bpy
import numpy as np

from ..backend.errors import RigError
from ..backend.retarget.rig_spec import ROTATION_MODES, RigSpec
from .fk_switches import fk_switches
from .vrm_tables import humanoid_table

_IN_FULL: Final = 0.99
"""Influence from which on a constraint leaves nothing of what was before it."""


def require_armature(obj: bpy.types.Object | None) -> bpy.types.Object:
    """The object, if it is an armature that can be posed.

    Raises:
        RigError: nothing is active, it is no armature, has no bones, is linked, or is in Edit Mode.
    """
    if obj is None:
        raise RigError("No object is active. Select an armature.")
    if obj.type != "ARMATURE":
        raise RigError(f"{obj.name} is not an armature. Select an armature.")
    if obj.library is not None:
        raise RigError(
            f"{obj.name} is linked from {bpy.path.basename(obj.library.filepath)} and cannot be posed here. "
            "Make a library override (Object > Library Override > Make)."
        )
    if not obj.data.bones:
        raise RigError(f"{obj.name} has no bones. Select another armature.")
    if obj.mode == "EDIT":
        raise RigError(f"{obj.name} is in Edit Mode. Switch to Pose Mode.")
    return obj


def read_rig(armature: bpy.types.Object) -> RigSpec:
    """Rest pose, current pose and channels of an armature, parents before children.

    Raises:
        RigError: the object cannot be posed.
    """
    armature = require_armature(armature)
    bones = armature.data.bones
    index = {bone.name: position for position, bone in enumerate(bones)}
    pose, order = armature.pose.bones, _places_in_pose(armature, index)
    bent = [pose[position] for position in order.tolist()]
    locks = np.concatenate([_read(pose, "lock_rotation_w", 1), _read(pose, "lock_rotation", 3)], axis=1)
    return RigSpec(
        name=armature.name,
        bones=tuple(index),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in bones]),
        rest=_finite(_matrices(bones, "matrix_local"), armature, what="rest pose"),
        lengths=_read(bones, "length", 1)[:, 0],
        deform=_read(bones, "use_deform", 1)[:, 0] > 0.0,
        inherit_rotation=_read(bones, "use_inherit_rotation", 1)[:, 0] > 0.0,
        inherit_scale=tuple(bone.inherit_scale for bone in bones),
        local_location=_read(bones, "use_local_location", 1)[:, 0] > 0.0,
        rotation_modes=tuple(_mode(bone) for bone in bent),
        lock_location=_read(pose, "lock_location", 3)[order] > 0.0,
        lock_rotation=locks[order] > 0.0,
        lock_per_component=_read(pose, "lock_rotations_4d", 1)[order, 0] > 0.0,
        constraints=tuple(_constraints(bone) for bone in bent),
        copies=tuple(_copied(bone) for bone in bent),
        overrides=_overrides(armature, bent),
        shaped=np.array([bone.custom_shape is not None for bone in bent]),
        basis=_finite(_matrices(pose, "matrix_basis")[order], armature, what="pose"),
        scales=_read(pose, "scale", 3)[order],
        humanoid=humanoid_table(armature),
        fk_switches=fk_switches(armature),
    )


def _places_in_pose(armature: bpy.types.Object, index: dict[str, int]) -> np.ndarray:
    """(B,) where each bone is in `Pose.bones`: those are in the order of creation, `Armature.bones` depth first."""
    order = np.empty(len(index), np.intp)
    for position, bone in enumerate(armature.pose.bones):
        order[index[bone.name]] = position
    return order


def _finite(matrices: np.ndarray, armature: bpy.types.Object, *, what: str) -> np.ndarray:
    """The matrices of its bones, in their order, if all are numbers.

    Raises:
        RigError: some are not; it names the bones.
    """
    bad = np.flatnonzero(~np.isfinite(matrices).all(axis=(1, 2)))
    if len(bad):
        names = ", ".join(armature.data.bones[int(bone)].name for bone in bad[:5])
        raise RigError(
            f"{armature.name}: the {what} of {names} holds numbers that are not finite. "
            "Clear the transforms of these bones, or correct their keys and drivers."
        )
    return matrices


def _read(bones: bpy.types.bpy_prop_collection, name: str, width: int) -> np.ndarray:
    """(B, width) of a property of all bones, flags as 0 and 1."""
    kind = np.bool_ if name.startswith(("use_", "lock_")) else np.float32
    values = np.empty(len(bones) * width, kind)
    bones.foreach_get(name, values)
    return values.reshape(len(bones), width).astype(np.float32)


def _matrices(bones: bpy.types.bpy_prop_collection, name: str) -> np.ndarray:
    """(B, 4, 4): Blender hands matrices over column by column."""
    return _read(bones, name, 16).reshape(-1, 4, 4).swapaxes(-1, -2)


def _mode(bone: bpy.types.PoseBone) -> str:
    return bone.rotation_mode if bone.rotation_mode in ROTATION_MODES else "QUATERNION"


def _constraints(bone: bpy.types.PoseBone) -> tuple[str, ...]:
    return tuple(constraint.type for constraint in bone.constraints if not constraint.mute and constraint.is_valid)


def _overrides(armature: bpy.types.Object, bones: list[bpy.types.PoseBone]) -> tuple[tuple[str, ...], ...]:
    """Per bone the constraints in force, but for what takes nothing from the artist.

    That is IK and copies of IK targets, whose influence is keyed with a pose, and what belongs to how the rig is made:
    a place taken from another of its bones, and a bone stretched to one that moves with it.
    """
    every = [constraint for bone in armature.pose.bones for constraint in bone.constraints]
    targets = {each.subtarget for each in every if each.type == "IK" and each.target == armature and not each.mute}
    return tuple(
        tuple(
            each.type
            for each in bone.constraints
            if _in_force(each)
            and not (each.type == "IK" or is_copy_of(armature, each, targets) or _is_of_the_rig(bone, each))
        )
        for bone in bones
    )


def _in_force(constraint: bpy.types.Constraint) -> bool:
    return not constraint.mute and constraint.influence > 0.0 and constraint.is_valid


def _is_of_the_rig(bone: bpy.types.PoseBone, constraint: bpy.types.Constraint) -> bool:
    """Whether it takes its place from another bone of the rig, or stretches to a bone that the posed bone carries."""
    if constraint.type not in ("COPY_LOCATION", "PIVOT", "STRETCH_TO") or constraint.target != bone.id_data:
        return False
    target = bone.id_data.pose.bones.get(constraint.subtarget)
    return target is not None and (constraint.type != "STRETCH_TO" or bone in target.parent_recursive)


def is_copy_of(armature: bpy.types.Object, constraint: bpy.types.Constraint, bones: Collection[str]) -> bool:
    """Whether a constraint in force copies the rotation of one of these bones of the armature."""
    copies = constraint.type == "COPY_ROTATION" and not constraint.mute and constraint.target == armature
    return copies and constraint.subtarget in bones


def _copied(bone: bpy.types.PoseBone) -> str:
    """The bone of the same armature that the first constraints in force make this one follow in full."""
    located = ""
    for constraint in bone.constraints:
        if constraint.mute or not constraint.is_valid or constraint.influence < _IN_FULL:
            continue
        if constraint.type == "ARMATURE":
            return next((t.subtarget for t in constraint.targets if t.target == bone.id_data), "")
        if getattr(constraint, "target", None) != bone.id_data:
            continue
        if constraint.type == "COPY_TRANSFORMS" or (constraint.type == "COPY_ROTATION" and _same(constraint, located)):
            return str(constraint.subtarget)
        if constraint.type == "COPY_LOCATION":
            located = str(constraint.subtarget)
    return ""


def _same(constraint: bpy.types.Constraint, located: str) -> bool:
    return bool(located) and str(constraint.subtarget) == located
