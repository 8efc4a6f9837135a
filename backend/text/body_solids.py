"""The body as weights, capsules and points that can stand on the ground: for balance, self-penetration and contact.

Convention: metres on the neutral adult in the axes of the joint, which in the T-pose are x to the person's left, y up,
z forward. Everything is a fixed point of one joint, or a straight line between two of them, so that it moves with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from ..arrays import DoubleArray, IntArray
from ..skeleton import JOINT_INDEX, REST_OFFSETS, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M
from .measures import Body

Point: TypeAlias = tuple[str, tuple[float, float, float]]


@dataclass(frozen=True)
class Points:
    """Points of joints: `joints` (P,) and `offsets` (P, 3) metres in the joints' axes."""

    joints: IntArray
    offsets: DoubleArray

    def of(self, body: Body) -> DoubleArray:
        """(N, P, 3) metres."""
        return body.joints[:, self.joints] + (body.world[:, self.joints] @ self.offsets[..., None])[..., 0]


def _points(places: list[Point]) -> Points:
    joints = np.array([JOINT_INDEX[joint] for joint, _ in places])
    return Points(joints, np.array([offset for _, offset in places], np.float64).reshape(-1, 3))


def _mirrored(joint: str, offset: tuple[float, float, float]) -> Point:
    x, y, z = offset
    return joint.replace("left_", "right_"), (-x, y, z)


# Share of the body's mass, and where along the segment its centre lies from the first joint: D. A. Winter,
# "Biomechanics and Motor Control of Human Movement", table 4.1 (after Dempster). Trunk: pelvis .142, abdomen .139,
# thorax .216, each centred at the joint nearest to its own centre.
_LIMB_MASSES: Final = (
    ("left_shoulder", "left_elbow", 0.028, 0.436),
    ("left_elbow", "left_wrist", 0.016, 0.430),
    ("left_wrist", "left_hand", 0.006, 0.506),
    ("left_hip", "left_knee", 0.100, 0.433),
    ("left_knee", "left_ankle", 0.0465, 0.433),
    ("left_ankle", "left_foot", 0.0145, 0.5),
)
_MIDDLE_MASSES: Final[tuple[tuple[str, tuple[float, float, float], float], ...]] = (
    ("pelvis", (0.0, -0.02, -0.01), 0.142),
    ("spine1", (0.0, 0.05, 0.02), 0.139),
    ("spine3", (0.0, 0.02, 0.01), 0.216),
    ("head", (0.0, 0.05, 0.01), 0.081),
)


def _masses() -> tuple[Points, DoubleArray]:
    places: list[Point] = []
    shares: list[float] = []
    for joint, offset, share in _MIDDLE_MASSES:
        places.append((joint, offset))
        shares.append(share)
    for start, end, share, along in _LIMB_MASSES:
        x, y, z = (along * REST_OFFSETS[JOINT_INDEX[end]].astype(np.float64)).tolist()
        places += [(start, (x, y, z)), _mirrored(start, (x, y, z))]
        shares += [share, share]
    weights = np.array(shares)
    return _points(places), weights / weights.sum()


MASS_POINTS, MASS_SHARES = _masses()
"""Where the segments' masses are, and their shares (M,) of the whole, which sum to 1."""

# From, to, radius: a neutral adult's girths (ANSUR II means, rounded). The trunk's lie across: it is wider than deep.
_CAPSULES: Final[dict[str, tuple[str, tuple[float, float, float], tuple[float, float, float], float]]] = {
    "pelvis": ("pelvis", (-0.065, -0.02, 0.0), (0.065, -0.02, 0.0), 0.100),
    "waist": ("spine1", (-0.035, 0.04, 0.020), (0.035, 0.04, 0.020), 0.100),
    "chest": ("spine3", (-0.060, 0.04, 0.008), (0.060, 0.04, 0.008), 0.112),
    "neck": ("neck", (0.0, 0.02, 0.0), (0.0, 0.08, 0.02), 0.052),
    "head": ("head", (0.0, 0.05, 0.025), (0.0, 0.085, 0.02), 0.088),
    "left_upper_arm": ("left_shoulder", (0.16, 0.0, 0.0), (0.316, 0.0, 0.0), 0.042),
    "left_forearm": ("left_elbow", (0.0, 0.0, 0.0), (0.248, 0.0, 0.0), 0.034),
    "left_hand": ("left_wrist", (0.03, 0.0, 0.0), (0.15, 0.0, 0.0), 0.022),
    "left_thigh": ("left_hip", (0.0, -0.09, 0.0), (0.0, -0.4165, 0.0), 0.068),
    "left_shin": ("left_knee", (0.0, 0.0, 0.0), (0.0, -0.4182, -0.015), 0.047),
    "left_foot": ("left_ankle", (0.0, -0.035, -0.02), (0.010, -0.045, 0.14), 0.032),
}
_TRUNK: Final = ("pelvis", "waist", "chest", "neck", "head")
_ARM: Final = ("upper_arm", "forearm", "hand")


