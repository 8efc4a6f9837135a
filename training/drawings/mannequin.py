"""Wooden mannequins, balls and capsules: solid parts that hide each other, drawn from the back to the front."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .figure import Figure
from .hand import Hand, ring, some_hand
from .head import draw_head
from .sample import POINT_COUNT, BoolArray, point, points

# From, to, and radius at both ends as shares of the body's stature; names of keypoints or of joints.
_LIMBS: Final = tuple(
    (f"{side}_{start}", f"{side}_{end}", first, last)
    for side in ("left", "right")
    for start, end, first, last in (
        ("shoulder", "elbow", 0.030, 0.023), ("elbow", "wrist", 0.024, 0.015), ("wrist", "index", 0.016, 0.020),
        ("hip", "knee", 0.048, 0.032), ("knee", "ankle", 0.032, 0.018), ("ankle", "foot_index", 0.018, 0.020),
    )
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    depth: float
    draw: Callable[[], None]


def draw_mannequin(canvas: np.ndarray, figure: Figure, *, rng: np.random.Generator) -> tuple[Figure, BoolArray]:
    """Draw it; answers the figure, and which keypoints (23,) are drawn."""
    hand = some_hand(rng, size=figure.tall, thin=0.5)
    thickness = rng.uniform(0.7, 1.4) * figure.body.stature
    balls = rng.random() < 0.5
    parts = [
        _limb_part(canvas, figure, hand, limb=(start, end, first * thickness, last * thickness), balls=balls)
        for start, end, first, last in _LIMBS
    ]
    parts += _trunk_parts(canvas, figure, hand, split=rng.random() < 0.7)
    drawn = np.ones(POINT_COUNT, dtype=bool)

    def head() -> None:
        drawn[:] &= draw_head(canvas, figure, hand, rng=rng)

    parts.append(_Part(float(figure.joints[JOINT_INDEX["head"], 2]) + 0.02, head))
    for part in sorted(parts, key=lambda part: part.depth):
        part.draw()
    return figure, drawn & ~_hidden(figure)


def _hidden(figure: Figure) -> BoolArray:
    """(23,) limbs' ends that lie behind the trunk."""
    pixels, depth = figure.seen(figure.marks), figure.marks[:, 2]
    corners = points("left_shoulder", "right_shoulder", "right_hip", "left_hip")
    outline = pixels[corners]
    following = np.roll(outline, -1, axis=0)
    offset = pixels[:, None] - outline[None]
    edge = (following - outline)[None]
    turn = edge[..., 0] * offset[..., 1] - edge[..., 1] * offset[..., 0]
    within = (turn > 0).all(1) | (turn < 0).all(1)
    behind = within & (depth < depth[corners].mean() - 0.06 * figure.body.stature)
    behind[corners] = False
    return behind


def _limb_part(
    canvas: np.ndarray, figure: Figure, hand: Hand, *, limb: tuple[str, str, float, float], balls: bool
) -> _Part:
    start, end, first, last = limb
    ends = figure.marks[[point(start), point(end)]]

    def draw() -> None:
        a, b = figure.seen(ends)
        radii = figure.lens.scale * np.array([first, last])
        if balls:
            hand.fill(canvas, _capsule(a + 0.1 * (b - a), b + 0.1 * (a - b), radii * 0.9))
            hand.fill(canvas, ring(a, np.array([radii[0], 0.0]), np.array([0.0, radii[0]]), count=14))
        else:
            hand.fill(canvas, _capsule(a, b, radii))

    return _Part(float(ends[:, 2].mean()), draw)


def _capsule(a: FloatArray, b: FloatArray, radii: FloatArray) -> FloatArray:
    """The outline of two discs and what is between them."""
    along = b - a
    length = float(np.linalg.norm(along))
    if length < abs(radii[0] - radii[1]) + 1.0:
        middle, radius = (a, radii[0]) if radii[0] > radii[1] else (b, radii[1])
        return ring(middle, np.array([radius, 0.0]), np.array([0.0, radius]), count=16)
    along = along / length
    across = np.array([-along[1], along[0]])
    angle = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 8)[:, None]
    far = b + radii[1] * (np.cos(angle) * along + np.sin(angle) * across)
    near = a - radii[0] * (np.cos(angle) * along + np.sin(angle) * across)
    return np.concatenate([far, near])


def _trunk_parts(canvas: np.ndarray, figure: Figure, hand: Hand, *, split: bool) -> list[_Part]:
    """A chest and a pelvis, or one trunk, as hulls of ellipses across the body; and the neck."""
    chest = _slices(figure, (("shoulder", 0.95, -0.02), ("shoulder", 0.85, -0.12), ("shoulder", 0.65, -0.26)))
    pelvis = _slices(figure, (("hip", 1.05, 0.11), ("hip", 1.45, 0.0), ("hip", 0.9, -0.07)))
    groups = [chest, pelvis] if split else [[*chest, *pelvis]]
    if split:
        groups.append([chest[2] * 0.7 + pelvis[0] * 0.3, chest[2] * 0.25 + pelvis[0] * 0.75])
    neck = figure.marks[point("neck")]
    head = figure.joints[JOINT_INDEX["head"]]
    width = 0.03 * figure.body.stature

    def draw_neck() -> None:
        radius = figure.lens.scale * width
        hand.fill(canvas, _capsule(*figure.seen(np.stack([neck, head])), np.array([radius, 0.9 * radius])))

    parts = [_Part(float(neck[2]) - 0.05, draw_neck)]
    for order, group in enumerate(groups):
        cloud = np.concatenate(group)

        def draw(cloud: FloatArray = cloud) -> None:
            hand.fill(canvas, _hull(figure.seen(cloud)))

        parts.append(_Part(float(cloud[:, 2].mean()) - (0.02 if order == 2 else 0.0), draw))
    return parts


def _slices(figure: Figure, rows: tuple[tuple[str, float, float], ...]) -> list[FloatArray]:
    """Rings (16, 3) across the body, each a share of the shoulders' or the hips' breadth, metres above them."""
    rings = []
    size = figure.body.stature / 1.7
    for name, breadth, above in rows:
        left, right = figure.marks[point(f"left_{name}")], figure.marks[point(f"right_{name}")]
        axes = figure.turns[JOINT_INDEX["spine3" if name == "shoulder" else "pelvis"]]
        half = 0.5 * breadth * (left - right)
        middle = 0.5 * (left + right) + above * size * axes[:, 1]
        rings.append(ring(middle, half, 0.095 * size * axes[:, 2], count=16))
    return rings


def _hull(cloud: FloatArray) -> FloatArray:
    import cv2

    return cv2.convexHull(cloud.astype(np.float32))[:, 0]
