"""Limbs of a reading that point the other way than the drawing's depths say, turned over in depth.

A limb that runs away from the viewer and one that runs towards them look the same in the picture, and no fit gets from
one to the other by small steps.
"""

from __future__ import annotations

import itertools
from typing import Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..keypoints import FIGURE_23
from ..kinematics import global_rotations, joint_positions
from ..rotations import swing_between
from ..skeleton import JOINT_INDEX, PARENTS

_CHAINS: Final = tuple(
    tuple(f"{side}_{name}" for name in names)
    for side in ("left", "right")
    for names in (("shoulder", "elbow", "wrist"), ("hip", "knee", "ankle"))
)
_SURE: Final = 2.0
"""A bone is turned over where its depths differ by so many standard deviations."""
_LEAST_M: Final = 0.05
"""Nearer to the picture's plane than this, a bone is left to the fit."""


def turned_to_depths(pose: DoubleArray, depth_m: AnyFloatArray, sigma_m: AnyFloatArray) -> DoubleArray:
    """A pose whose limbs run towards the viewer or away as the depths say, where these are sure.

    Args:
        pose: (24, 3, 3) parent-relative rotations, the root in the camera's inner frame.
        depth_m: (23,) metres towards the viewer from the pelvis, of the keypoints of `FIGURE_23`.
        sigma_m: (23,) standard deviations of these; infinite where nothing is known.
    """
    pose = np.array(pose, np.float64)
    for chain in _CHAINS:
        for start, end in itertools.pairwise(chain):
            world = global_rotations(pose)
            joints = joint_positions(world, np.zeros(3))
            first, last = FIGURE_23.index[start], FIGURE_23.index[end]
            # Of a joint whose depth is not known, the pose's own is taken.
            known = np.isfinite(sigma_m[first])
            begin = depth_m[first] if known else joints[JOINT_INDEX[start], 2]
            sigma = np.hypot(sigma_m[last], sigma_m[first] if known else 0.0)
            told = float(depth_m[last] - begin)
            if abs(told) > max(_SURE * float(sigma), _LEAST_M):
                along = joints[JOINT_INDEX[end]] - joints[JOINT_INDEX[start]]
                _turn_over(pose, JOINT_INDEX[start], along, world=world, told=told)
    return pose


def _turn_over(pose: DoubleArray, joint: int, along: DoubleArray, *, world: DoubleArray, told: float) -> None:
    """Mirror a bone (3,) in the picture's plane where it runs against `told`; what hangs on it goes along."""
    if along[2] * told < 0.0 and abs(along[2]) >= _LEAST_M:
        turn = swing_between(along, along * (1.0, 1.0, -1.0))
        pose[joint] = world[PARENTS[joint]].T @ turn @ world[joint]
