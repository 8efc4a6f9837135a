"""Children's drawings: a large head with a face, a round, square or skirted body, tubes or lines for limbs."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.proportions import LENGTH_GROUPS

from .figure import Figure
from .hand import Hand, curve, ring, some_hand
from .head import draw_head
from .sample import POINT_COUNT, BoolArray, point, points

_SIDES: Final = ("left", "right")


def childish_scales(rng: np.random.Generator) -> FloatArray:
    """(10,) logarithms of proportions as children draw them."""
    scales = rng.normal(0.0, 0.15, len(LENGTH_GROUPS))
    for name, low, high in (("head", 0.2, 1.1), ("thigh", -0.8, 0.0), ("shin", -0.8, 0.0), ("shoulders", -0.3, 0.4),
                            ("hips", -0.2, 0.9), ("upper_arm", -0.4, 0.2), ("forearm", -0.4, 0.2)):  # fmt: skip
        scales[LENGTH_GROUPS.index(name)] += rng.uniform(low, high)
    return scales.astype(np.float32)


def draw_child(canvas: np.ndarray, figure: Figure, *, rng: np.random.Generator) -> tuple[Figure, BoolArray]:
    """Draw it; answers the figure, and which keypoints (23,) are drawn."""
    size = figure.tall
    hand = some_hand(rng, size=size, thin=0.15)
    hand = replace(hand, wobble=hand.wobble + 0.003 * size, width=min(1.5 * hand.width, 0.04 * size))
    dress = rng.random() < 0.4
    tubes = rng.random(2) < 0.6
    drawn = np.ones(POINT_COUNT, dtype=bool)
    ends = rng.choice(["none", "round", "fingers"], 2, p=[0.15, 0.5, 0.35])
    before = rng.random() < 0.5
    thick = size * rng.uniform(0.02, 0.05, 2)
    for side in _SIDES:
        _limb(canvas, figure, hand, names=("hip", "knee", "ankle", "foot_index"), side=side,
              thick=thick[0] * tubes[0], end="round" if ends[0] == "fingers" else str(ends[0]))  # fmt: skip
    if not before:
        _body(canvas, figure, hand, dress=dress)
    for side in _SIDES:
        _limb(canvas, figure, hand, names=("shoulder", "elbow", "wrist", "index"), side=side,
              thick=thick[1] * tubes[1], end=str(ends[1]))  # fmt: skip
    if before:
        _body(canvas, figure, hand, dress=dress)
    _neck(canvas, figure, hand)
    drawn &= draw_head(canvas, figure, hand, rng=rng, childish=True)
    if ends[0] == "none":
        drawn[points("left_foot_index", "right_foot_index")] = False
    if ends[1] == "none":
        drawn[points("left_index", "right_index")] = False
    return figure, drawn


def _body(canvas: np.ndarray, figure: Figure, hand: Hand, *, dress: bool) -> None:
    rng = hand.rng
    pixels = figure.seen(figure.marks)
    left, right = pixels[point("left_shoulder")], pixels[point("right_shoulder")]
    left_hip, right_hip = pixels[point("left_hip")], pixels[point("right_hip")]
    down = 0.5 * (left_hip + right_hip) - 0.5 * (left + right)
    if dress:
        knees = 0.5 * (pixels[point("left_knee")] + pixels[point("right_knee")]) - 0.5 * (left_hip + right_hip)
        flare = rng.uniform(0.1, 0.6) * (left - right)
        hem = knees * rng.uniform(0.3, 1.0)
        waist = rng.random() < 0.5
        top = np.stack([left, right]) if not waist else np.stack([left, right]) + 0.75 * down
        if waist:
            hand.fill(canvas, np.stack([left, right, right + down, left + down]))
        skirt = np.stack([top[0], top[1], right_hip + hem - flare, left_hip + hem + flare])
        hand.fill(canvas, skirt)
        for share in np.linspace(0.15, 0.85, int(rng.integers(0, 6))):
            hand.line(
                canvas, np.stack([skirt[0] * (1 - share) + skirt[1] * share, skirt[3] * (1 - share) + skirt[2] * share])
            )
        return
    if rng.random() < 0.4:
        hand.fill(canvas, np.stack([left, right, right_hip, left_hip]))
    else:
        half = 0.5 * (left - right) * rng.uniform(0.9, 1.3)
        middle = 0.25 * (left + right + left_hip + right_hip)
        hand.fill(canvas, ring(middle, half, 0.62 * down))
    if rng.random() < 0.4:
        for share in rng.uniform(0.2, 1.0, int(rng.integers(1, 4))):
            hand.dot(canvas, 0.5 * (left + right) + share * down, 1.2 * hand.width)
    if rng.random() < 0.3:
        hand.line(canvas, np.stack([left_hip - 0.1 * down, right_hip - 0.1 * down]))


def _neck(canvas: np.ndarray, figure: Figure, hand: Hand) -> None:
    neck, top = figure.seen(figure.marks[[point("neck"), point("head_top")]])
    up = 0.4 * (top - neck)
    if hand.rng.random() < 0.5:
        across = 0.3 * np.array([-up[1], up[0]])
        for side in (across, -across):
            hand.line(canvas, np.stack([neck + side - 0.2 * up, neck + side + up]))


def _limb(
    canvas: np.ndarray, figure: Figure, hand: Hand, *, names: tuple[str, ...], side: str, thick: float, end: str
) -> None:
    """A line or a tube `thick` canvas pixels to either side, and what is at its end."""
    way = figure.seen(figure.marks[points(*(f"{side}_{name}" for name in names))])
    middle = curve(way[:3], pieces=5)
    if thick <= 0.0:
        hand.line(canvas, middle)
    else:
        along = np.gradient(middle, axis=0)
        across = np.column_stack([-along[:, 1], along[:, 0]]) / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
        bulge = thick * (1.0 + 0.3 * np.sin(np.linspace(0.0, np.pi, len(middle))))[:, None]
        hand.fill(canvas, np.concatenate([middle + bulge * across, (middle - bulge * across)[::-1]]))
    reach = way[3] - way[2]
    length = max(float(np.linalg.norm(reach)), 0.03 * figure.tall)
    if end == "round":
        radius = max(0.6 * length, 1.1 * thick)
        along = reach / (np.linalg.norm(reach) + 1e-6)
        hand.fill(
            canvas, ring(way[2] + 0.7 * radius * along, along * radius, 0.7 * radius * np.array([-along[1], along[0]]))
        )
    elif end == "fingers":
        heading = np.arctan2(reach[1], reach[0])
        for angle in heading + np.linspace(-0.9, 0.9, int(hand.rng.integers(3, 6))):
            hand.line(canvas, np.stack([way[2], way[2] + 1.5 * length * np.array([np.cos(angle), np.sin(angle)])]))
