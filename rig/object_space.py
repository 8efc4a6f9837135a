"""What an armature's object and its parents do to the pose in the world: mirror, stretch or tilt it."""

from __future__ import annotations

from typing import Final

import bpy
import numpy as np

from ..backend.arrays import DoubleArray
from ..backend.pose_sequence import PoseSequence
from ..backend.retarget.bone_map import BoneMap
from ..backend.retarget.character_frame import MappedRig
from ..backend.retarget.checks import stands_at_rest
from ..backend.retarget.rig_spec import RigSpec

_STRETCHED: Final = 1.0
"""Degrees by which limbs may point aside before it is told."""
_TILTED: Final = 15.0
"""Degrees off the world's up from which on a body does not stand."""
_NOTHING: Final = 1e-4
"""Smallest scale over the largest, below which a rig is flat."""


def is_mirrored(armature: bpy.types.Object) -> bool:
    """Whether the scales of the object and its parents make a mirror image of the rig, so that its left is a right."""
    return bool(np.linalg.det(_to_world(armature)) < 0.0)


def as_posed(armature: bpy.types.Object, poses: PoseSequence, *, flip: bool) -> PoseSequence:
    """The poses for the rig's own left and right that look right in the world; `flip` exchanges them there."""
    return poses.mirrored() if flip != is_mirrored(armature) else poses


def object_notes(armature: bpy.types.Object, rig: RigSpec, bone_map: BoneMap) -> tuple[str, ...]:
    """In sentences, where what is seen in the world is not the pose alone. `bone_map` has every essential joint."""
    to_world, notes = _to_world(armature), list[str]()
    scales = np.linalg.svd(to_world, compute_uv=False)
    if is_mirrored(armature):
        notes.append(
            f"{armature.name} is mirrored by the scale of its object or a parent: the pose was put on it with left and "
            "right exchanged, so that it looks right in the world."
        )
    aside = _largest_stretch(scales)
    if scales[-1] <= _NOTHING * scales[0]:
        notes.append(f"{armature.name} is scaled to nothing along an axis, so its pose cannot be seen whole.")
    elif aside > _STRETCHED:
        notes.append(
            f"{armature.name} is scaled unevenly by its object or a parent, so limbs point up to {aside:.0f} degrees "
            "aside in the world. Make these scales even, or apply them (Object > Apply > Scale)."
        )
    if stands_at_rest(rig, bone_map) and scales[-1] > _NOTHING * scales[0]:
        up = to_world @ MappedRig(rig, bone_map).frame.axes[:, 1]
        tilt = float(np.degrees(np.arctan2(np.linalg.norm(up[:2]), up[2])))
        if tilt > _TILTED:
            notes.append(
                f"The object {armature.name} is tilted by {tilt:.0f} degrees, and the pose with it. "
                "Clear its rotation and that of its parents if it should stand."
            )
    return tuple(notes)


def _largest_stretch(scales: DoubleArray) -> float:
    """Degrees by which a stretch of these principal scales (3,), the largest first, turns a direction at most.

    The direction at the angle a from the largest axis goes to atan(tan(a) s / l), with l and s the largest and the
    smallest scale; the difference is largest where tan(a)^2 = l / s.
    """
    largest, smallest = float(scales[0]), float(scales[-1])
    return float(np.degrees(np.arctan2(largest - smallest, 2.0 * np.sqrt(largest * smallest))))


def _to_world(armature: bpy.types.Object) -> DoubleArray:
    """(3, 3) armature space -> world, without the place."""
    return np.array(armature.matrix_world, dtype=np.float64)[:3, :3]
