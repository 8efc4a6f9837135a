"""Somebody who walks along the picture, as a camera solves it: feet that nearly stand, and slide a little."""

from __future__ import annotations

from typing import Final

import numpy as np

from contrapposto.backend.arrays import BoolArray, DoubleArray
from contrapposto.backend.estimate.motion import RawMotion
from contrapposto.backend.proportions import LENGTH_GROUPS
from contrapposto.backend.rotations import axis_angle_to_matrix
from contrapposto.backend.skeleton import JOINT_INDEX, REST_OFFSETS

STEP_S: Final = 0.6
"""How long a foot stands, and how long it is in the air."""
STEP_M: Final = 0.5
_THIGH, _SHIN = (float(np.linalg.norm(REST_OFFSETS[JOINT_INDEX[name]])) for name in ("left_knee", "left_ankle"))
_HIP_M: Final = 0.9 * (_THIGH + _SHIN)
_LIFT_M: Final = 0.06


def walking(seconds: float = 4.0, fps: float = 30.0, *, drift_mps: float = 0.0) -> RawMotion:
    """A walk towards +x; `drift_mps` is how much too fast the pelvis is."""
    count = round(seconds * fps)
    time = np.arange(count) / fps
    turns, angles = np.zeros((count, 24, 3)), 0.05 * np.sin(2.0 * np.pi * 0.7 * time)
    turns[:, 0, 1] = 0.5 * np.pi
    speed = STEP_M / STEP_S
    for side, start in (("left", 0.0), ("right", STEP_S)):
        ahead, up = _foot(time + start)
        hip, knee = _leg(ahead, _HIP_M - up)
        turns[:, JOINT_INDEX[f"{side}_hip"], 0] = hip + angles
        turns[:, JOINT_INDEX[f"{side}_knee"], 0] = knee
        turns[:, JOINT_INDEX[f"{side}_ankle"], 0] = -hip - knee
    pelvis = np.zeros((count, 3))
    pelvis[:, 0], pelvis[:, 1], pelvis[:, 2] = (speed + drift_mps) * time - 2.0, 0.0, -5.0
    return raw_motion(turns, pelvis, fps=fps)


def raw_motion(turns: DoubleArray, pelvis: DoubleArray, *, fps: float, start_s: float = 0.0) -> RawMotion:
    """A motion of SMPL's own body as solved, of axis-angle turns (T, 24, 3) and pelvis (T, 3); all of it seen."""
    count = len(turns)
    return RawMotion(
        rotations=axis_angle_to_matrix(turns).astype(np.float32),
        pelvis=pelvis.astype(np.float32),
        up=np.tile(np.float32([0.0, 1.0, 0.0]), (count, 1)),
        sigma=np.full((count, 24), 0.1, np.float32),
        log_scales=np.zeros(len(LENGTH_GROUPS), np.float32),
        camera=np.float32([1000.0, 1000.0, 640.0, 360.0]),
        image_size=np.float32([1280.0, 720.0]),
        shot=np.zeros(count, np.intp),
        seen=np.ones(count, np.bool_),
        start_s=start_s,
        fps=fps,
    )


def on_the_ground(seconds: float = 4.0, fps: float = 30.0) -> BoolArray:
    """(T, 4) left heel, left ball, right heel, right ball."""
    time = np.arange(round(seconds * fps)) / fps
    left = time % (2.0 * STEP_S) < STEP_S
    return np.stack([left, left, ~left, ~left], axis=1)


def _foot(time: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """(T,) metres before the hip and above the ground: it stands in the first half of each two steps."""
    phase = time % (2.0 * STEP_S) / STEP_S
    stands = phase < 1.0
    share = np.clip(phase - 1.0, 0.0, 1.0)
    smooth = share * share * (3.0 - 2.0 * share)
    ahead = np.where(stands, 0.5 * STEP_M - phase * STEP_M, STEP_M * (smooth - 0.5))
    return ahead, np.where(stands, 0.0, _LIFT_M * np.sin(np.pi * share) ** 2)


def _leg(ahead: DoubleArray, below: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """(T,) radians about their own x axes that hip and knee turn, for an ankle so far ahead of and below the hip."""
    far = np.minimum(np.hypot(ahead, below), 0.999 * (_THIGH + _SHIN))
    bent = np.pi - np.arccos((_THIGH**2 + _SHIN**2 - far**2) / (2.0 * _THIGH * _SHIN))
    above = np.arccos((_THIGH**2 + far**2 - _SHIN**2) / (2.0 * _THIGH * far))
    return -np.arctan2(ahead, below) - above, bent
