"""How far each of the 24 joints can turn: anatomical ranges in SMPL's joint frames, checked, clamped and as residuals.

A joint's rotation is split into a twist about its bone and the swing that follows it (F. S. Grassia, "Practical
Parameterization of Rotations Using the Exponential Map", 1998). The three joint angles are the twist and twice the
arcsine of the swing quaternion's two components: for a turn about one axis alone they are that turn's angle.

Convention: angles about x, y, z of the T-pose's axes (x to the person's left, y up, z forward), radians unless a name
says degrees. Arms twist about x, everything else about y.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from ..arrays import AnyFloatArray, DoubleArray
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle, matrix_to_quaternion, quaternion_to_matrix
from ..skeleton import JOINT_COUNT, JOINT_NAMES
from .tensors import split

if TYPE_CHECKING:
    import torch

# Ranges of motion of the American Academy of Orthopaedic Surgeons, "Joint Motion: Method of Measuring and Recording"
# (1965), in degrees: hip flexion 120, extension 30, abduction 45, adduction 30, rotation 45 each way; knee 135;
# ankle 20 up, 50 down, inversion 35, eversion 15; great toe 70 up, 45 down; thoracolumbar spine flexion 80, extension
# 25, to the side 35, rotation 45; neck 45, 45, 45, 60; shoulder abduction 180, flexion 180, extension 60, rotation 70
# inwards and 90 outwards, horizontal flexion 135; elbow 150; forearm 80 and 80; wrist 80 and 70, 20 and 30; fingers 90.
# Widened where whole-body postures reach further than an examiner's couch: hips, knees and ankles of deep squats and
# kneeling (A. Hemmerich et al., "Hip, knee, and ankle kinematics of high range of motion activities of daily living",
# 2006: knee 157, hip 100 to 130, ankle 35 to 45 up), splits, a knee that gives 10 degrees backwards, and because a
# rig's spine, neck, clavicle and forearm share their turns between joints in ways of their own: each of the three
# spine joints may take most of the whole, the elbow all of the forearm's twist. Motion capture of the CMU collection
# stays within these ranges but for about 1 % of its joints, most of them noise. Of a thigh that is raised and spread,
# as when sitting cross-legged, swing and twist count some 40 degrees of turning outwards that an examiner does not.
_RANGES: Final[dict[str, tuple[tuple[float, float], tuple[float, float], tuple[float, float]]]] = {
    "hip": ((-140.0, 45.0), (-55.0, 90.0), (-40.0, 85.0)),
    "knee": ((-10.0, 160.0), (-35.0, 35.0), (-12.0, 12.0)),
    "ankle": ((-50.0, 60.0), (-40.0, 40.0), (-35.0, 35.0)),
    "foot": ((-70.0, 50.0), (-15.0, 15.0), (-15.0, 15.0)),
    "spine1": ((-35.0, 55.0), (-30.0, 30.0), (-30.0, 30.0)),
    "spine2": ((-25.0, 50.0), (-30.0, 30.0), (-30.0, 30.0)),
    "spine3": ((-25.0, 50.0), (-30.0, 30.0), (-30.0, 30.0)),
    "neck": ((-45.0, 45.0), (-55.0, 55.0), (-40.0, 40.0)),
    "head": ((-50.0, 45.0), (-55.0, 55.0), (-40.0, 40.0)),
    "collar": ((-40.0, 40.0), (-40.0, 30.0), (-20.0, 50.0)),
    "shoulder": ((-115.0, 105.0), (-140.0, 60.0), (-115.0, 105.0)),
    "elbow": ((-110.0, 110.0), (-160.0, 10.0), (-15.0, 15.0)),
    "wrist": ((-60.0, 60.0), (-45.0, 50.0), (-85.0, 80.0)),
    "hand": ((-25.0, 25.0), (-30.0, 30.0), (-100.0, 40.0)),
}
_TWIST_ABOUT_X: Final = ("collar", "shoulder", "elbow", "wrist", "hand")


def _range_of(name: str) -> list[tuple[float, float]]:
    """The ranges about x, y and z in degrees; the right side is the left in a mirror."""
    if name == "pelvis":
        return [(-360.0, 360.0)] * 3
    about_x, about_y, about_z = _RANGES[name.rpartition("_")[2]]
    if name.startswith("right_"):
        return [about_x, (-about_y[1], -about_y[0]), (-about_z[1], -about_z[0])]
    return [about_x, about_y, about_z]


LIMITS: Final[DoubleArray] = np.radians([_range_of(name) for name in JOINT_NAMES])
"""(24, 3, 2) radians: least and most about x, y and z; the pelvis is free."""

# Twist axis first, then the next two in cyclic order: as indices into x, y, z.
_ORDER: Final = np.array([(0, 1, 2) if n.rpartition("_")[2] in _TWIST_ABOUT_X else (1, 2, 0) for n in JOINT_NAMES])
_JOINTS: Final = np.arange(JOINT_COUNT)[:, None]
_QUATERNION_ORDER: Final = np.concatenate([np.zeros((JOINT_COUNT, 1), np.intp), _ORDER + 1], axis=1)
# Swings are not told apart further than this near 180 degrees, where the twist has no meaning.
_LEAST_COSINE: Final = 0.05


def joint_angles(rotations: AnyFloatArray) -> DoubleArray:
    """Joint angles (..., 24, 3) in radians about x, y and z, of parent-relative axis-angle rotations (..., 24, 3)."""
    quaternion = matrix_to_quaternion(axis_angle_to_matrix(rotations))
    w, a, b, c = np.moveaxis(quaternion[..., _JOINTS, _QUATERNION_ORDER], -1, 0)
    cosine = np.maximum(np.hypot(w, a), 1e-9)
    swing = np.stack([(b * w - c * a) / cosine, (c * w + b * a) / cosine], axis=-1)
    angles = np.concatenate([np.arctan2(a, w)[..., None], np.arcsin(np.clip(swing, -1.0, 1.0))], axis=-1) * 2.0
    return _to_axes(angles)


def within_limits(rotations: AnyFloatArray, *, slack: float = 0.0) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """(..., 24): whether each joint of axis-angle rotations (..., 24, 3) is in its range, give or take `slack` rad."""
    angles = joint_angles(rotations)
    return np.all((angles >= LIMITS[..., 0] - slack) & (angles <= LIMITS[..., 1] + slack), axis=-1)


def clamped_to_limits(rotations: AnyFloatArray) -> DoubleArray:
    """The axis-angle rotations (..., 24, 3) with every joint angle brought into its range; the others stay as they are.

    Where two swings together pass 180 degrees they are shortened alike.
    """
    angles = joint_angles(rotations)
    inside = np.all((angles >= LIMITS[..., 0]) & (angles <= LIMITS[..., 1]), axis=-1, keepdims=True)
    return np.where(inside, rotations, rotations_from_angles(np.clip(angles, LIMITS[..., 0], LIMITS[..., 1])))


def rotations_from_angles(angles: AnyFloatArray) -> DoubleArray:
    """The inverse of `joint_angles`: (..., 24, 3) radians about x, y and z -> axis-angle rotations (..., 24, 3).

    For drawing poses within `LIMITS`.
    """
    ordered = np.asarray(angles, np.float64)[..., _JOINTS, _ORDER]
    swing = np.sin(ordered[..., 1:] / 2.0)
    length = np.linalg.norm(swing, axis=-1, keepdims=True)
    swing = swing * np.minimum(1.0, 0.999 / np.maximum(length, 1e-12))
    cosine = np.sqrt(1.0 - np.sum(swing * swing, axis=-1))
    cos_twist, sin_twist = np.cos(ordered[..., 0] / 2.0), np.sin(ordered[..., 0] / 2.0)
    vector = np.stack(
        [
            cosine * sin_twist,
            swing[..., 0] * cos_twist + swing[..., 1] * sin_twist,
            swing[..., 1] * cos_twist - swing[..., 0] * sin_twist,
        ],
        axis=-1,
    )
    quaternion = np.concatenate([(cosine * cos_twist)[..., None], _to_axes(vector)], axis=-1)
    return matrix_to_axis_angle(quaternion_to_matrix(quaternion))


def _to_axes(ordered: DoubleArray) -> DoubleArray:
    """(..., 24, 3) from twist-first order to x, y, z."""
    found = np.empty_like(ordered)
    found[..., _JOINTS, _ORDER] = ordered
    return found


class LimitTerms:
    """How far joints are beyond their ranges, with derivatives, for the fit.

    Args:
        like: a tensor whose dtype and device are used.
    """

    def __init__(self, like: torch.Tensor) -> None:
        import torch

        ordered = LIMITS[_JOINTS, _ORDER]
        self._low = torch.from_numpy(ordered[..., 0].copy()).to(like)
        self._high = torch.from_numpy(ordered[..., 1].copy()).to(like)
        self._joints = torch.from_numpy(_JOINTS.copy()).to(like.device)
        self._order = torch.from_numpy(_QUATERNION_ORDER.copy()).to(like.device)
        self._to_axes = torch.from_numpy(np.eye(3)[_ORDER]).to(like)

    def __call__(self, quaternions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The excess of each joint angle, and its derivative by a right increment of the joint's rotation.

        Args:
            quaternions: (N, 24, 4) unit, w first, parent-relative.

        Returns:
            (N, 24, 3) radians, 0 inside the range, and (N, 24, 3, 3); rows in twist-first order.
        """
        import torch

        ordered = quaternions[:, self._joints, self._order]
        w, a, b, c = ordered.unbind(-1)
        cosine = torch.hypot(w, a).clamp_min(_LEAST_COSINE)
        first, second = (b * w - c * a) / cosine, (c * w + b * a) / cosine
        swing = torch.stack([first, second], -1).clamp(-0.999, 0.999)
        # A quaternion and its negative are one rotation: the twist is that of the one with w >= 0.
        twist = torch.atan2(torch.where(w < 0.0, -a, a), w.abs())
        angles = 2.0 * torch.cat([twist[..., None], swing.asin()], -1)
        excess = (angles - self._high).clamp_min(0.0) + (angles - self._low).clamp_max(0.0)
        return excess, self._derivative(ordered, swing, cosine) @ self._to_axes

    def _derivative(self, ordered: torch.Tensor, swing: torch.Tensor, cosine: torch.Tensor) -> torch.Tensor:
        """(N, 24, 3, 3) d angles / d increment, both in twist-first order.

        The increment (da, db, dc) is turned by the twist into the swing's frame; with the swing S = (n, 0, s, t) it
        changes s by ((n + t t / n) db - (s t / n) dc) / 2, and the twist by da - ((t / n) db - (s / n) dc) there.
        """
        import torch

        w, a, _, _ = ordered.unbind(-1)
        square = cosine * cosine
        cos_twist, sin_twist = (w * w - a * a) / square, 2.0 * w * a / square
        turn = split(torch.stack([cos_twist, -sin_twist, sin_twist, cos_twist], -1), -1, (2, 2))
        crossed = torch.stack([-swing[..., 1], swing[..., 0]], -1)
        outer = crossed[..., :, None] * crossed[..., None, :] / cosine[..., None, None]
        outer = outer + torch.diag_embed(cosine[..., None].expand(*cosine.shape, 2))
        by_swing = outer * torch.rsqrt(1.0 - swing * swing)[..., None]
        rows = torch.cat([(crossed / cosine[..., None])[..., None, :], by_swing], -2) @ turn
        by_twist = torch.zeros_like(rows[..., :1])
        by_twist[..., 0, 0] = 1.0
        return torch.cat([by_twist, rows], -1)
