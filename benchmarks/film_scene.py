"""A furnished scene as Blender's Workbench shows it: pictures for textures, and frames rendered one after the other.

Workbench knows no procedural materials; each gets a small tiled picture of the same colours instead.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import bpy
import cv2
import numpy as np
from people_characters import color_of
from people_scene import Shot

from contrapposto.backend.quiet import quiet

_TILE: Final = 64
_FLAT: Final = ("skin", "hair", "eyes", "pupils")
_LARGE: Final = ("ground", "wall")
_SOFTNESS_PX: Final = 0.7
"""Rendered without smoothed edges, which would take four times as long; a lens does not draw a sharp edge either."""


def for_workbench(random: np.random.Generator) -> None:
    """Give every material of the scene a picture, and every mesh coordinates for it."""
    for thing in bpy.context.scene.objects:
        if thing.type == "MESH":
            _lay_out(thing, random)
            for slot in thing.material_slots:
                _add_picture(slot.material, random)


def _lay_out(thing: bpy.types.Object, random: np.random.Generator) -> None:
    """Texture coordinates by where a vertex rests: all sides slanted alike, so none is stretched to a line."""
    mesh = thing.data
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", flat)
    to_world = np.array(thing.matrix_world)
    points = flat.reshape(-1, 3) @ to_world[:3, :3].T
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    large = thing.name.split(" ")[0].lower() in _LARGE
    tiles_per_m = random.uniform(0.25, 0.8) if large else random.uniform(1.5, 3.0)
    flat_points = np.stack([points[:, 0] + 0.4 * points[:, 1], points[:, 2] + 0.6 * points[:, 1]], axis=1)
    layer = mesh.uv_layers.new(name="Film")
    layer.data.foreach_set("uv", (tiles_per_m * flat_points[corners]).astype(np.float32).ravel())
    mesh.uv_layers.active = layer
    layer.active_render = True


def _add_picture(material: bpy.types.Material, random: np.random.Generator) -> None:
    nodes = material.node_tree.nodes
    if any(node.type == "TEX_IMAGE" and node.image is not None for node in nodes):
        return
    shader = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    first = np.array(shader.inputs["Base Color"].default_value[:3])
    flat = material.name.split(".")[0].lower() in _FLAT
    tile = _tile(first, first if flat else np.array(color_of(random)), random)
    image = bpy.data.images.new(material.name, _TILE, _TILE)
    pixels = np.ones((_TILE, _TILE, 4), np.float32)
    pixels[..., :3] = np.where(tile <= 0.0031308, 12.92 * tile, 1.055 * np.maximum(tile, 1e-6) ** (1.0 / 2.4) - 0.055)
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    node = nodes.new("ShaderNodeTexImage")
    node.image = image
    nodes.active = node


def _tile(first: np.ndarray, second: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """(64, 64, 3) linear: stripes, checks, spots or a weave of two colours, with a little mottling."""
    at = (np.arange(_TILE) + 0.5) / _TILE * 2.0 * math.pi
    x, y = np.meshgrid(at, at)
    number = random.integers(1, 5)
    waves = (
        np.sin(number * x), np.sign(np.sin(number * x) * np.sin(number * y)),
        np.sin(number * x) * np.sin(number * y), np.zeros_like(x) - 1.0,
    )  # fmt: skip
    share = 0.5 + 0.5 * waves[random.integers(len(waves))][..., None]
    mottled = cv2.GaussianBlur(random.normal(1.0, 0.25, (_TILE, _TILE)), (0, 0), 1.5, borderType=cv2.BORDER_REFLECT)
    return np.clip(((1.0 - share) * first + share * second) * mottled[..., None], 0.0, 1.0)


def prepare(shot: Shot, *, exposure: float) -> None:
    """Set the scene up for `frames`."""
    scene = bpy.context.scene
    render, shading = scene.render, scene.display.shading
    render.engine = "BLENDER_WORKBENCH"
    render.resolution_x, render.resolution_y, render.resolution_percentage = *shot.size, 100
    render.image_settings.file_format = "BMP"
    render.threads_mode, render.threads = "FIXED", 1
    scene.display.render_aa = "OFF"
    shading.light, shading.color_type = "STUDIO", "TEXTURE"
    shading.show_specular_highlight = False
    shading.background_type = "VIEWPORT"
    shading.background_color = scene.world.node_tree.nodes["Background"].inputs["Color"].default_value[:3]
    scene.view_settings.view_transform, scene.view_settings.exposure = "Standard", exposure


def frames(count: int) -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 BGR of frames 1 to `count`; the scene stands at each while it is yielded."""
    scene = bpy.context.scene
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "frame.bmp"
        scene.render.filepath = str(path)
        for frame in range(1, count + 1):
            scene.frame_set(frame)
            with quiet():
                bpy.ops.render.render(write_still=True)
            yield cv2.GaussianBlur(cv2.imread(str(path)), (0, 0), _SOFTNESS_PX)
