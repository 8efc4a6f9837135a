"""Which bones show what a rig's controls do: with a switch between FK and IK, half of the controls do not count."""

from __future__ import annotations

from collections.abc import Collection

import bpy
import numpy as np

from ..backend.retarget.rig_spec import RigSpec

_COPYING = ("COPY_TRANSFORMS", "COPY_ROTATION")
_SAME_PLACE = 0.01
_SAME_TURN = np.radians(1.0)


def shown_by(armature: bpy.types.Object, rig: RigSpec, controls: Collection[str]) -> dict[str, str]:
    """Per control the bone that shows it, where that is another.

    That is a bone which stands as the control does at rest and copies it as well as another bone, as the limbs of
    Rigify's generated rigs copy an FK and an IK chain.
    """
    found: dict[str, str] = {}
    for bone in armature.pose.bones:
        sources = dict.fromkeys(
            constraint.subtarget
            for constraint in bone.constraints
            if constraint.type in _COPYING and not constraint.mute and constraint.target == armature
        )
        if len(sources) < 2:
            continue
        for control in sources:
            if control in controls and _same_at_rest(rig, bone.name, control):
                found.setdefault(control, bone.name)
    return found


def _same_at_rest(rig: RigSpec, one: str, other: str) -> bool:
    first, second = rig.index[one], rig.index[other]
    size = max(float(rig.lengths[second]), 1e-9)
    apart = float(np.linalg.norm(rig.heads[first] - rig.heads[second]))
    turned = rig.rest[first, :3, :3].T @ rig.rest[second, :3, :3]
    return apart < _SAME_PLACE * size and float(np.trace(turned)) > 1.0 + 2.0 * np.cos(_SAME_TURN)
