"""Armature objects -> `RigSpec`; reads Blender's data and changes nothing."""

from __future__ import annotations

import bpy
import numpy as np

from ..backend.errors import RigError
from ..backend.retarget.rig_spec import ROTATION_MODES, RigSpec
from .vrm_tables import humanoid_table


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
    pose = _parents_first(armature)
    index = {bone.name: position for position, bone in enumerate(pose)}
    return RigSpec(
        name=armature.name,
        bones=tuple(index),
        parents=np.array([index[bone.parent.name] if bone.parent else -1 for bone in pose]),
        rest=np.array([bone.bone.matrix_local for bone in pose]),
        lengths=np.array([bone.bone.length for bone in pose]),
        deform=np.array([bone.bone.use_deform for bone in pose]),
        inherit_rotation=np.array([bone.bone.use_inherit_rotation for bone in pose]),
        local_location=np.array([bone.bone.use_local_location for bone in pose]),
        rotation_modes=tuple(_mode(bone) for bone in pose),
        lock_location=np.array([tuple(bone.lock_location) for bone in pose]),
        lock_rotation=np.array([(bone.lock_rotation_w, *bone.lock_rotation) for bone in pose]),
        lock_per_component=np.array([bone.lock_rotations_4d for bone in pose]),
        constraints=tuple(_constraints(bone) for bone in pose),
        basis=np.array([bone.matrix_basis for bone in pose]),
        humanoid=humanoid_table(armature),
    )


def _parents_first(armature: bpy.types.Object) -> list[bpy.types.PoseBone]:
    # `Armature.bones` is in depth-first order, `Pose.bones` in the order of creation.
    return [armature.pose.bones[bone.name] for bone in armature.data.bones]


def _mode(bone: bpy.types.PoseBone) -> str:
    return bone.rotation_mode if bone.rotation_mode in ROTATION_MODES else "QUATERNION"


def _constraints(bone: bpy.types.PoseBone) -> tuple[str, ...]:
    return tuple(constraint.type for constraint in bone.constraints if not constraint.mute and constraint.is_valid)
