"""Heads of figures without a surface: a circle or an oval, perhaps a face and hair.

The face is drawn in the head's own axes, so that it tells where the figure looks.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .figure import Figure
from .hand import Hand, curve, ring
from .sample import POINT_COUNT, BoolArray, point, points

_HEAD: Final = JOINT_INDEX["head"]
_FACE: Final = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_RADIUS: Final = 0.72
"""Of the head, as a share of the skull's height above its joint."""


def draw_head(
    canvas: np.ndarray, figure: Figure, hand: Hand, *, rng: np.random.Generator, childish: bool = False
) -> BoolArray:
    """Draw the head; answers which keypoints (23,) of it are drawn, True for all others."""
    drawn = np.ones(POINT_COUNT, dtype=bool)
    top = figure.body.marks[point("head_top"), 1]
    axes, joint = figure.turns[_HEAD], figure.joints[_HEAD]
    radius = _RADIUS * float(top)
    middle = joint + axes @ np.array([0.0, top - radius, 0.1 * top])
    outline, across = _outline(figure, middle, radius, rng=rng)
    if rng.random() < (0.0 if childish else 0.04):
        return drawn & ~np.isin(np.arange(POINT_COUNT), points("head_top", *_FACE))
    hand.fill(canvas, outline)
    faces = axes[2, 2] > -0.05
    has_face = bool(rng.random() < (0.95 if childish else 0.45))
    if has_face and faces:
        _face(canvas, figure, hand, rng=rng)
    hair = str(
        rng.choice(
            ["none", "cap", "spikes", "long", "tails"],
            p=[0.25, 0.15, 0.2, 0.2, 0.2] if childish else [0.6, 0.12, 0.1, 0.1, 0.08],
        )
    )
    _hair(canvas, figure, hand, middle=middle, radius=across, kind=hair)
    drawn[points(*_FACE)] = False
    drawn[points(*_FACE[:3])] = has_face and bool(faces)
    return drawn


def _outline(
    figure: Figure, middle: FloatArray, radius: float, *, rng: np.random.Generator
) -> tuple[FloatArray, float]:
    """(P, 2) of the head, which reaches the skull's top, and half its width in canvas pixels."""
    centre = figure.seen(middle)
    reach = figure.seen(middle + radius * figure.turns[_HEAD, :, 1]) - centre
    scale = figure.lens.scale * radius
    if np.linalg.norm(reach) < 0.6 * scale:
        return ring(centre, np.array([scale, 0.0]), np.array([0.0, scale])), scale
    up = reach / np.linalg.norm(reach)
    wide = scale * (1.0 if rng.random() < 0.5 else rng.uniform(0.65, 1.1))
    tall = float(np.linalg.norm(reach))
    return ring(centre, np.array([-up[1], up[0]]) * wide, up * tall), wide


def _face(canvas: np.ndarray, figure: Figure, hand: Hand, *, rng: np.random.Generator) -> None:
    """Eyes where the keypoints are, perhaps a nose, and a mouth."""
    marks = figure.seen(figure.marks)
    top = float(figure.body.marks[point("head_top"), 1])
    size = 0.08 * top * figure.lens.scale
    axes, joint = figure.turns[_HEAD], figure.joints[_HEAD]
    kind = rng.choice(["dot", "circle", "line"])
    for name in ("left_eye", "right_eye"):
        sideways = 1.0 if name == "left_eye" else -1.0
        if (axes @ np.array([0.5 * sideways, 0.0, 1.0]))[2] < 0.0:
            continue
        if kind == "dot":
            hand.dot(canvas, marks[point(name)], max(size, 0.7 * hand.width))
        elif kind == "circle":
            hand.line(canvas, ring(marks[point(name)], np.array([1.6 * size, 0]), np.array([0, 1.6 * size]), count=10),
                      closed=True, width=0.7)  # fmt: skip
        else:
            hand.line(canvas, marks[point(name)] + np.array([[-1.5 * size, 0.0], [1.5 * size, 0.0]]), width=0.8)
    if rng.random() < 0.5:
        bridge = joint + axes @ np.array([0.0, 0.33 * top, 0.6 * top])
        hand.line(canvas, np.stack([figure.seen(bridge), marks[point("nose")]]), width=0.7)
    bend, wide = rng.normal(0.04, 0.06) * top, rng.uniform(0.12, 0.3) * top
    mouth = np.array([[-wide, bend, 0.5 * top], [0.0, 0.0, 0.6 * top], [wide, bend, 0.5 * top]])
    hand.line(canvas, curve(figure.seen(joint + (mouth - [0.0, 0.07 * top, 0.0]) @ axes.T)), width=0.8)


def _hair(canvas: np.ndarray, figure: Figure, hand: Hand, *, middle: FloatArray, radius: float, kind: str) -> None:
    centre = figure.seen(middle)
    reach = figure.seen(middle + 0.1 * figure.turns[_HEAD, :, 1]) - centre
    up = reach / (np.linalg.norm(reach) + 1e-6)
    side = np.array([-up[1], up[0]])

    def at(angle: float, share: float) -> FloatArray:
        return centre + share * radius * (math.cos(angle) * up + math.sin(angle) * side)

    rng = hand.rng
    if kind == "cap":
        hand.line(canvas, curve(np.stack([at(-1.2, 1.0), at(-0.6, 0.5), at(0.6, rng.uniform(0.3, 0.7)), at(1.2, 1.0)])))
    elif kind == "spikes":
        angles = np.linspace(-1.2, 1.2, int(rng.integers(5, 14)))
        hand.line(canvas, np.stack([at(a, 1.0 if i % 2 else rng.uniform(1.15, 1.4)) for i, a in enumerate(angles)]))
    elif kind in ("long", "tails"):
        for sign in (-1.0, 1.0):
            start, length = (1.0, rng.uniform(0.8, 2.2)) if kind == "long" else (1.2, rng.uniform(0.6, 1.4))
            way = np.stack([at(sign * start, 1.0), at(sign * 1.4, 1.35), at(sign * 1.9, 1.2 + 0.3 * length)])
            hand.line(canvas, curve(way))
            hand.line(canvas, curve(way + rng.normal(0.0, 0.1, 2) * radius))
