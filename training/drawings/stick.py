"""Stick figures: lines for limbs, a circle for the head; with or without neck, shoulders, hands, feet and face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .figure import CANVAS, Figure
from .hand import Hand, curve, some_hand
from .head import draw_head
from .sample import POINT_COUNT, BoolArray, point, points

_SIDES: Final = ("left", "right")


@dataclass(frozen=True)
class Plan:
    """What a stick figure has.

    Attributes:
        shoulders, hips: 0 where limbs leave the spine, 1 as wide as the body.
        neck: whether the spine goes up to the head.
        trunk: "line", "triangle", "box" or "oval".
        hands, feet: "none", "line", "round" or "fingers".
        joints: whether joints are dotted.
        bent: whether limbs are curves.
    """

    shoulders: float
    hips: float
    neck: bool
    trunk: str
    hands: str
    feet: str
    joints: bool
    bent: bool


def _plan(rng: np.random.Generator) -> Plan:
    return Plan(
        shoulders=float(rng.choice([0.0, 0.5, 1.0], p=[0.25, 0.15, 0.6])),
        hips=float(rng.choice([0.0, 0.5, 1.0], p=[0.35, 0.15, 0.5])),
        neck=rng.random() < 0.75,
        trunk=str(rng.choice(["line", "triangle", "box", "oval"], p=[0.55, 0.12, 0.2, 0.13])),
        hands=str(rng.choice(["none", "line", "round", "fingers"], p=[0.4, 0.25, 0.2, 0.15])),
        feet=str(rng.choice(["none", "line", "round"], p=[0.25, 0.55, 0.2])),
        joints=rng.random() < 0.15,
        bent=rng.random() < 0.2,
    )


def draw_stick(canvas: np.ndarray, figure: Figure, *, rng: np.random.Generator) -> tuple[Figure, BoolArray]:
    """Draw it; answers the figure as drawn, and which keypoints (23,) are drawn."""
    plan, hand = _plan(rng), some_hand(rng, size=figure.tall)
    figure = _narrowed(figure, plan)
    pixels = figure.seen(figure.marks)
    drawn = np.ones(POINT_COUNT, dtype=bool)
    order = np.argsort([figure.marks[point(f"{side}_hip"), 2] for side in _SIDES])
    for index in order:
        _leg(canvas, pixels, _SIDES[index], hand=hand, plan=plan)
    _trunk(canvas, figure, hand, plan=plan)
    drawn &= draw_head(canvas, figure, hand, rng=rng)
    for side in _SIDES:
        _arm(canvas, pixels, side, hand=hand, plan=plan)
    if plan.joints:
        for place in pixels[7:]:
            hand.dot(canvas, place, 1.2 * hand.width)
    if plan.hands == "none":
        drawn[points("left_index", "right_index")] = False
    if plan.feet == "none":
        drawn[points("left_foot_index", "right_foot_index")] = False
    return figure, drawn


def _narrowed(figure: Figure, plan: Plan) -> Figure:
    """Limbs begin at the spine, or as far from it as planned; all that hangs on them moves along."""
    marks = figure.marks.copy()
    for upper, middle, share in (("shoulder", figure.marks[point("neck")], plan.shoulders),
                                 ("hip", figure.joints[0], plan.hips)):  # fmt: skip
        chain = ("elbow", "wrist", "index") if upper == "shoulder" else ("knee", "ankle", "foot_index")
        for side in _SIDES:
            start = marks[point(f"{side}_{upper}")]
            below = middle + figure.turns[JOINT_INDEX["spine3"], :, 1] * (-0.03 if upper == "shoulder" else 0.0)
            shift = (1.0 - share) * (below - start)
            marks[points(*(f"{side}_{name}" for name in (upper, *chain)))] += shift
    return replace(figure, marks=marks)


def _limb(canvas: np.ndarray, way: FloatArray, hand: Hand, *, bent: bool) -> None:
    hand.line(canvas, curve(way) if bent else way)


def _leg(canvas: np.ndarray, pixels: FloatArray, side: str, *, hand: Hand, plan: Plan) -> None:
    hip, knee, ankle, toe = pixels[points(*(f"{side}_{name}" for name in ("hip", "knee", "ankle", "foot_index")))]
    _limb(canvas, np.stack([hip, knee, ankle]), hand, bent=plan.bent)
    if plan.feet == "line":
        hand.line(canvas, np.stack([ankle, toe]))
    elif plan.feet == "round":
        hand.fill(canvas, _blob(ankle, toe, 0.45))


def _arm(canvas: np.ndarray, pixels: FloatArray, side: str, *, hand: Hand, plan: Plan) -> None:
    shoulder, elbow, wrist, tip = pixels[
        points(*(f"{side}_{name}" for name in ("shoulder", "elbow", "wrist", "index")))
    ]
    _limb(canvas, np.stack([shoulder, elbow, wrist]), hand, bent=plan.bent)
    if plan.hands == "line":
        hand.line(canvas, np.stack([wrist, tip]))
    elif plan.hands == "round":
        hand.fill(canvas, _blob(wrist, tip, 0.8))
    elif plan.hands == "fingers":
        for angle in np.linspace(-0.8, 0.8, int(hand.rng.integers(3, 6))):
            turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            hand.line(canvas, np.stack([wrist, wrist + turn @ (1.6 * (tip - wrist))]))


def _blob(start: FloatArray, end: FloatArray, breadth: float) -> FloatArray:
    """An oval from `start` to a little beyond `end`."""
    along = 0.6 * (end - start)
    length = max(float(np.linalg.norm(along)), 0.008 * CANVAS)
    direction = along / (np.linalg.norm(along) + 1e-6)
    across = np.array([-direction[1], direction[0]]) * length * breadth
    angle = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)[:, None]
    return start + along + np.cos(angle) * direction * length + np.sin(angle) * across


def _trunk(canvas: np.ndarray, figure: Figure, hand: Hand, *, plan: Plan) -> None:
    pixels = figure.seen(figure.marks)
    left, right = pixels[point("left_shoulder")], pixels[point("right_shoulder")]
    left_hip, right_hip = pixels[point("left_hip")], pixels[point("right_hip")]
    neck, pelvis = pixels[point("neck")], 0.5 * (left_hip + right_hip)
    spine = figure.seen(figure.joints[[JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3")]])
    if plan.trunk == "box":
        hand.fill(canvas, np.stack([left, right, right_hip, left_hip]))
    elif plan.trunk == "triangle":
        hand.fill(canvas, np.stack([left, right, pelvis]))
    elif plan.trunk == "oval":
        middle, along = 0.5 * (neck + pelvis), 0.5 * (neck - pelvis)
        across = np.array([along[1], -along[0]]) * hand.rng.uniform(0.4, 0.9)
        hand.fill(canvas, middle + np.concatenate([_turned(along, across)]))
    else:
        hand.line(canvas, curve(np.stack([pelvis, *spine, neck])))
        hand.line(canvas, np.stack([left, 0.5 * (left + right), right]))
    if plan.trunk == "line" or plan.hips > 0.0:
        hand.line(canvas, np.stack([left_hip, right_hip]))
    if plan.neck:
        hand.line(canvas, np.stack([neck, figure.seen(figure.joints[JOINT_INDEX["head"]])]))


def _turned(along: FloatArray, across: FloatArray) -> FloatArray:
    angle = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)[:, None]
    return np.cos(angle) * along + np.sin(angle) * across