def _all_capsules() -> dict[str, tuple[Point, Point, float]]:
    found: dict[str, tuple[Point, Point, float]] = {}
    for name, (joint, start, end, radius) in _CAPSULES.items():
        found[name] = ((joint, start), (joint, end), radius)
        if name.startswith("left_"):
            mirrored = (_mirrored(joint, start), _mirrored(joint, end), radius)
            found[name.replace("left_", "right_")] = mirrored
    return found


def _all_pairs() -> list[tuple[str, str]]:
    """What may not go through what; neighbours in the tree are left to the joint limits."""
    pairs: list[tuple[str, str]] = []
    for side in ("left", "right"):
        pairs += [(f"{side}_{part}", trunk) for part in ("forearm", "hand") for trunk in _TRUNK]
        pairs += [(f"{side}_upper_arm", trunk) for trunk in ("waist", "chest", "head")]
        pairs += [
            (f"{side}_{part}", f"{other}_{leg}")
            for part in ("forearm", "hand")
            for other in ("left", "right")
            for leg in ("thigh", "shin")
        ]
        pairs += [(f"{side}_{leg}", trunk) for leg in ("thigh", "shin", "foot") for trunk in ("chest", "head")]
        pairs.append((f"{side}_foot", "pelvis"))
    pairs += [(f"left_{part}", f"right_{other}") for part in _ARM for other in _ARM]
    leg = ("thigh", "shin", "foot")
    pairs += [(f"left_{part}", f"right_{other}") for part in leg for other in leg]
    return pairs


CAPSULES: Final = _all_capsules()
"""Name -> its two ends and its radius."""
PAIRS: Final = tuple(_all_pairs())
CAPSULE_ENDS: Final = _points([end for name in CAPSULES for end in CAPSULES[name][:2]])
"""(2 C): first and second end of each capsule in turn."""
_ORDER: Final = {name: index for index, name in enumerate(CAPSULES)}
PAIR_CAPSULES: Final[IntArray] = np.array([(_ORDER[first], _ORDER[second]) for first, second in PAIRS])
"""(K, 2) indices of capsules."""
PAIR_REACH: Final[DoubleArray] = np.array([CAPSULES[first][2] + CAPSULES[second][2] for first, second in PAIRS])
"""(K,) metres between two axes at which the surfaces touch."""

_BALL: Final = -SOLE_BELOW_ANKLE_M
_TOE: Final = -SOLE_BELOW_FOOT_M
_PARTS: Final[dict[str, tuple[Point, ...]]] = {
    "left_foot": (
        ("left_ankle", (-0.025, _BALL, -0.045)), ("left_ankle", (0.025, _BALL, -0.045)),
        ("left_ankle", (-0.030, _BALL, 0.115)), ("left_ankle", (0.045, _BALL, 0.100)),
        ("left_foot", (-0.010, _TOE, 0.07)),
    ),
    "left_toes": (
        ("left_foot", (-0.035, _TOE, 0.0)), ("left_foot", (0.035, _TOE, -0.01)), ("left_foot", (-0.010, _TOE, 0.07)),
    ),
    "left_heel": (("left_ankle", (-0.015, _BALL, -0.05)), ("left_ankle", (0.015, _BALL, -0.05))),
    "left_knee": (("left_knee", (-0.02, 0.0, 0.06)), ("left_knee", (0.02, 0.0, 0.06))),
    "left_shin": (("left_knee", (0.0, -0.20, 0.05)),),
    "left_instep": (("left_foot", (0.0, 0.015, 0.02)),),
    "left_hand": (
        ("left_wrist", (0.01, -0.02, 0.0)), ("left_hand", (0.0, -0.02, -0.035)), ("left_hand", (0.0, -0.02, 0.035)),
    ),
    "left_forearm": (("left_elbow", (0.02, -0.03, 0.0)), ("left_elbow", (0.22, -0.03, 0.0))),
    "left_side": (
        ("left_collar", (0.15, 0.03, 0.0)), ("pelvis", (0.165, 0.0, 0.0)), ("left_knee", (0.05, 0.0, 0.0)),
    ),
    "left_hip_side": (("pelvis", (0.165, 0.0, 0.0)),),
    "left_ankle_side": (("left_ankle", (0.035, -0.01, 0.0)),),
    "left_thigh_front": (("left_hip", (0.0, -0.30, 0.08)),),
    "hips_front": (("pelvis", (-0.10, 0.0, 0.10)), ("pelvis", (0.10, 0.0, 0.10))),
    "shoulders_back": (("spine3", (-0.09, 0.08, -0.11)), ("spine3", (0.09, 0.08, -0.11))),
    "bottom": (("pelvis", (-0.08, -0.09, -0.08)), ("pelvis", (0.08, -0.09, -0.08))),
    "back": (
        ("spine3", (-0.09, 0.06, -0.11)), ("spine3", (0.09, 0.06, -0.11)), ("pelvis", (-0.08, -0.08, -0.10)),
        ("pelvis", (0.08, -0.08, -0.10)), ("head", (0.0, 0.08, -0.09)),
    ),
    "front": (
        ("spine3", (-0.09, 0.06, 0.12)), ("spine3", (0.09, 0.06, 0.12)), ("pelvis", (-0.10, 0.0, 0.10)),
        ("pelvis", (0.10, 0.0, 0.10)),
    ),
}  # fmt: skip


