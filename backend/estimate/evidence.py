"""What the pose model is told: landmarks as rays, world landmarks, known rotations and pins, each of them optional.

Everything is given in the axes of a *view*: the inner frame turned so that a camera in it looks straight at the person
(x right, y up, z to the camera). The model's answer is in the same axes; `View.turn` brings it back. A person at the
edge of a wide picture then looks to the model as one in the middle does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import torch

from ..keypoints import BLAZEPOSE_33
from ..skeleton import JOINT_COUNT, MIRROR

LANDMARKS: Final = len(BLAZEPOSE_33)
OUTSIDE_CONFIDENCE: Final = 0.15
"""How sure a point beyond the picture's edge can be at most: detectors guess them, and are sure all the same."""
SEEN: Final = 0.05
"""Points with less confidence count as not reported."""
OTHER_LANDMARK: Final = list(BLAZEPOSE_33.mirror)
"""Per landmark that of the other side; one of the middle is its own."""
OTHER_JOINT: Final = MIRROR.tolist()
"""The same of joints."""
_SPREAD_TO_BOX: Final = 2.0
"""From the points' root mean square distance from their middle to about half the person's height."""
_WORLD_UNIT_M: Final = 0.5


def mirrored_6d_torch(six: torch.Tensor) -> torch.Tensor:
    """Parent-relative rotations (N, 24, 6) of the same people seen in a mirror in the plane x = 0."""
    return six[:, OTHER_JOINT] * six.new_tensor([1.0, -1.0, -1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class View:
    """Where the person is seen.

    Attributes:
        turn: (N, 3, 3) from the view's axes to the inner frame of the camera.
        points: (N, 33, 2) the landmarks in the view, x right and y up, in units of `size`.
        size: (N, 1) about half the person's height as the tangent of an angle.
    """

    turn: torch.Tensor
    points: torch.Tensor
    size: torch.Tensor


def view_of(rays: torch.Tensor, confidence: torch.Tensor) -> View:
    """The view at a person.

    Args:
        rays: (N, 33, 2) landmarks as (u - cx) / fx and (v - cy) / fy: x right, y down.
        confidence: (N, 33); points below 0.05 do not count.
    """
    weight = torch.where(confidence > SEEN, confidence, 0.0)[..., None]
    total = weight.sum(1).clamp_min(1e-6)
    middle = (rays * weight).sum(1) / total
    turn = _turn_to(middle)
    away = torch.stack([rays[..., 0], -rays[..., 1], -torch.ones_like(rays[..., 0])], dim=-1)
    turned = away @ turn
    points = turned[..., :2] / (-turned[..., 2:]).clamp_min(0.05)
    centre = (points * weight).sum(1, keepdim=True) / total[:, None]
    spread = ((points - centre).square().sum(-1, keepdim=True) * weight).sum(1) / total
    size = (_SPREAD_TO_BOX * spread.sqrt()).clamp_min(1e-4)
    return View(turn, points / size[:, None], size)


def _turn_to(middle: torch.Tensor) -> torch.Tensor:
    """(N, 3, 3) the smallest turn that brings the camera's axis to the ray `middle` (N, 2)."""
    ahead = torch.stack([middle[:, 0], -middle[:, 1], -torch.ones_like(middle[:, 0])], dim=-1)
    x, y, z = torch.nn.functional.normalize(ahead, dim=-1).unbind(-1)
    # Rodrigues between (0, 0, -1) and the unit vector (x, y, z), with cosine -z.
    scale = 1.0 / (1.0 - z).clamp_min(1e-6)
    rows = [
        torch.stack([1.0 - x * x * scale, -x * y * scale, -x], -1),
        torch.stack([-x * y * scale, 1.0 - y * y * scale, -y], -1),
        torch.stack([x, y, -z], -1),
    ]
    return torch.stack(rows, dim=-2)


@dataclass(frozen=True)
class Evidence:
    """N people's evidence in the axes of their views; what is absent is 0, and its `has_` or `known` too.

    Attributes:
        points: (N, 33, 2), see `View`.
        confidence: (N, 33) in [0, 1]; 0 is unseen.
        size: (N, 1), see `View`.
        has_points: (N, 1).
        camera_known: (N, 1) the focal length is that of the picture's camera, not a guess.
        world: (N, 33, 3) metres from the middle between the hips.
        has_world: (N, 1).
        rotations: (N, 24, 6) parent-relative; the root in the view's axes.
        rotations_known: (N, 24).
        pins: (N, 24, 3) metres from the pelvis.
        pins_known: (N, 24).
    """

    points: torch.Tensor
    confidence: torch.Tensor
    size: torch.Tensor
    has_points: torch.Tensor
    camera_known: torch.Tensor
    world: torch.Tensor
    has_world: torch.Tensor
    rotations: torch.Tensor
    rotations_known: torch.Tensor
    pins: torch.Tensor
    pins_known: torch.Tensor

    @classmethod
    def nothing(cls, count: int, *, device: torch.device | str = "cpu") -> Evidence:
        """No evidence about `count` people."""

        def zeros(*shape: int) -> torch.Tensor:
            return torch.zeros(count, *shape, device=device)

        return cls(
            points=zeros(LANDMARKS, 2), confidence=zeros(LANDMARKS), size=zeros(1), has_points=zeros(1),
            camera_known=zeros(1), world=zeros(LANDMARKS, 3), has_world=zeros(1), rotations=zeros(JOINT_COUNT, 6),
            rotations_known=zeros(JOINT_COUNT), pins=zeros(JOINT_COUNT, 3), pins_known=zeros(JOINT_COUNT),
        )  # fmt: skip

    def mirrored(self) -> Evidence:
        """Of the same people seen in a mirror in the plane x = 0: left and right are exchanged."""
        flat, deep = (self.points.new_tensor(signs) for signs in ([-1.0, 1.0], [-1.0, 1.0, 1.0]))
        return Evidence(
            points=(self.points * flat)[:, OTHER_LANDMARK],
            confidence=self.confidence[:, OTHER_LANDMARK],
            size=self.size,
            has_points=self.has_points,
            camera_known=self.camera_known,
            world=(self.world * deep)[:, OTHER_LANDMARK],
            has_world=self.has_world,
            rotations=mirrored_6d_torch(self.rotations),
            rotations_known=self.rotations_known[:, OTHER_JOINT],
            pins=(self.pins * deep)[:, OTHER_JOINT],
            pins_known=self.pins_known[:, OTHER_JOINT],
        )

    def without_world(self) -> Evidence:
        """Of the same people, as if no world landmarks had been given."""
        return replace(self, world=torch.zeros_like(self.world), has_world=torch.zeros_like(self.has_world))

    def features(self) -> torch.Tensor:
        """(N, FEATURES): what the network reads."""
        seen = self.confidence * self.has_points
        points = (self.points * (seen > SEEN)[..., None]).clamp(-4.0, 4.0)
        size = torch.where(self.has_points > 0.0, self.size.clamp_min(1e-4).log() + 1.5, 0.0)
        world = (self.world * self.has_world[..., None] / _WORLD_UNIT_M).clamp(-4.0, 4.0)
        parts = [
            points.flatten(1), seen, size, self.has_points, self.camera_known * self.has_points, world.flatten(1),
            self.has_world, (self.rotations * self.rotations_known[..., None]).flatten(1), self.rotations_known,
            (self.pins * self.pins_known[..., None] / _WORLD_UNIT_M).flatten(1), self.pins_known,
        ]  # fmt: skip
        return torch.cat(parts, dim=1)


FEATURES: Final = LANDMARKS * 3 + 3 + LANDMARKS * 3 + 1 + JOINT_COUNT * 7 + JOINT_COUNT * 4
