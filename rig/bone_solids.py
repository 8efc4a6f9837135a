"""Bones as solids, for pictures of rigs that have no mesh: one mesh of spun bones in the evaluated pose."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Vector

_SIDES = 16
# Along the bone, as share of its length, and the radius there, as share of the widest: a turned wooden limb.
_PROFILE = (
    (0.0, 0.0),
    (0.01, 0.45),
    (0.05, 0.8),
    (0.13, 1.0),
    (0.3, 0.98),
    (0.6, 0.78),
    (0.88, 0.55),
    (0.97, 0.4),
    (1.0, 0.0),
)
_SLENDERNESS = 0.13
_THICKEST = 0.027
_THINNEST = 0.0035
_LONGEST_FROM_ROOT = 0.35


def bone_solids(armature: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> bpy.types.Mesh | None:
    """A new mesh in world space with one solid a bone; None for an armature without bones.

    Deforming bones are drawn, or all where fewer than ten deform. A bone is drawn from its head to the heads of
    its children, because tails of imported rigs need not point at them, and to its tail where it has none.
    """
    posed = armature.evaluated_get(depsgraph)
    segments = _segments(posed)
    if not segments:
        return None
    points = np.array(segments)
    figure = float(np.ptp(points.reshape(-1, 3), axis=0).max())
    vertices, faces = [], []
    for head, tail in points:
        length = float(np.linalg.norm(tail - head))
        if length < 1e-5 * figure:
            continue
        radius = np.clip(_SLENDERNESS * length, _THINNEST * figure, _THICKEST * figure)
        solid, sides = _spun(head, tail, radius)
        faces.extend((sides + _SIDES * len(_PROFILE) * len(vertices)).tolist())
        vertices.append(solid)
    mesh = bpy.data.meshes.new("Bones")
    mesh.from_pydata(np.concatenate(vertices).tolist(), [], faces)
    mesh.shade_smooth()
    return mesh


def _segments(posed: bpy.types.Object) -> list[tuple[Vector, Vector]]:
    """World-space head and end of what to draw."""
    to_world = posed.matrix_world
    deforming = [bone for bone in posed.pose.bones if bone.bone.use_deform]
    drawn = deforming if len(deforming) >= 10 else list(posed.pose.bones)
    names = {bone.name for bone in drawn}
    size = max((to_world @ bone.head - to_world @ drawn[0].head).length for bone in drawn) if drawn else 0.0
    segments = []
    for bone in drawn:
        head = to_world @ bone.head
        ends = [to_world @ child.head for child in bone.children if child.name in names]
        ends = [end for end in ends if (end - head).length > 1e-4 * size] or [to_world @ bone.tail]
        if bone.parent is None:
            # From a root on the ground to the hips there is no limb.
            ends = [end for end in ends if (end - head).length < _LONGEST_FROM_ROOT * size]
        segments.extend((head, end) for end in ends)
    return segments


def _spun(head: np.ndarray, tail: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (P * S, 3) and faces (F, 4) of the profile turned about the line from head to tail."""
    along = tail - head
    direction = along / np.linalg.norm(along)
    helper = np.array([0.0, 0.0, 1.0]) if abs(direction[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    across = np.cross(direction, helper)
    across /= np.linalg.norm(across)
    angles = np.linspace(0.0, 2.0 * np.pi, _SIDES, endpoint=False)[:, None]
    ring = np.cos(angles) * across + np.sin(angles) * np.cross(direction, across)
    profile = np.array(_PROFILE)
    vertices = head + profile[:, None, :1] * along + profile[:, None, 1:] * radius * ring
    near = np.arange(_SIDES * (len(_PROFILE) - 1)).reshape(-1, _SIDES)
    faces = np.stack([near, np.roll(near, -1, axis=1), np.roll(near, -1, axis=1) + _SIDES, near + _SIDES], axis=-1)
    return vertices.reshape(-1, 3), faces.reshape(-1, 4)
