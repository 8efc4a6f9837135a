"""A scene around a posed person: clothes, light, ground, clutter and a camera, all drawn from one random generator.

Convention: Blender's world axes (z up), metres; pictures are rendered by Cycles on the processor.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import addon_utils
import bpy
import numpy as np
from mathutils import Matrix
from people_characters import HAIRS, SKINS, color_of

from contrapposto.backend.quiet import quiet

SIZES: Final = ((512, 640), (640, 512), (576, 576), (480, 640))
_SENSOR_MM: Final = 36.0
_CLOTHES: Final = ("shirt", "trousers", "shoes")
_LOWEST_CAMERA_M: Final = 0.12
_LEAST_INSIDE: Final = 0.6
"""Of the person's surface."""


@dataclass(frozen=True)
class Shot:
    """Where the camera stands.

    Attributes:
        size: (width, height) pixels.
        focal_px: the focal length.
        turn: (3, 3) from the camera's axes (x right, y up, z backwards: the inner frame) to the world.
        place: (3,) metres.
    """

    size: tuple[int, int]
    focal_px: float
    turn: np.ndarray
    place: np.ndarray

    def seen(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) in the inner frame with the camera at the origin."""
        return (points - self.place) @ self.turn

    def project(self, points: np.ndarray) -> np.ndarray:
        """World points (..., 3) -> pixels (..., 2)."""
        at = self.seen(points)
        depth = np.maximum(-at[..., 2:], 1e-3)
        return at[..., :2] * np.array([1.0, -1.0]) * self.focal_px / depth + np.array(self.size) / 2.0


def aim(points: np.ndarray, random: np.random.Generator) -> Shot:
    """A random camera that shows a person with surface points (V, 3): whole, or for one in six cut by the edge."""
    size = SIZES[random.integers(len(SIZES))]
    focal = float(np.exp(random.uniform(np.log(24.0), np.log(90.0)))) / _SENSOR_MM * max(size)
    yaw, roll = random.uniform(-math.pi, math.pi), math.radians(random.normal(0.0, 3.5))
    pitch = float(np.clip(random.normal(8.0, 14.0), -20.0, 45.0))
    cut = random.uniform() < 0.17
    share = random.uniform(0.9, 1.35) if cut else random.uniform(0.3, 0.9)
    free = random.uniform(0.0, 1.0, 2)
    while True:
        turn = _turn(yaw, pitch=math.radians(pitch), roll=roll)
        shot = _placed(points, Shot(size, focal, turn, np.zeros(3)), share=share, cut=cut, free=free)
        if shot.place[2] < _LOWEST_CAMERA_M and pitch < 45.0:
            pitch += 4.0
        elif _share_inside(shot, points) < _LEAST_INSIDE:
            share *= 0.93
        else:
            return shot


def aim_at_motion(points: np.ndarray, random: np.random.Generator, *, size: tuple[int, int]) -> Shot:
    """A random standing camera, a little above or below a person's middle, that has all of (V, 3) in the picture."""
    focal = float(np.exp(random.uniform(np.log(28.0), np.log(70.0)))) / _SENSOR_MM * max(size)
    yaw, pitch = random.uniform(-math.pi, math.pi), float(np.clip(random.normal(8.0, 8.0), -5.0, 30.0))
    while True:
        shot = Shot(size, focal, _turn(yaw, pitch=math.radians(pitch), roll=0.0), np.zeros(3))
        shot = _placed(points, shot, share=0.88, cut=False, free=np.array([0.5, 0.5]))
        if shot.place[2] >= _LOWEST_CAMERA_M or pitch >= 45.0:
            return shot
        pitch += 4.0


def _share_inside(shot: Shot, points: np.ndarray) -> float:
    """How much of the person (V, 3) is in the picture."""
    pixels = shot.project(points)
    return float(((pixels > 0.0) & (pixels < np.array(shot.size))).all(axis=1).mean())


def _turn(yaw: float, *, pitch: float, roll: float) -> np.ndarray:
    """Looks from azimuth `yaw`, down by `pitch`, turned about its axis by `roll`."""
    turn = Matrix.Rotation(yaw, 3, "Z") @ Matrix.Rotation(math.pi / 2.0 - pitch, 3, "X") @ Matrix.Rotation(roll, 3, "Z")
    return np.array(turn)


