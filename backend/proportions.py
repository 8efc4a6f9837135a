"""Body proportions as ten factors on our neutral adult: which bones grow together, and the rest offsets they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from .arrays import AnyFloatArray, DoubleArray, FloatArray, IntArray
from .kinematics import forward_kinematics
from .pose_sequence import PoseSequence
from .skeleton import JOINT_NAMES, REST_OFFSETS

if TYPE_CHECKING:
    import torch

    from .body_model import BodyMesh

LENGTH_GROUPS: Final = (
    "torso", "head", "hips", "thigh", "shin", "foot", "shoulders", "upper_arm", "forearm", "hand",
)  # fmt: skip
"""Both sides of the body are alike; every group scales the offsets that lead to its joints."""

_GROUP_OF: Final[dict[str, str]] = {
    "pelvis": "torso", "spine1": "torso", "spine2": "torso", "spine3": "torso", "neck": "torso", "head": "head",
    "hip": "hips", "knee": "thigh", "ankle": "shin", "foot": "foot", "collar": "shoulders", "shoulder": "shoulders",
    "elbow": "upper_arm", "wrist": "forearm", "hand": "hand",
}  # fmt: skip
GROUP_OF_JOINT: Final[IntArray] = np.array(
    [LENGTH_GROUPS.index(_GROUP_OF[name.removeprefix("left_").removeprefix("right_")]) for name in JOINT_NAMES]
)
"""(24,) the group that scales the offset of each joint from its parent."""


def scaled_offsets(log_scales: AnyFloatArray) -> FloatArray:
    """(..., 10) logarithms of the factors -> (..., 24, 3) metres: each joint relative to its parent."""
    factors = np.exp(np.asarray(log_scales, np.float64))[..., GROUP_OF_JOINT, None]
    return (factors * REST_OFFSETS).astype(np.float32)


def scaled_offsets_torch(log_scales: torch.Tensor) -> torch.Tensor:
    """`scaled_offsets` in torch, differentiable."""
    import torch

    offsets = torch.from_numpy(REST_OFFSETS.copy()).to(log_scales)
    groups = torch.from_numpy(GROUP_OF_JOINT.copy()).to(log_scales.device)
    return log_scales.exp()[..., groups, None] * offsets


class ProportionedBody:
    """Our neutral adult with other proportions; no surface.

    Args:
        log_scales: (10,) in the order of `LENGTH_GROUPS`.
    """

    def __init__(self, log_scales: AnyFloatArray) -> None:
        self._offsets = scaled_offsets(log_scales)

    def rest_offsets(self, betas: AnyFloatArray) -> FloatArray:
        """(24, 3) metres, whatever the shape."""
        return self._offsets

    def joints(self, poses: PoseSequence) -> DoubleArray:
        """(T, 24, 3) metres, inner frame."""
        return forward_kinematics(poses.rotations, poses.translation, offsets=self._offsets)

    def mesh(self, poses: PoseSequence) -> BodyMesh | None:
        """None: this body has no surface."""
        return None
