"""Places on the body that words name: each a point that is fixed to a joint.

Convention: metres on the neutral adult, in the axes of the joint, which in the T-pose are x to the person's left, y up,
z forward; so an arm runs along x and its palm looks down.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ..arrays import DoubleArray, IntArray
from ..skeleton import JOINT_INDEX, SOLE_BELOW_ANKLE_M, SOLE_BELOW_FOOT_M

# Depths and widths of a neutral adult: chest 0.24 m deep and pelvis 0.34 m wide at the skin, thigh 0.16 m, head 0.19 m
# deep and 0.15 m wide (ANSUR II means, rounded).
_LEFT_AND_MIDDLE: Final[dict[str, tuple[str, tuple[float, float, float]]]] = {
    "head_top": ("head", (0.0, 0.17, 0.02)),
    "head_back": ("head", (0.0, 0.08, -0.09)),
    "forehead": ("head", (0.0, 0.11, 0.11)),
    "nose": ("head", (0.0, 0.04, 0.13)),
    "mouth": ("head", (0.0, 0.0, 0.12)),
    "chin": ("head", (0.0, -0.045, 0.10)),
    "throat": ("neck", (0.0, 0.05, 0.06)),
    "nape": ("neck", (0.0, 0.05, -0.06)),
    "chest": ("spine3", (0.0, 0.06, 0.13)),
    "belly": ("spine1", (0.0, 0.02, 0.13)),
    "lower_back": ("spine1", (0.0, 0.0, -0.09)),
    "upper_back": ("spine3", (0.0, 0.06, -0.11)),
    "crotch": ("pelvis", (0.0, -0.11, 0.02)),
    "bottom": ("pelvis", (0.0, -0.09, -0.08)),
    "left_eye": ("head", (0.032, 0.065, 0.11)),
    "left_ear": ("head", (0.08, 0.04, 0.01)),
    "left_cheek": ("head", (0.05, 0.01, 0.10)),
    "left_temple": ("head", (0.07, 0.08, 0.06)),
    "heart": ("spine3", (0.05, 0.06, 0.13)),
    "left_chest": ("spine3", (0.09, 0.06, 0.12)),
    "left_shoulder": ("left_collar", (0.15, 0.05, 0.0)),
    "left_armpit": ("left_collar", (0.11, -0.09, 0.0)),
    "left_upper_arm": ("left_shoulder", (0.16, 0.0, 0.05)),
    "left_elbow": ("left_elbow", (0.0, 0.0, -0.04)),
    "left_forearm": ("left_elbow", (0.13, 0.0, 0.04)),
    "left_wrist": ("left_wrist", (0.0, 0.0, 0.0)),
    "left_hand": ("left_wrist", (0.08, -0.015, 0.0)),
    "left_fingers": ("left_hand", (0.08, 0.0, 0.0)),
    "left_waist": ("spine1", (0.14, 0.03, 0.0)),
    "left_hip": ("pelvis", (0.165, 0.02, 0.01)),
    "left_buttock": ("pelvis", (0.08, -0.08, -0.10)),
    "left_thigh": ("left_hip", (0.0, -0.22, 0.085)),
    "left_knee": ("left_knee", (0.0, 0.0, 0.06)),
    "left_shin": ("left_knee", (0.0, -0.20, 0.05)),
    "left_calf": ("left_knee", (0.0, -0.16, -0.06)),
    "left_ankle": ("left_ankle", (0.0, 0.0, 0.0)),
    "left_heel": ("left_ankle", (0.0, -SOLE_BELOW_ANKLE_M, -0.05)),
    "left_sole": ("left_ankle", (0.005, -SOLE_BELOW_ANKLE_M, 0.05)),
    "left_foot": ("left_ankle", (0.005, -0.03, 0.07)),
    "left_toes": ("left_foot", (0.0, -SOLE_BELOW_FOOT_M, 0.07)),
}


def _mirrored() -> dict[str, tuple[int, tuple[float, float, float]]]:
    found: dict[str, tuple[int, tuple[float, float, float]]] = {}
    for name, (joint, (x, y, z)) in _LEFT_AND_MIDDLE.items():
        found[name] = (JOINT_INDEX[joint], (x, y, z))
        if name.startswith("left_"):
            carrier = joint.replace("left_", "right_")
            found[name.replace("left_", "right_")] = (JOINT_INDEX[carrier], (-x, y, z))
    return found


_SPOTS: Final = _mirrored()
SPOTS: Final = tuple(_SPOTS)
"""The names: left and right ones begin with `left_` and `right_`; the heart is on the left."""
SPOT_INDEX: Final = {name: index for index, name in enumerate(SPOTS)}
SPOT_JOINTS: Final[IntArray] = np.array([joint for joint, _ in _SPOTS.values()])
"""(S,) the joint that carries each."""
SPOT_OFFSETS: Final[DoubleArray] = np.array([offset for _, offset in _SPOTS.values()])
"""(S, 3) metres in that joint's axes."""


def other_side(name: str) -> str:
    """The same on the other side: `left_hand` of `right_hand`; what is in the middle is itself."""
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name
