"""Which hands of a rig an artist has left alone, so that they may be relaxed; reads and changes nothing."""

from __future__ import annotations

import bpy
import numpy as np

from ..backend.retarget.bone_map import FINGER_JOINTS, BoneMap
from ..backend.retarget.channels import rotation_property
from ..backend.retarget.rig_spec import RigSpec
from .fcurves import existing_channelbag

_AT_REST = np.cos(np.radians(0.2))
"""Least cosine of the turn of a finger that nobody has posed, from half its trace."""


def untouched_hands(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """Of "left" and "right" the hands whose mapped fingers have neither keys nor a pose of their own."""
    return tuple(side for side in ("left", "right") if _is_untouched(armature, rig, bone_map=bone_map, side=side))


def _is_untouched(armature: bpy.types.Object, rig: RigSpec, *, bone_map: BoneMap, side: str) -> bool:
    joints = [joint for joint in FINGER_JOINTS if joint.startswith(side) and joint in bone_map.joints]
    bones = [bone for joint in joints for bone in bone_map.joints[joint].bones]
    return not any(_is_posed(rig, bone) or _is_keyed(armature, rig, bone) for bone in bones)


def _is_posed(rig: RigSpec, bone: str) -> bool:
    turn = rig.basis[rig.index[bone], :3, :3].astype(np.float64)
    turn /= np.maximum(np.linalg.norm(turn, axis=0), 1e-12)
    return 0.5 * (float(np.trace(turn)) - 1.0) < _AT_REST


def _is_keyed(armature: bpy.types.Object, rig: RigSpec, bone: str) -> bool:
    channelbag = existing_channelbag(armature)
    if channelbag is None:
        return False
    name = rotation_property(rig.rotation_modes[rig.index[bone]])
    path = f"{armature.pose.bones[bone].path_from_id()}.{name}"
    curves = (channelbag.fcurves.find(path, index=index) for index in range(4))
    return any(curve is not None and len(curve.keyframe_points) > 0 for curve in curves)
