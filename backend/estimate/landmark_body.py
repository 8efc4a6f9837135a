"""Where BlazePose's 33 landmarks sit on the SMPL skeleton.

Convention: offsets in metres from a joint, in the axes of the T-pose (x to the person's left, y up, z forward), on the
neutral adult of `skeleton`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray, FloatArray, IntArray
from ..keypoints import BLAZEPOSE_33
from ..proportions import LENGTH_GROUPS
from ..skeleton import JOINT_INDEX, PARENTS, REST_OFFSETS

if TYPE_CHECKING:
    import torch


def _beside(joint: str, offset: tuple[float, float, float]) -> tuple[float, float, float]:
    """As the parent of a joint carries a point that lies at `offset` from that joint."""
    x, y, z = (float(value) for value in REST_OFFSETS[JOINT_INDEX[joint]] + np.array(offset, np.float32))
    return x, y, z


# Measured: where BlazePose puts its points on rendered people whose joints are known (eight MakeHuman bodies and three
# other characters), median over pictures; the hand's points, which it draws together, half way to the knuckles of the
# MakeHuman base mesh.
_ON_THE_LEFT: Final[dict[str, tuple[str, str, tuple[float, float, float]]]] = {
    "eye_inner": ("head", "head", (0.012, 0.056, 0.087)),
    "eye": ("head", "head", (0.021, 0.056, 0.083)),
    "eye_outer": ("head", "head", (0.030, 0.056, 0.078)),
    "ear": ("head", "head", (0.044, 0.040, 0.037)),
    "mouth": ("head", "head", (0.014, -0.004, 0.092)),
    "shoulder": ("left_collar", "shoulders", _beside("left_shoulder", (-0.010, 0.027, -0.004))),
    "elbow": ("left_shoulder", "upper_arm", _beside("left_elbow", (-0.017, 0.001, 0.005))),
    "wrist": ("left_wrist", "forearm", (0.011, 0.005, 0.002)),
    "pinky": ("left_wrist", "hand", (0.077, -0.012, -0.014)),
    "index": ("left_wrist", "hand", (0.082, -0.015, 0.008)),
    "thumb": ("left_wrist", "hand", (0.059, -0.012, 0.015)),
    "hip": ("pelvis", "hips", _beside("left_hip", (-0.018, 0.010, 0.012))),
    "knee": ("left_knee", "thigh", (0.000, 0.006, -0.017)),
    "ankle": ("left_ankle", "shin", (0.006, 0.017, 0.009)),
    "heel": ("left_ankle", "foot", (-0.001, -0.042, -0.030)),
    "foot_index": ("left_foot", "foot", (-0.003, -0.002, 0.049)),
}
_NOSE: Final = (0.0, 0.029, 0.105)


def _placed(landmark: str) -> tuple[str, str, tuple[float, float, float]]:
    """Joint, length group and offset of a landmark, `mouth_left` included."""
    if landmark == "nose":
        return "head", "head", _NOSE
    words = landmark.split("_")
    side = next(word for word in words if word in ("left", "right"))
    joint, group, (x, y, z) = _ON_THE_LEFT["_".join(word for word in words if word != side)]
    if side == "left":
        return joint, group, (x, y, z)
    return joint.replace("left", "right"), group, (-x, y, z)


_PLACES: Final = [_placed(name) for name in BLAZEPOSE_33.names]
LANDMARK_JOINTS: Final[IntArray] = np.array([JOINT_INDEX[joint] for joint, _, _ in _PLACES])
"""(33,) the joint that carries each landmark."""
LANDMARK_GROUPS: Final[IntArray] = np.array([LENGTH_GROUPS.index(group) for _, group, _ in _PLACES])
"""(33,) the length group that scales each landmark's offset."""
LANDMARK_OFFSETS: Final[FloatArray] = np.array([offset for _, _, offset in _PLACES], np.float32)
"""(33, 3) metres from that joint, in its axes."""


def _lies_at(landmark: str, carrier: int) -> int:
    own = JOINT_INDEX.get(landmark, carrier)
    return own if PARENTS[own] == carrier else carrier


LANDMARK_AT: Final[IntArray] = np.array(
    [_lies_at(name, int(carrier)) for name, carrier in zip(BLAZEPOSE_33.names, LANDMARK_JOINTS, strict=True)]
)
"""(33,) the joint each landmark lies at: the one that carries it, or the end of the bone that does."""


def landmark_positions(world: AnyFloatArray, joints: AnyFloatArray, log_scales: AnyFloatArray) -> DoubleArray:
    """(..., 33, 3) from matrices (..., 24, 3, 3), joints (..., 24, 3) and length factors (..., 10)."""
    offsets = np.exp(log_scales)[..., LANDMARK_GROUPS, None] * LANDMARK_OFFSETS
    turned = np.einsum("...kij,...kj->...ki", world[..., LANDMARK_JOINTS, :, :], offsets)
    return joints[..., LANDMARK_JOINTS, :] + turned


def landmark_positions_torch(
    world: torch.Tensor, joints: torch.Tensor, log_scales: torch.Tensor, *, moved: torch.Tensor | None = None
) -> torch.Tensor:
    """`landmark_positions` in torch; `moved` (..., 33, 3) metres is added to the offsets."""
    import torch

    carriers = torch.from_numpy(LANDMARK_JOINTS.copy()).to(world.device)
    groups = torch.from_numpy(LANDMARK_GROUPS.copy()).to(world.device)
    offsets = log_scales.exp()[..., groups, None] * torch.from_numpy(LANDMARK_OFFSETS.copy()).to(world)
    if moved is not None:
        offsets = offsets + moved
    return joints[..., carriers, :] + (world[..., carriers, :, :] @ offsets[..., None])[..., 0]
