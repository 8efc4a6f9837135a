"""A character as it is rendered: which bones are its joints, where they and its surface are, and new clothes for it.

Convention: Blender's world axes (z up), metres.
"""

from __future__ import annotations

import bpy
import numpy as np
from people_scene import dressed

from contrapposto.backend.skeleton import JOINT_COUNT, JOINT_INDEX, JOINT_NAMES
from contrapposto.rig.armature import read_rig
from contrapposto.rig.bone_maps import bone_map_for
from contrapposto.rig.character import character_objects


def joint_bones(armature: bpy.types.Object) -> dict[str, str]:
    """The bone whose head is the joint, of each joint that the rig has."""
    bone_map = bone_map_for(armature, read_rig(armature))
    found = {joint: bone_map.first(joint) for joint in JOINT_NAMES}
    return {joint: bone for joint, bone in found.items() if bone is not None}


def dress(armature: bpy.types.Object, bones: dict[str, str], random: np.random.Generator, *, plain: bool) -> None:
    """New cloth, skin and hair: on the materials of that name, or by the parts of the body where there are none."""
    meshes = [thing for thing in character_objects(armature) if thing.type == "MESH"]
    if plain:
        for thing in meshes:
            _part(thing, armature, bones)
    regions = {slot.material.name.split(".")[0].lower() for thing in meshes for slot in thing.material_slots}
    cloth = dressed(regions, random)
    for thing in meshes:
        for slot in thing.material_slots:
            slot.material = cloth[slot.material.name.split(".")[0].lower()]


def _part(thing: bpy.types.Object, armature: bpy.types.Object, bones: dict[str, str]) -> None:
    """Give every face the region of the bone that moves it most."""
    joint_of = _joint_of_each_bone(armature, bones)
    names = [group.name for group in thing.vertex_groups]
    strongest = [max(vertex.groups, key=lambda group: group.weight, default=None) for vertex in thing.data.vertices]
    joints = ["" if group is None else joint_of.get(names[group.group], "") for group in strongest]
    points = np.array([thing.matrix_world @ vertex.co for vertex in thing.data.vertices])
    head = np.array(armature.matrix_world @ armature.data.bones[bones["head"]].head_local)
    regions = ("skin", "hair", "shirt", "trousers", "shoes")
    thing.data.materials.clear()
    for region in regions:
        thing.data.materials.append(bpy.data.materials.new(region))
    for face in thing.data.polygons:
        joint = joints[face.vertices[0]]
        face.material_index = regions.index(_region(joint, points[face.vertices[0]] - head))


def _joint_of_each_bone(armature: bpy.types.Object, bones: dict[str, str]) -> dict[str, str]:
    """Bone -> the joint of the nearest mapped bone above it."""
    named = {bone: joint for joint, bone in bones.items()}
    found: dict[str, str] = {}
    for bone in armature.data.bones:
        at = bone
        while at is not None and at.name not in named:
            at = at.parent
        found[bone.name] = "" if at is None else named[at.name]
    return found


def _region(joint: str, from_head: np.ndarray) -> str:
    """The material of a point of the body at (x, y, z) metres from the head's joint; the face looks along -y."""
    part = joint.removeprefix("left_").removeprefix("right_")
    if part == "head":
        _, back, up = from_head
        return "hair" if up > 0.15 - 0.9 * max(0.0, back + 0.03) and (up > 0.05 or back > 0.05) else "skin"
    if part in ("pelvis", "hip", "knee"):
        return "trousers"
    if part in ("ankle", "foot"):
        return "shoes"
    return "skin" if part in ("neck", "elbow", "wrist", "hand") else "shirt"


def surface_of(armature: bpy.types.Object) -> np.ndarray:
    """(V, 3) metres: the vertices as they are posed, in the world."""
    bpy.context.view_layer.update()
    depsgraph = bpy.context.evaluated_depsgraph_get()
    parts = []
    for thing in character_objects(armature):
        if thing.type != "MESH":
            continue
        posed = thing.evaluated_get(depsgraph)
        flat = np.empty(3 * len(posed.data.vertices), np.float32)
        posed.data.vertices.foreach_get("co", flat)
        to_world = np.array(posed.matrix_world)
        parts.append(flat.reshape(-1, 3) @ to_world[:3, :3].T + to_world[:3, 3])
    return np.concatenate(parts)


def joints_of(armature: bpy.types.Object, bones: dict[str, str]) -> np.ndarray:
    """(24, 3) metres in the world: where the joints are now; NaN where the rig has no bone for one."""
    posed = armature.evaluated_get(bpy.context.evaluated_depsgraph_get())
    heads = np.full((JOINT_COUNT, 3), np.nan)
    for joint, bone in bones.items():
        heads[JOINT_INDEX[joint]] = posed.matrix_world @ posed.pose.bones[bone].head
    return heads
