"""What a fit is told: the prior pose, points in the picture, points and pins in space, the ground.

Every number is a torch tensor with the problem as its leading axis N; all of one fit share dtype and device.
Convention: the inner frame with the camera at the origin (metres; x to the picture's right, y up, z towards the
viewer, so that what is seen has z < 0); pixels of the full image, origin top left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..arrays import FloatArray, IntArray
from ..errors import InputError
from ..estimate.landmark_body import LANDMARK_GROUPS, LANDMARK_JOINTS, LANDMARK_OFFSETS
from ..proportions import GROUP_OF_JOINT, LENGTH_GROUPS
from ..skeleton import JOINT_COUNT, JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M

if TYPE_CHECKING:
    import torch

GROUP_COUNT = len(LENGTH_GROUPS)
# The heel's contact point lies this far behind the ankle joint, as in `estimate.placement`.
_HEEL_BEHIND_ANKLE_M = 0.045


@dataclass(frozen=True)
class PointModel:
    """K points that the body carries.

    Attributes:
        joints: (K,) the joint that carries each point.
        offsets: (K, 3) metres from that joint in its axes, on the neutral adult.
        groups: (K,) the length group (`proportions.LENGTH_GROUPS`) that scales each offset.
    """

    joints: IntArray
    offsets: FloatArray
    groups: IntArray

    @classmethod
    def landmarks(cls, indices: IntArray | None = None) -> PointModel:
        """BlazePose's landmarks, all 33 or those of `indices`."""
        chosen = np.arange(len(LANDMARK_JOINTS)) if indices is None else indices
        return cls(LANDMARK_JOINTS[chosen], LANDMARK_OFFSETS[chosen], LANDMARK_GROUPS[chosen])

    @classmethod
    def of_joints(cls, joints: IntArray | tuple[int, ...]) -> PointModel:
        """The joints themselves."""
        chosen = np.asarray(joints, np.intp).reshape(-1)
        return cls(chosen, np.zeros((len(chosen), 3), np.float32), GROUP_OF_JOINT[chosen])

    @classmethod
    def soles(cls) -> PointModel:
        """Left heel, left ball, right heel, right ball, on the sole."""
        joints = [JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("ankle", "foot")]
        heel, ball = (0.0, -SOLE_BELOW_ANKLE_M, -_HEEL_BEHIND_ANKLE_M), (0.0, -SOLE_BELOW_FOOT_M, 0.0)
        return cls(np.array(joints), np.array([heel, ball] * 2, np.float32), GROUP_OF_JOINT[[10] * 4])

    def __len__(self) -> int:
        return len(self.joints)

    @classmethod
    def joined(cls, models: list[PointModel]) -> PointModel:
        """The points of these models in order."""
        every = [cls.of_joints(()), *models]
        return cls(
            np.concatenate([model.joints for model in every]).astype(np.intp),
            np.concatenate([model.offsets for model in every]).astype(np.float32),
            np.concatenate([model.groups for model in every]).astype(np.intp),
        )


@dataclass(frozen=True)
class PosePrior:
    """The pose that is likely before the evidence, such as a model's reading.

    Attributes:
        rotations: (N, 24, 3, 3) parent-relative; that of the pelvis is in the inner frame.
        rotation_sigma: (N, 24) radians a axis: how far each joint may be off. Certain joints stay.
        log_scales: (N, 10) in the order of `proportions.LENGTH_GROUPS`; None for the neutral adult.
        log_scale_sigma: (10,) or (N, 10).
        body_sigma: (N, 24) radians a axis: how far each joint's rotation as the pelvis sees it may be off, or None.
            What a model gets wrong of one limb does not turn the limbs after it: this says so, `rotation_sigma` does
            not.
    """

    rotations: torch.Tensor
    rotation_sigma: torch.Tensor
    log_scales: torch.Tensor | None = None
    log_scale_sigma: torch.Tensor | None = None
    body_sigma: torch.Tensor | None = None

    def __post_init__(self) -> None:
        count = self.count
        _check("prior rotations", self.rotations, (count, JOINT_COUNT, 3, 3))
        _check("rotation sigma", self.rotation_sigma, (count, JOINT_COUNT))
        if self.body_sigma is not None:
            _check("body sigma", self.body_sigma, (count, JOINT_COUNT))
        if self.log_scales is not None:
            _check("log scales", self.log_scales, (count, GROUP_COUNT))
        if self.log_scale_sigma is not None:
            if self.log_scale_sigma.ndim == 1:
                object.__setattr__(self, "log_scale_sigma", self.log_scale_sigma.expand(count, -1))
            _check("log scale sigma", self.log_scale_sigma, (count, GROUP_COUNT))

    @property
    def count(self) -> int:
        """N."""
        return self.rotations.shape[0]


