"""Posed figures before the viewer, and where they come to lie in the picture.

Convention: the view's inner frame (metres from the pelvis; x right, y up, z to the viewer). Canvases are `CANVAS`
pixels wide and high, `SHARP` times as many as the drawing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import roma
import torch

from contrapposto.backend.arrays import FloatArray
from contrapposto.backend.kinematics import pose_torch
from contrapposto.backend.skeleton import JOINT_INDEX

from .body import CARRIERS, Body
from .sample import SIZE

_BENT_ON_A_SEAT: Final = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("hip", "knee")]
_BENT_RAD: Final = 0.9
_CLOSE: Final = 0.15
"""Share of figures that are seen in strong perspective."""
SHARP: Final = 2
CANVAS: Final = SHARP * SIZE


@dataclass(frozen=True)
class Lens:
    """Where a point of space is in the canvas: x = middle + scale * x / (1 - z / distance).

    Attributes:
        distance: metres from the pelvis to the eye.
        scale: canvas pixels of a metre at the pelvis.
        middle: (2,) the pelvis in the canvas.
    """

    distance: float
    scale: float
    middle: FloatArray

    def project(self, points: FloatArray) -> FloatArray:
        """(..., 3) metres -> (..., 2) canvas pixels."""
        near = self.scale / np.maximum(1.0 - points[..., 2:] / self.distance, 0.1)
        return (self.middle + near * points[..., :2] * (1.0, -1.0)).astype(np.float32)


@dataclass(frozen=True)
class Figure:
    """One posed body before the viewer.

    Attributes:
        body: what it is.
        turns: (24, 3, 3) of the joints, in the view.
        joints: (24, 3).
        marks: (23, 3) the keypoints.
        rotations: (24, 3) axis-angle, local, the root in the view.
        lens: how it is seen.
    """

    body: Body
    turns: FloatArray
    joints: FloatArray
    marks: FloatArray
    rotations: FloatArray
    lens: Lens

    @property
    def tall(self) -> float:
        """Its stature in canvas pixels."""
        return self.lens.scale * self.body.stature

    @property
    def seated(self) -> bool:
        """Whether both hips and both knees are bent, as on a seat; those who crouch count too."""
        bent = np.linalg.norm(self.rotations[_BENT_ON_A_SEAT], axis=1)
        return bool((bent > _BENT_RAD).all())

    def seen(self, points: FloatArray) -> FloatArray:
        """(..., 3) metres -> (..., 2) canvas pixels."""
        return self.lens.project(points)

    def placed(self, low: FloatArray, high: FloatArray, *, rng: np.random.Generator) -> Figure:
        """Put so that its keypoints fill the box from `low` to `high` (2,) of the canvas as far as they can."""
        rough = replace(self.lens, scale=1.0, middle=np.zeros(2, np.float32)).project(self.marks)
        least, most = rough.min(0) - 0.05 * self.body.stature, rough.max(0) + 0.05 * self.body.stature
        scale = float(((high - low) / (most - least)).min())
        room = (high - low) - scale * (most - least)
        middle = low - scale * least + room * rng.uniform(size=2)
        return replace(self, lens=Lens(self.lens.distance, scale, middle.astype(np.float32)))


def stand(
    poses: torch.Tensor, bodies: list[Body], *, rng: np.random.Generator, frontal: list[int] | None = None
) -> list[Figure]:
    """Poses (N, 24, 3, 3), y up, on N bodies before viewers who see them mostly level, and from the front.

    `frontal` are those that are seen straight from the front.
    """
    count = len(bodies)
    poses = poses.clone()
    seen = torch.from_numpy(_views(poses[:, 0].numpy(), rng)).float() @ poses[:, 0]
    seen[frontal or []] = poses[frontal or [], 0]
    poses[:, 0] = seen
    offsets = torch.from_numpy(np.stack([body.offsets for body in bodies]))
    turns, joints = (part.numpy() for part in pose_torch(poses, torch.zeros(count, 3), offsets=offsets))
    marks = np.stack([body.marks for body in bodies])
    marks = joints[:, CARRIERS] + np.einsum("nkij,nkj->nki", turns[:, CARRIERS], marks)
    rotations = roma.rotmat_to_rotvec(poses).numpy()
    reach = np.abs(marks).max((1, 2))
    far = np.maximum(rng.lognormal(1.5, 0.5, count), reach + 0.8)
    # Comics like to stand so near that a hand towards the viewer is larger than the head.
    close = rng.random(count) < _CLOSE
    close[frontal or []] = False
    far = np.where(close, marks[..., 2].max(1) + rng.uniform(0.35, 1.0, count), far)
    nowhere = np.zeros(2, np.float32)
    return [
        Figure(bodies[i], turns[i], joints[i], marks[i].astype(np.float32), rotations[i], Lens(far[i], 1.0, nowhere))
        for i in range(count)
    ]


def _views(roots: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(N, 3, 3) from the upright world to the view."""
    count = len(roots)
    facing = np.arctan2(roots[:, 0, 2], roots[:, 2, 2])
    wanted = np.where(rng.random(count) < 0.78, rng.normal(0.0, 0.65, count), rng.uniform(-math.pi, math.pi, count))
    pitch = np.where(rng.random(count) < 0.18, rng.uniform(-0.8, 1.4, count), rng.normal(0.08, 0.14, count))
    roll = np.where(rng.random(count) < 0.1, rng.uniform(-math.pi, math.pi, count), rng.normal(0.0, 0.05, count))
    return _about(2, roll) @ _about(0, pitch) @ _about(1, wanted - facing)


def _about(axis: int, angle: FloatArray) -> FloatArray:
    turn = np.zeros((len(angle), 3))
    turn[:, axis] = angle
    return roma.rotvec_to_rotmat(torch.from_numpy(turn)).numpy()
