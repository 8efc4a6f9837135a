"""What the pose model is told: landmarks as rays, world landmarks, known rotations and pins, each of them optional.

Everything is given in the axes of a *view*: the inner frame turned so that a camera in it looks straight at the person,
and rolled until the trunk stands upright in its picture (x right, y up, z to the camera). The model's answer is in the
same axes; `View.turn` brings it back. Somebody at the edge of a wide picture, somebody who lies, and somebody in a
picture that is turned then look to the model as one who stands in the middle does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import torch

from ..keypoints import BLAZEPOSE_33
from ..refine.tensors import length
from ..rotations import MIRRORED_6D
from ..skeleton import JOINT_COUNT
from .mirror import DEEP, FLAT, OTHER_JOINT, OTHER_LANDMARK, Part

LANDMARKS: Final = len(BLAZEPOSE_33)
OUTSIDE_CONFIDENCE: Final = 0.15
"""How sure a point beyond the picture's edge can be at most: detectors guess them, and are sure all the same."""
SEEN: Final = 0.05
"""Points with less confidence count as not reported."""
_SPREAD_TO_BOX: Final = 2.0
"""From the points' root mean square distance from their middle to about half the person's height."""
_WORLD_UNIT_M: Final = 0.5
_SHOULDERS: Final = [BLAZEPOSE_33.index[f"{side}_shoulder"] for side in ("left", "right")]
_HIPS: Final = [BLAZEPOSE_33.index[f"{side}_hip"] for side in ("left", "right")]
_SURE: Final = 0.35
"""With all shoulders and hips this sure the view is rolled as far as they say."""
_UPRIGHT: Final = 0.12
"""So much of the picture's own up is added to the trunk: one that points at the camera does not roll the view."""


@dataclass(frozen=True)
class View:
    """Where the person is seen.

    Attributes:
        turn: (N, 3, 3) from the view's axes to the inner frame of the camera.
        points: (N, 33, 2) the landmarks in the view, x right and y up, in units of `size`.
        size: (N, 1) about half the person's height as the tangent of an angle.
        picture_up: (N, 2) unit vector in the view, where the picture's up was before the roll.
    """

    turn: torch.Tensor
    points: torch.Tensor
    size: torch.Tensor
    picture_up: torch.Tensor


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
    points = points / size[:, None]
    x, y = _trunk(points, weight).unbind(1)
    roll = torch.stack([torch.stack([y, -x], 1), torch.stack([x, y], 1)], dim=1)
    turn = torch.cat([turn[..., :2] @ roll.transpose(1, 2), turn[..., 2:]], dim=2)
    return View(turn, points @ roll.transpose(1, 2), size, roll[..., 1])


def _trunk(points: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """(N, 2) unit vectors from hips to shoulders, upwards where these are unsure or one hides the other."""
    apart = points[:, _SHOULDERS].mean(1) - points[:, _HIPS].mean(1)
    least = weight[:, _SHOULDERS + _HIPS].amin(1)
    sure = ((least - SEEN) / (_SURE - SEEN)).clamp(0.0, 1.0)
    up = apart.new_tensor([0.0, 1.0])
    trunk = sure * apart + _UPRIGHT * up
    size = length(trunk)
    return torch.where(size > 1e-3 * _UPRIGHT, trunk / size.clamp_min(1e-6), up)


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
        picture_up: (N, 2), see `View`.
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
    picture_up: torch.Tensor
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
            points=zeros(LANDMARKS, 2), confidence=zeros(LANDMARKS), size=zeros(1), picture_up=zeros(2),
            has_points=zeros(1), camera_known=zeros(1), world=zeros(LANDMARKS, 3), has_world=zeros(1),
            rotations=zeros(JOINT_COUNT, 6), rotations_known=zeros(JOINT_COUNT), pins=zeros(JOINT_COUNT, 3),
            pins_known=zeros(JOINT_COUNT),
        )  # fmt: skip

    @classmethod
    def of_view(cls, view: View, confidence: torch.Tensor, *, camera_known: bool) -> Evidence:
        """Landmarks alone, with their confidence (N, 33)."""
        ones = torch.ones_like(view.size)
        return replace(
            cls.nothing(len(ones), device=ones.device), points=view.points, confidence=confidence, size=view.size,
            picture_up=view.picture_up, has_points=ones, camera_known=float(camera_known) * ones,
        )  # fmt: skip

    def without_world(self) -> Evidence:
        """Of the same people, as if no world landmarks had been given."""
        return replace(self, world=torch.zeros_like(self.world), has_world=torch.zeros_like(self.has_world))

    def features(self) -> torch.Tensor:
        """(N, FEATURES): what the network reads, in the order of `FEATURE_PARTS`."""
        seen = self.confidence * self.has_points
        points = (self.points * (seen > SEEN)[..., None]).clamp(-4.0, 4.0)
        size = torch.where(self.has_points > 0.0, self.size.clamp_min(1e-4).log() + 1.5, 0.0)
        world = (self.world * self.has_world[..., None] / _WORLD_UNIT_M).clamp(-4.0, 4.0)
        parts = [
            points.flatten(1), seen, self.picture_up * self.has_points, size, self.has_points,
            self.camera_known * self.has_points, world.flatten(1), self.has_world,
            (self.rotations * self.rotations_known[..., None]).flatten(1), self.rotations_known,
            (self.pins * self.pins_known[..., None] / _WORLD_UNIT_M).flatten(1), self.pins_known,
        ]  # fmt: skip
        return torch.cat(parts, dim=1)


FEATURE_PARTS: Final = (
    Part(OTHER_LANDMARK, FLAT), Part(OTHER_LANDMARK), Part(signs=FLAT), Part(), Part(), Part(),
    Part(OTHER_LANDMARK, DEEP), Part(), Part(OTHER_JOINT, MIRRORED_6D), Part(OTHER_JOINT), Part(OTHER_JOINT, DEEP),
    Part(OTHER_JOINT),
)  # fmt: skip
"""Of what is read, and what a mirror makes of it."""
FEATURES: Final = sum(part.size for part in FEATURE_PARTS)
