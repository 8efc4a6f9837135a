"""Lines that the artist drew in the 3D view: Grease Pencil and annotations, in Blender 4.5 and 5.

A reference to Blender's strokes is held by no object here; what is to be hidden or cleared later is named.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import bpy
import numpy as np
from mathutils import Matrix

from ..backend.arrays import DoubleArray
from ..backend.errors import InputError
from ..backend.view_drawing import StrokePicture, ViewOfRegion, draw_lines

StrokeSource = Literal["AUTO", "GREASE_PENCIL", "ANNOTATIONS"]
Afterwards = Literal["KEEP", "HIDE", "CLEAR"]
ViewFrame = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels of the region, origin top left."""
_PERCENT: Final = 100.0
"""Annotations that stick to the view have their points in percent of the region, or of the camera's frame in it."""


@dataclass(frozen=True)
class DrawnLines:
    """Lines that were drawn, as plain numbers, and what they were drawn on.

    Attributes:
        world: (N, 3) points of each line in the world.
        on_view: (N, 2) points of each line that sticks to the view: shares of its frame's size, y up.
        layers: (object or nothing for annotations, layer) by name, of all that was taken.
    """

    world: tuple[DoubleArray, ...] = ()
    on_view: tuple[DoubleArray, ...] = ()
    layers: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.world or self.on_view)

    def picture(self, view: ViewOfRegion, *, frame: ViewFrame | None = None) -> StrokePicture:
        """What a view shows of them.

        Args:
            view: the view.
            frame: of the camera that is looked through, or None for a view of its own.

        Raises:
            InputError: nothing, or too little, can be seen.
            MissingPackageError: OpenCV is not installed.
        """
        lines = [line for stroke in self.world for line in view.lines(stroke)]
        left, top, right, bottom = frame or (0.0, 0.0, float(view.width), float(view.height))
        size = np.array([right - left, top - bottom])
        return draw_lines([*lines, *([left, bottom] + size * line for line in self.on_view)], view)


def lines_of_scene(
    context: bpy.types.Context, source: StrokeSource = "AUTO", *, all_layers: bool = False
) -> DrawnLines:
    """The lines that the artist means.

    Without a choice of the source: the Grease Pencil objects that are selected; else the annotations; else all Grease
    Pencil objects that can be seen.

    Args:
        context: whose scene.
        source: what to look at.
        all_layers: all layers that are shown, and not the active layer of each alone.

    Raises:
        InputError: nothing is drawn there.
    """
    objects = [obj for obj in context.view_layer.objects if obj.type == "GREASEPENCIL" and obj.visible_get()]
    selected = [obj for obj in objects if obj.select_get() or obj == context.view_layer.objects.active]
    annotation = annotation_of(context.scene)
    frame = context.scene.frame_current
    pencil, notes = source != "ANNOTATIONS", source != "GREASE_PENCIL"
    found = DrawnLines()
    if pencil and selected:
        found = grease_pencil_lines(selected, all_layers=all_layers)
    if notes and not found and annotation is not None:
        found = annotation_lines(annotation, frame=frame, on_view=_sticks_to_view(context), all_layers=all_layers)
    if pencil and not found:
        found = grease_pencil_lines(objects, all_layers=all_layers)
    if not found:
        raise InputError(_NOTHING[source])
    return found


_NOTHING: Final[dict[str, str]] = {
    "AUTO": "There are no strokes at this frame. Draw a figure with the Annotate tool or with Grease Pencil first.",
    "GREASE_PENCIL": "There are no Grease Pencil strokes at this frame. Draw a figure with Grease Pencil first.",
    "ANNOTATIONS": "There are no annotation strokes at this frame. Draw a figure with the Annotate tool first.",
}


def annotation_of(scene: Any) -> Any:
    """The scene's annotations, or None: `Scene.annotation` since Blender 5.0, before that `Scene.grease_pencil`."""
    return getattr(scene, "annotation", None) if hasattr(scene, "annotation") else getattr(scene, "grease_pencil", None)


def grease_pencil_lines(objects: Sequence[bpy.types.Object], *, all_layers: bool = False) -> DrawnLines:
    """Lines of Grease Pencil objects as they are evaluated at the playhead.

    Of each object the active layer is taken; all that are shown where that holds nothing, or is not asked for alone.
    """
    graph = bpy.context.evaluated_depsgraph_get()
    world: list[DoubleArray] = []
    layers: list[tuple[str, str]] = []
    for obj in objects:
        shown = {layer.name: list(_layer_lines(layer, obj, graph)) for layer in _evaluated_layers(obj, graph)}
        active = obj.data.layers.active
        alone = not all_layers and active is not None and shown.get(active.name)
        for name in [active.name] if alone else [name for name, lines in shown.items() if lines]:
            world += shown[name]
            layers.append((obj.name, name))
    return DrawnLines(tuple(world), layers=tuple(layers))


def annotation_lines(annotation: Any, *, frame: int, on_view: bool, all_layers: bool = False) -> DrawnLines:
    """Lines of annotations at a frame.

    Args:
        annotation: the scene's annotations.
        frame: of the playhead; a drawing is shown until the next one.
        on_view: strokes that do not say where they are drawn, as in Blender 4.5, stick to the view if they can.
        all_layers: as in `lines_of_scene`.
    """
    shown = [layer for layer in annotation.layers if not layer.annotation_hide and _strokes_at(layer, frame)]
    active = next((layer for layer in shown if layer == _active(annotation)), None)
    taken = shown if all_layers or active is None else [active]
    world: list[DoubleArray] = []
    flat: list[DoubleArray] = []
    for layer in taken:
        for stroke in _strokes_at(layer, frame):
            points = _vectors(stroke.points, "co")
            mode = getattr(stroke, "display_mode", None)
            if mode == "3DSPACE" or (mode is None and not (on_view and _could_stick(points))):
                world.append(points)
            else:
                flat.append(points[:, :2] / _PERCENT)
    return DrawnLines(tuple(world), tuple(flat), tuple(("", layer.info) for layer in taken))