def _ground_parts() -> dict[str, Points]:
    found: dict[str, Points] = {}
    for name, places in _PARTS.items():
        found[name] = _points(list(places))
        if name.startswith("left_"):
            found[name.replace("left_", "right_")] = _points([_mirrored(*place) for place in places])
    return found


GROUND_PARTS: Final = _ground_parts()
"""What a body can stand, kneel, sit or lie on, as points of the skin."""


def _soles() -> Points:
    return joined([GROUND_PARTS[f"{side}_{part}"] for side in ("left", "right") for part in ("foot", "toes", "instep")])


def joined(parts: list[Points]) -> Points:
    """All points of several parts, in order."""
    if not parts:
        return Points(np.zeros(0, np.intp), np.zeros((0, 3)))
    return Points(np.concatenate([part.joints for part in parts]), np.concatenate([part.offsets for part in parts]))


SOLES: Final = _soles()
"""Corners of the feet, which are wider than the places that words name."""


def centre_of_mass(body: Body) -> DoubleArray:
    """(N, 3) metres."""
    return np.einsum("m,nmi->ni", MASS_SHARES, MASS_POINTS.of(body))


def nearest_of_pairs(ends: DoubleArray) -> tuple[DoubleArray, DoubleArray, DoubleArray]:
    """Nearest points of each pair of capsules' axes.

    Args:
        ends: (N, 2 C, 3) metres, `CAPSULE_ENDS` of bodies.

    Returns:
        Shares (N, K) along the first and the second axis, and the vector (N, K, 3) from the second's point to the
        first's. Closed form for segments: C. Ericson, "Real-Time Collision Detection", section 5.1.9.
    """
    first, second = PAIR_CAPSULES[:, 0], PAIR_CAPSULES[:, 1]
    a, b = ends[:, 2 * first], ends[:, 2 * second]
    along, across = ends[:, 2 * first + 1] - a, ends[:, 2 * second + 1] - b
    between = a - b
    aa, ee = (along * along).sum(-1), (across * across).sum(-1)
    f, c, d = (across * between).sum(-1), (along * between).sum(-1), (along * across).sum(-1)
    spread = aa * ee - d * d
    s = np.clip(np.where(spread > 1e-9, (d * f - c * ee) / np.maximum(spread, 1e-9), 0.5), 0.0, 1.0)
    t = (d * s + f) / ee
    beyond = (t < 0.0) | (t > 1.0)
    t = np.clip(t, 0.0, 1.0)
    s = np.where(beyond, np.clip((d * t - c) / aa, 0.0, 1.0), s)
    return s, t, between + s[..., None] * along - t[..., None] * across


def depths(body: Body) -> DoubleArray:
    """(N, K) metres that the two of each pair are in one another; 0 where they are apart."""
    _, _, way = nearest_of_pairs(CAPSULE_ENDS.of(body))
    return np.maximum(PAIR_REACH - np.linalg.norm(way, axis=-1), 0.0)


def outside_of_hull(centre: DoubleArray, corners: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """How points of the ground lie to the hull of others.

    Args:
        centre: (N, 2) metres.
        corners: (N, C, 2) metres, C >= 1.

    Returns:
        The way (N, 2) from the hull to the point, 0 inside; and the shares (N, C) of the corners, summing to 1, that
        make the nearest place of the hull (inside: any).
    """
    count, corner_count = corners.shape[:2]
    first, second = np.triu_indices(corner_count)
    start = corners[:, first]
    along = corners[:, second] - start
    length = np.maximum((along * along).sum(-1), 1e-12)
    share = np.clip(((centre[:, None] - start) * along).sum(-1) / length, 0.0, 1.0)
    way = centre[:, None] - start - share[..., None] * along
    best = np.argmin((way * way).sum(-1), axis=1)
    rows = np.arange(count)
    shares = np.zeros((count, corner_count))
    np.add.at(shares, (rows, first[best]), 1.0 - share[rows, best])
    np.add.at(shares, (rows, second[best]), share[rows, best])
    seen = corners - centre[:, None]
    around = np.sort(np.arctan2(seen[..., 1], seen[..., 0]), axis=1)
    gaps = np.diff(np.concatenate([around, around[:, :1] + 2.0 * np.pi], axis=1), axis=1)
    inside = gaps.max(1) < np.pi
    return np.where(inside[:, None], 0.0, way[rows, best]), shares
