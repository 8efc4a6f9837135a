"""What stands about a figure, and pictures in which there is none: furniture, tools, scribbles, letters, landscapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from contrapposto.backend.arrays import FloatArray

from .figure import CANVAS
from .hand import Hand, curve, ring, smooth_noise, some_hand


def _box(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """A box seen from a corner: a crate, a cupboard, a house without a roof."""
    wide, tall, deep = size * rng.uniform(0.4, 1.0, 3)
    slant = np.array([0.6 * deep, -0.35 * deep]) * rng.choice([-1.0, 1.0], 2)
    front = at + np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]])
    hand.line(canvas, front, closed=True)
    hand.line(canvas, front[[0, 1]] + slant)
    for corner in front[[0, 1]]:
        hand.line(canvas, np.stack([corner, corner + slant]))


def _table(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """A slanted top on four legs."""
    wide, deep, tall = size * rng.uniform(0.7, 1.3), size * rng.uniform(0.1, 0.4), size * rng.uniform(0.4, 0.9)
    slant = np.array([rng.uniform(-0.5, 0.5) * size, deep])
    corners = at + np.array([[0.0, 0.0], [wide, rng.uniform(-0.1, 0.1) * size]])
    top = np.stack([corners[0], corners[1], corners[1] + slant, corners[0] + slant])
    hand.line(canvas, top, closed=True)
    hand.line(canvas, top + [0.0, 0.04 * size], closed=True)
    thick = np.array([0.04 * size, 0.0])
    for corner in top:
        for edge in (corner, corner + thick):
            hand.line(canvas, np.stack([edge, edge + [0.0, tall]]))


def _stool(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """A round seat on one leg or three."""
    wide, flat, tall = size * rng.uniform(0.25, 0.5), size * rng.uniform(0.03, 0.12), size * rng.uniform(0.4, 1.0)
    seat = ring(at, np.array([wide, 0.0]), np.array([0.0, flat]))
    hand.line(canvas, seat, closed=True)
    hand.line(canvas, curve(seat[:13] + [0.0, 0.12 * size]))
    foot = at + [0.0, tall]
    for side in (-1.0, 1.0):
        hand.line(canvas, np.array([at + [side * 0.05 * size, flat], foot + [side * 0.05 * size, 0.0]]))
        hand.line(canvas, np.array([foot, foot + [side * wide, 0.06 * size]]))
    if rng.random() < 0.5:
        hand.line(
            canvas, foot + np.array([[-wide, 0.0], [wide, 0.0], [wide, 0.12 * size], [-wide, 0.12 * size]]), closed=True
        )


def _pole(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """A stick, a sword, a microphone: a long thin thing, perhaps with a knob."""
    angle, length = rng.uniform(0.0, 2.0 * np.pi), size * rng.uniform(0.3, 1.4)
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]]) * size * rng.uniform(0.01, 0.05)
    end = at + length * along
    hand.line(canvas, np.stack([at + across, end + across, end - across, at - across]), closed=True)
    if rng.random() < 0.5:
        radius = 0.07 * size
        hand.line(canvas, ring(end, np.array([radius, 0.0]), np.array([0.0, radius]), count=12), closed=True)


def _ball(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    radius = size * rng.uniform(0.05, 0.4)
    hand.line(canvas, ring(at, np.array([radius, 0.0]), np.array([0.0, radius * rng.uniform(0.6, 1.0)])), closed=True)


def _scribble(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    count = int(rng.integers(5, 40))
    way = at + np.cumsum(smooth_noise(count, rng, every=2) * size * rng.uniform(0.03, 0.2), axis=0)
    hand.line(canvas, curve(way) if rng.random() < 0.7 else way)


def _letters(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    signs = "ABCDEFGHIJKLMNOPRSTUVWXYZabcdefghikmnoprstu0123456789"
    text = "".join(rng.choice(list(signs), int(rng.integers(1, 12))))
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX]))
    height = float(np.clip(size * rng.uniform(0.002, 0.012), 0.3, 3.0))
    cv2.putText(canvas, text, (int(at[0]), int(at[1])), font, height, 255, max(1, round(hand.width)), cv2.LINE_AA)


def _horizon(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """A ground line, hills."""
    count = int(rng.integers(3, 9))
    x = np.linspace(-20.0, CANVAS + 20.0, count)
    y = at[1] + rng.normal(0.0, 0.15 * size * rng.random(), count)
    hand.line(canvas, curve(np.column_stack([x, y])))


def _house(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    wide, tall = size * rng.uniform(0.5, 1.0, 2)
    hand.line(canvas, at + np.array([[0, 0], [wide, 0], [wide, tall], [0, tall]]), closed=True)
    hand.line(canvas, at + np.array([[-0.1 * wide, 0], [0.5 * wide, -0.6 * tall], [1.1 * wide, 0]]))
    for x in rng.uniform(0.1, 0.7, 2):
        window = np.array([[x, 0.3], [x + 0.2, 0.3], [x + 0.2, 0.6], [x, 0.6]])
        hand.line(canvas, at + window * [wide, tall], closed=True)


def _tree(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    wide, tall = 0.05 * size, size * rng.uniform(0.3, 0.7)
    for side in (-wide, wide):
        hand.line(canvas, at + np.array([[side, 0.0], [side * rng.uniform(0.7, 1.4), tall]]))
    crown = ring(at - [0.0, 0.2 * size], np.array([0.35 * size, 0.0]), np.array([0.0, 0.3 * size]), count=20)
    hand.line(canvas, curve(crown + rng.normal(0.0, 0.04 * size, crown.shape)), closed=True)


def _animal(rng: np.random.Generator, hand: Hand, canvas: np.ndarray, *, at: FloatArray, size: float) -> None:
    """Four legs, a tail, a head in front."""
    sign, half = rng.choice([-1.0, 1.0]), 0.5 * size * rng.uniform(0.6, 1.0)
    tall = half * rng.uniform(0.25, 0.6)
    hand.line(canvas, ring(at, np.array([half, 0.0]), np.array([0.0, tall])), closed=True)
    for x in (-0.7, -0.5, 0.5, 0.7):
        top = at + np.array([x * half, 0.7 * tall])
        hand.line(canvas, np.stack([top, top + [rng.normal(0.0, 0.1 * half), half * rng.uniform(0.5, 1.0)]]))
    head = at + np.array([sign * 1.2 * half, -tall * rng.uniform(0.5, 1.5)])
    hand.line(canvas, ring(head, np.array([0.35 * half, 0.0]), np.array([0.0, 0.3 * half]), count=16), closed=True)
    tail = at - [sign * half, 0.0]
    hand.line(
        canvas, curve(tail - np.array([[0.0, 0.0], [sign * 0.2 * half, 0.2 * half], [sign * 0.3 * half, 0.6 * half]]))
    )


Thing = Callable[..., None]
_BESIDE: Final[tuple[Thing, ...]] = (_box, _table, _stool, _pole, _ball, _scribble, _letters, _horizon)
_ALONE: Final[tuple[Thing, ...]] = (*_BESIDE, _scribble, _scribble, _house, _tree, _animal, _animal)


def draw_things(canvas: np.ndarray, *, rng: np.random.Generator) -> str:
    """Draw a picture without a figure; answers what it is called."""
    if rng.random() < 0.1:
        return "blank"
    hand = some_hand(rng, size=CANVAS)
    for _ in range(int(rng.integers(1, 7))):
        thing = _ALONE[rng.integers(len(_ALONE))]
        thing(rng, hand, canvas, at=CANVAS * rng.uniform(0.05, 0.9, 2), size=CANVAS * rng.uniform(0.15, 0.8))
    return "things"


def draw_seat(
    canvas: np.ndarray, pelvis: FloatArray, tall: float, *, rng: np.random.Generator, thin: float = 0.3
) -> None:
    """Draw a stool, a table or a crate under the pelvis (2,) of a figure that is `tall` pixels."""
    thing, size = (_stool, _stool, _table, _box)[rng.integers(4)], tall * rng.uniform(0.25, 0.6)
    aside = 0.0 if thing is _stool else -0.25 * size
    at = pelvis + [aside, rng.uniform(0.0, 0.1) * tall] + rng.normal(0.0, 0.03, 2) * tall
    thing(rng, some_hand(rng, size=tall, thin=thin), canvas, at=at, size=size)


def draw_beside(
    canvas: np.ndarray, marks: FloatArray, tall: float, *, rng: np.random.Generator, thin: float = 0.3
) -> None:
    """Draw a thing or more that a figure with keypoints `marks` (23, 2), `tall` pixels, sits on, holds, or is near."""
    hand = some_hand(rng, size=tall, thin=thin)
    for _ in range(int(rng.integers(1, 3))):
        kind = rng.random()
        size = tall * rng.uniform(0.2, 0.7)
        if kind < 0.35:
            seat = 0.5 * (marks[15] + marks[16]) if rng.random() < 0.5 else marks[rng.integers(len(marks))]
            thing = (_stool, _table, _box)[rng.integers(3)]
            thing(rng, hand, canvas, at=seat + rng.normal(0.0, 0.08, 2) * tall, size=size)
        elif kind < 0.6:
            _pole(rng, hand, canvas, at=marks[11 + rng.integers(4)], size=0.6 * size)
        elif kind < 0.7:
            _horizon(
                rng, hand, canvas, at=marks[np.argmax(marks[:, 1])] - [0.0, rng.uniform(0.0, 0.3) * tall], size=size
            )
        else:
            thing = _BESIDE[rng.integers(len(_BESIDE))]
            thing(rng, hand, canvas, at=CANVAS * rng.uniform(0.0, 1.0, 2), size=size)