def put_away(scene: bpy.types.Scene, lines: DrawnLines, how: Afterwards) -> None:
    """Hide the layers that lines were drawn on, or clear what is drawn on them at the playhead.

    Layers that were renamed or removed meanwhile are passed over.
    """
    if how == "KEEP":
        return
    annotation, frame = annotation_of(scene), scene.frame_current
    for owner, name in lines.layers:
        if owner:
            obj = scene.objects.get(owner)
            layer = None if obj is None or obj.type != "GREASEPENCIL" else obj.data.layers.get(name)
            if layer is not None:
                _put_pencil_layer_away(layer, how)
        elif annotation is not None:
            layer = next((layer for layer in annotation.layers if layer.info == name), None)
            if layer is not None:
                _put_annotation_layer_away(layer, how, frame=frame)


def _put_pencil_layer_away(layer: Any, how: Afterwards) -> None:
    if how == "HIDE":
        layer.hide = True
        return
    frame = layer.current_frame()
    if frame is not None:
        frame.drawing.remove_strokes()
        layer.id_data.update_tag()


def _put_annotation_layer_away(layer: Any, how: Afterwards, *, frame: int) -> None:
    if how == "HIDE":
        layer.annotation_hide = True
        return
    shown = _frame_at(layer, frame)
    if shown is not None:
        layer.frames.remove(shown)


def _evaluated_layers(obj: bpy.types.Object, graph: bpy.types.Depsgraph) -> list[Any]:
    return [layer for layer in obj.evaluated_get(graph).data.layers if not _is_hidden(layer) and layer.opacity > 0.0]


def _is_hidden(layer: Any) -> bool:
    """A layer is hidden with any of the groups that it is in."""
    node = layer
    while node is not None:
        if node.hide:
            return True
        node = node.parent_group
    return False


def _layer_lines(layer: Any, obj: bpy.types.Object, graph: bpy.types.Depsgraph) -> Iterator[DoubleArray]:
    """(N, 3) points of each line of an evaluated layer, in the world."""
    frame = layer.current_frame()
    if frame is None:
        return
    drawing = frame.drawing
    starts = np.empty(len(drawing.curve_offsets), np.int32)
    if len(starts) < 2:
        return
    drawing.curve_offsets.foreach_get("value", starts)
    points = _vectors(drawing.attributes["position"].data, "vector")
    matrix = np.array(_to_world(layer, obj, graph), np.float64)
    points = points @ matrix[:3, :3].T + matrix[:3, 3]
    closed = _are_closed(drawing, len(starts) - 1)
    for number, (start, end) in enumerate(itertools.pairwise(starts)):
        line = points[start:end]
        yield np.concatenate([line, line[:1]]) if closed[number] else line


def _are_closed(drawing: Any, count: int) -> np.ndarray:
    """(C,) whether each line ends where it begins; the attribute is there only if one does."""
    attribute = drawing.attributes.get("cyclic")
    closed = np.zeros(count, bool)
    if attribute is not None and len(attribute.data) == count:
        attribute.data.foreach_get("value", closed)
    return closed


def _to_world(layer: Any, obj: bpy.types.Object, graph: bpy.types.Depsgraph) -> Matrix:
    """A layer's points -> the world; a layer may have an object or a bone as its own parent."""
    if layer.parent is None:
        return obj.evaluated_get(graph).matrix_world @ layer.matrix_local
    parent = layer.parent.evaluated_get(graph)
    bone = parent.pose.bones.get(layer.parent_bone) if parent.type == "ARMATURE" else None
    above = parent.matrix_world if bone is None else parent.matrix_world @ bone.matrix
    return above @ layer.matrix_parent_inverse @ layer.matrix_local


def _vectors(collection: Any, attribute: str) -> DoubleArray:
    """(N, 3) of a collection."""
    values = np.empty(3 * len(collection), np.float32)
    collection.foreach_get(attribute, values)
    return values.reshape(-1, 3).astype(np.float64)


def _active(annotation: Any) -> Any:
    index = annotation.layers.active_index
    return annotation.layers[index] if 0 <= index < len(annotation.layers) else None


def _frame_at(layer: Any, frame: int) -> Any:
    """The last drawing up to a frame, or None."""
    before = [each for each in layer.frames if each.frame_number <= frame]
    return max(before, key=lambda each: each.frame_number, default=None)


def _strokes_at(layer: Any, frame: int) -> list[Any]:
    shown = _frame_at(layer, frame)
    return [] if shown is None else [stroke for stroke in shown.strokes if len(stroke.points)]


def _sticks_to_view(context: bpy.types.Context) -> bool:
    return context.scene.tool_settings.annotation_stroke_placement_view3d == "VIEW"


def _could_stick(points: DoubleArray) -> bool:
    """Whether points may be percents of a region: flat, and not far outside it."""
    return bool(np.all(points[:, 2] == 0.0) and np.all(np.abs(points[:, :2] - _PERCENT / 2.0) <= _PERCENT))
