"""Relaxed standing poses: what there is to begin with where no words say more. Needs numpy and scipy alone.

Convention: joint angles in degrees about x, y and z as `refine/joint_limits.py` has them, for a body whose weight is on
its right leg; the right side's angles are those of the left side in a mirror.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray
from ..refine.joint_limits import rotations_from_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, MIRROR

# Mean and spread of a joint's three angles. People at ease put their weight on one leg; the other one's knee gives, its
# hip sinks and the spine swings back: the contrapposto.
_ANGLES: Final[dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]] = {
    "pelvis": ((1.0, 0.0, 2.5), (1.5, 0.0, 1.0)),
    "left_hip": ((-11.0, 15.0, 4.0), (3.5, 6.0, 2.5)), "left_knee": ((16.0, 0.0, 0.0), (5.0, 0.0, 0.0)),
    "left_ankle": ((-6.0, 0.0, -2.0), (2.0, 2.0, 1.5)),
    "right_hip": ((-1.0, 10.0, 3.5), (2.0, 4.0, 1.5)), "right_knee": ((3.0, 0.0, 0.0), (1.5, 0.0, 0.0)),
    "right_ankle": ((-2.0, 0.0, -2.0), (1.5, 2.0, 1.0)),
    "spine1": ((2.0, 0.0, -1.5), (2.0, 1.5, 1.0)), "spine2": ((1.0, 0.0, -1.0), (2.0, 1.5, 1.0)),
    "spine3": ((-1.0, 0.0, 0.0), (2.0, 1.5, 1.0)), "neck": ((4.0, 0.0, 0.0), (3.0, 5.0, 2.0)),
    "head": ((-2.0, 0.0, 0.0), (3.0, 6.0, 2.5)),
    "left_collar": ((0.0, 0.0, -2.0), (0.0, 3.0, 1.5)), "right_collar": ((0.0, 0.0, -2.0), (0.0, 3.0, 1.5)),
    "left_shoulder": ((-6.0, -8.0, -74.0), (8.0, 6.0, 4.0)), "left_elbow": ((8.0, -19.0, 0.0), (8.0, 7.0, 0.0)),
    "right_shoulder": ((-6.0, -6.0, -75.0), (8.0, 6.0, 4.0)), "right_elbow": ((8.0, -15.0, 0.0), (8.0, 6.0, 0.0)),
    "left_wrist": ((0.0, -4.0, -4.0), (6.0, 4.0, 6.0)), "right_wrist": ((0.0, -4.0, -4.0), (6.0, 4.0, 6.0)),
}  # fmt: skip
_FLIP: Final = np.diag([-1.0, 1.0, 1.0])


def standing_poses(count: int, *, seed: int) -> DoubleArray:
    """(count, 24, 3) axis-angle, parent-relative, facing forward, within joint limits; half rest on the left leg."""
    rng = np.random.default_rng(seed)
    angles = np.zeros((count, JOINT_COUNT, 3))
    for name, (mean, spread) in _ANGLES.items():
        drawn = np.asarray(mean) + np.asarray(spread) * np.clip(rng.standard_normal((count, 3)), -2.0, 2.0)
        if name.startswith("right_"):
            drawn = drawn * (1.0, -1.0, -1.0)
        angles[:, JOINT_INDEX[name]] = drawn
    poses = axis_angle_to_matrix(rotations_from_angles(np.radians(angles)))
    flipped = rng.random(count) < 0.5
    poses[flipped] = _FLIP @ poses[flipped][:, MIRROR] @ _FLIP
    return matrix_to_axis_angle(poses)
