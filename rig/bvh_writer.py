"""Writes BVH with y up, as other programs expect it; the files of Blender's own exporter lie on their backs."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final, TextIO

import bpy
from mathutils import Matrix, Vector

_BLENDER_TO_BVH: Final = Matrix(((1, 0, 0), (0, 0, 1), (0, -1, 0)))
"""Blender's z up, front -y -> y up, front z."""
_CHANNELS: Final = "Xposition Yposition Zposition Zrotation Xrotation Yrotation"
_ORDER: Final = "YXZ"
"""Blender names an order by what is applied first, BVH by what stands first in the matrix product: ZXY."""


def write_bvh(armature: bpy.types.Object, path: Path, *, frames: tuple[int, int]) -> None:
    """Write the whole skeleton, in world space and scene units, and its motion from the first to the last frame.

    Every joint has six channels, so that stretched and moved bones keep their place.

    Raises:
        OSError: the file cannot be written.
    """
    scene = bpy.context.scene
    current = scene.frame_current
    bones = list(_depth_first(armature))
    rest = {bone.name: _in_bvh_axes(armature.matrix_world @ bone.matrix_local) for bone in bones}
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write("HIERARCHY\n")
        _write_hierarchy(stream, armature, rest)
        stream.write(f"MOTION\nFrames: {frames[1] - frames[0] + 1}\n")
        stream.write(f"Frame Time: {scene.render.fps_base / scene.render.fps:.9f}\n")
        try:
            for frame in range(frames[0], frames[1] + 1):
                scene.frame_set(frame)
                stream.write(_motion_line(armature, bones, rest) + "\n")
        finally:
            scene.frame_set(current)


def _depth_first(armature: bpy.types.Object) -> list[bpy.types.Bone]:
    """Bones in the order in which the hierarchy lists them."""
    ordered: list[bpy.types.Bone] = []
    pending = [bone for bone in reversed(armature.data.bones) if bone.parent is None]
    while pending:
        bone = pending.pop()
        ordered.append(bone)
        pending.extend(reversed(bone.children))
    return ordered


def _in_bvh_axes(matrix: Matrix) -> tuple[Vector, Matrix]:
    """Position and rotation (3, 3) of a world matrix, in the axes of the file."""
    rotation = _BLENDER_TO_BVH @ matrix.to_quaternion().to_matrix()
    return _BLENDER_TO_BVH @ matrix.translation, rotation


def _write_hierarchy(stream: TextIO, armature: bpy.types.Object, rest: dict[str, tuple[Vector, Matrix]]) -> None:
    roots = [bone for bone in armature.data.bones if bone.parent is None]
    if len(roots) == 1:
        _write_joint(stream, roots[0], armature=armature, rest=rest, indent=0)
        return
    # A BVH file has one root: give the others a common one that stands still at the origin.
    stream.write(f"ROOT {_unused_name(rest)}\n{{\n\tOFFSET 0 0 0\n\tCHANNELS 0\n")
    for root in roots:
        _write_joint(stream, root, armature=armature, rest=rest, indent=1)
    stream.write("}\n")


def _unused_name(names: dict[str, tuple[Vector, Matrix]]) -> str:
    name = "root"
    while name in names:
        name = f"_{name}"
    return name


def _write_joint(
    stream: TextIO,
    bone: bpy.types.Bone,
    *,
    armature: bpy.types.Object,
    rest: dict[str, tuple[Vector, Matrix]],
    indent: int,
) -> None:
    tabs = "\t" * indent
    position = rest[bone.name][0]
    offset = position - rest[bone.parent.name][0] if bone.parent else position
    # White space ends a name in BVH.
    stream.write(f"{tabs}{'JOINT' if indent else 'ROOT'} {'_'.join(bone.name.split())}\n{tabs}{{\n")
    stream.write(f"{tabs}\tOFFSET {_numbers(offset)}\n{tabs}\tCHANNELS 6 {_CHANNELS}\n")
    for child in bone.children:
        _write_joint(stream, child, armature=armature, rest=rest, indent=indent + 1)
    if not bone.children:
        tail = _BLENDER_TO_BVH @ (armature.matrix_world @ bone.tail_local) - position
        stream.write(f"{tabs}\tEnd Site\n{tabs}\t{{\n{tabs}\t\tOFFSET {_numbers(tail)}\n{tabs}\t}}\n")
    stream.write(f"{tabs}}}\n")


def _motion_line(
    armature: bpy.types.Object, bones: list[bpy.types.Bone], rest: dict[str, tuple[Vector, Matrix]]
) -> str:
    """Per joint its position in the parent's turned frame and its turn from the rest pose, relative to the parent's."""
    turned: dict[str, tuple[Vector, Matrix]] = {}
    numbers: list[str] = []
    for bone in bones:
        position, rotation = _in_bvh_axes(armature.matrix_world @ armature.pose.bones[bone.name].matrix)
        turn = rotation @ rest[bone.name][1].transposed()
        turned[bone.name] = (position, turn)
        if bone.parent:
            parent_position, parent_turn = turned[bone.parent.name]
            position = parent_turn.transposed() @ (position - parent_position)
            turn = parent_turn.transposed() @ turn
        euler = turn.to_euler(_ORDER)
        numbers.append(_numbers(position))
        numbers.append(_numbers([math.degrees(angle) for angle in (euler.z, euler.x, euler.y)]))
    return " ".join(numbers)


def _numbers(values: Vector | list[float]) -> str:
    return " ".join(f"{value:.6f}" for value in values)
