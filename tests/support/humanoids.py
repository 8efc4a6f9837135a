"""Small armatures made from numbers, for tests that need a humanoid rig and none in particular."""

from __future__ import annotations

from collections.abc import Mapping

import bpy

Point = tuple[float, float, float]

# Parent, head and tail in metres: a neutral adult in T-pose who faces Blender's front view (-Y), so left is +X.
CENTRE_BONES: Mapping[str, tuple[str | None, Point, Point]] = {
    "Hips": (None, (0.0, 0.0, 0.95), (0.0, 0.0, 1.05)),
    "Spine": ("Hips", (0.0, 0.0, 1.05), (0.0, 0.0, 1.17)),
    "Spine1": ("Spine", (0.0, 0.0, 1.17), (0.0, 0.0, 1.29)),
    "Spine2": ("Spine1", (0.0, 0.0, 1.29), (0.0, 0.0, 1.45)),
    "Neck": ("Spine2", (0.0, 0.0, 1.45), (0.0, -0.02, 1.55)),
    "Head": ("Neck", (0.0, -0.02, 1.55), (0.0, -0.02, 1.75)),
}
LEFT_BONES: Mapping[str, tuple[str, Point, Point]] = {
    "Shoulder": ("Spine2", (0.03, 0.0, 1.42), (0.17, 0.0, 1.41)),
    "Arm": ("Shoulder", (0.17, 0.0, 1.41), (0.44, 0.0, 1.41)),
    "ForeArm": ("Arm", (0.44, 0.0, 1.41), (0.70, 0.0, 1.41)),
    "Hand": ("ForeArm", (0.70, 0.0, 1.41), (0.79, 0.0, 1.41)),
    "UpLeg": ("Hips", (0.09, 0.0, 0.91), (0.10, -0.01, 0.50)),
    "Leg": ("UpLeg", (0.10, -0.01, 0.50), (0.10, 0.02, 0.09)),
    "Foot": ("Leg", (0.10, 0.02, 0.09), (0.10, -0.11, 0.02)),
    "ToeBase": ("Foot", (0.10, -0.11, 0.02), (0.10, -0.18, 0.02)),
}


def humanoid_bones() -> dict[str, tuple[str | None, Point, Point]]:
    """Mixamo's names without prefix -> parent, head, tail; parents come before their children."""
    bones = dict(CENTRE_BONES)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for name, (parent, head, tail) in LEFT_BONES.items():
            bones[side + name] = (
                side + parent if parent in LEFT_BONES else parent,
                (sign * head[0], head[1], head[2]),
                (sign * tail[0], tail[1], tail[2]),
            )
    return bones


def make_armature(
    bones: Mapping[str, tuple[str | None, Point, Point]], *, name: str = "Armature", prefix: str = ""
) -> bpy.types.Object:
    """An active, selected armature object in Object Mode from name -> (parent, head, tail), parents first."""
    armature = bpy.data.objects.new(name, bpy.data.armatures.new(name))
    bpy.context.scene.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    armature.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")  # edit bones exist in no other mode
    for bone_name, (parent, head, tail) in bones.items():
        bone = armature.data.edit_bones.new(prefix + bone_name)
        bone.head, bone.tail = head, tail
        if parent is not None:
            bone.parent = armature.data.edit_bones[prefix + parent]
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def make_humanoid(*, name: str = "Armature", prefix: str = "mixamorig:") -> bpy.types.Object:
    """An adult of 22 bones with Mixamo's names, in T-pose, facing Blender's front view."""
    return make_armature(humanoid_bones(), name=name, prefix=prefix)
