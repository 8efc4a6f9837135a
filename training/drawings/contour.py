"""Line drawings of bodies with a surface: outlines, edges where one part hides another, faces and hair."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray, IntArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .body import Surface
from .dress import SKIN, dressed
from .figure import CANVAS, Figure
from .sample import POINT_COUNT, BoolArray, point, points
from .skin import NOTHING, View, jumps, look, posed_skin
from .tone import toned

_MARGIN: Final = 12
"""Canvas pixels about a figure into which its lines may run."""
_SMALL: Final = 0.85
"""Stature, as a share of the canvas, below which fewer triangles do."""
_HEAD: Final = JOINT_INDEX["head"]
_ON_FACE: Final = points("nose", "left_eye", "right_eye", "left_ear", "right_ear")
# How deep in the flesh a keypoint lies at most, as a share of the stature.
_DEPTH: Final = {"hip": 0.08, "shoulder": 0.05, "elbow": 0.035, "wrist": 0.03, "index": 0.025, "knee": 0.045,
                 "ankle": 0.035, "foot_index": 0.035, "neck": 0.06}  # fmt: skip
# Parts that may cover a keypoint and yet show it.
_SHOWN_BY: Final = {"hip": ("pelvis", "hip", "spine1"), "shoulder": ("collar", "shoulder", "spine3"),
                    "elbow": ("shoulder", "elbow"), "wrist": ("elbow", "wrist"), "index": ("wrist", "hand"),
                    "knee": ("hip", "knee"), "ankle": ("knee", "ankle"), "foot_index": ("ankle", "foot"),
                    "neck": ("neck", "collar", "spine3")}  # fmt: skip


def draw_contour(canvas: np.ndarray, figure: Figure, *, rng: np.random.Generator) -> tuple[Figure, BoolArray]:
    """Draw it; answers the figure, and which keypoints (23,) can be seen."""
    surface = figure.body.surface
    assert surface is not None
    surface, label = dressed(surface, rng=rng)
    if figure.tall < _SMALL * CANVAS:
        surface = replace(surface, faces=surface.coarse)
    skin = posed_skin(figure, surface, curl=rng.uniform(-0.1, 1.1, 2) * rng.choice([0.2, 1.0]))
    pixels = figure.seen(skin)
    low = np.clip(np.floor(pixels.min(0)).astype(int) - _MARGIN, 0, CANVAS)
    high = np.clip(np.ceil(pixels.max(0)).astype(int) + _MARGIN, 0, CANVAS)
    if (high - low).min() < 2:
        return figure, np.zeros(POINT_COUNT, bool)
    part = canvas[low[1] : high[1], low[0] : high[0]]
    near = replace(figure, lens=replace(figure.lens, middle=(figure.lens.middle - low).astype(np.float32)))
    view = look(pixels - low, skin[:, 2], surface, shape=part.shape)
    garments = np.append(label[surface.faces[view.faces, 0]], SKIN)[view.triangle]
    ink = _lines(near, view, garments, surface=surface, rng=rng)
    if rng.random() < 0.15:
        np.maximum(ink, toned(view, garments, slope_unit=1.0 / figure.lens.scale, rng=rng), out=ink)
    part[view.triangle >= 0] = 0
    np.maximum(part, ink, out=part)
    return figure, ~_hidden(near, view)


def _lines(figure: Figure, view: View, garments: IntArray, *, surface: Surface, rng: np.random.Generator) -> np.ndarray:
    """(H, W) uint8 ink of all lines."""
    step = float(np.exp(rng.uniform(np.log(0.006), np.log(0.025)))) * figure.body.stature / 1.7
    edge = _without_specks(jumps(view, step).astype(np.uint8), int(rng.integers(2, 14)))
    edge |= _borders(garments, view)
    if rng.random() < 0.35:
        edge |= _folds(view, figure, rng)
    _features(edge, figure, view, surface=surface, rng=rng)
    thin = rng.random() < 0.7
    width = rng.uniform(0.8, 2.0) if thin else min(float(np.exp(rng.uniform(0.6, 2.0))), 0.02 * figure.tall + 1.0)
    ink = _widened(edge, width)
    if rng.random() < (0.2 if thin else 0.7):
        ink = _wobbled(ink, rng.uniform(0.5, 3.0) * min(1.0, figure.tall / CANVAS), rng)
    return _faded(ink, rng) if rng.random() < 0.35 else ink


def _without_specks(edge: np.ndarray, least: int) -> np.ndarray:
    """Drop lines of fewer pixels."""
    _, labels, found, _ = cv2.connectedComponentsWithStats(edge, connectivity=8)
    kept = (found[:, cv2.CC_STAT_AREA] >= least).astype(np.uint8)
    return edge * kept[labels]


def _borders(garments: np.ndarray, view: View) -> np.ndarray:
    """(H, W) where hair or clothes end on the figure."""
    border = np.zeros(garments.shape, np.uint8)
    on = view.triangle >= 0
    border[:-1] |= (garments[:-1] != garments[1:]) & on[:-1] & on[1:]
    border[:, :-1] |= (garments[:, :-1] != garments[:, 1:]) & on[:, :-1] & on[:, 1:]
    return border


def _folds(view: View, figure: Figure, rng: np.random.Generator) -> np.ndarray:
    """(H, W) where the surface turns most: Canny's edges of the shaded figure, without what is too short for a line."""
    slopes = np.concatenate([view.planes, [[0.0, 0.0, 0.0]]])[:, :2] * figure.lens.scale
    angle = rng.uniform(0.0, 2.0 * np.pi)
    light = 0.7 * (slopes @ np.array([np.cos(angle), np.sin(angle)]))
    shade = (1.0 - light) / np.sqrt(1.0 + (slopes**2).sum(1))
    picture = (120.0 * np.clip(shade, 0.0, 2.0)).astype(np.uint8)[view.triangle]
    picture = cv2.GaussianBlur(picture, (0, 0), 0.006 * figure.tall + 0.5)
    within = cv2.erode((view.triangle >= 0).astype(np.uint8), np.ones((5, 5), np.uint8))
    high = rng.uniform(90.0, 260.0)
    found = (cv2.Canny(picture, 0.4 * high, high) > 0).astype(np.uint8) * within
    return _without_specks(found, int(rng.integers(6, 20)))