def _placed(points: np.ndarray, shot: Shot, *, share: float, cut: bool, free: np.ndarray) -> Shot:
    """Move the camera until the person takes `share` of the picture's height, at a place that `free` (2,) names."""
    width, height = shot.size
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    distance, place = 4.0, middle + shot.turn @ np.array([0.0, 0.0, 4.0])
    for _ in range(12):
        shot = Shot(shot.size, shot.focal_px, shot.turn, place)
        pixels = shot.project(points)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        extent = high - low
        grow = share * height / extent[1]
        if not cut:
            grow = min(grow, 0.92 * width / extent[0])
        room = np.maximum(np.array([width, height]) - grow * extent, 0.0)
        corner = room * (0.08 + 0.84 * free)
        if cut:
            # Mostly the legs are cut off; the head stays in the picture. Wide people are cut at a side.
            corner[1] = 0.04 * height
            corner[0] = (width - grow * extent[0]) * (0.3 + 0.4 * free[0])
        wanted = corner + grow * extent / 2.0
        step = np.clip(distance / grow, 0.8, 40.0) - distance
        off = (wanted - (low + high) / 2.0) * (distance + step) / shot.focal_px
        distance += step
        place = place + shot.turn @ np.array([-off[0], off[1], step])
    return Shot(shot.size, shot.focal_px, shot.turn, place)


def furnish(shot: Shot, person: np.ndarray, random: np.random.Generator) -> None:
    """Ground, perhaps a wall, clutter behind and beside the person (V, 3), sun and sky, and the camera."""
    scene = bpy.context.scene
    ahead = -shot.turn[:, 2] * np.array([1.0, 1.0, 0.0])
    ahead /= max(np.linalg.norm(ahead), 1e-6)
    aside = np.array([-ahead[1], ahead[0], 0.0])
    _box("Ground", np.array([0.0, 0.0, -0.05]), np.array([60.0, 60.0, 0.1]), 0.0, _cloth("Ground", random, scale=3.0))
    radius = float(np.linalg.norm(person[:, :2], axis=1).max())
    azimuth = math.atan2(ahead[1], ahead[0])
    if random.uniform() < 0.6:
        wall = ahead * (radius + random.uniform(0.6, 4.0)) + np.array([0.0, 0.0, 2.0])
        turn = azimuth + random.uniform(-0.4, 0.4)
        _box("Wall", wall, np.array([0.1, 40.0, 4.2]), turn, _cloth("Wall", random, scale=2.0))
    for number in range(random.integers(3, 10)):
        size = random.uniform(0.15, 0.9, 3)
        reach = random.uniform(radius + 0.6, radius + 4.0)
        angle = random.uniform(-1.9, 1.9)
        at = reach * (math.cos(angle) * ahead + math.sin(angle) * aside)
        if at @ ahead < 0.2 and abs(at @ aside) < radius + 0.8:
            continue
        at[2] = size[2] / 2.0
        _box(f"Box {number}", at, size, random.uniform(0.0, 3.1), _cloth("Box", random), round_=random.uniform() < 0.4)
    _light(azimuth, random)
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit, data.sensor_width, data.clip_end = "HORIZONTAL", _SENSOR_MM, 200.0
    data.lens = shot.focal_px / shot.size[0] * _SENSOR_MM
    camera = bpy.data.objects.new("Camera", data)
    camera.matrix_world = Matrix.Translation(shot.place.tolist()) @ Matrix(shot.turn.tolist()).to_4x4()
    scene.collection.objects.link(camera)
    scene.camera = camera


def _light(azimuth: float, random: np.random.Generator) -> None:
    scene = bpy.context.scene
    sun = bpy.data.lights.new("Sun", "SUN")
    sun.energy, sun.angle = random.uniform(1.0, 4.0), math.radians(random.uniform(1.0, 25.0))
    sun.color = (1.0, random.uniform(0.85, 1.0), random.uniform(0.7, 1.0))
    lamp = bpy.data.objects.new("Sun", sun)
    # From the camera's side more often than against the light.
    turn = azimuth + math.pi / 2.0 + random.normal(0.0, 1.1)
    lamp.rotation_euler = (-math.radians(random.uniform(20.0, 70.0)), 0.0, turn)
    scene.collection.objects.link(lamp)
    world = bpy.data.worlds.new("Sky")
    background = _node(world, "BACKGROUND")
    tint = random.uniform(0.6, 1.0, 3)
    background.inputs["Color"].default_value = (*tint.tolist(), 1.0)
    background.inputs["Strength"].default_value = random.uniform(0.5, 1.1)
    scene.world = world


