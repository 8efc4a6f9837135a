"""Gesture drawings: swinging lines of action, masses as ovals, strokes that go over and beyond each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.skeleton import JOINT_INDEX

from .figure import Figure
from .hand import Hand, curve, ring, some_hand
from .sample import POINT_COUNT, BoolArray, point, points

_SIDES = ("left", "right")


def draw_gesture(canvas: np.ndarray, figure: Figure, *, rng: np.random.Generator) -> tuple[Figure, BoolArray]:
    """Draw it; answers the figure, and which keypoints (23,) are drawn."""
    hand = some_hand(rng, size=figure.tall, thin=0.6)
    size = figure.tall / 300.0
    hand = replace(
        hand, wobble=size * rng.uniform(0.5, 2.5), overshoot=size * rng.uniform(0.0, 12.0),
        strokes=int(rng.integers(1, 4)), pressure=rng.uniform(0.0, 0.7),
    )  # fmt: skip
    drawn = np.ones(POINT_COUNT, dtype=bool)
    _action(canvas, figure, hand)
    _masses(canvas, figure, hand)
    loops = rng.random() < 0.4
    ends = rng.random(2) < 0.6
    for side in _SIDES:
        _limb(
            canvas, figure, hand, names=("shoulder", "elbow", "wrist", "index")[: 3 + ends[0]], side=side, loops=loops
        )
        _limb(canvas, figure, hand, names=("hip", "knee", "ankle", "foot_index")[: 3 + ends[1]], side=side, loops=loops)
    drawn[points("left_index", "right_index")] = ends[0]
    drawn[points("left_foot_index", "right_foot_index")] = ends[1]
    drawn[points("nose", "left_eye", "right_eye", "left_ear", "right_ear")] = False
    return figure, drawn


def _action(canvas: np.ndarray, figure: Figure, hand: Hand) -> None:
    """The spine, perhaps on into a leg; the lines of shoulders and hips."""
    names = ["pelvis", "spine1", "spine2", "spine3", "neck", "head"]
    way = figure.seen(figure.joints[[JOINT_INDEX[name] for name in names]])
    if hand.rng.random() < 0.4:
        side = _SIDES[hand.rng.integers(2)]
        leg = figure.seen(figure.joints[[JOINT_INDEX[f"{side}_{name}"] for name in ("ankle", "knee")]])
        way = np.concatenate([leg, way])
    hand.line(canvas, curve(way))
    marks = figure.seen(figure.marks)
    for name in ("shoulder", "hip"):
        if hand.rng.random() < 0.6:
            hand.line(canvas, marks[points(f"left_{name}", f"right_{name}")])


def _masses(canvas: np.ndarray, figure: Figure, hand: Hand) -> None:
    """Skull, ribs and pelvis as ovals."""
    marks, turns, joints = figure.marks, figure.turns, figure.joints
    top, head = marks[point("head_top")], joints[JOINT_INDEX["head"]]
    up = 0.62 * (top - head)
    _oval(canvas, figure, hand, mass=(top - up, up, 0.75 * float(np.linalg.norm(up))))
    if hand.rng.random() < 0.6:
        spine, neck = joints[JOINT_INDEX["spine2"]], joints[JOINT_INDEX["neck"]]
        half = 0.42 * (marks[point("left_shoulder")] - marks[point("right_shoulder")])
        middle, along = 0.5 * (spine + neck), 0.55 * (neck - spine)
        _oval(canvas, figure, hand, mass=(middle, along, max(0.6 * float(np.linalg.norm(half)), 0.05)))
    if hand.rng.random() < 0.6:
        half = float(np.linalg.norm(marks[point("left_hip")] - marks[point("right_hip")]))
        _oval(canvas, figure, hand, mass=(joints[0], 0.45 * half * turns[0, :, 1], 0.7 * half))


def _oval(canvas: np.ndarray, figure: Figure, hand: Hand, *, mass: tuple[FloatArray, FloatArray, float]) -> None:
    middle, along, half = mass
    centre = figure.seen(middle)
    reach = figure.seen(middle + along) - centre
    length = float(np.linalg.norm(reach))
    wide = half * figure.lens.scale
    up = reach / length if length > 1.0 else np.array([0.0, -1.0])
    hand.line(canvas, ring(centre, np.array([-up[1], up[0]]) * wide, up * max(length, 0.6 * wide)), closed=True)


def _limb(canvas: np.ndarray, figure: Figure, hand: Hand, *, names: tuple[str, ...], side: str, loops: bool) -> None:
    way = figure.seen(figure.marks[points(*(f"{side}_{name}" for name in names))])
    if not loops:
        hand.line(canvas, curve(way))
        return
    for start, end in pairwise(way):
        along = 0.5 * (end - start)
        hand.line(canvas, ring(start + along, 1.1 * along, 0.28 * np.array([-along[1], along[0]])), closed=True)
