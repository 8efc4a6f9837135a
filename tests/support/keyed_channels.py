"""The F-curves of an armature, found through slot and channelbag."""

from __future__ import annotations

import bpy


def curves_of(armature: bpy.types.Object) -> dict[tuple[str, int], bpy.types.FCurve]:
    """(data path, array index) -> F-curve of the armature's own slot."""
    animation = armature.animation_data
    bag = animation.action.layers[0].strips[0].channelbag(animation.action_slot)
    return {(curve.data_path, curve.array_index): curve for curve in bag.fcurves}


def path(bone: str, name: str = "rotation_quaternion") -> str:
    """The data path of a bone's channel."""
    return f'pose.bones["{bone}"].{name}'
