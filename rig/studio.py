"""A photographer's studio in a scene of its own: renders copies of a character and leaves nothing behind."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import addon_utils
import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

from ..backend.arrays import DoubleArray, ImageArray
from ..backend.errors import RigError
from ..backend.pictures import read_rgba
from ..backend.quiet import quiet

_FIGURE_HEIGHT: Final = 1.8
_LENS_MM, _SENSOR_MM = 50.0, 36.0
_MARGIN: Final = 1.09
_SAMPLES: Final = 14
_BACKDROP_TOP, _BACKDROP_BOTTOM = 236.0, 214.0
_CLAY: Final = (0.52, 0.31, 0.21, 1.0)


@dataclass(frozen=True)
class Sitter:
    """A mesh to be photographed: new data that the studio may remove, its materials and its place in the world."""

    mesh: bpy.types.Mesh
    materials: tuple[bpy.types.Material | None, ...]
    matrix: Matrix

    def points(self) -> DoubleArray:
        """(V, 3) vertices in world space."""
        flat = np.empty(len(self.mesh.vertices) * 3, np.float32)
        self.mesh.vertices.foreach_get("co", flat)
        to_world = np.array(self.matrix)
        return flat.reshape(-1, 3) @ to_world[:3, :3].T + to_world[:3, 3]


@contextmanager
def nothing_left_behind() -> Generator[None]:
    """Remove every data-block that the block added to the file."""
    known = set(bpy.data.user_map())
    try:
        yield
    finally:
        bpy.data.batch_remove(list(set(bpy.data.user_map()) - known))


def photograph(sitters: Sequence[Sitter], *, height: int, room: DoubleArray | None = None) -> ImageArray:
    """Render meshes from Blender's front view on a light backdrop: (height, W, 3) RGB, W as the figure needs it.

    Use it inside `nothing_left_behind`. Rendered by Cycles on the processor, which needs no display and no GPU.

    Args:
        sitters: what is shown.
        height: of the picture in pixels.
        room: points (P, 3) in world space that fill the picture, the lowest on the floor; by default the sitters' own.

    Raises:
        RigError: Cycles is missing, or there is nothing to show.
    """
    points = np.concatenate([sitter.points() for sitter in sitters]) if sitters else np.empty((0, 3))
    if not len(points):
        raise RigError("The rig has neither a visible mesh nor bones: there is nothing to show in a preview.")
    points = points if room is None else room
    low, high = points.min(axis=0), points.max(axis=0)
    # Rigs come 1.8 or 180 units tall: photograph all of them at one size, standing on the floor.
    scale = _FIGURE_HEIGHT / max(float((high - low).max()), 1e-9)
    to_studio = Matrix.Scale(scale, 4) @ Matrix.Translation(Vector((0.0, 0.0, -float(low[2]))))
    points = (points - (0.0, 0.0, low[2])) * scale
    extent = np.ptp(points, axis=0)
    aspect = float(np.clip(1.15 * extent[0] / extent[2] if extent[2] > 0.0 else 1.5, 0.62, 1.5))
    scene = _new_scene(round(height * aspect), height)
    for sitter in sitters:
        _place(scene, sitter, to_studio)
    _add_floor(scene)
    _add_lights(scene)
    _add_camera(scene, points, aspect)
    return _over_backdrop(_render(scene))


def _new_scene(width: int, height: int) -> bpy.types.Scene:
    if not addon_utils.check("cycles")[1] and addon_utils.enable("cycles", default_set=True) is None:
        raise RigError("Blender's Cycles renderer is missing: previews cannot be rendered. Leave --preview out.")
    scene = bpy.data.scenes.new("Contrapposto Preview")
    render = scene.render
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.film_transparent = True
    render.use_persistent_data = False
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGBA"
    scene.cycles.device = "CPU"
    scene.cycles.samples = _SAMPLES
    scene.cycles.max_bounces = 2
    scene.cycles.use_denoising = "OPENIMAGEDENOISE" in _choices(scene.cycles, "denoiser")
    if "Standard" in _choices(scene.view_settings, "view_transform"):
        scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("Contrapposto Preview")
    background = _node(world, "BACKGROUND")
    background.inputs["Color"].default_value = (0.80, 0.86, 0.95, 1.0)
    background.inputs["Strength"].default_value = 0.45
    scene.world = world
    return scene


def _node(data: bpy.types.World | bpy.types.Material, kind: str) -> bpy.types.Node:
    """The node of this kind among those that new data starts with; their names may be translated."""
    if bpy.app.version < (5, 0, 0):  # from then on there are always nodes, and the switch is deprecated
        data.use_nodes = True
    return next(node for node in data.node_tree.nodes if node.type == kind)


def _choices(settings: object, name: str) -> set[str]:
    """What an enumeration offers in this build of Blender: setting anything else raises TypeError."""
    try:
        setattr(settings, name, "")
    except TypeError as error:
        return set(str(error).replace('"', "'").split("'"))
    return set()


def _place(scene: bpy.types.Scene, sitter: Sitter, to_studio: Matrix) -> None:
    mesh = sitter.mesh
    # Clearing the slots would make all faces use the first.
    for index, material in enumerate(sitter.materials or (None,)):
        if index < len(mesh.materials):
            mesh.materials[index] = material or _clay()
        else:
            mesh.materials.append(material or _clay())
    copy = bpy.data.objects.new("Sitter", mesh)
    copy.matrix_world = to_studio @ sitter.matrix
    scene.collection.objects.link(copy)


def _clay() -> bpy.types.Material:
    material = bpy.data.materials.new("Clay")
    shader = _node(material, "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = _CLAY
    shader.inputs["Roughness"].default_value = 0.6
    return material


def _add_floor(scene: bpy.types.Scene) -> None:
    mesh = bpy.data.meshes.new("Floor")
    mesh.from_pydata([(-30, -30, 0), (30, -30, 0), (30, 30, 0), (-30, 30, 0)], [], [(0, 1, 2, 3)])
    floor = bpy.data.objects.new("Floor", mesh)
    floor.is_shadow_catcher = True
    scene.collection.objects.link(floor)


def _add_lights(scene: bpy.types.Scene) -> None:
    """A warm key from the upper left and a cool rim from behind; the sky fills."""
    for name, color, energy, angle, turn in (
        ("Key", (1.0, 0.95, 0.88), 1.9, 22.0, (48.0, 0.0, -38.0)),
        ("Rim", (0.85, 0.92, 1.0), 1.3, 30.0, (-58.0, 0.0, -30.0)),
    ):
        light = bpy.data.lights.new(name, "SUN")
        light.color, light.energy, light.angle = color, energy, math.radians(angle)
        lamp = bpy.data.objects.new(name, light)
        lamp.rotation_euler = [math.radians(degrees) for degrees in turn]
        scene.collection.objects.link(lamp)


def _add_camera(scene: bpy.types.Scene, points: DoubleArray, aspect: float) -> None:
    """From -y towards +y, as far away as it takes to have all points (V, 3) in the frame."""
    data = bpy.data.cameras.new("Camera")
    data.lens, data.sensor_width, data.sensor_height = _LENS_MM, _SENSOR_MM, _SENSOR_MM
    data.sensor_fit, data.clip_end = "VERTICAL", 1000.0
    tangent = _SENSOR_MM / _LENS_MM / 2.0
    middle = (points.min(axis=0) + points.max(axis=0)) / 2.0
    offset = np.abs(points - middle)
    reach = np.maximum(offset[:, 2], offset[:, 0] / aspect) * _MARGIN / tangent
    camera = bpy.data.objects.new("Camera", data)
    camera.location = (middle[0], float((points[:, 1] - reach).min()), middle[2])
    camera.rotation_euler = Euler((math.pi / 2.0, 0.0, 0.0))
    scene.collection.objects.link(camera)
    scene.camera = camera


def _render(scene: bpy.types.Scene) -> ImageArray:
    """(H, W, 4) RGBA with straight alpha."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "render.png")
        scene.render.filepath = str(file)
        with quiet():
            bpy.ops.render.render(scene=scene.name, write_still=True)
        return read_rgba(file)


def _over_backdrop(rgba: ImageArray) -> ImageArray:
    height = rgba.shape[0]
    backdrop = np.linspace(_BACKDROP_TOP, _BACKDROP_BOTTOM, height)[:, None, None]
    alpha = rgba[..., 3:] / 255.0
    return np.rint(rgba[..., :3] * alpha + backdrop * (1.0 - alpha)).astype(np.uint8)
