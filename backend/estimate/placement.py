"""Where a solved body stands: its height above the ground, and its place before the camera."""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray, FloatArray
from ..camera import Camera
from ..frames import inner_to_camera
from ..kinematics import joint_positions
from ..observation import Observation
from ..skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M

# How much body lies around a joint, metres: half the thickness of the segment on an adult of 1.70 m, to the centimetre.
_FLESH_M: Final[dict[str, float]] = {
    "pelvis": 0.10, "spine1": 0.11, "spine2": 0.11, "spine3": 0.11, "head": 0.10, "left_shoulder": 0.06,
    "left_elbow": 0.04, "left_wrist": 0.03, "left_hand": 0.02, "left_knee": 0.06,
    "right_shoulder": 0.06, "right_elbow": 0.04, "right_wrist": 0.03, "right_hand": 0.02, "right_knee": 0.06,
}  # fmt: skip
_HEEL_BEHIND_ANKLE_M: Final = 0.045
_LIMB_ENDS: Final = tuple(
    f"{side}_{name}" for side in ("left", "right") for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
)


def height_above_ground(world: DoubleArray, offsets: FloatArray) -> DoubleArray:
    """How high (T,) in metres the pelvis is when the lowest part of the body touches the ground, y = 0.

    Args:
        world: rotations (T, 24, 3, 3) in the inner frame.
        offsets: (24, 3) metres, the body's rest offsets.
    """
    joints = joint_positions(world, np.zeros((world.shape[0], 3)), offsets=offsets)
    low = [joints[:, JOINT_INDEX[name], 1] - flesh for name, flesh in _FLESH_M.items()]
    for side in ("left", "right"):
        ankle, ball = JOINT_INDEX[f"{side}_ankle"], JOINT_INDEX[f"{side}_foot"]
        heel = world[:, ankle] @ np.array([0.0, -SOLE_BELOW_ANKLE_M, -_HEEL_BEHIND_ANKLE_M])
        sole = world[:, ball] @ np.array([0.0, -SOLE_BELOW_FOOT_M, 0.0])
        low += [(joints[:, ankle] + heel)[:, 1], (joints[:, ball] + sole)[:, 1]]
    return -np.min(low, axis=0)


def pelvis_in_camera(
    world: DoubleArray, offsets: FloatArray, *, observation: Observation, camera: Camera
) -> FloatArray:
    """The pelvis (T, 3) in camera axes, metres, that puts the body's joints on the keypoints seen.

    Weighted linear least squares, a frame a system: for a joint at (X, Y, Z) from the pelvis and its keypoint u,
    fx (X + tx) = (u - cx) (Z + tz), and the same in y.

    Args:
        world: rotations (T, 24, 3, 3) in the inner frame.
        offsets: (24, 3) metres, the body's rest offsets.
        observation: the keypoints and how surely each was seen.
        camera: the intrinsics.
    """
    joints = inner_to_camera(joint_positions(world, np.zeros((world.shape[0], 3)), offsets=offsets))
    columns = [JOINT_INDEX[name] for name in _LIMB_ENDS]
    keypoints = [observation.schema.index[name] for name in _LIMB_ENDS]
    pixels = observation.keypoints_px[:, keypoints].astype(np.float64)
    weight = observation.confidence[:, keypoints].astype(np.float64) + 1e-3
    rows, right = _projection_rows(joints[:, columns], pixels, camera)
    rows, right = rows * weight[:, :, None, None], right * weight[:, :, None]
    rows, right = rows.reshape(len(rows), -1, 3), right.reshape(len(right), -1, 1)
    place = (np.linalg.pinv(rows) @ right)[..., 0]
    place[:, 2] = np.maximum(place[:, 2], 0.3)
    return place.astype(np.float32)


def _projection_rows(points: DoubleArray, pixels: DoubleArray, camera: Camera) -> tuple[DoubleArray, DoubleArray]:
    """The equations (T, K, 2, 3) and right-hand sides (T, K, 2) of `pelvis_in_camera`."""
    x, y = pixels[..., 0] - camera.cx, pixels[..., 1] - camera.cy
    zero = np.zeros_like(x)
    rows = np.stack(
        [np.stack([zero + camera.fx, zero, -x], axis=-1), np.stack([zero, zero + camera.fy, -y], axis=-1)], axis=-2
    )
    right = np.stack(
        [x * points[..., 2] - camera.fx * points[..., 0], y * points[..., 2] - camera.fy * points[..., 1]], axis=-1
    )
    return rows, right
