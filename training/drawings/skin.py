"""The skin of a posed figure, and what of it the viewer sees: which triangle, how near, and of which part.

Convention: buffers are as large as the part of the canvas that is painted; depth is metres towards the viewer from the
pelvis.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .body import Surface
from .figure import Figure
from .sample import BoolArray

NOTHING: Final = -1
"""The triangle where there is none."""
FAR: Final = -1e3
"""The depth where there is nothing, metres."""
_SHIFT: Final = 3


@dataclass(frozen=True)
class View:
    """What is seen of a figure.

    Attributes:
        triangle: (H, W) index into the rows of `planes`; `NOTHING` beside the figure.
        depth: (H, W) metres; `FAR` beside the figure.
        part: (H, W) the joint that moves what is seen; `NOTHING` beside the figure.
        faces: (T,) index of the body's triangle.
        planes: (T, 3) of each triangle that faces the viewer: depth = a x + b y + c.
    """

    triangle: IntArray
    depth: FloatArray
    part: IntArray
    faces: IntArray
    planes: FloatArray


def posed_skin(figure: Figure, surface: Surface, *, curl: FloatArray) -> FloatArray:
    """(V, 3) metres in the view; `curl` (2,) radians, how far the left and the right fingers are bent."""
    turns = np.empty((26, 3, 3))
    joints = np.empty((26, 3))
    stretch = np.ones((26, 3)) if figure.body.stretch is None else figure.body.stretch
    turns[:24], joints[:24] = figure.turns, figure.joints
    for index, (side, sign) in enumerate((("left", -1.0), ("right", 1.0))):
        hand, finger = JOINT_INDEX[f"{side}_hand"], 24 + index
        bent = _about_z(sign * curl[index])
        turns[hand] = turns[hand] @ bent
        between = surface.turns[hand] @ (surface.joints[finger] - surface.joints[hand])
        turns[finger] = turns[hand] @ bent
        joints[finger] = joints[hand] + turns[hand] @ (stretch[hand] * between)
    turns = (turns * stretch[:, None]) @ surface.turns
    shift = joints - (turns @ surface.joints[..., None])[..., 0]
    whole = np.concatenate([turns.reshape(26, 9), shift], axis=1).astype(np.float32)
    mixed = surface.weights @ whole
    turned = np.matmul(mixed[:, :9].reshape(-1, 3, 3), surface.vertices[..., None])[..., 0]
    return turned + mixed[:, 9:]


def _about_z(angle: float) -> FloatArray:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def look(pixels: FloatArray, depth: FloatArray, surface: Surface, *, shape: tuple[int, int]) -> View:
    """Paint the triangles that face the viewer, the farthest first.

    Args:
        pixels: (V, 2) of the vertices in the canvas.
        depth: (V,) metres.
        surface: whose skin it is.
        shape: height and width of the canvas.
    """
    (x, y), faces = pixels.T[:, surface.faces.T], surface.faces
    area = (x[1] - x[0]) * (y[2] - y[0]) - (y[1] - y[0]) * (x[2] - x[0])
    within = (x.max(0) > 0) & (x.min(0) < shape[1]) & (y.max(0) > 0) & (y.min(0) < shape[0])
    facing = np.flatnonzero((area < -1e-3) & within)
    nearness = depth[faces[facing].T]
    order = np.argsort(nearness.sum(0), kind="stable")
    facing, nearness = facing[order], nearness[:, order]
    x, y = x[:, facing], y[:, facing]
    triangle = np.full(shape, NOTHING, np.int32)
    fixed = np.round(np.stack([x.T, y.T], axis=2) * 2**_SHIFT).astype(np.int32)
    for index, corners in enumerate(fixed):
        cv2.fillConvexPoly(triangle, corners, index, cv2.LINE_8, _SHIFT)
    return _buffers(triangle, _planes(x, y, nearness), parts=surface.parts[faces[facing, 0]], faces=facing)


def _planes(x: FloatArray, y: FloatArray, depth: FloatArray) -> FloatArray:
    """(T, 3) from the corners (3, T) of triangles."""
    first, second = (x[1] - x[0], y[1] - y[0], depth[1] - depth[0]), (x[2] - x[0], y[2] - y[0], depth[2] - depth[0])
    area = first[0] * second[1] - first[1] * second[0]
    a = (first[2] * second[1] - second[2] * first[1]) / area
    b = (second[2] * first[0] - first[2] * second[0]) / area
    return np.column_stack([a, b, depth[0] - a * x[0] - b * y[0]]).astype(np.float32)


def _buffers(triangle: IntArray, planes: FloatArray, *, parts: IntArray, faces: IntArray) -> View:
    depth = np.full(triangle.shape, FAR, np.float32)
    part = np.full(triangle.shape, NOTHING, np.int32)
    rows, columns = np.nonzero(triangle >= 0)
    found = triangle[rows, columns]
    a, b, c = planes[found].T
    depth[rows, columns] = a * columns + b * rows + c
    part[rows, columns] = parts[found]
    return View(triangle, depth, part, faces, planes)


def jumps(view: View, least: float) -> BoolArray:
    """(H, W) where the nearer side of a step in depth of `least` metres is, the figure's outline included."""
    edge = np.zeros(view.depth.shape, bool)
    planes = np.concatenate([view.planes, [[0.0, 0.0, FAR]]]).astype(np.float32)
    for axis in (0, 1):
        one, other = _pair(axis)
        here, there = view.triangle[one], view.triangle[other]
        rows, columns = np.nonzero(here != there)
        z_here, z_there = view.depth[one][rows, columns], view.depth[other][rows, columns]
        slope_here = planes[here[rows, columns], 1 - axis]
        slope_there = planes[there[rows, columns], 1 - axis]
        gap = z_there - z_here
        # A steep surface is no step: what either triangle would be one pixel further on is compared.
        step = np.minimum(np.abs(gap - slope_here), np.abs(gap - slope_there))
        step = np.where((here < 0)[rows, columns] | (there < 0)[rows, columns], np.abs(gap), step)
        far = step > least
        nearer = (gap > 0)[far]
        rows, columns = rows[far], columns[far]
        edge[rows + nearer * (axis == 0), columns + nearer * (axis == 1)] = True
    return edge


def _pair(axis: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    every = slice(None)
    first, last = slice(None, -1), slice(1, None)
    return ((first, every), (last, every)) if axis == 0 else ((every, first), (every, last))