def _box(  # noqa: PLR0917
    name: str, middle: np.ndarray, size: np.ndarray, turn: float, material: bpy.types.Material, *, round_: bool = False
) -> None:
    corners = 12 if round_ else 4
    angles = (np.arange(corners) + 0.5) * 2.0 * math.pi / corners
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1) / (math.sqrt(2.0) if corners == 4 else 2.0)
    points = [(x, y, z) for z in (-0.5, 0.5) for x, y in ring.tolist()]
    sides = [(i, (i + 1) % corners, (i + 1) % corners + corners, i + corners) for i in range(corners)]
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(points, [], [*sides, tuple(range(corners))[::-1], tuple(range(corners, 2 * corners))])
    mesh.materials.append(material)
    thing = bpy.data.objects.new(name, mesh)
    thing.matrix_world = (
        Matrix.Translation(middle.tolist()) @ Matrix.Rotation(turn, 4, "Z") @ Matrix.Diagonal((*size.tolist(), 1.0))
    )
    bpy.context.scene.collection.objects.link(thing)


def dressed(regions: set[str], random: np.random.Generator) -> dict[str, bpy.types.Material]:
    """A material for each region of a person: skin, hair, shirt, trousers, shoes, eyes, pupils."""
    skin, hair = SKINS[random.integers(len(SKINS))], HAIRS[random.integers(len(HAIRS))]
    plain = {"skin": skin, "hair": hair, "eyes": (0.8, 0.8, 0.8), "pupils": (0.02, 0.015, 0.01)}
    return {
        region: _cloth(region, random) if region in _CLOTHES else _material(region, plain[region], 0.5)
        for region in sorted(regions)
    }


def _material(name: str, color: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    shader = _node(material, "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = (*color, 1.0)
    shader.inputs["Roughness"].default_value = roughness
    return material


def _node(data: bpy.types.World | bpy.types.Material, kind: str) -> bpy.types.Node:
    """The node of this kind among those that new data starts with."""
    if bpy.app.version < (5, 0, 0):  # from then on there are always nodes, and the switch is deprecated
        data.use_nodes = True
    return next(node for node in data.node_tree.nodes if node.type == kind)


def _cloth(name: str, random: np.random.Generator, *, scale: float = 1.0) -> bpy.types.Material:
    """One colour, or a pattern of two: stripes, checks, spots or a mottled weave."""
    first, second = color_of(random), color_of(random)
    material = _material(name, first, random.uniform(0.5, 0.95))
    kind = random.choice(
        ["", "ShaderNodeTexWave", "ShaderNodeTexChecker", "ShaderNodeTexVoronoi", "ShaderNodeTexNoise"]
    )
    if not kind:
        return material
    nodes, links = material.node_tree.nodes, material.node_tree.links
    where, pattern = nodes.new("ShaderNodeTexCoord"), nodes.new(kind)
    ramp = nodes.new("ShaderNodeMix")
    ramp.data_type = "RGBA"
    pattern.inputs["Scale"].default_value = scale * random.uniform(3.0, 14.0)
    colors = [socket for socket in ramp.inputs if socket.type == "RGBA"]
    colors[0].default_value, colors[1].default_value = (*first, 1.0), (*second, 1.0)
    links.new(where.outputs["Generated"], pattern.inputs["Vector"])
    share = next(socket for socket in pattern.outputs if socket.name in ("Fac", "Factor", "Distance"))
    links.new(share, next(socket for socket in ramp.inputs if socket.type == "VALUE"))
    mixed = next(socket for socket in ramp.outputs if socket.type == "RGBA")
    links.new(mixed, _node(material, "BSDF_PRINCIPLED").inputs["Base Color"])
    return material


def render(shot: Shot, path: Path, *, samples: int) -> None:
    """Write a JPEG; it appears whole or not at all."""
    if not addon_utils.check("cycles")[1]:
        addon_utils.enable("cycles", default_set=True)
    scene = bpy.context.scene
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = *shot.size, 100
    render.threads_mode, render.threads = "FIXED", 1
    render.image_settings.file_format, render.image_settings.quality = "JPEG", 92
    scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", samples, 1
    scene.cycles.use_denoising, scene.cycles.use_adaptive_sampling = True, False
    scene.cycles.denoising_prefilter, scene.cycles.denoising_quality = "NONE", "FAST"
    scene.view_settings.view_transform = "Standard"
    partial = path.with_name(f".{path.name}")
    render.filepath = str(partial.resolve())
    with quiet():
        bpy.ops.render.render(write_still=True)
    partial.replace(path)
