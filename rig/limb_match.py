"""FK rotations that make a limb stand as it is shown now, such as by IK; reads and changes nothing."""

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np
from mathutils import Matrix


def shown_rotations(armature: bpy.types.Object, names: Collection[str]) -> dict[str, np.ndarray]:
    """(1, 4) unit quaternions w, x, y, z per bone: the rotation of `matrix_basis` with which FK shows the same.

    A control of a rig that blends FK and IK is seen by the bone that copies it; any other bone as it stands itself.
    Bones between two of these are taken to follow the upper one stiffly.
    """
    armature.update_tag(refresh={"OBJECT", "DATA"})  # its pose may have been tried out and set back a moment ago
    bpy.context.view_layer.update()
    bones = armature.evaluated_get(bpy.context.evaluated_depsgraph_get()).pose.bones
    copying = _copying_bones(armature)
    shown = {name: bones[copying.get(name, name)].matrix for name in names}
    found: dict[str, np.ndarray] = {}
    for name in names:
        bone = bones[name]
        parent = bone.parent
        above = next((each.name for each in bone.parent_recursive if each.name in shown), None)
        if parent is None:
            basis = bone.bone.convert_local_to_pose(shown[name], bone.bone.matrix_local, invert=True)
        else:
            moved = Matrix() if above is None else shown[above] @ bones[above].matrix.inverted_safe()
            basis = bone.bone.convert_local_to_pose(
                shown[name],
                bone.bone.matrix_local,
                parent_matrix=moved @ parent.matrix,
                parent_matrix_local=parent.bone.matrix_local,
                invert=True,
            )
        found[name] = np.array([basis.to_quaternion()[:]], dtype=np.float64)
    return found


def _copying_bones(armature: bpy.types.Object) -> dict[str, str]:
    """Control -> the bone whose first copying constraint follows it, and whose later ones put something over it."""
    found: dict[str, str] = {}
    for bone in armature.pose.bones:
        copies = [c for c in bone.constraints if c.type == "COPY_TRANSFORMS" and not c.mute and c.target == armature]
        if len(copies) > 1:
            found.setdefault(str(copies[0].subtarget), bone.name)
    return found
