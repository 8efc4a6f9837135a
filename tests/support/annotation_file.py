"""A file with annotations, because Blender 4.5 has no way to draw them from Python.

Written by Blender 5.2: `.venv-blender52/bin/python tests/support/annotation_file.py tests/data/annotations.blend`.
"""

from __future__ import annotations

import sys
from pathlib import Path

JOINTS = {
    "neck": (0.0, 0.0, 1.45),
    "left_shoulder": (0.17, 0.0, 1.40), "left_elbow": (0.38, 0.0, 1.58), "left_wrist": (0.50, 0.0, 1.82),
    "right_shoulder": (-0.17, 0.0, 1.40), "right_elbow": (-0.40, 0.0, 1.26), "right_wrist": (-0.58, 0.0, 1.08),
    "left_hip": (0.09, 0.0, 0.92), "left_knee": (0.30, 0.0, 0.56), "left_ankle": (0.32, 0.0, 0.14),
    "right_hip": (-0.09, 0.0, 0.92), "right_knee": (-0.13, 0.0, 0.50), "right_ankle": (-0.16, 0.0, 0.08),
}  # fmt: skip
"""Of a figure in the plane y = 0 that faces the front view, in metres."""
LINES = (
    ("neck", "left_shoulder", "left_elbow", "left_wrist"),
    ("neck", "right_shoulder", "right_elbow", "right_wrist"),
    ("neck", "left_hip", "left_knee", "left_ankle"),
    ("neck", "right_hip", "right_knee", "right_ankle"),
)
FRAME = 5
"""Of the figure, on the layer "Note"; the layer "Other" has one stroke at frame 1."""


def _write(path: Path) -> None:
    import bpy

    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.gpencil.annotation_add()  # `bpy.data.annotations.new` does not mark them as annotations
    annotation = bpy.context.scene.annotation
    for layer in list(annotation.layers):
        annotation.layers.remove(layer)
    _draw(annotation.layers.new("Other"), 1, [[(3.0, 0.0, 0.0), (4.0, 0.0, 0.0)]])
    _draw(annotation.layers.new("Note", set_active=True), FRAME, [[JOINTS[name] for name in line] for line in LINES])
    bpy.data.libraries.write(str(path), {annotation}, fake_user=True, compress=True)


def _draw(layer, frame: int, lines) -> None:
    drawn = layer.frames.new(frame)
    for line in lines:
        stroke = drawn.strokes.new()
        stroke.display_mode = "3DSPACE"
        stroke.points.add(len(line))
        for point, place in zip(stroke.points, line, strict=True):
            point.co = place


if __name__ == "__main__":
    import os

    _write(Path(sys.argv[1]))
    os._exit(0)  # Blender's shutdown as a module can wait for ever