@dataclass(frozen=True)
class Evidence2D:
    """Points seen in the picture.

    Attributes:
        points_px: (N, K, 2); what stands there for unseen points is not used.
        sigma_px: (N, K) their noise; infinite for points that were not seen.
        camera: (N, 4) fx, fy, cx, cy.
        model: which points of the body they are; all of BlazePose's landmarks by default.
        placed: (N, K) bool: points that a person put there. They are never taken for outliers.
    """

    points_px: torch.Tensor
    sigma_px: torch.Tensor
    camera: torch.Tensor
    model: PointModel | None = None
    placed: torch.Tensor | None = None

    def __post_init__(self) -> None:
        if self.model is None:
            object.__setattr__(self, "model", PointModel.landmarks())
        count, points = self.points_px.shape[0], len(self.points)
        _check("points in the picture", self.points_px, (count, points, 2))
        _check("their sigma", self.sigma_px, (count, points))
        _check("camera", self.camera, (count, 4))
        if self.placed is not None:
            _check("placed", self.placed, (count, points))

    @property
    def points(self) -> PointModel:
        """The points of the body."""
        assert self.model is not None
        return self.model


@dataclass(frozen=True)
class Evidence3D:
    """Points in space of which only the place relative to the body is known, such as BlazePose's world landmarks.

    Attributes:
        points: (N, K, 3) metres in the inner frame's axes, from the middle of the `origin` joints.
        sigma_m: (N, K, 3) along x, y, z; infinite for what is unknown.
        model: which points of the body they are; all of BlazePose's landmarks by default.
        origin: joints; BlazePose's origin is the middle of the hips, (0,) is the pelvis.
    """

    points: torch.Tensor
    sigma_m: torch.Tensor
    model: PointModel | None = None
    origin: tuple[int, ...] = (JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"])

    def __post_init__(self) -> None:
        if self.model is None:
            object.__setattr__(self, "model", PointModel.landmarks())
        assert self.model is not None
        shape = (self.points.shape[0], len(self.model), 3)
        _check("points in space", self.points, shape)
        _check("their sigma", self.sigma_m, shape)


@dataclass(frozen=True)
class Pins:
    """Joints whose place before the camera is known.

    Attributes:
        joints: (P,) joints.
        positions: (N, P, 3) metres, inner frame with the camera at the origin.
        sigma_m: (N, P); infinite where a problem has no such pin.
    """

    joints: tuple[int, ...]
    positions: torch.Tensor
    sigma_m: torch.Tensor

    def __post_init__(self) -> None:
        count = self.positions.shape[0]
        _check("pins", self.positions, (count, len(self.joints), 3))
        _check("their sigma", self.sigma_m, (count, len(self.joints)))


@dataclass(frozen=True)
class Ground:
    """The ground: points of contact share one plane, whose height is not known.

    Attributes:
        up: (N, 3) unit vector in the inner frame.
        contact: (N, 4) in [0, 1]: how surely left heel, left ball, right heel and right ball stand on it.
        sigma_m: how even the ground is.
    """

    up: torch.Tensor
    contact: torch.Tensor
    sigma_m: float = 0.02

    def __post_init__(self) -> None:
        _check("up", self.up, (self.up.shape[0], 3))
        _check("contact", self.contact, (self.up.shape[0], 4))


def _check(name: str, tensor: torch.Tensor, shape: tuple[int, ...]) -> None:
    if tuple(tensor.shape) != shape:
        raise InputError(f"The fit takes {name} of the shape {shape}, not {tuple(tensor.shape)}.")
