"""The six parts of the body that confidence is told by."""

from __future__ import annotations

from typing import Final

import numpy as np

from .arrays import FloatArray
from .skeleton import JOINT_INDEX

_ARM: Final = ("collar", "shoulder", "elbow", "wrist")
_LEG: Final = ("hip", "knee", "ankle")


def _side(side: str, joints: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{side}_{joint}" for joint in joints)


BODY_PARTS: Final[dict[str, tuple[str, ...]]] = {
    "Head": ("neck", "head"),
    "Torso": ("pelvis", "spine1", "spine2", "spine3"),
    "Left arm": _side("left", _ARM),
    "Right arm": _side("right", _ARM),
    "Left leg": _side("left", _LEG),
    "Right leg": _side("right", _LEG),
}
"""Part -> SMPL joints; left is the person's own. Hands and feet are left out: most rigs have no bone for them alone."""


def body_part_confidence(confidence: FloatArray) -> dict[str, float]:
    """The mean confidence of each body part.

    Args:
        confidence: (T, 24) in [0, 1].
    """
    return {
        part: float(np.mean(confidence[:, [JOINT_INDEX[joint] for joint in joints]]))
        for part, joints in BODY_PARTS.items()
    }