def _features(edge: np.ndarray, figure: Figure, view: View, *, surface: Surface, rng: np.random.Generator) -> None:
    """Draw the face's lines and the hair's edge where they are seen."""
    names = []
    if rng.random() < 0.9:
        names += ["left_eye", "right_eye", "mouth", "nostrils"]
        more = (("left_brow", 0.7), ("right_brow", 0.7), ("lip", 0.6), ("upper_lip", 0.4), ("ridge", 0.3))
        names += [name for name, share in more if rng.random() < share]
        if rng.random() < 0.7:
            names += ["left_iris", "right_iris"]
    if rng.random() < 0.75:
        names.append("hair" if rng.random() < 0.6 else "high_hair")
    if figure.tall < 0.3 * CANVAS:
        names = [name for name in names if not name.endswith(("iris", "lip"))]
    stretch = np.ones(3) if figure.body.stretch is None else figure.body.stretch[_HEAD]
    for name in names:
        line = stretch * surface.lines[name]
        places = figure.joints[_HEAD] + line @ figure.turns[_HEAD].T
        _where_seen(edge, figure.seen(places), places[:, 2], view=view)


def _where_seen(edge: np.ndarray, pixels: FloatArray, depth: FloatArray, *, view: View) -> None:
    rows, columns = np.round(pixels[:, 1]).astype(int), np.round(pixels[:, 0]).astype(int)
    tall, wide = view.depth.shape
    within = (rows >= 0) & (rows < tall) & (columns >= 0) & (columns < wide)
    rows, columns = rows.clip(0, tall - 1), columns.clip(0, wide - 1)
    seen = within & (view.depth[rows, columns] < depth + 0.018) & (view.part[rows, columns] == _HEAD)
    fixed = np.round(pixels * 16).astype(np.int32)
    for run in np.split(np.arange(len(seen)), np.flatnonzero(np.diff(seen.astype(int))) + 1):
        if seen[run[0]] and len(run) > 1:
            cv2.polylines(edge, [fixed[run]], False, 1, 1, cv2.LINE_8, 4)


def _widened(edge: np.ndarray, width: float) -> np.ndarray:
    """(H, W) ink of lines that are `width` canvas pixels wide about the pixels of `edge`."""
    if width < 1.0:
        return (edge * round(255 * width)).astype(np.uint8)
    distance = cv2.distanceTransform(1 - edge, cv2.DIST_L2, 3)
    return (np.clip(0.5 * width + 0.5 - distance, 0.0, 1.0) * 255).astype(np.uint8)


def _wobbled(ink: np.ndarray, size: float, rng: np.random.Generator) -> np.ndarray:
    """Lines run `size` pixels aside, as a hand draws them."""
    tall, wide = ink.shape
    count = int(rng.integers(8, 40))
    knots = rng.normal(0.0, size, (2, count, count)).astype(np.float32)
    x, y = (cv2.resize(one, (wide, tall), interpolation=cv2.INTER_LINEAR) for one in knots)
    columns, rows = np.meshgrid(np.arange(wide, dtype=np.float32), np.arange(tall, dtype=np.float32))
    return cv2.remap(ink, columns + x, rows + y, cv2.INTER_LINEAR)


def _faded(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Pressure that changes from place to place, down to nothing."""
    count = int(rng.integers(6, 30))
    knots = rng.normal(rng.uniform(0.8, 1.2), rng.uniform(0.2, 0.5), (count, count)).astype(np.float32)
    return (ink * np.clip(cv2.resize(knots, ink.shape[::-1]), 0.0, 1.0)).astype(np.uint8)


def _hidden(figure: Figure, view: View) -> BoolArray:
    """(23,) keypoints behind another part of the figure."""
    pixels = np.round(figure.seen(figure.marks)).astype(int)
    hidden = np.zeros(POINT_COUNT, bool)
    within = ((pixels >= 0) & (pixels < view.part.shape[::-1])).all(1)
    for index in np.flatnonzero(within):
        column, row = pixels[index]
        part = view.part[row, column]
        if part == NOTHING or index == point("head_top"):
            continue
        allowed = _ALLOWED[index]
        near = view.depth[row, column] - figure.marks[index, 2]
        hidden[index] = near > allowed * figure.body.stature and part not in _OWN[index]
    return hidden


def _rules() -> tuple[list[float], list[set[int]]]:
    from contrapposto.backend.keypoints import FIGURE_23

    allowed, own = [], []
    for name in FIGURE_23.names:
        side, _, part = name.rpartition("left_") if name.startswith("left_") else name.rpartition("right_")
        prefix = name.removesuffix(part) if side == "" and part != name else ""
        known = _SHOWN_BY.get(part, ())
        names = {f"{prefix}{joint}" if f"{prefix}{joint}" in JOINT_INDEX else joint for joint in known}
        if part == "neck":
            names = {"neck", "left_collar", "right_collar", "spine3"}
        own.append({JOINT_INDEX[joint] for joint in names})
        allowed.append(_DEPTH.get(part, 0.015))
    return allowed, own


_ALLOWED, _OWN = _rules()
