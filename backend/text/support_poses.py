"""A pose for each support to start from, as going from standing to lying is too far for small steps.

Convention: joint angles in degrees about x, y and z as `refine/joint_limits.py` has them, for the left side; the right
side is the left in a mirror. A root is a turn about x (pitch, positive leans forward), then about z (roll, positive to
the right), then about y.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray
from ..refine.joint_limits import clamped_to_limits, rotations_from_angles
from ..rotations import axis_angle_to_matrix, matrix_to_axis_angle
from ..skeleton import JOINT_COUNT, JOINT_INDEX, STATURE_M
from .arches import Arch
from .chains import CHAIN_JOINTS, Chain
from .language import SupportKind
from .supports import SEAT_M

Angles: TypeAlias = dict[str, tuple[float, float, float]]
_THIGH_M: Final = 0.245 * STATURE_M

_RELAXED: Final[Angles] = {
    "hip": (-2.0, 7.0, 3.0), "knee": (4.0, 0.0, 0.0), "ankle": (-2.0, 0.0, -3.0), "foot": (0.0, 0.0, 0.0),
    "spine1": (2.0, 0.0, 0.0), "spine2": (0.0, 0.0, 0.0), "spine3": (-2.0, 0.0, 0.0), "neck": (4.0, 0.0, 0.0),
    "head": (-3.0, 0.0, 0.0), "collar": (0.0, 0.0, -2.0), "shoulder": (0.0, -8.0, -71.0),
    "elbow": (0.0, -14.0, 0.0), "wrist": (0.0, -4.0, -3.0),
}  # fmt: skip


@dataclass(frozen=True)
class _Start:
    """Angles of joints: `both` sides alike, or of one named joint; root pitch, roll and yaw."""

    both: Angles
    root: tuple[float, float, float] = (0.0, 0.0, 0.0)
    named: Angles | None = None
    arms: bool = False


def _angles(start: Angles, named: Angles | None = None) -> DoubleArray:
    """(24, 3) radians, of both sides."""
    found = np.zeros((JOINT_COUNT, 3))
    for name, angles in start.items():
        if name in JOINT_INDEX:
            found[JOINT_INDEX[name]] = angles
            continue
        found[JOINT_INDEX[f"left_{name}"]] = angles
        found[JOINT_INDEX[f"right_{name}"]] = _mirrored(angles)
    for name, angles in (named or {}).items():
        found[JOINT_INDEX[name]] = _mirrored(angles) if name.startswith("right_") else angles
    return np.radians(found)


def _mirrored(angles: tuple[float, float, float]) -> tuple[float, float, float]:
    return angles[0], -angles[1], -angles[2]


NEUTRAL_DRAFT: Final[DoubleArray] = rotations_from_angles(_angles(_RELAXED))
"""(24, 3) axis-angle: standing at ease, arms 15 degrees from hanging, elbows slightly bent."""

_LEGS: Final[Angles] = {name: _RELAXED[name] for name in ("hip", "knee", "ankle", "foot")}
_KNEELING: Final[Angles] = {"hip": (0.0, 4.0, 5.0), "knee": (90.0, 0.0, 0.0), "ankle": (57.0, 0.0, 0.0)}
_FRONT_LEG: Final[Angles] = {"hip": (-90.0, 6.0, 8.0), "knee": (90.0, 0.0, 0.0), "ankle": (0.0, 0.0, 0.0)}
_BACK_LEG: Final[Angles] = {
    "hip": (30.0, 2.0, 4.0),
    "knee": (25.0, 0.0, 0.0),
    "ankle": (-28.0, 0.0, 0.0),
    "foot": (-45.0, 0.0, 0.0),
}
_LIFTED_LEG: Final[Angles] = {"hip": (-45.0, 4.0, 6.0), "knee": (75.0, 0.0, 0.0), "ankle": (20.0, 0.0, 0.0)}
_ROUNDED: Final[Angles] = {"spine1": (8.0, 0.0, 0.0), "spine2": (6.0, 0.0, 0.0), "spine3": (4.0, 0.0, 0.0)}
_SLUMPED: Final[Angles] = {"spine1": (14.0, 0.0, 0.0), "spine2": (10.0, 0.0, 0.0), "spine3": (6.0, 0.0, 0.0)}
_ARMS_DOWN: Final[Angles] = {
    "collar": (0.0, -8.0, 0.0),
    "shoulder": (0.0, -85.0, 0.0),
    "elbow": (0.0, -6.0, 0.0),
    "wrist": (0.0, 0.0, 72.0),
}
_LOOKING_UP: Final[Angles] = {"neck": (-15.0, 0.0, 0.0), "head": (-15.0, 0.0, 0.0)}
# On a side: the arm below lies before the face, the one above along the body.
_UNDER: Final[Angles] = {
    "hip": (-25.0, 0.0, 0.0),
    "knee": (35.0, 0.0, 0.0),
    "ankle": (15.0, 0.0, 0.0),
    "collar": (0.0, -10.0, 0.0),
    "shoulder": (0.0, -80.0, 0.0),
    "elbow": (0.0, -75.0, 0.0),
    "wrist": (0.0, 0.0, 0.0),
}
_OVER: Final[Angles] = {
    "hip": (-45.0, 0.0, -4.0),
    "knee": (60.0, 0.0, 0.0),
    "ankle": (15.0, 0.0, 0.0),
    "collar": (0.0, -4.0, -4.0),
    "shoulder": (0.0, -22.0, -92.0),
    "elbow": (0.0, -38.0, 0.0),
    "wrist": (0.0, 0.0, -8.0),
}

_PROPPED_UNDER: Final[Angles] = _UNDER | {"shoulder": (0.0, -35.0, -30.0), "elbow": (0.0, -85.0, 0.0)}


def _sided(left: Angles, right: Angles) -> Angles:
    return {f"left_{name}": angles for name, angles in left.items()} | {
        f"right_{name}": angles for name, angles in right.items()
    }


_STARTS: Final[dict[SupportKind, _Start]] = {
    "standing": _Start(_LEGS),
    "left_leg": _Start({}, named=_sided(_LEGS, _LIFTED_LEG)),
    "right_leg": _Start({}, named=_sided(_LIFTED_LEG, _LEGS)),
    "tiptoe": _Start({"hip": (0.0, 6.0, 2.0), "ankle": (38.0, 0.0, 0.0), "foot": (-38.0, 0.0, 0.0)}),
    "squatting": _Start(
        _ROUNDED | {"hip": (-112.0, 25.0, 18.0), "knee": (125.0, 0.0, 0.0), "ankle": (-33.0, 0.0, 0.0)},
        (22.0, 0.0, 0.0),
    ),
    "lunge_left": _Start({}, named=_sided(_FRONT_LEG, _BACK_LEG)),
    "lunge_right": _Start({}, named=_sided(_BACK_LEG, _FRONT_LEG)),
    "kneeling": _Start(_KNEELING),
    "kneeling_left": _Start({}, named=_sided(_KNEELING, _FRONT_LEG)),
    "kneeling_right": _Start({}, named=_sided(_FRONT_LEG, _KNEELING)),
    "sitting": _Start(_ROUNDED, (-6.0, 0.0, 0.0)),
    "sitting_floor": _Start(
        _SLUMPED | {"hip": (-86.0, 10.0, 8.0), "knee": (55.0, 0.0, 0.0), "ankle": (8.0, 0.0, 0.0)}, (-16.0, 0.0, 0.0)
    ),
    "sitting_cross_legged": _Start(
        _SLUMPED | {"hip": (-78.0, 84.0, 52.0), "knee": (132.0, 0.0, 0.0), "ankle": (25.0, 0.0, -20.0)},
        (-10.0, 0.0, 0.0),
    ),
    "sitting_heels": _Start(
        _ROUNDED | {"hip": (-66.0, 2.0, 5.0), "knee": (150.0, 0.0, 0.0), "ankle": (57.0, 0.0, 0.0)}, (-4.0, 0.0, 0.0)
    ),
    "lying_back": _Start(
        {
            "hip": (-4.0, 10.0, 6.0), "knee": (6.0, 0.0, 0.0), "ankle": (25.0, 0.0, 0.0),
            "shoulder": (0.0, 10.0, -58.0), "elbow": (0.0, -12.0, 0.0),
        },
        (-90.0, 0.0, 90.0),
        arms=True,
    ),
    "lying_front": _Start(
        {
            "hip": (2.0, 4.0, 6.0), "knee": (4.0, 0.0, 0.0), "ankle": (52.0, 0.0, 0.0), "neck": (0.0, 30.0, 0.0),
            "head": (-8.0, 40.0, 0.0), "shoulder": (-85.0, 0.0, 12.0), "elbow": (0.0, -95.0, 0.0),
        },
        (90.0, 0.0, -90.0),
        arms=True,
    ),
    "lying_left": _Start({}, (0.0, -90.0, 0.0), named=_sided(_UNDER, _OVER), arms=True),
    "lying_right": _Start({}, (0.0, 90.0, 0.0), named=_sided(_OVER, _UNDER), arms=True),
    "all_fours": _Start(
        _ARMS_DOWN
        | _LOOKING_UP
        | {"hip": (-85.0, 4.0, 4.0), "knee": (90.0, 0.0, 0.0), "ankle": (55.0, 0.0, 0.0)},
        (85.0, 0.0, 60.0),
        arms=True,
    ),
    "plank": _Start(
        _ARMS_DOWN
        | _LOOKING_UP
        | {"hip": (0.0, 3.0, 3.0), "knee": (2.0, 0.0, 0.0), "ankle": (-18.0, 0.0, 0.0), "foot": (-55.0, 0.0, 0.0)}
        | {"shoulder": (0.0, -72.0, 0.0)},
        (70.0, 0.0, 60.0),
        arms=True,
    ),
    "handstand": _Start(
        {
            "hip": (0.0, 2.0, 2.0), "knee": (2.0, 0.0, 0.0), "ankle": (45.0, 0.0, 0.0), "neck": (-20.0, 0.0, 0.0),
            "head": (-20.0, 0.0, 0.0), "collar": (0.0, -5.0, 40.0), "shoulder": (0.0, -20.0, 44.0),
            "elbow": (0.0, -4.0, 0.0), "wrist": (0.0, 0.0, 76.0),
        },
        (180.0, 0.0, 30.0),
        arms=True,
    ),
    "airborne": _Start(
        {"shoulder": (0.0, -15.0, -30.0), "elbow": (0.0, -25.0, 0.0)},
        (4.0, 0.0, 0.0),
        arms=True,
        named=_sided(
            {"hip": (-50.0, 8.0, 10.0), "knee": (80.0, 0.0, 0.0), "ankle": (40.0, 0.0, 0.0)},
            {"hip": (6.0, 6.0, 8.0), "knee": (35.0, 0.0, 0.0), "ankle": (42.0, 0.0, 0.0)},
        ),
    ),
}  # fmt: skip
"""In the air the left knee leads. Lying bodies are turned so that the viewer sees them from the side."""


_ARCHED: Final[dict[Arch, _Start]] = {
    "chest": _Start(
        {
            "spine1": (-28.0, 0.0, 0.0), "spine2": (-20.0, 0.0, 0.0), "spine3": (-18.0, 0.0, 0.0),
            "neck": (-8.0, 0.0, 0.0), "head": (-10.0, 0.0, 0.0), "hip": (12.0, 4.0, 6.0), "knee": (3.0, 0.0, 0.0),
            "ankle": (52.0, 0.0, 0.0), "shoulder": (0.0, -60.0, -50.0), "elbow": (0.0, -15.0, 0.0),
            "wrist": (0.0, 0.0, 70.0),
        },
        (78.0, 0.0, -90.0),
        arms=True,
    ),
    "hips": _Start(
        {
            "spine1": (-8.0, 0.0, 0.0), "spine2": (-4.0, 0.0, 0.0), "spine3": (4.0, 0.0, 0.0),
            "neck": (28.0, 0.0, 0.0), "head": (18.0, 0.0, 0.0), "hip": (4.0, 6.0, 5.0), "knee": (104.0, 0.0, 0.0),
            "ankle": (-14.0, 0.0, 0.0), "shoulder": (0.0, 15.0, -64.0), "elbow": (0.0, -8.0, 0.0),
        },
        (-118.0, 0.0, 90.0),
        arms=True,
    ),
    "wheel": _Start(
        {
            "spine1": (-32.0, 0.0, 0.0), "spine2": (-22.0, 0.0, 0.0), "spine3": (-22.0, 0.0, 0.0),
            "neck": (-25.0, 0.0, 0.0), "head": (-20.0, 0.0, 0.0), "hip": (32.0, 4.0, 6.0), "knee": (75.0, 0.0, 0.0),
            "ankle": (10.0, 0.0, 0.0), "collar": (0.0, -5.0, 40.0), "shoulder": (0.0, -30.0, 44.0),
            "elbow": (0.0, -15.0, 0.0), "wrist": (0.0, 0.0, 76.0),
        },
        (-95.0, 0.0, 90.0),
        arms=True,
    ),
    "propped": _Start(
        {
            "spine1": (-28.0, 0.0, 0.0), "spine2": (-20.0, 0.0, 0.0), "spine3": (-14.0, 0.0, 0.0),
            "neck": (-6.0, 0.0, 0.0), "head": (-8.0, 0.0, 0.0), "hip": (8.0, 4.0, 6.0), "knee": (3.0, 0.0, 0.0),
            "ankle": (52.0, 0.0, 0.0), "shoulder": (-75.0, -60.0, -20.0), "elbow": (0.0, -88.0, 0.0),
        },
        (80.0, 0.0, -90.0),
        arms=True,
    ),
    "reclined": _Start(
        {
            "spine1": (12.0, 0.0, 0.0), "spine2": (10.0, 0.0, 0.0), "spine3": (8.0, 0.0, 0.0),
            "neck": (10.0, 0.0, 0.0), "head": (4.0, 0.0, 0.0), "hip": (-22.0, 10.0, 6.0), "knee": (8.0, 0.0, 0.0),
            "ankle": (25.0, 0.0, 0.0), "shoulder": (0.0, 30.0, -62.0), "elbow": (0.0, -80.0, 0.0),
        },
        (-70.0, 0.0, 90.0),
        arms=True,
    ),
    "left_prop": _Start(
        {"spine1": (0.0, 0.0, 20.0), "spine2": (0.0, 0.0, 14.0), "spine3": (0.0, 0.0, 10.0),
         "neck": (0.0, 0.0, 10.0), "head": (0.0, 0.0, 8.0)},
        (0.0, -84.0, 0.0),
        arms=True,
        named=_sided(_PROPPED_UNDER, _OVER | {"hip": (-20.0, 0.0, 0.0), "knee": (30.0, 0.0, 0.0)}),
    ),
    "right_prop": _Start(
        {"spine1": (0.0, 0.0, -20.0), "spine2": (0.0, 0.0, -14.0), "spine3": (0.0, 0.0, -10.0),
         "neck": (0.0, 0.0, -10.0), "head": (0.0, 0.0, -8.0)},
        (0.0, 84.0, 0.0),
        arms=True,
        named=_sided(_OVER | {"hip": (-20.0, 0.0, 0.0), "knee": (30.0, 0.0, 0.0)}, _PROPPED_UNDER),
    ),
}  # fmt: skip


def started(
    drafts: DoubleArray,
    kind: SupportKind,
    *,
    height: float | None = None,
    busy: frozenset[Chain] = frozenset(),
    arch: Arch | None = None,
) -> DoubleArray:
    """Drafts (A, 24, 3) in a support's pose; arms, head and what the support leaves open stay theirs.

    Args:
        drafts: poses, turned any way.
        kind: the support.
        height: metres of its seat.
        busy: limbs that other elements are about; a head or an arm among them stays the draft's.
        arch: what of a lying body is lifted.
    """
    start = _STARTS[kind] if arch is None else _ARCHED[arch]
    pose = clamped_to_limits(rotations_from_angles(_angles(start.both, start.named)))
    found = drafts.copy()
    for name in _posed(start, busy):
        found[:, JOINT_INDEX[name]] = pose[JOINT_INDEX[name]]
    if kind == "sitting":
        _at_seat(found, height)
    turn = axis_angle_to_matrix(np.radians([start.root[0], 0.0, 0.0]))
    turn = axis_angle_to_matrix(np.radians([0.0, 0.0, start.root[1]])) @ turn
    turn = axis_angle_to_matrix(np.radians([0.0, start.root[2], 0.0])) @ turn
    found[:, 0] = matrix_to_axis_angle(_yaws(drafts) @ turn)
    return found


def _posed(start: _Start, busy: frozenset[Chain]) -> list[str]:
    """The joints that a support's pose sets."""
    names = {*CHAIN_JOINTS["left_leg"], *CHAIN_JOINTS["right_leg"]}
    for name in start.both:
        names |= {name} if name in JOINT_INDEX else {f"left_{name}", f"right_{name}"}
    arms = {*CHAIN_JOINTS["left_arm"], *CHAIN_JOINTS["right_arm"]}
    names = names | arms if start.arms else names - arms
    kept = {joint for chain in busy if chain in {"head", "left_arm", "right_arm"} for joint in CHAIN_JOINTS[chain]}
    return sorted(names - kept)


def _yaws(drafts: DoubleArray) -> DoubleArray:
    """(A, 3, 3) how drafts (A, 24, 3) are turned about the vertical; of those that lie on a side, not at all."""
    left = axis_angle_to_matrix(drafts[:, 0])[:, :, 0]
    angle = np.where(np.hypot(left[:, 0], left[:, 2]) > 0.35, np.arctan2(-left[:, 2], left[:, 0]), 0.0)
    return axis_angle_to_matrix(np.outer(angle, (0.0, 1.0, 0.0)))


def _at_seat(poses: DoubleArray, height: float | None) -> None:
    """Thighs rise before a low seat and fall from a high one; shins stay upright."""
    lower = (SEAT_M if height is None else height) - SEAT_M
    rise = np.degrees(np.arcsin(np.clip(-lower / _THIGH_M, -0.3, 0.7)))
    legs: Angles = {"hip": (-82.0 - 0.8 * rise, 10.0, 8.0), "knee": (82.0 + rise, 0.0, 0.0)}
    pose = rotations_from_angles(_angles(legs))
    for name in ("left_hip", "right_hip", "left_knee", "right_knee"):
        poses[:, JOINT_INDEX[name]] = pose[JOINT_INDEX[name]]
