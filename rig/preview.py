"""The picture that tells whether a pose was understood: input, keypoints and posed rig side by side."""

from __future__ import annotations

from pathlib import Path

import bpy
from mathutils import Matrix

from ..backend.arrays import ImageArray
from ..backend.observation import Observation
from ..backend.pictures import draw_keypoints, scaled_to_height, side_by_side, write_png
from .bone_solids import bone_solids
from .character import character_objects
from .studio import Sitter, nothing_left_behind, photograph

_HEIGHT = 640
_SHOWN_TYPES = {"MESH", "CURVE", "SURFACE", "META", "FONT"}


def render_preview(
    armature: bpy.types.Object,
    *,
    image: ImageArray,
    observation: Observation | None,
    path: Path,
    frame: int = 0,
    height: int = _HEIGHT,
) -> None:
    """Write a PNG: the input | the input with its keypoints | the rig in its pose of the current scene frame.

    Args:
        armature: an armature object of the current scene.
        image: (H, W, 3) RGB.
        observation: the person that the rig was posed from; None leaves that panel out.
        path: the .png to write; it appears whole or not at all.
        frame: which of the observation's frames to draw.
        height: of the panels, in pixels.

    Raises:
        InputError: the file cannot be written.
        RigError: the rig has nothing to show.
        MissingPackageError: OpenCV is not installed.
    """
    photo = scaled_to_height(image, height)
    panels = [photo]
    if observation is not None:
        panels.append(draw_keypoints(photo, observation, frame=frame))
    panels.append(render_rig(armature, height=height))
    write_png(side_by_side(panels), path)


def render_rig(armature: bpy.types.Object, *, height: int = _HEIGHT) -> ImageArray:
    """The posed character from Blender's front view, (height, W, 3) RGB; without a mesh, its bones as solids.

    The scene, its render settings and the file's data stay as they are.

    Raises:
        RigError: the rig has nothing to show.
    """
    with nothing_left_behind():
        return photograph(sitters_of(armature), height=height)


def sitters_of(armature: bpy.types.Object) -> list[Sitter]:
    """The posed character's meshes, or else its bones as solids, as new data: use it inside `nothing_left_behind`."""
    depsgraph = bpy.context.evaluated_depsgraph_get()
    sitters = [_sitter(obj, depsgraph) for obj in character_objects(armature) if _is_shown(obj)]
    sitters = [sitter for sitter in sitters if len(sitter.mesh.polygons)]
    if sitters:
        return sitters
    bones = bone_solids(armature, depsgraph)
    return [] if bones is None else [Sitter(bones, (), Matrix())]


def _is_shown(obj: bpy.types.Object) -> bool:
    """Neither hidden for the artist nor in renders: bone shapes and helpers are no part of the picture."""
    hidden = obj.hide_render or any(collection.hide_render for collection in obj.users_collection)
    return obj.type in _SHOWN_TYPES and not hidden and obj.visible_get()


def _sitter(obj: bpy.types.Object, depsgraph: bpy.types.Depsgraph) -> Sitter:
    posed = obj.evaluated_get(depsgraph)
    mesh = bpy.data.meshes.new_from_object(posed, preserve_all_data_layers=True, depsgraph=depsgraph)
    materials = tuple(slot.material if _is_complete(slot.material) else None for slot in obj.material_slots)
    return Sitter(mesh, materials, posed.matrix_world.copy())


def _is_complete(material: bpy.types.Material | None) -> bool:
    """Whether all pictures of a material are there: Blender paints what is missing in magenta."""
    if material is None or material.node_tree is None:
        return material is not None
    pictures = [node.image for node in material.node_tree.nodes if node.type == "TEX_IMAGE"]
    return all(picture is not None and picture.size[0] > 0 for picture in pictures)
